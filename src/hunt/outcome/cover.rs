//! What a source shows of what a query needs: machine by machine, day by day.
//!
//! A need is *shown* where the source has one of its records in the query's table; its sensors are those that gave them. A machine-day is covered where, for
//! every need that is shown, one of these sensors wrote anything on that machine and day: a day without a remote thread is no gap, a day without Sysmon is.
//! The sensor must also have filled the table on that machine at some time, except in tables whose rows are rare by nature.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono_tz::Tz;

use super::needs::{Evidence, anything, needs};
use crate::frame::Read;
use crate::hunt::Coverage;
use crate::hunt::query::{Target, in_scope};
use crate::plan::{Period, Plan, Scan, Scope, time};
use crate::telemetry::{Inventory, Kind, KnownMachine, Slice};

/// The most silent machine-days that are listed.
const MOST_SILENT: usize = 1_000;

/// Tables that a well observed machine may leave empty for long.
const RARE: [&str; 4] = ["system", "detection", "ioa", "event"];

/// What one scan looked at.
///
/// The machine-days asked for: for each machine of the scope, the days (UTC) of the period from its first sight on, up to `now` (milliseconds since 1970 UTC);
/// of a period without an end, up to the last record of the source. A scan that only adds to an answer (`needs` is empty) asks for none.
pub fn cover(scan: &Scan, inventory: &Inventory, now: i64, read: &Read) -> Coverage {
    let target = Target { scope: scan.scope.clone(), period: scan.period };
    cover_targets(scan, &[target], inventory, now, read)
}

/// The same for all of these machines and periods together, whatever the scan's own are. A machine-day of several of them counts once, and is covered
/// where it is for each.
pub(super) fn cover_targets(scan: &Scan, targets: &[Target], inventory: &Inventory, now: i64, read: &Read) -> Coverage {
    let scans: Vec<Scan> = targets.iter().map(|target| Scan { scope: target.scope.clone(), period: target.period, ..scan.clone() }).collect();
    let evidence = needs(scan);
    let mut sensors: Vec<HashSet<&str>> = evidence.iter().map(|need| need.sensors(scan, inventory)).collect();
    let mut not_examined: Vec<String> = evidence.iter().zip(&sensors).filter(|(_, sensors)| sensors.is_empty()).map(|(need, _)| need.describe()).collect();
    sensors.retain(|sensors| !sensors.is_empty());
    let mut days = Days::default();
    if let [one] = scans.as_slice() {
        each_day(one, &sensors, inventory, now, |place, day, covered| days.add(inventory, place, day, covered));
    } else {
        let mut all: BTreeMap<(u32, i32), bool> = BTreeMap::new();
        for one in &scans {
            each_day(one, &sensors, inventory, now, |place, day, covered| {
                all.entry((place, day)).and_modify(|known| *known &= covered).or_insert(covered);
            });
        }
        all.into_iter().for_each(|((place, day), covered)| days.add(inventory, place, day, covered));
    }
    let Days { asked, covered, mut silent, machines, .. } = days;
    let what = anything(scan).map_or(scan.table, |view| &**view);
    if asked == 0 && !evidence.is_empty() && not_examined.is_empty() {
        not_examined.push(format!("{what} (no machine has telemetry in this period)"));
    }
    silent.sort();
    silent.truncate(MOST_SILENT);
    let open = |ends: Vec<Option<i64>>| ends.iter().all(Option::is_some).then_some(ends.into_iter().flatten());
    Coverage {
        need: None,
        table: what.into(),
        operations: scan.operations.iter().flatten().map(|word| word.to_string()).collect(),
        period: Period {
            from: open(targets.iter().map(|target| target.period.from).collect()).and_then(Iterator::min),
            to: open(targets.iter().map(|target| target.period.to).collect()).and_then(Iterator::max),
        },
        covered: scans.iter().filter_map(|scan| spanned(scan, inventory)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
        machines,
        machine_days: asked,
        covered_machine_days: covered,
        rows: read.rows,
        not_examined,
        silent,
        rejected: inventory.rejected.iter().map(|(_, _, count)| count).sum(),
    }
}

/// Machine-days as they are counted, machine by machine.
#[derive(Default)]
struct Days {
    machines: u64,
    last: Option<u32>,
    asked: u64,
    covered: u64,
    silent: Vec<(String, i32)>,
}

impl Days {
    fn add(&mut self, inventory: &Inventory, place: u32, day: i32, covered: bool) {
        self.machines += u64::from(self.last.replace(place) != Some(place));
        self.asked += 1;
        if covered {
            self.covered += 1;
        } else if let Some(machine) = inventory.machines.get(place as usize) {
            self.silent.push((machine.name.to_string(), day));
        }
    }
}

/// Each machine-day that a scan asks for, and whether its sensors (of each need that is shown at all) covered it.
fn each_day(scan: &Scan, sensors: &[HashSet<&str>], inventory: &Inventory, now: i64, mut told: impl FnMut(u32, i32, bool)) {
    if scan.needs.as_ref().is_some_and(Vec::is_empty) {
        return;
    }
    let last = inventory.machines.iter().map(|machine| machine.last_seen).max().unwrap_or(now);
    let end = scan.period.to.map_or(last.saturating_add(1), |to| to.min(now.saturating_add(1)));
    let shown: Vec<Seen> = sensors.iter().map(|sensors| Seen::of(sensors, scan, inventory, end)).collect();
    for (machine, place) in inventory.machines.iter().zip(0..).filter(|(machine, _)| in_scope(machine, &scan.scope)) {
        for day in days_of(machine, &scan.period, end) {
            told(place, day, !shown.is_empty() && shown.iter().all(|seen| seen.on(place, day)));
        }
    }
}

/// The machine-days that a scan asks for: the machine's place in the inventory, the day since 1970, whether everything that it needs was there.
pub(super) fn covered_days(scan: &Scan, inventory: &Inventory, now: i64) -> Vec<(u32, i32, bool)> {
    let sensors: Vec<HashSet<&str>> = needs(scan).iter().map(|need| need.sensors(scan, inventory)).collect();
    let is_shown = sensors.iter().all(|sensors| !sensors.is_empty());
    let mut days = Vec::new();
    each_day(scan, &sensors, inventory, now, |place, day, covered| days.push((place, day, covered && is_shown)));
    days
}

/// The scans whose rows a plan's answer rests on, each once: those that only add to it left out.
pub fn examined_scans(plan: &Plan) -> Vec<Scan> {
    let mut scans: Vec<Scan> = Vec::new();
    for scan in super::needs::narrowed_scans(plan) {
        if scan.needs.as_ref().is_none_or(|needs| !needs.is_empty()) && !scans.contains(&scan) {
            scans.push(scan);
        }
    }
    scans
}

/// What the scans of one plan looked at. `read` is what the whole plan read, and so what each of them tells.
pub fn cover_scans(scans: &[Scan], inventory: &Inventory, now: i64, read: &Read) -> Vec<Coverage> {
    scans.iter().map(|scan| cover(scan, inventory, now, read)).collect()
}

/// The spans that telemetry covers for a plan, sorted and apart: what [`crate::hunt::histogram::finish`] takes.
///
/// Of each run of days on which the sensors of the plan wrote anything (on any machine of its scope): from the first record of the first day up to the last
/// of the last day.
pub fn covered_spans(plan: &Plan, inventory: &Inventory) -> Vec<Period> {
    let mut days: Vec<(i32, i64, i64)> = Vec::new();
    for scan in plan.scans() {
        let machines = machines_of(scan, inventory);
        let mut sensors: HashSet<&str> = HashSet::new();
        let evidence = needs(scan);
        for need in &evidence {
            sensors.extend(need.sensors(scan, inventory));
        }
        let alive = inventory.streams.iter().filter(|stream| sensors.contains(&*stream.kind.provider)).flat_map(|stream| &stream.slices);
        days.extend(alive.filter(|slice| machines.has(slice)).map(|slice| (slice.day, slice.first, slice.last)));
    }
    days.sort_unstable();
    let mut spans: Vec<(i32, i64, i64)> = Vec::new();
    for (day, first, last) in days {
        match spans.last_mut() {
            Some((open, _, end)) if day <= *open + 1 => (*open, *end) = (day, last.max(*end)),
            _ => spans.push((day, first, last)),
        }
    }
    spans.into_iter().map(|(_, first, last)| Period { from: Some(first), to: Some(last.saturating_add(1)) }).collect()
}

/// The dates of the zone's calendar (days since 1970) on which, within the period of these scans, the sensors that fill them wrote anything: by machine, its
/// place in the inventory (`None`: records that name no machine, where everything is asked for).
pub fn covered_dates(scans: &[Scan], inventory: &Inventory, zone: Tz) -> BTreeMap<Option<u32>, BTreeSet<i64>> {
    let fills = |kind: &Kind| scans.iter().any(|scan| *kind.table == *scan.table && of_scan(kind, scan));
    let sensors: HashSet<&str> = inventory.streams.iter().map(|stream| &stream.kind).filter(|kind| fills(kind)).map(|kind| &*kind.provider).collect();
    let mut dates: BTreeMap<Option<u32>, BTreeSet<i64>> = BTreeMap::new();
    let Some(scan) = scans.first() else { return dates };
    let machines = machines_of(scan, inventory);
    let asked = |slice: &Slice| machines.has(slice) || (slice.machine.is_none() && scan.scope == Scope::Everything);
    for slice in inventory.streams.iter().filter(|stream| sensors.contains(&*stream.kind.provider)).flat_map(|stream| &stream.slices) {
        let first = scan.period.from.map_or(slice.first, |from| from.max(slice.first));
        let last = scan.period.to.map_or(slice.last, |to| slice.last.min(to.saturating_sub(1)));
        // A slice is of one day in UTC, and so of two dates at most; one without a time has neither.
        if first <= last && asked(slice) {
            dates.entry(slice.machine).or_default().extend([time::local_day(first, zone), time::local_day(last, zone)]);
        }
    }
    dates
}

/// The span of the table's rows in the scope, whatever the period.
fn spanned(scan: &Scan, inventory: &Inventory) -> Option<(i64, i64)> {
    let machines = machines_of(scan, inventory);
    let of_table = |kind: &Kind| *kind.table == *scan.table && of_scan(kind, scan);
    let streams = inventory.streams.iter().filter(|stream| anything(scan).is_some() || of_table(&stream.kind));
    let spans = streams.flat_map(|stream| &stream.slices).filter(|slice| machines.has(slice)).map(|slice| (slice.first, slice.last));
    spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// Which of a source's machines a scan is about, by their place.
struct Machines(Vec<bool>);

impl Machines {
    fn has(&self, slice: &Slice) -> bool {
        slice.machine.and_then(|place| self.0.get(place as usize)).is_some_and(|wanted| *wanted)
    }
}

fn machines_of(scan: &Scan, inventory: &Inventory) -> Machines {
    Machines(inventory.machines.iter().map(|machine| in_scope(machine, &scan.scope)).collect())
}

/// Whether the scan reads rows like these.
fn of_scan(kind: &Kind, scan: &Scan) -> bool {
    scan.operations.as_ref().is_none_or(|operations| operations.contains(&kind.operation))
        && (scan.channels.is_empty() || scan.channels.iter().any(|channel| crate::plan::folded_equal(channel, &kind.channel)))
        && (scan.event_ids.is_empty() || kind.event_id.is_some_and(|id| scan.event_ids.contains(&id)))
}

/// The days of the period, from the machine's first sight on, up to the end.
fn days_of(machine: &KnownMachine, period: &Period, end: i64) -> std::ops::Range<i32> {
    let from = period.from.map_or(machine.first_seen, |from| from.max(machine.first_seen));
    if from >= end {
        return 0..0;
    }
    day_of(from)..day_of(end - 1) + 1
}

fn day_of(time: i64) -> i32 {
    i32::try_from(time.div_euclid(time::DAY)).unwrap_or(if time < 0 { i32::MIN / 2 } else { i32::MAX / 2 })
}

/// On which machines and days any of some sensors wrote anything, within the period; and which machines it filled the table of at all.
struct Seen {
    /// By sensor, since one that never filled the table on a machine tells nothing of it.
    sensors: Vec<Sensor>,
    rare: bool,
}

#[derive(Default)]
struct Sensor {
    days: HashSet<(u32, i32)>,
    filled: HashSet<u32>,
}

impl Seen {
    fn of(sensors: &HashSet<&str>, scan: &Scan, inventory: &Inventory, end: i64) -> Seen {
        let within = |slice: &Slice| slice.first < end && scan.period.from.is_none_or(|from| slice.last >= from);
        let one = |name: &&str| {
            let mut sensor = Sensor::default();
            for stream in inventory.streams.iter().filter(|stream| *stream.kind.provider == **name) {
                let fills = *stream.kind.table == *scan.table;
                for (slice, machine) in stream.slices.iter().filter_map(|slice| Some((slice, slice.machine?))) {
                    if fills {
                        sensor.filled.insert(machine);
                    }
                    if within(slice) {
                        sensor.days.insert((machine, slice.day));
                    }
                }
            }
            sensor
        };
        Seen { sensors: sensors.iter().map(one).collect(), rare: RARE.contains(&scan.table) || anything(scan).is_some() }
    }

    fn on(&self, machine: u32, day: i32) -> bool {
        self.sensors.iter().any(|sensor| (self.rare || sensor.filled.contains(&machine)) && sensor.days.contains(&(machine, day)))
    }
}

impl Evidence {
    /// The sensors that show it; none where the source never does.
    fn sensors<'a>(&self, scan: &Scan, inventory: &'a Inventory) -> HashSet<&'a str> {
        inventory.streams.iter().map(|stream| &stream.kind).filter(|kind| self.is_shown_by(kind, scan)).map(|kind| &*kind.provider).collect()
    }
}
