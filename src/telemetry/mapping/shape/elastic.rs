//! Elastic's own records: of Defend on the host, of the agents beside it, and alerts that rules of the Security app raised over records of any kind.

use super::{Found, Shape, Slot, ecs};

const FOUND: &[Found] = &[Found { channel: "", ids: &[], fields: ecs::HOST }];

const SLOTS: &[(Slot, &[&str])] = &[
    (Slot::Channel, &["event.dataset", "data_stream.dataset", "event.module"]),
    (Slot::Host, &["host.name", "host.hostname", "agent.hostname", "agent.name"]),
    (Slot::Stated, &["@timestamp", "event.created", "event.ingested"]),
];

/// Whatever else has the common schema. Asked before its objects are spread, when only the outermost names are there.
pub(super) const ANY: Shape = Shape {
    name: "Elastic",
    marks: &[
        &["@timestamp", "event.kind"],
        &["@timestamp", "event.category"],
        &["@timestamp", "event.dataset"],
        &["@timestamp", "data_stream.dataset"],
        &["@timestamp", "ecs"],
        &["@timestamp", "agent"],
        &["@timestamp", "event"],
        &["@timestamp", "winlog"],
        &["_source", "_index"],
    ],
    nested: ecs::NESTED,
    batch: None,
    slots: SLOTS,
    states_utc: true,
    read_at: &[],
    before_channel: "",
    channels: &[],
    sensor: Some("Elastic"),
    tells_host: true,
    ends: None,
    found: FOUND,
};

/// An alert repeats the record that it is about, which is another one. All of them are one channel: what produced one says little of it.
pub(super) const ALERT: Shape = Shape {
    name: "Elastic alerts",
    marks: &[&["kibana.alert.rule.name"], &["kibana.alert.uuid"], &["signal.rule.name"], &["kibana", "event"], &["signal", "event"]],
    slots: &[
        (Slot::Host, &["host.name", "host.hostname", "winlog.computer_name", "agent.hostname", "agent.name"]),
        (Slot::Stated, &["@timestamp", "kibana.alert.start"]),
    ],
    channels: &[(&[], "alerts")],
    nested: ecs::NESTED,
    ..ANY
};

#[cfg(test)]
mod tests {
    use super::super::Nested;
    use super::*;

    #[test]
    fn records_of_one_schema_are_spread_alike() {
        assert!([&ecs::WINDOWS, &ANY, &ALERT].iter().all(|shape| matches!(shape.nested, Nested::Spread(_)) && shape.nested == ecs::NESTED));
    }
}
