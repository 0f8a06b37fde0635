//! Facts in order, for lookups: who started this process, whose session is this, who owned this address.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::clock::Clocks;
use super::facts::{Facts, Session, Sighting, Start, folded_path};
use super::text;
use crate::telemetry::belief;

const SESSION_SLACK: i64 = 5_000;

/// All that is known when rows are completed.
#[derive(Debug, Default)]
pub struct Known {
    pub clocks: Clocks,
    starts: Vec<Start>,
    by_guid: HashMap<(u32, u128), usize>,
    by_pid: HashMap<(u32, i64), Vec<usize>>,
    sessions: HashMap<(u32, i64), Vec<Session>>,
    owners: HashMap<Arc<str>, Vec<(u32, Sighting)>>,
    zones: HashMap<(u32, Box<str>), i64>,
    machines: BTreeSet<u32>,
}

impl Known {
    /// Adds what was learnt since. Times of the store's own facts are final, those of records are told by the clocks.
    pub fn absorb(&mut self, facts: &mut Facts) {
        self.machines.extend(facts.machines.iter());
        self.clocks = Clocks::new(facts.clocks.clone());
        for mut start in std::mem::take(&mut facts.starts) {
            start.time = if start.time == super::row::NONE { self.clocks.time(&start.head) } else { start.time };
            let (machine, index) = (start.head.machine, self.starts.len());
            if let Some(guid) = start.guid {
                self.by_guid.entry((machine, guid)).or_insert(index);
            }
            if let Some(pid) = start.pid {
                self.by_pid.entry((machine, pid)).or_default().push(index);
            }
            self.starts.push(start);
        }
        let starts = &self.starts;
        for indexes in self.by_pid.values_mut() {
            indexes.sort_by_key(|index| starts[*index].time);
        }
        for mut session in std::mem::take(&mut facts.sessions) {
            session.time = if session.time == super::row::NONE { self.clocks.time(&session.head) } else { session.time };
            self.sessions.entry((session.head.machine, session.logon_id)).or_default().push(session);
        }
        for sessions in self.sessions.values_mut() {
            sessions.sort_by_key(|session| session.time);
        }
        self.owners.clear();
        for ((address, machine), sighting) in &facts.addresses {
            self.owners.entry(address.clone()).or_default().push((*machine, *sighting));
        }
        for owners in self.owners.values_mut() {
            owners.sort_by_key(|(machine, _)| *machine);
        }
        self.zones.extend(std::mem::take(&mut facts.zones));
    }

    /// The start of a process: by GUID, else the latest start of that pid on that machine before the time, if its name fits and it may still live.
    pub fn start(&self, machine: u32, guid: Option<&str>, pid: Option<i64>, name: Option<&str>, time: i64) -> Option<&Start> {
        if let Some(guid) = guid.and_then(text::guid_number) {
            return self.by_guid.get(&(machine, guid)).map(|index| &self.starts[*index]);
        }
        let indexes = self.by_pid.get(&(machine, pid?))?;
        let after = indexes.partition_point(|index| self.starts[*index].time <= time.saturating_add(belief::SLACK));
        let start = &self.starts[*indexes.get(after.checked_sub(1)?)?];
        belief::is_believed(time.saturating_sub(start.time), name, start.path.as_deref().map(text::base_name)).then_some(start)
    }

    /// The logon of a session: the latest before the time.
    pub fn session(&self, machine: u32, logon_id: i64, time: i64) -> Option<&Session> {
        let sessions = self.sessions.get(&(machine, logon_id))?;
        let after = sessions.partition_point(|session| session.time <= time.saturating_add(SESSION_SLACK));
        sessions.get(after.checked_sub(1)?)
    }

    /// Every machine that was named.
    pub fn machines(&self) -> &BTreeSet<u32> {
        &self.machines
    }

    pub fn owns(&self, machine: u32, address: &str) -> bool {
        self.owners.get(address).is_some_and(|owners| owners.iter().any(|(owner, _)| *owner == machine))
    }

    /// The machine that owned an address at a time: seen with it then, else seen with it at the nearest time.
    pub fn owner(&self, address: &str, time: i64) -> Option<u32> {
        let distance = |sighting: &Sighting| (sighting.first - time).max(time - sighting.last).max(0);
        let owners = self.owners.get(address)?;
        owners.iter().min_by_key(|(machine, sighting)| (distance(sighting), u64::MAX - sighting.count, *machine)).map(|(machine, _)| *machine)
    }

    /// The zone in the mark of the web that a file was seen with.
    pub fn zone(&self, machine: u32, path: &str) -> Option<i64> {
        if self.zones.is_empty() {
            return None;
        }
        self.zones.get(&(machine, folded_path(path))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::Head;
    use super::*;
    use crate::telemetry::belief::{LIFE, NAMELESS_LIFE};

    fn known(times: &[i64]) -> Known {
        let head = Head::of_machine(1);
        let start = |time: &i64| Start {
            head,
            time: *time,
            guid: None,
            pid: Some(7),
            path: Some("C:\\a.exe".into()),
            md5: None,
            command: None,
            user: None,
            logon_id: None,
        };
        let mut known = Known::default();
        let mut facts = Facts::default();
        facts.starts.extend(times.iter().map(start));
        known.absorb(&mut facts);
        known
    }

    #[test]
    fn a_pid_is_believed_for_a_while() {
        let known = known(&[0, 1_000_000]);
        let found = |name: Option<&str>, time: i64| known.start(1, None, Some(7), name, time).map(|start| start.time);
        assert_eq!(found(None, 999_000), Some(1_000_000));
        assert_eq!(found(None, 900_000), Some(0));
        assert_eq!(found(Some("A.EXE"), 1_000_000 + LIFE), Some(1_000_000));
        assert_eq!(found(Some("a.exe"), 1_000_001 + LIFE), None);
        assert_eq!(found(None, 1_000_000 + NAMELESS_LIFE), Some(1_000_000));
        assert_eq!(found(None, 1_000_001 + NAMELESS_LIFE), None);
        assert_eq!(found(Some("b.exe"), 1_000_001), None);
        assert_eq!(known.start(2, None, Some(7), None, 1_000_001).map(|start| start.time), None);
    }
}
