//! Parquet of any columns: its rows come out as lines of JSON, a piece at a time, and are read as such.
//!
//! Columns are read as they lie in the file, so that those of types which no query knows (decimals, arrays of one length) are read too.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use polars::error::{PolarsResult, polars_err};
use polars::prelude::{ArrayRef, ArrowField, ArrowSchema};
use polars_parquet::read::{
    BasicDecompressor, ColumnChunkMetadata, FileMetadata, Filter, PageReader, RowGroupMetadata, column_iter_to_arrays, infer_schema, read_metadata,
};

use super::arrow::write_value;

/// What a file of it begins with.
pub const MARK: &[u8] = b"PAR1";

/// Values that are decoded at once: as many rows as have these, between the two bounds.
const VALUES: usize = 2 << 20;
const FEWEST_ROWS: usize = 1024;
const MOST_ROWS: usize = 256 << 10;

/// A larger page is damage.
const LARGEST_PAGE: usize = 1 << 30;

/// Bytes of lines that are written at once.
const LINES: usize = 1 << 20;

/// A file as lines. Its description is at its end, so it must be one that can be read in any order.
pub struct Lines {
    file: File,
    length: u64,
    metadata: FileMetadata,
    schema: ArrowSchema,
    /// The row group that comes next, and its rows that are done.
    group: usize,
    done: usize,
    piece: Piece,
    out: Vec<u8>,
    at: usize,
}

/// Decoded rows.
#[derive(Default)]
struct Piece {
    /// Names as JSON, with the values of some arrays, one after the other.
    columns: Vec<(String, Vec<ArrayRef>)>,
    rows: usize,
    written: usize,
}

/// What a hostile file does to its reader is its own damage.
fn guarded<T>(work: impl FnOnce() -> PolarsResult<T>) -> io::Result<T> {
    let damaged = |reason: String| io::Error::new(io::ErrorKind::InvalidData, format!("not Parquet: {reason}"));
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(damaged(error.to_string().lines().next().unwrap_or_default().to_string())),
        Err(_) => Err(damaged("its reader gave up".to_string())),
    }
}

impl Lines {
    pub fn open(mut file: File) -> io::Result<Lines> {
        let length = file.metadata()?.len();
        let (metadata, schema) = guarded(|| {
            let metadata = read_metadata(&mut file)?;
            let schema = infer_schema(&metadata)?;
            Ok((metadata, schema))
        })?;
        Ok(Lines { file, length, metadata, schema, group: 0, done: 0, piece: Piece::default(), out: Vec::new(), at: 0 })
    }

    /// Decodes the next rows. False when there are none.
    fn decode(&mut self) -> io::Result<bool> {
        let Some(group) = self.metadata.row_groups.get(self.group) else { return Ok(false) };
        let from = self.done;
        let to = group.num_rows().min(from + (VALUES / group.n_columns().max(1)).clamp(FEWEST_ROWS, MOST_ROWS));
        let columns = self.schema.iter_values().map(|field| {
            let name = serde_json::Value::from(field.name.as_str()).to_string();
            Ok((name, guarded(|| column(&mut self.file, self.length, group, field, from, to))?))
        });
        let columns = columns.collect::<io::Result<Vec<_>>>()?;
        if columns.iter().any(|(_, arrays)| arrays.iter().map(|array| array.len()).sum::<usize>() != to - from) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not Parquet: columns of different lengths"));
        }
        self.piece = Piece { columns, rows: to - from, written: 0 };
        (self.group, self.done) = if to >= group.num_rows() { (self.group + 1, 0) } else { (self.group, to) };
        Ok(true)
    }
}

/// Some rows of one column of a row group.
fn column(file: &mut File, length: u64, group: &RowGroupMetadata, field: &ArrowField, from: usize, to: usize) -> PolarsResult<Vec<ArrayRef>> {
    let Some(chunks) = group.columns_under_root_iter(&field.name) else { return Err(polars_err!(ComputeError: "a column without values")) };
    let chunks: Vec<&ColumnChunkMetadata> = chunks.collect();
    let mut pages = Vec::new();
    for chunk in &chunks {
        let range = chunk.byte_range();
        if range.start > range.end || range.end > length {
            return Err(polars_err!(ComputeError: "a column that lies behind the end"));
        }
        let mut bytes = vec![0; (range.end - range.start) as usize];
        file.seek(SeekFrom::Start(range.start))?;
        file.read_exact(&mut bytes)?;
        pages.push(BasicDecompressor::new(PageReader::new(Cursor::new(bytes.into()), chunk, Vec::new(), LARGEST_PAGE), Vec::new()));
    }
    let types = chunks.iter().map(|chunk| &chunk.descriptor().descriptor.primitive_type).collect();
    Ok(column_iter_to_arrays(pages, types, field.clone(), Some(Filter::new_ranged(from, to)))?.0)
}

impl Piece {
    /// The next of its rows as lines.
    fn write(&mut self, out: &mut Vec<u8>) {
        while self.written < self.rows && out.len() < LINES {
            let mut begun = false;
            for (name, arrays) in &self.columns {
                let mut row = self.written;
                let array = arrays.iter().find(|array| {
                    let is_here = row < array.len();
                    row -= if is_here { 0 } else { array.len() };
                    is_here
                });
                let Some(array) = array.filter(|array| array.is_valid(row)) else { continue };
                out.extend_from_slice(if begun { b"," } else { b"{" });
                begun = true;
                out.extend_from_slice(name.as_bytes());
                out.push(b':');
                write_value(&**array, row, out);
            }
            out.extend_from_slice(if begun { b"}\n" } else { b"{}\n" });
            self.written += 1;
        }
    }
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.out.len() {
            self.out.clear();
            self.at = 0;
            if self.piece.written == self.piece.rows && !self.decode()? {
                return Ok(0);
            }
            let (piece, out) = (&mut self.piece, &mut self.out);
            guarded(|| {
                piece.write(out);
                Ok(())
            })?;
        }
        let rest = &self.out[self.at..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}
