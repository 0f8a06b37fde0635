//! Times as a clock on the wall shows them, which says nothing of its zone.

use chrono::{LocalResult, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

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
