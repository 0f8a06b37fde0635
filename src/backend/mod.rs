//! Who answers a plan. A new engine implements [`Backend`] and nothing else.

pub mod local;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use miette::Diagnostic;
use thiserror::Error;

use crate::frame::{Frame, Preview};
use crate::plan::{Plan, PlanError};
use crate::telemetry::Inventory;

/// An engine that holds telemetry.
pub trait Backend: Send + Sync {
    /// The source as the user named it.
    fn name(&self) -> &str;
    /// Machines, days, operations, raw fields. Read once and kept.
    fn inventory(&self) -> Result<Arc<Inventory>, BackendError>;
    /// What would run where, without running it.
    fn explain(&self, plan: &Plan) -> Result<String, BackendError>;
    fn run(&self, plan: &Plan, limits: &Limits) -> Result<Frame, BackendError>;
    /// As much of the answer as is worth holding: all of it where it is small, else its first rows, and how many there are.
    fn preview(&self, plan: &Plan, wanted: &Wanted, limits: &Limits) -> Result<Preview, BackendError>;
    /// The whole answer, its rows in their order, a piece after the other. What does not have to be held is not.
    fn pieces(&self, plan: &Plan, limits: &Limits) -> Result<Answered, BackendError>;
    /// Whether `Step::Locate` has an answer here.
    fn knows_places(&self) -> bool;
}

/// Pieces of an answer; an error is the last of them.
pub type Answered = Box<dyn Iterator<Item = Result<Frame, BackendError>>>;

/// What is wanted of an answer that may be large.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// How many rows are shown of many.
    pub rows: usize,
    /// Columns of which it is to be known whether a row that is not shown has a value there.
    pub columns: Vec<Arc<str>>,
    /// Whether all rows will be asked for: then what had to be held for the answer is kept.
    pub all: bool,
}

/// What may stop a query: the user, the clock, or the memory that it takes.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Set by Ctrl-C; polled while a query runs.
    pub interrupted: Arc<AtomicBool>,
    pub deadline: Option<Instant>,
    /// Set as long as the program holds more memory than it may.
    pub crowded: Arc<AtomicBool>,
}

impl Limits {
    /// What costs nothing to look at: everything but the clock.
    ///
    /// # Errors
    /// Why the query may not go on.
    pub fn check_flags(&self) -> Result<(), BackendError> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(BackendError::Interrupted);
        }
        if self.crowded.load(Ordering::Relaxed) { Err(BackendError::Memory) } else { Ok(()) }
    }

    /// Nothing when the query may go on, else why not.
    pub fn check(&self) -> Result<(), BackendError> {
        self.check_flags()?;
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(BackendError::Timeout),
            _ => Ok(()),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Error, Diagnostic)]
pub enum BackendError {
    #[error("no source was named")]
    #[diagnostic(code(source::none), help("name a store or raw logs with --source or HUNTSMAN_SOURCE; `--source sample` is made-up telemetry to try"))]
    Nowhere,
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error("the query was interrupted")]
    #[diagnostic(code(query::interrupted), help("run it again to have the rest"))]
    Interrupted,
    #[error("the run took longer than --timeout allows")]
    #[diagnostic(code(query::timeout), help("narrow the period or the machines, or allow more time"))]
    Timeout,
    #[error("the run took more memory than --max-memory allows")]
    #[diagnostic(
        code(query::memory),
        help("narrow the period, the machines or the columns (`select`), count or group instead of taking rows into lists, or allow more")
    )]
    Memory,
    #[error("no geo database was named")]
    #[diagnostic(
        code(geoip::none),
        help("name one or several with --geoip FILE, or as `geoip = \"FILE\"` in huntsman.toml: MaxMind databases (.mmdb) of cities, countries or networks")
    )]
    NoPlaces,
    #[error("{}: {reason}", path.display())]
    #[diagnostic(code(geoip::unreadable), help("--geoip takes MaxMind databases (.mmdb), such as GeoLite2-City or GeoLite2-ASN"))]
    Places { path: std::path::PathBuf, reason: String },
    #[error("the query failed: {reason}")]
    #[diagnostic(code(query::failed), help("this is a defect of Huntsman or of the store; `huntsman sources --verify` reads all of it"))]
    Failed { reason: String },
}
