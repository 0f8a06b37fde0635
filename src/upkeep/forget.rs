//! Rows that are to be forgotten: those of a time, of machines, or of both.
//!
//! A file that holds nothing else goes as it is, one that holds others is written again without them. What was taken in stays known by
//! its digest: the same raw logs are not taken in again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use polars::prelude::*;

use super::fresh::Fresh;
use super::{UpkeepError, check, coverage, files};
use crate::store::{Left, Store, StoredFile, Writer};
use crate::telemetry::TABLES;

/// Which rows. Where both are given, rows of which both hold.
#[derive(Clone, Debug, Default)]
pub struct Forget {
    /// Milliseconds; rows of earlier times. A row without a time is not earlier than anything.
    pub before: Option<i64>,
    /// Muids; rows of these machines.
    pub machines: Option<BTreeSet<String>>,
}

/// Rows of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Rows {
    pub removed: u64,
    pub left: u64,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Forgotten {
    /// By table, those without a row before left out.
    pub rows: BTreeMap<String, Rows>,
    /// Whether the old files are gone.
    pub files: Left,
}

impl Forget {
    /// Whether a file may hold such rows, as far as the manifest tells.
    fn may_be_in(&self, file: &StoredFile) -> bool {
        let is_of = |machines: &BTreeSet<String>| file.machines.is_empty() || file.machines.iter().any(|muid| machines.contains(muid));
        // Who names nothing forgets nothing.
        let is_something = self.before.is_some() || self.machines.is_some();
        is_something && self.before.is_none_or(|before| file.from < before) && self.machines.as_ref().is_none_or(is_of)
    }

    fn is_all_of(&self, file: &StoredFile) -> bool {
        self.machines.is_none() && self.before.is_some_and(|before| file.to < before)
    }

    /// Which rows stay.
    fn kept(&self, rows: &DataFrame) -> PolarsResult<BooleanChunked> {
        let (times, muids) = (files::times(rows)?, rows.column("Muid")?.str()?);
        let is_early = |time: Option<i64>| self.before.is_none_or(|before| time.is_some_and(|time| time < before));
        let is_of = |muid: Option<&str>| self.machines.as_ref().is_none_or(|machines| muid.is_some_and(|muid| machines.contains(muid)));
        Ok(times.iter().zip(muids.iter()).map(|(time, muid)| Some(!(is_early(time) && is_of(muid)))).collect_ca("kept".into()))
    }
}

/// Removes the rows at once, or leaves the store as it was.
///
/// # Errors
/// There is no store, somebody writes it, a file of it can't be read, or `interrupted` was set.
pub fn forget(root: &Path, wanted: &Forget, interrupted: &AtomicBool) -> Result<Forgotten, UpkeepError> {
    // A writer would make the store.
    drop(Store::open(root)?);
    let mut writer = Writer::open(root)?;
    let before = writer.manifest().files.clone();
    let is_event = |file: &&StoredFile| TABLES.iter().any(|table| table.name == file.table && table.name != "machine");
    let mut rows: BTreeMap<String, Rows> = BTreeMap::new();
    let mut changed = BTreeSet::new();
    let mut stay = Vec::new();
    for file in before.iter().filter(is_event) {
        let removed = if wanted.may_be_in(file) { remove(file, wanted, &mut writer, interrupted)? } else { 0 };
        let count = rows.entry(file.table.clone()).or_default();
        count.removed += removed;
        count.left += file.rows - removed;
        if removed > 0 {
            changed.insert((file.table.clone(), file.day));
        } else {
            stay.push(file);
        }
    }
    let machines_before: u64 = coverage::machines_of(&before, root)?.height() as u64;
    if changed.is_empty() {
        rows.insert("machine".into(), Rows { removed: 0, left: machines_before });
        return Ok(Forgotten { rows, files: Left::Nothing });
    }
    let now: Vec<StoredFile> = stay.into_iter().chain(writer.added()).cloned().collect();
    let covered = coverage::write(&before, &now, &changed, &mut writer, interrupted)?;
    let machines = coverage::write_machines(&before, &covered, wanted.machines.as_ref().filter(|_| wanted.before.is_none()), &mut writer)?;
    rows.insert("machine".into(), Rows { removed: machines_before - machines, left: machines });
    let files = writer.commit(Vec::new(), Vec::new())?;
    Ok(Forgotten { rows, files })
}

/// Removes the rows of a file; how many they are.
fn remove(file: &StoredFile, wanted: &Forget, writer: &mut Writer, interrupted: &AtomicBool) -> Result<u64, UpkeepError> {
    if wanted.is_all_of(file) {
        writer.remove(file);
        return Ok(file.rows);
    }
    let path = writer.root().join(&file.path);
    let damaged = |error: PolarsError| files::failed(&path, &error);
    let groups = files::groups(&path)?;
    let mut masks = Vec::with_capacity(groups.len());
    for group in &groups {
        check(interrupted)?;
        masks.push(wanted.kept(&files::rows(&path, Some(&["DateTime", "Muid"]), *group)?).map_err(damaged)?);
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
