//! What is remembered between runs: which findings were there, and up to where each playbook has looked in each source.

use std::collections::{BTreeMap, BTreeSet};

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
    pub playbooks: BTreeMap<String, Vec<Remembered>>,
}

/// What a playbook was run on: what is found in one scope says nothing of another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The sources, as they were named.
    pub sources: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The parameters that were given, as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

/// What is remembered of one playbook in one scope.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    #[serde(flatten)]
    pub scope: Scope,
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
    /// From when to when its evidence is, where that has times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<(i64, i64)>,
    /// The clock of the first run that looked for it in vain since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<i64>,
}

/// A finding that a run has now.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub fingerprint: String,
    pub title: String,
    pub severity: String,
    /// From when to when its evidence is, where that has times.
    pub times: Option<(i64, i64)>,
    /// What it is to the memory.
    pub standing: Standing,
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

/// What the program writes; a memory with a larger number is from a newer one. Before 2, scopes were not told apart.
pub const VERSION: u32 = 2;

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

/// The times that a run looked at. Queries whose periods meet look at what they share: a baseline of years says nothing of what a hunt of one day would find.
/// Those apart are looked at one after the other, as in a loop over days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookedAt {
    /// What is looked for is looked for here: of queries apart, only in the latest.
    pub by_all: Period,
    /// From where on nothing is left out up to the latest.
    pub without_gap: Period,
}

impl LookedAt {
    pub fn of(periods: impl Iterator<Item = Period>) -> LookedAt {
        let mut periods: Vec<Period> = periods.collect();
        periods.sort_by_key(|period| (period.from, period.to.unwrap_or(i64::MAX)));
        let mut apart: Vec<Period> = Vec::new();
        for period in periods {
            let shared = apart.last().map(|last| last.intersect(&period)).filter(|shared| shared.from.is_none() || shared.from != shared.to);
            match (apart.last_mut(), shared) {
                (Some(last), Some(shared)) => *last = shared,
                (Some(_), None) | (None, _) => apart.push(period),
            }
        }
        let by_all = apart.pop().unwrap_or(Period::ALL);
        let touches = |next: &Period, before: &Period| before.to.is_some() && before.to >= next.from;
        let without_gap = apart.iter().rev().fold((by_all, true), |(next, is_whole), before| match is_whole && touches(&next, before) {
            true => (Period { from: before.from, to: next.to }, true),
            false => (next, false),
        });
        LookedAt { by_all, without_gap: without_gap.0 }
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

impl Scope {
    /// Whether a run over the other scope looks at everything that one over this does.
    fn is_within(&self, other: &Scope) -> bool {
        self.client == other.client && self.params == other.params && self.sources.is_subset(&other.sources)
    }
}

impl Memory {
    /// What is remembered of a playbook in a scope.
    pub fn of(&self, playbook: &str, scope: &Scope) -> Option<&Remembered> {
        self.playbooks.get(playbook)?.iter().find(|remembered| remembered.scope == *scope)
    }

    /// The same, to be added to.
    pub fn of_mut(&mut self, playbook: &str, scope: &Scope) -> &mut Remembered {
        let all = self.playbooks.entry(playbook.to_string()).or_default();
        let at = all.iter().position(|remembered| remembered.scope == *scope).unwrap_or_else(|| {
            all.push(Remembered { scope: scope.clone(), ..Remembered::default() });
            all.len() - 1
        });
        &mut all[at]
    }

    /// What a finding is to it. One that had gone is new again; one that was found in some of the sources is known to a run that has more.
    pub fn standing(&self, playbook: &str, scope: &Scope, fingerprint: &str) -> Standing {
        let within = || self.playbooks.get(playbook).into_iter().flatten().filter(|remembered| remembered.scope.is_within(scope));
        let own = self.of(playbook, scope).and_then(|remembered| remembered.findings.get(fingerprint));
        let past = own.or_else(|| within().filter_map(|remembered| remembered.findings.get(fingerprint)).find(|past| past.gone.is_none()));
        match past {
            Some(past) if past.gone.is_none() => Standing::Known(past.first),
            _ => Standing::New,
        }
    }
}

impl Past {
    /// Whether a run over this period could find it again.
    fn is_within(&self, period: &Period) -> bool {
        self.times.is_none_or(|(from, to)| period.from.is_none_or(|start| start <= from) && period.to.is_none_or(|end| to < end))
    }
}

impl Remembered {
    /// Where to go on, over a source that has so many rows of each day.
    pub fn since(&self, days: &BTreeMap<i32, u64>) -> Option<Since> {
        let late = days.iter().find(|(day, rows)| self.days.get(*day) != Some(*rows)).map(|(day, _)| i64::from(*day) * time::DAY);
        self.mark.map(|mark| Since { mark, late })
    }

    /// A run looked at a period of a source. The mark goes on only where it left nothing out between: who looks at one day knows nothing of those before.
    pub fn advance(&mut self, period: &Period, holdings: &Inventory, now: i64) {
        let Some((begin, end)) = holdings.span() else { return };
        let reached = end.saturating_add(1).min(period.to.unwrap_or(i64::MAX)).min(now);
        if period.from.is_none_or(|from| from <= self.mark.unwrap_or(begin)) {
            self.mark = Some(reached).max(self.mark);
        }
        let is_whole = |day: i32| period.from.is_none_or(|from| from <= i64::from(day) * time::DAY) && i64::from(day) * time::DAY < reached;
        self.days.extend(days(holdings).into_iter().filter(|(day, _)| is_whole(*day)));
    }

    /// Takes in what a run found; those that were there before, and that it did not find again though it looked at all of the time that they are of, are
    /// gone: fingerprints. `looked_at` is nothing for a run that could not look at everything.
    pub fn take(&mut self, found: impl Iterator<Item = Found>, now: i64, looked_at: Option<Period>) -> Vec<String> {
        let mut seen = Vec::new();
        for Found { fingerprint, title, severity, times, standing } in found {
            let first = match standing {
                Standing::Known(first) => first,
                Standing::New => now,
            };
            self.findings.insert(fingerprint.clone(), Past { title, severity, first, last: now, times, gone: None });
            seen.push(fingerprint);
        }
        let mut gone = Vec::new();
        if let Some(period) = looked_at {
            let is_missed = |fingerprint: &String, past: &Past| past.gone.is_none() && past.is_within(&period) && !seen.contains(fingerprint);
            for (fingerprint, past) in self.findings.iter_mut().filter(|(fingerprint, past)| is_missed(fingerprint, past)) {
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

    /// A playbook's runs in a scope.
    struct Runs(Memory, Scope);

    impl Runs {
        fn in_scope(sources: &[&str]) -> Runs {
            Runs(Memory::default(), Scope { sources: sources.iter().map(|name| (*name).to_string()).collect(), ..Scope::default() })
        }

        fn standing(&self, fingerprint: &str) -> Standing {
            self.0.standing("p", &self.1, fingerprint)
        }

        /// A run that found these, and what was gone by it.
        fn run(&mut self, names: &[&str], times: Option<(i64, i64)>, now: i64, looked_at: Option<Period>) -> Vec<String> {
            let one = |name: &&str| Found { fingerprint: (*name).to_string(), title: "t".into(), severity: "low".into(), times, standing: self.standing(name) };
            let found: Vec<Found> = names.iter().map(one).collect();
            self.0.of_mut("p", &self.1).take(found.into_iter(), now, looked_at)
        }
    }

    #[test]
    fn a_run_looked_at_what_its_queries_share() {
        let period = |from: i64, to: i64| Period { from: Some(from), to: Some(to) };
        let of = |periods: &[Period]| {
            let LookedAt { by_all, without_gap } = LookedAt::of(periods.iter().copied());
            (by_all, without_gap)
        };
        let same = |period: Period| (period, period);
        assert_eq!(of(&[]), same(Period::ALL));
        assert_eq!(of(&[period(10, 20), Period::ALL]), same(period(10, 20)));
        assert_eq!(of(&[period(3, 20), period(10, 20)]), same(period(10, 20)));
        assert_eq!(of(&[period(20, 30), period(10, 20)]), (period(20, 30), period(10, 30)));
        assert_eq!(of(&[period(0, 5), period(10, 20), period(20, 30), Period::ALL]), (period(20, 30), period(10, 30)));
    }

    #[test]
    fn what_is_of_another_time_is_not_gone() {
        let mut runs = Runs::in_scope(&["a"]);
        let period = |from, to| Some(Period { from: Some(from), to: Some(to) });
        runs.run(&["a"], Some((10, 19)), 1, Some(Period::ALL));
        for elsewhere in [period(20, 30), period(11, 30), period(0, 19)] {
            assert!(runs.run(&[], None, 2, elsewhere).is_empty(), "{elsewhere:?}");
        }
        assert_eq!(runs.standing("a"), Standing::Known(1));
        assert_eq!(runs.run(&[], None, 3, period(10, 20)), ["a"]);
    }

    #[test]
    fn findings_are_new_known_gone_and_new_again() {
        let mut runs = Runs::in_scope(&["a"]);
        assert!(runs.run(&["a", "b"], None, 1, Some(Period::ALL)).is_empty());
        assert_eq!((runs.standing("a"), runs.standing("c")), (Standing::Known(1), Standing::New));
        // A run that did not look at all can't say that something is gone.
        assert!(runs.run(&["a"], None, 2, None).is_empty());
        assert_eq!(runs.run(&["a"], None, 3, Some(Period::ALL)), ["b"]);
        assert!(runs.run(&["a"], None, 4, Some(Period::ALL)).is_empty());
        assert_eq!(runs.standing("b"), Standing::New);
        runs.run(&["a", "b"], None, 5, Some(Period::ALL));
        assert_eq!((runs.standing("a"), runs.standing("b")), (Standing::Known(1), Standing::Known(5)));
    }

    #[test]
    fn scopes_are_told_apart() {
        let mut runs = Runs::in_scope(&["a"]);
        runs.run(&["f"], None, 1, Some(Period::ALL));
        let other = Runs::in_scope(&["b"]).1;
        runs.1 = other;
        assert_eq!(runs.standing("f"), Standing::New);
        assert!(runs.run(&[], None, 2, Some(Period::ALL)).is_empty());
        // More sources: what some of them had is known, since its first run.
        runs.1 = Runs::in_scope(&["a", "b"]).1;
        assert_eq!(runs.standing("f"), Standing::Known(1));
        runs.run(&["f"], None, 3, Some(Period::ALL));
        assert_eq!(runs.run(&[], None, 4, Some(Period::ALL)), ["f"]);
        assert_eq!(runs.standing("f"), Standing::New);
        for changed in [Scope { client: Some("c".into()), ..runs.1.clone() }, Scope { params: BTreeMap::from([("n".into(), "1".into())]), ..runs.1.clone() }] {
            assert_eq!(runs.0.standing("p", &changed, "f"), Standing::New);
        }
    }
}
