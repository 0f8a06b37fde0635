//! What a run amounts to, and what it looked at: a *nothing found* that proves itself.

mod cover;
mod declared;
mod needs;
#[cfg(test)]
mod tests;

use crate::plan::Period;

pub use cover::{cover, cover_scans, covered_dates, covered_spans, examined_scans};
pub use declared::{Declared, NeedError, cover_declared, covered_days};

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

/// What one query looked at; or what the source shows of a need that the playbook declares and no query of it has.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The word of `# Needs`; none for a query.
    pub need: Option<String>,
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
    /// Machines and days without telemetry: machine name, days since 1970; sorted, the first 1,000.
    pub silent: Vec<(String, i32)>,
    /// Records that ingest rejected.
    pub rejected: u64,
}

impl Coverage {
    /// Nothing of what the query needs was there.
    pub fn is_missing(&self) -> bool {
        self.covered_machine_days == 0 && (self.machine_days > 0 || !self.not_examined.is_empty())
    }

    /// Which part of the machine-days that it asked for has telemetry, from 0 to 1; none of none.
    pub fn share(&self) -> f64 {
        self.covered_machine_days as f64 / self.machine_days.max(1) as f64
    }

    /// Everything that the query needs was there.
    pub fn is_whole(&self) -> bool {
        self.covered_machine_days == self.machine_days && self.not_examined.is_empty() && self.rejected == 0
    }
}

/// The query that lacks most of what it asked for: the run knows no more than that.
pub fn least_covered(coverage: &[Coverage]) -> Option<&Coverage> {
    coverage.iter().min_by(|left, right| left.share().total_cmp(&right.share()))
}

/// What the run amounts to.
///
/// A finding is *found*, whatever was missing. Else a query without any of its telemetry makes the run *not examined*, one that lacks some machines,
/// days, operations or records makes it *partial*, and a run without queries is *clean*.
pub fn outcome(found: bool, coverage: &[Coverage]) -> Outcome {
    if found {
        Outcome::Found
    } else if coverage.iter().any(Coverage::is_missing) {
        Outcome::NotExamined
    } else if coverage.iter().all(Coverage::is_whole) {
        Outcome::Clean
    } else {
        Outcome::Partial
    }
}
