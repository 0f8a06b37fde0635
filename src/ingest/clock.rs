//! When a record happened: its own sensor's time, or the stated time with the offset of the nearest record that had both.

use std::collections::BTreeMap;

use super::row::{Head, NONE};

/// Two clocks that differ by more than this are two clocks.
const TOLERANCE: i64 = 60_000;

/// Offsets of all hosts in all files.
#[derive(Debug, Default)]
pub struct Clocks {
    /// By file and host: (stated, offset), sorted.
    samples: BTreeMap<(u32, u32), Vec<(i64, i64)>>,
}

impl Clocks {
    pub fn new(gathered: BTreeMap<(u32, u32), BTreeMap<i64, (i64, i64)>>) -> Clocks {
        Clocks { samples: gathered.into_iter().map(|(key, samples)| (key, samples.into_values().collect())).collect() }
    }

    /// The offset of the sample nearest to a stated time.
    fn offset(&self, head: &Head) -> Option<i64> {
        let samples = self.samples.get(&(head.source, head.machine))?;
        let after = samples.partition_point(|(stated, _)| *stated < head.stated);
        let near = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|place| samples.get(place));
        near.min_by_key(|(stated, _)| (stated - head.stated).abs()).map(|(_, offset)| *offset)
    }

    /// The time in UTC, `NONE` when the record has none.
    pub fn time(&self, head: &Head) -> i64 {
        if head.sensor != NONE && (!head.doubtful || head.stated == NONE) {
            return head.sensor;
        }
        if head.stated == NONE {
            return NONE;
        }
        let Some(offset) = self.offset(head).filter(|offset| !head.states_utc || offset.abs() >= TOLERANCE) else {
            // Nothing tells of the clock: a doubtful sensor is still better than a collector's time, unless that is UTC by itself.
            return match head.sensor {
                NONE => head.stated,
                sensor if head.states_utc && (sensor - head.stated).abs() > TOLERANCE => head.stated,
                sensor => sensor,
            };
        };
        let corrected = head.stated + offset;
        if head.sensor != NONE && (head.sensor - corrected).abs() <= TOLERANCE { head.sensor } else { corrected }
    }

    /// The offset that a host's records in a file mostly needed, when its stated time was not UTC.
    pub fn mostly(&self, source: u32, machine: u32) -> Option<i64> {
        let samples = self.samples.get(&(source, machine))?;
        let mut offsets: Vec<i64> = samples.iter().map(|(_, offset)| *offset).collect();
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

    fn head(stated: i64, sensor: i64, doubtful: bool, states_utc: bool) -> Head {
        Head { stated, sensor, states_utc, doubtful, source: 1, machine: 2, provider: 0, channel: 0, event_id: 1, record_id: 1 }
    }

    #[test]
    fn the_nearest_sample_corrects() {
        let samples = BTreeMap::from([(1000, (1_000_000, 19 * HOUR)), (2000, (2_000_000, 7 * HOUR))]);
        let clocks = Clocks::new(BTreeMap::from([((1, 2), samples)]));
        assert_eq!(clocks.time(&head(1_400_000, NONE, false, false)), 1_400_000 + 19 * HOUR);
        assert_eq!(clocks.time(&head(1_600_000, NONE, false, false)), 1_600_000 + 7 * HOUR);
        assert_eq!(clocks.time(&head(1_000_000, 5, true, false)), 1_000_000 + 19 * HOUR);
        let near = 1_000_000 + 19 * HOUR - 40;
        assert_eq!(clocks.time(&head(1_000_000, near, true, false)), near);
        assert_eq!(clocks.time(&head(1_000_000, 5, false, false)), 5);
        let other = Head { machine: 3, ..head(1_000_000, NONE, false, false) };
        assert_eq!(clocks.time(&other), 1_000_000);
    }
}
