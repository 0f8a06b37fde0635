//! `get_bandwidth`: how much a machine sent and received, day by day.

use std::sync::Arc;

use super::filters::{known_table, narrow};
use super::given::Asked;
use super::options::*;
use super::scan::asked_scan;
use super::sum::{APART, BY_MACHINE, day, fold, is_known, sorted};
use super::{Context, OptionError, Query, Shape, Target, names, one_sensor};
use crate::plan::{Arithmetic, Expr, Fold, Func, Plan, Step, Value};

pub(super) const QUERY: Query = Query {
    name: "get_bandwidth",
    table: "network",
    doc: "Megabytes (10^6 bytes) sent and received by day, in the run's time zone, from the connections of get_communications; what two sensors report of one \
          connection counts once. Outgoing and Incoming are missing where no connection's bytes are known; Connections counts them all, and Stated is the \
          share of them whose bytes are known",
    options: &[FILE, ACTOR, BY_MACHINE, MUID, TOP, PERIOD],
    example: r#"Client("all", all_time()).get_bandwidth(#{ by: "machine" })"#,
    shape: Shape::Bandwidth,
};

/// The columns that add up, and what each is called in the answer; the last only until `Stated` is known.
const SUMS: [(&str, &str); 4] = [("BytesSent", "Outgoing"), ("BytesReceived", "Incoming"), ("Times", "Connections"), (STATED, STATED)];

/// Connections whose bytes are known; then their share.
const STATED: &str = "Stated";

pub(super) fn plan(query: &Query, target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Result<Plan, OptionError> {
    let table = known_table(query.table, query.name)?;
    let (scan, _) = asked_scan(table, target, asked, context);
    let rows = one_sensor::connections(narrow(Plan::scan(scan), table, target, asked, context)?, context.inventory);
    let mut keys = vec!["Date"];
    keys.extend(APART.iter().filter(|_| asked.has("by")));
    let all = daily(&rows, &keys, context);
    let shown: Vec<&str> = ["Date", "Outgoing", "Incoming", "Connections", STATED].into_iter().chain(keys.iter().skip(1).copied()).collect();
    let order: &[&str] = if asked.has("by") { &["Date", "Machine"] } else { &["Date"] };
    let finished = [megabytes("Outgoing"), megabytes("Incoming"), stated(), Step::Select(names(&shown)), sorted(order)];
    Ok(finished.into_iter().fold(all, |plan, step| plan.then(step)))
}

/// One row for each day.
fn daily(rows: &Plan, keys: &[&str], context: &Context<'_>) -> Plan {
    let times = Expr::call(Func::OrElse, vec![Expr::column("Times"), Expr::literal(Value::Int(1))]);
    let is_stated = Expr::or(is_known("BytesSent"), is_known("BytesReceived"));
    let known = Arc::new(Expr::If(is_stated, Expr::column("Times"), Expr::literal(Value::Int(0))));
    let aggregates = SUMS.iter().map(|(column, name)| fold(name, Fold::Sum, column)).collect();
    rows.then(day("Date", context))
        .then(Step::Derive("Times".into(), times))
        .then(Step::Derive(STATED.into(), known))
        .then(Step::Group { keys: names(keys), aggregates })
}

fn megabytes(column: &str) -> Step {
    Step::Derive(column.into(), Expr::call(Arithmetic::Divide, vec![Expr::column(column), Expr::literal(Value::Float(1e6))]))
}

fn stated() -> Step {
    let whole = Expr::call(Arithmetic::Multiply, vec![Expr::column(STATED), Expr::literal(Value::Float(1.0))]);
    Step::Derive(STATED.into(), Expr::call(Arithmetic::Divide, vec![whole, Expr::column("Connections")]))
}
