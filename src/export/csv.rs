//! Rows for a spreadsheet: everything, in UTC, and nothing that it would run.

use std::io::{self, Write};

use super::json::to_json;
use crate::diag::clean;
use crate::frame::Frame;
use crate::plan::{Schema, Value, time_text};
use crate::telemetry::Type;

/// The line of headings.
pub fn heading(schema: &Schema) -> String {
    line(schema.names().map(quoted))
}

/// A line for each row.
///
/// # Errors
/// What the stream said.
pub fn records(out: &mut dyn Write, frame: &Frame) -> io::Result<()> {
    let columns = frame.schema().columns();
    (0..frame.height()).try_for_each(|row| {
        let cells = columns.iter().enumerate().map(|(at, (_, kind))| cell(&frame.value(row, at), *kind));
        out.write_all(line(cells).as_bytes())
    })
}

/// A cell of a column of this type.
pub fn cell(value: &Value, kind: Type) -> String {
    match value {
        Value::Missing => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) if kind == Type::Hex => format!("{number:#x}"),
        Value::Int(number) | Value::Duration(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => quoted(text),
        Value::Time(time) => time_text(*time),
        Value::List(items) => {
            let texts: Vec<String> = items.iter().map(|item| if let Value::Text(text) = item { text.to_string() } else { String::new() }).collect();
            quoted(&to_json(&texts))
        }
    }
}

/// A text cell: defused, and in quotes where a separator of any spreadsheet is in it.
pub fn quoted(text: &str) -> String {
    let safe = clean::defuse(text);
    if safe.contains([',', ';', '|', '"', '\'']) || safe.starts_with(' ') || safe.ends_with(' ') {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe.into_owned()
    }
}

/// Cells that are quoted already, as a line.
pub fn line(cells: impl IntoIterator<Item = String>) -> String {
    let mut text = cells.into_iter().collect::<Vec<_>>().join(",");
    text.push('\n');
    text
}
