//! What all formats of lines share: a stream is cut behind a line, and a unit gives its lines as text.

use std::borrow::Cow;
use std::io::{self, Read};

use memchr::{memchr, memrchr};

use super::super::text::without_mark;
use super::{Unit, read_on};

/// Bytes of a unit, unless a line is longer.
pub const UNIT: usize = 1 << 20;
/// A longer line is not read, only passed over and reported.
pub const LONGEST: usize = 64 << 20;

/// Cuts a stream into units of whole lines.
pub fn cut(input: &mut dyn Read, each: &mut dyn FnMut(Unit) -> bool) -> io::Result<()> {
    let mut unit = Unit::default();
    let mut failure = None;
    // Set while the rest of a line that is too long is passed over.
    let mut skipping = false;
    loop {
        let count = read_on(input, &mut unit, UNIT, &mut failure);
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
                let next = Unit { offset: unit.offset + unit.bytes.len() as u64, bytes: rest, ..Unit::default() };
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

/// Calls `line` with every line that is not blank, and where it begins in the file. Damaged characters cost themselves, not their record.
pub fn each(unit: &Unit, line: &mut dyn FnMut(u64, &str)) {
    let valid = std::str::from_utf8(&unit.bytes).is_ok();
    let mut start = 0;
    while start < unit.bytes.len() {
        let end = memchr(b'\n', &unit.bytes[start..]).map_or(unit.bytes.len(), |place| start + place);
        let bytes = &unit.bytes[start..end];
        // Files that were put behind each other each bring their mark.
        let bytes = without_mark(bytes);
        if !bytes.trim_ascii().is_empty() {
            let text = if valid { std::str::from_utf8(bytes).map(Cow::Borrowed).unwrap_or_default() } else { String::from_utf8_lossy(bytes) };
            line(unit.offset + start as u64, &text);
        }
        start = end + 1;
    }
}
