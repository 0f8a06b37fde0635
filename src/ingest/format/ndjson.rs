//! One JSON object per line.

use std::borrow::Cow;
use std::io::{self, Read};

use memchr::{memchr, memrchr};

use super::super::json::Fault;
use super::super::record::Record;
use super::super::shape::{ShapeReader, parse};
use super::{Format, Sink, Unit};
use crate::telemetry::mapping::shape::Nested;

pub struct NdJson;

/// Bytes of a unit, unless a line is longer.
pub const UNIT: usize = 1 << 20;
/// A longer line is not read, only passed over and reported.
pub const LONGEST: usize = 64 << 20;

impl Format for NdJson {
    fn recognises(&self, head: &[u8]) -> bool {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        // What was peeked at may end inside a line.
        let whole = if head.len() < super::PEEK - 3 { head.len() } else { memrchr(b'\n', head).unwrap_or_default() };
        if whole == 0 {
            return head.trim_ascii_start().starts_with(b"{\"") && memchr(b'\n', head).is_none();
        }
        let mut record = Record::default();
        // A broken object is still one: what counts against a file is what does not even begin as one.
        let (mut read_well, mut objects, mut others) = (0, 0, 0);
        for line in head[..whole].split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).take(100) {
            *if line.trim_ascii_start().starts_with(b"{") { &mut objects } else { &mut others } += 1;
            read_well += usize::from(parse(&String::from_utf8_lossy(line), Nested::Kept, &mut record).is_ok() && record.width() > 0);
        }
        read_well > 0 && objects >= others
    }

    fn cut(&self, input: &mut dyn Read, each: &mut dyn FnMut(Unit) -> bool) -> io::Result<()> {
        let mut unit = Unit::default();
        let mut failure = None;
        // Set while the rest of a line that is too long is passed over.
        let mut skipping = false;
        loop {
            let count = super::read_on(input, &mut unit, UNIT, &mut failure);
            if skipping {
                let end = memchr(b'\n', &unit.bytes).map_or(unit.bytes.len(), |place| place + 1);
                skipping = end == unit.bytes.len() && unit.bytes.last() != Some(&b'\n');
                unit.bytes.drain(..end);
                unit.offset += end as u64;
            }
            if count == 0 {
                break;
            }
            match memrchr(b'\n', &unit.bytes) {
                Some(place) => {
                    let rest = unit.bytes.split_off(place + 1);
                    let next = Unit { offset: unit.offset + unit.bytes.len() as u64, bytes: rest, rejected: Vec::new() };
                    if !each(std::mem::replace(&mut unit, next)) {
                        return Ok(());
                    }
                }
                None if unit.bytes.len() > LONGEST => {
                    unit.rejected.push((unit.offset, format!("a line of more than {} MiB", LONGEST >> 20)));
                    unit.offset += unit.bytes.len() as u64;
                    unit.bytes.clear();
                    skipping = true;
                }
                None => {}
            }
        }
        if !unit.bytes.is_empty() || !unit.rejected.is_empty() {
            each(unit);
        }
        failure.map_or(Ok(()), Err)
    }

    fn decode(&self, unit: &Unit, sink: &mut dyn Sink) {
        let (mut record, mut reader) = (Record::default(), ShapeReader::default());
        let valid = std::str::from_utf8(&unit.bytes).is_ok();
        let mut start = 0;
        while start < unit.bytes.len() {
            let end = memchr(b'\n', &unit.bytes[start..]).map_or(unit.bytes.len(), |place| start + place);
            let line = &unit.bytes[start..end];
            let line = if start == 0 && unit.offset == 0 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
            if !line.trim_ascii().is_empty() {
                // Damaged characters cost themselves, not their record.
                let text = if valid { std::str::from_utf8(line).map(Cow::Borrowed).unwrap_or_default() } else { String::from_utf8_lossy(line) };
                match reader.read(&text, &mut record) {
                    Ok(()) => sink.record(&mut record),
                    Err(fault) => sink.reject(Some(unit.offset + start as u64 + fault.at as u64), &reason(&fault)),
                }
            }
            start = end + 1;
        }
    }

    fn grows(&self) -> bool {
        true
    }

    fn unfinished(&self, line: &[u8]) -> Option<String> {
        if line.trim_ascii().is_empty() {
            return None;
        }
        parse(&String::from_utf8_lossy(line), Nested::Kept, &mut Record::default()).err().map(|fault| reason(&fault))
    }
}

/// Why a text is no record.
pub fn reason(fault: &Fault) -> String {
    format!("not JSON: {}", fault.reason)
}
