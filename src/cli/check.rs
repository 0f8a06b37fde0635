//! `huntsman check`: mistakes in playbooks, without telemetry.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::context::Context;
use super::output::{self, Files, write_stdout};
use super::source::Nowhere;
use super::{DONE, FAILED, playbooks, source};
use crate::backend::Backend;
use crate::diag::{Fault, Severity};
use crate::present::clean::escape;
use crate::present::{self, Format, Style, csv_lines, fault_object, to_json};
use crate::script::Session;

/// A playbook and its problems.
type Checked = (PathBuf, Vec<Fault>);

/// Exit code 2 when there is an error; warnings alone are shown.
pub fn check(context: &Context, paths: &[PathBuf]) -> Result<u8, Fault> {
    let playbooks = playbooks::find(paths)?;
    let files = Files::open(&context.common.outputs)?;
    let backend: Arc<dyn Backend> = if context.common.sources.is_empty() { Arc::new(Nowhere) } else { source::open(context)? };
    let mut checked: Vec<Checked> = Vec::new();
    for playbook in playbooks {
        let problems = Session::new(context.setup(backend.clone(), BTreeMap::new())?).check(&playbook);
        if context.terminal.format == Format::Table {
            problems.iter().for_each(|problem| context.terminal.fault(problem));
            write_stdout(verdict(&playbook, &problems).as_bytes())?;
        }
        checked.push((playbook, problems));
    }
    files.write(output::text(|format, style| shown(&checked, format, style)), context.zone)?;
    if context.terminal.format != Format::Table {
        write_stdout(shown(&checked, context.terminal.format, &context.terminal.out).as_bytes())?;
    }
    let failed = checked.iter().flat_map(|(_, problems)| problems).any(|problem| problem.severity == Severity::Error);
    Ok(if failed { FAILED } else { DONE })
}

fn verdict(playbook: &Path, problems: &[Fault]) -> String {
    let verdict = match problems.len() {
        0 => "ok".to_string(),
        1 => "1 problem".to_string(),
        count => format!("{count} problems"),
    };
    format!("{}: {verdict}\n", escape(&playbook.display().to_string()))
}

/// Verdicts and problems together, as a file has them.
fn shown(checked: &[Checked], format: Format, style: &Style) -> String {
    let object = |(playbook, problems): &Checked| json!({ "playbook": playbook.display().to_string(), "problems": problems.iter().map(fault_object).collect::<Vec<_>>() });
    match format {
        Format::Table => checked
            .iter()
            .map(|(playbook, problems)| verdict(playbook, problems) + &problems.iter().map(|problem| present::fault(problem, style)).collect::<String>())
            .collect(),
        Format::Json => to_json(&checked.iter().map(object).collect::<Vec<_>>()) + "\n",
        Format::Ndjson => checked.iter().map(|playbook| to_json(&object(playbook)) + "\n").collect(),
        Format::Csv => {
            let rows = checked.iter().flat_map(|(playbook, problems)| problems.iter().map(move |problem| row(playbook, problem)));
            csv_lines(&["Playbook", "Severity", "Code", "Line", "Column", "Message", "Help"], rows)
        }
    }
}

fn row(playbook: &Path, problem: &Fault) -> Vec<String> {
    let object = fault_object(problem);
    let text = |value: &Value| value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_string);
    let at = |name: &str| text(&object["places"][0][name]);
    let playbook = playbook.display().to_string();
    vec![playbook, text(&object["severity"]), problem.code.clone(), at("line"), at("column"), problem.message.clone(), problem.help.clone().unwrap_or_default()]
}
