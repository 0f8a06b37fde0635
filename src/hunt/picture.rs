//! What an answer looks like best, and the figures of that picture; how they are drawn is `present`'s.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::frame::Frame;
use crate::plan::{Schema, Value, time};
use crate::telemetry::Type;

/// A way to look at rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Table,
    Bars,
    Area,
    Map,
    Heat,
    Share,
}

/// The figures of a picture. Labels are as telemetry has them: whoever draws escapes them.
#[derive(Clone, Debug, PartialEq)]
pub enum Picture {
    /// A value by label, one bar each.
    Bars { heading: String, metric: String, rows: Vec<(String, f64)> },
    /// Parts of a whole, the largest first.
    Share { heading: String, rows: Vec<(String, f64)> },
    /// Values by day (days since 1970, in order); a day without telemetry is not there, and what no row tells is missing.
    Area { days: Vec<i32>, series: Vec<(String, Vec<Option<f64>>)> },
    /// Seven weekdays (Monday first) by 24 hours; what no row tells is missing.
    Heat { metric: String, cells: Box<[[Option<f64>; 24]; 7]> },
    /// Places by latitude and longitude in degrees, and how many rows have none.
    Map { dots: Vec<Dot>, elsewhere: f64 },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    pub latitude: f64,
    pub longitude: f64,
    pub label: String,
    pub count: f64,
}

impl View {
    pub const ALL: [View; 6] = [View::Table, View::Bars, View::Area, View::Map, View::Heat, View::Share];

    pub fn word(self) -> &'static str {
        match self {
            View::Table => "table",
            View::Bars => "bars",
            View::Area => "area",
            View::Map => "map",
            View::Heat => "heat",
            View::Share => "share",
        }
    }

    pub fn parse(word: &str) -> Option<View> {
        View::ALL.into_iter().find(|view| view.word().eq_ignore_ascii_case(word))
    }

    /// What fits rows with these columns: a query's answer is known by columns that no other one has, also after filters and sorts.
    pub fn of(schema: &Schema) -> View {
        let has = |names: &[&str]| names.iter().all(|name| schema.kind(name).is_some());
        match () {
            () if has(&["Date"]) && has(&BANDWIDTH) => View::Area,
            () if has(&["Weekday", "Hour", "AvgActions"]) => View::Heat,
            () if has(&["alertDateTime", "huntingRule"]) => View::Bars,
            () if has(&["Latitude", "Longitude"]) => View::Map,
            () => View::Table,
        }
    }

    /// Nothing where the columns have what the view needs, else what it needs.
    pub fn lacks(self, schema: &Schema) -> Option<&'static str> {
        let number = |name: &str| schema.kind(name).is_some_and(is_number);
        let has_metric = is_alerts(schema) || metric(schema).is_some();
        match self {
            View::Table => None,
            View::Bars | View::Share => {
                (!has_metric || label(schema).is_none()).then_some("a column of names and one of numbers, as after `.group_by(\"A\").count()`")
            }
            View::Area => (day(schema).is_none() || numbers(schema).is_empty()).then_some("a column `Date` or a time, and one of numbers"),
            View::Map => (!number("Latitude") || !number("Longitude")).then_some("the columns `Latitude` and `Longitude`"),
            View::Heat => {
                (!number("Weekday") || !number("Hour") || metric(schema).is_none()).then_some("the columns `Weekday` (1 to 7) and `Hour`, and one of numbers")
            }
        }
    }
}

impl Picture {
    /// The figures of rows; `None` where the view is a table, or there is nothing to draw.
    pub fn read(frame: &Frame, view: View, zone: Tz) -> Option<Picture> {
        let schema = frame.schema();
        if frame.height() == 0 || view.lacks(schema).is_some() {
            return None;
        }
        match view {
            View::Table => None,
            View::Bars if is_alerts(schema) => Some(alerts(frame, zone)),
            View::Bars | View::Share => {
                let metric = metric(schema).filter(|_| !is_alerts(schema));
                let heading = if is_alerts(schema) { "huntingRule" } else { label(schema)? };
                let rows = added_up(frame, heading, metric, zone);
                let heading = heading.to_string();
                Some(if view == View::Share { share(heading, rows) } else { Picture::Bars { heading, metric: metric.unwrap_or("Count").into(), rows } })
            }
            View::Area => area(frame, zone),
            View::Heat => heat(frame),
            View::Map => Some(map(frame)),
        }
    }
}

fn is_alerts(schema: &Schema) -> bool {
    schema.kind("alertDateTime").is_some() && schema.kind("huntingRule").is_some()
}

fn is_number(kind: Type) -> bool {
    matches!(kind, Type::Int | Type::Float)
}

fn numbers(schema: &Schema) -> Vec<&str> {
    let known = ["Weekday", "Hour", "Latitude", "Longitude", "Asn"];
    schema.columns().iter().filter(|(name, kind)| is_number(*kind) && !known.contains(&&**name)).map(|(name, _)| &**name).collect()
}

/// What an area chart shows: of bandwidth the megabytes only, else every number.
fn measured_by_day(schema: &Schema) -> Vec<&str> {
    let all = numbers(schema);
    let bandwidth: Vec<&str> = BANDWIDTH.into_iter().filter(|name| all.contains(name)).collect();
    if bandwidth.len() == BANDWIDTH.len() { bandwidth } else { all }
}

/// The columns of bandwidth that are drawn.
const BANDWIDTH: [&str; 2] = ["Outgoing", "Incoming"];

/// The column that a picture measures: a count or an average where there is one, else the first of numbers.
fn metric(schema: &Schema) -> Option<&str> {
    let numbers = numbers(schema);
    ["Count", "AvgActions", "Times"].into_iter().find(|name| numbers.contains(name)).or_else(|| numbers.first().copied())
}

fn label(schema: &Schema) -> Option<&str> {
    schema.columns().iter().find(|(_, kind)| matches!(kind, Type::Text | Type::Time | Type::Bool | Type::Hex)).map(|(name, _)| &**name)
}

fn day(schema: &Schema) -> Option<&str> {
    let is_date = |name: &str, kind: Type| kind == Type::Time || (name == "Date" && kind == Type::Text);
    schema.columns().iter().find(|(name, kind)| is_date(name, *kind)).map(|(name, _)| &**name)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) if number.is_finite() => Some(*number),
        _ => None,
    }
}

/// The sum of a column, or the number of rows, by another one's value, in the order in which values first come.
fn added_up(frame: &Frame, by: &str, metric: Option<&str>, zone: Tz) -> Vec<(String, f64)> {
    let mut rows: Vec<(String, Option<f64>)> = Vec::new();
    let mut known = BTreeMap::new();
    for row in 0..frame.height() {
        let label = match frame.named(row, by) {
            Value::Missing => "(missing)".into(),
            Value::Text(text) => text.to_string(),
            Value::Int(number) => format!("{number:#x}"),
            Value::Time(at) if at % 60_000 == 0 => {
                chrono::DateTime::from_timestamp_millis(at).map(|at| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
            }
            value => crate::plan::written(&value).unwrap_or_default(),
        };
        let at = *known.entry(label.clone()).or_insert_with(|| {
            rows.push((label, None));
            rows.len() - 1
        });
        // A label whose rows tell no number keeps none: it is left out, not drawn as nothing.
        let value = metric.map_or(Some(1.0), |metric| number(&frame.named(row, metric)));
        rows[at].1 = match (rows[at].1, value) {
            (Some(sum), Some(value)) => Some(sum + value),
            (known, value) => known.or(value),
        };
    }
    rows.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

fn share(heading: String, mut rows: Vec<(String, f64)>) -> Picture {
    rows.retain(|(_, value)| *value > 0.0);
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    Picture::Share { heading, rows }
}

/// Alerts of one day by rule as parts of all, those of more days by day.
fn alerts(frame: &Frame, zone: Tz) -> Picture {
    let mut days: BTreeMap<String, f64> = BTreeMap::new();
    for row in 0..frame.height() {
        if let Value::Time(at) = frame.named(row, "alertDateTime") {
            *days.entry(time::date(at, zone).unwrap_or_default()).or_default() += 1.0;
        }
    }
    if days.len() > 1 {
        return Picture::Bars { heading: "Day".into(), metric: "Count".into(), rows: days.into_iter().collect() };
    }
    share("huntingRule".into(), added_up(frame, "huntingRule", None, zone))
}

fn area(frame: &Frame, zone: Tz) -> Option<Picture> {
    let column = day(frame.schema())?;
    let names = measured_by_day(frame.schema());
    let mut sums: BTreeMap<i32, Vec<Option<f64>>> = BTreeMap::new();
    for row in 0..frame.height() {
        let date = match frame.named(row, column) {
            Value::Time(at) => time::date(at, zone).map(|date| date.to_string()),
            Value::Text(text) => Some(text.to_string()),
            _ => None,
        };
        let Some(day) = date.and_then(|date| day_number(&date)) else { continue };
        let known = sums.entry(day).or_insert_with(|| vec![None; names.len()]);
        for (sum, name) in known.iter_mut().zip(&names) {
            if let Some(value) = number(&frame.named(row, name)) {
                *sum = Some(sum.unwrap_or(0.0) + value);
            }
        }
    }
    let series = names.iter().enumerate().map(|(at, name)| (name.to_string(), sums.values().map(|sum| sum[at]).collect())).collect();
    (!sums.is_empty()).then(|| Picture::Area { days: sums.into_keys().collect(), series })
}

/// `2020-09-21` as days since 1970.
fn day_number(date: &str) -> Option<i32> {
    let day = chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?.signed_duration_since(chrono::NaiveDate::default()).num_days();
    i32::try_from(day).ok()
}

/// Users add up; a cell that no row has stays missing.
fn heat(frame: &Frame) -> Option<Picture> {
    let metric = metric(frame.schema())?;
    let mut cells = Box::new([[None; 24]; 7]);
    let place = |value: Value| number(&value).filter(|place| *place >= 0.0).map(|place| place as usize);
    for row in 0..frame.height() {
        let (Some(weekday), Some(hour)) = (place(frame.named(row, "Weekday")), place(frame.named(row, "Hour"))) else { continue };
        let Some(cell) = weekday.checked_sub(1).and_then(|weekday| cells.get_mut(weekday)).and_then(|hours| hours.get_mut(hour)) else { continue };
        if let Some(value) = number(&frame.named(row, metric)) {
            *cell = Some(cell.unwrap_or(0.0) + value);
        }
    }
    Some(Picture::Heat { metric: metric.to_string(), cells })
}

fn map(frame: &Frame) -> Picture {
    let count = ["Count", "Times"].into_iter().find(|name| frame.schema().kind(name).is_some_and(is_number));
    let (mut dots, mut elsewhere): (Vec<Dot>, f64) = (Vec::new(), 0.0);
    for row in 0..frame.height() {
        let count = count.map_or(Some(1.0), |name| number(&frame.named(row, name))).unwrap_or(0.0);
        let place = (number(&frame.named(row, "Latitude")), number(&frame.named(row, "Longitude")));
        let (Some(latitude), Some(longitude)) = place else {
            elsewhere += count;
            continue;
        };
        match dots.iter_mut().find(|dot| dot.latitude == latitude && dot.longitude == longitude) {
            Some(dot) => dot.count += count,
            None => {
                let words = ["City", "Country"].map(|name| frame.named(row, name));
                let label: Vec<String> = words.iter().filter_map(crate::plan::written).collect();
                dots.push(Dot { latitude, longitude, label: label.join(", "), count });
            }
        }
    }
    dots.sort_by(|a, b| b.count.total_cmp(&a.count));
    Picture::Map { dots, elsewhere }
}
