//! One thread's part of phase 1: records of a unit become spilled rows, and facts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono_tz::Tz;

use super::Request;
use super::facts::Facts;
use super::format::Sink;
use super::identify;
use super::names::{Cache, Names};
use super::normalise::Rules;
use super::record::{Record, SURPLUS, Slot};
use super::report::Shapes;
use super::row::{Cell, Head, LAYOUTS, Layout, NONE, Whose};
use super::shape;
use super::spill::{self, Part};
use super::text;
use super::time;
use crate::telemetry::address::Network;
use crate::telemetry::identity::{is_local_address, is_own_address, machine_name};

/// What a unit came to.
#[derive(Debug, Default)]
pub struct Batch {
    pub parts: BTreeMap<Part, Vec<u8>>,
    pub facts: Facts,
    pub records: u64,
    pub raw_only: u64,
    /// Fields by kind, where they are reported.
    pub shapes: Shapes,
    /// By reason: how many, and where the first was.
    pub rejected: BTreeMap<String, (u64, Option<u64>)>,
}

/// Names of fields beyond this many go into the surplus.
const MAX_NAMES: usize = 20_000;

/// Addresses of others beyond this many are not asked for a machine that once had them.
const MAX_STRANGERS: usize = 200_000;

/// Takes records of one file after the other.
pub struct Taker<'r> {
    rules: &'r Rules,
    names: Cache<'r>,
    fields: Cache<'r>,
    /// By sensors with channels of their own and channels as logged: number, and how rules name it.
    channels: HashMap<Option<&'static str>, HashMap<String, (u32, String)>>,
    /// By the host as logged: its machine's number.
    hosts: HashMap<String, u32>,
    source: u32,
    strangers: usize,
    /// The records were taken before: only their clocks are learnt.
    before: bool,
    zone: Option<Tz>,
    shapes: Arc<shape::Shapes>,
    reports: bool,
    local_nets: &'r [Network],
    batch: Batch,
}

impl<'r> Taker<'r> {
    pub fn new(rules: &'r Rules, names: &'r Names, shapes: Arc<shape::Shapes>, request: &'r Request) -> Taker<'r> {
        Taker {
            rules,
            names: Cache::new(names),
            fields: Cache::new(names),
            channels: HashMap::new(),
            hosts: HashMap::new(),
            source: 0,
            strangers: 0,
            before: false,
            zone: None,
            shapes,
            reports: request.report,
            local_nets: &request.local_nets,
            batch: Batch::default(),
        }
    }

    /// The next records are of this file, and were taken before or not; dates without a zone are of this one.
    pub fn begin(&mut self, source: u32, before: bool, zone: Option<Tz>) {
        (self.source, self.before, self.zone) = (source, before, zone);
    }

    /// What was taken since the last call.
    pub fn finish(&mut self) -> Batch {
        std::mem::take(&mut self.batch)
    }

    fn channel(&mut self, sensor: Option<&'static str>, raw: &str) -> (u32, String) {
        let known = self.channels.entry(sensor).or_default();
        if let Some(known) = known.get(raw) {
            return known.clone();
        }
        let channel = (self.names.number(if sensor.is_some() { raw } else { identify::channel(raw) }), identify::rule_channel(sensor, raw));
        if known.len() > 10_000 {
            known.clear();
        }
        known.insert(raw.to_string(), channel.clone());
        channel
    }

    fn machine(&mut self, host: &str) -> u32 {
        if let Some(known) = self.hosts.get(host) {
            return *known;
        }
        let machine = self.names.number(&machine_name(host));
        if let Some((_, domain)) = host.trim().trim_end_matches('.').split_once('.').filter(|_| host.parse::<std::net::IpAddr>().is_err()) {
            self.batch.facts.domains.entry(machine).or_insert_with(|| domain.into());
        }
        if self.hosts.len() > 10_000 {
            self.hosts.clear();
        }
        self.hosts.insert(host.to_string(), machine);
        machine
    }

    fn is_ours(&self, address: &str) -> bool {
        match self.local_nets {
            [] => is_local_address(address),
            networks => address.parse().is_ok_and(|address| networks.iter().any(|network| network.contains(address))),
        }
    }

    /// How a record tells its machine, by which addresses, and the machine that an address of ours is when nobody is known to own it.
    fn whose(&mut self, record: &Record) -> (Whose, [u32; 2], Option<u32>) {
        let Some(ends) = record.ends else { return (Whose::Named, [0; 2], None) };
        let ends = ends.map(|(span, flag)| {
            let address = text::address(text::first_item(span.map_or("", |span| record.text(span)))).into_owned();
            let is_ours = flag.unwrap_or_else(|| self.is_ours(&address));
            (address, is_ours)
        });
        let [(originator, is_originator), (responder, is_responder)] = &ends;
        for (address, is_ours, whose, place) in [(originator, *is_originator, Whose::Originator, 0), (responder, *is_responder, Whose::Responder, 1)] {
            if is_ours && is_own_address(address) {
                let mut ends = [0; 2];
                ends[place] = self.names.number(address);
                return (whose, ends, Some(ends[place]));
            }
        }
        let strangers = ends.each_ref().map(|(address, _)| {
            let is_new = !self.names.knows(address);
            let counts = is_own_address(address) && (!is_new || self.strangers < MAX_STRANGERS);
            self.strangers += usize::from(counts && is_new);
            if counts { self.names.number(address) } else { 0 }
        });
        (Whose::Unknown, strangers, None)
    }

    fn head(&mut self, record: &Record) -> (Head, String) {
        let (channel, folded) = record.slot(Slot::Channel).map_or((0, String::new()), |raw| self.channel(record.sensor, raw));
        let event_id = identify::event_id(record);
        let provider = record.sensor.or_else(|| identify::provider(record.slot(Slot::Channel).unwrap_or_default(), record.slot(Slot::Provider)));
        let (whose, ends, by_address) = self.whose(record);
        let head = Head {
            stated: record.slot(Slot::Stated).and_then(|text| time::parse_in(text, self.zone)).unwrap_or(NONE),
            local: record.slot(Slot::Local).and_then(time::parse).unwrap_or(NONE),
            sensor: if provider == Some("Sysmon") { record.slot(Slot::Sensor).and_then(time::parse).unwrap_or(NONE) } else { NONE },
            states_utc: record.states_utc,
            was_read: record.was_read,
            doubtful: provider == Some("Sysmon") && matches!(event_id, Some(3 | 22)),
            source: self.source,
            machine: by_address
                .or_else(|| record.slot(Slot::Host).or(record.sensor.filter(|_| record.ends.is_some())).map(|host| self.machine(host)))
                .unwrap_or(0),
            whose,
            ends,
            provider: provider.map_or(0, |provider| self.names.number(provider)),
            channel,
            event_id: event_id.unwrap_or(NONE),
            record_id: record.slot(Slot::RecordId).and_then(text::integer).unwrap_or(NONE),
        };
        (head, folded)
    }

    fn put_event(&mut self, head: &Head, record: &Record) {
        let out = self.batch.parts.entry(Part::Event { channel: head.channel, event_id: head.event_id }).or_default();
        let start = spill::begin(out, head);
        let mut surplus = serde_json::Map::new();
        for (name, value) in record.fields() {
            if self.fields.len() > MAX_NAMES && name != SURPLUS {
                surplus.insert(name.to_string(), value.into());
                continue;
            }
            spill::put_field(out, self.fields.number(name), value);
        }
        if !surplus.is_empty() {
            spill::put_field(out, self.fields.number("_surplus_names"), &serde_json::Value::Object(surplus).to_string());
        }
        spill::end(out, start);
    }
}

impl Sink for Taker<'_> {
    fn shapes(&self) -> Arc<shape::Shapes> {
        Arc::clone(&self.shapes)
    }

    fn record(&mut self, record: &mut Record) {
        let (head, folded) = self.head(record);
        if self.before {
            return self.batch.facts.learn_clock(&head);
        }
        self.batch.records += 1;
        self.put_event(&head, record);
        if self.reports {
            self.batch.shapes.note(&head, &folded, record, &mut self.fields);
        }
        self.batch.facts.learn_clock(&head);
        self.batch.facts.learn_machine(head.machine);
        if record.tells_host && head.machine != 0 {
            self.learn_host(record, &head);
        }
        let rules = self.rules;
        let (Batch { parts, facts, .. }, names) = (&mut self.batch, &mut self.names);
        let rows = rules.apply(record, &folded, identify::event_id(record), &mut |table, cells| {
            complete(&LAYOUTS[table], cells);
            facts.learn(table, &head, cells);
            learn_owner(facts, names, &LAYOUTS[table], &head, cells);
            if let Some(group) = group(&LAYOUTS[table], cells) {
                let out = parts.entry(Part::Rows { table: table as u8, group }).or_default();
                let start = spill::begin(out, &head);
                spill::put_cells(out, cells);
                spill::end(out, start);
            }
        });
        self.batch.raw_only += u64::from(rows == 0);
    }

    fn reject(&mut self, offset: Option<u64>, reason: &str) {
        if self.before {
            return;
        }
        // Reasons are few words of ours; a decoder's own may vary without end.
        let reason = if self.batch.rejected.len() < 100 || self.batch.rejected.contains_key(reason) { reason } else { "damaged" };
        let entry = self.batch.rejected.entry(reason.to_string()).or_insert((0, offset));
        entry.0 += 1;
    }
}

impl Taker<'_> {
    /// What a record says of the machine that it is from.
    fn learn_host(&mut self, record: &Record, head: &Head) {
        let facts = &mut self.batch.facts;
        if let Some(system) = record.get("@Os") {
            facts.learn_system(head.machine, system);
        }
        for address in record.get("@Address").unwrap_or_default().split(' ') {
            facts.learn_address(&text::address(address), head.machine, head, 1);
        }
    }
}

/// A record says which machine has an address: its own, or another.
fn learn_owner(facts: &mut Facts, names: &mut Cache<'_>, layout: &Layout, head: &Head, cells: &[Cell<'_>]) {
    if let (Some(owner), Some(address)) = (cells[layout.owner].text(), cells[layout.address].text()) {
        let owner = names.number(&machine_name(owner));
        facts.learn_address(address, owner, head, u64::from(head.whose == Whose::Named && owner == head.machine));
    }
}

/// Cells that follow from other cells of the row alone.
fn complete(layout: &Layout, cells: &mut [Cell<'_>]) {
    if layout.table.name == "registry"
        && let Some(key) = cells[layout.key].text()
    {
        let autorun = crate::telemetry::autorun::is_autorun(key, cells[layout.value].text());
        let root = key.split('\\').next().unwrap_or_default();
        let hive = ["HKLM", "HKU"].into_iter().find(|hive| root.eq_ignore_ascii_case(hive));
        cells[layout.autorun] = Cell::Bool(autorun);
        cells[layout.hive] = hive.map_or(Cell::Missing, Cell::of);
    }
    let shared = if layout.table.name == "registry" { layout.parent_path } else { layout.child_path };
    if matches!(layout.table.name, "process" | "file" | "registry")
        && let Some(path) = cells[shared].text()
    {
        cells[layout.lan_shared] = Cell::Bool(text::is_share(path));
    }
    if layout.table.name == "network" {
        cells[layout.times].fill(Some(Cell::Int(1)));
    }
    if layout.table.name == "dns"
        && let Some(answers) = cells[layout.answers].text().filter(|answers| answers.contains("::ffff:"))
    {
        cells[layout.answers] = Cell::Text(answers.replace("::ffff:", "").into());
    }
}

/// Which rows of a table lie together: image loads and process accesses apart from the rest, unfinished script blocks by themselves.
fn group(layout: &Layout, cells: &[Cell<'_>]) -> Option<u8> {
    Some(match layout.table.name {
        "machine" => return None,
        "process" => match cells[layout.operation].text() {
            Some("load") => 1,
            Some("access") => 2,
            _ => 0,
        },
        "script" => u8::from(cells[layout.parts].int().is_some_and(|parts| parts > 1) && cells[layout.block].text().is_some()),
        _ => 0,
    })
}
