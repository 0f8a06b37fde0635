//! What a source holds: its tables, machines and days.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::csv::lines;
use super::json::day_text;
use super::{Grid, Precision, Style, Tone, clean, time, toned};
use crate::plan::time_text;
use crate::telemetry::{Inventory, Slice};

/// Rejections that are shown.
const REJECTIONS: usize = 10;

/// The rows of one table, or of one of its operations.
struct Holding<'a> {
    table: &'a str,
    operation: &'a str,
    rows: u64,
    machines: BTreeSet<&'a str>,
    days: BTreeSet<i32>,
    first: i64,
    last: i64,
    /// Provider and event id.
    kinds: BTreeSet<String>,
}

pub fn text(name: &str, inventory: &Inventory, style: &Style) -> String {
    let mut text = format!("{}\n", toned(&clean::escape(name), Tone::Heading, style));
    let Some((first, last)) = inventory.slices.iter().map(|slice| (slice.first, slice.last)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
        return text + "  holds nothing\n";
    };
    let at = |moment: i64| time(moment, Precision::Seconds, style.zone);
    text.push_str(&format!("  {} machines, {} to {}\n\n", inventory.machines.len(), at(first), at(last)));

    let mut tables =
        Grid::default().rigid("Table").rigid("Operation").number("Rows").number("Machines").number("Days").rigid("First").rigid("Last").text("From");
    for holding in holdings(inventory, |slice| (&slice.table, &slice.operation)) {
        tables.row([
            clean::escape(holding.table).into_owned(),
            clean::escape(holding.operation).into_owned(),
            holding.rows.to_string(),
            holding.machines.len().to_string(),
            holding.days.len().to_string(),
            at(holding.first),
            at(holding.last),
            if holding.table == "event" {
                format!("{} kinds", holding.kinds.len())
            } else {
                clean::escape(&Vec::from_iter(holding.kinds).join(" ")).into_owned()
            },
        ]);
    }
    text.push_str(&tables.render(0, style));

    let mut machines =
        Grid::default().rigid("Machine").rigid("ClientId").rigid("LocalIp").text("Os").number("Days").number("Events").rigid("First").rigid("Last");
    for machine in &inventory.machines {
        let days: BTreeSet<i32> = inventory.slices.iter().filter(|slice| slice.muid == machine.muid).map(|slice| slice.day).collect();
        machines.row([
            clean::escape(&machine.name).into_owned(),
            clean::escape(&machine.client_id).into_owned(),
            clean::escape(machine.local_ip.as_deref().unwrap_or_default()).into_owned(),
            clean::escape(machine.os.as_deref().unwrap_or_default()).into_owned(),
            days.len().to_string(),
            machine.events.to_string(),
            at(machine.first_seen),
            at(machine.last_seen),
        ]);
    }
    text.push_str(&format!("\n{}", machines.render(0, style)));

    if !inventory.rejected.is_empty() {
        let mut rejected = Grid::default().text("Rejected").number("Records").text("Reason");
        for (file, reason, count) in inventory.rejected.iter().take(REJECTIONS) {
            rejected.row([clean::escape(file).into_owned(), count.to_string(), clean::escape(reason).into_owned()]);
        }
        text.push_str(&format!("\n{}", rejected.render(0, style)));
        if inventory.rejected.len() > REJECTIONS {
            text.push_str(&format!("{} and {} more\n", style.ellipsis(), inventory.rejected.len() - REJECTIONS));
        }
    }
    text
}

pub fn object(name: &str, inventory: &Inventory) -> Json {
    let machines: Vec<Json> = inventory
        .machines
        .iter()
        .map(|machine| {
            json!({
                "muid": &*machine.muid, "name": &*machine.name, "client_id": &*machine.client_id, "local_ip": machine.local_ip.as_deref(), "os": machine.os.as_deref(),
                "domain": machine.domain.as_deref(), "first": time_text(machine.first_seen), "last": time_text(machine.last_seen), "events": machine.events,
            })
        })
        .collect();
    let operations = holdings(inventory, |slice| (&slice.table, &slice.operation));
    let tables: Vec<Json> = holdings(inventory, |slice| (&slice.table, ""))
        .into_iter()
        .map(|table| {
            let parts: BTreeMap<&str, u64> = operations.iter().filter(|part| part.table == table.table && !part.operation.is_empty()).map(|part| (part.operation, part.rows)).collect();
            json!({
                "table": table.table, "rows": table.rows, "machines": table.machines.len(), "days": table.days.len(), "first": time_text(table.first), "last": time_text(table.last),
                "operations": parts, "kinds": table.kinds,
            })
        })
        .collect();
    let mut days: BTreeMap<i32, (u64, BTreeSet<&str>)> = BTreeMap::new();
    for slice in inventory.slices.iter().filter(|slice| &*slice.table == "event") {
        let day = days.entry(slice.day).or_default();
        day.0 += slice.rows;
        day.1.insert(&slice.muid);
    }
    let days: Vec<Json> = days.into_iter().map(|(day, (rows, machines))| json!({ "day": day_text(day), "events": rows, "machines": machines.len() })).collect();
    let rejected: Vec<Json> = inventory.rejected.iter().map(|(file, reason, count)| json!({ "file": &**file, "reason": &**reason, "count": count })).collect();
    json!({ "source": name, "machines": machines, "tables": tables, "days": days, "rejected": rejected })
}

pub fn csv(inventory: &Inventory) -> String {
    let rows = holdings(inventory, |slice| (&slice.table, &slice.operation)).into_iter().map(|holding| {
        vec![
            holding.table.into(),
            holding.operation.into(),
            holding.rows.to_string(),
            holding.machines.len().to_string(),
            holding.days.len().to_string(),
            time_text(holding.first),
            time_text(holding.last),
        ]
    });
    lines(&["Table", "Operation", "Rows", "Machines", "Days", "First", "Last"], rows)
}

fn holdings<'a>(inventory: &'a Inventory, key: impl Fn(&'a Slice) -> (&'a str, &'a str)) -> Vec<Holding<'a>> {
    let mut found: BTreeMap<(&str, &str), Holding<'a>> = BTreeMap::new();
    for slice in &inventory.slices {
        let (table, operation) = key(slice);
        let holding = found.entry((table, operation)).or_insert_with(|| Holding {
            table,
            operation,
            rows: 0,
            machines: BTreeSet::new(),
            days: BTreeSet::new(),
            first: slice.first,
            last: slice.last,
            kinds: BTreeSet::new(),
        });
        holding.rows += slice.rows;
        holding.machines.insert(&slice.muid);
        holding.days.insert(slice.day);
        holding.first = holding.first.min(slice.first);
        holding.last = holding.last.max(slice.last);
        holding.kinds.insert(slice.event_id.map_or_else(|| slice.provider.to_string(), |id| format!("{}/{id}", slice.provider)));
    }
    found.into_values().collect()
}
