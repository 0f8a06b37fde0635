//! Results of osquery, and what Amazon's CloudTrail logs of calls.

use super::{Batch, Nested, Shape, Slot};

pub(super) const OSQUERY: Shape = Shape {
    name: "osquery results",
    marks: &[&["hostIdentifier", "unixTime"], &["hostIdentifier", "calendarTime"]],
    nested: Nested::Spread(&[]),
    batch: Some(Batch { field: "diffResults", action: "action", row: "columns" }),
    slots: &[(Slot::Channel, &["name"]), (Slot::Host, &["hostIdentifier"]), (Slot::Stated, &["unixTime", "calendarTime"])],
    states_utc: true,
    read_at: &[],
    before_channel: "",
    channels: &[],
    sensor: Some("osquery"),
    tells_host: false,
    ends: None,
    found: &[],
};

/// Calls are of an account, and of no machine.
pub(super) const CLOUDTRAIL: Shape = Shape {
    name: "CloudTrail",
    marks: &[&["eventSource", "eventName", "awsRegion"]],
    slots: &[(Slot::Channel, &["eventSource"]), (Slot::Stated, &["eventTime", "@timestamp"])],
    sensor: Some("CloudTrail"),
    batch: None,
    ..OSQUERY
};
