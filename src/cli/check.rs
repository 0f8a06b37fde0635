//! `huntsman check`: mistakes in playbooks, without telemetry.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::context::Context;
use super::output::{self, Files, write_stdout};
use super::source::Nowhere;
use super::{DONE, FAILED, INCOMPLETE, playbooks, source};
use crate::backend::Backend;
use crate::diag::{Fault, Severity};
use crate::hunt::Coverage;
use crate::present::clean::escape;
use crate::present::{self, Format, Style, coverage_object, csv_lines, fault_object, to_json};
use crate::script::{Needs, Session, read_playbook};

/// A playbook, its problems, and what a source shows of what it needs.
struct Checked {
    playbook: PathBuf,
    problems: Vec<Fault>,
    needs: Option<Needs>,
}

/// Exit code 2 when there is an error, 3 when a source lacks what a playbook needs; warnings alone are shown.
pub fn check(context: &Context, paths: &[PathBuf], against: Option<&str>) -> Result<u8, Fault> {
    let playbooks = playbooks::find(paths)?;
    let files = Files::open(&context.common.outputs)?;
    let source = against.map(|name| source::open_named(context, &[name.to_string()])).transpose()?;
    let backend: Arc<dyn Backend> = if context.common.sources.is_empty() { Arc::new(Nowhere) } else { source::open(context)? };
    let mut checked: Vec<Checked> = Vec::new();
    for playbook in playbooks {
        let problems = Session::new(context.setup(backend.clone(), BTreeMap::new())?).check(&playbook);
        let needs = match &source {
            Some(source) if !problems.iter().any(|problem| problem.severity == Severity::Error) => {
                let text = read_playbook(&playbook)?;
                Some(Session::new(context.setup(source.clone(), BTreeMap::new())?).needs(&playbook, &text)?)
            }
            Some(_) | None => None,
        };
        let one = Checked { playbook, problems, needs };
        if context.terminal.format == Format::Table {
            one.problems.iter().for_each(|problem| context.terminal.fault(problem));
            write_stdout(verdict(&one, &context.terminal.out).as_bytes())?;
        }
        checked.push(one);
    }
    files.write(output::text(|format, style| shown(&checked, format, style)), context.zone)?;
    if context.terminal.format != Format::Table {
        write_stdout(shown(&checked, context.terminal.format, &context.terminal.out).as_bytes())?;
    }
    let has_error = checked.iter().flat_map(|one| &one.problems).any(|problem| problem.severity == Severity::Error);
    let is_lacking = checked.iter().filter_map(|one| one.needs.as_ref()).any(|needs| !needs.coverage.iter().all(Coverage::is_whole));
    Ok(match (has_error, is_lacking) {
        (true, _) => FAILED,
        (false, true) => INCOMPLETE,
        (false, false) => DONE,
    })
}

fn verdict(checked: &Checked, style: &Style) -> String {
    let verdict = match checked.problems.len() {
        0 => "ok".to_string(),
        1 => "1 problem".to_string(),
        count => format!("{count} problems"),
    };
    let lines = checked.needs.iter().flat_map(|needs| &needs.coverage).map(|coverage| present::coverage_lines(coverage, style));
    let against = checked.needs.as_ref().map(|needs| format!(", {}", fits(needs))).unwrap_or_default();
    format!("{}: {verdict}{against}\n{}", escape(&checked.playbook.display().to_string()), lines.collect::<String>())
}

/// Whether a playbook can hunt there.
fn fits(needs: &Needs) -> &'static str {
    match &needs.coverage {
        _ if !needs.is_declared => "declares no needs",
        coverage if coverage.iter().any(Coverage::is_missing) => "can't hunt here",
        coverage if coverage.iter().all(Coverage::is_whole) => "can hunt here",
        _ => "can hunt here in part",
    }
}

/// Verdicts and problems together, as a file has them.
fn shown(checked: &[Checked], format: Format, style: &Style) -> String {
    let object = |one: &Checked| {
        let mut object = json!({ "playbook": one.playbook.display().to_string(), "problems": one.problems.iter().map(fault_object).collect::<Vec<_>>() });
        if let Some(needs) = &one.needs {
            object["against"] = json!({ "verdict": fits(needs), "needs": needs.coverage.iter().map(coverage_object).collect::<Vec<_>>() });
        }
        object
    };
    match format {
        Format::Sarif => {
            let lacking = |one: &Checked| one.needs.iter().flat_map(|needs| &needs.coverage).filter(|coverage| !coverage.is_whole()).cloned().collect();
            let named: Vec<(String, Vec<Fault>, Vec<Coverage>)> =
                checked.iter().map(|one| (one.playbook.display().to_string(), one.problems.clone(), lacking(one))).collect();
            present::written(|out| present::sarif_problems(out, &named))
        }
        Format::Table | Format::Markdown | Format::Html | Format::Junit => {
            checked.iter().map(|one| verdict(one, style) + &one.problems.iter().map(|problem| present::fault(problem, style)).collect::<String>()).collect()
        }
        Format::Json => to_json(&checked.iter().map(object).collect::<Vec<_>>()) + "\n",
        Format::Ndjson => checked.iter().map(|playbook| to_json(&object(playbook)) + "\n").collect(),
        Format::Csv => {
            let rows = checked.iter().flat_map(|one| {
                let verdict = one.needs.as_ref().map(|needs| {
                    let cells = [&*one.playbook.display().to_string(), "verdict", "against", "", "", fits(needs), ""];
                    cells.map(String::from).to_vec()
                });
                one.problems.iter().map(|problem| row(&one.playbook, problem)).chain(verdict)
            });
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
