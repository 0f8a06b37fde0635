//! What the playbooks of one run share: the source, what earlier runs remember, what is suppressed, where evidence goes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::args::Run;
use super::context::Context;
use super::evidence::{self, Folder};
use super::memory::{self, Kept};
use super::output::Files;
use super::source;
use super::suppressions;
use crate::backend::Backend;
use crate::diag::Fault;
use crate::hunt::memory::{OVERLAP, Scope, Since};
use crate::hunt::suppression::Suppression;
use crate::present::Ended;
use crate::script::{Session, Setup};

pub struct Batch<'a> {
    context: &'a Context<'a>,
    only_new: bool,
    backend: Arc<dyn Backend>,
    kept: Option<Kept>,
    suppressions: Arc<[Suppression]>,
    evidence: Option<Folder>,
}

impl<'a> Batch<'a> {
    /// Everything that can be refused is refused before a playbook runs.
    pub fn open(context: &'a Context<'a>, arguments: &Run) -> Result<Batch<'a>, Fault> {
        let suppressions = arguments.suppressions.as_deref().map(|path| suppressions::read(context, path)).transpose()?.unwrap_or_default();
        if context.is_since_last_run && arguments.state.is_none() {
            let help = "give --state FILE: it remembers up to where each playbook looked";
            return Err(Fault::new("usage::missing", "--period: no run is remembered").with_help(help));
        }
        let evidence = evidence::open(arguments)?;
        let kept = arguments.state.as_deref().map(|path| memory::open(context, path)).transpose()?;
        Ok(Batch { context, only_new: arguments.only_new, backend: source::open(context)?, kept, suppressions: suppressions.into(), evidence })
    }

    /// One playbook, whose report knows what earlier runs found.
    pub fn run(&mut self, playbook: &Path, text: &Result<String, Fault>, params: BTreeMap<String, String>) -> Result<Ended, Fault> {
        let context = self.context;
        let scope = Scope { sources: source::names(context), client: context.common.client.clone(), params: params.clone() };
        let mut setup = context.setup(self.backend.clone(), params)?;
        setup.suppressions = self.suppressions.clone();
        // Without a source the run itself says so.
        let holdings = self.kept.as_ref().and_then(|_| self.backend.inventory().ok());
        let kept = self.kept.as_ref().zip(holdings.as_ref());
        setup.last_run = kept.and_then(|(kept, holdings)| memory::since(&kept.memory, &scope, &playbook.display().to_string(), holdings));
        if context.is_since_last_run {
            setup.period = Some(Since::period(setup.last_run, OVERLAP, context.now));
        }
        if self.evidence.is_some() {
            setup.writes_all = true;
        }
        tell_needs(context, &setup, playbook, text);
        let (mut report, fault) = Session::new(setup).run(playbook, text);
        report.is_since_last_run |= context.is_since_last_run;
        if let Some(kept) = &mut self.kept {
            memory::compare(&mut kept.memory, &scope, &mut report, fault.is_some(), context.now, holdings.as_deref());
            if self.only_new {
                memory::only_new(&mut report);
            }
        }
        if let Some(folder) = &mut self.evidence {
            folder.keep(&mut report)?;
        }
        Ok((report, fault))
    }

    /// Says which suppressions are of no use, puts the reports in their places, and remembers what was found: both or neither, so that a run that was stopped
    /// is as if it had not been, or as if it had ended.
    pub fn close(self, runs: &[Ended], files: Files) -> Result<(), Fault> {
        let used: Vec<usize> = runs.iter().flat_map(|(report, _)| report.suppressed.iter().copied()).collect();
        let names: Vec<&str> = runs.iter().filter(|(_, fault)| fault.is_none()).map(|(report, _)| report.playbook.as_str()).collect();
        suppressions::stale(&self.suppressions, &used, &names, self.context.now).iter().for_each(|warning| self.context.terminal.fault(warning));
        match self.kept {
            Some(kept) => kept.save(files),
            None => files.place(),
        }
    }
}

/// What the source shows of what a playbook says that it needs, for who wants to know before it runs; mistakes are said by its run.
fn tell_needs(context: &Context, setup: &Setup, playbook: &Path, text: &Result<String, Fault>) {
    let (true, Ok(text)) = (context.terminal.verbose, text) else { return };
    let Ok(needs) = Session::new(setup.clone()).needs(playbook, text) else { return };
    for need in &needs.coverage {
        let (name, covered, asked) = (need.need.as_deref().unwrap_or(&need.table), need.covered_machine_days, need.machine_days);
        context.terminal.tell(|| format!("  needs {name}: there on {covered} of {asked} machine-days"));
    }
}
