//! Bins: where they lie, which are empty, and what `top` makes of the rest.

use chrono_tz::Tz;

use super::*;
use crate::frame::Frame;
use crate::hunt::build::{frame, scan, time};
use crate::plan::{Period, explain};

const HOUR: i64 = 3_600_000;

fn hourly() -> Histogram {
    Histogram { interval: Some(HOUR), ..Histogram::default() }
}

fn span(from: &str, to: &str) -> Period {
    Period { from: Some(time(from)), to: Some(time(to)) }
}

fn bins(rows: &[(&str, Option<&str>, i64)]) -> Frame {
    #[allow(clippy::type_complexity)]
    let values = |value: &dyn Fn(&(&str, Option<&str>, i64)) -> Value| rows.iter().map(value).collect();
    frame(vec![
        ("Bin", Type::Time, values(&|row| Value::Time(time(row.0)))),
        ("ChildFilename", Type::Text, values(&|row| row.1.map_or(Value::Missing, Value::text))),
        ("Count", Type::Int, values(&|row| Value::Int(row.2))),
    ])
}

fn shown(frame: &Frame) -> Vec<String> {
    let cell = |value: Value| match value {
        Value::Missing => "-".to_string(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Time(time) => crate::plan::time_text(time)[11..16].to_string(),
        other => format!("{other:?}"),
    };
    (0..frame.height()).map(|row| frame.row(row).into_iter().map(cell).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn a_lone_text_is_an_interval_if_it_reads_as_one() {
    assert_eq!(Histogram::read("1h"), hourly());
    assert_eq!(Histogram::read("ParentFilename").by, [Arc::from("ParentFilename")]);
}

#[test]
fn the_plan_groups_by_interval_and_values() {
    let rows = scan("process");
    let columns = Schema::of(&rows).unwrap();
    let histogram = Histogram { by: vec!["ChildFilename".into()], ..hourly() };
    let planned = plan(&rows, &columns, &histogram, Tz::UTC).unwrap();
    assert_eq!(explain(&planned), "scan process\nderive Bin = DateTime.floor(1.hours)\ngroup by Bin ChildFilename with Count = count()\n");
    assert_eq!(schema(&columns, &histogram).unwrap(), Schema::of(&planned).unwrap());
    assert_eq!(plan(&rows, &columns, &Histogram::default(), Tz::UTC), Err(HistogramError::Nothing));
    let unknown = Histogram { by: vec!["Childfile".into()], ..hourly() };
    assert!(matches!(plan(&rows, &columns, &unknown, Tz::UTC), Err(HistogramError::Plan(PlanError::UnknownColumn { .. }))));
    assert_eq!(plan(&rows, &columns, &Histogram { top: Some(3), ..hourly() }, Tz::UTC), Err(HistogramError::Top));
    let twice = Histogram { by: vec!["Count".into()], ..hourly() };
    assert!(matches!(plan(&rows, &columns, &twice, Tz::UTC), Err(HistogramError::Plan(PlanError::Twice { .. }))));
}

#[test]
fn a_metric_that_does_not_add_up_is_ranked_before_it_is_binned() {
    let rows = scan("network");
    let columns = Schema::of(&rows).unwrap();
    let metric = Aggregate { name: "Hosts".into(), fold: Fold::NUnique, column: Some("Muid".into()) };
    let histogram = Histogram { by: vec!["RemotePort".into(), "RemoteIp".into()], top: Some(2), metric, ..hourly() };
    let planned = plan(&rows, &columns, &histogram, Tz::UTC).unwrap();
    assert!(explain(&planned).contains("left join on top: key 0, top: key 1"), "{}", explain(&planned));
    assert_eq!(schema(&columns, &histogram).unwrap().names().collect::<Vec<_>>(), ["Bin", "RemotePort", "RemoteIp", "Hosts"]);
    let answer = frame(vec![
        ("Bin", Type::Time, vec![Value::Time(0), Value::Time(0)]),
        ("RemotePort", Type::Int, vec![Value::Missing, Value::Int(443)]),
        ("RemoteIp", Type::Text, vec![Value::Missing, Value::text("10.0.0.1")]),
        (top::IS_OTHER, Type::Bool, vec![Value::Bool(true), Value::Bool(false)]),
        ("Hosts", Type::Int, vec![Value::Int(7), Value::Int(3)]),
    ]);
    let finished = finish(&answer, &histogram, &Period::ALL, &[], Tz::UTC).unwrap();
    assert_eq!(shown(&finished), ["00:00 443 10.0.0.1 3", "00:00 (other) (other) 7"]);
    assert_eq!(*finished.schema(), schema(&columns, &histogram).unwrap());
}

#[test]
fn empty_intervals_are_nought_where_telemetry_looked_and_missing_elsewhere() {
    let rows = frame(vec![("Bin", Type::Time, vec![Value::Time(time("2020-09-21T02:00:00Z"))]), ("Count", Type::Int, vec![Value::Int(5)])]);
    let covered = [span("2020-09-21T01:30:00Z", "2020-09-21T04:00:00Z")];
    let period = span("2020-09-21T00:00:00Z", "2020-09-21T06:00:00Z");
    let filled = finish(&rows, &hourly(), &period, &covered, Tz::UTC).unwrap();
    assert_eq!(shown(&filled), ["00:00 -", "01:00 0", "02:00 5", "03:00 0", "04:00 -", "05:00 -"]);
    let bare = finish(&rows, &Histogram { fill: false, ..hourly() }, &period, &covered, Tz::UTC).unwrap();
    assert_eq!(shown(&bare), ["02:00 5"]);
    let open = finish(&rows, &hourly(), &Period::ALL, &covered, Tz::UTC).unwrap();
    assert_eq!(shown(&open), ["01:00 0", "02:00 5", "03:00 0"]);
    let long = Period { from: Some(0), to: Some(HOUR * 200_000) };
    assert_eq!(finish(&rows, &hourly(), &long, &covered, Tz::UTC).unwrap_err(), HistogramError::Bins);
    let means = Histogram { metric: Aggregate { name: "Count".into(), fold: Fold::Mean, column: Some("Size".into()) }, ..hourly() };
    assert_eq!(shown(&finish(&rows, &means, &Period::ALL, &covered, Tz::UTC).unwrap()), ["01:00 -", "02:00 5", "03:00 -"]);
}

#[test]
fn days_are_as_long_as_the_zone_makes_them() {
    let zone = Tz::Europe__Madrid;
    let daily = Histogram { interval: Some(24 * HOUR), ..Histogram::default() };
    let period = span("2020-10-24T22:00:00Z", "2020-10-26T23:00:00Z");
    let filled = finish(&bins(&[]), &daily, &period, &[period], zone).unwrap();
    assert_eq!(shown(&filled), ["22:00 0", "23:00 0"]);
}

#[test]
fn top_keeps_the_most_and_adds_up_the_rest() {
    let (one, two) = ("2020-09-21T01:00:00Z", "2020-09-21T02:00:00Z");
    let rows = bins(&[(one, Some("cmd.exe"), 2), (one, Some("a.exe"), 3), (one, None, 9), (two, Some("CMD.EXE"), 4), (two, Some("b.exe"), 1)]);
    let histogram = Histogram { by: vec!["ChildFilename".into()], top: Some(2), ..hourly() };
    let finished = finish(&rows, &histogram, &Period::ALL, &[], Tz::UTC).unwrap();
    assert_eq!(shown(&finished), ["01:00 CMD.EXE 2", "01:00 - 9", "01:00 (other) 3", "02:00 CMD.EXE 4", "02:00 - -", "02:00 (other) 1"]);
}
