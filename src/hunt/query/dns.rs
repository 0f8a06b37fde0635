//! `get_dns`: names that were looked up.

use super::options::*;
use super::{Query, Shape, Takes};

pub(super) const QUERY: Query = Query {
    name: "get_dns",
    table: "dns",
    doc: "DNS look-ups with their answers; a file is the program that asked",
    options: &[FILE, ACTOR, USER, USERS, ACTOR_KIND, own("query", Takes::TextList, "text that the name asked for contains"), MUID, TOP, PERIOD, HISTOGRAM],
    example: r#"Client("all", all_time()).get_dns(#{ query: ".onion" })"#,
    shape: Shape::Rows,
};
