//! What identifies a process in rows, and from when to when a pid means it: what kin are found by.
//!
//! A process is its GUID where the sensor gives one, else machine, pid and start. A pid is believed as long as at ingest (`telemetry::belief`).

use std::sync::Arc;

use super::{Comparison, Expr, Func, PlanError, Schema, Value, folded_equal};
use crate::telemetry::belief::{LIFE, NAMELESS_LIFE, SLACK, TOGETHER, is_believed};

/// So long after its recorded end, in milliseconds, what a process did may still be logged.
const LINGER: i64 = 5_000;

/// Which side of a row: the Child is what it is about, the Parent who acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Child,
    Parent,
}

impl Side {
    pub fn word(self) -> &'static str {
        match self {
            Side::Child => "Child",
            Side::Parent => "Parent",
        }
    }

    /// Rows with these columns say which process is on this side.
    pub(super) fn check(self, schema: &Schema) -> Result<(), PlanError> {
        schema.require("Muid")?;
        let of = |part: &str| format!("{}{part}", self.word());
        if schema.kind(&of("Guid")).is_none() {
            schema.require(&of("Pid"))?;
            schema.require("DateTime")?;
        }
        Ok(())
    }

    /// The side of a row on which the process stands that is asked for: of an image load the Child is no process, the loader is.
    pub fn of_process(self, cell: &dyn Fn(&str) -> Value) -> Side {
        if self == Side::Child && is_operation(cell, "load") { Side::Parent } else { self }
    }
}

/// What a row tells of a process.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub muid: Arc<str>,
    pub guid: Option<Arc<str>>,
    pub pid: Option<i64>,
    pub name: Option<Arc<str>>,
    /// When the row says it; milliseconds.
    pub at: Option<i64>,
    /// The row is the process' start.
    pub starts: bool,
}

/// A process over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Life {
    pub known: Known,
    /// The row of its start, where one was recorded.
    pub start: Option<usize>,
    /// What others say by its pid from here on means it, milliseconds; up to `until`, if anything tells its end.
    from: i64,
    until: Option<i64>,
}

/// A row of a history: a start or an end.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which row.
    pub row: usize,
    pub known: Known,
}

impl Known {
    /// The columns that are read.
    pub const COLUMNS: [&str; 9] = ["Muid", "Operation", "DateTime", "ChildGuid", "ChildPid", "ChildFilename", "ParentGuid", "ParentPid", "ParentFilename"];

    /// What a hunter names: a machine and a pid at a time (without one the latest), or a GUID.
    pub fn named(muid: Arc<str>, pid: Option<i64>, guid: Option<Arc<str>>, at: Option<i64>) -> Known {
        Known { muid, guid, pid, name: None, at, starts: false }
    }

    /// What the cells of a row say of one side; `None` where they identify no process.
    pub fn read(cell: &dyn Fn(&str) -> Value, side: Side) -> Option<Known> {
        let side = side.of_process(cell);
        let text = |name: &str| match cell(name) {
            Value::Text(text) => Some(text),
            _ => None,
        };
        let of = |part: &str| format!("{}{part}", side.word());
        let number = |value: Value| match value {
            Value::Int(number) | Value::Time(number) => Some(number),
            _ => None,
        };
        let known = Known {
            muid: text("Muid")?,
            guid: text(&of("Guid")),
            pid: number(cell(&of("Pid"))),
            name: text(&of("Filename")),
            at: number(cell("DateTime")),
            starts: side == Side::Child && is_operation(cell, "create"),
        };
        (known.guid.is_some() || (known.pid.is_some() && known.at.is_some())).then_some(known)
    }

    /// A second report of one start, by their GUIDs, else by name and nearness.
    fn is_twin(&self, other: &Known) -> bool {
        match (&self.guid, &other.guid) {
            (Some(own), Some(other)) => folded_equal(own, other),
            _ => self.pid == other.pid && self.is_together(other),
        }
    }

    /// Whether both have one name, at nearly the same time.
    pub(super) fn is_together(&self, other: &Known) -> bool {
        let has_name = self.name.as_deref().zip(other.name.as_deref()).is_some_and(|(own, other)| folded_equal(own, other));
        has_name && self.at.zip(other.at).is_some_and(|(own, other)| own.abs_diff(other) <= TOGETHER.unsigned_abs())
    }
}

impl Life {
    /// Finds the process among the starts and ends of whatever had its GUID or its pid, in row order.
    pub fn of(known: &Known, seen: &[&Seen]) -> Life {
        let start = own_start(known, seen);
        let mut found = known.clone();
        if let Some(start) = start {
            let own = &start.known;
            found = Known {
                guid: found.guid.or_else(|| own.guid.clone()),
                pid: found.pid.or(own.pid),
                name: own.name.clone().or(found.name),
                at: own.at.or(found.at),
                starts: true,
                ..found
            };
        }
        let (from, until) = bounds(&found, start.is_some(), seen);
        Life { known: found, start: start.map(|start| start.row), from, until }
    }

    /// Finds the process of a pid that started last at a time or before. Unlike what telemetry says of a pid, what a hunter says of it is believed however
    /// long ago the start was.
    pub fn named(known: &Known, seen: &[&Seen]) -> Option<Life> {
        let until = known.at.unwrap_or(i64::MAX);
        let is_meant = |seen: &&&Seen| seen.known.starts && (known.guid.is_some() || seen.known.pid == known.pid);
        let started = seen.iter().filter(is_meant).filter(|seen| seen.known.at.is_some_and(|at| at <= until));
        let life = Life::of(&started.max_by_key(|seen| seen.known.at)?.known, seen);
        life.start.is_some().then_some(life)
    }

    /// That a row tells what the process did (or, of the Child's side, what was done to it): by its GUID; where the row has none, by its pid and name while
    /// it lived. The scan names the machine.
    pub fn is_of(&self, side: Side) -> Arc<Expr> {
        let of = |part: &str| Expr::column(format!("{}{part}", side.word()));
        let same = |part: &str, value: Value| Expr::equal(of(part), Expr::literal(value));
        let is_missing = |part: &str| Expr::call(Func::IsMissing, vec![of(part)]);
        let by_guid = self.known.guid.clone().map(|guid| same("Guid", Value::Text(guid)));
        let by_pid = self.known.pid.zip(self.known.at).map(|(pid, at)| {
            let lives = |until: i64| between(self.from, until);
            let believed = match &self.known.name {
                None => lives(self.until(at, NAMELESS_LIFE)),
                Some(own) => {
                    let (named, nameless) = (same("Filename", Value::Text(own.clone())), is_missing("Filename"));
                    match (self.until(at, LIFE), self.until(at, NAMELESS_LIFE)) {
                        (longer, shorter) if longer == shorter => Expr::and(Expr::or(named, nameless), lives(longer)),
                        (longer, shorter) => Expr::or(Expr::and(named, lives(longer)), Expr::and(nameless, lives(shorter))),
                    }
                }
            };
            Expr::and(Expr::and(is_missing("Guid"), same("Pid", Value::Int(pid))), believed)
        });
        by_guid.into_iter().chain(by_pid).reduce(Expr::or).unwrap_or_else(|| Expr::literal(Value::Bool(false)))
    }

    /// The same of what a row tells.
    pub fn means(&self, told: &Known) -> bool {
        if self.known.muid != told.muid {
            return false;
        }
        if let Some(guid) = &told.guid {
            return self.known.guid.as_ref().is_some_and(|own| folded_equal(own, guid));
        }
        let (Some((pid, at)), Some(time)) = (self.known.pid.zip(self.known.at), told.at) else { return false };
        let span = match (&self.known.name, &told.name) {
            (Some(own), Some(name)) if folded_equal(own, name) => LIFE,
            (Some(_), Some(_)) => return false,
            (None, _) | (Some(_), None) => NAMELESS_LIFE,
        };
        told.pid == Some(pid) && self.from <= time && time < self.until(at, span)
    }

    /// The end of what is believed of a pid for so long.
    fn until(&self, at: i64, life: i64) -> i64 {
        self.until.unwrap_or(i64::MAX).min(at.saturating_add(life).saturating_add(1))
    }
}

fn is_operation(cell: &dyn Fn(&str) -> Value, word: &str) -> bool {
    matches!(cell("Operation"), Value::Text(operation) if folded_equal(&operation, word))
}

fn between(from: i64, until: i64) -> Arc<Expr> {
    let bound = |comparison, time| Arc::new(Expr::Compare(comparison, Expr::column("DateTime"), Expr::literal(Value::Time(time))));
    Expr::and(bound(Comparison::GreaterOrEqual, from), bound(Comparison::Less, until))
}

/// The start of a process: by GUID; of a start that has none, the report of it that tells more; else the latest start of the pid before, if it is believed.
/// Where no start has its GUID that is one that only a sensor without GUIDs reported.
fn own_start<'a>(known: &Known, seen: &[&'a Seen]) -> Option<&'a Seen> {
    let starts = || seen.iter().copied().filter(|seen| seen.known.starts);
    if let Some(guid) = &known.guid {
        let own = starts().find(|seen| seen.known.guid.as_deref().is_some_and(|own| folded_equal(own, guid)));
        if own.is_some() || known.starts {
            return own;
        }
    }
    known.pid?;
    let of_pid = || starts().filter(|seen| seen.known.pid == known.pid && seen.known.at.is_some());
    let at = known.at?;
    let richest = |of: &Known| {
        let twins = of_pid().filter(|seen| of.is_twin(&seen.known));
        twins.min_by_key(|seen| (seen.known.guid.is_none(), seen.known.at.map_or(u64::MAX, |time| time.abs_diff(of.at.unwrap_or(at)))))
    };
    if known.starts {
        return richest(known);
    }
    let latest = of_pid().filter(|seen| seen.known.at.is_some_and(|time| time <= at.saturating_add(SLACK))).max_by_key(|seen| seen.known.at)?;
    let age = at.saturating_sub(latest.known.at?);
    let start = is_believed(age, known.name.as_deref(), latest.known.name.as_deref()).then(|| richest(&latest.known)).flatten()?;
    (known.guid.is_none() || start.known.guid.is_none()).then_some(start)
}

/// From when to when the pid means the process: to the next start of the pid, or a while after the end. Without a recorded start, from the end of the process
/// before it.
fn bounds(known: &Known, is_started: bool, seen: &[&Seen]) -> (i64, Option<i64>) {
    let at = known.at.unwrap_or(i64::MIN);
    let of_pid = || seen.iter().map(|seen| &seen.known).filter(|seen| known.pid.is_some() && seen.pid == known.pid);
    let others = || of_pid().filter(|seen| seen.starts && !known.is_twin(seen)).filter_map(|seen| seen.at);
    let is_own_guid = |seen: &Known| seen.guid.as_deref().zip(known.guid.as_deref()).is_none_or(|(a, b)| folded_equal(a, b));
    let is_end = |seen: &&Known| !seen.starts && (seen.pid == known.pid || seen.guid.is_some()) && is_own_guid(seen);
    let next = others().filter(|time| *time > at).min().map(|time| time.saturating_sub(SLACK));
    let ends = seen.iter().map(|seen| &seen.known).filter(is_end).filter_map(|seen| seen.at).filter(|time| *time >= at);
    let until = next.into_iter().chain(ends.min().map(|time| time.saturating_add(LINGER))).min();
    if is_started {
        return (at.saturating_sub(SLACK), until);
    }
    let before = of_pid().filter(|seen| !known.is_twin(seen)).filter_map(|seen| seen.at).filter(|time| *time < at).max();
    (before.map_or(i64::MIN, |time| time.saturating_add(1)).max(at.saturating_sub(LIFE)), until)
}
