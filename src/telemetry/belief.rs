//! How long a process id is believed to name one process: ids are given again, after a restart of the machine almost surely.

/// Clocks of a machine's logs differ a little: a start this much later, in milliseconds, still came before.
pub const SLACK: i64 = 2_000;

/// So long a process is believed to live on a pid and a name, in milliseconds.
pub const LIFE: i64 = 7 * 86_400_000;

/// The same on a pid alone, where one of both names is not known.
pub const NAMELESS_LIFE: i64 = 86_400_000;

/// Two sensors' reports of one thing lie at most this far apart, in milliseconds.
pub const TOGETHER: i64 = 5_000;

/// Whether a process that started so many milliseconds before, under this file name, is the one that a record means by its pid and this name.
pub fn is_believed(age: i64, named: Option<&str>, started_as: Option<&str>) -> bool {
    match (named, started_as) {
        (Some(named), Some(started_as)) => age <= LIFE && named.eq_ignore_ascii_case(started_as),
        (None, _) | (_, None) => age <= NAMELESS_LIFE,
    }
}
