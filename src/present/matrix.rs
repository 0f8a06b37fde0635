//! Techniques by machines and days: what playbooks hunt, and where the source shows what they need.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::{Format, Grid, Style, clean, csv, day_text, line, to_json};
use crate::hunt::attack;
use crate::hunt::matrix::{Hunted, Matrix};
use crate::telemetry::Inventory;

/// More machines than this are added up.
const MACHINES: usize = 8;

fn machine_name(holdings: &Inventory, place: u32) -> &str {
    holdings.machines.get(place as usize).map_or("", |machine| &*machine.name)
}

fn name_of(id: &str) -> &str {
    if id.is_empty() { "no technique named" } else { attack::name(id).unwrap_or("unknown technique") }
}

/// What `coverage` says.
pub fn matrix(matrix: &Matrix, holdings: &Inventory, format: Format, style: &Style) -> String {
    match format {
        Format::Json => to_json(&objects(matrix, holdings)) + "\n",
        Format::Ndjson => objects(matrix, holdings).iter().map(|object| to_json(object) + "\n").collect(),
        Format::Csv => {
            let rows = matrix.0.iter().flat_map(|(id, hunted)| {
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
            csv::lines(&["Technique", "Name", "Playbooks", "Machine", "Day", "Covered"], rows)
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
        let (covered, asked) = hunted.counted();
        let machines: Vec<Json> = machines.into_iter().map(|(machine, days)| json!({ "machine": machine, "days": days })).collect();
        json!({ "technique": id, "name": name_of(id), "playbooks": hunted.playbooks, "machine_days": asked, "covered_machine_days": covered, "machines": machines })
    };
    matrix.0.iter().map(object).collect()
}

/// A line for each technique, a column for each machine with its covered days of all.
fn text(matrix: &Matrix, holdings: &Inventory, style: &Style) -> String {
    if matrix.0.is_empty() {
        return "no technique\n".into();
    }
    let places: BTreeSet<u32> = matrix.0.values().flat_map(|hunted| hunted.days.keys().map(|(place, _)| *place)).collect();
    let columns: Vec<u32> = if places.len() > MACHINES { Vec::new() } else { places.into_iter().collect() };
    let mut grid = Grid::default().rigid("Technique").text("Name").number("Playbooks").number("Covered");
    for place in &columns {
        grid = grid.number(clean::escape(machine_name(holdings, *place)));
    }
    for (id, hunted) in &matrix.0 {
        let (covered, asked) = hunted.counted();
        let mut cells = vec![
            if id.is_empty() { "-".to_string() } else { id.clone() },
            name_of(id).to_string(),
            hunted.playbooks.len().to_string(),
            format!("{covered}/{asked}"),
        ];
        cells.extend(columns.iter().map(|place| {
            let (covered, asked) = hunted.counted_on(*place);
            if asked == 0 { String::new() } else { format!("{covered}/{asked}") }
        }));
        grid.row(cells);
    }
    grid.render(0, style)
}

/// A layer of the ATT&CK Navigator: the score is the share of machine-days in percent.
pub fn navigator(matrix: &Matrix) -> String {
    let technique = |(id, hunted): (&String, &Hunted)| {
        let (covered, asked) = hunted.counted();
        let score = covered * 100 / asked.max(1);
        json!({ "techniqueID": id, "score": score, "comment": format!("{}: {covered} of {asked} machine-days", hunted.playbooks.join(", ")), "enabled": true })
    };
    let techniques: Vec<Json> = matrix.0.iter().filter(|(id, _)| !id.is_empty()).map(technique).collect();
    let layer = json!({
        "name": "Huntsman",
        "versions": { "layer": "4.5" },
        "domain": "enterprise-attack",
        "description": "Techniques that playbooks hunt, and the share of machine-days on which the source shows what they need",
        "gradient": { "colors": ["#f6d5d5", "#f6eec2", "#b7dfc0"], "minValue": 0, "maxValue": 100 },
        "techniques": techniques,
    });
    line(to_json(&layer))
}
