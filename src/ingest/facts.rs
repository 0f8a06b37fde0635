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

/// A process start. Its time is known with the clocks, and so is that of the others; those of the store's own rows are known already.
#[derive(Clone, Debug)]
pub struct Start {
    pub machine: u32,
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
    pub machine: u32,
    pub logon_id: i64,
    pub time: i64,
    pub kind: Option<i64>,
    pub remote: Option<Arc<str>>,
}

/// A mark of the web that a file was seen with.
#[derive(Clone, Debug)]
pub struct Mark {
    pub machine: u32,
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

/// More of these are not kept in one run, however long it is. Children of other processes then lack what only the start tells, and so on.
const MAX_STARTS: usize = 1_000_000;
const MAX_SESSIONS: usize = 1_000_000;
const MAX_MARKS: usize = 500_000;
const MAX_ADDRESSES: usize = 500_000;
/// With more samples of clocks than this, only one of twice the time is kept.
const MAX_SAMPLES: usize = 500_000;

/// What a record says of its machine's system counts for so many files of the system whose version others state.
const SAID: u64 = 1_000_000;

/// And not less than one a day.
const LONGEST_SPAN: i64 = 86_400_000;

/// Facts with the heads of the records that they are from, which tell their times.
pub type Gathered<T> = Vec<(Head, T)>;

/// Facts as they are gathered.
#[derive(Debug)]
pub struct Facts {
    pub starts: Gathered<Start>,
    pub sessions: Gathered<Session>,
    pub calls: Gathered<Call>,
    pub addresses: HashMap<(Arc<str>, u32), Sighting>,
    pub marks: Gathered<Mark>,
    /// By file and host: the stated time, in spans of `span` → sample.
    pub clocks: BTreeMap<(u32, u32), BTreeMap<i64, Sample>>,
    /// Milliseconds of which one sample is kept, and how many there are.
    span: i64,
    samples: usize,
    /// What was gathered in this run, also what was put in order since.
    total: Total,
    pub systems: BTreeMap<(u32, Arc<str>), u64>,
    pub domains: BTreeMap<u32, Arc<str>>,
    pub machines: BTreeSet<u32>,
    texts: HashSet<Arc<str>>,
}

#[derive(Debug, Default)]
struct Total {
    starts: usize,
    sessions: usize,
    calls: usize,
    marks: usize,
}

impl Default for Facts {
    fn default() -> Facts {
        Facts {
            starts: Vec::new(),
            sessions: Vec::new(),
            calls: Vec::new(),
            addresses: HashMap::new(),
            marks: Vec::new(),
            clocks: BTreeMap::new(),
            span: 1000,
            samples: 0,
            total: Total::default(),
            systems: BTreeMap::new(),
            domains: BTreeMap::new(),
            machines: BTreeSet::new(),
            texts: HashSet::new(),
        }
    }
}

/// Adds one, unless there were enough of them.
fn add<T>(gathered: &mut Gathered<T>, total: &mut usize, most: usize, fact: (Head, T)) {
    if *total < most {
        *total += 1;
        gathered.push(fact);
    }
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

    pub fn add_start(&mut self, head: Head, start: Start) {
        add(&mut self.starts, &mut self.total.starts, MAX_STARTS, (head, start));
    }

    pub fn add_session(&mut self, head: Head, session: Session) {
        add(&mut self.sessions, &mut self.total.sessions, MAX_SESSIONS, (head, session));
    }

    pub fn add_call(&mut self, head: Head, call: Call) {
        add(&mut self.calls, &mut self.total.calls, MAX_CALLS, (head, call));
    }

    pub fn add_mark(&mut self, head: Head, mark: Mark) {
        add(&mut self.marks, &mut self.total.marks, MAX_MARKS, (head, mark));
    }

    /// Learns from a row.
    pub fn learn(&mut self, table: usize, head: &Head, cells: &[Cell<'_>]) {
        let layout = &LAYOUTS[table];
        match layout.table.name {
            "process" if cells[layout.operation].text() == Some("create") => {
                let start = Start {
                    machine: head.machine,
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
                self.add_start(*head, start);
            }
            "logon" if head.event_id == 4624 || cells[layout.operation].text() == Some("logon") => self.learn_session(layout, head, cells),
            "network" => {
                if cells[layout.initiated].flag() == Some(true)
                    && let Some(address) = cells[layout.local_ip].text()
                {
                    self.learn_address(address, head.machine, head, 1);
                }
                if let Some(call) = Call::of(layout, head, cells, &mut |text| self.share(text)) {
                    self.add_call(*head, call);
                }
            }
            "file" => {
                if let (Some(zone), Some(path)) = (cells[layout.zone].int(), cells[layout.child_path].text()) {
                    self.add_mark(*head, Mark { machine: head.machine, time: NONE, path: folded_path(path), zone });
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
            self.add_session(*head, Session { machine: head.machine, time: NONE, logon_id, kind: cells[layout.logon_type].int(), remote });
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
        if self.addresses.len() >= MAX_ADDRESSES && !self.addresses.contains_key(&(address.clone(), machine)) {
            return;
        }
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
        if head.stated == NONE || head.sensor == NONE || head.doubtful {
            return;
        }
        let offset = head.sensor - head.stated;
        if head.was_read {
            if whole_zone(offset).is_some_and(|zone| zone > 0) {
                self.put_sample((head.source, head.machine), Sample { stated: head.stated, offset, zone: None });
            }
        } else {
            let zone = if head.local == NONE { None } else { whole_zone(head.sensor - head.local) };
            self.put_sample((head.source, head.machine), Sample { stated: head.stated, offset, zone });
        }
    }

    fn put_sample(&mut self, host: (u32, u32), sample: Sample) {
        let of_host = self.clocks.entry(host).or_default();
        self.samples += usize::from(of_host.insert(sample.stated.div_euclid(self.span), sample).is_none());
        while self.samples > MAX_SAMPLES && self.span < LONGEST_SPAN {
            self.span *= 2;
            self.samples = 0;
            for samples in self.clocks.values_mut() {
                *samples = samples.values().map(|sample| (sample.stated.div_euclid(self.span), *sample)).collect();
                self.samples += samples.len();
            }
        }
    }

    /// Adds what another thread gathered, in the order of the records.
    pub fn merge(&mut self, other: Facts) {
        for (head, mut start) in other.starts {
            if self.total.starts >= MAX_STARTS {
                break;
            }
            for text in [&mut start.path, &mut start.md5, &mut start.sha256, &mut start.sha1, &mut start.original, &mut start.command, &mut start.user]
                .into_iter()
                .flatten()
            {
                *text = self.share(text);
            }
            self.add_start(head, start);
        }
        other.sessions.into_iter().for_each(|(head, session)| self.add_session(head, session));
        for (head, mut call) in other.calls {
            if self.total.calls >= MAX_CALLS {
                break;
            }
            for text in call.texts() {
                *text = self.share(text);
            }
            self.add_call(head, call);
        }
        for ((address, machine), sighting) in other.addresses {
            let address = self.share(&address);
            self.see_address(address.clone(), machine, sighting.first, 0);
            self.see_address(address, machine, sighting.last, sighting.count);
        }
        other.marks.into_iter().for_each(|(head, mark)| self.add_mark(head, mark));
        for (host, samples) in other.clocks {
            samples.into_values().for_each(|sample| self.put_sample(host, sample));
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
