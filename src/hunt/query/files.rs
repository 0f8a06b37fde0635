//! `get_files`: what is done to files.

use super::options::*;
use super::{Query, Shape};

pub(super) const QUERY: Query = Query {
    name: "get_files",
    table: "file",
    doc: "Actions over files: the Child is the file, the Parent the actor",
    options: &[
        FILE,
        ACTOR,
        USER,
        USERS,
        FILE_KIND,
        operation(
            &["create", "modify", "delete", "rename", "folder", "newcmp", "opencmp", "access", "script"],
            "what was done; newcmp: an archive was created, opencmp: one was opened, script: anything done to a script",
        ),
        ATTRIBUTES,
        MUID,
        TOP,
        PERIOD,
        HISTOGRAM,
    ],
    example: r#"Client("all", all_time()).get_files(#{ operation: ["create", "rename"], file: "*.exe" })"#,
    shape: Shape::Rows,
};
