//! The figures of a picture, read from rows.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::centres::centre;
use super::course::{self, Lane, LeftOut};
use super::{View, day, is_alerts, is_bandwidth, is_number, label, measured_by_day, metric};
use crate::frame::Frame;
use crate::plan::{Func, Value, apply, time};

/// The figures of a picture. Labels are as telemetry has them: whoever draws escapes them.
#[derive(Clone, Debug, PartialEq)]
pub enum Picture {
    /// A value by label, one bar each.
    Bars { heading: String, metric: String, rows: Vec<(String, f64)> },
    /// Parts of a whole, the largest first.
    Share { heading: String, metric: String, rows: Vec<(String, f64)> },
    /// Values by day (days since 1970, in order); a day without telemetry is not there, and what no row tells is missing.
    Area { days: Vec<i32>, series: Vec<Series> },
    /// Seven weekdays (Monday first) by 24 hours; what no row tells is missing.
    Heat { metric: String, cells: Box<[[Option<f64>; 24]; 7]> },
    /// Places by latitude and longitude in degrees, how much lies in each country, and what has no place: private addresses, and all other.
    Map { dots: Vec<Dot>, countries: Vec<(String, f64)>, private: f64, unknown: f64 },
    /// Rows over time, in lanes by a column (empty where there is none), and how many more lanes there would be.
    Timeline { by: String, lanes: Vec<Lane>, left_out: LeftOut },
}

/// One measure by day.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub name: String,
    /// Nothing where only the rows' author knows.
    pub unit: Option<&'static str>,
    pub values: Vec<Option<f64>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    pub latitude: f64,
    pub longitude: f64,
    pub count: f64,
}

impl Picture {
    /// The figures of rows; `None` where the view is a table, or there is nothing to draw.
    pub fn read(frame: &Frame, view: View, zone: Tz) -> Option<Picture> {
        let schema = frame.schema();
        if frame.height() == 0 || view.lacks(schema).is_some() {
            return None;
        }
        match view {
            // A tree is drawn from its rows.
            View::Table | View::Tree => None,
            View::Bars if is_alerts(schema) => Some(alerts(frame, zone)),
            View::Bars | View::Share => {
                let metric = metric(schema).filter(|_| !is_alerts(schema));
                let heading = if is_alerts(schema) { "huntingRule" } else { label(schema)? };
                let rows = added_up(frame, heading, metric, zone);
                let (heading, metric) = (heading.to_string(), metric.unwrap_or("Count").to_string());
                Some(if view == View::Share { share(heading, metric, rows) } else { Picture::Bars { heading, metric, rows } })
            }
            View::Area => area(frame, zone),
            View::Heat => heat(frame),
            View::Map => Some(map(frame)),
            View::Timeline => course::read(frame),
        }
    }
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

fn share(heading: String, metric: String, mut rows: Vec<(String, f64)>) -> Picture {
    rows.retain(|(_, value)| *value > 0.0);
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    Picture::Share { heading, metric, rows }
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
    share("huntingRule".into(), "Count".into(), added_up(frame, "huntingRule", None, zone))
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
    // Megabytes of 10^6 bytes.
    let unit = is_bandwidth(frame.schema()).then_some("MB");
    let series = names.iter().enumerate().map(|(at, name)| Series { name: name.to_string(), unit, values: sums.values().map(|sum| sum[at]).collect() });
    let series = series.collect();
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

/// Dots and countries by how much lies there, the most first; of whom only the country is known lies in its middle. Whose address is private is nowhere on a map.
fn map(frame: &Frame) -> Picture {
    let count = ["Count", "Times"].into_iter().find(|name| frame.schema().kind(name).is_some_and(is_number));
    let (mut dots, mut countries): (Vec<Dot>, BTreeMap<String, f64>) = (Vec::new(), BTreeMap::new());
    let (mut private, mut unknown) = (0.0, 0.0);
    let mut known = BTreeMap::new();
    for row in 0..frame.height() {
        let count = count.map_or(Some(1.0), |name| number(&frame.named(row, name))).unwrap_or(0.0);
        let country = match frame.named(row, "Country") {
            Value::Text(country) => Some(country.to_string()),
            _ => None,
        };
        let exact = number(&frame.named(row, "Latitude")).zip(number(&frame.named(row, "Longitude")));
        let Some((latitude, longitude)) = exact.or_else(|| centre(country.as_deref()?)) else {
            let is_private = apply(Func::IsPrivate, &[frame.named(row, "RemoteIp")]) == Value::Bool(true);
            *(if is_private { &mut private } else { &mut unknown }) += count;
            continue;
        };
        let at = *known.entry((latitude.to_bits(), longitude.to_bits())).or_insert_with(|| {
            dots.push(Dot { latitude, longitude, count: 0.0 });
            dots.len() - 1
        });
        dots[at].count += count;
        *countries.entry(country.unwrap_or_else(|| "(no country)".into())).or_default() += count;
    }
    dots.sort_by(|a, b| b.count.total_cmp(&a.count));
    let mut countries: Vec<(String, f64)> = countries.into_iter().collect();
    countries.sort_by(|a, b| b.1.total_cmp(&a.1));
    Picture::Map { dots, countries, private, unknown }
}
