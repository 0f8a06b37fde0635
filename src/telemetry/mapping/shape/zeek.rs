//! Zeek, in its own logs and in JSON: one stream or several in one file, also as Corelight and other shippers write them.

use super::{Ends, Nested, Shape, Slot};

/// The field that names the stream, which its own logs name only above their values.
pub const STREAM: &str = "_path";

pub(super) const ZEEK: Shape = Shape {
    name: "Zeek",
    marks: &[
        &[STREAM],
        &["@stream", "ts"],
        &["ts", "uid", "id.orig_h"],
        &["ts", "uid", "id_orig_h"],
        &["ts", "fuid", "seen_bytes"],
        &["ts", "certificate.serial"],
        &["ts", "certificate_serial"],
        &["ts", "uids", "mac"],
        &["ts", "peer", "name", "notice"],
        &["ts", "peer", "pkts_proc"],
        &["ts", "peer", "percent_lost"],
        &["ts", "node", "filter", "success"],
        &["ts", "note", "suppress_for"],
    ],
    nested: Nested::Spread(&[]),
    batch: None,
    slots: &[
        (Slot::Channel, &[STREAM, "@stream"]),
        // The sensor itself: who it is about, addresses tell.
        (Slot::Host, &["_system_name", "@system", "peer", "node"]),
        (Slot::Stated, &["ts", "_write_ts"]),
    ],
    states_utc: true,
    read_at: &[],
    before_channel: "",
    channels: &[
        (&["conn_state"], "conn"),
        // What is not set a log leaves out: some fields of a stream must do.
        (&["trans_id", "rejected"], "dns"),
        (&["trans_id", "query"], "dns"),
        (&["trans_id", "qtype_name"], "dns"),
        (&["query", "qtype_name"], "dns"),
        (&["trans_depth", "response_body_len"], "http"),
        (&["fuid", "seen_bytes"], "files"),
        (&["established"], "ssl"),
        (&["certificate.serial"], "x509"),
        (&["certificate_serial"], "x509"),
        (&["msg_types"], "dhcp"),
        (&["request_type"], "kerberos"),
        (&["client", "service", "success"], "kerberos"),
        (&["share_type"], "smb_mapping"),
        (&["action", "name", "path"], "smb_files"),
        (&["endpoint", "operation"], "dce_rpc"),
        (&["stratum", "ref_id"], "ntp"),
        (&["note", "suppress_for"], "notice"),
        (&["name", "notice", "peer"], "weird"),
        (&["security_protocol"], "rdp"),
        (&["auth_attempts"], "ssh"),
        (&["last_reply"], "smtp"),
        (&["command", "data_channel.passive"], "ftp"),
        (&["command", "reply_code"], "ftp"),
        (&["server_nb_computer_name"], "ntlm"),
        (&["failure_reason"], "dpd"),
        (&["tunnel_type"], "tunnel"),
        (&["pkts_proc"], "stats"),
        (&["percent_lost"], "capture_loss"),
        (&["filter", "success"], "packet_filter"),
    ],
    sensor: Some("Zeek"),
    tells_host: false,
    ends: Some(Ends {
        originator: &["id.orig_h", "id_orig_h", "src", "client_addr", "assigned_ip", "assigned_addr", "requested_addr", "host", "rx_hosts"],
        responder: &["id.resp_h", "id_resp_h", "dst", "server_addr", "tx_hosts"],
        local: ["local_orig", "local_resp"],
        host_is_sensor: true,
    }),
    found: &[],
};
