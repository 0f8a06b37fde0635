//! What a source shows of what a query needs: machine by machine, day by day.
//!
//! A need is *shown* where the source has one of its records in the query's table; its sensors are those that gave them. A machine-day is covered where, for
//! every need that is shown, one of these sensors wrote anything on that machine and day: a day without a remote thread is no gap, a day without Sysmon is.
//! The sensor must also have filled the table on that machine at some time, except in tables whose rows are rare by nature.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::needs::{Evidence, needs};
use crate::frame::Read;
use crate::hunt::Coverage;
use crate::hunt::query::in_scope;
use crate::plan::{Period, Plan, Scan, time};
use crate::telemetry::{Inventory, KnownMachine, Slice};

/// The most silent machine-days that are listed.
const MOST_SILENT: usize = 1_000;

/// Tables that a well observed machine may leave empty for long.
const RARE: [&str; 4] = ["system", "detection", "ioa", "event"];

/// What one scan looked at.
///
/// The machine-days asked for: for each machine of the scope, the days (UTC) of the period from its first sight on, up to `now` (milliseconds since 1970 UTC);
/// of a period without an end, up to the last record of the source. A scan that only adds to an answer (`needs` is empty) asks for none.
pub fn cover(scan: &Scan, inventory: &Inventory, now: i64, read: &Read) -> Coverage {
    let evidence = needs(scan);
    let span = spanned(scan, inventory);
    let last = inventory.machines.iter().map(|machine| machine.last_seen).max().unwrap_or(now);
    let end = scan.period.to.map_or(last.saturating_add(1), |to| to.min(now.saturating_add(1)));
    let supporting = evidence.is_empty();
    let sensors: Vec<HashSet<&str>> = evidence.iter().map(|need| need.sensors(scan, inventory)).collect();
    let mut not_examined: Vec<String> = evidence.iter().zip(&sensors).filter(|(_, sensors)| sensors.is_empty()).map(|(need, _)| need.describe()).collect();
    let shown: Vec<&HashSet<&str>> = sensors.iter().filter(|sensors| !sensors.is_empty()).collect();
    let seen = Seen::of(scan, inventory, end);
    let (mut machines, mut asked, mut covered) = (0, 0, 0);
    let mut silent = Vec::new();
    for machine in inventory.machines.iter().filter(|machine| !supporting && in_scope(machine, &scan.scope)) {
        let days = days_of(machine, &scan.period, end);
        machines += u64::from(!days.is_empty());
        for day in days {
            asked += 1;
            if !shown.is_empty() && shown.iter().all(|sensors| sensors.iter().any(|sensor| seen.on(machine, sensor, day))) {
                covered += 1;
            } else {
                silent.push((machine.name.to_string(), day));
            }
        }
    }
    if asked == 0 && !supporting && not_examined.is_empty() {
        not_examined.push(format!("{} (no machine has telemetry in this period)", scan.table));
    }
    silent.sort();
    silent.truncate(MOST_SILENT);
    Coverage {
        table: scan.table.into(),
        operations: scan.operations.iter().flatten().map(|word| word.to_string()).collect(),
        period: scan.period,
        covered: span,
        machines,
        machine_days: asked,
        covered_machine_days: covered,
        rows: read.rows,
        not_examined,
        silent,
        rejected: inventory.rejected.iter().map(|(_, _, count)| count).sum(),
    }
}

/// What a whole plan looked at: each different scan once, those that only add to an answer left out. `read` is what the whole plan read, and so what each
/// of them tells.
pub fn cover_plan(plan: &Plan, inventory: &Inventory, now: i64, read: &Read) -> Vec<Coverage> {
    let mut scans: Vec<Scan> = Vec::new();
    for scan in super::needs::narrowed_scans(plan) {
        if scan.needs.as_ref().is_none_or(|needs| !needs.is_empty()) && !scans.contains(&scan) {
            scans.push(scan);
        }
    }
    scans.iter().map(|scan| cover(scan, inventory, now, read)).collect()
}

/// The spans that telemetry covers for a plan, sorted and apart: what [`crate::hunt::histogram::finish`] takes.
///
/// Of each run of days on which the sensors of the plan wrote anything (on any machine of its scope): from the first record of the first day up to the last
/// of the last day.
pub fn covered_spans(plan: &Plan, inventory: &Inventory) -> Vec<Period> {
    let mut days: Vec<(i32, i64, i64)> = Vec::new();
    for scan in plan.scans() {
        let muids = scope_muids(scan, inventory);
        let mut sensors: HashSet<&str> = HashSet::new();
        let evidence = needs(scan);
        for need in &evidence {
            sensors.extend(need.sensors(scan, inventory));
        }
        let alive = inventory.slices.iter().filter(|slice| sensors.contains(&*slice.provider) && muids.contains(&*slice.muid));
        days.extend(alive.map(|slice| (slice.day, slice.first, slice.last)));
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

/// The span of the table's rows in the scope, whatever the period.
fn spanned(scan: &Scan, inventory: &Inventory) -> Option<(i64, i64)> {
    let muids = scope_muids(scan, inventory);
    let slices = || inventory.slices.iter().filter(|slice| *slice.table == *scan.table && muids.contains(&*slice.muid) && of_scan(slice, scan));
    Some((slices().map(|slice| slice.first).min()?, slices().map(|slice| slice.last).max()?))
}

fn scope_muids<'a>(scan: &Scan, inventory: &'a Inventory) -> HashSet<&'a str> {
    inventory.machines.iter().filter(|machine| in_scope(machine, &scan.scope)).map(|machine| &*machine.muid).collect()
}

/// Whether the scan reads rows like these.
fn of_scan(slice: &Slice, scan: &Scan) -> bool {
    scan.operations.as_ref().is_none_or(|operations| operations.contains(&slice.operation))
        && (scan.channels.is_empty() || scan.channels.iter().any(|channel| crate::plan::folded_equal(channel, &slice.channel)))
        && (scan.event_ids.is_empty() || slice.event_id.is_some_and(|id| scan.event_ids.contains(&id)))
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

/// Which sensor wrote anything on which machine and day, within the period; and which filled the table there at all.
struct Seen<'a> {
    days: HashMap<(&'a str, &'a str), BTreeSet<i32>>,
    filled: HashSet<(&'a str, &'a str)>,
    rare: bool,
}

impl<'a> Seen<'a> {
    fn of(scan: &Scan, inventory: &'a Inventory, end: i64) -> Seen<'a> {
        let mut seen = Seen { days: HashMap::new(), filled: HashSet::new(), rare: RARE.contains(&scan.table) };
        for slice in &inventory.slices {
            let key = (&*slice.muid, &*slice.provider);
            if *slice.table == *scan.table {
                seen.filled.insert(key);
            }
            if slice.first < end && scan.period.from.is_none_or(|from| slice.last >= from) {
                seen.days.entry(key).or_default().insert(slice.day);
            }
        }
        seen
    }

    fn on(&self, machine: &KnownMachine, sensor: &str, day: i32) -> bool {
        let key = (&*machine.muid, sensor);
        (self.rare || self.filled.contains(&key)) && self.days.get(&key).is_some_and(|days| days.contains(&day))
    }
}

impl Evidence {
    /// The sensors that show it; none where the source never does.
    fn sensors<'a>(&self, scan: &Scan, inventory: &'a Inventory) -> HashSet<&'a str> {
        inventory.slices.iter().filter(|slice| self.is_shown_by(slice, scan)).map(|slice| &*slice.provider).collect()
    }
}
