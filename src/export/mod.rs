//! Rows as files for other programs: one way of writing each format, and a file that is there whole or as it was before.

pub mod csv;
pub mod json;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::diag::{Fault, reason};
use crate::frame::{Frame, write_parquet};
use crate::plan::Schema;

/// What a file of rows holds: all of them, and all columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    /// An object a line.
    Json,
    Parquet,
}

impl Format {
    /// What a file's name ends in.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Json => "ndjson",
            Format::Parquet => "parquet",
        }
    }
}

/// Writes rows into a file beside the path, which takes the path's place when it is whole.
///
/// # Errors
/// What the file system, a writer or whoever gives the rows said.
pub fn save(path: &Path, format: Format, schema: &Schema, pieces: impl Iterator<Item = Result<Frame, Fault>>) -> Result<(), String> {
    let draft = beside(path);
    let saved = fill(&draft, format, schema, pieces).and_then(|()| std::fs::rename(&draft, path).map_err(|error| reason(&error)));
    if saved.is_err() {
        let _ = std::fs::remove_file(&draft);
    }
    saved
}

fn fill(path: &Path, format: Format, schema: &Schema, pieces: impl Iterator<Item = Result<Frame, Fault>>) -> Result<(), String> {
    let file = File::create(path).map_err(|error| reason(&error))?;
    let pieces = pieces.map(|piece| piece.map_err(|fault| fault.message));
    match format {
        Format::Parquet => write_parquet(file, schema, pieces),
        Format::Csv => write_text(file, &csv::heading(schema), pieces, csv::records),
        Format::Json => write_text(file, "", pieces, json::records),
    }
}

fn write_text(
    file: File,
    heading: &str,
    mut pieces: impl Iterator<Item = Result<Frame, String>>,
    records: fn(&mut dyn Write, &Frame) -> io::Result<()>,
) -> Result<(), String> {
    let mut out = BufWriter::new(file);
    out.write_all(heading.as_bytes()).map_err(|error| reason(&error))?;
    pieces.try_for_each(|piece| records(&mut out, &piece?).map_err(|error| reason(&error)))?;
    out.flush().map_err(|error| reason(&error))
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}.draft", std::process::id()))
}
