//! Periods, times and durations, as hunters write them. Half-open, milliseconds since 1970 UTC; a date is midnight in the run's zone.

mod read;

use chrono::Days;
use chrono::TimeZone;
use chrono::format::{Item, StrftimeItems};
use chrono_tz::Tz;
use miette::Diagnostic;
use thiserror::Error;

use crate::plan::{Period, time};

pub use read::{parse_date, parse_duration, parse_period, parse_time};

/// The most parts that a period is split into.
pub const MOST_PARTS: usize = 100_000;

/// Why a text is no period, time or duration, or why a period can't do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum PeriodError {
    #[error("`{given}` is no period")]
    #[diagnostic(code(period::unreadable), help("write `7d`, `36h`, `2020-09-21`, `2020-09-21..2020-09-23` (the second day not included) or `all`"))]
    Period { given: String },
    #[error("`{given}` is no time")]
    #[diagnostic(
        code(period::time),
        help("write a date as `2020-09-21`, or a time as `2020-09-21T08:30:00Z` (without `Z` or an offset it is in the run's zone)")
    )]
    Time { given: String },
    #[error("`{given}` is no duration")]
    #[diagnostic(code(period::duration), help("write a number above 0 and a unit: `90s`, `5m`, `36h`, `7d`, `2w`"))]
    Duration { given: String },
    #[error("the period ends at {to}, before it begins at {from}")]
    #[diagnostic(code(period::backwards), help("the first time is where it begins, the second where it ends"))]
    Backwards { from: String, to: String },
    #[error("a duration above 0 is needed here")]
    #[diagnostic(code(period::positive), help("write `7.days`; `shift(-7.days)` moves a period back"))]
    NotPositive,
    #[error("a period has at least one day, and this is {given}")]
    #[diagnostic(code(period::days), help("`num_days` counts whole days, the last of them included: 1 is `to_date` alone"))]
    Days { given: i64 },
    #[error("a period of no length holds nothing")]
    #[diagnostic(code(period::empty), help("the end is not part of a period: one day is `2020-09-21`, or `2020-09-21..2020-09-22`"))]
    Empty,
    #[error("this period has no {end}, so it can't be {done}")]
    #[diagnostic(code(period::open), help("give it both ends, as `TimePeriod(\"2020-09-21\", \"2020-09-23\")`"))]
    Open { end: &'static str, done: &'static str },
    #[error("a period is split into at most {MOST_PARTS} parts, and this would be more")]
    #[diagnostic(code(period::parts), help("split it by a longer duration"))]
    Parts,
    #[error("`{given}` is no time format: it has a `%` code that is unknown")]
    #[diagnostic(code(period::format), help("strftime codes: `%Y-%m-%d %H:%M:%S`; a percent sign is `%%`"))]
    Format { given: String },
    #[error("this time lies beyond the calendar")]
    #[diagnostic(code(period::beyond), help("times of the years 1 to 9999 can be used"))]
    Beyond,
}

/// The first and the last millisecond of the calendar: years 1 to 9999.
const CALENDAR: (i64, i64) = (-62_135_596_800_000, 253_402_300_799_999);

/// A time that the calendar has.
///
/// # Errors
/// [`PeriodError::Beyond`].
pub fn within(time: i64) -> Result<i64, PeriodError> {
    if (CALENDAR.0..=CALENDAR.1).contains(&time) { Ok(time) } else { Err(PeriodError::Beyond) }
}

/// The day of `now`, from midnight to midnight in the zone.
pub fn today(now: i64, zone: Tz) -> Period {
    match time::date_of(now, zone) {
        Some(date) => whole_days(date, 1, zone),
        None => Period { from: Some(now), to: Some(now) },
    }
}

/// That long, up to now.
///
/// # Errors
/// A duration that is not above zero, or that leads beyond the calendar.
pub fn last(duration: i64, now: i64) -> Result<Period, PeriodError> {
    if duration <= 0 {
        return Err(PeriodError::NotPositive);
    }
    let from = now.checked_sub(duration).ok_or(PeriodError::Beyond).and_then(within)?;
    between(from, now)
}

/// How periods are named that begin where the last run ended.
pub const SINCE_LAST_RUN: &str = "since last run";

/// From the first time up to the second.
///
/// # Errors
/// [`PeriodError::Backwards`], or [`PeriodError::Empty`] where both are one.
pub fn between(from: i64, to: i64) -> Result<Period, PeriodError> {
    match from.cmp(&to) {
        std::cmp::Ordering::Less => Ok(Period { from: Some(from), to: Some(to) }),
        std::cmp::Ordering::Equal => Err(PeriodError::Empty),
        std::cmp::Ordering::Greater => Err(PeriodError::Backwards { from: crate::plan::time_text(from), to: crate::plan::time_text(to) }),
    }
}

/// `num_days` days that end with the day of a time included.
///
/// # Errors
/// A number of days that is not above zero, or that leads beyond the calendar.
pub fn ending(time: i64, num_days: i64, zone: Tz) -> Result<Period, PeriodError> {
    let last = time::date_of(time, zone).ok_or(PeriodError::Beyond)?;
    let days = u64::try_from(num_days).ok().filter(|days| *days > 0).ok_or(PeriodError::Days { given: num_days })?;
    let first = last.checked_sub_days(Days::new(days - 1)).ok_or(PeriodError::Beyond)?;
    within(time::midnight(first, zone))?;
    Ok(whole_days(first, days, zone))
}

/// The equally long period just before.
///
/// # Errors
/// [`PeriodError::Open`].
pub fn previous(period: &Period) -> Result<Period, PeriodError> {
    let (from, to) = ends(period, "followed backwards")?;
    before(period, to - from)
}

/// What ends where this one begins, that long.
///
/// # Errors
/// [`PeriodError::Open`], or a duration that is not above zero.
pub fn before(period: &Period, duration: i64) -> Result<Period, PeriodError> {
    let to = period.from.ok_or(PeriodError::Open { end: "beginning", done: "followed backwards" })?;
    last(duration, to)
}

/// The whole period moved by a duration, which may be negative. Open ends stay open.
///
/// # Errors
/// [`PeriodError::Beyond`].
pub fn shift(period: &Period, duration: i64) -> Result<Period, PeriodError> {
    let moved = |end: Option<i64>| end.map(|end| end.checked_add(duration).ok_or(PeriodError::Beyond).and_then(within)).transpose();
    Ok(Period { from: moved(period.from)?, to: moved(period.to)? })
}

/// Parts of that length, one after the other; the last may be shorter. Whole days are days of the zone's calendar, as long as clocks make them, so that
/// every part begins at the hour at which the period does.
///
/// # Errors
/// An open period, a duration that is not above zero, more than [`MOST_PARTS`].
pub fn split(period: &Period, duration: i64, zone: Tz) -> Result<Vec<Period>, PeriodError> {
    let (mut from, to) = ends(period, "split")?;
    if duration <= 0 {
        return Err(PeriodError::NotPositive);
    }
    let first = from;
    let mut parts = Vec::new();
    while from < to {
        if parts.len() == MOST_PARTS {
            return Err(PeriodError::Parts);
        }
        let number = i64::try_from(parts.len()).unwrap_or(i64::MAX).saturating_add(1);
        let end = first.saturating_add(duration.saturating_mul(number));
        // On the wall's clock the same hour of a later day.
        let end = if duration % time::DAY == 0 { time::same_hour(first, end, zone) } else { end }.max(from.saturating_add(1)).min(to);
        parts.push(Period { from: Some(from), to: Some(end) });
        from = end;
    }
    Ok(parts)
}

/// Calendar days in the zone, each cut to the period: the first and the last may be parts of a day.
///
/// # Errors
/// An open period, more than [`MOST_PARTS`] days.
pub fn days(period: &Period, zone: Tz) -> Result<Vec<Period>, PeriodError> {
    let (mut from, to) = ends(period, "walked day by day")?;
    let mut parts = Vec::new();
    while from < to {
        if parts.len() == MOST_PARTS {
            return Err(PeriodError::Parts);
        }
        let end = time::next(from, time::DAY, zone).min(to);
        parts.push(Period { from: Some(from), to: Some(end) });
        from = end;
    }
    Ok(parts)
}

/// The time by a strftime format, in the zone.
///
/// # Errors
/// [`PeriodError::Format`] for a code that strftime does not have; never a panic.
pub fn format_time(time: i64, format: &str, zone: Tz) -> Result<String, PeriodError> {
    let items: Vec<Item<'_>> = StrftimeItems::new(format).collect();
    let wrong = || PeriodError::Format { given: format.into() };
    if items.contains(&Item::Error) {
        return Err(wrong());
    }
    let time = zone.timestamp_millis_opt(time).single().ok_or(PeriodError::Beyond)?;
    let mut text = String::new();
    std::fmt::Write::write_fmt(&mut text, format_args!("{}", time.format_with_items(items.into_iter()))).map_err(|_| wrong())?;
    Ok(text)
}

/// Both ends of a period that must have them.
fn ends(period: &Period, done: &'static str) -> Result<(i64, i64), PeriodError> {
    let from = period.from.ok_or(PeriodError::Open { end: "beginning", done })?;
    let to = period.to.ok_or(PeriodError::Open { end: "end", done })?;
    Ok((from, to))
}

fn whole_days(first: chrono::NaiveDate, days: u64, zone: Tz) -> Period {
    let end = first.checked_add_days(Days::new(days)).map(|date| time::midnight(date, zone));
    Period { from: Some(time::midnight(first, zone)), to: end }
}
