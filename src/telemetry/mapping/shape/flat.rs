//! Records whose fields all lie side by side, as NXLog and most exports write them.

use super::{Nested, Shape, Slot};

const SLOTS: &[(Slot, &[&str])] = &[
    (Slot::Channel, &["Channel", "channel"]),
    (Slot::EventId, &["EventID", "EventId", "event_id"]),
    (Slot::Provider, &["SourceName", "ProviderName", "Provider_Name", "Provider", "source_name"]),
    (Slot::Host, &["Hostname", "Computer", "ComputerName", "computer_name", "host.name", "hostname", "DeviceName", "MachineName"]),
    (Slot::RecordId, &["RecordNumber", "EventRecordID", "RecordID", "record_id"]),
    (Slot::Stated, &["@timestamp", "TimeCreated", "SystemTime", "EventTime", "TimeGenerated", "timestamp", "Timestamp", "time"]),
    (Slot::Local, &["EventTime"]),
    (Slot::Sensor, &["UtcTime"]),
];

/// Windows records that name their channel.
pub(super) const WINDOWS: Shape = Shape {
    name: "flat Windows records",
    marks: &[&["Channel", "EventID"], &["Channel", "EventId"]],
    nested: Nested::Kept,
    batch: None,
    slots: SLOTS,
    states_utc: false,
    read_at: &[],
    before_channel: "",
    channels: &[],
    sensor: None,
    tells_host: false,
    ends: None,
    found: &[],
};

/// Sysmon records of which only the data were kept.
pub(super) const SYSMON: Shape = Shape {
    name: "Sysmon data",
    marks: &[&["EventId", "UtcTime"], &["EventID", "UtcTime"]],
    channels: &[(&[], "Microsoft-Windows-Sysmon/Operational")],
    ..WINDOWS
};

/// Anything else.
pub(super) const ANY: Shape = Shape { name: "any record", marks: &[&[]], ..WINDOWS };
