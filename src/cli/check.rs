//! `huntsman check`: mistakes in playbooks, without telemetry.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::context::Context;
use super::output::write_stdout;
use super::source::Nowhere;
use super::{DONE, FAILED, playbooks, source};
use crate::backend::Backend;
use crate::diag::{Fault, Severity};
use crate::present::clean::escape;
use crate::present::{Format, to_json};
use crate::script::Session;

/// Exit code 2 when there is an error; warnings alone are shown.
pub fn check(context: &Context, paths: &[PathBuf]) -> Result<u8, Fault> {
    let playbooks = playbooks::find(paths)?;
    let backend: Arc<dyn Backend> = if context.common.sources.is_empty() { Arc::new(Nowhere) } else { source::open(context)? };
    let mut checked = Vec::new();
    for playbook in playbooks {
        let problems = Session::new(context.setup(backend.clone(), BTreeMap::new())?).check(&playbook);
        if context.terminal.format == Format::Table {
            problems.iter().for_each(|problem| context.terminal.fault(problem));
            let verdict = match problems.len() {
                0 => "ok".to_string(),
                1 => "1 problem".to_string(),
                count => format!("{count} problems"),
            };
            write_stdout(format!("{}: {verdict}\n", escape(&playbook.display().to_string())).as_bytes())?;
        }
        checked.push((playbook, problems));
    }
    let objects = checked.iter().map(|(playbook, problems)| json!({ "playbook": playbook.display().to_string(), "problems": problems.iter().map(crate::present::fault_object).collect::<Vec<_>>() }));
    let text = match context.terminal.format {
        Format::Table => String::new(),
        Format::Json => to_json(&objects.collect::<Vec<_>>()) + "\n",
        Format::Ndjson => objects.map(|object| to_json(&object) + "\n").collect(),
        Format::Csv => return Err(Fault::new("usage::value", "check has no answer in csv").with_help("table, json or ndjson")),
    };
    write_stdout(text.as_bytes())?;
    let failed = checked.iter().flat_map(|(_, problems)| problems).any(|problem| problem.severity == Severity::Error);
    Ok(if failed { FAILED } else { DONE })
}
