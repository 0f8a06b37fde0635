//! Winlogbeat up to version 6: the data of a record in an object of its own, what the system says of it beside that.

use super::{Found, Nested, Shape, Slot};
use crate::telemetry::mapping::From::Field;

pub(super) const SIX: Shape = Shape {
    name: "winlogbeat 6",
    marks: &[&["log_name", "event_id"]],
    nested: Nested::Spread(&["event_data", "user_data"]),
    batch: None,
    slots: &[
        (Slot::Channel, &["log_name"]),
        (Slot::EventId, &["event_id"]),
        (Slot::Provider, &["source_name"]),
        // A server that others send their records to is the host of the collector.
        (Slot::Host, &["computer_name", "host.name", "beat.hostname"]),
        (Slot::RecordId, &["record_number"]),
        (Slot::Stated, &["@timestamp"]),
        (Slot::Sensor, &["UtcTime"]),
    ],
    states_utc: true,
    read_at: &[],
    before_channel: "",
    channels: &[],
    sensor: None,
    tells_host: false,
    ends: None,
    found: &[Found { channel: "", ids: &[], fields: &[("Message", Field(&["message"])), ("Execution_ProcessID", Field(&["process_id"]))] }],
};
