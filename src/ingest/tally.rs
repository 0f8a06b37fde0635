//! Counts of what was written: coverage, machines, rows per table, corrected records.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::row::{Head, NONE};
use crate::telemetry::TABLES;

/// A row of the coverage file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slice {
    pub table: u8,
    /// The place of the word among the table's operations.
    pub operation: u8,
    pub provider: u32,
    pub channel: u32,
    pub event_id: i64,
    pub machine: u32,
    pub day: i32,
}

#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub rows: u64,
    pub first: i64,
    pub last: i64,
}

impl Span {
    const NOTHING: Span = Span { rows: 0, first: i64::MAX, last: i64::MIN };

    fn add(&mut self, time: i64) {
        self.rows += 1;
        if time != NONE {
            self.first = self.first.min(time);
            self.last = self.last.max(time);
        }
    }

    fn merge(&mut self, other: &Span) {
        self.rows += other.rows;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// One thread's counts, or all of them.
#[derive(Debug, Default)]
pub struct Tally {
    pub slices: HashMap<Slice, Span>,
    pub machines: BTreeMap<u32, Span>,
    pub rows: BTreeMap<&'static str, u64>,
    /// Records by file and host whose time was corrected by a minute or more.
    pub corrected: BTreeMap<(u32, u32), u64>,
    /// By channel and event id: the columns of raw fields that its records have.
    pub raw_fields: BTreeMap<(u32, i64), BTreeSet<String>>,
}

/// No operation, or one that the table does not declare.
pub const NO_OPERATION: u8 = u8::MAX;

impl Tally {
    pub fn row(&mut self, table: usize, operation: Option<&str>, head: &Head, time: i64) {
        let declared = TABLES[table];
        *self.rows.entry(declared.name).or_default() += 1;
        let operation = operation.and_then(|word| declared.operations.iter().position(|operation| operation.word == word));
        let slice = Slice {
            table: table as u8,
            operation: operation.map_or(NO_OPERATION, |place| place as u8),
            provider: head.provider,
            channel: head.channel,
            event_id: head.event_id,
            machine: head.machine,
            day: if time == NONE { i32::MIN } else { super::time::day(time) },
        };
        self.slices.entry(slice).or_insert(Span::NOTHING).add(time);
    }

    /// A record: what its machine had, and whether its clock was wrong.
    pub fn event(&mut self, head: &Head, time: i64) {
        if head.machine != 0 {
            self.machines.entry(head.machine).or_insert(Span::NOTHING).add(time);
        }
        if head.stated != NONE && time != NONE && (time - head.stated).abs() >= 60_000 {
            *self.corrected.entry((head.source, head.machine)).or_default() += 1;
        }
    }

    pub fn merge(&mut self, other: Tally) {
        for (slice, span) in other.slices {
            self.slices.entry(slice).or_insert(Span::NOTHING).merge(&span);
        }
        for (machine, span) in other.machines {
            self.machines.entry(machine).or_insert(Span::NOTHING).merge(&span);
        }
        for (table, rows) in other.rows {
            *self.rows.entry(table).or_default() += rows;
        }
        for (kind, fields) in other.raw_fields {
            self.raw_fields.entry(kind).or_default().extend(fields);
        }
        for (key, count) in other.corrected {
            *self.corrected.entry(key).or_default() += count;
        }
    }
}
