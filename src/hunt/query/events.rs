//! `get_events`: how much there is, day by day: of which table, of which sort of file.

use std::sync::Arc;

use super::filters::subject;
use super::given::Asked;
use super::options::*;
use super::scan::{scan, supporting};
use super::sum::{APART, MACHINE, count, day, fold, is_known, sorted};
use super::{Context, Query, Shape, Takes, Target, names};
use crate::plan::{Expr, Fold, Func, How, Need, Period, Plan, Scan, Source, Step, Value};
use crate::telemetry::{Kind, TABLES, Table};

pub(super) const QUERY: Query = Query {
    name: "get_events",
    table: "event",
    doc: "Rows of every table by day, in the run's time zone; records of kinds that no other table has rows of count as `event`. Type is the table. Classif goes by \
          the file that a row is about (the Child, else the actor), by its path on that machine and up to the period's end: detected, where a protection product \
          detected it; signed or unsigned, as image loads say, unsigned where any of them does; else unknown",
    options: &[
        own(
            "by",
            Takes::Words(&["type", "classif", MACHINE]),
            "type: by table; classif: by what the file is; machine: each machine apart, with Muid and Machine",
        ),
        MUID,
        TOP,
        PERIOD,
    ],
    example: r#"Client("all", all_time()).get_events(#{ by: "type" })"#,
    shape: Shape::Events,
};

const TYPE: &str = "Type";
const CLASSIF: &str = "Classif";
const COUNT: &str = "Count";

/// Helper columns, not shown.
const DETECTED: &str = "classif: detected";
const SIGNED: &str = "classif: signed";

pub(super) fn plan(target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Plan {
    let by = |word: &str| asked.texts("by").iter().any(|given| given.trim().eq_ignore_ascii_case(word));
    let mut first = vec!["Date"];
    first.extend(by("type").then_some(TYPE));
    first.extend(by("classif").then_some(CLASSIF));
    let keys: Vec<&str> = first.iter().chain(APART.iter().filter(|_| by(MACHINE))).copied().collect();
    let shown: Vec<&str> = first.iter().copied().chain([COUNT]).chain(keys.iter().skip(first.len()).copied()).collect();
    let order: Vec<&str> = first.iter().copied().chain(by(MACHINE).then_some("Machine")).collect();
    let parts = TABLES.iter().filter(|table| table.name != "machine").map(|table| {
        let mut rows = part(table, target, context).then(day("Date", context));
        if by("type") {
            rows = rows.then(Step::Derive(TYPE.into(), Expr::text(table.name)));
        }
        if by("classif") {
            rows = classified(rows, table, target, context);
        }
        Arc::new(rows.then(Step::Group { keys: names(&keys), aggregates: vec![count(COUNT)] }))
    });
    let union = Plan { source: Source::Union(parts.collect()), steps: Vec::new() };
    let all = union.then(Step::Group { keys: names(&keys), aggregates: vec![fold(COUNT, Fold::Sum, COUNT)] });
    all.then(Step::Select(names(&shown))).then(sorted(&order))
}

/// The rows of a table; of `event` those that nothing else was made of. Any record shows that a machine is looked at.
fn part(table: &'static Table, target: &Target, context: &Context<'_>) -> Plan {
    if table.name != "event" {
        return Plan::scan(supporting(table.name, &[], target, context));
    }
    let streams = || context.inventory.streams.iter().map(|stream| &stream.kind);
    let is_raw = |channel: &str, id: Option<i64>| !streams().any(|kind| *kind.table != *table.name && *kind.channel == *channel && kind.event_id == id);
    let raw = streams().filter(|kind| *kind.table == *table.name && is_raw(&kind.channel, kind.event_id));
    let is = |column: &str, value: Option<Value>| {
        let column = Expr::column(column);
        value.map_or_else(|| Expr::call(Func::IsMissing, vec![column.clone()]), |value| Expr::equal(column.clone(), Expr::literal(value)))
    };
    let is_it = |kind: &Kind| {
        let channel = Some(Value::Text(kind.channel.clone())).filter(|_| !kind.channel.is_empty());
        Expr::and(is("Channel", channel), is("EventId", kind.event_id.map(Value::Int)))
    };
    let any = raw.map(is_it).reduce(Expr::or).unwrap_or_else(|| Expr::literal(Value::Bool(false)));
    let need = Need { label: table.name.into(), any_of: Vec::new() };
    Plan::scan(Scan { needs: Some(vec![need]), ..scan(table.name, target, context) }).then(Step::Filter(any))
}

/// With the column that says what the file of each row is.
fn classified(rows: Plan, table: &'static Table, target: &Target, context: &Context<'_>) -> Plan {
    if matches!(table.name, "detection" | "ioa") {
        return rows.then(Step::Derive(CLASSIF.into(), Expr::text("detected")));
    }
    let path = format!("{}Path", subject(table));
    if table.column(&path).is_none() {
        return rows.then(Step::Derive(CLASSIF.into(), Expr::text("unknown")));
    }
    let until = Target { scope: target.scope.clone(), period: Period { from: None, to: target.period.to } };
    let place = || names(&["Muid", "ChildPath"]);
    let known = |right: Plan| Step::Join { right: Arc::new(right), how: How::Left, left_on: names(&["Muid", &path]), right_on: place(), within: None };
    let detected = Plan::scan(supporting("detection", &[], &until, context))
        .then(Step::Select(place()))
        .then(Step::Distinct(Vec::new()))
        .then(Step::Derive(DETECTED.into(), Expr::literal(Value::Bool(true))));
    let signed = Plan::scan(supporting("process", &["load"], &until, context))
        .then(Step::Filter(is_known("Signed")))
        .then(Step::Derive(SIGNED.into(), choose(is_true("Signed"), Value::Int(1), Expr::literal(Value::Int(0)))))
        .then(Step::Group { keys: place(), aggregates: vec![fold(SIGNED, Fold::Min, SIGNED)] });
    let is_signed = |number: i64| Expr::equal(Expr::column(SIGNED), Expr::literal(Value::Int(number)));
    let unsigned = choose(is_signed(0), Value::text("unsigned"), Expr::text("unknown"));
    let by_signature = choose(is_signed(1), Value::text("signed"), unsigned);
    rows.then(known(detected)).then(known(signed)).then(Step::Derive(CLASSIF.into(), choose(is_true(DETECTED), Value::text("detected"), by_signature)))
}

fn is_true(column: &str) -> Arc<Expr> {
    Expr::call(Func::IsTrue, vec![Expr::column(column)])
}

fn choose(condition: Arc<Expr>, yes: Value, no: Arc<Expr>) -> Arc<Expr> {
    Arc::new(Expr::If(condition, Expr::literal(yes), no))
}
