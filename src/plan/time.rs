//! Where a time falls in a zone's calendar: hours, weekdays, days, and intervals counted from midnight.

use chrono::{LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// Milliseconds of a day without a change of clocks.
const DAY: i64 = 86_400_000;

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
    (local_day(time, zone) + 3).rem_euclid(7) + 1
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

/// The instant at which a day of the zone's calendar begins, also where clocks skip midnight.
pub fn midnight(day: i64, zone: Tz) -> Option<i64> {
    if zone == Tz::UTC {
        return day.checked_mul(DAY);
    }
    let date = calendar_day(day)?;
    let mut local = NaiveDateTime::new(date, NaiveTime::MIN);
    for _ in 0..12 {
        match zone.from_local_datetime(&local) {
            LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => return Some(time.timestamp_millis()),
            LocalResult::None => local += TimeDelta::minutes(15),
        }
    }
    None
}

/// The start of the interval that holds the time. Up to a day, intervals count from the day's midnight; whole days count from
/// 1970-01-01. Missing for an interval that is not positive.
pub fn floor(time: i64, interval: i64, zone: Tz) -> Option<i64> {
    if interval <= 0 {
        return None;
    }
    let day = local_day(time, zone);
    if interval >= DAY {
        let days = interval / DAY;
        return midnight(day - day.rem_euclid(days), zone);
    }
    let start = midnight(day, zone)?;
    Some(start + (time - start).div_euclid(interval) * interval)
}

fn calendar_day(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(1970, 1, 1)?.checked_add_signed(TimeDelta::try_days(day)?)
}
