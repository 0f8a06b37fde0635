//! The last files of an ingest: what machines there are, and what is covered.

use std::sync::{Arc, PoisonError};

use super::IngestError;
use super::facts::Facts;
use super::output::{Output, Shape};
use super::phase2::Finisher;
use super::row::{Cell, NONE, position, table_number};
use super::rows::{shape, stored};
use super::tally::NO_OPERATION;
use crate::store::{KindFields, StoreError};
use crate::telemetry::{TABLES, Type, identity};

const COVERAGE: &[(&str, Type)] = &[
    ("Table", Type::Text),
    ("Operation", Type::Text),
    ("Provider", Type::Text),
    ("Channel", Type::Text),
    ("EventId", Type::Int),
    ("Muid", Type::Text),
    ("Rows", Type::Int),
    ("First", Type::Int),
    ("Last", Type::Int),
];

fn begin(finisher: &Finisher<'_>, table: &str, shape: Shape) -> Result<Output, StoreError> {
    let (path, name) = finisher.writer.lock().unwrap_or_else(PoisonError::into_inner).begin(table, None, "all")?;
    Output::create(path, name, table, None, shape)
}

fn end(finisher: &Finisher<'_>, output: Output) -> Result<(), StoreError> {
    let file = output.finish()?;
    finisher.writer.lock().unwrap_or_else(PoisonError::into_inner).add(file);
    Ok(())
}

/// Writes both.
pub fn write(finisher: &Finisher<'_>, facts: &Facts) -> Result<(), IngestError> {
    write_machines(finisher, facts)?;
    write_coverage(finisher)?;
    Ok(())
}

/// What the records of each kind have, by the names of their channels.
pub fn raw_fields(finisher: &Finisher<'_>) -> Vec<KindFields> {
    let texts = finisher.names.texts();
    let kinds = finisher.tally.raw_fields.iter().map(|((channel, event_id), fields)| KindFields {
        channel: if *channel == 0 { String::new() } else { texts[*channel as usize].to_string() },
        event_id: (*event_id != NONE).then_some(*event_id),
        fields: fields.iter().cloned().collect(),
    });
    kinds.collect()
}

fn write_machines(finisher: &Finisher<'_>, facts: &Facts) -> Result<(), StoreError> {
    let table = TABLES[table_number("machine")];
    let texts = finisher.names.texts();
    let mut output = begin(finisher, table.name, shape(table))?;
    let mut machines: Vec<(&str, u32)> = finisher.tally.machines.keys().map(|number| (&*texts[*number as usize], *number)).collect();
    machines.sort_unstable();
    for (name, number) in machines {
        let span = finisher.tally.machines[&number];
        let muid: Arc<str> = identity::muid(finisher.client, name).into();
        let of_machine = facts.addresses.iter().filter(|((_, machine), _)| *machine == number);
        // The last address; of several the one that was used most.
        let address =
            of_machine.max_by_key(|((address, _), sighting)| (sighting.count > 0, address.contains('.'), sighting.last, sighting.count, address.clone()));
        let system = facts.systems.iter().filter(|((machine, _), _)| *machine == number).max_by_key(|(_, count)| **count);
        let mut cells = vec![Cell::Missing; table.columns.len()];
        let time = |time: i64| if time == i64::MAX || time == i64::MIN { Cell::Missing } else { Cell::Int(time) };
        let values = [
            ("Muid", Cell::of(&muid)),
            ("Name", Cell::of(name)),
            ("ClientId", Cell::of(finisher.client)),
            ("LocalIp", address.map_or_else(|| own_address(name), |((address, _), _)| Cell::of(address))),
            ("Os", system.map_or(Cell::Missing, |((_, version), _)| Cell::Text(system_name(version).into()))),
            ("Domain", facts.domains.get(&number).map_or(Cell::Missing, |domain| Cell::of(domain))),
            ("FirstSeen", time(span.first)),
            ("LastSeen", time(span.last)),
            ("Events", Cell::Int(span.rows as i64)),
        ];
        for (name, value) in values {
            if let Some(cell) = position(table, name).and_then(|place| cells.get_mut(place)) {
                *cell = value;
            }
        }
        for (column, (place, _)) in stored(table).enumerate() {
            output.put(column, &cells[place]);
        }
        output.end_row(if span.rows == 0 { NONE } else { span.last }, Some(&muid), None)?;
    }
    end(finisher, output)
}

/// A machine that is known by nothing else is its address.
fn own_address(name: &str) -> Cell<'_> {
    if name.parse::<std::net::IpAddr>().is_ok() { Cell::of(name) } else { Cell::Missing }
}

/// `10.00. 18363` of one source and `10.0.18363` of another are one version of Windows; others have names.
fn system_name(version: &str) -> String {
    if !version.starts_with(|first: char| first.is_ascii_digit()) {
        return version.to_string();
    }
    let parts: Vec<String> = version
        .split(['.', ' '])
        .filter(|part| !part.is_empty())
        .map(|part| part.parse::<u64>().map_or(part.to_string(), |number| number.to_string()))
        .collect();
    format!("Windows {}", parts.join("."))
}

fn write_coverage(finisher: &Finisher<'_>) -> Result<(), StoreError> {
    let texts = finisher.names.texts();
    let text = |number: u32| if number == 0 { Cell::Missing } else { Cell::of(&texts[number as usize]) };
    let mut slices: Vec<_> = finisher.tally.slices.iter().collect();
    // By texts, which unlike their numbers are the same in every run.
    slices.sort_by_key(|(slice, _)| {
        let name = |number: u32| texts[number as usize].clone();
        (slice.table, slice.operation, name(slice.provider), name(slice.channel), slice.event_id, name(slice.machine), slice.day)
    });
    let mut columns: Vec<(String, Type)> = COVERAGE.iter().map(|(name, kind)| ((*name).to_string(), *kind)).collect();
    columns.insert(6, ("Day".to_string(), Type::Int));
    let mut output = begin(finisher, "coverage", columns.into())?;
    for (slice, span) in slices {
        let declared = TABLES[usize::from(slice.table)];
        let operation = if slice.operation == NO_OPERATION { None } else { declared.operations.get(usize::from(slice.operation)) };
        let muid: Option<Arc<str>> = (slice.machine != 0).then(|| identity::muid(finisher.client, &texts[slice.machine as usize]).into());
        let time = |time: i64| if time == i64::MAX || time == i64::MIN { Cell::Missing } else { Cell::Int(time) };
        let cells = [
            Cell::of(declared.name),
            operation.map_or(Cell::Missing, |operation| Cell::of(operation.word)),
            text(slice.provider),
            text(slice.channel),
            if slice.event_id == NONE { Cell::Missing } else { Cell::Int(slice.event_id) },
            muid.as_deref().map_or(Cell::Missing, Cell::of),
            if slice.day == i32::MIN { Cell::Missing } else { Cell::Int(i64::from(slice.day)) },
            Cell::Int(span.rows as i64),
            time(span.first),
            time(span.last),
        ];
        for (column, cell) in cells.iter().enumerate() {
            output.put(column, cell);
        }
        output.end_row(NONE, muid.as_ref(), None)?;
    }
    end(finisher, output)
}
