//! The shapes that records come in: how to tell one, and where it keeps what the rules ask for.
//!
//! A rule names the fields of a sensor as that sensor logs them. A collector that moves them elsewhere has a shape here, which says under what other names
//! they are found; so one rule serves them all.

mod agents;
mod azure;
mod ecs;
mod elastic;
mod flat;
mod flow;
mod mde;
mod winlogbeat;
mod zeek;

use super::From;

pub use zeek::STREAM as ZEEK_STREAM;

/// What every record says about itself, wherever its shape keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    Channel,
    EventId,
    Provider,
    Host,
    RecordId,
    /// The time that the record states.
    Stated,
    /// The same by the host's own wall clock, without a zone, where a collector adds it.
    Local,
    /// The time of the sensor's own clock, in UTC.
    Sensor,
}

/// How many slots there are.
pub const SLOTS: usize = 8;

/// How one collector writes records.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What documentation and tests call it.
    pub name: &'static str,
    /// A record is of this shape when it has all fields of one of these lists; `a` is also there where `a.b` is.
    pub marks: &'static [&'static [&'static str]],
    pub nested: Nested,
    /// A record of this shape may hold several.
    pub batch: Option<Batch>,
    /// Most telling first.
    pub slots: &'static [(Slot, &'static [&'static str])],
    /// The stated time is UTC by the shape's own rule; only a gross error is corrected.
    pub states_utc: bool,
    /// Where a collector that puts the sensor's time in place of the stated one says when it read the record.
    pub read_at: &'static [&'static str],
    /// What stands before the channel's name in some records and in others not.
    pub before_channel: &'static str,
    /// The channel of records that don't name it, by fields that they have; the first that fits.
    pub channels: &'static [(&'static [&'static str], &'static str)],
    /// The one sensor that writes this shape, in channels of its own.
    pub sensor: Option<&'static str>,
    /// Records tell of their machine, in the fields `@Os` and `@Address` that are found for them, what it runs and which addresses it has.
    pub tells_host: bool,
    /// How records that name no machine tell whose they are.
    pub ends: Option<Ends>,
    pub found: &'static [Found],
}

/// What a sensor beside the wire sees of the machines on it: addresses, of which it may know which are ours.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// Fields of the address that began, and of the other; an array counts by its first.
    pub originator: &'static [&'static str],
    pub responder: &'static [&'static str],
    /// Flags that say of each whether it is ours. Where they don't, addresses of private networks are.
    pub local: [&'static str; 2],
    /// The host that a record names is the sensor's; else addresses are asked only where it names none.
    pub host_is_sensor: bool,
}

/// Several records in one, which share all its other fields: in an object that has, by what was done, a list of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    pub field: &'static str,
    /// The fields of one record that say what was done, and hold the row.
    pub action: &'static str,
    pub row: &'static str,
}

/// What becomes of objects inside a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nested {
    /// Each is one field, its JSON.
    Kept,
    /// Their fields are the record's own: `winlog.channel`. Those of the objects named here without what they are in: `event_data.Image` is `Image`.
    Spread(&'static [&'static str]),
}

/// Fields that rules of some records ask for, and where they are when the record has none of that name.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// In lower case; empty for any.
    pub channel: &'static str,
    /// Empty for all.
    pub ids: &'static [i64],
    pub fields: &'static [(&'static str, From)],
}

/// All shapes, asked in this order; the last is that of any record.
pub const SHAPES: &[Shape] = &[
    flat::WINDOWS,
    winlogbeat::SIX,
    elastic::ALERT,
    ecs::WINDOWS,
    elastic::ANY,
    zeek::ZEEK,
    mde::HUNTING,
    azure::CONNECTIONS,
    azure::FLOWS,
    agents::OSQUERY,
    agents::CLOUDTRAIL,
    flow::FLOW,
    azure::SECURITY,
    flat::SYSMON,
    flat::ANY,
];

/// Whether a sensor sees addresses and no machines in what it writes to a channel.
pub fn is_on_wire(sensor: &str, channel: &str) -> bool {
    let of_sensor = || SHAPES.iter().filter(|shape| shape.sensor == Some(sensor));
    let of_channel = of_sensor().find(|shape| shape.channels.iter().any(|(_, name)| *name == channel));
    of_channel.map_or_else(|| of_sensor().any(|shape| shape.ends.is_some()), |shape| shape.ends.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::mapping::ENVELOPE;

    /// Names that say more than where a record is from are of its content too.
    const CONTENT: &[&str] = &[
        "CreatedProcessCreationTime",
        "FlowStartTime",
        "FlowStartTime_t",
        "exporter",
        "sensor",
        "firewall",
        "device_name",
        "start",
        "StartTime",
        "start_time",
        "first",
        "name",
        "eventSource",
    ];

    #[test]
    fn one_sensor_may_be_beside_the_wire_and_on_machines() {
        let told = [
            ("Azure", "VMConnection"),
            ("Azure", "NetworkFlows"),
            ("Zeek", "conn"),
            ("Zeek", "a_stream_of_a_plugin"),
            ("Sysmon", "any"),
            ("MDE", "DeviceNetworkEvents"),
        ];
        assert_eq!(told.map(|(sensor, channel)| is_on_wire(sensor, channel)), [false, true, true, true, false, false]);
    }

    #[test]
    fn where_a_record_is_from_is_no_content_of_it() {
        let names = SHAPES.iter().flat_map(|shape| shape.slots).flat_map(|(_, names)| *names);
        let unknown: std::collections::BTreeSet<&&str> = names.filter(|name| !ENVELOPE.contains(name) && !CONTENT.contains(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
