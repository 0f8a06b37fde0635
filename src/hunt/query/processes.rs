//! `get_processes`: one row for each process that started or acted in the period.

use std::sync::Arc;

use super::filters::{known_table, narrow};
use super::given::Asked;
use super::options::*;
use super::scan::{scan, supporting};
use super::{Context, OptionError, Query, Shape, Target, names, one_sensor};
use crate::plan::{ACTIVE, Aggregate, Expr, Fold, Func, How, Plan, Scan, SortKey, Source, Step, Value};
use crate::telemetry::{Table, table};

pub(super) const QUERY: Query = Query {
    name: "get_processes",
    table: "process",
    doc: "Processes, one row each: those that started in the period (Operation `create`; two sensors' reports of one start count once), and those that \
          ran already and acted in it (`active`, at their first act)",
    options: &[FILE, ACTOR, USER, USERS, KIND, MUID, TOP, PERIOD, HISTOGRAM],
    example: r#"Client("all", all_time()).get_processes(#{ kind: "hackingtool" })"#,
    shape: Shape::Processes,
};

/// The columns of the published reference, in its order; ours follow as the table has them.
const FIRST: [&str; 12] = [
    "DateTime",
    "Muid",
    "LoggedUser",
    "ChildFilename",
    "ChildPath",
    "ChildMd5",
    "ChildPid",
    "ParentFilename",
    "ParentPath",
    "ParentMd5",
    "ParentPid",
    "Operation",
];

/// Where processes are seen to act: the table, the operations that count, and whose act it is.
const ACTS: [(&str, &[&str], Side); 8] = [
    ("process", &["kill"], Side::Child),
    ("process", &["thread"], Side::Parent),
    ("file", &[], Side::Parent),
    ("registry", &[], Side::Parent),
    ("network", &[], Side::Parent),
    ("dns", &[], Side::Parent),
    ("script", &[], Side::Parent),
    ("system", &[], Side::Parent),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Child,
    Parent,
}

pub(super) fn plan(query: &Query, target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Result<Plan, OptionError> {
    let process = known_table(query.table, query.name)?;
    let starts = Scan { operations: Some(vec!["create".into()]), ..scan(process.name, target, context) };
    let again = Scan { needs: Some(Vec::new()), ..starts.clone() };
    let started = one_sensor::processes(&starts, Some(context.inventory));
    let acting = not_started(acting(target, context), &again, context);
    let columns = columns(process);
    let parts = vec![Arc::new(started.then(Step::Select(columns.clone()))), Arc::new(acting)];
    let order = ["DateTime", "Machine", "Source", "RecordId"].map(|column| SortKey { column: column.into(), descending: false });
    let union = Plan { source: Source::Union(parts), steps: vec![Step::Select(columns)] };
    Ok(narrow(union, process, target, asked, context)?.then(Step::Sort(order.to_vec())))
}

/// Derived columns are left out: they would be computed for every row.
fn columns(process: &Table) -> Vec<Arc<str>> {
    let ours = process.columns.iter().filter(|column| !column.derived).map(|column| column.name).filter(|name| !FIRST.contains(name));
    FIRST.iter().copied().chain(ours).map(Arc::from).collect()
}

/// Everything that acted, one row for each machine, pid and file name (GUID, where the pid is not known), at its first act.
fn acting(target: &Target, context: &Context<'_>) -> Plan {
    let parts = ACTS.iter().filter_map(|(name, operations, side)| Some(Arc::new(acts(table(name)?, operations, *side, target, context)))).collect();
    let pid = Expr::column("ChildPid");
    let no_pid = Expr::call(Func::IsMissing, vec![pid]);
    let identity = Arc::new(Expr::If(no_pid, Expr::column("ChildGuid"), Expr::literal(Value::Missing)));
    let keys = names(&["Muid", "ChildPid", "ChildFilename", "Identity"]);
    let first = [
        "DateTime",
        "LoggedUser",
        "ChildPath",
        "ChildMd5",
        "ChildSha256",
        "ChildSha1",
        "OriginalFilename",
        "ChildGuid",
        "ClientId",
        "Machine",
        "Provider",
        "Channel",
        "EventId",
        "RecordId",
        "Source",
    ];
    let aggregates = first.iter().map(|name| Aggregate { name: Arc::from(*name), fold: Fold::First, column: Some(Arc::from(*name)) }).collect();
    let union = Plan { source: Source::Union(parts), steps: Vec::new() };
    union.then(Step::Derive("Identity".into(), identity)).then(Step::Group { keys, aggregates }).then(Step::Drop(names(&["Identity"])))
}

/// The acts of one table, with the actor where a start has the started process.
fn acts(table: &'static Table, operations: &[&str], side: Side, target: &Target, context: &Context<'_>) -> Plan {
    const PLAIN: [&str; 10] = ["DateTime", "Muid", "LoggedUser", "ClientId", "Machine", "Provider", "Channel", "EventId", "RecordId", "Source"];
    const PARTS: [&str; 7] = ["Filename", "Path", "Md5", "Sha256", "Sha1", "Pid", "Guid"];
    let (from, original) = if side == Side::Child { ("Child", "OriginalFilename") } else { ("Parent", "ParentOriginalFilename") };
    let named = PARTS.iter().map(|part| (format!("{from}{part}"), format!("Child{part}"))).chain([(original.into(), "OriginalFilename".into())]);
    let pairs: Vec<(Arc<str>, Arc<str>)> =
        named.filter(|(name, _)| table.column(name).is_some()).map(|(name, child)| (Arc::from(name), Arc::from(child))).collect();
    let mut selected = names(&PLAIN);
    selected.extend(pairs.iter().map(|(old, _)| old.clone()));
    let known = |name: String| Expr::negate(Expr::call(Func::IsMissing, vec![Expr::column(name)]));
    let identified = Expr::or(known(format!("{from}Pid")), known(format!("{from}Guid")));
    let mut plan = Plan::scan(supporting(table.name, operations, target, context)).then(Step::Filter(identified)).then(Step::Select(selected));
    if side == Side::Parent {
        plan = plan.then(Step::Rename(pairs));
    }
    plan.then(Step::Distinct(names(&["Muid", "ChildPid", "ChildFilename", "ChildGuid"])))
}

/// Those that did not start in the period: no start has their GUID; nor their machine, pid and file name, where one of both has no GUID.
fn not_started(acting: Plan, starts: &Scan, context: &Context<'_>) -> Plan {
    let anti = |right: Plan, left: &[&str], right_on: &[&str]| Step::Join {
        right: Arc::new(right),
        how: How::Anti,
        left_on: names(left),
        right_on: names(right_on),
        within: None,
    };
    let without_guid = || Expr::call(Func::IsMissing, vec![Expr::column("ChildGuid")]);
    let own_pid = Arc::new(Expr::If(without_guid(), Expr::column("ChildPid"), Expr::literal(Value::Missing)));
    let process = ["Muid", "ChildPid", "ChildFilename"];
    let poor = one_sensor::processes(starts, Some(context.inventory)).then(Step::Filter(without_guid()));
    acting
        .then(anti(Plan::scan(starts.clone()), &["ChildGuid"], &["ChildGuid"]))
        .then(Step::Derive("OwnPid".into(), own_pid))
        .then(anti(Plan::scan(starts.clone()), &["Muid", "OwnPid", "ChildFilename"], &process))
        .then(anti(poor, &process, &process))
        .then(Step::Drop(names(&["OwnPid"])))
        .then(Step::Derive("Operation".into(), Expr::text(ACTIVE)))
}
