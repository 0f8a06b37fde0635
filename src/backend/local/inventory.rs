//! What the store holds, from its two small tables and the manifest.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use polars::prelude::{DataFrame, DataType, Int64Chunked, LazyFrame};

use super::run;
use crate::backend::{BackendError, Limits};
use crate::store::{Store, StoredFile};
use crate::telemetry::{Inventory, Kind, KnownMachine, RecordKind, Slice, Stream};

/// Reads and folds it: several ingests may know the same machine and the same day.
pub fn read(store: &Store) -> Result<Inventory, BackendError> {
    let manifest = store.manifest();
    let of = |table: &str| manifest.files.iter().filter(|file| file.table == table).cloned().collect::<Vec<_>>();
    let mut raw_fields: BTreeMap<RecordKind, Vec<Arc<str>>> = BTreeMap::new();
    for file in manifest.files.iter().filter(|file| file.table == "event") {
        for (channel, event_id) in &file.kinds {
            raw_fields.entry((Arc::from(channel.as_str()), *event_id)).or_default().extend(file.raw_fields.iter().map(|name| Arc::from(name.as_str())));
        }
    }
    for names in raw_fields.values_mut() {
        names.sort();
        names.dedup();
    }
    let sources = manifest.sources.iter();
    let rejected = sources.flat_map(|source| source.rejected.iter().map(|(reason, count)| (source.name.as_str().into(), reason.as_str().into(), *count)));
    let machines = machines(&rows(store, &of("machine"))?);
    let streams = streams(&rows(store, &of("coverage"))?, &machines);
    Ok(Inventory { raw_fields, rejected: rejected.collect(), ..Inventory::of(machines, streams) })
}

/// Small files, whole, one after the other.
fn rows(store: &Store, files: &[StoredFile]) -> Result<Vec<DataFrame>, BackendError> {
    let read = |file: &StoredFile| {
        let path = store.path_of(file);
        let scan = LazyFrame::scan_parquet(
            polars::prelude::PlRefPath::new(path.to_string_lossy().as_ref()),
            polars::prelude::ScanArgsParquet { glob: false, ..Default::default() },
        );
        scan.map_err(run::failed).and_then(|scan| run::collect_in_memory(scan, &Limits::default())).map_err(|error| super::damage::of_file(&path, &error))
    };
    files.iter().map(read).collect()
}

/// One row's cells by name.
struct Row<'a>(&'a DataFrame, usize);

impl Row<'_> {
    fn text(&self, name: &str) -> Option<Arc<str>> {
        self.0.column(name).ok()?.str().ok()?.get(self.1).map(Arc::from)
    }

    fn number(&self, name: &str) -> Option<i64> {
        let column = self.0.column(name).ok()?;
        match column.get(self.1).ok()? {
            polars::prelude::AnyValue::Datetime(time, _, _) => Some(time),
            other => other.extract::<i64>(),
        }
    }
}

fn each_row<'a>(frames: &'a [DataFrame]) -> impl Iterator<Item = Row<'a>> {
    frames.iter().flat_map(|frame| (0..frame.height()).map(move |row| Row(frame, row)))
}

fn machines(frames: &[DataFrame]) -> Vec<KnownMachine> {
    let mut known: BTreeMap<Arc<str>, KnownMachine> = BTreeMap::new();
    for row in each_row(frames) {
        let Some(muid) = row.text("Muid") else { continue };
        let seen = KnownMachine {
            muid: muid.clone(),
            name: row.text("Name").unwrap_or_default(),
            client_id: row.text("ClientId").unwrap_or_default(),
            local_ip: row.text("LocalIp"),
            os: row.text("Os"),
            domain: row.text("Domain"),
            first_seen: row.number("FirstSeen").unwrap_or(i64::MAX),
            last_seen: row.number("LastSeen").unwrap_or(i64::MIN),
            events: row.number("Events").and_then(|events| u64::try_from(events).ok()).unwrap_or(0),
        };
        match known.get_mut(&muid) {
            None => {
                known.insert(muid, seen);
            }
            Some(machine) => fold_machine(machine, seen),
        }
    }
    let mut all: Vec<KnownMachine> = known.into_values().collect();
    all.sort_by(|a, b| (&a.client_id, &a.name, &a.muid).cmp(&(&b.client_id, &b.name, &b.muid)));
    all
}

/// The last known of what changes; of two sightings the later one is last.
fn fold_machine(machine: &mut KnownMachine, seen: KnownMachine) {
    let later = seen.last_seen >= machine.last_seen;
    let last = |known: &mut Option<Arc<str>>, new: Option<Arc<str>>| {
        if new.is_some() && (later || known.is_none()) {
            *known = new;
        }
    };
    last(&mut machine.local_ip, seen.local_ip);
    last(&mut machine.os, seen.os);
    last(&mut machine.domain, seen.domain);
    machine.first_seen = machine.first_seen.min(seen.first_seen);
    machine.last_seen = machine.last_seen.max(seen.last_seen);
    machine.events += seen.events;
}

/// A store of many machines and days has hundreds of thousands of rows here, those of one kind beside each other: columns are looked up once, and kinds and
/// machines only where they change.
fn streams(frames: &[DataFrame], machines: &[KnownMachine]) -> Vec<Stream> {
    let places: HashMap<&str, u32> = machines.iter().zip(0..).map(|(machine, place)| (&*machine.muid, place)).collect();
    let mut all: Vec<Stream> = Vec::new();
    for frame in frames {
        let texts = ["Table", "Operation", "Provider", "Channel", "Muid"].map(|name| frame.column(name).and_then(|column| column.str()).ok());
        let numbers = ["EventId", "Day", "Rows", "First", "Last"].map(|name| numbers(frame, name));
        let mut last: Option<([&str; 4], Option<i64>)> = None;
        let mut machine = ("", None);
        for row in 0..frame.height() {
            let [table, operation, provider, channel, muid] = texts.map(|cells| cells.and_then(|cells| cells.get(row)).unwrap_or_default());
            let [event_id, day, rows, first, end] = numbers.each_ref().map(|numbers| numbers.as_ref().and_then(|numbers| numbers.get(row)));
            let kind = ([table, operation, provider, channel], event_id);
            if last != Some(kind) {
                let [table, operation, provider, channel] = kind.0.map(Arc::from);
                all.push(Stream { kind: Kind { table, operation, provider, channel, event_id }, slices: Vec::new() });
                last = Some(kind);
            }
            if machine.0 != muid {
                machine = (muid, places.get(muid).copied());
            }
            let slice = Slice {
                machine: machine.1,
                day: day.and_then(|day| i32::try_from(day).ok()).unwrap_or(0),
                rows: rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0),
                first: first.unwrap_or(i64::MAX),
                last: end.unwrap_or(i64::MIN),
            };
            if let Some(stream) = all.last_mut() {
                stream.slices.push(slice);
            }
        }
    }
    all
}

fn numbers(frame: &DataFrame, name: &str) -> Option<Int64Chunked> {
    frame.column(name).and_then(|column| column.cast(&DataType::Int64)).and_then(|column| column.i64().cloned()).ok()
}
