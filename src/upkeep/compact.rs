//! Small files of a table and a day become one: every ingest writes its own, and a query opens them all.
//!
//! Rows of one group of a table are merged with each other only, so that operations and kinds stay apart where ingest has them apart. The files are in the
//! order of time: of all of them, the rows of one short time after the other are read, put in the row order, and written as a row group. Memory holds one such
//! time, and eight bytes for each row of the files.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use polars::prelude::*;

use super::UpkeepError;
use crate::rewrite::fresh::{self, Fresh};
use crate::rewrite::parquet_file::{FILE_ROWS, GROUP, GROUP_BYTES, GROUP_CELLS};
use crate::rewrite::{check, coverage, files};
use crate::store::{Left, Store, StoredFile, Writer};

/// The order of rows; rows that are alike in all of these stay as they are.
const ORDER: [&str; 4] = ["DateTime", "Machine", "Source", "RecordId"];
/// More columns than this are not put into one file.
const MAX_COLUMNS: usize = 1200;
/// Bytes of a file come to about so many times as much in memory.
const UNPACKED: u64 = 12;

/// What became of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    pub before: u64,
    pub after: u64,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Compacted {
    /// Files by table.
    pub tables: BTreeMap<String, Count>,
    /// Whether the old files are gone.
    pub files: Left,
}

/// Merges what is small at once, or leaves the store as it was.
///
/// # Errors
/// There is no store, somebody writes it, a file of it can't be read, or `interrupted` was set.
pub fn compact(root: &Path, interrupted: &AtomicBool) -> Result<Compacted, UpkeepError> {
    // A writer would make the store.
    drop(Store::open(root)?);
    let mut writer = Writer::open(root)?;
    let before = writer.manifest().files.clone();
    let mut tables: BTreeMap<String, Count> = BTreeMap::new();
    for file in &before {
        let count = tables.entry(file.table.clone()).or_default();
        count.before += 1;
        count.after += 1;
    }
    for small in batches(&before) {
        if let Some(merged) = merge(&small, &mut writer, interrupted)? {
            tables.entry(small[0].table.clone()).or_default().after -= merged;
        }
    }
    for table in ["machine", "coverage"] {
        let fewer = coverage::join(&before, table, &mut writer)?;
        tables.entry(table.to_string()).or_default().after -= fewer;
    }
    let has_changed = tables.values().any(|count| count.after < count.before);
    let files = if has_changed { writer.commit(Vec::new())? } else { Left::Nothing };
    Ok(Compacted { tables, files })
}

/// Files that become one, each at least two, in the order of their rows.
fn batches(all: &[StoredFile]) -> Vec<Vec<&StoredFile>> {
    let mut small: BTreeMap<(&str, i32, String), Vec<&StoredFile>> = BTreeMap::new();
    for file in all.iter().filter(|file| file.rows > 0 && file.rows < GROUP as u64) {
        // Rows without a time have no order of time to be merged in.
        if let Some(day) = file.day {
            small.entry((&file.table, day, group_of(file))).or_default().push(file);
        }
    }
    let mut batches = Vec::new();
    for (_, mut of_group) in small {
        of_group.sort_by_key(|file| (file.from, file.to, &file.path));
        let mut batch: Vec<&StoredFile> = Vec::new();
        for file in of_group {
            if batch.iter().map(|file| file.rows).sum::<u64>() + file.rows > FILE_ROWS {
                batches.push(std::mem::take(&mut batch));
            }
            batch.push(file);
        }
        batches.push(batch);
    }
    batches.retain(|batch| batch.len() > 1);
    batches
}

/// What ingest puts into one file: a group of operations, as the file's name says; for events one kind, or all that are few.
fn group_of(file: &StoredFile) -> String {
    match (file.table.as_str(), file.kinds.as_slice()) {
        ("event", [(channel, id)]) => format!("{channel}/{id:?}"),
        ("event", _) => "few".into(),
        _ => fresh::tag(file).rsplit('-').next().unwrap_or_default().to_string(),
    }
}

/// A file that is merged: its times, and how far it was read.
struct Part {
    path: PathBuf,
    times: Vec<i64>,
    next: usize,
}

impl Part {
    fn open(file: &StoredFile, root: &Path) -> Result<Option<Part>, UpkeepError> {
        let path = root.join(&file.path);
        let rows = files::rows(&path, Some(&["DateTime"]), (0, usize::MAX))?;
        let times = files::times(&rows).map_err(|error| files::failed(&path, &error))?;
        let times: Vec<i64> = times.iter().flatten().collect();
        let is_in_order = times.len() as u64 == file.rows && times.is_sorted();
        Ok(is_in_order.then_some(Part { path, times, next: 0 }))
    }

    /// The rows up to a time that were not read yet.
    fn until(&mut self, time: i64) -> Range<usize> {
        let end = self.times.partition_point(|known| *known <= time);
        let range = self.next..end;
        self.next = end;
        range
    }
}

/// Writes one file of several. By how many files there are fewer; none where these are left as they are.
fn merge(small: &[&StoredFile], writer: &mut Writer, interrupted: &AtomicBool) -> Result<Option<u64>, UpkeepError> {
    let root = writer.root().to_path_buf();
    let failed = |error: PolarsError| files::failed(&root, &error);
    let Some(mut parts) = small.iter().map(|file| Part::open(file, &root)).collect::<Result<Option<Vec<Part>>, _>>()? else { return Ok(None) };
    let Some(schema) = columns(&parts)? else { return Ok(None) };
    let rows: usize = parts.iter().map(|part| part.times.len()).sum();
    let bytes = small.iter().map(|file| file.bytes).sum::<u64>().saturating_mul(UNPACKED) as usize;
    let limit = GROUP.min(GROUP_CELLS / schema.len().max(1)).min(GROUP_BYTES / (bytes / rows.max(1)).max(1)).max(1);
    let mut all: Vec<i64> = parts.iter().flat_map(|part| part.times.iter().copied()).collect();
    all.sort_unstable();
    let ends = ends(&all, limit);
    drop(all);
    let mut fresh = Fresh::instead_of(small[0], writer, &schema)?;
    for end in ends {
        check(interrupted)?;
        let mut pieces = Vec::new();
        for part in &mut parts {
            let range = part.until(end);
            if !range.is_empty() {
                pieces.push(files::rows(&part.path, None, (range.start, range.len()))?);
            }
        }
        let order: Vec<&str> = ORDER.into_iter().filter(|name| schema.contains(name)).collect();
        let sorted = polars::functions::concat_df_diagonal(&pieces).and_then(|rows| {
            let rows = whole(rows, &schema)?;
            rows.sort(order, SortMultipleOptions::default().with_nulls_last(true).with_maintain_order(true))
        });
        let sorted = sorted.map_err(failed)?;
        let mut first = 0;
        while first < sorted.height() {
            fresh.write(&sorted.slice(first as i64, limit))?;
            first += limit;
        }
    }
    fresh.finish(writer)?;
    small.iter().for_each(|file| writer.remove(file));
    Ok(Some(small.len() as u64 - 1))
}

/// The last times of pieces of about so many rows; rows of one time are in one piece.
fn ends(times: &[i64], limit: usize) -> Vec<i64> {
    let mut ends = Vec::new();
    let mut first = 0;
    while let Some(end) = times.get((first + limit).min(times.len()).saturating_sub(1)).filter(|_| first < times.len()) {
        ends.push(*end);
        first = times.partition_point(|time| time <= end);
    }
    ends
}

/// The columns of all: those of the first file, and what the others have besides. None where they do not fit together.
fn columns(parts: &[Part]) -> Result<Option<Schema>, UpkeepError> {
    let mut all = Schema::default();
    let mut names = BTreeSet::new();
    for part in parts {
        let empty = files::rows(&part.path, None, (0, 0))?;
        for (name, kind) in empty.schema().iter() {
            if names.insert(name.clone()) {
                all.insert(name.clone(), kind.clone());
            } else if all.get(name) != Some(kind) {
                return Ok(None);
            }
        }
    }
    Ok((all.len() <= MAX_COLUMNS).then_some(all))
}

/// All columns in their order, missing where the rows have none.
fn whole(rows: DataFrame, schema: &Schema) -> PolarsResult<DataFrame> {
    let height = rows.height();
    let column = |(name, kind): (&PlSmallStr, &DataType)| match rows.column(name) {
        Ok(column) => column.clone(),
        Err(_) => Column::full_null(name.clone(), height, kind),
    };
    DataFrame::new(height, schema.iter().map(column).collect())
}

#[cfg(test)]
mod tests {
    use super::ends;

    #[test]
    fn rows_of_one_time_stay_together() {
        assert_eq!(ends(&[], 2), [0_i64; 0]);
        assert_eq!(ends(&[1, 2, 3], 2), [2, 3]);
        assert_eq!(ends(&[1, 2, 2, 2, 3], 2), [2, 3]);
        assert_eq!(ends(&[5; 9], 2), [5]);
    }
}
