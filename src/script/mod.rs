//! The playbook language: Rhai with our types, closures as queries, one session for every door.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::backend::{Backend, Limits};
use crate::diag::Fault;
use crate::plan::Period;
use crate::report::{Answer, Item, Report};

/// Everything that a run is given; nothing else reaches a playbook.
#[derive(Clone)]
pub struct Setup {
    pub backend: Arc<dyn Backend>,
    /// The run's clock: milliseconds since 1970, UTC.
    pub now: i64,
    pub zone: chrono_tz::Tz,
    /// `--period`: what replaces *today*.
    pub period: Option<Period>,
    /// `--client`: the client that `Machine(name)` means when several know the name.
    pub client: Option<String>,
    /// `--param name=value`, as text.
    pub params: BTreeMap<String, String>,
    /// `--allow-write`: the folders below which `to_csv` and its like may write.
    pub writable: Vec<PathBuf>,
    /// Folders below which imports may lie, besides that of the playbook itself.
    pub roots: Vec<PathBuf>,
    pub limits: Limits,
}

/// The engine with one run's state, on a thread of its own. The REPL keeps one; `run` makes one per playbook.
pub struct Session {
    _setup: Setup,
}

/// What one input said and answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What `show`, `note`, `print` said, in order.
    pub items: Vec<Item>,
    pub answer: Answer,
    pub warnings: Vec<Fault>,
}

/// What a playbook says of itself, read without running it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// First paragraph of the `//!` doc.
    pub title: String,
    /// Heading and text of its `# …` sections.
    pub sections: Vec<(String, String)>,
    pub params: Vec<Param>,
    /// Titles of the findings it can raise.
    pub findings: Vec<String>,
}

/// A parameter as it is declared.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    pub name: String,
    /// As it is written in the playbook.
    pub default: String,
    pub doc: String,
}

/// One thing that can be called, for `doc`, `:help` and completion.
#[derive(Clone, Debug, PartialEq)]
pub struct Builtin {
    pub name: String,
    /// The type whose method it is; empty for a free function.
    pub receiver: String,
    pub signature: String,
    pub doc: String,
    pub example: String,
}

/// A word to complete with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub replacement: String,
    /// Shown beside it: its type or signature.
    pub hint: String,
}

/// What a piece of a line is, for highlighting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Keyword,
    Name,
    Call,
    Text,
    Number,
    Comment,
    Sign,
}

impl Session {
    pub fn new(setup: Setup) -> Session {
        Session { _setup: setup }
    }

    /// Runs a playbook file. A fault ends the run; what had been said before is in the report beside it.
    pub fn run(&mut self, playbook: &Path) -> (Report, Option<Fault>) {
        let _ = playbook;
        unimplemented!()
    }

    /// One expression or statement list (`eval`, one REPL input). Variables, functions and imports stay for the next.
    pub fn input(&mut self, text: &str) -> Result<Reply, Fault> {
        let _ = text;
        unimplemented!()
    }

    /// Every problem of a playbook that shows without its telemetry; empty when it is fine.
    pub fn check(&mut self, playbook: &Path) -> Vec<Fault> {
        let _ = playbook;
        unimplemented!()
    }

    /// The plan that an expression would run, as text.
    pub fn explain(&mut self, text: &str) -> Result<String, Fault> {
        let _ = text;
        unimplemented!()
    }

    /// What could stand at the cursor (a byte offset): where the word begins, and its candidates.
    pub fn complete(&mut self, text: &str, cursor: usize) -> (usize, Vec<Candidate>) {
        let _ = (text, cursor);
        unimplemented!()
    }
}

/// Whether a text is a whole statement, or more lines must follow.
pub fn is_complete(text: &str) -> bool {
    let _ = text;
    unimplemented!()
}

/// The pieces of a text, for highlighting, in order, without blanks.
pub fn paint(text: &str) -> Vec<(Range<usize>, Paint)> {
    let _ = text;
    unimplemented!()
}

/// What a playbook says of itself, without running it.
pub fn about(text: &str) -> Result<About, Fault> {
    let _ = text;
    unimplemented!()
}

/// Everything that can be called.
pub fn builtins() -> Vec<Builtin> {
    unimplemented!()
}
