//! What two sensors report of one thing is counted once: the report that tells more stays.
//!
//! Of processes two rows are one thing when machine, operation, pid and file name agree, of connections when machine, protocol and both ends do, and
//! the rows lie within five seconds. A sensor's report ranks by what it has: the bytes of a connection, then a process GUID.

use std::sync::Arc;

use super::names;
use super::sum::is_known;
use crate::plan::{Expr, How, Period, Plan, Scan, Step, Value};
use crate::telemetry::belief::TOGETHER;

const PROCESS: [&str; 4] = ["Muid", "Operation", "ChildPid", "ChildFilename"];
const CONNECTION: [&str; 6] = ["Muid", "Protocol", "LocalIp", "LocalPort", "RemoteIp", "RemotePort"];

/// The rows of a scan of processes, without second reports; each narrowed by these steps.
pub(in crate::hunt) fn processes(scan: &Scan, steps: &[Step]) -> [Plan; 2] {
    let ranks = [is_known("ChildGuid")];
    [0, 1].map(|place| ranked(scan, steps, &ranks, place, &PROCESS))
}

/// The rows of a scan of connections, without second reports. Only reports that the steps let through count: one that doesn't name the program must not hide
/// one that does from a question for that program.
pub(super) fn connections(scan: &Scan, steps: &[Step]) -> [Plan; 3] {
    let ranks = [Expr::or(is_known("BytesSent"), is_known("BytesReceived")), is_known("ParentGuid")];
    [0, 1, 2].map(|place| ranked(scan, steps, &ranks, place, &CONNECTION))
}

/// The rows of one rank: they are of no higher one, and no row of a higher one tells of the same thing, also not just beyond the period's ends.
fn ranked(scan: &Scan, steps: &[Step], ranks: &[Arc<Expr>], place: usize, keys: &[&str]) -> Plan {
    let narrowed =
        |scan: &Scan, condition: Arc<Expr>| steps.iter().fold(Plan::scan(scan.clone()).then(Step::Filter(condition)), |plan, step| plan.then(step.clone()));
    let higher = ranks.iter().take(place).cloned().reduce(Expr::or);
    let of_rank = ranks.get(place).cloned();
    let Some(higher) = higher else { return narrowed(scan, of_rank.unwrap_or_else(|| Expr::literal(Value::Bool(true)))) };
    let lower = Expr::negate(higher.clone());
    let own = narrowed(scan, of_rank.map_or(lower.clone(), |rank| Expr::and(lower, rank)));
    let also = Scan { period: widened(&scan.period), needs: Some(Vec::new()), ..scan.clone() };
    let columns = std::iter::once("DateTime").chain(keys.iter().copied()).collect::<Vec<_>>();
    let right = Arc::new(narrowed(&also, higher).then(Step::Select(names(&columns))));
    own.then(Step::Join { right, how: How::Anti, left_on: names(keys), right_on: names(keys), within: Some(TOGETHER) })
}

/// As much longer at both ends as two reports of one thing lie apart.
fn widened(period: &Period) -> Period {
    Period { from: period.from.map(|from| from.saturating_sub(TOGETHER)), to: period.to.map(|to| to.saturating_add(TOGETHER)) }
}
