//! What the store holds, from its two small tables and the manifest.

use std::collections::BTreeMap;
use std::sync::Arc;

use polars::prelude::{DataFrame, DataType, Int64Chunked, LazyFrame, StringChunked};

use super::run;
use crate::backend::{BackendError, Limits};
use crate::store::{Store, StoredFile};
use crate::telemetry::{Inventory, KnownMachine, Slice};

/// Reads and folds it: several ingests may know the same machine and the same day.
pub fn read(store: &Store) -> Result<Inventory, BackendError> {
    let manifest = store.manifest();
    let of = |table: &str| manifest.files.iter().filter(|file| file.table == table).cloned().collect::<Vec<_>>();
    let mut raw_fields: BTreeMap<(Arc<str>, i64), Vec<Arc<str>>> = BTreeMap::new();
    for file in manifest.files.iter().filter(|file| file.table == "event") {
        for (channel, event_id) in &file.kinds {
            let Some(event_id) = event_id else { continue };
            raw_fields.entry((Arc::from(channel.as_str()), *event_id)).or_default().extend(file.raw_fields.iter().map(|name| Arc::from(name.as_str())));
        }
    }
    for names in raw_fields.values_mut() {
        names.sort();
        names.dedup();
    }
    let sources = manifest.sources.iter();
    let rejected = sources.flat_map(|source| source.rejected.iter().map(|(reason, count)| (source.name.as_str().into(), reason.as_str().into(), *count)));
    Ok(Inventory {
        machines: machines(&rows(store, &of("machine"))?),
        slices: slices(&rows(store, &of("coverage"))?),
        raw_fields,
        rejected: rejected.collect(),
    })
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

/// A store of many machines and days has hundreds of thousands of these: columns are looked up once, and equal neighbours share their text.
fn slices(frames: &[DataFrame]) -> Vec<Slice> {
    let mut all: Vec<Slice> = Vec::with_capacity(frames.iter().map(DataFrame::height).sum());
    for frame in frames {
        let mut texts = ["Table", "Operation", "Provider", "Channel", "Muid"].map(|name| Texts::of(frame, name));
        let numbers = ["EventId", "Day", "Rows", "First", "Last"].map(|name| numbers(frame, name));
        for row in 0..frame.height() {
            let [table, operation, provider, channel, muid] = texts.each_mut().map(|texts| texts.get(row));
            let [event_id, day, rows, first, last] = numbers.each_ref().map(|numbers| numbers.as_ref().and_then(|numbers| numbers.get(row)));
            all.push(Slice {
                table,
                operation,
                provider,
                channel,
                event_id,
                muid,
                day: day.and_then(|day| i32::try_from(day).ok()).unwrap_or(0),
                rows: rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0),
                first: first.unwrap_or(i64::MAX),
                last: last.unwrap_or(i64::MIN),
            });
        }
    }
    // Each file is sorted already, which this sort makes use of.
    all.sort_by(|a, b| key(a).cmp(&key(b)));
    all.dedup_by(|later, kept| {
        let same = key(later) == key(kept);
        if same {
            kept.rows += later.rows;
            kept.first = kept.first.min(later.first);
            kept.last = kept.last.max(later.last);
        }
        same
    });
    all
}

fn key(slice: &Slice) -> (&str, &str, &str, &str, Option<i64>, &str, i32) {
    (&slice.table, &slice.operation, &slice.provider, &slice.channel, slice.event_id, &slice.muid, slice.day)
}

fn numbers(frame: &DataFrame, name: &str) -> Option<Int64Chunked> {
    frame.column(name).and_then(|column| column.cast(&DataType::Int64)).and_then(|column| column.i64().cloned()).ok()
}

/// A text column that gives the same text again where a row repeats the one before.
struct Texts<'a> {
    cells: Option<&'a StringChunked>,
    last: Arc<str>,
}

impl<'a> Texts<'a> {
    fn of(frame: &'a DataFrame, name: &str) -> Texts<'a> {
        Texts { cells: frame.column(name).ok().and_then(|column| column.str().ok()), last: Arc::from("") }
    }

    fn get(&mut self, row: usize) -> Arc<str> {
        let text = self.cells.and_then(|cells| cells.get(row)).unwrap_or_default();
        if *self.last != *text {
            self.last = Arc::from(text);
        }
        self.last.clone()
    }
}
