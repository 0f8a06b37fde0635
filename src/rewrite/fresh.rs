//! A file that takes the place of others: the manifest says of it what ingest would.

use std::collections::BTreeSet;

use polars::prelude::*;

use super::files::failed;
use super::parquet_file::{MACHINES, ParquetFile};
use crate::store::{StoreError, StoredFile, Writer};
use crate::telemetry;

pub struct Fresh {
    file: ParquetFile,
    stored: StoredFile,
    machines: BTreeSet<String>,
    operations: BTreeSet<String>,
    kinds: BTreeSet<(String, Option<i64>)>,
}

/// What a file's name says that it holds: `0-few` in `000001-0-few-001.parquet`, between the ingest and its number.
pub fn tag(file: &StoredFile) -> &str {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    name.split_once('-').and_then(|(_, rest)| rest.rsplit_once('-')).map_or("all", |(tag, _)| tag)
}

impl Fresh {
    /// For rows of the same table, day and group as those of a file that is there.
    pub fn instead_of(old: &StoredFile, writer: &mut Writer, schema: &Schema) -> Result<Fresh, StoreError> {
        let day = old.path.split('/').nth(1);
        let (path, name) = writer.begin(&old.table, day, tag(old))?;
        let stored = StoredFile { path: name, table: old.table.clone(), day: old.day, from: i64::MAX, to: i64::MIN, ..StoredFile::default() };
        let file = ParquetFile::create(path, schema)?;
        Ok(Fresh { file, stored, machines: BTreeSet::new(), operations: BTreeSet::new(), kinds: BTreeSet::new() })
    }

    /// A row group.
    pub fn write(&mut self, rows: &DataFrame) -> Result<(), StoreError> {
        if rows.height() == 0 {
            return Ok(());
        }
        self.file.write(rows)?;
        self.stored.rows += rows.height() as u64;
        self.note(rows).map_err(|error| failed(self.stored.path.as_ref(), &error))
    }

    fn note(&mut self, rows: &DataFrame) -> PolarsResult<()> {
        let time = match self.stored.table.as_str() {
            "machine" => "LastSeen",
            _ => "DateTime",
        };
        let times = rows.column(time).ok().map(|times| times.cast(&DataType::Int64)).transpose()?;
        // A row without a time is in every period that asks for no time.
        let (from, to) = match times.as_ref().filter(|times| times.null_count() == 0) {
            Some(times) => (times.i64()?.min().unwrap_or(i64::MIN), times.i64()?.max().unwrap_or(i64::MAX)),
            None => (i64::MIN, i64::MAX),
        };
        self.stored.from = self.stored.from.min(from);
        self.stored.to = self.stored.to.max(to);
        for muid in rows.column("Muid")?.str()?.iter().flatten() {
            if self.machines.len() > MACHINES {
                break;
            }
            if !self.machines.contains(muid) {
                self.machines.insert(muid.to_string());
            }
        }
        if telemetry::table(&self.stored.table).is_some_and(|table| !table.operations.is_empty()) {
            for word in rows.column("Operation")?.str()?.iter().flatten() {
                if !self.operations.contains(word) {
                    self.operations.insert(word.to_string());
                }
            }
        }
        if self.stored.table == "event" {
            let mut last = None;
            for kind in rows.column("Channel")?.str()?.iter().zip(rows.column("EventId")?.i64()?.iter()) {
                if last != Some(kind) {
                    self.kinds.insert((kind.0.unwrap_or_default().to_string(), kind.1));
                    last = Some(kind);
                }
            }
        }
        Ok(())
    }

    /// Closes the file and gives it to the writer.
    pub fn finish(self, writer: &mut Writer) -> Result<(), StoreError> {
        let mut stored = self.stored;
        self.file.finish(&mut stored)?;
        if self.machines.len() <= MACHINES {
            stored.machines = self.machines.into_iter().collect();
        }
        stored.operations = self.operations.into_iter().collect();
        stored.kinds = self.kinds.into_iter().collect();
        if stored.rows == 0 {
            (stored.from, stored.to) = (0, 0);
        }
        writer.add(stored);
        Ok(())
    }
}
