//! Small stores made of rows, for the unit tests of this layer and of those above it.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use polars::prelude::{DataFrame, IntoColumn, ParquetWriter};
use tempfile::TempDir;

use super::{Local, kernel};
use crate::plan::Value;
use crate::store::{MANIFEST, Manifest, StoredFile, VERSION};
use crate::telemetry;

/// A row by its column names; what is not named is missing.
pub type Row = HashMap<&'static str, Value>;

pub fn row(cells: &[(&'static str, Value)]) -> Row {
    cells.iter().cloned().collect()
}

/// A store with these files: table, rows.
pub fn store(files: &[(&'static str, Vec<Row>)]) -> (TempDir, Local) {
    let folder = tempfile::tempdir().unwrap();
    let stored = files.iter().enumerate().map(|(number, (table, rows))| write(folder.path(), number, table, rows)).collect();
    let manifest = Manifest { version: VERSION, generation: 1, files: stored, sources: Vec::new(), raw_fields: Vec::new() };
    std::fs::write(folder.path().join(MANIFEST), serde_json::to_string(&manifest).unwrap()).unwrap();
    let local = Local::open(folder.path(), "test").unwrap();
    (folder, local)
}

fn write(folder: &Path, number: usize, table: &'static str, rows: &[Row]) -> StoredFile {
    let declared = telemetry::table(table).unwrap().columns.iter().filter(|column| !column.derived);
    let columns = declared.map(|column| {
        let cells: Vec<Value> = rows.iter().map(|row| row.get(column.name).cloned().unwrap_or(Value::Missing)).collect();
        kernel::to_series(column.name.into(), &cells, column.kind).unwrap().into_column()
    });
    let mut frame = DataFrame::new(rows.len(), columns.collect()).unwrap();
    let path = format!("{table}/{number}.parquet");
    std::fs::create_dir_all(folder.join(table)).unwrap();
    // Row groups of few rows, as a large file has many.
    ParquetWriter::new(File::create(folder.join(&path)).unwrap()).with_row_group_size(Some(16)).finish(&mut frame).unwrap();
    let times = || {
        rows.iter().filter_map(|row| match row.get("DateTime") {
            Some(Value::Time(time)) => Some(*time),
            _ => None,
        })
    };
    let texts = |name: &str| {
        let mut all: Vec<String> = rows.iter().filter_map(|row| row.get(name)).filter_map(crate::plan::written).collect();
        all.sort();
        all.dedup();
        all
    };
    let undated = times().count() < rows.len();
    StoredFile {
        bytes: std::fs::metadata(folder.join(&path)).unwrap().len(),
        path,
        table: table.into(),
        day: times().min().map(|time| i32::try_from(time.div_euclid(86_400_000)).unwrap()),
        // As ingest writes it: a row without a time may be in any period.
        from: if undated { i64::MIN } else { times().min().unwrap_or(0) },
        to: if undated { i64::MAX } else { times().max().unwrap_or(0) },
        rows: rows.len() as u64,
        operations: texts("Operation"),
        machines: texts("Muid"),
        kinds: Vec::new(),
        raw_fields: Vec::new(),
        digest: None,
    }
}
