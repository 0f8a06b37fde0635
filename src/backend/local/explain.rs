//! What would be read: the canonical plan, and the files of each scan that the manifest leaves.

use std::fmt::Write;

use super::{Shared, prune};
use crate::backend::BackendError;
use crate::plan::{self, Plan, Schema};

/// The plan, then one line per scan.
pub fn text(shared: &Shared, plan: &Plan) -> Result<String, BackendError> {
    Schema::of(plan)?;
    let mut text = plan::explain(plan);
    for scan in plan.scans() {
        let chosen = prune::choose(shared.store.manifest(), scan, || shared.inventory())?;
        let _ = writeln!(text, "{}: reads {} of {} files, {} rows, {}", scan.table, chosen.files.len(), chosen.of, chosen.rows(), size(chosen.bytes()));
    }
    Ok(text)
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.iter().find(|(size, _)| bytes >= *size) {
        Some((size, unit)) => format!("{:.1} {unit}", bytes as f64 / *size as f64),
        None => format!("{bytes} bytes"),
    }
}
