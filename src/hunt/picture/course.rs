//! Rows over time: a lane for each of the things that they are about, in which a row is a mark where it happened, or as long as it lasted.

use std::collections::BTreeSet;

use super::MOST;
use super::figures::Picture;
use crate::frame::Frame;
use crate::plan::{Schema, Value, folded_equal, written};
use crate::telemetry::Type;

/// One of the things that rows are about.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    pub name: String,
    /// In the order of the rows.
    pub marks: Vec<Mark>,
}

/// A row: from when to when (milliseconds; the same for what has no length), and what it says in short.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub from: i64,
    pub to: i64,
    pub said: String,
}

/// What a picture has no room or no place for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    pub lanes: usize,
    /// Rows without a time.
    pub undated: usize,
}

/// Columns of rows that last, from and to: sequences, groups, users.
const SPANS: [(&str, &str); 3] = [("Start", "End"), ("FirstSeen", "LastSeen"), ("IniDate", "EndDate")];

/// What a lane stands for: the first of these of which the rows have several values.
const LANES: [&str; 8] = ["Machine", "Table", "LoggedUser", "ParentFilename", "ChildFilename", "RemoteIp", "huntingRule", "Operation"];

/// What a row says in short: the first known of each.
const SAID: [&[&str]; 3] =
    [&["Operation", "Action"], &["Actor", "ParentFilename", "LoggedUser"], &["Detail", "CommandLine", "Target", "ChildFilename", "Query", "RemoteIp", "Key"]];

/// The columns that tell when.
pub(super) fn times(schema: &Schema) -> Option<(&str, &str)> {
    let is_time = |name: &str| schema.kind(name) == Some(Type::Time);
    let span = SPANS.into_iter().find(|(from, to)| is_time(from) && is_time(to));
    let instant = || schema.columns().iter().find(|(_, kind)| *kind == Type::Time).map(|(name, _)| (&**name, &**name));
    span.or_else(instant)
}

/// The lanes in the order in which they first have a row; rows without a time are in none, and counted.
pub(super) fn read(frame: &Frame) -> Option<Picture> {
    let (from, to) = times(frame.schema())?;
    let is_span = from != to;
    let by = if is_span { None } else { lane_column(frame) };
    let text = |row: usize, column: &str| written(&frame.named(row, column)).filter(|text| !text.is_empty());
    let labels: Vec<&str> = frame.schema().columns().iter().filter(|(_, kind)| *kind == Type::Text).map(|(name, _)| &**name).collect();
    let (mut lanes, mut others, mut undated): (Vec<Lane>, BTreeSet<String>, usize) = (Vec::new(), BTreeSet::new(), 0);
    for row in 0..frame.height() {
        let (Value::Time(begin), Value::Time(end)) = (frame.named(row, from), frame.named(row, to)) else {
            undated += 1;
            continue;
        };
        let name = match by {
            // What lasts has a lane of its own, named by what it is.
            None if is_span => labels.iter().filter_map(|column| text(row, column)).collect::<Vec<_>>().join(" "),
            None => String::new(),
            Some(column) => text(row, column).unwrap_or_else(|| "(missing)".into()),
        };
        let said = SAID.iter().filter_map(|columns| columns.iter().filter(|column| Some(**column) != by).find_map(|column| text(row, column)));
        let mark = Mark { from: begin.min(end), to: begin.max(end), said: said.collect::<Vec<_>>().join(" ") };
        match lanes.iter().position(|lane| folded_equal(&lane.name, &name)) {
            Some(at) => lanes[at].marks.push(mark),
            None if lanes.len() < MOST => lanes.push(Lane { name, marks: vec![mark] }),
            None => drop(others.insert(name)),
        }
    }
    let left_out = LeftOut { lanes: others.len(), undated };
    (!lanes.is_empty()).then(|| Picture::Timeline { by: by.unwrap_or_default().to_string(), lanes, left_out })
}

fn lane_column(frame: &Frame) -> Option<&'static str> {
    let values = |column: &str| (0..frame.height()).filter_map(|row| written(&frame.named(row, column))).collect::<BTreeSet<_>>().len();
    let known: Vec<(&str, usize)> = LANES.into_iter().filter(|name| frame.schema().kind(name).is_some()).map(|name| (name, values(name))).collect();
    let several = known.iter().find(|(_, count)| (2..=MOST).contains(count));
    several.or_else(|| known.iter().find(|(_, count)| *count > 0)).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunt::build::frame;

    fn texts(values: &[&str]) -> Vec<Value> {
        values.iter().map(|value| if *value == "-" { Value::Missing } else { Value::text(*value) }).collect()
    }

    /// A line a lane: `name: from-to said, …`.
    fn shown(frame: &Frame) -> Vec<String> {
        let Some(Picture::Timeline { lanes, .. }) = read(frame) else { return Vec::new() };
        let mark = |mark: &Mark| format!("{}-{} {}", mark.from, mark.to, mark.said);
        lanes.iter().map(|lane| format!("{}: {}", lane.name, lane.marks.iter().map(mark).collect::<Vec<_>>().join(", "))).collect()
    }

    #[test]
    fn a_lane_is_what_differs() {
        let times = vec![Value::Time(5), Value::Missing, Value::Time(1)];
        let rows = frame(vec![
            ("DateTime", Type::Time, times),
            ("Machine", Type::Text, texts(&["A", "A", "A"])),
            ("Table", Type::Text, texts(&["process", "dns", "dns"])),
            ("Actor", Type::Text, texts(&["x.exe", "-", "-"])),
            ("Detail", Type::Text, texts(&["d", "-", "q"])),
        ]);
        assert_eq!(shown(&rows), ["process: 5-5 x.exe d", "dns: 1-1 q"]);
        let Some(Picture::Timeline { left_out, .. }) = read(&rows) else { panic!() };
        assert_eq!(left_out, LeftOut { lanes: 0, undated: 1 });
    }

    #[test]
    fn what_lasts_is_as_long() {
        let rows = frame(vec![
            ("Name", Type::Text, texts(&["a", "b"])),
            ("Port", Type::Text, texts(&["1", "-"])),
            ("FirstSeen", Type::Time, vec![Value::Time(1), Value::Time(4)]),
            ("LastSeen", Type::Time, vec![Value::Time(9), Value::Time(4)]),
        ]);
        assert_eq!(shown(&rows), ["a 1: 1-9 ", "b: 4-4 "]);
    }

    #[test]
    fn more_lanes_than_anyone_looks_at_are_counted() {
        let names: Vec<String> = (0..30).map(|number| format!("M{number}")).collect();
        let rows = frame(vec![
            ("DateTime", Type::Time, (0..30).map(Value::Time).collect()),
            ("Machine", Type::Text, names.iter().map(|name| Value::text(name.as_str())).collect()),
        ]);
        let Some(Picture::Timeline { lanes, left_out, .. }) = read(&rows) else { panic!() };
        assert_eq!((lanes.len(), left_out), (MOST, LeftOut { lanes: 10, undated: 0 }));
    }
}
