//! The local backend over small stores made here: the laws of predicates, and what each step does.

mod laws;
mod limits;
mod picks;
mod pieces;
mod steps;

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{DataFrame, IntoColumn, ParquetWriter};
use tempfile::TempDir;

use super::{Local, kernel};
use crate::backend::{Backend, Limits};
use crate::frame::Frame;
use crate::plan::{Plan, Scan, Step, Value};
use crate::store::{MANIFEST, Manifest, StoredFile, VERSION};
use crate::telemetry;

/// A row by its column names; what is not named is missing.
type Row = HashMap<&'static str, Value>;

fn row(cells: &[(&'static str, Value)]) -> Row {
    cells.iter().cloned().collect()
}

/// A store with these files: table, rows.
fn store(files: &[(&'static str, Vec<Row>)]) -> (TempDir, Local) {
    let folder = tempfile::tempdir().unwrap();
    let stored = files.iter().enumerate().map(|(number, (table, rows))| write(folder.path(), number, table, rows)).collect();
    let manifest = Manifest { version: VERSION, generation: 1, files: stored, sources: Vec::new() };
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
    }
}

fn scan(table: &'static str) -> Scan {
    Scan::of(table, chrono_tz::Europe::Berlin)
}

fn plan(table: &'static str, steps: &[Step]) -> Plan {
    Plan { source: crate::plan::Source::Scan(scan(table)), steps: steps.to_vec() }
}

fn run(local: &Local, plan: &Plan) -> Frame {
    local.run(plan, &Limits::default()).unwrap()
}

fn names(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

/// One column of the answer.
fn cells(frame: &Frame, name: &str) -> Vec<Value> {
    (0..frame.height()).map(|row| frame.named(row, name)).collect()
}

/// The record numbers of the answer.
fn records(frame: &Frame) -> Vec<i64> {
    let number = |value| match value {
        Value::Int(number) => number,
        _ => -1,
    };
    cells(frame, "RecordId").into_iter().map(number).collect()
}

fn int(number: i64) -> Value {
    Value::Int(number)
}

fn text(text: &str) -> Value {
    Value::text(text)
}
