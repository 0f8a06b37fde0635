//! The calendar of a time zone, on milliseconds since 1970: hours, weekdays, days, and where the interval that holds a time begins.
//!
//! Nothing here reads a clock. Days are as long as the zone makes them (23 to 25 hours where clocks change).

use chrono::{Days, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::telemetry::wall::local_time;

/// Milliseconds of a day without a change of clocks.
pub const DAY: i64 = 86_400_000;

/// Milliseconds that local clocks are ahead of UTC at this time.
pub fn offset(time: i64, zone: Tz) -> i64 {
    if zone == Tz::UTC {
        return 0;
    }
    let Some(utc) = chrono::DateTime::from_timestamp_millis(time) else { return 0 };
    i64::from(zone.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc()) * 1000
}

/// 0 to 23.
pub fn hour(time: i64, zone: Tz) -> i64 {
    time.saturating_add(offset(time, zone)).rem_euclid(DAY) / 3_600_000
}

/// 1 to 7, Monday first.
pub fn weekday(time: i64, zone: Tz) -> i64 {
    weekday_of(local_day(time, zone))
}

/// The weekday of a day since 1970-01-01, which was a Thursday.
pub fn weekday_of(day: i64) -> i64 {
    (day + 3).rem_euclid(7) + 1
}

/// Days since 1970-01-01 on the zone's calendar.
pub fn local_day(time: i64, zone: Tz) -> i64 {
    time.saturating_add(offset(time, zone)).div_euclid(DAY)
}

/// `2020-09-21`; missing beyond what the calendar can show.
pub fn date(time: i64, zone: Tz) -> Option<String> {
    date_text(local_day(time, zone))
}

/// A day since 1970-01-01 as `2020-09-21`.
pub fn date_text(day: i64) -> Option<String> {
    calendar_day(day).map(|day| day.format("%Y-%m-%d").to_string())
}

/// The day of a time, in the zone; `None` beyond what the calendar can show.
pub fn date_of(time: i64, zone: Tz) -> Option<NaiveDate> {
    zone.timestamp_millis_opt(time).single().map(|time| time.date_naive())
}

/// When the day begins: midnight, or the first moment after it where the clocks skip midnight.
pub fn midnight(date: NaiveDate, zone: Tz) -> i64 {
    local_time(date.and_time(NaiveTime::MIN), zone)
}

/// Whether days can be cut into intervals of this length, or intervals be made of days.
pub fn is_even(interval: i64) -> bool {
    interval < DAY || interval % DAY == 0
}

/// The start of the interval that holds the time.
///
/// Intervals below a day are counted from that day's midnight, and the last of a day ends with it. Longer ones are whole days (a rest below a day is cut off),
/// counted from 1970-01-01. Missing for an interval that is not positive, or beyond the calendar.
pub fn floor(time: i64, interval: i64, zone: Tz) -> Option<i64> {
    if interval <= 0 {
        return None;
    }
    let day = local_day(time, zone);
    if interval >= DAY {
        return start_of_day(day - day.rem_euclid(interval / DAY), zone);
    }
    let start = start_of_day(day, zone)?;
    Some(start + (time - start).div_euclid(interval) * interval)
}

/// The start of the interval after the one that holds the time: always later than the time.
pub fn next(time: i64, interval: i64, zone: Tz) -> i64 {
    let interval = interval.max(1);
    let start = floor(time, interval, zone).unwrap_or(time);
    let Some(date) = date_of(start, zone) else { return time.saturating_add(interval) };
    if interval < DAY {
        let tomorrow = date.checked_add_days(Days::new(1)).map_or(i64::MAX, |date| midnight(date, zone));
        return start.saturating_add(interval).min(tomorrow);
    }
    date.checked_add_days(Days::new((interval / DAY).unsigned_abs())).map_or(i64::MAX, |date| midnight(date, zone))
}

/// A time that is whole days after another, by the zone's calendar: the hour on the wall is the same, whatever clocks did in between.
pub fn same_hour(time: i64, later: i64, zone: Tz) -> i64 {
    let wall = time.saturating_add(offset(time, zone)).saturating_add(later.saturating_sub(time));
    chrono::DateTime::from_timestamp_millis(wall).map_or(later, |wall| local_time(wall.naive_utc(), zone))
}

fn start_of_day(day: i64, zone: Tz) -> Option<i64> {
    if zone == Tz::UTC { day.checked_mul(DAY) } else { calendar_day(day).map(|date| midnight(date, zone)) }
}

fn calendar_day(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(1970, 1, 1)?.checked_add_signed(TimeDelta::try_days(day)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> i64 {
        chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    #[test]
    fn hours_count_from_midnight_also_where_clocks_change() {
        let zone = Tz::Europe__Madrid;
        assert_eq!(floor(time("2020-10-25T00:30:00Z"), 3_600_000, zone), Some(time("2020-10-25T00:00:00Z")));
        assert_eq!(floor(time("2020-10-25T01:30:00Z"), 3_600_000, zone), Some(time("2020-10-25T01:00:00Z")));
        assert_eq!(next(time("2020-10-25T22:30:00Z"), 3_600_000, zone), time("2020-10-25T23:00:00Z"));
        assert_eq!(next(time("2020-10-25T10:30:00Z"), DAY, zone), time("2020-10-25T23:00:00Z"));
        assert_eq!(next(time("2020-10-24T22:00:00Z"), DAY, zone), time("2020-10-25T23:00:00Z"));
    }

    #[test]
    fn an_interval_that_does_not_divide_the_day_ends_with_it() {
        assert_eq!(floor(time("2020-09-21T23:30:00Z"), 5 * 3_600_000, Tz::UTC), Some(time("2020-09-21T20:00:00Z")));
        assert_eq!(next(time("2020-09-21T23:30:00Z"), 5 * 3_600_000, Tz::UTC), time("2020-09-22T00:00:00Z"));
    }

    #[test]
    fn several_days_count_from_1970() {
        assert_eq!(floor(time("2020-09-23T10:00:00Z"), 7 * DAY, Tz::UTC), Some(time("2020-09-17T00:00:00Z")));
        assert_eq!(next(time("2020-09-23T10:00:00Z"), 7 * DAY, Tz::UTC), time("2020-09-24T00:00:00Z"));
        assert_eq!(floor(time("2020-09-23T10:00:00Z"), DAY + DAY / 2, Tz::UTC), Some(time("2020-09-23T00:00:00Z")));
    }

    #[test]
    fn a_day_without_midnight_begins_after_the_gap() {
        let zone = Tz::America__Sao_Paulo;
        let date = NaiveDate::from_ymd_opt(2018, 11, 4).unwrap();
        assert_eq!(midnight(date, zone), time("2018-11-04T03:00:00Z"));
    }
}
