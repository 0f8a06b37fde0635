//! The rows of one group of a table: in order, completed, one file for each day (or more).

use std::path::PathBuf;
use std::sync::Arc;

use super::IngestError;
use super::enrich;
use super::output::{Output, Shape};
use super::part::{Rows, read_keys};
use super::phase2::{Shared, machine_of};
use super::row::{Cell, Head, LAYOUTS, NONE, position};
use super::tally::Tally;
use super::time;
use crate::telemetry::{Column, Table};

/// The columns that every row has from its record's head.
pub struct Common {
    /// Places of columns, with the number of what stands there.
    places: Vec<(usize, usize)>,
}

/// A column of the head, and how alerts call it besides.
const HEAD: [&[&str]; 9] = [
    &["DateTime", "alertDateTime"],
    &["Muid", "muid"],
    &["ClientId", "clientId"],
    &["Machine"],
    &["Provider"],
    &["Channel"],
    &["EventId"],
    &["RecordId"],
    &["Source"],
];

impl Common {
    pub fn of(table: &Table) -> Common {
        let places = HEAD.iter().enumerate().flat_map(|(number, names)| names.iter().filter_map(move |name| Some((position(table, name)?, number))));
        Common { places: places.collect() }
    }

    pub fn fill<'a>(&self, shared: &'a Shared<'_>, head: &Head, time: i64, cells: &mut [Cell<'a>]) {
        let text = |number: u32| shared.text(number).map_or(Cell::Missing, Cell::of);
        let number = |number: i64| if number == NONE { Cell::Missing } else { Cell::Int(number) };
        let values = [
            number(time),
            machine_of(shared, head).map_or(Cell::Missing, |muid| Cell::of(muid)),
            Cell::of(shared.client),
            text(head.machine),
            text(head.provider),
            text(head.channel),
            number(head.event_id),
            number(head.record_id),
            text(head.source),
        ];
        for (place, number) in &self.places {
            if let (Some(cell), Some(value)) = (cells.get_mut(*place), values.get(*number)) {
                *cell = value.clone();
            }
        }
    }
}

/// The columns that files of a table have.
pub fn stored(table: &Table) -> impl Iterator<Item = (usize, &Column)> {
    table.columns.iter().enumerate().filter(|(_, column)| !column.derived)
}

pub fn shape(table: &Table) -> Shape {
    stored(table).map(|(_, column)| (column.name.to_string(), column.kind)).collect::<Vec<_>>().into()
}

/// The day of a time, none for a missing one.
pub fn day_of(time: i64) -> Option<i32> {
    (time != NONE).then(|| time::day(time))
}

pub fn write(shared: &Shared<'_>, table: usize, group: u8, path: &PathBuf, bytes: u64, tally: &mut Tally) -> Result<(), IngestError> {
    let layout = &LAYOUTS[table];
    let tag = group.to_string();
    let keys = read_keys(path, 0, shared.known, &shared.ranks, shared.dropped, None).map_err(|error| shared.failed(&error))?;
    let mut rows = Rows::open(path, bytes).map_err(|error| shared.failed(&error))?;
    let (common, shape) = (Common::of(layout.table), shape(layout.table));
    let places: Vec<usize> = stored(layout.table).map(|(place, _)| place).collect();
    let muid = |machine: u32| shared.muid(machine).map(|muid| &**muid);
    let mut output: Option<(Option<i32>, Output)> = None;
    for (count, key) in keys.iter().enumerate() {
        if count % 4096 == 0 {
            shared.check()?;
        }
        let mut frame = rows.row(key).map_err(|error| shared.failed(&error))?;
        let Some(mut head) = frame.head() else { continue };
        let time = key.time();
        shared.known.settle(&mut head, time);
        let mut cells = vec![Cell::Missing; layout.width];
        frame.cells(&mut cells);
        enrich::complete(layout, &head, time, &mut cells, shared.known, &muid);
        common.fill(shared, &head, time, &mut cells);
        let day = day_of(time);
        if output.as_ref().is_some_and(|(open, _)| *open != day) {
            shared.end(output.take().map(|(_, output)| output))?;
        }
        let (_, open) = match &mut output {
            Some(open) => open,
            None => output.insert((day, shared.begin(layout.table.name, day, &tag, Arc::clone(&shape))?)),
        };
        for (column, place) in places.iter().enumerate() {
            open.put(column, &cells[*place]);
        }
        let operation = cells[layout.operation].text().filter(|_| !layout.table.operations.is_empty());
        tally.row(table, operation, &head, time);
        if open.end_row(time, machine_of(shared, &head), operation)? {
            shared.end(output.take().map(|(_, output)| output))?;
        }
    }
    Ok(shared.end(output.map(|(_, output)| output))?)
}
