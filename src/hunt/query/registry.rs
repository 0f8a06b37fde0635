//! `get_registry`: what is done to registry keys and values.

use super::options::*;
use super::{Query, Shape};

pub(super) const QUERY: Query = Query {
    name: "get_registry",
    table: "registry",
    doc: "Actions over registry keys and values; a file is the actor",
    options: &[
        FILE,
        ACTOR,
        USER,
        USERS,
        ACTOR_KIND,
        operation(&["create", "modify", "delete", "rename", "access"], "what was done; without it: everything"),
        ATTRIBUTES,
        MUID,
        TOP,
        PERIOD,
        HISTOGRAM,
    ],
    example: r#"Client("all", all_time()).get_registry(#{ operation: "modify" }).filter(|e| e.Autorun)"#,
    shape: Shape::Rows,
};
