//! `get_communications`: connections.

use super::options::*;
use super::{Query, Shape, Takes};
use crate::telemetry::words;

pub(super) const QUERY: Query = Query {
    name: "get_communications",
    table: "network",
    doc: "Connections, from the machine's point of view; a file is the program that has the connection",
    options: &[
        FILE,
        ACTOR,
        USER,
        USERS,
        ACTOR_KIND,
        own("protocol", Takes::Words(words::PROTOCOLS), "the protocol; RDP: port 3389 or what the sensor calls rdp"),
        own(
            "port",
            Takes::Ports,
            "the service's port: of the other end, or of the machine's own end unless the connection is outgoing; a number or FTP SSH TELNET SMTP HTTP POP3 HTTPS RDP",
        ),
        own("iptype", Takes::Words(words::IP_TYPES), "Public: the other end is globally reachable unicast; Private: any other address"),
        own("direction", Takes::Words(words::DIRECTIONS), "who opened the connection: Incoming, the other end; Outgoing, the machine"),
        IPS,
        MUID,
        TOP,
        PERIOD,
        HISTOGRAM,
    ],
    example: r#"Client("all", all_time()).get_communications(#{ direction: "Outgoing", iptype: "Public", port: "HTTPS" })"#,
    shape: Shape::Rows,
};
