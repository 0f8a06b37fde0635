//! What is said when something is wrong: a code, one line, the exact place, and the next action.
//!
//! Code raises small enums of its own (`thiserror` + `miette::Diagnostic`); whoever knows the place in a playbook turns them
//! into a [`Fault`], which is plain data. `present/fault.rs` alone draws it.

pub mod clean;
pub mod defect;
mod near;

use std::ops::Range;
use std::sync::Arc;

pub use near::{did_you_mean, did_you_mean_file, nearest};

/// A text that a place can point into: a playbook, a library module, one REPL input.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceText {
    /// As it is shown: the path as the user wrote it, `std/name`, `<eval>`, `<repl:3>`.
    pub name: String,
    pub text: String,
}

/// Bytes of a source, and what is said about them there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub source: Arc<SourceText>,
    /// Byte offsets into the text, on character boundaries.
    pub span: Range<usize>,
    pub label: Option<String>,
}

/// How much a fault weighs: an error ends the run with exit code 2, a warning is only shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Advice,
    Warning,
    Error,
}

/// One diagnostic, ready to be drawn or written as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Stable and searchable, like `column::unknown`.
    pub code: String,
    pub severity: Severity,
    /// One line, without the place.
    pub message: String,
    /// The next action: what to write instead, which names there are.
    pub help: Option<String>,
    /// The exact word, first; further places of the same source may follow.
    pub places: Vec<Place>,
    /// Where it was called from or imported, innermost first.
    pub related: Vec<(String, Place)>,
}

impl Fault {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Fault {
        Fault { code: code.into(), severity: Severity::Error, message: message.into(), help: None, places: Vec::new(), related: Vec::new() }
    }

    pub fn with_help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }

    pub fn at(mut self, place: Place) -> Fault {
        self.places.push(place);
        self
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// Why the system refused, in its words, without the number that only programmers look up.
pub fn reason(error: &(impl std::fmt::Display + ?Sized)) -> String {
    let text = error.to_string();
    text.rfind(" (os error ").map_or(text.as_str(), |at| &text[..at]).to_string()
}

/// Every error enum of ours becomes a fault without a place by its own code and help.
impl<E: miette::Diagnostic> From<&E> for Fault {
    fn from(error: &E) -> Fault {
        Fault {
            code: error.code().map(|code| code.to_string()).unwrap_or_default(),
            severity: match error.severity() {
                Some(miette::Severity::Advice) => Severity::Advice,
                Some(miette::Severity::Warning) => Severity::Warning,
                _ => Severity::Error,
            },
            message: error.to_string(),
            help: error.help().map(|help| help.to_string()),
            places: Vec::new(),
            related: Vec::new(),
        }
    }
}
