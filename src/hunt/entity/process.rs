//! Processes as questions: the history in which one is found, what it did, and kin of one or of many.

use std::sync::Arc;

use chrono_tz::Tz;

use super::starts::{columns, starts};
use crate::frame::Frame;
use crate::plan::{self, Among, Expr, Kin, Known, Life, Plan, Relation, Scan, Scope, Seen, Side, Step, Value, Whom};

/// Starts and ends of whatever had a process' GUID or its pid.
pub fn history(known: &Known, zone: Tz) -> Plan {
    let same = |column: &str, value: Option<Value>| value.map(|value| Expr::equal(Expr::column(column), Expr::literal(value)));
    let guid = same("ChildGuid", known.guid.clone().map(Value::Text));
    let pid = same("ChildPid", known.pid.map(Value::Int));
    let any = guid.into_iter().chain(pid).reduce(Expr::or).unwrap_or_else(|| Expr::literal(Value::Bool(false)));
    Plan::scan(Scan { scope: Scope::Machines(vec![known.muid.clone()]), ..past(zone) }).then(Step::Filter(any))
}

/// Starts and ends of all processes.
fn past(zone: Tz) -> Scan {
    Scan { operations: Some(vec!["create".into(), "kill".into()]), needs: Some(Vec::new()), ..Scan::of("process", zone) }
}

/// Finds a process in its history.
pub fn life(known: &Known, history: &Frame) -> Life {
    let seen = seen(history);
    Life::of(known, &seen.iter().collect::<Vec<_>>())
}

/// Finds what a hunter named in its history.
pub fn named(known: &Known, history: &Frame) -> Option<Life> {
    let seen = seen(history);
    Life::named(known, &seen.iter().collect::<Vec<_>>())
}

fn seen(history: &Frame) -> Vec<Seen> {
    let one = |row: usize| Some(Seen { row, known: Known::read(&|name| history.named(row, name), Side::Child)? });
    (0..history.height()).filter_map(one).collect()
}

/// The processes that one started, in all that the source holds, one row each.
pub fn children(life: &Life, scan: &Scan) -> Plan {
    starts(&Scan { scope: Scope::Machines(vec![life.known.muid.clone()]), ..scan.clone() }, Some(&life.is_of(Side::Parent)))
}

/// No process, with the columns of processes.
pub fn nobody(scan: &Scan) -> Plan {
    starts(scan, Some(&Expr::literal(Value::Bool(false))))
}

/// A process whose start no record tells, as a row of the process table: what another row says of this side of it.
pub fn active(cell: &dyn Fn(&str) -> Value, side: Side) -> Vec<Value> {
    columns().iter().map(|column| plan::active(column, side, cell)).collect()
}

/// Kin of processes, in all that the source holds, in one question.
pub fn kin(relation: Relation, whose: Whom, zone: Tz) -> Plan {
    Plan::scan(past(zone)).then(Step::Kin(Kin { relation, whose }))
}

/// The process that these cells of a row tell of, on one side.
pub fn of_row(cell: &dyn Fn(&str) -> Value, side: Side) -> Whom {
    Whom::of_row(cell, plan::telling(columns().iter().map(|column| &**column)), side)
}

/// Only the rows of which one side is one of these processes.
pub fn among(side: Side, whose: Whom, zone: Tz) -> Step {
    Step::Among(Among { side, whose, history: Arc::new(Plan::scan(past(zone))) })
}
