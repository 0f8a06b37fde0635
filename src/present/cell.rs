//! One cell as people read it.

use chrono_tz::Tz;

use super::clean;
use crate::plan::Value;
use crate::telemetry::Type;

/// How much of a time is worth showing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    Days,
    Minutes,
    Seconds,
    Milliseconds,
}

impl Precision {
    /// The finest that any of the times needs.
    pub fn of(times: impl IntoIterator<Item = i64>, zone: Tz) -> Precision {
        let finest = times.into_iter().map(|time| match local(time, zone) {
            _ if time % 1_000 != 0 => Precision::Milliseconds,
            _ if time % 60_000 != 0 => Precision::Seconds,
            Some(time) if time.format("%H:%M").to_string() == "00:00" => Precision::Days,
            _ => Precision::Minutes,
        });
        finest.max().unwrap_or(Precision::Days)
    }
}

/// A time in the run's zone, with the offset where that is not UTC.
pub fn time(time: i64, precision: Precision, zone: Tz) -> String {
    let Some(shown) = local(time, zone) else { return format!("{time} ms") };
    let pattern = match precision {
        Precision::Days => "%Y-%m-%d",
        Precision::Minutes => "%Y-%m-%d %H:%M",
        Precision::Seconds => "%Y-%m-%d %H:%M:%S",
        Precision::Milliseconds => "%Y-%m-%d %H:%M:%S%.3f",
    };
    let offset = if zone == Tz::UTC || precision == Precision::Days { "" } else { "%:z" };
    shown.format(&format!("{pattern}{offset}")).to_string()
}

fn local(time: i64, zone: Tz) -> Option<chrono::DateTime<Tz>> {
    chrono::DateTime::from_timestamp_millis(time).map(|time| time.with_timezone(&zone))
}

/// One line without anything hidden; a missing value is empty.
pub fn text(value: &Value, kind: Type, precision: Precision, zone: Tz) -> String {
    match value {
        Value::Missing => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) if kind == Type::Hex => format!("{number:#x}"),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => float(*number),
        Value::Text(text) => clean::escape(text).into_owned(),
        Value::Time(at) => time(*at, precision, zone),
        Value::Duration(span) => duration(*span),
        Value::List(items) => items.iter().map(|item| text(item, Type::Text, precision, zone)).collect::<Vec<_>>().join(", "),
    }
}

/// A value that stands alone.
pub fn lone(value: &Value, zone: Tz) -> String {
    let precision = match value {
        Value::Time(time) => Precision::of([*time], zone).max(Precision::Seconds),
        _ => Precision::Milliseconds,
    };
    text(value, Type::Text, precision, zone)
}

/// At most six digits behind the point, none that say nothing.
pub fn float(number: f64) -> String {
    if !number.is_finite() || number.abs() >= 1e15 || (number != 0.0 && number.abs() < 1e-6) {
        return format!("{number}");
    }
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// A number beside a picture: two digits behind the point will do, unless there is nothing before them.
pub fn figure(number: f64) -> String {
    if number.abs() < 0.1 { float(number) } else { float((number * 100.0).round() / 100.0) }
}

/// `2d 3h`, `1h 30m`, `12.5s`, `250ms`: the largest units first, zeros left out.
pub fn duration(span: i64) -> String {
    let sign = if span < 0 { "-" } else { "" };
    let span = span.unsigned_abs();
    if span < 1_000 {
        return format!("{sign}{span}ms");
    }
    let (days, hours, minutes, rest) = (span / 86_400_000, span / 3_600_000 % 24, span / 60_000 % 60, span % 60_000);
    let mut parts: Vec<String> =
        [(days, "d"), (hours, "h"), (minutes, "m")].into_iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if rest > 0 {
        parts.push(format!("{}s", float(rest as f64 / 1_000.0)));
    }
    format!("{sign}{}", parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_fine_as_they_need() {
        let zone = Tz::UTC;
        assert_eq!(Precision::of([0, 86_400_000], zone), Precision::Days);
        assert_eq!(Precision::of([0, 60_000], zone), Precision::Minutes);
        assert_eq!(time(1_600_725_484_123, Precision::Milliseconds, zone), "2020-09-21 21:58:04.123");
        assert_eq!(time(1_600_725_484_123, Precision::Seconds, Tz::Europe__Berlin), "2020-09-21 23:58:04+02:00");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(float(0.5), "0.5");
        assert_eq!(float(3.0), "3");
        assert_eq!(duration(5_400_000), "1h 30m");
        assert_eq!(duration(12_500), "12.5s");
        assert_eq!(duration(-250), "-250ms");
    }
}
