//! Flow logs. A flow goes one way: what it counts, its source sent.

use super::{Condition, From::*, Rule};

pub(super) const RULES: &[Rule] = &[Rule {
    channel: "flow/flow",
    ids: &[],
    // Windows in which nothing passed, or nothing was counted, are no flows.
    when: &[Condition::Not("log-status", &["NODATA", "SKIPDATA"])],
    table: "network",
    columns: &[
        ("LocalIp", Ip(&["srcaddr", "src_ip", "src_addr", "SrcAddr", "sa", "Source IP"])),
        ("LocalPort", Number(&["srcport", "src_port", "Sport", "sp", "Source Port"])),
        ("RemoteIp", Ip(&["dstaddr", "dst_ip", "dst_addr", "DstAddr", "da", "Destination IP"])),
        ("RemotePort", Number(&["dstport", "dst_port", "Dport", "dp", "Destination Port"])),
        ("Protocol", Protocol(&["protocol", "proto", "Proto", "pr", "Protocol"])),
        ("BytesSent", Number(&["SrcBytes", "src_bytes", "bytes_out", "bytes_sent", "bytes", "ibyt", "Bytes Sent", "Bytes"])),
        ("BytesReceived", Number(&["DstBytes", "dst_bytes", "bytes_in", "bytes_received", "obyt", "Bytes Received"])),
        (
            "Duration",
            First(&[
                Seconds(&["duration", "Dur", "td"]),
                Between(&["start", "StartTime", "start_time", "first", "ts"], &["end", "EndTime", "end_time", "last", "te"]),
            ]),
        ),
        ("ConnState", Field(&["action", "State", "state", "flg"])),
    ],
    actor: &[],
}];
