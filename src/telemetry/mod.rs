//! The schema, once: every table, column, type, doc line and raw-field source; the words that options take.
//!
//! Ingest, checks, near-name suggestions, help, completion and docs all read these declarations. Nothing here reads a file.

pub mod address;
pub mod autorun;
pub mod belief;
pub mod fold;
pub mod identity;
mod inventory;
mod line;
pub mod mapping;
pub mod os;
pub mod profile;
pub mod tables;
pub mod wall;
pub mod words;

pub use inventory::{Inventory, Kind, KnownMachine, RawFields, RecordKind, Slice, Stream};
pub use line::{Line, Told};
pub use tables::{TABLES, TIMELINE, table};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    Text,
    Int,
    /// An integer that people read in hexadecimal (access masks, logon ids, status codes); equal to `0x1010` and `"0x1010"`.
    Hex,
    Float,
    Bool,
    /// UTC, to the millisecond.
    Time,
    /// Milliseconds.
    Duration,
    /// Distinct texts, from the aggregate `list` and from `split`.
    List,
}

impl Type {
    /// The word that diagnostics and JSON use.
    pub fn word(self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Int => "int",
            Type::Hex => "hex",
            Type::Float => "float",
            Type::Bool => "bool",
            Type::Time => "time",
            Type::Duration => "duration",
            Type::List => "list",
        }
    }

    /// A value of it, in words.
    pub fn a_value(self) -> &'static str {
        match self {
            Type::Text => "a text",
            Type::Int | Type::Hex => "a whole number",
            Type::Float => "a number",
            Type::Bool => "true or false",
            Type::Time => "a time",
            Type::Duration => "a duration",
            Type::List => "a list of texts",
        }
    }
}

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: Type,
    /// What it means, with unit and rule.
    pub doc: &'static str,
    /// Part of the short view that a terminal shows.
    pub short: bool,
    /// Computed when asked rather than stored (`RemoteSession` through the logon session, `Date`, …).
    pub derived: bool,
}

/// A word of the `Operation` column, and the records it comes from: `Channel/EventId`, short channel names.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    pub word: &'static str,
    pub doc: &'static str,
    /// What the source must show for this word to be *examined*: short provider and event id, like `Sysmon/1`.
    pub from: &'static [&'static str],
    /// Returned although no operation was named.
    pub default: bool,
}

/// One table of the store.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub name: &'static str,
    /// The query that reads it, `get_executions`.
    pub query: &'static str,
    pub doc: &'static str,
    /// In the order in which they are shown: those of the published reference first, then ours.
    pub columns: &'static [Column],
    pub operations: &'static [Operation],
    /// How its rows are told in a timeline; none where they are no events.
    pub line: Option<Line>,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
