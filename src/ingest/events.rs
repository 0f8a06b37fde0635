//! The `event` table: every record with every field, by day, and by kind where a kind has many on a day.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use super::IngestError;
use super::output::{Output, Shape};
use super::part::{Key, Rows, read_keys};
use super::phase2::{Shared, machine_of};
use super::row::{Cell, Head, NONE, table_number};
use super::rows::{Common, day_of, stored};
use super::tally::Tally;
use crate::telemetry::{TABLES, Table, Type};

/// A kind with fewer events on a day shares that day's file.
const OWN_FILE: usize = 4096;
/// More raw columns than this, and the rest goes as JSON into one.
const MAX_COLUMNS: usize = 1200;
const SURPLUS: &str = "_surplus_columns";
/// Days without a time.
const NO_DAY: i32 = i32::MAX;

/// The columns of a file of events.
struct Columns {
    shape: Shape,
    declared: usize,
    /// By the field's number; 0 where it has no column of its own, since declared columns come first.
    places: Vec<usize>,
    surplus: Option<usize>,
}

fn event_table() -> (usize, &'static Table) {
    let number = table_number("event");
    (number, TABLES[number])
}

impl Columns {
    fn new(shared: &Shared<'_>, fields: &BTreeSet<u32>) -> Columns {
        let (_, table) = event_table();
        let mut shape: Vec<(String, Type)> = stored(table).map(|(_, column)| (column.name.to_string(), column.kind)).collect();
        let declared = shape.len();
        let mut named: Vec<(&str, u32)> = fields.iter().take(MAX_COLUMNS).map(|number| (shared.text(*number).unwrap_or_default(), *number)).collect();
        named.sort_unstable();
        let mut places = vec![0; fields.last().map_or(0, |last| *last as usize + 1)];
        let mut taken: BTreeSet<String> = shape.iter().map(|(name, _)| name.clone()).collect();
        for (name, number) in named {
            let mut column = name.to_string();
            while !taken.insert(column.clone()) {
                column.push_str("_raw");
            }
            places[number as usize] = shape.len();
            shape.push((column, Type::Text));
        }
        let surplus = (fields.len() > MAX_COLUMNS).then_some(shape.len());
        if surplus.is_some() {
            shape.push((SURPLUS.to_string(), Type::Text));
        }
        Columns { shape: shape.into(), declared, places, surplus }
    }
}

/// Writes the days on which a kind has many events, and leaves the others to `write_day`.
pub fn write_kind(shared: &Shared<'_>, number: usize, path: PathBuf, bytes: u64, tally: &mut Tally) -> Result<(), IngestError> {
    let mut fields = BTreeSet::new();
    let keys = read_keys(&path, number as u32, shared.known, &shared.ranks, shared.dropped, Some(&mut fields)).map_err(|error| shared.failed(&error))?;
    let mut rest = keys.as_slice();
    let mut columns = None;
    let mut rows = None;
    let mut few = Vec::new();
    while let Some(first) = rest.first() {
        let day = day_of(first.time());
        let (today, later) = rest.split_at(rest.partition_point(|key| key.time() != NONE && day_of(key.time()) == day || day.is_none()));
        rest = later;
        if today.len() < OWN_FILE {
            few.push((day.unwrap_or(NO_DAY), today.to_vec()));
            continue;
        }
        let columns = columns.get_or_insert_with(|| Columns::new(shared, &fields));
        let rows = match &mut rows {
            Some(rows) => rows,
            None => rows.insert(Rows::open(&path, bytes).map_err(|error| shared.failed(&error))?),
        };
        write(shared, day, &format!("kind{number:03}"), today, columns, &mut |_| Ok(0), std::slice::from_mut(rows), tally)?;
    }
    if !few.is_empty() {
        shared.event_files.lock().unwrap_or_else(PoisonError::into_inner)[number].2 = fields;
        let mut all = shared.few.lock().unwrap_or_else(PoisonError::into_inner);
        for (day, keys) in few {
            all.entry(day).or_default().extend(keys);
        }
    }
    Ok(())
}

/// Writes the events of a day whose kinds have few.
pub fn write_day(shared: &Shared<'_>, day: i32, mut keys: Vec<Key>, tally: &mut Tally) -> Result<(), IngestError> {
    keys.sort_unstable();
    let files = shared.event_files.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let used: BTreeSet<u32> = keys.iter().map(|key| key.file).collect();
    let mut fields = BTreeSet::new();
    let mut rows = Vec::new();
    let mut places = HashMap::new();
    for file in used {
        let (path, bytes, names) = &files[file as usize];
        fields.extend(names);
        places.insert(file, rows.len());
        // Many files at once: none of them is held whole.
        rows.push(Rows::open(path, if *bytes < (256 << 10) { *bytes } else { u64::MAX }).map_err(|error| shared.failed(&error))?);
    }
    let columns = Columns::new(shared, &fields);
    let day = (day != NO_DAY).then_some(day);
    write(shared, day, "few", &keys, &columns, &mut |file| places.get(&file).copied().ok_or(IngestError::Interrupted), &mut rows, tally)
}

#[expect(clippy::too_many_arguments, reason = "one call site for each of two kinds of file")]
fn write(
    shared: &Shared<'_>,
    day: Option<i32>,
    tag: &str,
    keys: &[Key],
    columns: &Columns,
    place: &mut dyn FnMut(u32) -> Result<usize, IngestError>,
    rows: &mut [Rows],
    tally: &mut Tally,
) -> Result<(), IngestError> {
    let (number, table) = event_table();
    let common = Common::of(table);
    let nothing: Arc<str> = "".into();
    let mut output: Option<Output> = None;
    // Columns that records of a kind fill: several kinds may be in the file.
    let mut had: HashMap<(u32, i64), Vec<bool>> = HashMap::new();
    for (count, key) in keys.iter().enumerate() {
        if count % 4096 == 0 {
            shared.check()?;
        }
        let mut frame = rows[place(key.file)?].row(key).map_err(|error| shared.failed(&error))?;
        let Some(mut head) = frame.head() else { continue };
        let time = key.time();
        shared.known.settle(&mut head, time);
        let mut cells = vec![Cell::Missing; columns.shape.len()];
        common.fill(shared, &head, time, &mut cells[..columns.declared]);
        let mut surplus = serde_json::Map::new();
        while let Some((field, value)) = frame.field() {
            match columns.places.get(field as usize) {
                Some(place) if *place > 0 => cells[*place] = Cell::of(value),
                Some(_) | None => drop(surplus.insert(shared.text(field).unwrap_or_default().to_string(), value.into())),
            }
        }
        if let Some(place) = columns.surplus.filter(|_| !surplus.is_empty()) {
            cells[place] = Cell::Text(serde_json::Value::Object(surplus).to_string().into());
        }
        let open = match &mut output {
            Some(open) => open,
            None => output.insert(shared.begin("event", day, tag, Arc::clone(&columns.shape))?),
        };
        let has = had.entry((head.channel, head.event_id)).or_insert_with(|| vec![false; columns.shape.len()]);
        has.iter_mut().zip(&cells).for_each(|(has, cell)| *has |= !matches!(cell, Cell::Missing));
        for (column, cell) in cells.iter().enumerate() {
            open.put(column, cell);
        }
        note(tally, number, &head, time);
        open.note_kind(shared.texts.get(head.channel as usize).unwrap_or(&nothing), head.event_id);
        if open.end_row(time, machine_of(shared, &head), None)? {
            shared.end(output.take())?;
        }
    }
    for (kind, has) in had {
        let fields = columns.shape.iter().zip(has).skip(columns.declared).filter(|(_, has)| *has).map(|((name, _), _)| name.clone());
        tally.raw_fields.entry(kind).or_default().extend(fields);
    }
    Ok(shared.end(output)?)
}

fn note(tally: &mut Tally, table: usize, head: &Head, time: i64) {
    tally.row(table, None, head, time);
    tally.event(head, time);
}
