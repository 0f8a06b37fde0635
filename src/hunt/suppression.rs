//! Findings that somebody answers for: which ones, who, why, and until when.

use crate::diag::Place;
use crate::plan::{fold, pattern};

/// One entry of a file of suppressions.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppression {
    pub what: Suppressed,
    /// A pattern of playbooks' paths; any without one.
    pub playbook: Option<String>,
    pub owner: String,
    pub reason: String,
    /// Milliseconds since 1970 UTC, from which on it no longer holds.
    pub expires: Option<i64>,
    /// As it was written, for messages: `expires = "2026-06-01"`.
    pub until: Option<String>,
    /// Where its file has it.
    pub place: Place,
}

/// What is suppressed.
#[derive(Clone, Debug, PartialEq)]
pub enum Suppressed {
    /// The finding with this fingerprint.
    Finding(String),
    /// Rows of evidence for which this condition holds, as in `|e| …`; a finding that keeps none.
    Rows(String),
}

impl Suppression {
    pub fn has_expired(&self, now: i64) -> bool {
        self.expires.is_some_and(|end| now >= end)
    }

    /// Whether it is about a playbook of this path.
    pub fn is_for(&self, playbook: &str) -> bool {
        self.playbook.as_deref().is_none_or(|wanted| {
            let path = fold(playbook).replace('\\', "/");
            let wanted = fold(wanted).replace('\\', "/");
            path == wanted || path.ends_with(&format!("/{wanted}")) || pattern::like(&wanted, false).is_ok_and(|pattern| pattern.is_match(&path))
        })
    }

    /// As messages name it.
    pub fn describe(&self) -> String {
        match &self.what {
            Suppressed::Finding(fingerprint) => format!("of the finding {fingerprint}"),
            Suppressed::Rows(condition) => format!("of rows with `{condition}`"),
        }
    }
}
