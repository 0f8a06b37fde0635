//! Rows go out of a store: a file that holds nothing else goes as it is, one that holds others is written again without them, and what is covered follows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use polars::prelude::*;

use super::fresh::Fresh;
use super::{RewriteError, check, coverage, files};
use crate::store::{StoredFile, Writer};
use crate::telemetry::TABLES;

/// Which rows go.
pub trait Leaving {
    /// The columns that tell.
    fn columns(&self) -> &[&str];
    /// Whether a file may hold such rows, as far as the manifest tells.
    fn may_be_in(&self, file: &StoredFile) -> bool;
    /// Whether the manifest tells that a file holds nothing else.
    fn is_all_of(&self, file: &StoredFile) -> bool;
    /// Which of these rows stay.
    fn kept(&self, rows: &DataFrame) -> PolarsResult<BooleanChunked>;
    /// Muids of machines of which nothing is to be left to know.
    fn machines(&self) -> Option<&BTreeSet<String>>;
}

/// Rows of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Rows {
    pub removed: u64,
    pub left: u64,
}

/// Takes the rows out with the writer's commit; how many they are by table, those without a row before left out. Files that the writer has added are
/// not looked at.
pub fn without(writer: &mut Writer, leaving: &dyn Leaving, interrupted: &AtomicBool) -> Result<BTreeMap<String, Rows>, RewriteError> {
    let root = writer.root().to_path_buf();
    let before = writer.manifest().files.clone();
    let is_event = |file: &&StoredFile| TABLES.iter().any(|table| table.name == file.table && table.name != "machine");
    let mut rows: BTreeMap<String, Rows> = BTreeMap::new();
    let mut changed = BTreeSet::new();
    let mut stay = Vec::new();
    for file in before.iter().filter(is_event) {
        let removed = if leaving.may_be_in(file) { remove(file, leaving, writer, interrupted)? } else { 0 };
        let count = rows.entry(file.table.clone()).or_default();
        count.removed += removed;
        count.left += file.rows - removed;
        if removed > 0 {
            changed.insert((file.table.clone(), file.day));
        } else {
            stay.push(file);
        }
    }
    let machines_before = coverage::machines_of(&before, &root)?.height() as u64;
    let mut machines = machines_before;
    if !changed.is_empty() {
        let now: Vec<StoredFile> = stay.into_iter().chain(writer.added()).cloned().collect();
        let covered = coverage::write(&before, &now, &changed, writer, interrupted)?;
        machines = coverage::write_machines(&before, &covered, leaving.machines(), writer)?;
    }
    rows.insert("machine".into(), Rows { removed: machines_before - machines, left: machines });
    Ok(rows)
}

/// Removes the rows of a file; how many they are.
fn remove(file: &StoredFile, leaving: &dyn Leaving, writer: &mut Writer, interrupted: &AtomicBool) -> Result<u64, RewriteError> {
    if leaving.is_all_of(file) {
        writer.remove(file);
        return Ok(file.rows);
    }
    let path = writer.root().join(&file.path);
    let damaged = |error: PolarsError| files::failed(&path, &error);
    let groups = files::groups(&path)?;
    let mut masks = Vec::with_capacity(groups.len());
    for group in &groups {
        check(interrupted)?;
        masks.push(leaving.kept(&files::rows(&path, Some(leaving.columns()), *group)?).map_err(damaged)?);
    }
    let kept: u64 = masks.iter().filter_map(|mask| mask.sum()).map(u64::from).sum();
    let removed = file.rows.saturating_sub(kept);
    if removed == 0 {
        return Ok(0);
    }
    writer.remove(file);
    let mut fresh: Option<Fresh> = None;
    for (group, mask) in groups.iter().zip(&masks).filter(|(_, mask)| mask.any()) {
        check(interrupted)?;
        let rows = files::rows(&path, None, *group)?.filter(mask).map_err(damaged)?;
        let fresh = match &mut fresh {
            Some(fresh) => fresh,
            None => fresh.insert(Fresh::instead_of(file, writer, rows.schema())?),
        };
        fresh.write(&rows)?;
    }
    if let Some(fresh) = fresh {
        fresh.finish(writer)?;
    }
    Ok(removed)
}
