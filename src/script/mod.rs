//! The playbook language: Rhai with our types, closures as queries, one session for every door.

mod about;
mod beside;
mod builtins;
mod check;
mod complete;
mod condition;
mod current;
mod doc;
mod engine;
mod fault;
mod file;
mod hex;
mod keys;
mod lexical;
mod library;
mod modules;
mod names;
mod needs;
mod operators;
mod predicate;
mod quoted;
mod run;
mod session;
#[cfg(test)]
mod small;
mod sources;
mod suite;
mod syntax;
mod technique;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod traps;
mod tried;
mod unused;
mod value;
mod words;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::backend::{Backend, Limits};
use crate::diag::{Fault, did_you_mean};
use crate::hunt::matrix::Days;
use crate::hunt::memory::Since;
use crate::hunt::suppression::Suppression;
use crate::plan::Period;
use crate::report::{Answer, Reply, Report};
use crate::telemetry::words::Programs;

/// Rows of a large answer that are held where nobody says how many are shown.
const SHOWN: usize = 50;

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
    /// How many rows of a large answer a table shows.
    pub shown: usize,
    /// Whether any of what is written has all rows of an answer.
    pub writes_all: bool,
    /// Whether any of what is written is a table for people, which says how many of its rows are second reports.
    pub has_tables: bool,
    /// Which programs are of which kind.
    pub programs: Arc<Programs>,
    /// Findings that somebody answers for.
    pub suppressions: Arc<[Suppression]>,
    /// Up to where the last run of this playbook looked, where that is remembered.
    pub last_run: Option<Since>,
}

impl Setup {
    /// Over a source at a time, with nothing else given: in UTC, without parameters, and nothing may be written.
    pub fn of(backend: Arc<dyn Backend>, now: i64) -> Setup {
        Setup {
            backend,
            now,
            zone: chrono_tz::UTC,
            period: None,
            client: None,
            params: BTreeMap::new(),
            writable: Vec::new(),
            roots: Vec::new(),
            limits: Limits::default(),
            shown: SHOWN,
            writes_all: true,
            has_tables: false,
            programs: Programs::built_in(),
            suppressions: Arc::default(),
            last_run: None,
        }
    }
}

/// The engine with one run's state. Every call runs on a thread with a stack of its own. The REPL keeps one; `run` makes one per playbook.
pub struct Session {
    inner: session::Inner,
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

/// What a playbook says that it needs and hunts, beside what a source shows of it.
#[derive(Clone, Debug)]
pub struct Needs {
    pub title: String,
    /// Ids below `# Technique`.
    pub techniques: Vec<String>,
    /// Whether it declares any needs at all.
    pub is_declared: bool,
    pub coverage: Vec<crate::hunt::Coverage>,
    /// Machine-days by the machine's place in the inventory and the day since 1970, and whether all needs are shown on them.
    pub days: Days,
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

pub use condition::check_condition;
pub use lexical::{is_complete, paint};
pub use suite::{Part, test};

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
        Session { inner: session::Inner::new(setup) }
    }

    /// Runs a playbook, or says why its text ([`read_playbook`]) could not be read. A fault ends the run; what had been said before is in the report beside it.
    pub fn run(&mut self, playbook: &Path, text: &Result<String, Fault>) -> (Report, Option<Fault>) {
        match text {
            Ok(text) => self.inner.run(playbook, &playbook.display().to_string(), text),
            Err(fault) => (self.inner.unread(playbook), Some(fault.clone())),
        }
    }

    /// One expression or statement list (`eval`, one REPL input). Variables, functions and imports stay for the next.
    pub fn input(&mut self, text: &str) -> Result<Reply, Fault> {
        self.inner.input(text)
    }

    /// What the last input said before it failed.
    pub fn unfinished(&mut self) -> Reply {
        let mut state = self.inner.run.state();
        Reply {
            items: std::mem::take(&mut state.items),
            findings: std::mem::take(&mut state.findings),
            answer: Answer::Nothing,
            warnings: std::mem::take(&mut state.warnings),
        }
    }

    /// Every problem of a playbook that shows without its telemetry; empty when it is fine.
    pub fn check(&mut self, playbook: &Path) -> Vec<Fault> {
        check::check(&self.inner.run.setup, playbook)
    }

    /// What the source shows of what a playbook declares to need, in the run's period; nothing of it is run.
    pub fn needs(&mut self, playbook: &Path, text: &str) -> Result<Needs, Fault> {
        self.inner.declared_needs(playbook, text)
    }

    /// The plan that an expression would run, as text.
    pub fn explain(&mut self, text: &str) -> Result<String, Fault> {
        self.inner.explain(text)
    }

    /// What could stand at the cursor (a byte offset): where the word begins, and its candidates.
    pub fn complete(&mut self, text: &str, cursor: usize) -> (usize, Vec<Candidate>) {
        complete::complete(&mut self.inner, text, cursor)
    }

    /// What a query without a period of its own looks at.
    pub fn period(&self) -> Period {
        self.inner.run.period(None, None)
    }

    /// What `--period` says was never asked, though something was: a warning.
    pub fn unused_period(&self) -> Option<Fault> {
        if self.coverage().is_empty() { None } else { self.inner.run.unused_period() }
    }

    /// What the inputs so far have looked at, each once.
    pub fn coverage(&self) -> Vec<crate::hunt::Coverage> {
        self.inner.run.state().coverage.clone()
    }

    /// What the queries of the last input looked at, those whose answer was known already included.
    pub fn asked(&self) -> Vec<crate::hunt::Coverage> {
        self.inner.run.state().asked.clone()
    }
}

/// What a playbook says of itself, without running it.
pub fn about(text: &str) -> Result<About, Fault> {
    session::about(text)
}

/// The first of the parameters given that is not among those declared, and what may have been meant.
pub fn undeclared<'a>(given: &'a BTreeMap<String, String>, declared: &BTreeSet<&str>) -> Option<(&'a str, String)> {
    let name = given.keys().find(|name| !declared.contains(name.as_str()))?;
    let all = || match declared.is_empty() {
        true => "it has no parameters".to_string(),
        false => format!("the parameters are {}", Vec::from_iter(declared.iter().copied()).join(", ")),
    };
    Some((name, did_you_mean(name, declared.iter().copied()).unwrap_or_else(all)))
}

/// The text of a playbook's file.
pub fn read_playbook(file: &Path) -> Result<String, Fault> {
    file::read(file, &file.display().to_string())
}

/// What is said of a folder of playbooks that can't be listed.
pub fn unlisted_playbooks(folder: &Path, error: &std::io::Error) -> Fault {
    file::unlisted(folder, error)
}

/// Everything that can be called.
pub fn builtins() -> Vec<Builtin> {
    builtins::all()
        .iter()
        .filter(|declared| !declared.name.is_empty() && declared.receiver != Some(builtins::Kind::Missing))
        .map(|declared| Builtin {
            name: declared.name.into(),
            receiver: declared.receiver.map(|kind| kind.shown().to_string()).unwrap_or_default(),
            signature: declared.signature(),
            doc: declared.doc.into(),
            example: declared.example.into(),
        })
        .collect()
}

/// Names and docs of the modules that are part of the program, as they are imported.
pub fn library() -> Vec<(String, &'static str)> {
    library::LIBRARY.iter().map(|(name, text)| (format!("std/{name}"), *text)).collect()
}

/// Every function of those modules: its receiver is the module's name.
pub fn library_functions() -> Vec<Builtin> {
    library::functions()
}

/// A first line `#!…` as blanks, so that no other place moves.
fn without_shebang(text: &str) -> String {
    match text.strip_prefix("#!") {
        Some(rest) => {
            let end = rest.find('\n').unwrap_or(rest.len());
            format!("//{}{}", " ".repeat(rest[..end].chars().count()), &rest[end..])
        }
        None => text.into(),
    }
}
