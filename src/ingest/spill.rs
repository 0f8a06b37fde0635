//! Rows between the two phases: files beside the store, one for each partition, appended through bounded buffers.
//!
//! A frame is its length, the head, and the body: for an event its raw fields, for a row of a table its cells.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::row::{Cell, Head, Whose};

/// What is written and sorted together: a kind of events, or a group of operations of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    Event {
        channel: u32,
        event_id: i64,
    },
    /// Kinds beyond `MAX_KINDS`.
    OtherEvents,
    /// A table's number, and which of its groups.
    Rows {
        table: u8,
        group: u8,
    },
}

/// Buffers hold this much together before they are written out.
const BUFFERED: usize = 48 << 20;
/// A partition's buffer alone.
const BUFFER: usize = 4 << 20;
/// More kinds than this share a partition.
const MAX_KINDS: usize = 400;

/// Bytes of an encoded head.
pub const HEAD: usize = 65;

fn put_u32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_i64(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(&number.to_le_bytes());
}

/// Begins a frame; the result goes to `end`.
pub fn begin(out: &mut Vec<u8>, head: &Head) -> usize {
    let start = out.len();
    put_u32(out, 0);
    put_i64(out, head.stated);
    put_i64(out, head.local);
    put_i64(out, head.sensor);
    out.push(u8::from(head.states_utc) | u8::from(head.doubtful) << 1 | u8::from(head.was_read) << 2 | (head.whose as u8) << 3);
    for number in [head.source, head.machine, head.ends[0], head.ends[1], head.provider, head.channel] {
        put_u32(out, number);
    }
    put_i64(out, head.event_id);
    put_i64(out, head.record_id);
    start
}

pub fn end(out: &mut [u8], start: usize) {
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

pub fn put_field(out: &mut Vec<u8>, name: u32, value: &str) {
    put_u32(out, name);
    put_u32(out, value.len() as u32);
    out.extend_from_slice(value.as_bytes());
}

pub fn put_cells(out: &mut Vec<u8>, cells: &[Cell<'_>]) {
    for (place, cell) in cells.iter().enumerate() {
        let tag = match cell {
            Cell::Missing => continue,
            Cell::Text(_) => 0,
            Cell::Int(_) => 1,
            Cell::Bool(false) => 2,
            Cell::Bool(true) => 3,
        };
        out.push(place as u8);
        out.push(tag);
        match cell {
            Cell::Text(text) => {
                put_u32(out, text.len() as u32);
                out.extend_from_slice(text.as_bytes());
            }
            Cell::Int(number) => put_i64(out, *number),
            _ => {}
        }
    }
}

/// Reads what was put, front to back.
pub struct Frame<'a> {
    bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    pub fn new(bytes: &'a [u8]) -> Frame<'a> {
        Frame { bytes }
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.take(8)?.try_into().ok().map(i64::from_le_bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.u32()? as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }

    pub fn head(&mut self) -> Option<Head> {
        let (stated, local, sensor) = (self.i64()?, self.i64()?, self.i64()?);
        let flags = self.take(1)?[0];
        Some(Head {
            stated,
            local,
            sensor,
            states_utc: flags & 1 != 0,
            doubtful: flags & 2 != 0,
            was_read: flags & 4 != 0,
            source: self.u32()?,
            machine: self.u32()?,
            whose: match flags >> 3 {
                0 => Whose::Named,
                1 => Whose::Originator,
                2 => Whose::Responder,
                _ => Whose::Unknown,
            },
            ends: [self.u32()?, self.u32()?],
            provider: self.u32()?,
            channel: self.u32()?,
            event_id: self.i64()?,
            record_id: self.i64()?,
        })
    }

    pub fn field(&mut self) -> Option<(u32, &'a str)> {
        Some((self.u32()?, self.text()?))
    }

    /// The cells of a row, into places that are all missing.
    pub fn cells(&mut self, cells: &mut [Cell<'a>]) {
        while let Some(&[place, tag]) = self.take(2) {
            let cell = match tag {
                0 => self.text().map(|text| Cell::Text(Cow::Borrowed(text))),
                1 => self.i64().map(Cell::Int),
                tag => Some(Cell::Bool(tag == 3)),
            };
            if let (Some(cell), Some(slot)) = (cell, cells.get_mut(usize::from(place))) {
                *slot = cell;
            }
        }
    }
}

/// One partition.
#[derive(Debug, Default)]
struct Partition {
    buffer: Vec<u8>,
    path: PathBuf,
    /// Bytes in the file.
    written: u64,
}

/// All partitions of a generation.
#[derive(Debug)]
pub struct Spill {
    folder: PathBuf,
    parts: BTreeMap<Part, Partition>,
    buffered: usize,
    files: u64,
}

impl Spill {
    /// The folder must be there, and empty.
    pub fn new(folder: &Path) -> Spill {
        Spill { folder: folder.to_path_buf(), parts: BTreeMap::new(), buffered: 0, files: 0 }
    }

    pub fn append(&mut self, part: Part, frames: &[u8]) -> io::Result<()> {
        let full = self.parts.len() >= MAX_KINDS && !self.parts.contains_key(&part);
        let part = if full && matches!(part, Part::Event { .. }) { Part::OtherEvents } else { part };
        let files = &mut self.files;
        let folder = &self.folder;
        let partition = self.parts.entry(part).or_insert_with(|| {
            *files += 1;
            Partition { path: folder.join(format!("{files}.rows")), ..Partition::default() }
        });
        partition.buffer.extend_from_slice(frames);
        self.buffered += frames.len();
        if partition.buffer.len() >= BUFFER {
            self.buffered = self.buffered.saturating_sub(partition.buffer.len());
            flush(partition)?;
        }
        if self.buffered >= BUFFERED {
            for partition in self.parts.values_mut() {
                flush(partition)?;
            }
            self.buffered = 0;
        }
        Ok(())
    }

    /// Everything on disk, and the files; the next row begins a new generation.
    pub fn take(&mut self) -> io::Result<Vec<(Part, PathBuf, u64)>> {
        self.buffered = 0;
        let mut done = Vec::new();
        for (part, mut partition) in std::mem::take(&mut self.parts) {
            flush(&mut partition)?;
            done.push((part, partition.path, partition.written));
        }
        Ok(done)
    }
}

fn flush(partition: &mut Partition) -> io::Result<()> {
    if !partition.buffer.is_empty() {
        let mut file: File = OpenOptions::new().create(true).append(true).open(&partition.path)?;
        file.write_all(&partition.buffer)?;
        partition.written += partition.buffer.len() as u64;
        partition.buffer = Vec::new();
    }
    Ok(())
}
