//! `huntsman run`: playbooks, one after the other, and the exit code that sums them up.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::Ordering;

use super::args::Run;
use super::batch::Batch;
use super::context::Context;
use super::output::{Files, to_stdout};
use super::{DONE, FAILED, FOUND, INCOMPLETE, playbooks};
use crate::diag::{Fault, Severity, did_you_mean};
use crate::hunt::{Coverage, Outcome, outcome};
use crate::present::{Ended, Format, render};
use crate::report::{Report, Verdict, Weight};
use crate::script::{about, read_playbook, undeclared};

pub fn run(context: &Context, arguments: &Run) -> Result<u8, Fault> {
    let policy = Policy::new(arguments)?;
    let given = pairs(&arguments.params)?;
    let playbooks = playbooks::find_hunts(&arguments.playbooks)?;
    // Once: a pipe has nothing to say a second time.
    let texts: Vec<Result<String, Fault>> = playbooks.iter().map(|playbook| read_playbook(playbook)).collect();
    let declared: Vec<Option<BTreeSet<String>>> = texts.iter().map(|text| declared(text.as_ref().ok()?)).collect();
    check_params(&given, &declared)?;
    // What a run before this one left to be done is done before anything is written beside it.
    let mut batch = Batch::open(context, arguments)?;
    let files = Files::open(&context.common.outputs)?;
    arguments.state.iter().try_for_each(|state| files.without(state))?;

    let mut runs: Vec<Ended> = Vec::new();
    let mut gap = "";
    for (((playbook, text), names), number) in playbooks.iter().zip(&texts).zip(&declared).zip(1..) {
        context.terminal.tell(|| format!("playbook {number} of {}: {}", playbooks.len(), playbook.display()));
        let is_own = |name: &String| names.as_ref().is_none_or(|names| names.contains(name));
        let stopped = Err(Fault::new("run::interrupted", "the run was interrupted before this playbook began").with_help("run it again to have the rest"));
        let text = if context.interrupted.load(Ordering::Relaxed) { &stopped } else { text };
        let params = given.iter().filter(|(name, _)| is_own(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
        let (mut report, fault) = batch.run(playbook, text, params)?;
        report.verdict = policy.of(&report, fault.as_ref());
        report.warnings.iter().for_each(|warning| context.terminal.fault(warning));
        match &fault {
            Some(fault) => context.terminal.fault(fault),
            None if report.coverage.iter().all(|coverage| coverage.need.is_some()) && report.findings.is_empty() && report.items.is_empty() => {
                context.terminal.fault(&idle(playbook))
            }
            None => {}
        }
        runs.push((report, fault));
        // People read on stderr that there is no such playbook; only programs need an answer for it.
        let is_shown = match context.terminal.format {
            Format::Table => text.is_ok(),
            Format::Ndjson => true,
            Format::Json | Format::Csv | Format::Markdown | Format::Html | Format::Sarif | Format::Junit => false,
        };
        if let (true, Some(run)) = (is_shown, runs.last()) {
            to_stdout(|out| {
                out.write_all(gap.as_bytes())?;
                render(out, std::slice::from_ref(run), context.terminal.format, &context.terminal.out)
            })?;
            gap = if context.terminal.format == Format::Table { "\n" } else { "" };
        }
    }
    let mut files = files;
    files.fill(|out, format, style| render(out, &runs, format, style), context.zone)?;
    if !matches!(context.terminal.format, Format::Table | Format::Ndjson) {
        to_stdout(|out| render(out, &runs, context.terminal.format, &context.terminal.out))?;
    }
    batch.close(&runs, files)?;
    context.terminal.tell(|| format!("took {:.2} s", context.elapsed().as_secs_f64()));
    Ok(Policy::code(&runs))
}

/// A playbook that looked at nothing: its clean outcome says nothing.
fn idle(playbook: &Path) -> Fault {
    let mut fault = Fault::new("playbook::idle", format!("{} asked nothing, found nothing and said nothing", playbook.display()))
        .with_help("a playbook asks a query, as `Client(\"all\").get_executions()`, and raises a `finding(#{ … })`");
    fault.severity = Severity::Warning;
    fault
}

/// `name=value`, each name once.
fn pairs(params: &[String]) -> Result<BTreeMap<String, String>, Fault> {
    let mut given = BTreeMap::new();
    for param in params {
        let Some((name, value)) = param.split_once('=') else {
            return Err(Fault::new("usage::value", format!("--param {param}: there is no `=`")).with_help("write --param name=value"));
        };
        if given.insert(name.trim().to_string(), value.to_string()).is_some() {
            return Err(Fault::new("usage::value", format!("--param {name} is given twice")).with_help("a parameter has one value; a list is written as a,b,c"));
        }
    }
    Ok(given)
}

/// The parameters that a playbook declares; `None` when it does not read, which its run will tell.
fn declared(text: &str) -> Option<BTreeSet<String>> {
    about(text).ok().map(|about| about.params.into_iter().map(|param| param.name).collect())
}

fn check_params(given: &BTreeMap<String, String>, declared: &[Option<BTreeSet<String>>]) -> Result<(), Fault> {
    if declared.iter().any(Option::is_none) {
        return Ok(());
    }
    let known: BTreeSet<&str> = declared.iter().flatten().flatten().map(String::as_str).collect();
    match undeclared(given, &known) {
        Some((name, help)) => Err(Fault::new("param::unknown", format!("--param {name}: no playbook of this run declares `{name}`")).with_help(help)),
        None => Ok(()),
    }
}

/// How outcomes become verdicts, and those an exit code.
struct Policy {
    /// `None`: never.
    fail_on: Option<Weight>,
    /// Percent of machine-days that are enough.
    enough: Option<f64>,
}

impl Policy {
    fn new(arguments: &Run) -> Result<Policy, Fault> {
        let fail_on = match arguments.fail_on.as_str() {
            word if word.eq_ignore_ascii_case("never") => None,
            word => Some(Weight::parse(word).ok_or_else(|| {
                let words = Weight::ALL.map(Weight::word).into_iter().chain(["never"]);
                let help = did_you_mean(word, words.clone()).unwrap_or_else(|| format!("one of {}", words.collect::<Vec<_>>().join(", ")));
                Fault::new("usage::value", format!("--fail-on: `{word}` is not known")).with_help(help)
            })?),
        };
        let enough = match &arguments.allow_partial {
            None => None,
            Some(text) => {
                let percent = text.trim_end_matches('%').parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent));
                Some(percent.ok_or_else(|| {
                    Fault::new("usage::value", format!("--allow-partial: `{text}` is no percentage"))
                        .with_help("a number from 0 to 100, such as --allow-partial=95")
                })?)
            }
        };
        Ok(Policy { fail_on, enough })
    }

    /// 2 before 1 before 3 before 0.
    fn code(runs: &[Ended]) -> u8 {
        let has = |verdict: Verdict| runs.iter().any(|(report, _)| report.verdict == verdict);
        let codes = [(Verdict::Broken, FAILED), (Verdict::Failed, FOUND), (Verdict::Incomplete, INCOMPLETE)];
        codes.into_iter().find(|(verdict, _)| has(*verdict)).map_or(DONE, |(_, code)| code)
    }

    fn of(&self, report: &Report, fault: Option<&Fault>) -> Verdict {
        let covered = || outcome::least_covered(&report.coverage).map_or(0.0, Coverage::share) * 100.0;
        match report.outcome {
            _ if fault.is_some() => Verdict::Broken,
            Outcome::Clean => Verdict::Passed,
            Outcome::Found if self.fail_on.is_some_and(|least| report.open_findings().any(|finding| finding.severity >= least)) => Verdict::Failed,
            Outcome::Found => Verdict::Passed,
            Outcome::NotExamined | Outcome::Partial if self.enough.is_some_and(|enough| covered() >= enough) => Verdict::Passed,
            Outcome::NotExamined | Outcome::Partial => Verdict::Incomplete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_pairs() {
        assert_eq!(pairs(&["a=1=2".into()]).unwrap()["a"], "1=2");
        assert!(pairs(&["a".into()]).is_err());
        let declared = [Some(BTreeSet::from(["days".to_string()]))];
        let fault = check_params(&pairs(&["dayz=1".into()]).unwrap(), &declared).unwrap_err();
        assert_eq!(fault.help.as_deref(), Some("did you mean `days`?"));
    }
}
