//! Starts of processes: one row for each process, with the columns of `get_executions`.

use std::sync::Arc;

use crate::hunt::query::one_sensor;
use crate::plan::{Expr, Plan, Scan, Step};
use crate::telemetry;

/// The starts of a scope, whole, one row each: of two sensors' reports the one that tells more. Only those for which the condition holds.
pub(super) fn starts(scan: &Scan, condition: Option<&Arc<Expr>>) -> Plan {
    let scan = Scan { operations: Some(vec!["create".into()]), needs: Some(Vec::new()), ..scan.clone() };
    let mut plan = one_sensor::processes(&scan, None);
    plan.steps.splice(0..0, condition.map(|condition| Step::Filter(condition.clone())));
    plan
}

/// The columns of the process table, in its order.
pub(super) fn columns() -> Vec<Arc<str>> {
    telemetry::table("process").map(|table| table.columns.iter().map(|column| Arc::from(column.name)).collect()).unwrap_or_default()
}
