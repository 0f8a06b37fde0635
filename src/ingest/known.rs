//! Facts in order, for lookups: who started this process, whose session is this, who owned this address.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::calls::Calls;
use super::clock::Clocks;
use super::facts::{Facts, Session, Sighting, Start, folded_path};
use super::guid;
use super::row::{Head, NONE, Whose};
use super::text;
use crate::telemetry::belief;

const SESSION_SLACK: i64 = 5_000;
/// Two sensors' reports of one start lie at most this far apart.
const ONE_START: i64 = 5_000;
/// So long after a file was begun it may be marked.
const MARKING: i64 = 60_000;

/// Times at which a file was marked, in order, and the zones.
type Marks = Vec<(i64, i64)>;

/// All that is known when rows are completed.
#[derive(Debug, Default)]
pub struct Known {
    pub clocks: Clocks,
    starts: Vec<Start>,
    by_guid: HashMap<(u32, u128), usize>,
    /// Machine, pid, time, and which start it is; in order.
    by_pid: Vec<(u32, i64, i64, u32)>,
    /// By machine, session and time.
    sessions: Vec<Session>,
    owners: HashMap<Arc<str>, Vec<(u32, Sighting)>>,
    /// The same by the numbers of addresses.
    numbered: HashMap<u32, Arc<str>>,
    pub calls: Calls,
    /// By machine and folded path.
    marks: HashMap<(u32, Box<str>), Marks>,
    machines: BTreeSet<u32>,
}

impl Known {
    /// Adds what was learnt since; `texts` are those of all numbers. Times of the store's own facts are final, those of records are told by the clocks.
    pub fn absorb(&mut self, facts: &mut Facts, texts: &[Arc<str>]) {
        self.machines.extend(facts.machines.iter());
        self.clocks = Clocks::new(&facts.clocks);
        let clocks = &self.clocks;
        let time = |head: &Head, known: i64| if known == NONE { clocks.time(head) } else { known };
        for (head, mut start) in std::mem::take(&mut facts.starts) {
            start.time = time(&head, start.time);
            let index = self.starts.len();
            if let Some(guid) = &start.guid {
                self.by_guid.entry((start.machine, guid.number)).or_insert(index);
            }
            if let Some(pid) = start.pid {
                self.by_pid.push((start.machine, pid, start.time, index as u32));
            }
            self.starts.push(start);
        }
        self.by_pid.sort_unstable();
        for (head, mut session) in std::mem::take(&mut facts.sessions) {
            session.time = time(&head, session.time);
            self.sessions.push(session);
        }
        self.sessions.sort_by_key(|session| (session.machine, session.logon_id, session.time));
        for (head, mut call) in std::mem::take(&mut facts.calls) {
            call.time = time(&head, call.time);
            self.calls.add(call);
        }
        self.calls.sort();
        for (head, mark) in std::mem::take(&mut facts.marks) {
            self.marks.entry((mark.machine, mark.path)).or_default().push((time(&head, mark.time), mark.zone));
        }
        self.absorb_addresses(facts, texts);
        for marks in self.marks.values_mut() {
            marks.sort_unstable();
        }
    }

    /// What others say of a machine's address counts only where it was never seen to use one: whoever relays a machine's logon is not that machine.
    fn absorb_addresses(&mut self, facts: &Facts, texts: &[Arc<str>]) {
        let seen: BTreeSet<u32> = facts.addresses.iter().filter(|(_, sighting)| sighting.count > 0).map(|((_, machine), _)| *machine).collect();
        self.owners.clear();
        for ((address, machine), sighting) in facts.addresses.iter().filter(|((_, machine), sighting)| sighting.count > 0 || !seen.contains(machine)) {
            self.owners.entry(address.clone()).or_default().push((*machine, *sighting));
            self.machines.insert(*machine);
        }
        for owners in self.owners.values_mut() {
            owners.sort_by_key(|(machine, _)| *machine);
        }
        let owned = |(number, text): (usize, &Arc<str>)| self.owners.contains_key(text).then(|| (number as u32, text.clone()));
        self.numbered = texts.iter().enumerate().filter_map(owned).collect();
    }

    /// Gives a record that tells its machine by addresses to the machine that owned the address then.
    pub fn settle(&self, head: &mut Head, time: i64) {
        let owner = |number: u32| self.numbered.get(&number).and_then(|address| self.owner(address, time));
        let [originator, responder] = head.ends;
        match head.whose {
            Whose::Named => {}
            Whose::Originator => head.machine = owner(originator).unwrap_or(head.machine),
            Whose::Responder => head.machine = owner(responder).unwrap_or(head.machine),
            Whose::Unknown => {
                let found = owner(originator).map(|owner| (owner, Whose::Originator));
                if let Some((machine, whose)) = found.or_else(|| owner(responder).map(|owner| (owner, Whose::Responder))) {
                    (head.machine, head.whose) = (machine, whose);
                }
            }
        }
    }

    /// The start of a process: by GUID, else the latest start of that pid on that machine before the time, if its name fits and it may still live.
    pub fn start(&self, machine: u32, guid: Option<&str>, pid: Option<i64>, name: Option<&str>, time: i64) -> Option<&Start> {
        if let Some(guid) = guid.and_then(guid::key) {
            return self.by_guid.get(&(machine, guid)).map(|index| &self.starts[*index]);
        }
        let pid = pid?;
        let after = self.by_pid.partition_point(|known| (known.0, known.1, known.2) <= (machine, pid, time.saturating_add(belief::SLACK)));
        let place = after.checked_sub(1)?;
        let start = &self.starts[self.by_pid.get(place).filter(|known| (known.0, known.1) == (machine, pid))?.3 as usize];
        let is_meant = belief::is_believed(time.saturating_sub(start.time), name, start.path.as_deref().map(text::base_name));
        is_meant.then(|| self.richest(place, start))
    }

    /// Of the reports that two sensors gave of one start the one that knows the process' GUID: it knows hashes as well.
    fn richest<'k>(&'k self, place: usize, start: &'k Start) -> &'k Start {
        let name = |start: &Start| start.path.as_deref().map(|path| text::base_name(path).to_ascii_lowercase());
        let is_same = |other: &&Start| other.guid.is_some() && (other.time - start.time).abs() <= ONE_START && name(other) == name(start);
        let of_pid = |known: &&(u32, i64, i64, u32)| (known.0, Some(known.1)) == (start.machine, start.pid);
        let beside = self.by_pid.iter().take(place + 3).skip(place.saturating_sub(2)).filter(of_pid).map(|known| &self.starts[known.3 as usize]);
        if start.guid.is_some() { start } else { beside.into_iter().find(is_same).unwrap_or(start) }
    }

    /// The logon of a session: the latest before the time.
    pub fn session(&self, machine: u32, logon_id: i64, time: i64) -> Option<&Session> {
        let until = (machine, logon_id, time.saturating_add(SESSION_SLACK));
        let after = self.sessions.partition_point(|session| (session.machine, session.logon_id, session.time) <= until);
        self.sessions.get(after.checked_sub(1)?).filter(|session| (session.machine, session.logon_id) == (machine, logon_id))
    }

    /// Every machine that was named.
    pub fn machines(&self) -> &BTreeSet<u32> {
        &self.machines
    }

    pub fn owns(&self, machine: u32, address: &str) -> bool {
        self.owners.get(address).is_some_and(|owners| owners.iter().any(|(owner, sighting)| *owner == machine && sighting.count > 0))
    }

    /// The machine that owned an address at a time: seen with it then, else seen with it at the nearest time.
    pub fn owner(&self, address: &str, time: i64) -> Option<u32> {
        let distance = |sighting: &Sighting| sighting.first.saturating_sub(time).max(time.saturating_sub(sighting.last)).max(0);
        let owners = self.owners.get(address)?;
        owners.iter().min_by_key(|(machine, sighting)| (distance(sighting), u64::MAX - sighting.count, *machine)).map(|(machine, _)| *machine)
    }

    /// The zone of the mark of the web that a file carried at a time: the last that was set until then. A file is marked as soon as it is whole, so the
    /// rows of the minute before are about it as well.
    pub fn zone(&self, machine: u32, path: &str, time: i64) -> Option<i64> {
        if self.marks.is_empty() {
            return None;
        }
        let marks = self.marks.get(&(machine, folded_path(path)))?;
        let after = marks.partition_point(|(set, _)| *set <= time);
        let last = after.checked_sub(1).and_then(|last| marks.get(last));
        let coming = || marks.get(after).filter(|(set, _)| set.saturating_sub(time) <= MARKING);
        last.or_else(coming).map(|(_, zone)| *zone)
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
            machine: 1,
            time: *time,
            guid: None,
            pid: Some(7),
            path: Some("C:\\a.exe".into()),
            md5: None,
            sha256: None,
            sha1: None,
            original: None,
            command: None,
            user: None,
            logon_id: None,
        };
        let mut known = Known::default();
        let mut facts = Facts::default();
        facts.starts.extend(times.iter().map(|time| (head, start(time))));
        known.absorb(&mut facts, &[]);
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
