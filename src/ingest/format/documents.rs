//! JSON that is not one record a line: an array of objects, objects over many lines or side by side, and an object around an array of records.
//!
//! Only the ends of values are looked for while a stream is cut, so that an array of any length is read a piece at a time.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::Arc;

use memchr::{memchr, memchr_iter, memchr2};

use super::super::record::Record;
use super::super::shape::{ShapeReader, parse};
use super::super::text::without_mark;
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

/// A longer first key tells nothing of a record, nor do more of them.
const LONGEST_KEY: usize = 256;
const MOST_KEYS: usize = 1000;
/// Records that are tried for one that is whole.
const TRIED: usize = 20;
/// What is damaged may be read again so often.
const AGAIN: usize = 64;

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
            b'[' => rest.trim_ascii_start().starts_with(b"{") || has_record(rest),
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
        let whole = match Scanner::default().next(text, 0) {
            Next::Object(start, end) => {
                text[..start].trim_ascii().is_empty()
                    && std::str::from_utf8(&text[start..end]).is_ok_and(|text| parse(text, Nested::Kept, &mut Record::default()).is_ok())
            }
            Next::Broken(_) | Next::More => false,
        };
        let whole = whole || (text.trim_ascii_start().starts_with(b"{") && has_record(text));
        whole || (head.len() >= PEEK - 3 && text.trim_ascii_start().starts_with(b"{\""))
    }

    fn cut(&self, input: &mut dyn Read, each: &mut dyn FnMut(Unit) -> bool) -> io::Result<()> {
        cut(input, each)
    }

    fn decode(&self, unit: &Unit, sink: &mut dyn Sink) {
        decode(unit, sink);
    }
}

/// What a scan comes to.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// An object, from its first to behind its last byte.
    Object(usize, usize),
    /// What begins here is no object: a bracket closes what another opened.
    Broken(usize),
    /// No object ends in these bytes.
    More,
}

/// Finds objects that are in no other object, through pieces of a stream.
#[derive(Debug, Default)]
struct Scanner {
    /// Of the object that is open; 0 outside.
    depth: u32,
    /// Which of the innermost 64 brackets are of arrays, the last one lowest.
    arrays: u64,
    in_text: bool,
    start: usize,
    at: usize,
    /// Something is around the records, and may be again where files were put behind each other.
    is_wrapped: bool,
}

impl Scanner {
    fn new(is_wrapped: bool) -> Scanner {
        Scanner { is_wrapped, ..Scanner::default() }
    }

    /// Begins anew at a place.
    fn begin(&mut self, at: usize) {
        *self = Scanner { at, start: at, ..Scanner::new(self.is_wrapped) };
    }

    /// The next object. Goes on where it stopped; `from` is where an object may begin at the earliest.
    fn next(&mut self, bytes: &[u8], from: usize) -> Next {
        if self.depth == 0 && !self.in_text {
            self.at = self.at.max(from);
        }
        while let Some(&byte) = bytes.get(self.at) {
            if self.in_text {
                let Some(found) = memchr2(b'"', b'\\', &bytes[self.at..]) else {
                    self.at = bytes.len();
                    return Next::More;
                };
                let place = self.at + found;
                if bytes[place] == b'\\' {
                    // The escaped byte may lie in the next piece.
                    if place + 1 >= bytes.len() {
                        self.at = place;
                        return Next::More;
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
                b'{' | b'[' if self.depth > 0 => {
                    self.depth += 1;
                    self.arrays = self.arrays << 1 | u64::from(byte == b'[');
                }
                b'{' => match self.around(&bytes[self.at - 1..]) {
                    0 => (self.depth, self.arrays, self.start) = (1, 0, self.at - 1),
                    around => self.at += around - 1,
                },
                b'}' | b']' if self.depth > 0 => {
                    // Deeper brackets than are known of count as objects.
                    if self.depth <= 64 && (self.arrays & 1 == 1) != (byte == b']') {
                        return Next::Broken(self.start);
                    }
                    self.depth -= 1;
                    self.arrays >>= 1;
                    if self.depth == 0 {
                        return Next::Object(self.start, self.at);
                    }
                }
                _ => {}
            }
        }
        Next::More
    }

    /// How much of what begins here is around records.
    fn around(&self, object: &[u8]) -> usize {
        let is_key = |key: &[u8]| AROUND.iter().any(|known| known.as_bytes() == key);
        if self.is_wrapped && first_key(object).is_some_and(is_key) { around(object) } else { 0 }
    }

    /// So many bytes before all places were dropped.
    fn shift(&mut self, bytes: usize) {
        self.at -= bytes;
        self.start = self.start.saturating_sub(bytes);
    }
}

/// Where the next record begins behind damage: at an object with a key, behind the end of another. In a text such a quote would be escaped. `known` are keys
/// with which records of this file begin, where that is known: other objects in arrays are parts of a record.
fn recover(bytes: &[u8], from: usize, known: &BTreeSet<Vec<u8>>) -> Option<usize> {
    let before = |place: usize| bytes[..place].iter().rposition(|byte| !byte.is_ascii_whitespace());
    let follows = |open: usize| match before(open).map(|place| (place, bytes[place])) {
        Some((place, b',')) => before(place).is_some_and(|place| matches!(bytes[place], b'}' | b']')),
        Some((place, b'[')) => before(place).is_some_and(|place| matches!(bytes[place], b']' | b'}' | b':')),
        Some((place, b'}')) => bytes[place..open].contains(&b'\n'),
        Some(_) | None => false,
    };
    let is_known = |open: usize| first_key(&bytes[open..]).is_some_and(|key| known.is_empty() || known.contains(key));
    memchr_iter(b'{', bytes.get(from..)?).map(|place| from + place).find(|open| is_known(*open) && follows(*open))
}

/// Whether a record stands behind what is damaged.
fn has_record(bytes: &[u8]) -> bool {
    let any = BTreeSet::new();
    let starts = std::iter::successors(recover(bytes, 0, &any), |start| recover(bytes, start + 1, &any));
    starts.take(TRIED).any(|start| match Scanner::default().next(bytes, start) {
        Next::Object(start, end) => parse(&String::from_utf8_lossy(&bytes[start..end]), Nested::Kept, &mut Record::default()).is_ok(),
        Next::Broken(_) | Next::More => false,
    })
}

/// The key behind the bracket that an object opens with.
fn first_key(object: &[u8]) -> Option<&[u8]> {
    let inner = object.get(1..)?.trim_ascii_start().strip_prefix(b"\"")?;
    inner.get(..memchr(b'"', inner.get(..LONGEST_KEY.min(inner.len()))?)?)
}

fn cut(input: &mut dyn Read, each: &mut dyn FnMut(Unit) -> bool) -> io::Result<()> {
    let mut unit = Unit::default();
    let (mut scanner, mut ended, mut heading) = (Scanner::default(), 0, None);
    let mut known = BTreeSet::new();
    let mut failure = None;
    loop {
        let count = super::read_on(input, &mut unit, UNIT, &mut failure);
        let heading = heading.get_or_insert_with(|| {
            let before: Vec<u8> = unit.bytes.drain(..around(&unit.bytes)).collect();
            unit.offset = before.len() as u64;
            let around = without_mark(&before);
            scanner.is_wrapped = !around.is_empty();
            Arc::<str>::from(String::from_utf8_lossy(around))
        });
        unit.heading = heading.clone();
        if count == 0 {
            break;
        }
        loop {
            match scanner.next(&unit.bytes, 0) {
                Next::Object(start, end) => {
                    learn(&mut known, &unit.bytes[start..end]);
                    ended = end;
                }
                // Whoever decodes it finds the same, and goes on at the same place.
                Next::Broken(start) => {
                    let next = recover(&unit.bytes, start + 1, &known);
                    scanner.begin(next.unwrap_or(unit.bytes.len()));
                    ended = next.unwrap_or(ended);
                }
                Next::More => break,
            }
        }
        // A quote that nothing closes would swallow the rest: what is intact of it is found when it is decoded.
        if ended == 0 && unit.bytes.len() > LONGEST {
            ended = recover(&unit.bytes, unit.bytes.len() - UNIT, &known).unwrap_or(unit.bytes.len());
            scanner.begin(ended);
        }
        if ended > 0 {
            let rest = unit.bytes.split_off(ended);
            scanner.shift(ended);
            let next = Unit { offset: unit.offset + ended as u64, bytes: rest, ..Unit::default() };
            ended = 0;
            if !each(std::mem::replace(&mut unit, next)) {
                return Ok(());
            }
        }
    }
    if !unit.bytes.is_empty() || !unit.rejected.is_empty() {
        each(unit);
    }
    failure.map_or(Ok(()), Err)
}

/// Keeps the first key of a record. Damage may make keys without end.
fn learn(known: &mut BTreeSet<Vec<u8>>, object: &[u8]) {
    if let Some(key) = first_key(object).filter(|key| known.len() < MOST_KEYS && !known.contains(*key)) {
        known.insert(key.to_vec());
    }
}

fn decode(unit: &Unit, sink: &mut dyn Sink) {
    let (mut record, mut reader) = (Record::default(), ShapeReader::new(sink.shapes()));
    let bytes = unit.bytes.as_slice();
    let valid = std::str::from_utf8(bytes).is_ok();
    let (mut scanner, mut from, mut known) = (Scanner::new(!unit.heading.is_empty()), 0, BTreeSet::new());
    // What is read again behind damage, at most: damage of which each piece hides the next would else take for ever.
    let mut again = bytes.len().saturating_mul(AGAIN);
    loop {
        let (start, reached) = match scanner.next(bytes, from) {
            Next::Object(start, end) => {
                stray(unit, from, start, sink);
                let value = &bytes[start..end];
                let text = if valid { std::str::from_utf8(value).map(Cow::Borrowed).unwrap_or_default() } else { String::from_utf8_lossy(value) };
                match reader.read(&text, &mut record, &mut |record| sink.record(record)) {
                    Ok(()) => {
                        learn(&mut known, value);
                        from = end;
                        continue;
                    }
                    Err(fault) => sink.reject(Some(unit.offset + start as u64 + fault.at as u64), &reason(&fault)),
                }
                (start, end)
            }
            Next::Broken(start) => {
                stray(unit, from, start, sink);
                sink.reject(Some(unit.offset + start as u64), "not JSON: brackets that do not fit");
                (start, scanner.at)
            }
            Next::More if scanner.depth > 0 => {
                stray(unit, from, scanner.start, sink);
                sink.reject(Some(unit.offset + scanner.start as u64), "not JSON: an object without an end");
                (scanner.start, bytes.len())
            }
            Next::More => break,
        };
        // An intact record may lie in what was taken for one.
        let left = again.checked_sub(reached - start);
        match left.and_then(|left| Some((left, recover(bytes, start + 1, &known)?))) {
            Some((left, next)) => (again, from) = (left, next),
            None => from = reached,
        }
        scanner.begin(from);
    }
    // What follows the array of records belongs to what is around it.
    let rest = bytes[from..].trim_ascii_start();
    if !rest.strip_prefix(b"]").is_some_and(|rest| rest.trim_ascii_start().starts_with(b",")) {
        stray(unit, from, bytes.len(), sink);
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
