//! Times as logs write them, in milliseconds since 1970 UTC.

use chrono::DateTime;
use chrono_tz::Tz;

use crate::telemetry::wall::local_time;

/// Before 1980 a Windows log has no time, only an empty FILETIME or a clock that was never set.
const EARLIEST: i64 = 315_532_800_000;
/// The end of 2199: later ones are garbage.
const LATEST: i64 = 7_258_118_399_999;

/// Days since 1970-01-01 of a date of the Gregorian calendar.
fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day since 1970-01-01, as `2020-09-21`.
pub fn date_text(day: i32) -> String {
    let days = i64::from(day) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days - era * 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (month, day) = (if shifted < 10 { shifted + 3 } else { shifted - 9 }, of_year - (153 * shifted + 2) / 5 + 1);
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2020-09-21T07:15:45.852Z`.
pub fn text(time: i64) -> String {
    let (day, millis) = (time.div_euclid(86_400_000), time.rem_euclid(86_400_000));
    let date = date_text(i32::try_from(day).unwrap_or(i32::MAX));
    format!("{date}T{:02}:{:02}:{:02}.{:03}Z", millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60, millis % 1000)
}

/// The day that a time falls on.
pub fn day(time: i64) -> i32 {
    i32::try_from(time.div_euclid(86_400_000)).unwrap_or(i32::MAX)
}

/// `2020-09-21T07:15:45.852Z`, with a blank for the T, slashes in the date, any number of fraction digits, no zone (UTC) or `+02:00`;
/// `Mon Sep 21 07:15:45 2020 UTC`; or an integer: seconds, milliseconds, micro- or nanoseconds since 1970, or a FILETIME. Implausible years are no time.
pub fn parse(text: &str) -> Option<i64> {
    parse_in(text, None)
}

/// The same; a date without a zone is one of this zone.
pub fn parse_in(text: &str, zone: Option<Tz>) -> Option<i64> {
    let text = text.trim();
    let time = match text.as_bytes() {
        [_, _, _, _, b'-' | b'/', ..] if text.len() >= 19 => calendar(text, zone)?,
        [b'A'..=b'Z', _, _, b' ', ..] => calendar(&in_order(text)?, zone)?,
        _ => epoch(text)?,
    };
    (EARLIEST..=LATEST).contains(&time).then_some(time)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Mon Sep 21 07:15:45 2020 UTC`, as C writes it, with the year first.
fn in_order(text: &str) -> Option<String> {
    let mut words = text.split_whitespace().skip(1);
    let mut word = || words.next();
    let (month, day, clock, year) = (word()?, word()?, word()?, word()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Some(format!("{year}-{month:02}-{day:0>2}T{clock}{}", word().unwrap_or_default())).filter(|ordered| ordered.len() >= 19)
}

fn calendar(text: &str, of_wall: Option<Tz>) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        bytes.get(from..to)?.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
    };
    let separated = bytes[7] == bytes[4] && matches!(bytes[10], b'T' | b' ' | b't') && bytes[13] == b':' && bytes[16] == b':';
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !separated || !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let mut rest = &text[19..];
    let mut millis = 0;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        for place in 0..3 {
            millis = millis * 10 + fraction.as_bytes().get(place).filter(|_| place < digits).map_or(0, |byte| i64::from(byte - b'0'));
        }
        rest = &fraction[digits..];
    }
    let rest = rest.trim();
    let seconds = day_of(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    if let Some(of_wall) = of_wall.filter(|_| rest.is_empty()) {
        let wall = DateTime::from_timestamp(seconds, 0)?.naive_utc();
        return Some(local_time(wall, of_wall) + millis);
    }
    Some((seconds - zone(rest)?) * 1000 + millis)
}

/// Seconds east of UTC.
fn zone(text: &str) -> Option<i64> {
    if matches!(text, "" | "Z" | "z" | "UTC" | "GMT") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text[1..].chars().filter(|character| *character != ':').collect();
    if !(digits.len() == 2 || digits.len() == 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i64 = digits[..2].parse().ok()?;
    let minutes: i64 = digits.get(2..4).map_or(Some(0), |text| text.parse().ok())?;
    Some(sign * (hours * 3600 + minutes * 60))
}

fn epoch(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<i64>() {
        return match number {
            ..100_000_000_000 => number.checked_mul(1000),
            100_000_000_000..100_000_000_000_000 => Some(number),
            100_000_000_000_000..100_000_000_000_000_000 => Some(number / 1000),
            100_000_000_000_000_000..1_000_000_000_000_000_000 => Some(number / 10_000 - 11_644_473_600_000),
            1_000_000_000_000_000_000.. => Some(number / 1_000_000),
        };
    }
    let seconds: f64 = text.parse().ok()?;
    (seconds.is_finite() && seconds.abs() < 1e11).then_some((seconds * 1000.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_of_one_time() {
        for text in [
            "2020-09-21T07:15:45.852Z",
            "2020-09-21 07:15:45.852",
            "2020-09-21T07:15:45.8520000+00:00",
            "2020-09-21T09:15:45.852+02:00",
            "1600672545852",
            "1600672545.852",
            "132451461458520000",
        ] {
            assert_eq!(parse(text), Some(1_600_672_545_852), "{text}");
        }
        assert_eq!(text(1_600_672_545_852), "2020-09-21T07:15:45.852Z");
        assert_eq!(parse("1601-01-01T00:00:00.000Z"), None);
        assert_eq!(parse("2020-13-21T07:15:45Z"), None);
        assert_eq!(parse("Sat Sep  5 07:15:45 2020 UTC"), parse("2020-09-05T07:15:45Z"));
        for text in [
            "yesterday",
            "09/21/2020 07:15:45",
            "Mon Sep 21 07:15:45",
            "Mon Abc 21 07:15:45 2020",
            "Mon Sep 21 07:15:45 20",
            "2020/09-21 07:15:45",
            "M\u{fc}n Sep",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_wall_clock_is_of_its_zone() {
        let zone = Some(chrono_tz::Europe::Berlin);
        assert_eq!(parse_in("2020-09-21 09:15:45.852", zone), Some(1_600_672_545_852));
        assert_eq!(parse_in("2020-12-21 08:15:45.852", zone), parse("2020-12-21T07:15:45.852Z"));
        assert_eq!(parse_in("2020-09-21T07:15:45.852Z", zone), Some(1_600_672_545_852));
        assert_eq!(parse_in("1600672545.852", zone), Some(1_600_672_545_852));
    }

    #[test]
    fn dates_of_days() {
        for (day, text) in [(0, "1970-01-01"), (18_526, "2020-09-21"), (19_782, "2024-02-29"), (-1, "1969-12-31")] {
            assert_eq!(date_text(day), text);
        }
    }
}
