//! Small sources, scans and frames for the unit tests of this layer.

use std::sync::Arc;

use chrono_tz::Tz;

use crate::frame::{Frame, Read};
use crate::plan::{Plan, Scan, Value, time};
use crate::telemetry::identity::muid;
use crate::telemetry::{Inventory, KnownMachine, Slice, Type};

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

/// Rows of one kind of a machine of the first client, on the day of the first time, from that time on for as many hours.
pub(super) fn slice(table: &str, operation: &str, from: &str, name: &str, first: &str, hours: i64) -> Slice {
    let (provider, id) = from.split_once('/').unwrap();
    let first = time(first);
    Slice {
        table: table.into(),
        operation: operation.into(),
        provider: provider.into(),
        channel: format!("{provider}/Operational").into(),
        event_id: id.parse().ok(),
        muid: muid("000000", name).into(),
        day: i32::try_from(first.div_euclid(time::DAY)).unwrap(),
        rows: 10,
        first,
        last: first + hours * 3_600_000,
    }
}

pub(super) fn inventory(mut machines: Vec<KnownMachine>, mut slices: Vec<Slice>) -> Inventory {
    slices.sort();
    for machine in &mut machines {
        let own = || slices.iter().filter(|slice| slice.muid == machine.muid);
        machine.first_seen = own().map(|slice| slice.first).min().unwrap_or(machine.first_seen);
        machine.last_seen = own().map(|slice| slice.last).max().unwrap_or(machine.last_seen);
    }
    Inventory { machines, slices, ..Inventory::default() }
}
