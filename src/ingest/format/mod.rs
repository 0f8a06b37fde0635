//! Formats of raw telemetry. A new one is a file here and a line in `FORMATS`.
//!
//! A format cuts a stream into units that can be decoded apart, on any thread, and decodes a unit into records.

mod csv;
mod documents;
mod evtx;
mod lines;
mod ndjson;
mod zeek;

use std::io::{self, Read};
use std::sync::Arc;

use super::record::Record;
use super::shape::Shapes;

/// A part of a file that is decoded by itself.
#[derive(Debug, Default)]
pub struct Unit {
    pub bytes: Vec<u8>,
    /// Where it begins in the file.
    pub offset: u64,
    /// What was left out while cutting: place and reason.
    pub rejected: Vec<(u64, String)>,
    /// What stood before it in the file and tells how it is read: names of columns.
    pub heading: Arc<str>,
}

/// Takes what a unit holds.
pub trait Sink {
    /// The shapes that records may have.
    fn shapes(&self) -> Arc<Shapes>;
    fn record(&mut self, record: &mut Record);
    /// Records that could not be read: where the first of them is, why, how many.
    fn reject(&mut self, offset: Option<u64>, reason: &str);
}

pub trait Format: Sync + Send {
    /// By the first bytes of a file, as many as could be had up to `PEEK`.
    fn recognises(&self, head: &[u8]) -> bool;
    /// Calls `each` for every unit in order; stops when it answers false. Holds one unit at a time.
    fn cut(&self, input: &mut dyn Read, each: &mut dyn FnMut(Unit) -> bool) -> io::Result<()>;
    fn decode(&self, unit: &Unit, sink: &mut dyn Sink);
    /// Files grow at their end, line by line, and what they were stays as it is.
    fn grows(&self) -> bool {
        false
    }
    /// Why a last line without an end can't be read; none when it is whole all the same.
    fn unfinished(&self, _line: &[u8]) -> Option<String> {
        None
    }
}

/// All formats, asked in this order.
pub const FORMATS: &[&dyn Format] = &[&evtx::Evtx, &zeek::Tsv, &documents::Arrays, &ndjson::NdJson, &documents::Objects, &csv::Csv];

/// The format of rows that something else than a text holds, once they are lines.
pub static ROWS: ndjson::NdJson = ndjson::NdJson;

/// How much of a file decides what it is.
pub const PEEK: usize = 64 << 10;

/// Fills the buffer as far as the input goes. What came before a failure counts: the failure is told by the next call, so the input must repeat it.
pub fn read_fully(input: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) if filled > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The next bytes of the input behind those of the unit, and how many they are: none at its end. An input that fails ends as well, and says so in
/// `failure`: what was read of it is told first.
fn read_on(input: &mut dyn Read, unit: &mut Unit, bytes: usize, failure: &mut Option<io::Error>) -> usize {
    let kept = unit.bytes.len();
    unit.bytes.resize(kept + bytes, 0);
    let count = read_fully(input, &mut unit.bytes[kept..]).unwrap_or_else(|error| {
        *failure = Some(error);
        0
    });
    unit.bytes.truncate(kept + count);
    count
}
