//! `get_users`: who was active, from when to when, on how many days.

use std::sync::Arc;

use super::given::Asked;
use super::options::*;
use super::scan::supporting;
use super::sum::{APART, BY_MACHINE, day, fold, is_known, sorted};
use super::{Context, Query, Shape, Target, names};
use crate::plan::{Expr, Fold, Need, Pattern, Plan, Scan, Source, Step};
use crate::telemetry::{TABLES, Table};

pub(super) const QUERY: Query = Query {
    name: "get_users",
    table: "logon",
    doc: "Users with activity of any kind: the first and the last day, and the number of days, in the run's time zone",
    options: &[NAMED_USERS, NAMED_USER, BY_MACHINE, MUID, TOP, PERIOD, HISTOGRAM],
    example: r#"Client("all", all_time()).get_users(#{ users: "admin" })"#,
    shape: Shape::Users,
};

/// Image loads and accesses are many, and no actions.
const ACTIONS: &[&str] = &["create", "kill", "thread", "tamper"];

/// The users; or, for a histogram, the rows that they are summed from.
pub(super) fn plan(target: &Target, asked: &Asked<'_>, context: &Context<'_>, events: bool) -> Plan {
    let contains = |text: &&str| Expr::call(Pattern::Contains, vec![Expr::column("LoggedUser"), Expr::text(text.trim())]);
    let wanted = [asked.texts("user"), asked.texts("users")].concat();
    let condition = wanted.iter().map(contains).reduce(Expr::or).unwrap_or_else(|| is_known("LoggedUser"));
    let main = main_table(context);
    let parts = TABLES.iter().filter(|table| table.column("LoggedUser").is_some()).map(|table| {
        let rows = Plan::scan(part(table, main, target, context)).then(Step::Filter(condition.clone()));
        Arc::new(if events { rows.then(Step::Select(names(&EVENT))) } else { days(&rows, context) })
    });
    let union = Plan { source: Source::Union(parts.collect()), steps: Vec::new() };
    if events { union.then(Step::Select(names(&EVENT))).then(sorted(&EVENT_ORDER)) } else { summed(&union, asked.has("by")) }
}

/// What a row of a histogram over users has.
const EVENT: [&str; 8] = ["DateTime", "Muid", "LoggedUser", "ClientId", "Machine", "Provider", "RecordId", "Source"];
const EVENT_ORDER: [&str; 4] = ["DateTime", "Machine", "Source", "RecordId"];

/// One row for each user, machine and day.
fn days(rows: &Plan, context: &Context<'_>) -> Plan {
    rows.then(day("Day", context)).then(Step::Select(names(&["LoggedUser", "Muid", "Machine", "Day"]))).then(Step::Distinct(Vec::new()))
}

fn summed(days: &Plan, by_machine: bool) -> Plan {
    let aggregates = [("IniDate", Fold::Min), ("EndDate", Fold::Max), ("NumDays", Fold::NUnique)].map(|(name, how)| fold(name, how, "Day"));
    let apart: &[&str] = if by_machine { &APART } else { &[] };
    let keys: Vec<&str> = ["LoggedUser"].iter().chain(apart).copied().collect();
    let shown: Vec<&str> = ["LoggedUser", "IniDate", "EndDate", "NumDays"].iter().chain(apart).copied().collect();
    let order: &[&str] = if by_machine { &["LoggedUser", "Machine"] } else { &["LoggedUser"] };
    days.then(Step::Group { keys: names(&keys), aggregates: aggregates.into() }).then(Step::Select(names(&shown))).then(sorted(order))
}

/// The table whose absence means that users can't be told: logons where the source has some, else processes.
fn main_table(context: &Context<'_>) -> &'static str {
    let has_logons = context.inventory.streams.iter().any(|stream| &*stream.kind.table == "logon");
    if has_logons { "logon" } else { "process" }
}

fn part(table: &'static Table, main: &str, target: &Target, context: &Context<'_>) -> Scan {
    let operations = if table.name == "process" { ACTIONS } else { &[] };
    let scan = supporting(table.name, operations, target, context);
    if table.name != main {
        return scan;
    }
    let operation = if main == "logon" { "logon" } else { "create" };
    let from = table.operations.iter().filter(|known| known.word == operation).flat_map(|known| known.from);
    let need = Need { label: format!("{main}.{operation}").into(), any_of: from.map(|kind| Arc::from(*kind)).collect() };
    Scan { needs: Some(vec![need]), ..scan }
}
