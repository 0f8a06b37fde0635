//! A partition's spill file: its rows in order, read back a few at a time.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::known::Known;
use super::row::{Head, NONE};
use super::spill::{Frame, HEAD};

/// Where a row is, and its place in the order of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Corrected; missing comes last.
    pub time: i64,
    machine: u32,
    source: u32,
    record: i64,
    pub file: u32,
    pub offset: u64,
    pub length: u32,
}

/// A file smaller than this is held whole while its rows are read.
const WHOLE: u64 = 48 << 20;

/// What the order of texts is, by their numbers.
pub struct Ranks(pub Vec<u32>);

impl Ranks {
    fn of(&self, number: u32) -> u32 {
        match number {
            0 => u32::MAX,
            number => self.0.get(number as usize).copied().unwrap_or(u32::MAX),
        }
    }
}

/// Sorted keys of a file, without rows of the sources that are left out. `fields` gathers the names that its events have.
pub fn read_keys(
    path: &Path,
    file: u32,
    known: &Known,
    ranks: &Ranks,
    dropped: &BTreeSet<u32>,
    mut fields: Option<&mut BTreeSet<u32>>,
) -> io::Result<Vec<Key>> {
    let mut input = BufReader::with_capacity(1 << 20, File::open(path)?);
    let mut keys = Vec::new();
    let mut bytes = Vec::new();
    let mut offset = 0u64;
    loop {
        let mut prefix = [0; 4];
        match input.read_exact(&mut prefix) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
        let length = u32::from_le_bytes(prefix);
        let wanted = if fields.is_some() { length as usize } else { HEAD.min(length as usize) };
        bytes.resize(wanted, 0);
        input.read_exact(&mut bytes)?;
        input.seek_relative(i64::from(length) - wanted as i64)?;
        let mut frame = Frame::new(&bytes);
        if let Some(head) = frame.head().filter(|head| !dropped.contains(&head.source)) {
            keys.push(key(head, known, ranks, file, offset + 4, length));
            if let Some(fields) = fields.as_deref_mut() {
                while let Some((name, _)) = frame.field() {
                    fields.insert(name);
                }
            }
        }
        offset += 4 + u64::from(length);
    }
    keys.sort_unstable();
    Ok(keys)
}

fn key(mut head: Head, known: &Known, ranks: &Ranks, file: u32, offset: u64, length: u32) -> Key {
    let last = |number: i64| if number == NONE { i64::MAX } else { number };
    let time = known.clocks.time(&head);
    known.settle(&mut head, time);
    Key { time: last(time), machine: ranks.of(head.machine), source: ranks.of(head.source), record: last(head.record_id), file, offset, length }
}

impl Key {
    /// The corrected time, `NONE` when there is none.
    pub fn time(&self) -> i64 {
        if self.time == i64::MAX { NONE } else { self.time }
    }
}

/// Reads rows by their keys.
pub struct Rows {
    file: File,
    whole: Vec<u8>,
    buffer: Vec<u8>,
    at: u64,
}

impl Rows {
    pub fn open(path: &PathBuf, bytes: u64) -> io::Result<Rows> {
        let mut file = File::open(path)?;
        let mut whole = Vec::new();
        if bytes <= WHOLE {
            whole.reserve_exact(bytes as usize);
            file.read_to_end(&mut whole)?;
        }
        Ok(Rows { file, whole, buffer: Vec::new(), at: u64::MAX })
    }

    pub fn row(&mut self, key: &Key) -> io::Result<Frame<'_>> {
        self.frame(key.offset, key.length)
    }

    pub fn frame(&mut self, offset: u64, length: u32) -> io::Result<Frame<'_>> {
        let (start, length) = (offset as usize, length as usize);
        if !self.whole.is_empty() {
            let bytes = self.whole.get(start..start + length).ok_or(io::ErrorKind::UnexpectedEof)?;
            return Ok(Frame::new(bytes));
        }
        // Rows mostly lie in order, so that a window over the file serves many of them.
        let inside = self.at != u64::MAX && offset >= self.at && offset + length as u64 <= self.at + self.buffer.len() as u64;
        if !inside {
            self.buffer.resize(length.max(128 << 10), 0);
            self.file.seek(SeekFrom::Start(offset))?;
            let count = super::format::read_fully(&mut self.file, &mut self.buffer)?;
            self.buffer.truncate(count);
            self.at = offset;
        }
        let start = (offset - self.at) as usize;
        let bytes = self.buffer.get(start..start + length).ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(Frame::new(bytes))
    }
}
