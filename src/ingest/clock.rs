//! When a record happened: its own sensor's time, or the stated time with the offset of the nearest record that had both.
//!
//! Where a collector also logs the host's wall clock (whole seconds, no zone), that is corrected instead: the stated time is then only
//! when the record arrived, up to a minute later and not equally late for all logs of a host.

use std::collections::BTreeMap;

use super::row::{Head, NONE};

/// Two clocks that differ by more than this are two clocks.
const TOLERANCE: i64 = 60_000;
/// Zones are multiples of this.
const QUARTER: i64 = 900_000;
/// A wall clock is cut to seconds, and a busy sensor writes later than it looks.
const RAGGED: i64 = 300_000;

/// A record that had both times.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub stated: i64,
    /// The sensor's time minus the stated one.
    pub offset: i64,
    /// The sensor's time minus the wall clock's, where it is a zone.
    pub zone: Option<i64>,
}

/// The multiple of a quarter of an hour that a difference of clocks is nearly.
pub fn whole_zone(difference: i64) -> Option<i64> {
    let zone = (difference + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
    ((difference - zone).abs() <= RAGGED).then_some(zone)
}

/// Offsets of all hosts in all files.
#[derive(Debug, Default)]
pub struct Clocks {
    /// By file and host, sorted by the stated time.
    samples: BTreeMap<(u32, u32), Vec<Sample>>,
}

impl Clocks {
    pub fn new(gathered: &BTreeMap<(u32, u32), BTreeMap<i64, Sample>>) -> Clocks {
        Clocks { samples: gathered.iter().map(|(key, samples)| (*key, samples.values().copied().collect())).collect() }
    }

    /// The sample nearest to a stated time.
    fn nearest(&self, head: &Head) -> Option<&Sample> {
        let samples = self.samples.get(&(head.source, head.machine))?;
        let after = samples.partition_point(|sample| sample.stated < head.stated);
        let near = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|place| samples.get(place));
        near.min_by_key(|sample| (sample.stated - head.stated).abs())
    }

    /// The time in UTC, `NONE` when the record has none.
    pub fn time(&self, head: &Head) -> i64 {
        if head.sensor != NONE && (!head.doubtful || head.stated == NONE) {
            return head.sensor;
        }
        if head.stated == NONE {
            return NONE;
        }
        let Some(sample) = self.nearest(head).filter(|sample| !head.states_utc || sample.offset.abs() >= TOLERANCE) else {
            // Nothing tells of the clock: a doubtful sensor is still better than a collector's time, unless that is UTC by itself.
            return match head.sensor {
                NONE => head.stated,
                sensor if head.states_utc && (sensor - head.stated).abs() > TOLERANCE => head.stated,
                sensor => sensor,
            };
        };
        let corrected = match sample.zone.filter(|_| head.local != NONE) {
            Some(zone) => head.local + zone,
            None => head.stated + sample.offset,
        };
        if head.sensor != NONE && (head.sensor - corrected).abs() <= TOLERANCE { head.sensor } else { corrected }
    }

    /// The offset that a host's records in a file mostly needed, when its stated time was not UTC.
    pub fn mostly(&self, source: u32, machine: u32) -> Option<i64> {
        let samples = self.samples.get(&(source, machine))?;
        let mut offsets: Vec<i64> = samples.iter().map(|sample| sample.offset).collect();
        offsets.sort_unstable();
        offsets.get(offsets.len() / 2).copied().filter(|offset| offset.abs() >= TOLERANCE)
    }

    pub fn hosts(&self) -> impl Iterator<Item = (u32, u32)> {
        self.samples.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn head(stated: i64, sensor: i64, doubtful: bool) -> Head {
        Head { stated, sensor, states_utc: false, doubtful, source: 1, event_id: 1, record_id: 1, ..Head::of_machine(2) }
    }

    fn clocks(zone: Option<i64>) -> Clocks {
        let sample = |stated, offset| Sample { stated, offset, zone };
        let samples = BTreeMap::from([(1000, sample(1_000_000, 19 * HOUR)), (2000, sample(2_000_000, 7 * HOUR))]);
        Clocks::new(&BTreeMap::from([((1, 2), samples)]))
    }

    #[test]
    fn the_nearest_sample_corrects() {
        let clocks = clocks(None);
        assert_eq!(clocks.time(&head(1_400_000, NONE, false)), 1_400_000 + 19 * HOUR);
        assert_eq!(clocks.time(&head(1_600_000, NONE, false)), 1_600_000 + 7 * HOUR);
        assert_eq!(clocks.time(&head(1_000_000, 5, true)), 1_000_000 + 19 * HOUR);
        let near = 1_000_000 + 19 * HOUR - 40;
        assert_eq!(clocks.time(&head(1_000_000, near, true)), near);
        assert_eq!(clocks.time(&head(1_000_000, 5, false)), 5);
        let other = Head { machine: 3, ..head(1_000_000, NONE, false) };
        assert_eq!(clocks.time(&other), 1_000_000);
    }

    #[test]
    fn a_wall_clock_needs_only_its_zone() {
        let late = Head { local: 900_000, ..head(1_000_000, NONE, false) };
        assert_eq!(clocks(Some(4 * HOUR)).time(&late), 900_000 + 4 * HOUR);
        assert_eq!(whole_zone(4 * HOUR + 591), Some(4 * HOUR));
        assert_eq!(whole_zone(4 * HOUR - 14_000), Some(4 * HOUR));
        assert_eq!(whole_zone(4 * HOUR + 400_000), None);
    }
}
