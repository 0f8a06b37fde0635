//! Answers as files, below the folders that the run may write to.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use rhai::Dynamic;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Answer, Bins, Call, Collection, Declared, Kind, method};
use crate::diag::{Fault, clean, reason};
use crate::frame::{Frame, write_parquet};
use crate::plan::{Value, time_text};
use crate::report::{Columns, Table};
use crate::telemetry::Type;

/// What a file holds.
#[derive(Clone, Copy)]
enum Written {
    Csv,
    Json,
    Parquet,
}

macro_rules! example {
    ($rest:literal) => {
        concat!("Client(\"all\", all_time()).get_executions().head(3)", $rest)
    };
}

const PATH: &[(&str, Kind)] = &[("path", Kind::Text)];

pub(super) fn declared() -> Vec<Declared> {
    vec![
        method(Kind::Collection, "to_csv", PATH, 1, "Writes all rows and columns as CSV, below --allow-write", example!(".to_csv(\"rows.csv\")"), |call| {
            save(call, Written::Csv)
        }),
        method(
            Kind::Collection,
            "to_json",
            PATH,
            1,
            "Writes all rows and columns as JSON lines, below --allow-write",
            example!(".to_json(\"rows.ndjson\")"),
            |call| save(call, Written::Json),
        ),
        method(
            Kind::Collection,
            "to_parquet",
            PATH,
            1,
            "Writes all rows and columns as Parquet, below --allow-write",
            example!(".to_parquet(\"rows.parquet\")"),
            |call| save(call, Written::Parquet),
        ),
        method(
            Kind::Bins,
            "to_csv",
            PATH,
            1,
            "Writes all bins as CSV, below --allow-write",
            "Client(\"all\", all_time()).get_executions(#{histogram: \"1d\"}).to_csv(\"bins.csv\")",
            |call| save(call, Written::Csv),
        ),
    ]
}

fn save(call: &Call, format: Written) -> Answer<Dynamic> {
    let path = allowed(call, &call.text(0)).map_err(|fault| call.fail_at(0, fault))?;
    let table = match call.receiver::<Collection>() {
        Ok(collection) => super::show::all_rows(call.run, &collection),
        Err(_) => call.receiver::<Bins>()?.frame(call.run).map(|frame| Table::whole((*frame).clone(), Columns::All)),
    };
    let table = table.map_err(|fault| call.fail(fault))?;
    if call.run.checking {
        return Ok(Dynamic::UNIT);
    }
    write(&table, format, &path).map_err(|fault| call.fail_at(0, fault))?;
    Ok(i64::try_from(table.total).unwrap_or(i64::MAX).into())
}

/// The place that a path means, when the run may write there. A relative path lies below the first allowed folder, or, where that has no such
/// folder, is one from where the program was started.
fn allowed(call: &Call, path: &str) -> Result<PathBuf, Fault> {
    let roots = &call.run.setup.writable;
    let refused = |message: String| Fault::new("write::refused", message).with_help("`--allow-write DIR` names a folder that playbooks may write below");
    let missing = |path: &str| {
        Fault::new("write::refused", format!("there is no folder for `{path}`"))
            .with_help("make the folder first; a relative path lies below the first `--allow-write` folder, or leads from here below one")
    };
    let Some(first) = roots.first() else { return Err(refused(format!("this run may not write `{path}`"))) };
    let asked = Path::new(path);
    if asked.components().any(|part| matches!(part, Component::ParentDir)) || asked.file_name().is_none() {
        return Err(refused(format!("`{path}` is no place to write to")));
    }
    let roots_real: Vec<PathBuf> = roots.iter().filter_map(|root| root.canonicalize().ok()).collect();
    let is_below = |folder: &Path| roots_real.iter().any(|root| folder.starts_with(root));
    let (Some(folder), Some(name)) = (asked.parent(), asked.file_name()) else { return Err(refused(format!("`{path}` is no place to write to"))) };
    let there: Vec<PathBuf> = std::iter::once(first).chain(&call.run.setup.roots).filter_map(|root| root.join(folder).canonicalize().ok()).collect();
    let real = there.iter().find(|folder| is_below(folder)).or(there.first()).ok_or_else(|| missing(path))?;
    let below = is_below(real);
    let file = real.join(name);
    let is_link = std::fs::symlink_metadata(&file).is_ok_and(|found| !found.is_file());
    if below && !is_link { Ok(file) } else { Err(refused(format!("`{path}` lies outside the folders that this run may write to"))) }
}

/// A file is there whole, or as it was before.
fn write(table: &Table, format: Written, path: &Path) -> Result<(), Fault> {
    let failed = |reason: String| {
        Fault::new("write::failed", format!("{}: {reason}", path.file_name().unwrap_or_default().display()))
            .with_help("name a file that can be written, on a disk with room; what it held before is still there")
    };
    let mut unfinished = path.as_os_str().to_os_string();
    unfinished.push(format!(".{}.part", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let done = fill(table, format, &unfinished).and_then(|()| std::fs::rename(&unfinished, path).map_err(|error| reason(&error)));
    if done.is_err() {
        let _ = std::fs::remove_file(&unfinished);
    }
    done.map_err(failed)
}

fn fill(table: &Table, format: Written, path: &Path) -> Result<(), String> {
    let file = File::create(path).map_err(|error| reason(&error))?;
    let schema = table.frame.schema();
    let pieces = table.pieces().map(|piece| piece.map_err(|fault| fault.message));
    match format {
        Written::Parquet => write_parquet(file, schema, pieces),
        Written::Csv => {
            let mut writer = csv::Writer::from_writer(BufWriter::new(file));
            writer.write_record(schema.names().map(|name| clean::defuse(name).into_owned())).map_err(|error| reason(&error))?;
            for piece in pieces {
                let frame = piece?;
                for row in 0..frame.height() {
                    let kinds = schema.columns().iter().map(|(_, kind)| *kind);
                    writer.write_record(frame.row(row).iter().zip(kinds).map(|(value, kind)| csv_cell(value, kind))).map_err(|error| reason(&error))?;
                }
            }
            writer.flush().map_err(|error| reason(&error))
        }
        Written::Json => {
            let mut writer = BufWriter::new(file);
            for piece in pieces {
                let frame = &piece?;
                for row in 0..frame.height() {
                    serde_json::to_writer(&mut writer, &JsonRow { frame, row }).map_err(|error| reason(&error))?;
                    writer.write_all(b"\n").map_err(|error| reason(&error))?;
                }
            }
            writer.flush().map_err(|error| reason(&error))
        }
    }
}

/// As the answer on stdout has it: text that a spreadsheet would run is defused, hex stays hex, a list is JSON.
fn csv_cell(value: &Value, kind: Type) -> String {
    match value {
        Value::Missing => String::new(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) if kind == Type::Hex => format!("{number:#x}"),
        Value::Int(number) | Value::Duration(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => clean::defuse(text).into_owned(),
        Value::Time(time) => time_text(*time),
        Value::List(_) => clean::defuse(&json(value, kind).to_string()).into_owned(),
    }
}

/// One row as an object, its columns in their order.
struct JsonRow<'a> {
    frame: &'a Frame,
    row: usize,
}

impl Serialize for JsonRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = self.frame.schema().columns();
        let mut map = serializer.serialize_map(Some(columns.len()))?;
        for (column, (name, kind)) in columns.iter().enumerate() {
            map.serialize_entry(&**name, &json(&self.frame.value(self.row, column), *kind))?;
        }
        map.end()
    }
}

fn json(value: &Value, kind: Type) -> serde_json::Value {
    match value {
        Value::Missing => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) if kind == Type::Hex => format!("0x{number:x}").into(),
        Value::Int(number) | Value::Duration(number) => (*number).into(),
        Value::Float(number) => serde_json::Number::from_f64(*number).map_or(serde_json::Value::Null, serde_json::Value::Number),
        Value::Text(text) => (**text).into(),
        Value::Time(time) => time_text(*time).into(),
        Value::List(items) => items.iter().map(|item| json(item, Type::Text)).collect(),
    }
}
