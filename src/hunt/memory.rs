//! What is remembered between runs: which findings were there, and up to where each playbook has looked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plan::{Period, time};
use crate::telemetry::Inventory;

/// How much of a period *since the last run* is looked at again, since telemetry comes late: milliseconds.
pub const OVERLAP: i64 = 3_600_000;

/// Everything that is remembered. Times are milliseconds since 1970 UTC.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub version: u32,
    #[serde(default)]
    pub playbooks: BTreeMap<String, Remembered>,
}

/// What is remembered of one playbook.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// Up to here its last whole run looked: what came later is new to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<i64>,
    /// How many rows the source had of each day (since 1970, UTC) then: a day that has others now got telemetry late.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub days: BTreeMap<i32, u64>,
    /// By fingerprint.
    #[serde(default)]
    pub findings: BTreeMap<String, Past>,
}

/// A finding that a run had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Past {
    pub title: String,
    pub severity: String,
    /// The clocks of the first and of the last run that found it.
    pub first: i64,
    pub last: i64,
    /// The clock of the first run that looked for it in vain since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<i64>,
}

/// What a finding is to a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    New,
    /// Found before: the clock of the run that found it first.
    Known(i64),
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Standing::New => "new",
            Standing::Known(_) => "known",
        }
    }
}

/// What the program writes; a memory with a larger number is from a newer one.
pub const VERSION: u32 = 1;

/// Where what came since the last run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// Up to here the last run looked.
    pub mark: i64,
    /// The beginning of the first day that got telemetry since.
    pub late: Option<i64>,
}

impl Since {
    /// From the mark, less the overlap, or from the first day that got telemetry late; up to now. Without a last run everything up to now.
    pub fn period(since: Option<Since>, overlap: i64, now: i64) -> Period {
        let begin = |since: Since| since.mark.saturating_sub(overlap).min(since.late.unwrap_or(i64::MAX)).min(now);
        Period { from: since.map(begin), to: Some(now) }
    }
}

/// How many rows a source has of each day.
pub fn days(inventory: &Inventory) -> BTreeMap<i32, u64> {
    let mut days = BTreeMap::new();
    for slice in inventory.streams.iter().flat_map(|stream| &stream.slices) {
        *days.entry(slice.day).or_default() += slice.rows;
    }
    days
}

impl Remembered {
    /// Where to go on, over a source that has so many rows of each day.
    pub fn since(&self, days: &BTreeMap<i32, u64>) -> Option<Since> {
        let late = days.iter().find(|(day, rows)| self.days.get(*day) != Some(*rows)).map(|(day, _)| i64::from(*day) * time::DAY);
        self.mark.map(|mark| Since { mark, late })
    }

    /// What a finding is to it. One that had gone is new again.
    pub fn standing(&self, fingerprint: &str) -> Standing {
        match self.findings.get(fingerprint) {
            Some(past) if past.gone.is_none() => Standing::Known(past.first),
            _ => Standing::New,
        }
    }

    /// Takes in what a run found; those that were there before, and that it did not find again though it looked at everything, are gone: fingerprints.
    pub fn take(&mut self, found: impl Iterator<Item = (String, String, String)>, now: i64, looked_at_all: bool) -> Vec<String> {
        let mut seen = Vec::new();
        for (fingerprint, title, severity) in found {
            let first = match self.standing(&fingerprint) {
                Standing::Known(first) => first,
                Standing::New => now,
            };
            self.findings.insert(fingerprint.clone(), Past { title, severity, first, last: now, gone: None });
            seen.push(fingerprint);
        }
        let mut gone = Vec::new();
        if looked_at_all {
            for (fingerprint, past) in self.findings.iter_mut().filter(|(fingerprint, past)| past.gone.is_none() && !seen.contains(fingerprint)) {
                past.gone = Some(now);
                gone.push(fingerprint.clone());
            }
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_telemetry_is_looked_at() {
        let days = |rows: &[(i32, u64)]| rows.iter().copied().collect::<BTreeMap<i32, u64>>();
        let day = time::DAY;
        let memory = Remembered { mark: Some(3 * day + 10), days: days(&[(1, 5), (2, 5), (3, 5)]), ..Remembered::default() };
        let from = |now: &[(i32, u64)]| Since::period(memory.since(&days(now)), 20, 9 * day).from;
        assert_eq!(Since::period(None, 20, 7), Period { from: None, to: Some(7) });
        assert_eq!(from(&[(1, 5), (2, 5), (3, 5)]), Some(3 * day - 10));
        assert_eq!(from(&[(1, 5), (2, 5), (3, 5), (4, 1)]), Some(3 * day - 10));
        assert_eq!(from(&[(1, 5), (2, 6), (3, 9)]), Some(2 * day));
        assert_eq!(from(&[(0, 1), (1, 5), (2, 5), (3, 5)]), Some(0));
    }

    #[test]
    fn findings_are_new_known_gone_and_new_again() {
        let mut memory = Remembered::default();
        let found = |names: &[&str]| names.iter().map(|name| ((*name).to_string(), "t".to_string(), "low".to_string())).collect::<Vec<_>>().into_iter();
        assert!(memory.take(found(&["a", "b"]), 1, true).is_empty());
        assert_eq!((memory.standing("a"), memory.standing("c")), (Standing::Known(1), Standing::New));
        // A run that did not look at all can't say that something is gone.
        assert!(memory.take(found(&["a"]), 2, false).is_empty());
        assert_eq!(memory.take(found(&["a"]), 3, true), ["b"]);
        assert!(memory.take(found(&["a"]), 4, true).is_empty());
        assert_eq!(memory.standing("b"), Standing::New);
        memory.take(found(&["a", "b"]), 5, true);
        assert_eq!((memory.standing("a"), memory.standing("b")), (Standing::Known(1), Standing::Known(5)));
    }
}
