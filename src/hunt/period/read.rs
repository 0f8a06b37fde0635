//! The texts that periods, times and durations are read from.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use super::{PeriodError, between, last, whole_days};
use crate::plan::{Period, time};
use crate::telemetry::wall::local_time;

/// What `--period` takes: `all`, `today`, `yesterday`, a duration up to now (`7d`), one day, or two ends (`2020-09-21..2020-09-23`; either may be
/// left out).
///
/// # Errors
/// [`PeriodError::Period`], or what is wrong with its ends.
pub fn parse_period(text: &str, now: i64, zone: Tz) -> Result<Period, PeriodError> {
    let given = text.trim();
    let wrong = || PeriodError::Period { given: text.into() };
    if let Some((from, to)) = given.split_once("..") {
        let end = |text: &str| match text.trim() {
            "" => Ok(None),
            "now" => Ok(Some(now)),
            text => parse_time(text, zone).map(Some),
        };
        return match (end(from)?, end(to.strip_prefix('=').unwrap_or(to))?) {
            (Some(from), Some(to)) => between(from, to),
            (None, None) => Err(wrong()),
            (from, to) => Ok(Period { from, to }),
        };
    }
    match given.to_lowercase().as_str() {
        "all" => return Ok(Period::ALL),
        "today" => return Ok(super::today(now, zone)),
        "yesterday" => {
            let date = time::date_of(now, zone).and_then(|date| date.pred_opt()).ok_or(PeriodError::Beyond)?;
            return Ok(whole_days(date, 1, zone));
        }
        _ => {}
    }
    if let Some(date) = parse_date(given) {
        return Ok(whole_days(date, 1, zone));
    }
    match parse_duration(given) {
        Ok(duration) => last(duration, now),
        Err(_) => Err(wrong()),
    }
}

/// A date of the years 1 to 9999, as `2020-09-21`.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok().filter(|date| (1..=9999).contains(&date.year()))
}

/// A date (midnight in the zone), an RFC 3339 time (the seconds may be left out), or a time without an offset, which is then in the zone. Cut to milliseconds.
///
/// # Errors
/// [`PeriodError::Time`].
pub fn parse_time(text: &str, zone: Tz) -> Result<i64, PeriodError> {
    let given = text.trim();
    if let Some(date) = parse_date(given) {
        return Ok(time::midnight(date, zone));
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(given)
        && (1..=9999).contains(&time.year())
    {
        return Ok(time.timestamp_millis());
    }
    // Minutes alone, with an offset.
    let whole = given.strip_suffix(['Z', 'z']).map_or_else(|| given.to_string(), |wall| format!("{wall}+00:00")).replacen(' ', "T", 1);
    if let Some(time) = DateTime::parse_from_str(&whole, "%Y-%m-%dT%H:%M%:z").ok().filter(|time| (1..=9999).contains(&time.year())) {
        return Ok(time.timestamp_millis());
    }
    const FORMS: [&str; 4] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    FORMS
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(given, form).ok())
        .filter(|wall| (1..=9999).contains(&wall.year()))
        .map(|wall| local_time(wall, zone))
        .ok_or_else(|| PeriodError::Time { given: text.into() })
}

/// Numbers with units, added up: `90s`, `5m`, `36h`, `7d`, `2w`, `1.5h`, `1d 12h`, `250ms`; the units also written out (`7 days`). Above zero; in milliseconds.
///
/// # Errors
/// [`PeriodError::Duration`].
pub fn parse_duration(text: &str) -> Result<i64, PeriodError> {
    let wrong = || PeriodError::Duration { given: text.into() };
    let mut rest = text.trim();
    let mut total: f64 = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit() && character != '.').ok_or_else(wrong)?;
        let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        let after = rest[digits..].trim_start();
        let letters = after.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(after.len());
        total += number * unit(&after[..letters]).ok_or_else(wrong)?;
        rest = after[letters..].trim_start();
    }
    // Ten thousand years, the whole calendar.
    if (1.0..=3.2e14).contains(&total) { Ok(total.round() as i64) } else { Err(wrong()) }
}

fn unit(word: &str) -> Option<f64> {
    Some(match word.to_ascii_lowercase().as_str() {
        "ms" | "millisecond" | "milliseconds" => 1.0,
        "s" | "sec" | "second" | "seconds" => 1_000.0,
        "m" | "min" | "minute" | "minutes" => 60_000.0,
        "h" | "hour" | "hours" => 3_600_000.0,
        "d" | "day" | "days" => 86_400_000.0,
        "w" | "week" | "weeks" => 604_800_000.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn time(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    fn spans(text: &str, zone: Tz) -> (i64, i64) {
        let period = parse_period(text, time("2020-09-23T12:00:00Z"), zone).unwrap();
        (period.from.unwrap(), period.to.unwrap())
    }

    #[test]
    fn a_period_reads_in_every_form() {
        let zone = Tz::UTC;
        assert_eq!(spans("2020-09-21", zone), (time("2020-09-21T00:00:00Z"), time("2020-09-22T00:00:00Z")));
        assert_eq!(spans("2020-09-21..2020-09-23", zone), (time("2020-09-21T00:00:00Z"), time("2020-09-23T00:00:00Z")));
        assert_eq!(spans("36h", zone), (time("2020-09-22T00:00:00Z"), time("2020-09-23T12:00:00Z")));
        assert_eq!(spans("2w", zone).0, time("2020-09-09T12:00:00Z"));
        assert_eq!(spans("1d 12h", zone), spans("36h", zone));
        assert_eq!(spans("2020-09-21T10:00:00+02:00 .. 2020-09-21 09:30", zone), (time("2020-09-21T08:00:00Z"), time("2020-09-21T09:30:00Z")));
        assert_eq!(spans("2020-09-21T10:00Z..2020-09-21 12:00+01:00", zone), (time("2020-09-21T10:00:00Z"), time("2020-09-21T11:00:00Z")));
        assert_eq!(spans("today", zone), spans("2020-09-23", zone));
        assert_eq!(spans("yesterday", zone), spans("2020-09-22", zone));
        assert_eq!(parse_period("all", 0, zone), Ok(Period::ALL));
        assert_eq!(parse_period("2020-09-21..", 0, zone), Ok(Period { from: Some(time("2020-09-21T00:00:00Z")), to: None }));
    }

    #[test]
    fn a_date_is_midnight_in_the_zone_and_a_day_as_long_as_it_is() {
        let zone = Tz::Europe__Madrid;
        assert_eq!(spans("2020-09-21", zone), (time("2020-09-20T22:00:00Z"), time("2020-09-21T22:00:00Z")));
        let (from, to) = spans("2020-10-25", zone);
        assert_eq!(to - from, 25 * HOUR);
        let long = days(&Period { from: Some(from - HOUR), to: Some(to + HOUR) }, zone).unwrap();
        assert_eq!(long.iter().map(|day| day.to.unwrap() - day.from.unwrap()).collect::<Vec<_>>(), [HOUR, 25 * HOUR, HOUR]);
    }

    #[test]
    fn what_is_none_says_so() {
        let read = |text| parse_period(text, 0, Tz::UTC);
        for text in ["", "soon", "..", "7", "7x", "d", "-7d", "0d", "2020-13-01", "..x", "99999999999999w", "1e5d"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(matches!(read("2020-09-23..2020-09-21"), Err(PeriodError::Backwards { .. })));
        assert_eq!(read("2020-09-21..2020-09-21"), Err(PeriodError::Empty));
    }

    #[test]
    fn neighbours_and_parts() {
        let period = Period { from: Some(10 * HOUR), to: Some(14 * HOUR) };
        assert_eq!(previous(&period), Ok(Period { from: Some(6 * HOUR), to: Some(10 * HOUR) }));
        assert_eq!(before(&period, HOUR), Ok(Period { from: Some(9 * HOUR), to: Some(10 * HOUR) }));
        assert_eq!(split(&period, 3 * HOUR, Tz::UTC).unwrap().last(), Some(&Period { from: Some(13 * HOUR), to: Some(14 * HOUR) }));
        assert_eq!(split(&Period::ALL, HOUR, Tz::UTC), Err(PeriodError::Open { end: "beginning", done: "split" }));
        assert_eq!(split(&period, 1, Tz::UTC), Err(PeriodError::Parts));
        assert!(
            ending(time("2020-09-21T10:00:00Z"), 2, Tz::UTC)
                .is_ok_and(|period| period.from == Some(time("2020-09-20T00:00:00Z")) && period.to == Some(time("2020-09-22T00:00:00Z")))
        );
    }

    #[test]
    fn parts_of_whole_days_follow_the_calendar() {
        let zone = Tz::Europe__Madrid;
        let hours = |text: &str, days: i64| -> Vec<i64> {
            let period = parse_period(text, 0, zone).unwrap();
            split(&period, days * 24 * HOUR, zone).unwrap().iter().map(|part| (part.to.unwrap() - part.from.unwrap()) / HOUR).collect()
        };
        assert_eq!(hours("2026-10-24..2026-10-27", 1), [24, 25, 24]);
        assert_eq!(hours("2026-03-28..2026-03-31", 1), [24, 23, 24]);
        assert_eq!(hours("2026-03-28..2026-03-31", 2), [47, 24]);
        // Half past two does not exist on the second day.
        assert_eq!(hours("2026-03-28 02:30..2026-03-31 02:30", 1), [23, 23, 24]);
        let period = parse_period("2026-10-25", 0, zone).unwrap();
        assert_eq!(split(&period, 6 * HOUR, zone).unwrap().len(), 5);
        assert_eq!(split(&period, 0, zone), Err(PeriodError::NotPositive));
    }

    #[test]
    fn nothing_leads_beyond_the_calendar() {
        let far = 99_999_999 * 7 * 24 * HOUR;
        assert_eq!(last(far, 0), Err(PeriodError::Beyond));
        assert_eq!(shift(&Period { from: Some(0), to: None }, far), Err(PeriodError::Beyond));
        assert_eq!(ending(0, 99_999_999, Tz::UTC), Err(PeriodError::Beyond));
        assert_eq!(ending(0, 0, Tz::UTC), Err(PeriodError::Days { given: 0 }));
        assert_eq!(last(-HOUR, 0), Err(PeriodError::NotPositive));
    }

    #[test]
    fn a_bad_format_never_panics() {
        assert_eq!(format_time(0, "%Y-%m-%d %H:%M", Tz::Europe__Madrid).unwrap(), "1970-01-01 01:00");
        for format in ["%", "%Q", "%Y %!", "%:::::z"] {
            assert!(format_time(0, format, Tz::UTC).is_err(), "{format}");
        }
        assert_eq!(format_time(i64::MAX, "%Y", Tz::UTC), Err(PeriodError::Beyond));
    }
}
