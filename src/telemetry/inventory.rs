//! What a source holds, without its rows: for coverage, near names, and `huntsman sources`.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The whole of what a source says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// Sorted by client, then name.
    pub machines: Vec<KnownMachine>,
    /// Which machine had which rows on which day; sorted.
    pub slices: Vec<Slice>,
    /// The raw fields that records of a channel and event id have, in `event`.
    pub raw_fields: BTreeMap<(Arc<str>, i64), Vec<Arc<str>>>,
    /// Records that ingest could not read: file, reason, how many.
    pub rejected: Vec<(Arc<str>, Arc<str>, u64)>,
}

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
    /// Milliseconds since 1970, UTC.
    pub first_seen: i64,
    pub last_seen: i64,
    pub events: u64,
}

/// Rows of one kind, of one machine, on one day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slice {
    pub table: Arc<str>,
    /// Empty where the table has no operations.
    pub operation: Arc<str>,
    pub provider: Arc<str>,
    pub channel: Arc<str>,
    pub event_id: Option<i64>,
    pub muid: Arc<str>,
    /// Days since 1970-01-01 UTC.
    pub day: i32,
    pub rows: u64,
    /// Milliseconds since 1970, UTC.
    pub first: i64,
    pub last: i64,
}
