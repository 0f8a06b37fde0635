//! One JSON object per line.

use std::io::{self, Read};

use memchr::{memchr, memrchr};

use super::super::json::Fault;
use super::super::record::Record;
use super::super::shape::{ShapeReader, parse};
use super::super::text::without_mark;
use super::{Format, Sink, Unit, lines};
use crate::telemetry::mapping::shape::Nested;

pub struct NdJson;

impl Format for NdJson {
    fn recognises(&self, head: &[u8]) -> bool {
        let head = without_mark(head);
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
        lines::cut(input, each)
    }

    fn decode(&self, unit: &Unit, sink: &mut dyn Sink) {
        let (mut record, mut reader) = (Record::default(), ShapeReader::new(sink.shapes()));
        lines::each(unit, &mut |offset, line| {
            if let Err(fault) = reader.read(line, &mut record, &mut |record| sink.record(record)) {
                sink.reject(Some(offset + fault.at as u64), &reason(&fault));
            }
        });
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
