//! Script blocks that were logged in parts become one row, with the time of the first part.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::part::Rows;
use super::row::{Cell, LAYOUTS};
use super::spill::{self, Frame, Part};

/// A longer script is cut here.
const LONGEST: usize = 64 << 20;

/// One part, and where it is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    machine: u32,
    source: u32,
    block: String,
    record: i64,
    part: i64,
    offset: u64,
    length: u32,
}

/// Replaces the partition of parts by joined rows in the partition of whole scripts.
pub fn join(parts: &mut Vec<(Part, PathBuf, u64)>, table: u8, dropped: &BTreeSet<u32>, root: &Path) -> io::Result<()> {
    let pieces_of = Part::Rows { table, group: 1 };
    let Some(place) = parts.iter().position(|(part, _, _)| *part == pieces_of) else { return Ok(()) };
    let (_, path, bytes) = parts.remove(place);
    let whole = Part::Rows { table, group: 0 };
    let target = parts.iter().find(|(part, _, _)| *part == whole).map_or_else(|| root.join(".work/scripts.rows"), |(_, path, _)| path.clone());
    let mut out = BufWriter::new(OpenOptions::new().create(true).append(true).open(&target)?);
    let mut written = 0;
    let pieces = read_pieces(&path, table, dropped)?;
    let mut rows = Rows::open(&path, bytes)?;
    for group in
        pieces.chunk_by(|left, right| (left.machine, left.source, &left.block) == (right.machine, right.source, &right.block) && left.part < right.part)
    {
        let frame = joined(&mut rows, group, table)?;
        out.write_all(&frame)?;
        written += frame.len() as u64;
    }
    out.into_inner().map_err(io::IntoInnerError::into_error)?;
    std::fs::remove_file(&path)?;
    match parts.iter_mut().find(|(part, _, _)| *part == whole) {
        Some((_, _, bytes)) => *bytes += written,
        None => parts.push((whole, target, written)),
    }
    Ok(())
}

fn read_pieces(path: &Path, table: u8, dropped: &BTreeSet<u32>) -> io::Result<Vec<Piece>> {
    let layout = &LAYOUTS[usize::from(table)];
    let mut input = io::BufReader::with_capacity(1 << 20, File::open(path)?);
    let (mut pieces, mut bytes, mut offset) = (Vec::new(), Vec::new(), 0u64);
    loop {
        let mut prefix = [0; 4];
        match input.read_exact(&mut prefix) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
        let length = u32::from_le_bytes(prefix);
        bytes.resize(length as usize, 0);
        input.read_exact(&mut bytes)?;
        let mut frame = Frame::new(&bytes);
        if let Some(head) = frame.head().filter(|head| !dropped.contains(&head.source)) {
            let mut cells = vec![Cell::Missing; layout.width];
            frame.cells(&mut cells);
            pieces.push(Piece {
                machine: head.machine,
                source: head.source,
                block: cells[layout.block].text().unwrap_or_default().to_string(),
                record: head.record_id,
                part: cells[layout.part].int().unwrap_or_default(),
                offset: offset + 4,
                length,
            });
        }
        offset += 4 + u64::from(length);
    }
    pieces.sort_unstable();
    Ok(pieces)
}

fn joined(rows: &mut Rows, group: &[Piece], table: u8) -> io::Result<Vec<u8>> {
    let layout = &LAYOUTS[usize::from(table)];
    let mut text = String::new();
    let mut out = Vec::new();
    for piece in group {
        let mut frame = rows.frame(piece.offset, piece.length)?;
        frame.head();
        let mut cells = vec![Cell::Missing; layout.width];
        frame.cells(&mut cells);
        let part = cells[layout.script].text().unwrap_or_default();
        if text.len() + part.len() <= LONGEST {
            text.push_str(part);
        }
    }
    if let Some(first) = group.first() {
        let mut frame = rows.frame(first.offset, first.length)?;
        if let Some(head) = frame.head() {
            let mut cells = vec![Cell::Missing; layout.width];
            frame.cells(&mut cells);
            cells[layout.script] = Cell::Text(text.into());
            let start = spill::begin(&mut out, &head);
            spill::put_cells(&mut out, &cells);
            spill::end(&mut out, start);
        }
    }
    Ok(out)
}
