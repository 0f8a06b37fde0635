//! Zeek's own logs: values between tabs, below lines of `#` that name them.
//!
//! A record becomes what Zeek's JSON would have said: sets and vectors are arrays, `T` is true, what is unset is null.

use std::borrow::Cow;
use std::io::{self, Read};
use std::sync::Arc;

use memchr::memmem;

use super::super::record::Record;
use super::super::shape::ShapeReader;
use super::super::text::without_mark;
use super::{Format, Sink, Unit, lines};
use crate::telemetry::mapping::shape::ZEEK_STREAM;

pub struct Tsv;

/// Between the columns that labels of malicious traffic add behind the last one.
const LABELS: &str = "   ";

impl Format for Tsv {
    fn recognises(&self, head: &[u8]) -> bool {
        let head = without_mark(head);
        head.starts_with(b"#separator") || (head.starts_with(b"#fields") && head[7..].first().is_some_and(|byte| !byte.is_ascii_alphanumeric()))
    }

    fn cut(&self, input: &mut dyn Read, each: &mut dyn FnMut(Unit) -> bool) -> io::Result<()> {
        let mut heading: Arc<str> = "".into();
        lines::cut(input, &mut |mut unit| {
            unit.heading = Arc::clone(&heading);
            // Logs that were put together have several headings, the last of which is that of the next unit.
            if unit.bytes.starts_with(b"#") || memmem::find(&unit.bytes, b"\n#").is_some() {
                let mut header = Header::of(&heading);
                lines::each(&unit, &mut |_, line| header.note(line));
                heading = header.text.into();
            }
            each(unit)
        })
    }

    fn decode(&self, unit: &Unit, sink: &mut dyn Sink) {
        let (mut record, mut reader) = (Record::default(), ShapeReader::new(sink.shapes()));
        let mut header = Header::of(&unit.heading);
        lines::each(unit, &mut |offset, line| {
            if line.starts_with('#') {
                return header.note(line);
            }
            match header.read(line.strip_suffix('\r').unwrap_or(line), &mut record) {
                Ok(()) => {
                    reader.place_read(&mut record);
                    sink.record(&mut record);
                }
                Err(reason) => sink.reject(Some(offset), reason),
            }
        });
    }
}

/// What a type makes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Flag,
    /// Several, of which numbers are written without quotes.
    Several {
        numbers: bool,
    },
}

impl Kind {
    fn of(kind: &str) -> Kind {
        let inner = ["set[", "vector[", "table["].iter().find_map(|outer| kind.strip_prefix(outer));
        match (inner, kind) {
            (Some(inner), _) => {
                Kind::Several { numbers: ["count", "int", "double", "interval", "time", "port"].iter().any(|number| inner.starts_with(number)) }
            }
            (None, "bool") => Kind::Flag,
            (None, _) => Kind::Plain,
        }
    }
}

/// The lines of `#` in force.
#[derive(Debug)]
struct Header {
    /// As they stand in the file.
    text: String,
    separator: String,
    between: String,
    empty: String,
    unset: String,
    stream: Option<String>,
    fields: Vec<String>,
    kinds: Vec<Kind>,
    /// How many of the fields stand in the last column, labels among them.
    labels: usize,
}

impl Header {
    fn of(text: &str) -> Header {
        let mut header = Header {
            text: String::new(),
            separator: "\t".into(),
            between: ",".into(),
            empty: "(empty)".into(),
            unset: "-".into(),
            stream: None,
            fields: Vec::new(),
            kinds: Vec::new(),
            labels: 1,
        };
        text.lines().for_each(|line| header.note(line));
        header
    }

    /// Takes a line of the heading; others are none of its business.
    fn note(&mut self, line: &str) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some(separator) = line.strip_prefix("#separator") {
            // A new log begins.
            *self = Header { text: format!("{line}\n"), separator: unescaped(separator.trim()).into_owned(), ..Header::of("") };
            return;
        }
        let Some((name, value)) = line.strip_prefix('#').and_then(|line| line.split_once(self.separator.as_str())) else { return };
        match name {
            "set_separator" => self.between = unescaped(value).into_owned(),
            "empty_field" => self.empty = value.to_string(),
            "unset_field" => self.unset = value.to_string(),
            "path" => self.stream = Some(value.to_string()),
            "fields" => {
                self.fields = value.split(self.separator.as_str()).map(str::to_string).collect();
                let last = self.fields.pop().unwrap_or_default();
                let last = last.split(LABELS).map(str::trim).filter(|name| !name.is_empty());
                let before = self.fields.len();
                self.fields.extend(last.map(str::to_string));
                self.labels = self.fields.len() - before;
                self.kinds = vec![Kind::Plain; self.fields.len()];
            }
            "types" => {
                let kinds = value.split(self.separator.as_str()).flat_map(|kind| kind.split(LABELS)).map(|kind| Kind::of(kind.trim()));
                self.kinds = kinds.take(self.fields.len()).collect();
                self.kinds.resize(self.fields.len(), Kind::Plain);
            }
            _ => return,
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Reads a line into the record.
    fn read(&self, line: &str, record: &mut Record) -> Result<(), &'static str> {
        if self.fields.is_empty() {
            return Err("not a Zeek log: values before the line that names them");
        }
        record.clear();
        let columns = self.fields.len() + 1 - self.labels;
        let mut values = line.split(self.separator.as_str());
        let (mut field, mut count) = (0, 0);
        for value in values.by_ref().take(columns) {
            count += 1;
            // Labels may be left out where nothing is known of a connection.
            let parts = if count == columns { self.labels } else { 1 };
            for part in value.splitn(parts, LABELS) {
                self.push(field, if parts > 1 { part.trim() } else { part }, record);
                field += 1;
            }
        }
        if count < columns {
            return Err("not a Zeek log: fewer values than names");
        }
        if values.next().is_some() {
            return Err("not a Zeek log: more values than names");
        }
        if let Some(stream) = &self.stream {
            let (name, value) = (record.keep(ZEEK_STREAM), record.keep(stream));
            record.push(name, Some(value));
        }
        Ok(())
    }

    fn push(&self, field: usize, text: &str, record: &mut Record) {
        let (Some(name), Some(kind)) = (self.fields.get(field), self.kinds.get(field)) else { return };
        let name = record.keep(name);
        if text == self.unset {
            return record.push(name, None);
        }
        let value = match kind {
            Kind::Flag if text == "T" => "true".into(),
            Kind::Flag if text == "F" => "false".into(),
            Kind::Several { .. } if text == self.empty => "[]".into(),
            Kind::Several { numbers } => self.array(text, *numbers).into(),
            Kind::Plain if text == self.empty => "".into(),
            Kind::Plain | Kind::Flag => unescaped(text),
        };
        let value = record.keep(&value);
        record.push(name, Some(value));
    }

    /// A separator inside an element is escaped.
    fn array(&self, text: &str, numbers: bool) -> String {
        let items = text.split(self.between.as_str()).map(|item| match unescaped(item) {
            item if item == self.unset => "null".to_string(),
            item if numbers && item.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e')) && !item.is_empty() => item.into_owned(),
            item => serde_json::Value::from(&*item).to_string(),
        });
        format!("[{}]", items.collect::<Vec<_>>().join(","))
    }
}

/// Without `\x09` for a byte, and `\\` for a backslash.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let bytes = text.as_bytes();
    let digit = |place: usize| bytes.get(place).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut out, mut place) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(place) {
        match (byte, bytes.get(place + 1), digit(place + 2), digit(place + 3)) {
            (b'\\', Some(b'x'), Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                place += 4;
            }
            (b'\\', Some(b'\\'), ..) => {
                out.push(b'\\');
                place += 2;
            }
            _ => {
                out.push(*byte);
                place += 1;
            }
        }
    }
    match String::from_utf8(out) {
        Ok(text) => text.into(),
        // What Zeek could not show as text it shows by its bytes; so does its JSON.
        Err(_) => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n#fields\tts\tquery\tanswers\tTTLs\tAA\n\
                        #types\ttime\tstring\tvector[string]\tvector[interval]\tbool\n";

    fn fields(header: &str, line: &str) -> Result<Vec<(String, String)>, &'static str> {
        let mut record = Record::default();
        Header::of(header).read(line, &mut record)?;
        Ok(record.fields().map(|(name, value)| (name.to_string(), value.to_string())).collect())
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn values_are_what_json_would_say() {
        let read = fields(HEAD, "1.5\ta\\x09b\\\\c\tx\\x2cy,-,z\t1.000000,2\tT");
        let expected = [("ts", "1.5"), ("query", "a\tb\\c"), ("answers", r#"["x,y",null,"z"]"#), ("TTLs", "[1.000000,2]"), ("AA", "true"), ("_path", "dns")];
        assert_eq!(read, Ok(pairs(&expected)));
        let read = fields(HEAD, "1.5\t-\t(empty)\t-\t-");
        assert_eq!(read, Ok(pairs(&[("ts", "1.5"), ("answers", "[]"), ("_path", "dns")])));
    }

    #[test]
    fn labels_are_columns_of_their_own() {
        let head = "#separator \\x09\n#path\tconn\n#fields\tts\ttunnel_parents   label   detailed-label\n#types\ttime\tset[string]   string   string\n";
        let read = fields(head, "1.5\t-   Malicious   C&C");
        assert_eq!(read, Ok(pairs(&[("ts", "1.5"), ("label", "Malicious"), ("detailed-label", "C&C"), ("_path", "conn")])));
        assert_eq!(fields(head, "1.5\t(empty)   benign   -"), Ok(pairs(&[("ts", "1.5"), ("tunnel_parents", "[]"), ("label", "benign"), ("_path", "conn")])));
    }

    #[test]
    fn lines_that_do_not_fit_are_refused() {
        assert!(fields(HEAD, "1.5\ta").is_err() && fields(HEAD, "1\t2\t3\t4\t5\t6").is_err() && fields("", "1.5").is_err());
    }
}
