//! `get_scripts`: script text that ran.

use super::options::*;
use super::{Query, Shape, Takes};

pub(super) const QUERY: Query = Query {
    name: "get_scripts",
    table: "script",
    doc: "Script blocks (parts joined), pipeline executions and engine starts, as PowerShell logs them; a file is the program that ran them",
    options: &[FILE, ACTOR, USER, USERS, ACTOR_KIND, own("text", Takes::TextList, "text that the script contains"), MUID, TOP, PERIOD, HISTOGRAM],
    example: r#"Client("all", all_time()).get_scripts(#{ text: "DownloadString" })"#,
    shape: Shape::Rows,
};
