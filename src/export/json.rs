//! Rows as JSON: one object a row, in which a terminal finds nothing to obey.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::ser::Formatter;

use crate::diag::clean::is_hidden;
use crate::frame::Frame;
use crate::plan::{Value, time_text};
use crate::telemetry::Type;

/// Compact JSON in which a terminal finds nothing to obey: hidden characters are `\u` escapes.
pub fn to_json(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    match write(&mut bytes, value) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => "null".into(),
    }
}

/// The same, as it comes.
///
/// # Errors
/// What the stream said.
pub fn write(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    Ok(value.serialize(&mut serde_json::Serializer::with_formatter(out, Visible))?)
}

/// A line for each row.
///
/// # Errors
/// What the stream said.
pub fn records(out: &mut dyn Write, frame: &Frame) -> io::Result<()> {
    (0..frame.height()).try_for_each(|row| {
        write(out, &Row { frame, row })?;
        out.write_all(b"\n")
    })
}

/// One row as an object, its columns in their order.
pub struct Row<'a> {
    pub frame: &'a Frame,
    pub row: usize,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = self.frame.schema().columns();
        let mut map = serializer.serialize_map(Some(columns.len()))?;
        for (at, (name, kind)) in columns.iter().enumerate() {
            map.serialize_entry(&**name, &Cell(&self.frame.value(self.row, at), *kind))?;
        }
        map.end()
    }
}

/// Durations are milliseconds; numbers that JSON does not have are null.
pub struct Cell<'a>(pub &'a Value, pub Type);

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Missing => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(number) if self.1 == Type::Hex => serializer.collect_str(&format_args!("{number:#x}")),
            Value::Int(number) => serializer.serialize_i64(*number),
            Value::Float(number) => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Time(time) => serializer.serialize_str(&time_text(*time)),
            Value::Duration(span) => serializer.serialize_i64(*span),
            Value::List(items) => serializer.collect_seq(items.iter().map(|item| Cell(item, Type::Text))),
        }
    }
}

/// serde_json escapes what JSON demands; this adds what terminals obey or hide.
struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, character) in fragment.char_indices().filter(|(_, character)| is_hidden(*character)) {
            writer.write_all(&fragment.as_bytes()[plain..at])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + character.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[plain..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_valid_and_visible() {
        let hostile = "a\x1b]0;x\x07\u{9b}\u{202e}\u{e0041}\"\\\n\u{7f}é";
        let text = to_json(&hostile);
        assert!(!text.chars().any(is_hidden), "{text}");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
    }
}
