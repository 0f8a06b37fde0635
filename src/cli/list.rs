//! `huntsman list`: playbooks, what they hunt, and their parameters.

use std::path::PathBuf;

use serde_json::json;

use super::context::Context;
use super::output::{self, Files};
use super::{DONE, FAILED, playbooks};
use crate::diag::Fault;
use crate::present::clean::escape;
use crate::present::{Format, Grid, Style, Tone, csv_lines, to_json, toned};
use crate::script::{About, about, read_playbook};

pub fn list(context: &Context, paths: &[PathBuf]) -> Result<u8, Fault> {
    let files = Files::open(&context.common.outputs)?;
    let mut known = Vec::new();
    let mut code = DONE;
    for playbook in playbooks::find_hunts(paths)? {
        let named = |fault: Fault| Fault { message: format!("{}: {}", playbook.display(), fault.message), ..fault };
        match read_playbook(&playbook).and_then(|text| about(&text).map_err(named)) {
            Ok(about) => known.push((playbook, about)),
            Err(fault) => {
                context.terminal.fault(&fault);
                code = FAILED;
            }
        }
    }
    let render = |format: Format, style: &Style| shown(&known, format, style);
    context.answer(files, output::text(render))?;
    Ok(code)
}

fn shown(known: &[(PathBuf, About)], format: Format, style: &Style) -> String {
    let section =
        |about: &About, name: &str| about.sections.iter().find(|(heading, _)| heading.eq_ignore_ascii_case(name)).map(|(_, text)| text.trim().to_string());
    let object = |(path, about): &(PathBuf, About)| {
        let params: Vec<_> = about.params.iter().map(|param| json!({ "name": param.name, "default": param.default, "doc": param.doc })).collect();
        json!({ "playbook": path.display().to_string(), "title": about.title, "technique": section(about, "Technique"), "needs": section(about, "Needs"), "params": params, "findings": about.findings })
    };
    match format {
        Format::Json => to_json(&known.iter().map(object).collect::<Vec<_>>()) + "\n",
        Format::Ndjson => known.iter().map(|playbook| to_json(&object(playbook)) + "\n").collect(),
        Format::Csv => {
            let rows = known.iter().map(|(path, about)| {
                let params: Vec<&str> = about.params.iter().map(|param| param.name.as_str()).collect();
                vec![path.display().to_string(), about.title.clone(), section(about, "Technique").unwrap_or_default(), params.join(" ")]
            });
            csv_lines(&["Playbook", "Title", "Technique", "Params"], rows)
        }
        Format::Table | Format::Markdown | Format::Html | Format::Sarif | Format::Junit => {
            known.iter().map(|(path, about)| text(&path.display().to_string(), about, section(about, "Technique"), style)).collect::<Vec<_>>().join("\n")
        }
    }
}

fn text(path: &str, about: &About, technique: Option<String>, style: &Style) -> String {
    let technique = technique.map(|technique| format!("  [{}]", escape(&technique))).unwrap_or_default();
    let mut text = format!("{}{technique}\n  {}\n", toned(&escape(path), Tone::Heading, style), escape(&about.title));
    if !about.params.is_empty() {
        let mut grid = Grid::default().rigid("--param").text("Default").text("Meaning");
        about.params.iter().for_each(|param| grid.row([&param.name, &param.default, &param.doc].map(|text| escape(text).into_owned())));
        text.push_str(&grid.render(2, style));
    }
    text
}
