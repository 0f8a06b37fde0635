//! `get_executions`: what processes do to processes.

use super::options::*;
use super::{Query, Shape};

pub(super) const QUERY: Query = Query {
    name: "get_executions",
    table: "process",
    doc: "Actions over processes: starts, ends, remote threads, image loads; handles and tampering when they are named",
    options: &[
        FILE,
        ACTOR,
        USER,
        USERS,
        KIND,
        operation(&["create", "kill", "thread", "load", "access", "tamper"], "what was done; without it: create kill thread load"),
        COMMAND,
        ATTRIBUTES,
        MUID,
        TOP,
        PERIOD,
        HISTOGRAM,
    ],
    example: r#"Client("all", all_time()).get_executions(#{ operation: "create", kind: "interpreter" })"#,
    shape: Shape::Rows,
};
