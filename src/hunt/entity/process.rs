//! One process: what a row tells of it, its start among those of its pid, and from when to when it lived.
//!
//! A process is its GUID where the sensor gives one, else machine, pid and start. A pid is believed as long as at ingest (`telemetry::belief`).

use std::sync::Arc;

use super::starts::{TOGETHER, columns, is_missing, starts};
use crate::frame::Frame;
use crate::hunt::query::ACTIVE;
use crate::plan::{Comparison, Expr, Plan, Scan, Scope, Step, Value, folded_equal};
use crate::telemetry::belief::{LIFE, NAMELESS_LIFE, SLACK, is_believed};

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
    /// Its start's row in the frame that was read, where one was recorded.
    pub start: Option<usize>,
    /// What others say by its pid from here on means it, milliseconds; up to `until`, if anything tells its end.
    from: i64,
    until: Option<i64>,
}

impl Known {
    /// What a hunter names: a machine and a pid at a time (without one the latest), or a GUID.
    pub fn named(muid: Arc<str>, pid: Option<i64>, guid: Option<Arc<str>>, at: Option<i64>) -> Known {
        Known { muid, guid, pid, name: None, at, starts: false }
    }

    /// What the cells of a row say of one side; `None` where they identify no process. Of an image load the Child is no process: the loader is.
    pub fn read(cell: &dyn Fn(&str) -> Value, side: Side) -> Option<Known> {
        let is = |word: &str| matches!(cell("Operation"), Value::Text(operation) if folded_equal(&operation, word));
        let side = if side == Side::Child && is("load") { Side::Parent } else { side };
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
            starts: side == Side::Child && is("create"),
        };
        (known.guid.is_some() || (known.pid.is_some() && known.at.is_some())).then_some(known)
    }

    /// Starts and ends of whatever had its GUID or its pid.
    pub fn history(&self, scan: Scan) -> Plan {
        let same = |column: &str, value: Option<Value>| value.map(|value| Expr::equal(Expr::column(column), Expr::literal(value)));
        let guid = same("ChildGuid", self.guid.clone().map(Value::Text));
        let pid = same("ChildPid", self.pid.map(Value::Int));
        let any = guid.into_iter().chain(pid).reduce(Expr::or).unwrap_or_else(|| Expr::literal(Value::Bool(false)));
        let scan =
            Scan { scope: Scope::Machines(vec![self.muid.clone()]), operations: Some(vec!["create".into(), "kill".into()]), needs: Some(Vec::new()), ..scan };
        Plan::scan(scan).then(Step::Filter(any))
    }
}

/// The processes that one started, in all that the source holds, one row each.
pub fn children(life: &Life, scan: &Scan) -> Plan {
    starts(&Scan { scope: Scope::Machines(vec![life.known.muid.clone()]), ..scan.clone() }, Some(&life.is_of(Side::Parent)))
}

/// No process, with the columns of processes.
pub fn nobody(scan: &Scan) -> Plan {
    starts(scan, Some(&Expr::literal(Value::Bool(false))))
}

/// A process whose start no record tells, as a row of the process table: what another row says of this side of it.
pub fn active(cell: &dyn Fn(&str) -> Value, side: Side) -> Vec<Value> {
    const KEPT: [&str; 9] = ["DateTime", "Muid", "ClientId", "Machine", "Provider", "Channel", "EventId", "RecordId", "Source"];
    let told = |column: &str| match (column, column.strip_prefix("Child")) {
        ("Operation", _) => Value::text(ACTIVE),
        ("CommandLine", _) => cell(if side == Side::Parent { "ParentCommandLine" } else { "CommandLine" }),
        (_, Some(part)) => cell(&format!("{}{part}", side.word())),
        (kept, None) if KEPT.contains(&kept) => cell(kept),
        (_, None) => Value::Missing,
    };
    columns().iter().map(|column| told(column)).collect()
}

/// One row of a history.
struct Seen {
    row: usize,
    starts: bool,
    known: Known,
}

impl Life {
    /// Finds the process in its history.
    pub fn read(known: &Known, history: &Frame) -> Life {
        let seen = seen(history);
        let start = own_start(known, &seen);
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
        let (from, until) = bounds(&found, start.is_some(), &seen);
        Life { known: found, start: start.map(|start| start.row), from, until }
    }

    /// Finds the process of a pid that started last at a time or before, in its history. Unlike what telemetry says of a pid, what a hunter says of it is
    /// believed however long ago the start was.
    pub fn named(known: &Known, history: &Frame) -> Option<Life> {
        let all = seen(history);
        let until = known.at.unwrap_or(i64::MAX);
        let of_pid = |seen: &&Seen| known.guid.is_some() || seen.known.pid == known.pid;
        let latest =
            all.iter().filter(|seen| seen.starts).filter(of_pid).filter(|seen| seen.known.at.is_some_and(|at| at <= until)).max_by_key(|seen| seen.known.at)?;
        let life = Life::read(&latest.known, history);
        life.start.is_some().then_some(life)
    }

    /// That a row of this table tells what the process did (or, of the Child's side, what was done to it): by its GUID; where the row has none, by its pid
    /// and name while it lived. The scan names the machine.
    pub fn is_of(&self, side: Side) -> Arc<Expr> {
        let of = |part: &str| Expr::column(format!("{}{part}", side.word()));
        let same = |part: &str, value: Value| Expr::equal(of(part), Expr::literal(value));
        let by_guid = self.known.guid.clone().map(|guid| same("Guid", Value::Text(guid)));
        let by_pid = self.known.pid.zip(self.known.at).map(|(pid, at)| {
            let name = format!("{}Filename", side.word());
            let until = |life: i64| self.until.unwrap_or(i64::MAX).min(at.saturating_add(life).saturating_add(1));
            let lives = |until: i64| between(self.from, until);
            let believed = match &self.known.name {
                None => lives(until(NAMELESS_LIFE)),
                Some(own) => {
                    let (named, nameless) = (same("Filename", Value::Text(own.clone())), is_missing(&name));
                    match (until(LIFE), until(NAMELESS_LIFE)) {
                        (longer, shorter) if longer == shorter => Expr::and(Expr::or(named, nameless), lives(longer)),
                        (longer, shorter) => Expr::or(Expr::and(named, lives(longer)), Expr::and(nameless, lives(shorter))),
                    }
                }
            };
            Expr::and(Expr::and(is_missing(&format!("{}Guid", side.word())), same("Pid", Value::Int(pid))), believed)
        });
        by_guid.into_iter().chain(by_pid).reduce(Expr::or).unwrap_or_else(|| Expr::literal(Value::Bool(false)))
    }
}

fn seen(history: &Frame) -> Vec<Seen> {
    let one = |row: usize| {
        let known = Known::read(&|name| history.named(row, name), Side::Child)?;
        Some(Seen { row, starts: known.starts, known })
    };
    (0..history.height()).filter_map(one).collect()
}

fn between(from: i64, until: i64) -> Arc<Expr> {
    let bound = |comparison, time| Arc::new(Expr::Compare(comparison, Expr::column("DateTime"), Expr::literal(Value::Time(time))));
    Expr::and(bound(Comparison::GreaterOrEqual, from), bound(Comparison::Less, until))
}

/// Two reports of one start: by their GUID, else by name and nearness.
fn is_twin(a: &Known, b: &Known) -> bool {
    match (&a.guid, &b.guid) {
        (Some(a), Some(b)) => folded_equal(a, b),
        _ => a.pid == b.pid && is_same_name(a, b) && a.at.zip(b.at).is_some_and(|(a, b)| a.abs_diff(b) <= TOGETHER.unsigned_abs()),
    }
}

fn is_same_name(a: &Known, b: &Known) -> bool {
    a.name.as_deref().zip(b.name.as_deref()).is_some_and(|(a, b)| folded_equal(a, b))
}

/// The start of a process: by GUID; of a start that has none, the report of it that tells more; else the latest start of the pid before, if it is believed.
fn own_start<'a>(known: &Known, seen: &'a [Seen]) -> Option<&'a Seen> {
    let starts = || seen.iter().filter(|seen| seen.starts);
    if let Some(guid) = &known.guid {
        return starts().find(|seen| seen.known.guid.as_deref().is_some_and(|own| folded_equal(own, guid)));
    }
    let of_pid = || starts().filter(|seen| seen.known.pid == known.pid && seen.known.at.is_some());
    let at = known.at?;
    let richest = |of: &Known| {
        let twins = of_pid().filter(|seen| is_twin(of, &seen.known));
        twins.min_by_key(|seen| (seen.known.guid.is_none(), seen.known.at.map_or(u64::MAX, |time| time.abs_diff(of.at.unwrap_or(at)))))
    };
    if known.starts {
        return richest(known);
    }
    let latest = of_pid().filter(|seen| seen.known.at.is_some_and(|time| time <= at.saturating_add(SLACK))).max_by_key(|seen| seen.known.at)?;
    let age = at.saturating_sub(latest.known.at?);
    is_believed(age, known.name.as_deref(), latest.known.name.as_deref()).then(|| richest(&latest.known)).flatten()
}

/// From when to when the pid means the process: to the next start of the pid, or a while after the end. Without a recorded start, from the end of the process
/// before it.
fn bounds(known: &Known, is_started: bool, seen: &[Seen]) -> (i64, Option<i64>) {
    let at = known.at.unwrap_or(i64::MIN);
    let of_pid = || seen.iter().filter(|seen| known.pid.is_some() && seen.known.pid == known.pid);
    let others = || of_pid().filter(|seen| seen.starts && !is_twin(known, &seen.known)).filter_map(|seen| seen.known.at);
    let is_own_guid = |seen: &Known| seen.guid.as_deref().zip(known.guid.as_deref()).is_none_or(|(a, b)| folded_equal(a, b));
    let ends = || seen.iter().filter(|seen| !seen.starts && (seen.known.pid == known.pid || seen.known.guid.is_some()) && is_own_guid(&seen.known));
    let next = others().filter(|time| *time > at).min().map(|time| time.saturating_sub(SLACK));
    let end = ends().filter_map(|seen| seen.known.at).filter(|time| *time >= at).min().map(|time| time.saturating_add(LINGER));
    let until = next.into_iter().chain(end).min();
    if is_started {
        return (at.saturating_sub(SLACK), until);
    }
    let before = of_pid().filter(|seen| !is_twin(known, &seen.known)).filter_map(|seen| seen.known.at).filter(|time| *time < at).max();
    (before.map_or(i64::MIN, |time| time.saturating_add(1)).max(at.saturating_sub(LIFE)), until)
}
