//! `huntsman coverage`: which techniques playbooks hunt, and on which machines and days the source shows what they need.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::context::Context;
use super::output::{self, Files};
use super::{DONE, FAILED, playbooks, source};
use crate::diag::Fault;
use crate::hunt::attack;
use crate::present::clean::escape;
use crate::present::{Format, Grid, Style, csv_lines, day_text, to_json};
use crate::script::{Needs, Session, read_playbook};
use crate::telemetry::Inventory;

/// Hunts for one technique: the playbooks, and for each machine-day whether one of them has everything that it needs.
#[derive(Default)]
struct Hunted {
    playbooks: Vec<String>,
    days: BTreeMap<(u32, i32), bool>,
}

type Matrix = BTreeMap<String, Hunted>;

pub fn coverage(context: &Context, paths: &[PathBuf], navigator: Option<&Path>) -> Result<u8, Fault> {
    let found = playbooks::find(paths)?;
    let files = Files::open(&context.common.outputs)?;
    let layer = Files::open_as(&navigator.iter().map(|path| (path.to_path_buf(), Format::Json)).collect::<Vec<_>>())?.apart_from(&files)?;
    let backend = source::open(context)?;
    let holdings = backend.inventory().map_err(|error| Fault::from(&error))?;
    let (mut matrix, mut code) = (Matrix::new(), DONE);
    for playbook in found {
        let mut session = Session::new(context.setup(backend.clone(), BTreeMap::new())?);
        match read_playbook(&playbook).and_then(|text| session.needs(&playbook, &text)) {
            Ok(needs) => add(&mut matrix, &playbook.display().to_string(), &needs),
            Err(fault) => {
                context.terminal.fault(&fault);
                code = FAILED;
            }
        }
    }
    let render = |format: Format, style: &Style| shown(&matrix, &holdings, format, style);
    context.answer(files, output::text(render))?;
    layer.write(output::text(|_, _| to_json(&layer_of(&matrix)) + "\n"), context.zone)?;
    Ok(code)
}

/// A playbook that names no technique is listed under none; one that declares no needs is never known to be covered.
fn add(matrix: &mut Matrix, playbook: &str, needs: &Needs) {
    let none = [String::new()];
    let ids = if needs.techniques.is_empty() { &none[..] } else { &needs.techniques };
    for id in ids {
        let hunted = matrix.entry(id.clone()).or_default();
        hunted.playbooks.push(playbook.to_string());
        for (place, covered) in &needs.days {
            *hunted.days.entry(*place).or_default() |= *covered;
        }
    }
}

/// Covered and asked machine-days.
fn counted(days: &BTreeMap<(u32, i32), bool>) -> (usize, usize) {
    (days.values().filter(|covered| **covered).count(), days.len())
}

fn machine_name(holdings: &Inventory, place: u32) -> &str {
    holdings.machines.get(place as usize).map_or("", |machine| &*machine.name)
}

fn name_of(id: &str) -> &str {
    if id.is_empty() { "no technique named" } else { attack::name(id).unwrap_or("unknown technique") }
}

fn shown(matrix: &Matrix, holdings: &Inventory, format: Format, style: &Style) -> String {
    match format {
        Format::Json => to_json(&objects(matrix, holdings)) + "\n",
        Format::Ndjson => objects(matrix, holdings).iter().map(|object| to_json(object) + "\n").collect(),
        Format::Csv => {
            let rows = matrix.iter().flat_map(|(id, hunted)| {
                hunted.days.iter().map(move |((place, day), covered)| {
                    vec![
                        id.clone(),
                        name_of(id).to_string(),
                        hunted.playbooks.join(" "),
                        machine_name(holdings, *place).to_string(),
                        day_text(*day),
                        covered.to_string(),
                    ]
                })
            });
            csv_lines(&["Technique", "Name", "Playbooks", "Machine", "Day", "Covered"], rows)
        }
        Format::Table | Format::Markdown | Format::Html | Format::Sarif | Format::Junit => text(matrix, holdings, style),
    }
}

/// One technique: its machines, each with its days, and whether those are covered.
fn objects(matrix: &Matrix, holdings: &Inventory) -> Vec<Json> {
    let object = |(id, hunted): (&String, &Hunted)| {
        let mut machines: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
        for ((place, day), covered) in &hunted.days {
            machines.entry(machine_name(holdings, *place)).or_default().push(json!({ "day": day_text(*day), "covered": covered }));
        }
        let (covered, asked) = counted(&hunted.days);
        let machines: Vec<Json> = machines.into_iter().map(|(machine, days)| json!({ "machine": machine, "days": days })).collect();
        json!({ "technique": id, "name": name_of(id), "playbooks": hunted.playbooks, "machine_days": asked, "covered_machine_days": covered, "machines": machines })
    };
    matrix.iter().map(object).collect()
}

/// A line for each technique, a column for each machine with its covered days of all.
fn text(matrix: &Matrix, holdings: &Inventory, style: &Style) -> String {
    if matrix.is_empty() {
        return "no technique\n".into();
    }
    /// More machines than this are added up.
    const MACHINES: usize = 8;
    let places: BTreeSet<u32> = matrix.values().flat_map(|hunted| hunted.days.keys().map(|(place, _)| *place)).collect();
    let columns: Vec<u32> = if places.len() > MACHINES { Vec::new() } else { places.into_iter().collect() };
    let mut grid = Grid::default().rigid("Technique").text("Name").number("Playbooks").number("Covered");
    for place in &columns {
        grid = grid.number(escape(machine_name(holdings, *place)));
    }
    for (id, hunted) in matrix {
        let (covered, asked) = counted(&hunted.days);
        let mut cells = vec![
            if id.is_empty() { "-".to_string() } else { id.clone() },
            name_of(id).to_string(),
            hunted.playbooks.len().to_string(),
            format!("{covered}/{asked}"),
        ];
        cells.extend(columns.iter().map(|place| {
            let own: BTreeMap<(u32, i32), bool> = hunted.days.range((*place, i32::MIN)..=(*place, i32::MAX)).map(|(day, covered)| (*day, *covered)).collect();
            let (covered, asked) = counted(&own);
            if asked == 0 { String::new() } else { format!("{covered}/{asked}") }
        }));
        grid.row(cells);
    }
    grid.render(0, style)
}

/// A layer of the ATT&CK Navigator: the score is the share of machine-days in percent.
fn layer_of(matrix: &Matrix) -> Json {
    let technique = |(id, hunted): (&String, &Hunted)| {
        let (covered, asked) = counted(&hunted.days);
        let score = covered * 100 / asked.max(1);
        json!({ "techniqueID": id, "score": score, "comment": format!("{}: {covered} of {asked} machine-days", hunted.playbooks.join(", ")), "enabled": true })
    };
    let techniques: Vec<Json> = matrix.iter().filter(|(id, _)| !id.is_empty()).map(technique).collect();
    json!({
        "name": "Huntsman",
        "versions": { "layer": "4.5" },
        "domain": "enterprise-attack",
        "description": "Techniques that playbooks hunt, and the share of machine-days on which the source shows what they need",
        "gradient": { "colors": ["#f6d5d5", "#f6eec2", "#b7dfc0"], "minValue": 0, "maxValue": 100 },
        "techniques": techniques,
    })
}
