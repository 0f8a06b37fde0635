//! JSON that is not one record a line: an array of objects, objects over many lines or side by side, and an object around an array of records.
//!
//! Only the ends of values are looked for while a stream is cut, so that an array of any length is read a piece at a time.

use std::borrow::Cow;
use std::io::{self, Read};

use memchr::memchr2;

use super::super::record::Record;
use super::super::shape::{ShapeReader, parse};
use super::lines::{LONGEST, UNIT};
use super::ndjson::reason;
use super::{Format, PEEK, Sink, Unit};
use crate::telemetry::mapping::shape::Nested;

/// Arrays, and objects that begin on a line of their own.
pub struct Arrays;

/// Objects over several lines. Asked after all that reads lines.
pub struct Objects;

/// Keys under which collectors put the array of records that a file is.
const AROUND: &[&str] = &["Records", "records", "value", "events", "Events", "results", "data", "logs"];

fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
}

/// Where the records begin: behind what is around them.
fn around(head: &[u8]) -> usize {
    let text = without_mark(head);
    let start = head.len() - text.len();
    let skip = |from: usize| from + text[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let after = |from: usize, word: &str| text[from..].starts_with(word.as_bytes()).then(|| skip(from + word.len()));
    let wrapped = AROUND.iter().find_map(|key| {
        let open = after(skip(0), "{")?;
        let colon = after(open, &format!("\"{key}\""))?;
        let array = after(after(colon, ":")?, "[")?;
        text[array..].starts_with(b"{").then_some(array)
    });
    start + wrapped.unwrap_or_default()
}

impl Format for Arrays {
    fn recognises(&self, head: &[u8]) -> bool {
        let text = without_mark(head).trim_ascii_start();
        let Some((first, rest)) = text.split_first() else { return false };
        match first {
            b'[' => rest.trim_ascii_start().starts_with(b"{"),
            b'{' => around(head) > head.len() - without_mark(head).len() || rest.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) == Some(&b'\n'),
            _ => false,
        }
    }

    fn cut(&self, input: &mut dyn Read, each: &mut dyn FnMut(Unit) -> bool) -> io::Result<()> {
        cut(input, each)
    }

    fn decode(&self, unit: &Unit, sink: &mut dyn Sink) {
        decode(unit, sink);
    }
}

impl Format for Objects {
    fn recognises(&self, head: &[u8]) -> bool {
        let text = without_mark(head);
        let whole = Scanner::default().next(text, 0).is_some_and(|(start, end)| {
            text[..start].trim_ascii().is_empty()
                && std::str::from_utf8(&text[start..end]).is_ok_and(|text| parse(text, Nested::Kept, &mut Record::default()).is_ok())
        });
        whole || (head.len() >= PEEK - 3 && text.trim_ascii_start().starts_with(b"{\""))
    }

    fn cut(&self, input: &mut dyn Read, each: &mut dyn FnMut(Unit) -> bool) -> io::Result<()> {
        cut(input, each)
    }

    fn decode(&self, unit: &Unit, sink: &mut dyn Sink) {
        decode(unit, sink);
    }
}

/// Finds objects that are in no other object, through pieces of a stream.
#[derive(Debug, Default)]
struct Scanner {
    /// Of the object that is open; 0 outside.
    depth: u32,
    in_text: bool,
    start: usize,
    at: usize,
}

impl Scanner {
    /// The next object that ends in these bytes, as start and end. Goes on where it stopped; `from` is where an object may begin at the earliest.
    fn next(&mut self, bytes: &[u8], from: usize) -> Option<(usize, usize)> {
        if self.depth == 0 && !self.in_text {
            self.at = self.at.max(from);
        }
        while let Some(&byte) = bytes.get(self.at) {
            if self.in_text {
                let Some(found) = memchr2(b'"', b'\\', &bytes[self.at..]) else {
                    self.at = bytes.len();
                    return None;
                };
                let place = self.at + found;
                if bytes[place] == b'\\' {
                    // The escaped byte may lie in the next piece.
                    if place + 1 >= bytes.len() {
                        self.at = place;
                        return None;
                    }
                    self.at = place + 2;
                } else {
                    self.in_text = false;
                    self.at = place + 1;
                }
                continue;
            }
            self.at += 1;
            match byte {
                // Between objects a quote is as wrong as any other text, and opens nothing.
                b'"' if self.depth > 0 => self.in_text = true,
                b'{' | b'[' if self.depth > 0 => self.depth += 1,
                b'{' => (self.depth, self.start) = (1, self.at - 1),
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some((self.start, self.at));
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// So many bytes before all places were dropped.
    fn shift(&mut self, bytes: usize) {
        self.at -= bytes;
        self.start = self.start.saturating_sub(bytes);
    }
}

fn cut(input: &mut dyn Read, each: &mut dyn FnMut(Unit) -> bool) -> io::Result<()> {
    let mut unit = Unit::default();
    let (mut scanner, mut ended, mut first) = (Scanner::default(), 0, true);
    let mut failure = None;
    loop {
        let count = super::read_on(input, &mut unit, UNIT, &mut failure);
        if std::mem::take(&mut first) {
            let begin = around(&unit.bytes);
            unit.bytes.drain(..begin);
            unit.offset = begin as u64;
        }
        if count == 0 {
            break;
        }
        while let Some((_, end)) = scanner.next(&unit.bytes, 0) {
            ended = end;
        }
        if ended > 0 {
            let rest = unit.bytes.split_off(ended);
            scanner.shift(ended);
            let next = Unit { offset: unit.offset + ended as u64, bytes: rest, ..Unit::default() };
            ended = 0;
            if !each(std::mem::replace(&mut unit, next)) {
                return Ok(());
            }
        } else if unit.bytes.len() > LONGEST {
            unit.rejected.push((unit.offset, format!("a record of more than {} MiB", LONGEST >> 20)));
            unit.offset += unit.bytes.len() as u64;
            unit.bytes.clear();
            scanner = Scanner::default();
        }
    }
    if !unit.bytes.is_empty() || !unit.rejected.is_empty() {
        each(unit);
    }
    failure.map_or(Ok(()), Err)
}

fn decode(unit: &Unit, sink: &mut dyn Sink) {
    let (mut record, mut reader) = (Record::default(), ShapeReader::new(sink.shapes()));
    let valid = std::str::from_utf8(&unit.bytes).is_ok();
    let (mut scanner, mut from) = (Scanner::default(), 0);
    while let Some((start, end)) = scanner.next(&unit.bytes, from) {
        stray(unit, from, start, sink);
        let value = &unit.bytes[start..end];
        let text = if valid { std::str::from_utf8(value).map(Cow::Borrowed).unwrap_or_default() } else { String::from_utf8_lossy(value) };
        if let Err(fault) = reader.read(&text, &mut record, &mut |record| sink.record(record)) {
            sink.reject(Some(unit.offset + start as u64 + fault.at as u64), &reason(&fault));
        }
        from = end;
    }
    if scanner.depth > 0 {
        stray(unit, from, scanner.start, sink);
        return sink.reject(Some(unit.offset + scanner.start as u64), "not JSON: an object without an end");
    }
    // What follows the array of records belongs to what is around it.
    let rest = unit.bytes[from..].trim_ascii_start();
    if !rest.strip_prefix(b"]").is_some_and(|rest| rest.trim_ascii_start().starts_with(b",")) {
        stray(unit, from, unit.bytes.len(), sink);
    }
}

/// What stands between records must be commas and brackets.
fn stray(unit: &Unit, from: usize, to: usize, sink: &mut dyn Sink) {
    let between = unit.bytes.get(from..to).unwrap_or_default();
    let between = if unit.offset + from as u64 == 0 { without_mark(between) } else { between };
    if let Some(place) = between.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'[' | b']' | b'}')) {
        sink.reject(Some(unit.offset + (from + place) as u64), "not JSON: text between records");
    }
}
