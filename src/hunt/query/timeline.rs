//! `timeline`: rows of all tables in time order, each told in one line.

use std::sync::Arc;

use super::filters::user;
use super::given::Asked;
use super::line::{together, told};
use super::options::*;
use super::scan::{anything, scan};
use super::{Context, Query, Shape, Takes, Target};
use crate::plan::{Expr, Need, Plan, Scan, Step};
use crate::telemetry::{TABLES, Table};

/// The tables whose rows have lines. `event` has every record, most of which are rows of another table as well, and so is there only when it is named.
pub(super) const WORDS: &[&str] = &["process", "file", "registry", "network", "dns", "logon", "script", "system", "detection", "ioa", EVENT];

/// The table of every record.
pub(super) const EVENT: &str = "event";

pub(super) const QUERY: Query = Query {
    name: "timeline",
    table: "timeline",
    doc: "Rows of all tables in time order, each told in one line: DateTime Machine LoggedUser Table Operation Actor Target Detail; every operation, image \
          loads and accesses too",
    options: &[
        own("tables", Takes::Words(WORDS), "only these tables; event: every record, which is there only when named"),
        USER,
        USERS,
        MUID,
        TOP,
        PERIOD,
        HISTOGRAM,
    ],
    example: r#"Machine("WKS01").timeline(TimePeriod("2026-03-03")).filter(|e| e.Table == "process").head(20)"#,
    shape: Shape::Timeline,
};

pub(super) fn plan(target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Plan {
    let parts = scans(QUERY.name, &[EVENT], target, asked, context).into_iter().filter_map(|(table, scan)| {
        let line = table.line?;
        Some(Arc::new(told(&Plan::scan(scan), table, &line, &[])))
    });
    by_user(together(parts.collect(), &[]), asked)
}

/// The tables that a view reads: those asked for, else all that are told in lines but for some.
///
/// Each that was named must be shown by the source. Of all tables together, any telemetry at all will do: a machine that sent nothing on a day is a gap, a
/// table that no machine ever fills is none.
pub(super) fn scans(view: &str, unnamed: &[&str], target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Vec<(&'static Table, Scan)> {
    let named = asked.texts("tables");
    let is_named = |table: &Table| named.iter().any(|name| name.trim().eq_ignore_ascii_case(table.name));
    let wanted = TABLES.iter().filter(|table| table.line.is_some() && if named.is_empty() { !unnamed.contains(&table.name) } else { is_named(table) });
    let one = |(place, table): (usize, &&'static Table)| {
        let needs = match (named.is_empty(), place) {
            (false, _) => anything(table, asked),
            (true, 0) => vec![Need::anything(view)],
            (true, _) => Vec::new(),
        };
        (*table, Scan { needs: Some(needs), ..scan(table.name, target, context) })
    };
    wanted.enumerate().map(one).collect()
}

/// The lines of these users, where users are asked for.
pub(super) fn by_user(lines: Plan, asked: &Asked<'_>) -> Plan {
    let texts = asked.texts("user").into_iter().chain(asked.texts("users"));
    match texts.map(user).reduce(Expr::or) {
        Some(condition) => lines.then(Step::Filter(condition)),
        None => lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::TIMELINE;

    #[test]
    fn the_words_are_the_tables_that_have_lines() {
        let lines: Vec<&str> = TABLES.iter().filter(|table| table.line.is_some()).map(|table| table.name).collect();
        assert_eq!(WORDS, lines);
        assert_eq!(TIMELINE.name, QUERY.table);
    }
}
