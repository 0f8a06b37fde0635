//! What a source holds: its tables, machines and days.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::csv::lines;
use super::json::day_text;
use super::{Grid, Precision, Style, Tone, clean, time, toned};
use crate::plan::time_text;
use crate::telemetry::{Inventory, Kind};

/// Columns of a screen on which times have seconds.
const ROOMY: usize = 110;
/// Rejections that are shown.
const REJECTIONS: usize = 10;

/// The rows of one table, or of one of its operations.
struct Holding<'a> {
    table: &'a str,
    operation: &'a str,
    rows: u64,
    machines: BTreeSet<Option<u32>>,
    days: BTreeSet<i32>,
    /// From the first row to the last, where any has a time.
    seen: Option<(i64, i64)>,
    /// Provider and event id.
    kinds: BTreeSet<String>,
}

pub fn text(name: &str, inventory: &Inventory, verified: Option<u64>, style: &Style) -> String {
    let mut text = format!("{}\n", toned(&clean::escape(name), Tone::Heading, style));
    if let Some(files) = verified {
        text.push_str(&format!("  {files} files are as they were written\n"));
    }
    if inventory.streams.is_empty() {
        return text + "  holds nothing\n";
    }
    let whole = |moment: i64| time(moment, Precision::Seconds, style.zone);
    let span = inventory.span().map_or_else(|| "no row has a time".into(), |(first, last)| format!("{} to {}", whole(first), whole(last)));
    let machines = if inventory.machines.len() == 1 { "1 machine".into() } else { format!("{} machines", inventory.machines.len()) };
    text.push_str(&format!("  {machines}, {span}\n\n"));
    // On a narrow screen the days will do: the whole span is said above.
    let precision = if style.width.is_some_and(|width| width < ROOMY) { Precision::Days } else { Precision::Seconds };
    let at = |moment: i64| time(moment, precision, style.zone);
    let ends = |seen: Option<(i64, i64)>| seen.map_or_else(<[String; 2]>::default, |(first, last)| [at(first), at(last)]);

    let mut tables =
        Grid::default().rigid("Table").rigid("Operation").number("Rows").number("Machines").number("Days").rigid("First").rigid("Last").text("From");
    for holding in holdings(inventory, |kind| (&kind.table, &kind.operation)) {
        let [first, last] = ends(holding.seen);
        tables.row([
            clean::escape(holding.table).into_owned(),
            clean::escape(holding.operation).into_owned(),
            holding.rows.to_string(),
            holding.machines.len().to_string(),
            holding.days.len().to_string(),
            first,
            last,
            if holding.table == "event" && holding.kinds.len() > 1 {
                format!("{} kinds", holding.kinds.len())
            } else {
                clean::escape(&Vec::from_iter(holding.kinds).join(" ")).into_owned()
            },
        ]);
    }
    text.push_str(&tables.render(0, style));

    let mut machines =
        Grid::default().rigid("Machine").rigid("ClientId").rigid("LocalIp").text("Os").number("Days").number("Events").rigid("First").rigid("Last");
    let mut days: BTreeMap<Option<u32>, BTreeSet<i32>> = BTreeMap::new();
    for slice in inventory.streams.iter().flat_map(|stream| &stream.slices) {
        days.entry(slice.machine).or_default().extend(slice.seen().map(|_| slice.day));
    }
    for (machine, place) in inventory.machines.iter().zip(0..) {
        let [first, last] = ends(machine.seen());
        machines.row([
            clean::escape(&machine.name).into_owned(),
            clean::escape(&machine.client_id).into_owned(),
            clean::escape(machine.local_ip.as_deref().unwrap_or_default()).into_owned(),
            clean::escape(machine.os.as_deref().unwrap_or_default()).into_owned(),
            days.get(&Some(place)).map_or(0, BTreeSet::len).to_string(),
            machine.events.to_string(),
            first,
            last,
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

pub fn object(name: &str, inventory: &Inventory, verified: Option<u64>) -> Json {
    let machines: Vec<Json> = inventory
        .machines
        .iter()
        .map(|machine| {
            json!({
                "muid": &*machine.muid, "name": &*machine.name, "client_id": &*machine.client_id, "local_ip": machine.local_ip.as_deref(), "os": machine.os.as_deref(),
                "domain": machine.domain.as_deref(), "first": machine.seen().map(|(first, _)| time_text(first)), "last": machine.seen().map(|(_, last)| time_text(last)), "events": machine.events,
            })
        })
        .collect();
    let operations = holdings(inventory, |kind| (&kind.table, &kind.operation));
    let tables: Vec<Json> = holdings(inventory, |kind| (&kind.table, ""))
        .into_iter()
        .map(|table| {
            let parts: BTreeMap<&str, u64> = operations.iter().filter(|part| part.table == table.table && !part.operation.is_empty()).map(|part| (part.operation, part.rows)).collect();
            json!({
                "table": table.table, "rows": table.rows, "machines": table.machines.len(), "days": table.days.len(), "first": table.seen.map(|(first, _)| time_text(first)), "last": table.seen.map(|(_, last)| time_text(last)),
                "operations": parts, "kinds": table.kinds,
            })
        })
        .collect();
    let mut days: BTreeMap<i32, (u64, BTreeSet<Option<u32>>)> = BTreeMap::new();
    for slice in
        inventory.streams.iter().filter(|stream| &*stream.kind.table == "event").flat_map(|stream| &stream.slices).filter(|slice| slice.seen().is_some())
    {
        let day = days.entry(slice.day).or_default();
        day.0 += slice.rows;
        day.1.insert(slice.machine);
    }
    let days: Vec<Json> = days.into_iter().map(|(day, (rows, machines))| json!({ "day": day_text(day), "events": rows, "machines": machines.len() })).collect();
    let rejected: Vec<Json> = inventory.rejected.iter().map(|(file, reason, count)| json!({ "file": &**file, "reason": &**reason, "count": count })).collect();
    json!({ "source": name, "machines": machines, "tables": tables, "days": days, "rejected": rejected, "verified": verified })
}

pub fn csv(inventory: &Inventory) -> String {
    let rows = holdings(inventory, |kind| (&kind.table, &kind.operation)).into_iter().map(|holding| {
        vec![
            holding.table.into(),
            holding.operation.into(),
            holding.rows.to_string(),
            holding.machines.len().to_string(),
            holding.days.len().to_string(),
            holding.seen.map(|(first, _)| time_text(first)).unwrap_or_default(),
            holding.seen.map(|(_, last)| time_text(last)).unwrap_or_default(),
        ]
    });
    lines(&["Table", "Operation", "Rows", "Machines", "Days", "First", "Last"], rows)
}

fn holdings<'a>(inventory: &'a Inventory, key: impl Fn(&'a Kind) -> (&'a str, &'a str)) -> Vec<Holding<'a>> {
    let mut found: BTreeMap<(&str, &str), Holding<'a>> = BTreeMap::new();
    for stream in &inventory.streams {
        let (table, operation) = key(&stream.kind);
        let holding = found.entry((table, operation)).or_insert_with(|| Holding {
            table,
            operation,
            rows: 0,
            machines: BTreeSet::new(),
            days: BTreeSet::new(),
            seen: None,
            kinds: BTreeSet::new(),
        });
        for slice in &stream.slices {
            holding.rows += slice.rows;
            holding.machines.insert(slice.machine);
            if let Some((first, last)) = slice.seen() {
                holding.days.insert(slice.day);
                holding.seen = Some(holding.seen.map_or((first, last), |(from, to)| (from.min(first), to.max(last))));
            }
        }
        let provider = &stream.kind.provider;
        holding.kinds.insert(stream.kind.event_id.map_or_else(|| provider.to_string(), |id| format!("{provider}/{id}")));
    }
    found.into_values().collect()
}
