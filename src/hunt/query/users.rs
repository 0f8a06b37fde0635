//! `get_users`: who was active, from when to when, on how many days.

use std::sync::Arc;

use super::given::Asked;
use super::options::*;
use super::scan::supporting;
use super::{Context, OptionError, Query, Shape, Takes, Target};
use crate::plan::{Aggregate, Expr, Fold, Func, Pattern, Plan, Scan, SortKey, Source, Step};
use crate::telemetry::{TABLES, Table};

pub(super) const QUERY: Query = Query {
    name: "get_users",
    table: "logon",
    doc: "Users with activity of any kind: the first and the last day, and the number of days, in the run's time zone",
    options: &[
        NAMED_USERS,
        NAMED_USER,
        own("by", Takes::Words(&["machine"]), "machine: each machine's users apart, with Muid and Machine"),
        MUID,
        TOP,
        PERIOD,
        HISTOGRAM,
    ],
    example: r#"Client("all", all_time()).get_users(#{ users: "admin" })"#,
    shape: Shape::Users,
};

/// Image loads and accesses are many, and no actions.
const ACTIONS: &[&str] = &["create", "kill", "thread", "tamper"];

/// The users; or, for a histogram, the rows that they are summed from.
pub(super) fn plan(target: &Target, asked: &Asked<'_>, context: &Context<'_>, events: bool) -> Result<Plan, OptionError> {
    let wanted = [asked.texts("users"), asked.texts("user")].concat();
    let name = Expr::column("LoggedUser");
    let known = Expr::negate(Expr::call(Func::IsMissing, vec![name.clone()]));
    let condition = wanted.iter().map(|text| Expr::call(Pattern::Contains, vec![name.clone(), Expr::text(text.trim())])).reduce(Expr::or).unwrap_or(known);
    let by_machine = asked.has("by");
    let main = main_table(context);
    let parts = TABLES.iter().filter(|table| table.column("LoggedUser").is_some()).map(|table| {
        let rows = Plan::scan(part(table, main, target, context)).then(Step::Filter(condition.clone()));
        Arc::new(if events { rows.then(Step::Select(names(&EVENT))) } else { days(&rows, context) })
    });
    let union = Plan { source: Source::Union(parts.collect()), steps: Vec::new() };
    Ok(if events { union.then(Step::Select(names(&EVENT))).then(Step::Sort(EVENT_ORDER.map(ascending).to_vec())) } else { summed(&union, by_machine) })
}

/// What a row of a histogram over users has.
const EVENT: [&str; 8] = ["DateTime", "Muid", "LoggedUser", "ClientId", "Machine", "Provider", "RecordId", "Source"];
const EVENT_ORDER: [&str; 4] = ["DateTime", "Machine", "Source", "RecordId"];

/// One row for each user, machine and day.
fn days(rows: &Plan, context: &Context<'_>) -> Plan {
    let date = Expr::call(Func::Date(context.zone), vec![Expr::column("DateTime")]);
    let shown = names(&["LoggedUser", "Muid", "Machine", "Day"]);
    rows.then(Step::Derive("Day".into(), date)).then(Step::Select(shown)).then(Step::Distinct(Vec::new()))
}

fn summed(days: &Plan, by_machine: bool) -> Plan {
    let over = |name: &str, fold| Aggregate { name: name.into(), fold, column: Some("Day".into()) };
    let aggregates = vec![over("IniDate", Fold::Min), over("EndDate", Fold::Max), over("NumDays", Fold::NUnique)];
    let (keys, shown): (&[&str], &[&str]) = if by_machine {
        (&["LoggedUser", "Muid", "Machine"], &["LoggedUser", "IniDate", "EndDate", "NumDays", "Muid", "Machine"])
    } else {
        (&["LoggedUser"], &["LoggedUser", "IniDate", "EndDate", "NumDays"])
    };
    let order: &[&str] = if by_machine { &["LoggedUser", "Machine"] } else { &["LoggedUser"] };
    let sort = order.iter().map(|name| ascending(name)).collect();
    days.then(Step::Group { keys: names(keys), aggregates }).then(Step::Select(names(shown))).then(Step::Sort(sort))
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
    let need = crate::plan::Need { label: format!("{main}.{operation}").into(), any_of: from.map(|kind| Arc::from(*kind)).collect() };
    Scan { needs: Some(vec![need]), ..scan }
}

fn ascending(column: &str) -> SortKey {
    SortKey { column: column.into(), descending: false }
}

fn names(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}
