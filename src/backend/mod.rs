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
    /// What a table of so many rows shows of the answer, and which of some columns have a value at all. Many rows are counted, not held.
    fn preview(&self, plan: &Plan, rows: usize, columns: &[Arc<str>], limits: &Limits) -> Result<Preview, BackendError>;
    /// Whether `Step::Locate` has an answer here.
    fn knows_places(&self) -> bool;
}

/// What may stop a query: the user, or the clock.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Set by Ctrl-C; polled while a query runs.
    pub interrupted: Arc<AtomicBool>,
    pub deadline: Option<Instant>,
}

impl Limits {
    /// Nothing when the query may go on, else why not.
    pub fn check(&self) -> Result<(), BackendError> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(BackendError::Interrupted);
        }
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
