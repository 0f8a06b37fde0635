//! Rows that are to be forgotten: those of a time, of machines, or of both.
//!
//! What was taken in stays known by its digest: the same raw logs are not taken in again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use polars::prelude::*;

use super::UpkeepError;
use crate::rewrite::files;
use crate::rewrite::without::{Leaving, Rows, without};
use crate::store::{Left, Store, StoredFile, Writer};

/// Which rows. Where both are given, rows of which both hold.
#[derive(Clone, Debug, Default)]
pub struct Forget {
    /// Milliseconds; rows of earlier times. A row without a time is not earlier than anything.
    pub before: Option<i64>,
    /// Muids; rows of these machines.
    pub machines: Option<BTreeSet<String>>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Forgotten {
    /// By table, those without a row before left out.
    pub rows: BTreeMap<String, Rows>,
    /// Whether the old files are gone.
    pub files: Left,
}

impl Leaving for Forget {
    fn columns(&self) -> &[&str] {
        &["DateTime", "Muid"]
    }

    fn may_be_in(&self, file: &StoredFile) -> bool {
        let is_of = |machines: &BTreeSet<String>| file.machines.is_empty() || file.machines.iter().any(|muid| machines.contains(muid));
        // Who names nothing forgets nothing.
        let is_something = self.before.is_some() || self.machines.is_some();
        is_something && self.before.is_none_or(|before| file.from < before) && self.machines.as_ref().is_none_or(is_of)
    }

    fn is_all_of(&self, file: &StoredFile) -> bool {
        self.machines.is_none() && self.before.is_some_and(|before| file.to < before)
    }

    fn kept(&self, rows: &DataFrame) -> PolarsResult<BooleanChunked> {
        let (times, muids) = (files::times(rows)?, rows.column("Muid")?.str()?);
        let is_early = |time: Option<i64>| self.before.is_none_or(|before| time.is_some_and(|time| time < before));
        let is_of = |muid: Option<&str>| self.machines.as_ref().is_none_or(|machines| muid.is_some_and(|muid| machines.contains(muid)));
        Ok(times.iter().zip(muids.iter()).map(|(time, muid)| Some(!(is_early(time) && is_of(muid)))).collect_ca("kept".into()))
    }

    fn machines(&self) -> Option<&BTreeSet<String>> {
        self.machines.as_ref().filter(|_| self.before.is_none())
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
    let rows = without(&mut writer, wanted, interrupted)?;
    let has_changed = rows.values().any(|rows| rows.removed > 0);
    let files = if has_changed { writer.commit(Vec::new())? } else { Left::Nothing };
    Ok(Forgotten { rows, files })
}
