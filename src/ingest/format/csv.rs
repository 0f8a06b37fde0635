//! Tables as text: values between commas, semicolons, tabs or bars, some between blanks, below a line that names the columns.
//!
//! A value between quotes may go over many lines, so a stream is cut only behind a row that is whole.

use std::io::{self, Read};
use std::sync::Arc;

use ::csv::{ByteRecord, ReaderBuilder};
use memchr::{memchr, memchr_iter, memchr2};

use super::super::record::Record;
use super::super::shape::ShapeReader;
use super::super::text::without_mark;
use super::super::time;
use super::lines::{LONGEST, UNIT};
use super::{Format, PEEK, Sink, Unit, read_on};

pub struct Csv;

const DELIMITERS: [u8; 5] = [b',', b'\t', b';', b'|', b' '];
/// Blanks part the words of any text: the columns only of a table that has these.
const BLANK_PARTED: [&[u8]; 2] = [b"srcaddr", b"dstaddr"];
/// A name of a column is a few words.
const LONGEST_NAME: usize = 100;
const MOST_WORDS: usize = 5;
/// One of so many bytes may be a zero.
const ZEROS: usize = 64;
/// So many names are those of a table whatever stands below them.
const MANY: usize = 4;

/// A table from where its names are: behind the mark of its encoding, and a line `sep=;` that tells a spreadsheet what parts them.
fn table(head: &[u8]) -> &[u8] {
    let text = without_mark(head);
    let told = text.strip_prefix(b"sep=").and_then(|rest| rest.get(1..));
    told.and_then(|rest| rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"))).unwrap_or(text)
}

fn rows(bytes: &[u8], delimiter: u8) -> ::csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(bytes)
}

/// Rows that are looked at for one that has as many values as there are names.
const TRIED: usize = 20;

/// The delimiter of a table: names, and below them a row of as many values.
fn delimiter(head: &[u8]) -> Option<u8> {
    let text = table(head);
    let fits = |delimiter: &u8| {
        let mut rows = rows(text, *delimiter);
        let (mut names, mut values) = (ByteRecord::new(), ByteRecord::new());
        let named = rows.read_byte_record(&mut names).is_ok_and(|more| more)
            && names.len() > 1
            && names.iter().all(is_name)
            && names.iter().filter(|name| name.first().is_some_and(u8::is_ascii_digit)).count() * 2 < names.len()
            && (*delimiter != b' ' || BLANK_PARTED.iter().all(|wanted| names.iter().any(|name| name == *wanted)))
            && names.iter().any(|name| !name.trim_ascii().is_empty());
        // Prose has commas too: names of columns begin without a blank, unless there are many.
        let is_spaced = names.iter().skip(1).any(|name| name.starts_with(b" "));
        let is_prose = names.len() < 4 && is_spaced;
        if !named || is_prose {
            return false;
        }
        // Rows may be longer or shorter than the names, and the last one of what was peeked at may be cut off: one that fits will do, or none that is whole.
        let mut tried = 0;
        while tried < TRIED && rows.read_byte_record(&mut values).unwrap_or_default() {
            if values.len() == names.len() {
                return true;
            }
            tried += usize::from(rows.position().byte() < text.len() as u64 || text.len() < PEEK);
        }
        names.len() > 2 && (tried == 0 || (names.len() > MANY && !is_spaced))
    };
    DELIMITERS.into_iter().find(fits)
}

fn is_name(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name.trim_ascii()) else { return false };
    // A table of pandas leaves its first column without a name, others one between. What begins with a digit is a name where it has letters and is no time.
    let is_numbered = |first: char| first.is_ascii_digit() && name.contains(char::is_alphabetic) && !name.contains(':') && time::parse(name).is_none();
    let begins = name.chars().next().is_none_or(|first| first.is_alphabetic() || matches!(first, '_' | '@' | '#' | '$' | '%' | '(') || is_numbered(first));
    begins
        && name.len() <= LONGEST_NAME
        && name.split_whitespace().count() <= MOST_WORDS
        && !name.ends_with(['.', ':'])
        && !name.contains(['{', '}', '<', '>', '"'])
}

impl Format for Csv {
    fn recognises(&self, head: &[u8]) -> bool {
        // A table may be damaged, other files are full of zeros.
        memchr_iter(0, head).count() <= head.len() / ZEROS && delimiter(head).is_some()
    }

    fn cut(&self, input: &mut dyn Read, each: &mut dyn FnMut(Unit) -> bool) -> io::Result<()> {
        let mut unit = Unit::default();
        let mut failure = None;
        let mut scanner: Option<Scanner> = None;
        let mut heading: Option<Arc<str>> = None;
        loop {
            let count = read_on(input, &mut unit, UNIT, &mut failure);
            let scanner = scanner.get_or_insert_with(|| Scanner::of(&unit.bytes));
            scanner.scan(&unit.bytes);
            // A quote that nothing closes would swallow the rest: it counts as text, and its line as a row.
            while (count == 0 || unit.bytes.len() > LONGEST) && scanner.is_open() {
                let line = scanner.give_up(&unit.bytes);
                unit.rejected.push((unit.offset + line as u64, "not CSV: a quote without an end".to_string()));
                scanner.scan(&unit.bytes);
            }
            if heading.is_none() && (scanner.first > 0 || count == 0) {
                let first = if scanner.first > 0 { scanner.first } else { unit.bytes.len() };
                heading = Some(format!("{}{}", char::from(scanner.delimiter), String::from_utf8_lossy(table(&unit.bytes[..first]))).into());
            }
            if count == 0 {
                break;
            }
            if scanner.ended > 0 {
                let rest = unit.bytes.split_off(scanner.ended);
                scanner.shift();
                let next = Unit { offset: unit.offset + unit.bytes.len() as u64, bytes: rest, ..Unit::default() };
                unit.heading = heading.clone().unwrap_or_default();
                if !each(std::mem::replace(&mut unit, next)) {
                    return Ok(());
                }
            } else if unit.bytes.len() > LONGEST {
                unit.rejected.push((unit.offset, format!("a row of more than {} MiB", LONGEST >> 20)));
                unit.offset += unit.bytes.len() as u64;
                unit.bytes.clear();
                *scanner = Scanner { delimiter: scanner.delimiter, first: scanner.first, ..Scanner::of(b"") };
            }
        }
        unit.heading = heading.unwrap_or_default();
        if !unit.bytes.is_empty() || !unit.rejected.is_empty() {
            each(unit);
        }
        failure.map_or(Ok(()), Err)
    }

    fn decode(&self, unit: &Unit, sink: &mut dyn Sink) {
        // The heading begins with its delimiter.
        let Some((&delimiter, heading)) = unit.heading.as_bytes().split_first() else { return };
        let mut names = ByteRecord::new();
        if !rows(heading, delimiter).read_byte_record(&mut names).unwrap_or_default() {
            return;
        }
        let names: Vec<String> = names.iter().enumerate().map(|(place, name)| column(&String::from_utf8_lossy(name), place)).collect();
        // A quote without an end is text: what follows it is rows again.
        let open: Vec<usize> = unit.rejected.iter().filter_map(|(offset, _)| usize::try_from(offset.checked_sub(unit.offset)?).ok()).collect();
        let (mut record, mut reader) = (Record::default(), ShapeReader::new(sink.shapes()));
        let mut start = 0;
        for line in open.into_iter().chain([unit.bytes.len()]) {
            let piece = unit.bytes.get(start..line).unwrap_or_default();
            let skip_first = unit.offset == 0 && start == 0;
            decode(piece, delimiter, skip_first, &names, &mut |values| {
                fill(&mut record, &names, values);
                reader.place_read(&mut record);
                sink.record(&mut record);
            });
            start = line + memchr(b'\n', unit.bytes.get(line..).unwrap_or_default()).map_or(0, |end| end + 1);
        }
    }
}

/// What a portal that shows tables adds to the name of a column of times.
const ZONE: &str = " [UTC]";

/// A column without a name has its place.
fn column(name: &str, place: usize) -> String {
    let name = name.trim();
    let name = name.strip_suffix(ZONE).unwrap_or(name);
    if name.is_empty() { format!("column{}", place + 1) } else { name.to_string() }
}

fn decode(piece: &[u8], delimiter: u8, skip_first: bool, names: &[String], each: &mut dyn FnMut(&ByteRecord)) {
    let mut rows = rows(if skip_first { table(piece) } else { piece }, delimiter);
    let (mut values, mut is_first) = (ByteRecord::new(), skip_first);
    while rows.read_byte_record(&mut values).unwrap_or_default() {
        let is_heading = std::mem::take(&mut is_first);
        // Tables that were put together repeat their names.
        let repeats = values.len() == names.len()
            && values.iter().zip(names).enumerate().all(|(place, (value, name))| column(&String::from_utf8_lossy(without_mark(value)), place) == *name);
        if !is_heading && !repeats {
            each(&values);
        }
    }
}

fn fill(record: &mut Record, names: &[String], values: &ByteRecord) {
    record.clear();
    for (place, value) in values.iter().enumerate() {
        let name = match names.get(place) {
            Some(name) => record.keep(name),
            None => record.keep(&column("", place)),
        };
        let value = (!value.is_empty()).then(|| record.keep(&String::from_utf8_lossy(value)));
        record.push(name, value);
    }
}

/// Where in a row a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A quote here opens.
    Start,
    Plain,
    Quoted,
    /// A quote inside quotes: the end of them, or one of two.
    Closing,
}

/// Finds the ends of rows through pieces of a stream.
#[derive(Debug)]
struct Scanner {
    delimiter: u8,
    state: State,
    at: usize,
    /// Behind the last row that is whole, and behind the first of the stream.
    ended: usize,
    first: usize,
}

impl Scanner {
    /// For a stream that begins with these bytes.
    fn of(bytes: &[u8]) -> Scanner {
        let at = bytes.len() - table(bytes).len();
        Scanner { delimiter: delimiter(&bytes[..bytes.len().min(PEEK)]).unwrap_or(b','), state: State::Start, at, ended: 0, first: 0 }
    }

    fn scan(&mut self, bytes: &[u8]) {
        while let Some(&byte) = bytes.get(self.at) {
            self.state = match (self.state, byte) {
                (State::Quoted, b'"') => State::Closing,
                (State::Quoted, _) => {
                    self.at = memchr(b'"', &bytes[self.at..]).map_or(bytes.len(), |place| self.at + place);
                    continue;
                }
                (State::Start | State::Closing, b'"') => State::Quoted,
                (State::Start | State::Plain | State::Closing, b'\n') => {
                    self.ended = self.at + 1;
                    if self.first == 0 {
                        self.first = self.ended;
                    }
                    State::Start
                }
                (State::Start | State::Plain | State::Closing, byte) if byte == self.delimiter => State::Start,
                (State::Start | State::Plain | State::Closing, _) => {
                    let rest = &bytes[self.at..];
                    self.at += memchr2(b'\n', self.delimiter, rest).unwrap_or(rest.len());
                    self.state = State::Plain;
                    continue;
                }
            };
            self.at += 1;
        }
    }

    fn is_open(&self) -> bool {
        self.state == State::Quoted
    }

    /// Passes over the line in which the open quote is; gives where it begins.
    fn give_up(&mut self, bytes: &[u8]) -> usize {
        let line = self.ended;
        let end = memchr(b'\n', bytes.get(line..).unwrap_or_default()).map_or(bytes.len(), |place| line + place + 1);
        (self.ended, self.at, self.state) = (end, end, State::Start);
        line
    }

    /// The whole rows were taken away.
    fn shift(&mut self) {
        self.at -= self.ended;
        self.ended = 0;
    }
}
