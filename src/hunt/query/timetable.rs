//! `get_timetable`: at which hours of which weekdays users are active, and how regularly.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::given::Asked;
use super::options::*;
use super::scan::supporting;
use super::sum::{ACTIONS_ON_PROCESSES, APART, BY_MACHINE, count, day, fold, is_known, of_time, sorted};
use super::{Context, Query, Shape, Target, names, one_sensor};
use crate::hunt::outcome::covered_dates;
use crate::plan::{Arithmetic, Expr, Fold, Func, Need, Plan, Scan, Source, Step, Value, time};
use crate::telemetry::{Table, table, words};

pub(super) const QUERY: Query = Query {
    name: "get_timetable",
    table: "process",
    doc: "Actions of users by weekday (1 to 7, Monday first) and hour, in the run's time zone: their mean and population deviation over the dates of that weekday \
          in the period on which telemetry covers the machines, an hour without action counting 0. Actions are the rows of processes, files, registry, \
          connections, DNS, logons, scripts and system changes; image loads and accesses are none, and what two sensors report counts once. Users that \
          the telemetry does not name are one, without a name",
    options: &[BY_MACHINE, MUID, TOP, PERIOD],
    example: r#"Client("all", all_time()).get_timetable()"#,
    shape: Shape::Timetable,
};

/// Tables whose rows are what somebody did. The first that a source has is what its machines must show to be examined.
const TABLES_OF_ACTIONS: [&str; 8] = ["process", "logon", "network", "file", "registry", "dns", "script", "system"];

/// What is no action in any table.
const ACCESS: &str = "access";

/// Helper columns, not shown.
const DAY: &str = "Day";
const ACTIONS: &str = "Actions";
const SQUARES: &str = "Squares";
const DATES: &str = "Dates";

pub(super) fn plan(target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Plan {
    let apart: &[&str] = if asked.has("by") { &APART } else { &[] };
    let keys = |first: &[&'static str]| first.iter().chain(apart).copied().collect::<Vec<&str>>();
    let slot = keys(&["LoggedUser", DAY, "Weekday", "Hour"]);
    let holds = |name: &str| context.inventory.streams.iter().any(|stream| *stream.kind.table == *name);
    let main = TABLES_OF_ACTIONS.into_iter().find(|name| holds(name)).unwrap_or("process");
    let scans: Vec<Scan> = TABLES_OF_ACTIONS.into_iter().filter_map(table).map(|table| scan(table, table.name == main, target, context)).collect();
    let parts = scans.iter().map(|scan| actions(scan, context)).map(|rows| {
        let placed = [day(DAY, context), of_time("Weekday", Func::Weekday(context.zone)), of_time("Hour", Func::Hour(context.zone))];
        let placed = placed.into_iter().fold(rows.then(Step::Filter(is_known("DateTime"))), |plan, step| plan.then(step));
        Arc::new(placed.then(Step::Group { keys: names(&slot), aggregates: vec![count(ACTIONS)] }))
    });
    let union = Plan { source: Source::Union(parts.collect()), steps: Vec::new() };
    let days = union.then(Step::Group { keys: names(&slot), aggregates: vec![fold(ACTIONS, Fold::Sum, ACTIONS)] });
    let (actions, squares) = (|| Expr::column(ACTIONS), || Expr::column(SQUARES));
    let dates = || Expr::column(DATES);
    let calculate = |operation: Arithmetic, left, right| Expr::call(operation, vec![left, right]);
    let times = |left, right| calculate(Arithmetic::Multiply, left, right);
    let by_dates = |value| calculate(Arithmetic::Divide, times(value, Expr::literal(Value::Float(1.0))), dates());
    // Whole numbers up to the root: sum² ≤ dates × sum of squares, so that nothing is lost, and nothing below zero.
    let spread = calculate(Arithmetic::Subtract, times(dates(), squares()), times(actions(), actions()));
    let hours = keys(&["LoggedUser", "Weekday", "Hour"]);
    let shown = keys(&["LoggedUser", "Weekday", "Hour", "AvgActions", "StdActions"]);
    let order: &[&str] = if apart.is_empty() { &["LoggedUser", "Weekday", "Hour"] } else { &["LoggedUser", "Weekday", "Hour", "Machine"] };
    let steps = [
        Step::Derive(SQUARES.into(), times(actions(), actions())),
        Step::Group { keys: names(&hours), aggregates: vec![fold(ACTIONS, Fold::Sum, ACTIONS), fold(SQUARES, Fold::Sum, SQUARES)] },
        Step::Derive(DATES.into(), dates_of(&scans, !apart.is_empty(), context)),
        Step::Derive("AvgActions".into(), by_dates(actions())),
        Step::Derive("StdActions".into(), by_dates(Expr::call(Func::SquareRoot, vec![spread]))),
        Step::Select(names(&shown)),
        sorted(order),
    ];
    steps.into_iter().fold(days, |plan, step| plan.then(step))
}

/// What a table holds of the target. Image loads and accesses of processes are so many that they are not even read.
fn scan(table: &'static Table, is_main: bool, target: &Target, context: &Context<'_>) -> Scan {
    let scan = supporting(table.name, if table.name == "process" { ACTIONS_ON_PROCESSES } else { &[] }, target, context);
    if !is_main {
        return scan;
    }
    let from = table.operations.iter().flat_map(|operation| operation.from).chain(words::sources(table.name));
    Scan { needs: Some(vec![Need { label: table.name.into(), any_of: from.map(|kind| Arc::from(*kind)).collect() }]), ..scan }
}

/// Each action once. What was done is not always known, and then it is an action.
fn actions(scan: &Scan, context: &Context<'_>) -> Plan {
    match scan.table {
        "process" => one_sensor::processes(scan, Some(context.inventory)),
        "network" => one_sensor::connections(Plan::scan(scan.clone()), context.inventory),
        name if table(name).is_some_and(|table| table.operations.iter().any(|operation| operation.word == ACCESS)) => {
            let access = Expr::equal(Expr::column("Operation"), Expr::text(ACCESS));
            Plan::scan(scan.clone()).then(Step::Filter(Expr::negate(access)))
        }
        _ => Plan::scan(scan.clone()),
    }
}

/// How many dates of a row's weekday telemetry covers: on any of the machines, or on the row's own.
fn dates_of(scans: &[Scan], apart: bool, context: &Context<'_>) -> Arc<Expr> {
    let covered = covered_dates(scans, context.inventory, context.zone);
    let counted = |days: &BTreeSet<i64>| {
        let mut dates = [0_i64; 7];
        for (weekday, dates) in (1..).zip(&mut dates) {
            *dates = i64::try_from(days.iter().filter(|day| time::weekday_of(**day) == weekday).count()).unwrap_or(i64::MAX);
        }
        dates
    };
    if !apart {
        return of_weekday(&counted(&covered.into_values().flatten().collect()));
    }
    let mut alike: BTreeMap<[i64; 7], Vec<Value>> = BTreeMap::new();
    for (machine, days) in &covered {
        let known = machine.and_then(|place| context.inventory.machines.get(place as usize));
        alike.entry(counted(days)).or_default().extend(known.map(|known| Value::Text(known.muid.clone())));
    }
    alike.into_iter().fold(of_weekday(&[0; 7]), |other, (dates, muids)| {
        let of_these = Arc::new(Expr::In(Expr::column("Muid"), muids.into()));
        Arc::new(Expr::If(of_these, of_weekday(&dates), other))
    })
}

/// The number that belongs to a row's weekday. Where it has no date it is 0, and what is divided by that is missing.
fn of_weekday(dates: &[i64; 7]) -> Arc<Expr> {
    let known = dates.iter().zip(1..).filter(|(dates, _)| **dates > 0);
    known.fold(Expr::literal(Value::Int(0)), |other, (dates, weekday)| {
        let is_it = Expr::equal(Expr::column("Weekday"), Expr::literal(Value::Int(weekday)));
        Arc::new(Expr::If(is_it, Expr::literal(Value::Int(*dates)), other))
    })
}
