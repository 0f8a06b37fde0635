//! What a run amounts to, and what it looked at: a *nothing found* that proves itself.

use crate::plan::Period;

/// The four ways a hunt ends (a run that could not be done at all is a fault instead).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The needed telemetry was there for every machine and the whole period, and nothing was found.
    Clean,
    /// At least one finding.
    Found,
    /// Nothing found, and none of the needed telemetry was there.
    NotExamined,
    /// Nothing found, and some machines, days or records were missing.
    Partial,
}

impl Outcome {
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Clean => "clean",
            Outcome::Found => "found",
            Outcome::NotExamined => "not_examined",
            Outcome::Partial => "partial",
        }
    }
}

/// What one query looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    pub table: String,
    /// The operations that the query asked for; empty for all.
    pub operations: Vec<String>,
    pub period: Period,
    /// The span that the source covers for this table, when it covers any.
    pub covered: Option<(i64, i64)>,
    pub machines: u64,
    /// Machine-days that the query asked for, and those that have telemetry.
    pub machine_days: u64,
    pub covered_machine_days: u64,
    /// Rows that the scan read before filters.
    pub rows: u64,
    /// Operations, channels or sensors that the source never shows, as `process.access (Sysmon/10)`.
    pub not_examined: Vec<String>,
    /// Machines and days without telemetry: machine name, days since 1970.
    pub silent: Vec<(String, i32)>,
    /// Records that ingest rejected.
    pub rejected: u64,
}
