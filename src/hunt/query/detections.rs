//! `get_detections`: what protection products detected.

use super::options::*;
use super::{Query, Shape};

pub(super) const QUERY: Query = Query {
    name: "get_detections",
    table: "detection",
    doc: "What protection products detected, whatever was done about it: the Child is the detected file, the Parent what brought it. From Defender's own log \
          (1006 to 1015, 1116 to 1119, and 1121 to 1128 of its rules for behaviour, folders and networks). A machine is examined on the days on which the \
          product logged anything",
    options: &[FILE, ACTOR, USER, USERS, MUID, TOP, PERIOD, HISTOGRAM],
    example: r#"Client("all", all_time()).get_detections(#{ file: "*.exe" })"#,
    shape: Shape::Rows,
};
