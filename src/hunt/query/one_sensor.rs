//! What two sensors report of one thing is counted once: the report that tells more stays.
//!
//! Of processes two rows are one thing when machine, operation, pid and file name agree (of an access also who accesses), of connections when machine,
//! protocol and both ends do, and the rows lie within five seconds. Which row stays follows from its sensor, not from a cell that ingest may have filled from
//! elsewhere: a connection whose bytes are known, then Sysmon's, then the others; a process that Sysmon tells, then one with a GUID, then the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::given::in_scope;
use super::names;
use super::sum::is_known;
use crate::plan::{Expr, How, Period, Plan, Scan, Schema, Source, Step, Value};
use crate::telemetry::belief::TOGETHER;
use crate::telemetry::{Inventory, Slice, table};

/// Helper columns, not shown: the machine, where a row may be a second report, and who accesses.
const MARK: &str = "one sensor: machine";
const ACTOR: &str = "one sensor: actor";

/// Things that more than one sensor reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    Process,
    Connection,
}

/// Why nobody can say which rows are second reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The rows are of neither processes nor connections.
    Rows,
    /// A column that tells it is gone, or holds something else.
    Column(&'static str),
}

impl Reported {
    const ALL: [Reported; 2] = [Reported::Process, Reported::Connection];

    fn table(self) -> &'static str {
        match self {
            Reported::Process => "process",
            Reported::Connection => "network",
        }
    }

    /// Which columns say that two rows are one thing.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Reported::Process => &["Muid", "Operation", "ChildPid", "ChildFilename"],
            Reported::Connection => &["Muid", "Protocol", "LocalIp", "LocalPort", "RemoteIp", "RemotePort"],
        }
    }

    /// Which other columns are read.
    fn also(self) -> &'static [&'static str] {
        match self {
            Reported::Process => &["DateTime", "Provider", "ChildGuid", "ParentPid"],
            Reported::Connection => &["DateTime", "Provider", "BytesSent", "BytesReceived"],
        }
    }

    /// The reports that tell most come first; those that are none of these come last.
    fn ranks(self) -> [Arc<Expr>; 2] {
        let sysmon = Expr::equal(Expr::column("Provider"), Expr::text("Sysmon"));
        match self {
            Reported::Process => [sysmon, is_known("ChildGuid")],
            Reported::Connection => [Expr::or(is_known("BytesSent"), is_known("BytesReceived")), sysmon],
        }
    }

    /// What the rows of a plan's answer are reports of.
    ///
    /// # Errors
    /// Rows of something else, or without the columns that tell.
    pub fn of(plan: &Plan, schema: &Schema) -> Result<Reported, Unknown> {
        // As everywhere, rows are of the table that is read first for them.
        let first = |plan: &Plan| plan.source_scans().first().map(|scan| scan.table);
        let reported = Reported::ALL.into_iter().find(|reported| first(plan) == Some(reported.table())).ok_or(Unknown::Rows)?;
        let is_apart = match &plan.source {
            Source::Scan(_) => false,
            Source::Union(plans) => plans.iter().any(|part| first(part) != Some(reported.table())),
        };
        if is_apart || plan.steps.iter().any(|step| matches!(step, Step::Group { .. })) {
            return Err(Unknown::Rows);
        }
        let columns = || reported.keys().iter().chain(reported.also());
        let declared = table(reported.table());
        let is_it = |name: &str| declared.and_then(|table| table.column(name)).is_some_and(|column| schema.kind(name) == Some(column.kind));
        columns().find(|name| !is_it(name)).map_or(Ok(reported), |name| Err(Unknown::Column(name)))
    }

    /// The rows of a plan without second reports. Only reports that its steps let through count: one that doesn't name the program must not hide one that does
    /// from a question for that program.
    pub fn once(self, plan: &Plan) -> Plan {
        let beside = beside(plan);
        let keyed = |plan: Plan| match self {
            Reported::Process => plan.then(Step::Derive(ACTOR.into(), actor())),
            Reported::Connection => plan,
        };
        let helpers: &[&str] = if self == Reported::Process { &[MARK, ACTOR] } else { &[MARK] };
        let keys: Vec<&str> = self.keys().iter().chain(helpers.iter().skip(1)).copied().collect();
        let marked: Vec<&str> = keys.iter().map(|key| if *key == "Muid" { MARK } else { key }).collect();
        let columns: Vec<&str> = std::iter::once("DateTime").chain(keys.iter().copied()).collect();
        let mut rows = keyed(plan.clone());
        let mut better = Expr::literal(Value::Bool(false));
        for rank in self.ranks() {
            better = Expr::or(better, rank);
            // A missing key joins nothing: rows of these ranks stay.
            let mark = Arc::new(Expr::If(better.clone(), Expr::literal(Value::Missing), Expr::column("Muid")));
            let right = Arc::new(keyed(beside.then(Step::Filter(better.clone()))).then(Step::Select(names(&columns))));
            let told = Step::Join { right, how: How::Anti, left_on: names(&marked), right_on: names(&keys), within: Some(TOGETHER) };
            rows = rows.then(Step::Derive(MARK.into(), mark)).then(told);
        }
        rows.then(Step::Drop(names(helpers)))
    }
}

/// The rows of a scan of processes, without second reports.
pub(in crate::hunt) fn processes(scan: &Scan, inventory: Option<&Inventory>) -> Plan {
    let rows = Plan::scan(scan.clone());
    if inventory.is_none_or(|inventory| is_repeated(&rows, inventory)) { Reported::Process.once(&rows) } else { rows }
}

/// The rows of a plan of connections, without second reports.
pub(super) fn connections(rows: Plan, inventory: &Inventory) -> Plan {
    if is_repeated(&rows, inventory) { Reported::Connection.once(&rows) } else { rows }
}

/// Whether second reports were left out already.
pub fn is_once(plan: &Plan) -> bool {
    let is_mark = |step: &Step| matches!(step, Step::Derive(name, _) if **name == *MARK);
    let below = match &plan.source {
        Source::Scan(_) => false,
        Source::Union(plans) => plans.iter().any(|plan| is_once(plan)),
    };
    below || plan.steps.iter().any(is_mark)
}

/// Whether a machine has rows of several sensors in what a plan reads: only then can one be a second report. A source that does not say which sensors its rows
/// are of may have some.
pub fn is_repeated(plan: &Plan, inventory: &Inventory) -> bool {
    let mut sensors: BTreeMap<Option<u32>, BTreeSet<&str>> = BTreeMap::new();
    each_slice(plan, inventory, |provider, slice| {
        sensors.entry(slice.machine).or_default().insert(provider);
    });
    sensors.is_empty() || sensors.values().any(|sensors| sensors.len() > 1 || sensors.contains(""))
}

/// How many rows a plan reads at most.
pub fn most_rows(plan: &Plan, inventory: &Inventory) -> u64 {
    let mut rows = 0;
    each_slice(plan, inventory, |_, slice| rows += slice.rows);
    rows
}

fn each_slice<'a>(plan: &Plan, inventory: &'a Inventory, mut told: impl FnMut(&'a str, &Slice)) {
    for scan in plan.source_scans() {
        let period = widened(&scan.period);
        let is_asked = |slice: &Slice| {
            let machine = slice.machine.and_then(|place| inventory.machines.get(place as usize));
            machine.is_none_or(|known| in_scope(known, &scan.scope))
                && period.from.is_none_or(|from| slice.last >= from)
                && period.to.is_none_or(|to| slice.first < to)
        };
        for stream in inventory.streams.iter().filter(|stream| *stream.kind.table == *scan.table) {
            if scan.operations.as_ref().is_none_or(|operations| operations.contains(&stream.kind.operation)) {
                stream.slices.iter().filter(|slice| is_asked(slice)).for_each(|slice| told(&stream.kind.provider, slice));
            }
        }
    }
}

/// Many processes may open one at the same time; only one starts or ends it.
fn actor() -> Arc<Expr> {
    let is_access = Expr::equal(Expr::column("Operation"), Expr::text("access"));
    Arc::new(Expr::If(is_access, Expr::column("ParentPid"), Expr::literal(Value::Int(0))))
}

/// The rows among which a better report may be: also those just beyond the period's ends, where each row is looked at for itself.
fn beside(plan: &Plan) -> Plan {
    fn is_by_row(plan: &Plan) -> bool {
        let below = match &plan.source {
            Source::Scan(_) => true,
            Source::Union(plans) => plans.iter().all(|plan| is_by_row(plan)),
        };
        below
            && plan.steps.iter().all(|step| match step {
                Step::Filter(_) | Step::Derive(..) | Step::Select(_) | Step::Drop(_) | Step::Rename(_) | Step::Locate(_) | Step::Sort(_) => true,
                Step::Join { .. } => true,
                Step::Group { .. } | Step::Share { .. } | Step::Limit(_) | Step::Explode(_) => false,
                Step::Distinct(_) | Step::Previous { .. } | Step::Kin { .. } | Step::Among { .. } => false,
            })
    }
    fn longer(plan: &Plan) -> Plan {
        let source = match &plan.source {
            Source::Scan(scan) => Source::Scan(Scan { period: widened(&scan.period), ..scan.clone() }),
            Source::Union(plans) => Source::Union(plans.iter().map(|plan| Arc::new(longer(plan))).collect()),
        };
        Plan { source, steps: plan.steps.iter().filter(|step| !matches!(step, Step::Sort(_))).cloned().collect() }
    }
    let quiet = plan.quiet();
    if is_by_row(plan) { longer(&quiet) } else { quiet }
}

/// As much longer at both ends as two reports of one thing lie apart.
fn widened(period: &Period) -> Period {
    Period { from: period.from.map(|from| from.saturating_sub(TOGETHER)), to: period.to.map(|to| to.saturating_add(TOGETHER)) }
}
