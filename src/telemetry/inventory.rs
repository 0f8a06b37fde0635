//! What a source holds, without its rows: for coverage, near names, and `huntsman sources`.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Raw fields by channel and event id.
pub type RawFields = BTreeMap<(Arc<str>, Option<i64>), Vec<Arc<str>>>;

/// The whole of what a source says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// Sorted by client, then name.
    pub machines: Vec<KnownMachine>,
    /// Kinds of rows, sorted, each once, with the machines and days that have some.
    pub streams: Vec<Stream>,
    /// The raw fields that records of a channel and event id have, in `event`; every kind that the source has is a key.
    pub raw_fields: RawFields,
    /// Records that ingest could not read: file, reason, how many.
    pub rejected: Vec<(Arc<str>, Arc<str>, u64)>,
}

/// Channel and event id of records; not every source has ids.
pub type RecordKind = (Arc<str>, Option<i64>);

/// A machine, folded from all the names that telemetry gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownMachine {
    /// 32 lower-case hex digits.
    pub muid: Arc<str>,
    /// Short name in upper case.
    pub name: Arc<str>,
    pub client_id: Arc<str>,
    /// The last address seen, where one is known.
    pub local_ip: Option<Arc<str>>,
    pub os: Option<Arc<str>>,
    pub domain: Option<Arc<str>>,
    /// Milliseconds since 1970, UTC; the first is after the last where none of its records has a time.
    pub first_seen: i64,
    pub last_seen: i64,
    pub events: u64,
}

impl KnownMachine {
    /// The times of its first and its last record, where any has one.
    pub fn seen(&self) -> Option<(i64, i64)> {
        (self.first_seen <= self.last_seen).then_some((self.first_seen, self.last_seen))
    }
}

/// What the records of one id of a sensor became in a table. A store of many machines and days has few of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    pub table: Arc<str>,
    /// Empty where the table has no operations.
    pub operation: Arc<str>,
    pub provider: Arc<str>,
    pub channel: Arc<str>,
    pub event_id: Option<i64>,
}

/// All rows of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    pub kind: Kind,
    /// Sorted by machine and day, each once.
    pub slices: Vec<Slice>,
}

/// Rows of one kind, of one machine, on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Its place among the machines; none where the rows name no machine.
    pub machine: Option<u32>,
    /// Days since 1970-01-01 UTC.
    pub day: i32,
    pub rows: u64,
    /// Milliseconds since 1970, UTC; the first is after the last where none of the rows has a time, and the day is none.
    pub first: i64,
    pub last: i64,
}

impl Slice {
    /// The times of its first and its last row, where any has one.
    pub fn seen(&self) -> Option<(i64, i64)> {
        (self.first <= self.last).then_some((self.first, self.last))
    }
}

impl Inventory {
    /// From streams in any order, some of one kind: several ingests may know the same machine and the same day.
    pub fn of(machines: Vec<KnownMachine>, mut streams: Vec<Stream>) -> Inventory {
        streams.sort_by(|a, b| a.kind.cmp(&b.kind));
        streams.dedup_by(|later, kept| {
            let same = later.kind == kept.kind;
            if same {
                kept.slices.append(&mut later.slices);
            }
            same
        });
        for stream in &mut streams {
            stream.slices.sort_by_key(|slice| (slice.machine, slice.day));
            stream.slices.dedup_by(|later, kept| {
                let same = (later.machine, later.day) == (kept.machine, kept.day);
                if same {
                    kept.rows += later.rows;
                    kept.first = kept.first.min(later.first);
                    kept.last = kept.last.max(later.last);
                }
                same
            });
        }
        Inventory { machines, streams, ..Inventory::default() }
    }

    /// From the first record to the last, where any has a time.
    pub fn span(&self) -> Option<(i64, i64)> {
        let slices = self.streams.iter().flat_map(|stream| &stream.slices);
        slices.filter_map(Slice::seen).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}
