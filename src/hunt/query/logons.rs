//! `get_logons`: who logged on, how, and from where.

use super::options::*;
use super::{Query, Shape, Takes};
use crate::telemetry::words;

pub(super) const QUERY: Query = Query {
    name: "get_logons",
    table: "logon",
    doc: "Logons, logoffs, explicit credentials, special privileges, Kerberos tickets and credential checks; a file is the program that logged on",
    options: &[
        FILE,
        ACTOR,
        USER,
        USERS,
        ACTOR_KIND,
        operation(&["logon", "logoff", "explicit", "special", "tgt", "tgs", "preauth", "validation"], "what was done; without it: everything"),
        own("outcome", Takes::Words(words::OUTCOMES), "how it ended"),
        own(
            "type",
            Takes::Number,
            "logon types: 2 interactive, 3 network, 4 batch, 5 service, 7 unlock, 8 clear-text network, 9 new credentials, 10 remote, 11 cached",
        ),
        IPS,
        MUID,
        TOP,
        PERIOD,
        HISTOGRAM,
    ],
    example: r#"Client("all", all_time()).get_logons(#{ operation: "logon", outcome: "failure" })"#,
    shape: Shape::Rows,
};
