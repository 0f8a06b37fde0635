//! `get_system`: changes to the system itself.

use super::options::*;
use super::{OptionSpec, Query, Shape, Takes};
use crate::telemetry::words;

/// What was changed, in the words of the column `Kind`.
const KIND: OptionSpec = own("kind", Takes::Words(words::SYSTEM_KINDS), "what was changed");

pub(super) const QUERY: Query = Query {
    name: "get_system",
    table: "system",
    doc: "Services, scheduled tasks, WMI, pipes, drivers, accounts, groups, audit policy, logs and sensors: what was done to them; a file is the actor",
    options: &[
        KIND,
        operation(
            &[
                "create",
                "modify",
                "delete",
                "enable",
                "disable",
                "start",
                "stop",
                "connect",
                "load",
                "reset",
                "lock",
                "rename",
                "member_add",
                "member_remove",
                "list",
                "clear",
                "access",
            ],
            "what was done; without it: everything",
        ),
        own("name", Takes::TextList, "text that the name of the service, task, account … contains"),
        FILE,
        ACTOR,
        USER,
        USERS,
        MUID,
        TOP,
        PERIOD,
        HISTOGRAM,
    ],
    example: r#"Client("all", all_time()).get_system(#{ kind: "service", operation: "create" })"#,
    shape: Shape::Rows,
};
