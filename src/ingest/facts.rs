//! What records teach about others: process starts, logon sessions, addresses, marks of the web, clocks.
//!
//! Threads gather facts batch by batch; when all records are read they are put in order and only looked up from then on.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::calls::{Call, MAX_CALLS};
use super::clock::{Sample, whole_zone};
use super::guid::Guid;
use super::row::{Cell, Head, LAYOUTS, Layout, NONE};
use super::text;
use crate::telemetry::fold::fold;
use crate::telemetry::identity::is_own_address;

/// A process start. Its time stands in the head until clocks are known.
#[derive(Clone, Debug)]
pub struct Start {
    pub head: Head,
    pub time: i64,
    pub guid: Option<Guid>,
    pub pid: Option<i64>,
    pub path: Option<Arc<str>>,
    pub md5: Option<Arc<str>>,
    pub sha256: Option<Arc<str>>,
    pub sha1: Option<Arc<str>>,
    /// The file name that its image was built with.
    pub original: Option<Arc<str>>,
    pub command: Option<Arc<str>>,
    pub user: Option<Arc<str>>,
    pub logon_id: Option<i64>,
}

/// A logon.
#[derive(Clone, Debug)]
pub struct Session {
    pub head: Head,
    pub time: i64,
    pub logon_id: i64,
    pub kind: Option<i64>,
    pub remote: Option<Arc<str>>,
}

/// A mark of the web that a file was seen with.
#[derive(Clone, Debug)]
pub struct Mark {
    pub head: Head,
    pub time: i64,
    /// Folded, without a stream.
    pub path: Box<str>,
    pub zone: i64,
}

/// A machine's use of an address.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    pub first: i64,
    pub last: i64,
    /// How often it was seen to use it; never, where others only said so.
    pub count: u64,
}

/// More process starts than this are not kept: their children then lack what only the start tells.
const MAX_STARTS: usize = 1_000_000;

/// What a record says of its machine's system counts for so many files of the system whose version others state.
const SAID: u64 = 1_000_000;

/// Facts, gathered or in order.
#[derive(Debug, Default)]
pub struct Facts {
    pub starts: Vec<Start>,
    pub sessions: Vec<Session>,
    pub calls: Vec<Call>,
    pub addresses: HashMap<(Arc<str>, u32), Sighting>,
    pub marks: Vec<Mark>,
    /// By file and host: stated second → sample.
    pub clocks: BTreeMap<(u32, u32), BTreeMap<i64, Sample>>,
    pub systems: BTreeMap<(u32, Arc<str>), u64>,
    pub domains: BTreeMap<u32, Arc<str>>,
    pub machines: BTreeSet<u32>,
    texts: HashSet<Arc<str>>,
}

impl Facts {
    /// One copy of a text that occurs often.
    fn share(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let text: Arc<str> = text.into();
        self.texts.insert(text.clone());
        text
    }

    fn shared(&mut self, cell: &Cell<'_>) -> Option<Arc<str>> {
        cell.text().map(|text| self.share(text))
    }

    /// Learns from a row.
    pub fn learn(&mut self, table: usize, head: &Head, cells: &[Cell<'_>]) {
        let layout = &LAYOUTS[table];
        match layout.table.name {
            "process" if cells[layout.operation].text() == Some("create") => {
                let start = Start {
                    head: *head,
                    time: NONE,
                    guid: cells[layout.child_guid].text().and_then(Guid::of),
                    pid: cells[layout.child_pid].int(),
                    path: self.shared(&cells[layout.child_path]),
                    md5: self.shared(&cells[layout.child_md5]),
                    sha256: self.shared(&cells[layout.child_sha256]),
                    sha1: self.shared(&cells[layout.child_sha1]),
                    original: self.shared(&cells[layout.original]),
                    command: self.shared(&cells[layout.command]),
                    user: self.shared(&cells[layout.user]),
                    logon_id: cells[layout.logon_id].int(),
                };
                self.starts.push(start);
            }
            "logon" if head.event_id == 4624 || cells[layout.operation].text() == Some("logon") => self.learn_session(layout, head, cells),
            "network" => {
                if cells[layout.initiated].flag() == Some(true)
                    && let Some(address) = cells[layout.local_ip].text()
                {
                    self.learn_address(address, head.machine, head, 1);
                }
                if self.calls.len() < MAX_CALLS
                    && let Some(call) = Call::of(layout, head, cells, &mut |text| self.share(text))
                {
                    self.calls.push(call);
                }
            }
            "file" => {
                if let (Some(zone), Some(path)) = (cells[layout.zone].int(), cells[layout.child_path].text()) {
                    self.marks.push(Mark { head: *head, time: NONE, path: folded_path(path), zone });
                }
            }
            _ => {}
        }
        if let Some(system) = cells[layout.os].text().filter(|_| is_system_image(layout, cells)) {
            let system = self.share(system);
            *self.systems.entry((head.machine, system)).or_default() += if layout.table.name == "machine" { SAID } else { 1 };
        }
    }

    /// A record says what its machine runs.
    pub fn learn_system(&mut self, machine: u32, system: &str) {
        let system = self.share(system);
        *self.systems.entry((machine, system)).or_default() += SAID;
    }

    fn learn_session(&mut self, layout: &Layout, head: &Head, cells: &[Cell<'_>]) {
        if let Some(logon_id) = cells[layout.logon_id].int() {
            let remote = self.shared(&cells[layout.remote_ip]);
            self.sessions.push(Session { head: *head, time: NONE, logon_id, kind: cells[layout.logon_type].int(), remote });
        }
    }

    /// A record tells that a machine has an address: `count` times from its own use of it, or not at all from that.
    pub fn learn_address(&mut self, address: &str, machine: u32, head: &Head, count: u64) {
        if is_own_address(address) {
            let address = self.share(address);
            self.see_address(address, machine, if head.stated == NONE { head.sensor } else { head.stated }, count);
        }
    }

    pub fn see_address(&mut self, address: Arc<str>, machine: u32, time: i64, count: u64) {
        let sighting = self.addresses.entry((address, machine)).or_insert(Sighting { first: time, last: time, count: 0 });
        sighting.first = sighting.first.min(time);
        sighting.last = sighting.last.max(time);
        sighting.count += count;
    }

    /// A record names this machine.
    pub fn learn_machine(&mut self, machine: u32) {
        if machine != 0 && !self.machines.contains(&machine) {
            self.machines.insert(machine);
        }
    }

    /// Learns the clock of a host in a file from a record that has both times.
    ///
    /// One that says when it was read tells only where it happened after that: then the collector's clock is local time.
    pub fn learn_clock(&mut self, head: &Head) {
        if head.was_read && !head.doubtful && head.stated != NONE && head.sensor != NONE {
            let offset = head.sensor - head.stated;
            if whole_zone(offset).is_some_and(|zone| zone > 0) {
                let sample = Sample { stated: head.stated, offset, zone: None };
                self.clocks.entry((head.source, head.machine)).or_default().insert(head.stated.div_euclid(1000), sample);
            }
        } else if head.stated != NONE && head.sensor != NONE && !head.doubtful {
            let zone = if head.local == NONE { None } else { whole_zone(head.sensor - head.local) };
            let sample = Sample { stated: head.stated, offset: head.sensor - head.stated, zone };
            self.clocks.entry((head.source, head.machine)).or_default().insert(head.stated.div_euclid(1000), sample);
        }
    }

    /// Adds what another thread gathered, in the order of the records.
    pub fn merge(&mut self, other: Facts) {
        for mut start in other.starts {
            if self.starts.len() >= MAX_STARTS {
                break;
            }
            for text in [&mut start.path, &mut start.md5, &mut start.sha256, &mut start.sha1, &mut start.original, &mut start.command, &mut start.user]
                .into_iter()
                .flatten()
            {
                *text = self.share(text);
            }
            self.starts.push(start);
        }
        self.sessions.extend(other.sessions);
        for mut call in other.calls {
            if self.calls.len() >= MAX_CALLS {
                break;
            }
            for text in call.texts() {
                *text = self.share(text);
            }
            self.calls.push(call);
        }
        for ((address, machine), sighting) in other.addresses {
            let address = self.share(&address);
            self.see_address(address.clone(), machine, sighting.first, 0);
            self.see_address(address, machine, sighting.last, sighting.count);
        }
        self.marks.extend(other.marks);
        for (key, samples) in other.clocks {
            self.clocks.entry(key).or_default().extend(samples);
        }
        for (system, count) in other.systems {
            *self.systems.entry(system).or_default() += count;
        }
        self.machines.extend(other.machines);
        for (machine, domain) in other.domains {
            self.domains.insert(machine, domain);
        }
    }
}

/// The version of a file tells the system's only where the file is the system's own.
fn is_system_image(layout: &Layout, cells: &[Cell<'_>]) -> bool {
    layout.table.name == "machine"
        || cells[layout.child_path].text().is_some_and(|path| path.get(1..20).is_some_and(|part| part.eq_ignore_ascii_case(":\\Windows\\System32\\")))
}

/// A path as marks of the web are looked up: without a stream, folded.
pub fn folded_path(path: &str) -> Box<str> {
    fold(text::without_stream(path)).into()
}
