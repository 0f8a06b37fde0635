//! A report, a reply or a fault as text: pure functions, one file a format.

mod amounts;
mod answer;
mod area;
mod bars;
mod canvas;
mod cell;
mod colour;
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
mod measure;
mod picture;
mod report;
mod sarif;
mod spark;
mod table;
mod tree;
pub mod trials;
mod verdict;

use std::path::Path;

use crate::diag::Fault;
pub use crate::diag::clean;
use crate::report::{Answer, Finding, Item, Report};
use crate::telemetry::Inventory;

pub use cell::{Precision, time};
pub use colour::{Tone, toned};
pub use csv::{frame as frame_csv, lines as csv_lines};
pub use fault::{fault, fault_json, object as fault_object};
pub use grid::Grid;
pub use json::{coverage as coverage_object, day_text, to_json};
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
pub fn render(runs: &[Ended], format: Format, style: &Style) -> String {
    match format {
        Format::Table => runs.iter().map(|(report, fault)| report::text(report, fault.as_ref(), style)).collect::<Vec<_>>().join("\n"),
        Format::Json => match runs {
            [(report, fault)] => line(json::report(report, fault.as_ref())),
            several => {
                let objects: Vec<String> = several.iter().map(|(report, fault)| json::report(report, fault.as_ref())).collect();
                format!("[{}]\n", objects.join(",\n"))
            }
        },
        Format::Ndjson => runs.iter().map(|(report, fault)| json::report_lines(report, fault.as_ref())).collect(),
        Format::Csv => csv::reports(runs),
        Format::Markdown => written(|out| markdown::write(out, runs, style)),
        Format::Html => written(|out| html::write(out, runs, style)),
        Format::Sarif => written(|out| sarif::write(out, runs)),
        Format::Junit => written(|out| verdict::write(out, runs, style.zone)),
    }
}

/// What a writer writes, as text: nothing stops a write into memory.
pub fn written(write: impl Fn(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    let _ = write(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What one expression said, raised and answered; for programs the answer alone.
pub fn reply(items: &[Item], findings: &[Finding], answer: &Answer, format: Format, style: &Style) -> String {
    match format {
        Format::Table => answer::text(items, findings, answer, style),
        Format::Json => line(json::reply(items, answer)),
        Format::Ndjson => json::reply_lines(items, answer),
        Format::Csv => csv::reply(items, answer),
        Format::Markdown => written(|out| markdown::write_reply(out, items, findings, answer, style)),
        Format::Html => written(|out| html::write_reply(out, items, findings, answer, style)),
        // No command that answers an expression takes these.
        Format::Sarif | Format::Junit => String::new(),
    }
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
