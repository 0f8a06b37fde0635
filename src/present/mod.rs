//! A report, a reply or a fault as text: pure functions, one file a format. What has all rows is written as they come.

mod amounts;
mod answer;
mod area;
mod bars;
mod canvas;
mod cell;
mod colour;
mod course;
mod csv;
mod fault;
mod grid;
mod heat;
mod html;
mod inventory;
mod json;
pub mod junit;
mod map;
mod markdown;
mod matrix;
mod measure;
mod picture;
mod report;
mod sarif;
mod spark;
mod table;
mod tree;
pub mod trials;
mod verdict;

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::diag::Fault;
pub use crate::diag::clean;
pub use crate::export::json::to_json;
use crate::report::{Reply, Report};
use crate::telemetry::Inventory;

pub use cell::{Precision, time};
pub use colour::{Tone, toned};
pub use csv::lines as csv_lines;
pub use fault::{fault, fault_json, object as fault_object};
pub use grid::Grid;
pub use json::{coverage as coverage_object, day_text};
pub use matrix::{matrix, navigator};
pub use measure::{cut, prose};
pub use report::{coverage_lines, period_text as period};
pub use sarif::write_problems as sarif_problems;
pub use table::ROWS as TABLE_ROWS;

/// How text looks: decided once, by whoever knows the terminal.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub colour: bool,
    /// Whether characters outside ASCII may be drawn.
    pub unicode: bool,
    /// Columns of the terminal; `None` when there is none, and nothing has to be cut.
    pub width: Option<usize>,
    /// In which times are shown.
    pub zone: chrono_tz::Tz,
}

impl Style {
    /// The mark of something left out.
    pub fn ellipsis(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
}

/// What an answer can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text for people.
    Table,
    Json,
    /// One JSON value a line.
    Ndjson,
    Csv,
    /// For job summaries and tickets.
    Markdown,
    /// A page of its own.
    Html,
    /// For code scanning and editors.
    Sarif,
    /// For CI servers.
    Junit,
}

impl Format {
    pub const ALL: [Format; 8] = [Format::Table, Format::Json, Format::Ndjson, Format::Csv, Format::Markdown, Format::Html, Format::Sarif, Format::Junit];

    /// What every command can write.
    pub const PLAIN: &[Format] = &[Format::Table, Format::Json, Format::Ndjson, Format::Csv];

    pub fn word(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Sarif => "sarif",
            Format::Junit => "junit",
        }
    }

    pub fn parse(word: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.word() == word)
    }

    /// Whether it has all rows of an answer, and not only those that people look at.
    pub fn has_every_row(self) -> bool {
        match self {
            Format::Table | Format::Markdown | Format::Html | Format::Sarif | Format::Junit => false,
            Format::Json | Format::Ndjson | Format::Csv => true,
        }
    }

    /// By the ending of a file's name.
    pub fn of_path(path: &Path) -> Option<Format> {
        match path.extension()?.to_string_lossy().to_ascii_lowercase().as_str() {
            "json" => Some(Format::Json),
            "ndjson" | "jsonl" => Some(Format::Ndjson),
            "csv" => Some(Format::Csv),
            "txt" => Some(Format::Table),
            "md" => Some(Format::Markdown),
            "html" | "htm" => Some(Format::Html),
            "sarif" => Some(Format::Sarif),
            "xml" => Some(Format::Junit),
            _ => None,
        }
    }
}

/// One playbook's run: what was said, and the fault that ended it.
pub type Ended = (Report, Option<Fault>);

/// The reports of a run. JSON is one object for one playbook, an array for several.
///
/// # Errors
/// What the stream said, or that rows could not be read (`InvalidData`).
pub fn render(out: &mut dyn Write, runs: &[Ended], format: Format, style: &Style) -> io::Result<()> {
    match format {
        Format::Table => {
            let texts: Vec<String> = runs.iter().map(|(report, fault)| report::text(report, fault.as_ref(), style)).collect();
            out.write_all(texts.join("\n").as_bytes())
        }
        Format::Json => {
            let is_list = runs.len() != 1;
            out.write_all(if is_list { b"[" } else { b"" })?;
            for (at, (report, fault)) in runs.iter().enumerate() {
                out.write_all(if at > 0 { b",\n" } else { b"" })?;
                json::report(out, report, fault.as_ref())?;
            }
            out.write_all(if is_list { b"]\n" } else { b"\n" })
        }
        Format::Ndjson => runs.iter().try_for_each(|(report, fault)| json::report_lines(out, report, fault.as_ref())),
        Format::Csv => out.write_all(csv::reports(runs).as_bytes()),
        Format::Markdown => markdown::write(out, runs, style),
        Format::Html => html::write(out, runs, style),
        Format::Sarif => sarif::write(out, runs),
        Format::Junit => verdict::write(out, runs, style.zone),
    }
}

/// What a writer writes, as text: nothing stops a write into memory.
pub fn written(write: impl Fn(&mut dyn Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    let _ = write(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What one expression said: for people all of it, for programs the answer alone.
///
/// # Errors
/// As of `render`.
pub fn reply(out: &mut dyn Write, reply: &Reply, format: Format, style: &Style) -> io::Result<()> {
    let Reply { items, findings, answer, .. } = reply;
    match format {
        Format::Table => out.write_all(answer::text(items, findings, answer, style).as_bytes()),
        Format::Json => {
            json::reply(out, items, answer)?;
            out.write_all(b"\n")
        }
        Format::Ndjson => json::reply_lines(out, items, answer),
        Format::Csv => csv::reply(out, items, answer),
        Format::Markdown => markdown::write_reply(out, items, findings, answer, style),
        Format::Html => html::write_reply(out, items, findings, answer, style),
        // No command that answers an expression takes these.
        Format::Sarif | Format::Junit => Ok(()),
    }
}

/// Rows that could not be read while they were written.
fn unread(fault: Fault) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, fault.message)
}

/// What a source holds; `verified` is how many of its files were found to be as they were written.
pub fn inventory(name: &str, inventory: &Inventory, verified: Option<u64>, format: Format, style: &Style) -> String {
    match format {
        Format::Table | Format::Markdown | Format::Html | Format::Sarif | Format::Junit => inventory::text(name, inventory, verified, style),
        Format::Json | Format::Ndjson => line(to_json(&inventory::object(name, inventory, verified))),
        Format::Csv => inventory::csv(inventory),
    }
}

fn line(mut text: String) -> String {
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::table::tests::{frame, style, table};
    use super::*;
    use crate::frame::{Pieces, Rows};
    use crate::report::{Answer, Table};
    use crate::telemetry::Type;

    /// Two rows in two pieces, and then perhaps a fault.
    #[derive(Debug)]
    struct Asked {
        is_broken: bool,
    }

    impl Rows for Asked {
        fn pieces(&self) -> Pieces<'_> {
            let piece = |number: &str| frame(&[("N", Type::Int)], &[&[number]]);
            let fault = self.is_broken.then(|| Err(Fault::new("query::failed", "a file is damaged").with_help("take the file in again")));
            Box::new([Ok(piece("1")), Ok(piece("2"))].into_iter().chain(fault))
        }
    }

    fn written(format: Format, is_broken: bool) -> (String, io::Result<()>) {
        let first = table(frame(&[("N", Type::Int)], &[&["1"]]));
        let answer = Answer::Table(Table { total: 2, all: Some(Arc::new(Asked { is_broken })), ..first });
        let said = Reply { items: Vec::new(), findings: Vec::new(), answer, warnings: Vec::new() };
        let mut out = Vec::new();
        let ended = reply(&mut out, &said, format, &style());
        (String::from_utf8(out).unwrap(), ended)
    }

    #[test]
    fn rows_that_are_not_held_are_written_as_they_come() {
        let all = [
            (Format::Json, "{\"columns\":[{\"name\":\"N\",\"type\":\"int\"}],\"rows\":[{\"N\":1},{\"N\":2}],\"total\":2}\n"),
            (Format::Ndjson, "{\"N\":1}\n{\"N\":2}\n"),
            (Format::Csv, "N\n1\n2\n"),
        ];
        for (format, expected) in all {
            let (text, ended) = written(format, false);
            assert_eq!((text.as_str(), ended.is_ok()), (expected, true));
            // What can't be read is said, and never taken for the end.
            let error = written(format, true).1.unwrap_err();
            assert_eq!((error.kind(), error.to_string().contains("a file is damaged")), (ErrorKind::InvalidData, true), "{format:?}: {error}");
        }
    }
}
