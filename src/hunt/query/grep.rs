//! `grep`: rows of any table that hold a text.

use std::sync::Arc;

use super::given::Asked;
use super::line::together;
use super::options::*;
use super::search::{COLUMN, Search};
use super::timeline::{EVENT, WORDS, by_user, scans};
use super::{Context, Query, Shape, Takes, Target};
use crate::plan::{Pattern, Plan, Scan};
use crate::telemetry::Table;

pub(super) const QUERY: Query = Query {
    name: "grep",
    table: "timeline",
    doc: "Rows of any table of which a text column contains the text, or any of several; told as in a timeline, with the first Column that holds it. A record \
          that holds it only in a raw field is there once as `event`, with the field as Column and its text as Detail. What says where a row comes \
          from (machine, sensor, channel, file, number, time) is not searched",
    options: &[
        own("text", Takes::TextList, "what to look for, as it is: no pattern; case is ignored"),
        own("tables", Takes::Words(WORDS), "only these tables; event: the raw fields of every record"),
        own("cased", Takes::YesNo, "true: exactly in this case"),
        USER,
        USERS,
        MUID,
        TOP,
        PERIOD,
        HISTOGRAM,
    ],
    example: r#"Client("all", all_time()).grep("update-check.example")"#,
    shape: Shape::Grep,
};

pub(super) fn plan(target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Plan {
    let patterns = asked.texts("text").into_iter().map(str::to_string).collect();
    let search = Search { patterns, test: Pattern::Contains, cased: asked.is_on("cased"), numbers: Vec::new() };
    by_user(together(parts(QUERY.name, &search, false, target, asked, context), &[COLUMN]), asked)
}

/// The lines of each table that is searched, with one row for each column that holds what is looked for, or for the first of them.
pub(super) fn parts(view: &str, search: &Search, each: bool, target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Vec<Arc<Plan>> {
    let (records, tables): (Vec<(&'static Table, Scan)>, Vec<_>) =
        scans(view, &[], target, asked, context).into_iter().partition(|(table, _)| table.name == EVENT);
    let mut parts: Vec<Arc<Plan>> = tables.iter().filter_map(|(table, scan)| search.lines(table, scan.clone(), each)).map(Arc::new).collect();
    parts.extend(records.into_iter().filter_map(|(table, scan)| search.records(table, scan, &tables, context, each)).map(Arc::new));
    parts
}
