//! Small sources, scans and frames for the unit tests of this layer.

use std::sync::Arc;

use chrono_tz::Tz;

use crate::frame::{Frame, Read};
use crate::plan::{Plan, Scan, Value, time};
use crate::telemetry::identity::muid;
use crate::telemetry::{Inventory, Kind, KnownMachine, Slice, Stream, Type};

/// Milliseconds of an RFC 3339 time.
pub(super) fn time(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
}

pub(super) fn frame(columns: Vec<(&str, Type, Vec<Value>)>) -> Frame {
    Frame::of_columns(columns.into_iter().map(|(name, kind, values)| (Arc::from(name), kind, values)).collect(), Read::default()).unwrap()
}

/// Every row of a table.
pub(super) fn scan(table: &'static str) -> Plan {
    Plan::scan(Scan::of(table, Tz::UTC))
}

/// A machine that was seen from 1970 on; [`inventory`] sets its first and last sight from its slices.
pub(super) fn machine(client: &str, name: &str) -> KnownMachine {
    KnownMachine {
        muid: muid(client, name).into(),
        name: name.into(),
        client_id: client.into(),
        local_ip: None,
        os: None,
        domain: None,
        first_seen: 0,
        last_seen: 0,
        events: 0,
    }
}

/// Rows of one kind of a machine of the first client, on one day.
#[derive(Clone)]
pub(super) struct Part {
    kind: Kind,
    pub name: String,
    pub first: i64,
    last: i64,
}

/// From the first time on for as many hours.
pub(super) fn part(table: &str, operation: &str, from: &str, name: &str, first: &str, hours: i64) -> Part {
    let (provider, id) = from.split_once('/').unwrap();
    let channel = format!("{provider}/Operational").into();
    let kind = Kind { table: table.into(), operation: operation.into(), provider: provider.into(), channel, event_id: id.parse().ok() };
    let first = time(first);
    Part { kind, name: name.into(), first, last: first + hours * 3_600_000 }
}

pub(super) fn inventory(mut machines: Vec<KnownMachine>, parts: Vec<Part>) -> Inventory {
    for machine in &mut machines {
        let own = || parts.iter().filter(|part| *part.name == *machine.name && *machine.client_id == *"000000");
        machine.first_seen = own().map(|part| part.first).min().unwrap_or(machine.first_seen);
        machine.last_seen = own().map(|part| part.last).max().unwrap_or(machine.last_seen);
    }
    let place = |name: &str| machines.iter().zip(0..).find(|(machine, _)| *machine.name == *name && *machine.client_id == *"000000").map(|(_, place)| place);
    let streams = parts.into_iter().map(|part| {
        let day = i32::try_from(part.first.div_euclid(time::DAY)).unwrap();
        Stream { kind: part.kind, slices: vec![Slice { machine: place(&part.name), day, rows: 10, first: part.first, last: part.last }] }
    });
    let streams = streams.collect();
    Inventory::of(machines, streams)
}
