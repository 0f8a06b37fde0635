//! Zeek: connections and look-ups as they pass on the wire, and which name an address was given to.

use super::{From, From::*, Rule};

const fn rule(channel: &'static str, table: &'static str, columns: &'static [(&'static str, From)]) -> Rule {
    Rule { channel, ids: &[], when: &[], table, columns, actor: &[] }
}

/// A network's own answer to who has an address.
const LEASE: &[&str] = &["assigned_addr", "assigned_ip", "client_addr"];

pub(super) const RULES: &[Rule] = &[
    rule(
        "zeek/conn",
        "network",
        &[
            ("LocalIp", Ip(&["id.orig_h", "id_orig_h"])),
            ("LocalPort", Number(&["id.orig_p", "id_orig_p"])),
            ("RemoteIp", Ip(&["id.resp_h", "id_resp_h"])),
            ("RemotePort", Number(&["id.resp_p", "id_resp_p"])),
            ("Protocol", Protocol(&["proto"])),
            ("BytesSent", Number(&["orig_bytes"])),
            ("BytesReceived", Number(&["resp_bytes"])),
            ("Duration", Seconds(&["duration"])),
            ("Service", Field(&["service"])),
            ("ConnState", Field(&["conn_state"])),
        ],
    ),
    rule(
        "zeek/dns",
        "dns",
        &[("Query", Field(&["query"])), ("QueryType", Field(&["qtype_name"])), ("Answers", List(&["answers"], ";")), ("Status", Number(&["rcode"]))],
    ),
    rule("zeek/dhcp", "machine", &[("@Owner", Field(&["host_name", "client_fqdn"])), ("@Address", Ip(LEASE))]),
];
