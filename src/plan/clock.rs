//! The calendar of a time zone, on milliseconds since 1970: midnights, days, and where the interval that holds a time begins.
//!
//! Nothing here reads a clock. Days are as long as the zone makes them (23 to 25 hours where clocks change).

use chrono::{Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;

/// Milliseconds of a day without a change of clocks.
pub const DAY: i64 = 86_400_000;

/// The day of a time, in the zone; `None` beyond what the calendar can show.
pub fn date_of(time: i64, zone: Tz) -> Option<NaiveDate> {
    zone.timestamp_millis_opt(time).single().map(|time| time.date_naive())
}

/// When the day begins: midnight, or the first moment after it where the clocks skip midnight.
pub fn midnight(date: NaiveDate, zone: Tz) -> i64 {
    local_time(date.and_time(NaiveTime::MIN), zone)
}

/// A wall-clock time as milliseconds: the earlier of two where the clocks go back, the first moment after the gap where they skip it.
pub fn local_time(wall: NaiveDateTime, zone: Tz) -> i64 {
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => time.timestamp_millis(),
        LocalResult::None => {
            // No gap is longer than a day: the end of it lies between the same wall time read as UTC, a day before and a day after.
            let (mut low, mut high) = (wall.and_utc().timestamp() - 86_400, wall.and_utc().timestamp() + 86_400);
            while low + 1 < high {
                let middle = low + (high - low) / 2;
                let shown = zone.timestamp_opt(middle, 0).single().map(|time| time.naive_local());
                if shown.is_some_and(|shown| shown < wall) { low = middle } else { high = middle }
            }
            high * 1000
        }
    }
}

/// The start of the interval that holds the time.
///
/// Intervals below a day are counted from that day's midnight, and the last of a day ends with it. Longer ones are whole days (a rest below a day is cut off),
/// counted from 1970-01-01. An interval below one millisecond, or a time beyond the calendar, gives the time itself. `Func::Floor` means the same.
pub fn floor(time: i64, interval: i64, zone: Tz) -> i64 {
    let Some(date) = date_of(time, zone).filter(|_| interval > 0) else { return time };
    if interval <= DAY {
        let start = midnight(date, zone);
        return if interval == DAY { start } else { start + (time - start).div_euclid(interval) * interval };
    }
    let span = interval / DAY;
    let number = i64::from(date.num_days_from_ce()) - FIRST_DAY;
    move_days(date, -number.rem_euclid(span)).map_or(time, |date| midnight(date, zone))
}

/// The start of the interval after the one that holds the time: always later than the time.
pub fn next(time: i64, interval: i64, zone: Tz) -> i64 {
    let interval = interval.max(1);
    let start = floor(time, interval, zone);
    let Some(date) = date_of(start, zone) else { return time.saturating_add(interval) };
    if interval < DAY {
        let tomorrow = move_days(date, 1).map_or(i64::MAX, |date| midnight(date, zone));
        return start.saturating_add(interval).min(tomorrow);
    }
    move_days(date, interval / DAY).map_or(i64::MAX, |date| midnight(date, zone))
}

/// 1970-01-01, in days of the common era.
const FIRST_DAY: i64 = 719_163;

fn move_days(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    if days < 0 { date.checked_sub_days(Days::new(days.unsigned_abs())) } else { date.checked_add_days(Days::new(days.unsigned_abs())) }
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
        assert_eq!(floor(time("2020-10-25T00:30:00Z"), 3_600_000, zone), time("2020-10-25T00:00:00Z"));
        assert_eq!(floor(time("2020-10-25T01:30:00Z"), 3_600_000, zone), time("2020-10-25T01:00:00Z"));
        assert_eq!(next(time("2020-10-25T22:30:00Z"), 3_600_000, zone), time("2020-10-25T23:00:00Z"));
        assert_eq!(next(time("2020-10-25T10:30:00Z"), DAY, zone), time("2020-10-25T23:00:00Z"));
        assert_eq!(next(time("2020-10-24T22:00:00Z"), DAY, zone), time("2020-10-25T23:00:00Z"));
    }

    #[test]
    fn an_interval_that_does_not_divide_the_day_ends_with_it() {
        assert_eq!(floor(time("2020-09-21T23:30:00Z"), 5 * 3_600_000, Tz::UTC), time("2020-09-21T20:00:00Z"));
        assert_eq!(next(time("2020-09-21T23:30:00Z"), 5 * 3_600_000, Tz::UTC), time("2020-09-22T00:00:00Z"));
    }

    #[test]
    fn several_days_count_from_1970() {
        assert_eq!(floor(time("2020-09-23T10:00:00Z"), 7 * DAY, Tz::UTC), time("2020-09-17T00:00:00Z"));
        assert_eq!(next(time("2020-09-23T10:00:00Z"), 7 * DAY, Tz::UTC), time("2020-09-24T00:00:00Z"));
        assert_eq!(floor(time("2020-09-23T10:00:00Z"), DAY + DAY / 2, Tz::UTC), time("2020-09-23T00:00:00Z"));
    }

    #[test]
    fn a_day_without_midnight_begins_after_the_gap() {
        let zone = Tz::America__Sao_Paulo;
        let date = NaiveDate::from_ymd_opt(2018, 11, 4).unwrap();
        assert_eq!(midnight(date, zone), time("2018-11-04T03:00:00Z"));
    }
}
