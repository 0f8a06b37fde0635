//! Flow logs of routers, clouds and collectors: two addresses, two ports, and what went between them.

use super::{Ends, Nested, Shape, Slot};

pub(super) const FLOW: Shape = Shape {
    name: "flow logs",
    marks: &[
        &["srcaddr", "dstaddr", "dstport"],
        &["src_ip", "dst_ip", "dst_port"],
        &["src_addr", "dst_addr", "dst_port"],
        &["SrcAddr", "DstAddr", "Dport"],
        &["sa", "da", "dp", "ibyt"],
        &["Source IP", "Destination IP", "Destination Port"],
    ],
    nested: Nested::Kept,
    batch: None,
    slots: &[
        (Slot::Host, &["exporter", "sensor", "firewall", "device_name"]),
        (Slot::Stated, &["start", "StartTime", "start_time", "ts", "first", "timestamp", "Timestamp", "time"]),
    ],
    states_utc: true,
    read_at: &[],
    before_channel: "",
    channels: &[(&[], "flow")],
    sensor: Some("Flow"),
    tells_host: false,
    ends: Some(Ends {
        originator: &["srcaddr", "src_ip", "src_addr", "SrcAddr", "sa", "Source IP"],
        responder: &["dstaddr", "dst_ip", "dst_addr", "DstAddr", "da", "Destination IP"],
        local: ["", ""],
        host_is_sensor: true,
    }),
    found: &[],
};
