//! A store in memory, of rows that are given: what tests ask. And the other way, the rows of a store as they can be given again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use polars::prelude::{DataFrame, IntoColumn, LazyFrame, ParquetCompression, ParquetWriter, ScanArgsParquet};

use super::{Local, Shared, run, scan};
use crate::backend::{BackendError, Limits};
use crate::frame::{Record, Tables, series, value_of};
use crate::plan::{Value, time, written};
use crate::store::{KindFields, Manifest, Store, StoredFile, VERSION};
use crate::telemetry::{self, Inventory, Kind, KnownMachine, Slice, Stream, Table, Type};

/// The name of the table of machines, whose rows only describe those that other rows name.
const MACHINE: &str = "machine";

/// File, reason, count of what could not be read.
type Rejected = (Arc<str>, Arc<str>, u64);

impl Local {
    /// A source of these rows, as if it had been ingested: nothing of it is written anywhere.
    ///
    /// # Errors
    /// [`BackendError::Failed`] where Polars can't hold them.
    pub fn of_rows(name: &str, tables: &Tables, rejected: &[Rejected]) -> Result<Local, BackendError> {
        let (mut files, mut bytes, mut raw_fields) = (Vec::new(), BTreeMap::new(), Vec::new());
        for (table, rows) in tables.iter().filter(|(table, rows)| **table != MACHINE && !rows.is_empty()) {
            let Some(table) = telemetry::table(table) else { continue };
            let path = format!("{}.parquet", table.name);
            let held = parquet(table, rows).map_err(run::failed)?;
            if table.name == "event" {
                raw_fields = fields_of(table, rows);
            }
            files.push(described(table, rows, &path, held.len() as u64));
            bytes.insert(path, Arc::from(held));
        }
        let manifest = Manifest { version: VERSION, generation: 1, files, sources: Vec::new(), raw_fields: raw_fields.clone() };
        let machines = machines(tables);
        let streams = streams(tables, &machines);
        let kinds = raw_fields.into_iter().map(|kind| ((kind.channel.into(), kind.event_id), kind.fields.into_iter().map(Arc::from).collect()));
        let inventory = Inventory { raw_fields: kinds.collect(), rejected: rejected.to_vec(), ..Inventory::of(machines, streams) };
        let shared =
            Shared { store: Arc::new(Store::held(manifest, bytes)), inventory: OnceLock::from(Arc::new(inventory)), fresh: OnceLock::new(), places: None };
        Ok(Local { name: name.into(), shared: Arc::new(shared) })
    }

    /// Every row of the store, machines included.
    ///
    /// # Errors
    /// A file that can't be read, or a run that was stopped.
    pub fn all_rows(&self, limits: &Limits) -> Result<Tables, BackendError> {
        let store = &self.shared.store;
        let mut tables = Tables::new();
        for file in &store.manifest().files {
            let Some(table) = telemetry::table(&file.table) else { continue };
            let arguments = ScanArgsParquet { glob: false, ..ScanArgsParquet::default() };
            let asked = LazyFrame::scan_parquet_sources(scan::sources(store, std::slice::from_ref(file)), arguments).map_err(run::failed)?;
            let frame = run::collect(asked, limits)?;
            tables.entry(table.name).or_default().extend((0..frame.height()).map(|row| record(table, &frame, row)));
        }
        Ok(tables)
    }
}

/// A row with the columns that have a value; `DateTime` also where it has none.
fn record(table: &Table, frame: &DataFrame, row: usize) -> Record {
    let mut record = Record::new();
    for column in frame.columns() {
        let kind = table.column(column.name()).map_or(Type::Text, |column| column.kind);
        let value = column.get(row).map_or(Value::Missing, |cell| value_of(cell, kind));
        if !value.is_missing() || column.name() == "DateTime" {
            record.insert(column.name().as_str().into(), value);
        }
    }
    record
}

fn cell(row: &Record, name: &str) -> Value {
    row.get(name).cloned().unwrap_or(Value::Missing)
}

fn text(row: &Record, name: &str) -> Arc<str> {
    match row.get(name) {
        Some(Value::Text(text)) => text.clone(),
        _ => Arc::from(""),
    }
}

fn time_of(row: &Record) -> Option<i64> {
    match row.get("DateTime") {
        Some(Value::Time(time)) => Some(*time),
        _ => None,
    }
}

fn number(row: &Record, name: &str) -> Option<i64> {
    match row.get(name) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    }
}

/// Names of the raw fields that rows have besides the table's own columns.
fn raw_names<'a>(table: &Table, rows: impl Iterator<Item = &'a Record>) -> BTreeSet<Arc<str>> {
    rows.flat_map(|row| row.keys()).filter(|name| table.column(name).is_none()).cloned().collect()
}

fn parquet(table: &Table, rows: &[Record]) -> polars::prelude::PolarsResult<Vec<u8>> {
    // What no row has is missing in the file too: a reader inserts it.
    let is_known = |name: &str| rows.iter().any(|row| row.get(name).is_some_and(|value| !value.is_missing()));
    let stored = |column: &&telemetry::Column| !column.derived && (column.name == "DateTime" || is_known(column.name));
    let declared = table.columns.iter().filter(stored).map(|column| (Arc::from(column.name), column.kind));
    let raw = raw_names(table, rows.iter()).into_iter().map(|name| (name, Type::Text));
    let column = |(name, kind): (Arc<str>, Type)| {
        let cells: Vec<Value> = rows.iter().map(|row| cell(row, &name)).collect();
        series((&*name).into(), &cells, kind).map(IntoColumn::into_column)
    };
    let mut frame = DataFrame::new(rows.len(), declared.chain(raw).map(column).collect::<Result<_, _>>()?)?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).with_compression(ParquetCompression::Uncompressed).set_parallel(false).finish(&mut frame)?;
    Ok(bytes)
}

fn described(table: &Table, rows: &[Record], path: &str, bytes: u64) -> StoredFile {
    let texts = |name: &str| rows.iter().filter_map(|row| row.get(name)).filter_map(written).collect::<BTreeSet<String>>().into_iter().collect();
    let times = || rows.iter().filter_map(time_of);
    let undated = times().count() < rows.len();
    let kinds: BTreeSet<(String, Option<i64>)> = rows.iter().map(|row| (text(row, "Channel").to_string(), number(row, "EventId"))).collect();
    StoredFile {
        path: path.into(),
        table: table.name.into(),
        day: times().min().map(day_of),
        // As ingest writes it: a row without a time may be in any period.
        from: if undated { i64::MIN } else { times().min().unwrap_or(0) },
        to: if undated { i64::MAX } else { times().max().unwrap_or(0) },
        rows: rows.len() as u64,
        bytes,
        digest: None,
        operations: texts("Operation"),
        machines: texts("Muid"),
        kinds: if table.name == "event" { kinds.into_iter().collect() } else { Vec::new() },
        raw_fields: Vec::new(),
    }
}

fn fields_of(table: &Table, rows: &[Record]) -> Vec<KindFields> {
    let mut kinds: BTreeMap<(Arc<str>, Option<i64>), Vec<&Record>> = BTreeMap::new();
    rows.iter().for_each(|row| kinds.entry((text(row, "Channel"), number(row, "EventId"))).or_default().push(row));
    let of_kind = |((channel, event_id), rows): ((Arc<str>, Option<i64>), Vec<&Record>)| KindFields {
        channel: channel.to_string(),
        event_id,
        fields: raw_names(table, rows.into_iter()).iter().map(|name| name.to_string()).collect(),
    };
    kinds.into_iter().map(of_kind).collect()
}

/// Machines that any row names, with what rows of their own say of them.
fn machines(tables: &Tables) -> Vec<KnownMachine> {
    let mut known: BTreeMap<Arc<str>, KnownMachine> = BTreeMap::new();
    for (table, rows) in tables.iter().filter(|(table, _)| **table != MACHINE) {
        for row in rows.iter().filter(|row| row.contains_key("Muid")) {
            let (muid, time) = (text(row, "Muid"), time_of(row));
            let machine = known.entry(muid.clone()).or_insert_with(|| KnownMachine {
                muid,
                name: text(row, "Machine"),
                client_id: text(row, "ClientId"),
                local_ip: None,
                os: None,
                domain: None,
                first_seen: i64::MAX,
                last_seen: i64::MIN,
                events: 0,
            });
            machine.first_seen = machine.first_seen.min(time.unwrap_or(i64::MAX));
            machine.last_seen = machine.last_seen.max(time.unwrap_or(i64::MIN));
            machine.events += u64::from(*table == "event" || !tables.contains_key("event"));
        }
    }
    for row in tables.get(MACHINE).into_iter().flatten() {
        let Some(machine) = known.get_mut(&text(row, "Muid")) else { continue };
        let told = |name: &str| Some(text(row, name)).filter(|text| !text.is_empty());
        (machine.local_ip, machine.os, machine.domain) = (told("LocalIp"), told("Os"), told("Domain"));
    }
    let mut all: Vec<KnownMachine> = known.into_values().collect();
    all.sort_by(|a, b| (&a.client_id, &a.name, &a.muid).cmp(&(&b.client_id, &b.name, &b.muid)));
    all
}

fn streams(tables: &Tables, machines: &[KnownMachine]) -> Vec<Stream> {
    let places: BTreeMap<&str, u32> = machines.iter().zip(0..).map(|(machine, place)| (&*machine.muid, place)).collect();
    let mut found: BTreeMap<Kind, BTreeMap<(Option<u32>, i32), Slice>> = BTreeMap::new();
    for (table, rows) in tables.iter().filter(|(table, _)| **table != MACHINE) {
        for row in rows {
            let kind = Kind {
                table: Arc::from(*table),
                operation: text(row, "Operation"),
                provider: text(row, "Provider"),
                channel: text(row, "Channel"),
                event_id: number(row, "EventId"),
            };
            let (machine, time) = (places.get(&*text(row, "Muid")).copied(), time_of(row));
            let day = time.map_or(0, day_of);
            let empty = Slice { machine, day, rows: 0, first: i64::MAX, last: i64::MIN };
            let slice = found.entry(kind).or_default().entry((machine, day)).or_insert(empty);
            slice.rows += 1;
            slice.first = slice.first.min(time.unwrap_or(i64::MAX));
            slice.last = slice.last.max(time.unwrap_or(i64::MIN));
        }
    }
    found.into_iter().map(|(kind, slices)| Stream { kind, slices: slices.into_values().collect() }).collect()
}

fn day_of(time: i64) -> i32 {
    i32::try_from(time.div_euclid(time::DAY)).unwrap_or_default()
}
