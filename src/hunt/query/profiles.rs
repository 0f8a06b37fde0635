//! `get_profiles`: what machines are for, and what tells it.

use std::sync::Arc;

use super::options::*;
use super::scan::{scan, supporting};
use super::sum::{count, fold, is_known, sorted};
use super::{Context, Query, Shape, Target, names};
use crate::plan::{Expr, Fold, Func, How, Need, Pattern, Plan, Scan, Source, Step, Value, folded_equal};
use crate::telemetry::TABLES;
use crate::telemetry::os::{RELEASES, Release};
use crate::telemetry::profile::{COMMON_SHARES, NO_PERSONS, PROFILES, Profile, SERVER, Sign};

pub(super) const QUERY: Query = Query {
    name: "get_profiles",
    table: "event",
    doc: "What machines are for, and what tells it, with the number of rows that do: roles by records that only such machines write and by programs that run \
          there, file servers by shares that others open, clients and servers by the build of the system, workstations also by desktops and logons at the \
          keyboard where nothing says server. A machine with a role is a server as well. `huntsman doc get_info` names the profiles",
    options: &[MUID, TOP, PERIOD],
    example: r#"Client("all", all_time()).get_profiles()"#,
    shape: Shape::Profiles,
};

const PROGRAM: &str = "Program";
const COUNT: &str = "Count";
const KEYS: [&str; 4] = ["Muid", "Machine", "Profile", "Evidence"];

/// The raw fields that name a record's source.
const SOURCES: [&str; 2] = ["Provider_Name", "SourceName"];

pub(super) fn plan(target: &Target, context: &Context<'_>) -> Plan {
    let told = strong(target, context);
    let as_server = told.then(Step::Filter(is_any("Profile", roles()))).then(Step::Derive("Evidence".into(), Expr::column("Profile")));
    let as_server = as_server.then(Step::Derive("Profile".into(), Expr::text(SERVER)));
    let servers = union(vec![told.clone(), as_server.clone()]).then(Step::Filter(is_any("Profile", [SERVER].into_iter()))).then(Step::Select(names(&["Muid"])));
    let key = || names(&["Muid"]);
    let weak = sessions(target, context).then(Step::Join { right: Arc::new(servers), how: How::Anti, left_on: key(), right_on: key(), within: None });
    let all = union(vec![told, as_server, weak]).then(Step::Group { keys: names(&KEYS), aggregates: vec![fold(COUNT, Fold::Sum, COUNT)] });
    let columns: Vec<&str> = KEYS.into_iter().chain([COUNT]).collect();
    all.then(Step::Select(names(&columns))).then(sorted(&["Machine", "Profile", "Evidence"]))
}

fn union(parts: Vec<Plan>) -> Plan {
    Plan { source: Source::Union(parts.into_iter().map(Arc::new).collect()), steps: Vec::new() }
}

fn roles() -> impl Iterator<Item = &'static str> {
    PROFILES.iter().filter(|profile| profile.is_role).map(|profile| profile.word)
}

fn is_any<'a>(column: &str, words: impl Iterator<Item = &'a str>) -> Arc<Expr> {
    Arc::new(Expr::In(Expr::column(column), words.map(Value::text).collect()))
}

/// Everything that tells by itself: a row for each machine and sign.
fn strong(target: &Target, context: &Context<'_>) -> Plan {
    let mut parts = programs(target, context);
    parts.extend([records(target, context), shares(target, context), builds(target, context)]);
    union(parts).then(Step::Group { keys: names(&KEYS), aggregates: vec![fold(COUNT, Fold::Sum, COUNT)] })
}

/// One column of several texts: that of the first condition that holds, missing where none does.
fn first_of(cases: impl DoubleEndedIterator<Item = (Arc<Expr>, String)>) -> Arc<Expr> {
    cases.rev().fold(Expr::literal(Value::Missing), |other, (condition, text)| Arc::new(Expr::If(condition, Expr::text(text), other)))
}

/// Rows that show a sign, counted.
fn shown(rows: &Plan, profile: Arc<Expr>, evidence: Arc<Expr>) -> Plan {
    rows.then(Step::Derive("Profile".into(), profile))
        .then(Step::Filter(is_known("Profile")))
        .then(Step::Derive("Evidence".into(), evidence))
        .then(Step::Group { keys: names(&KEYS), aggregates: vec![count(COUNT)] })
}

/// The signs of all profiles.
fn signs() -> impl DoubleEndedIterator<Item = (&'static Profile, &'static Sign)> {
    PROFILES.iter().flat_map(|profile| profile.signs.iter().map(move |sign| (profile, sign)))
}

/// Programs that started, ended, or did anything.
fn programs(target: &Target, context: &Context<'_>) -> Vec<Plan> {
    let of = |(profile, sign): (&'static Profile, &'static Sign)| match sign {
        Sign::Programs(programs) => Some((profile, *programs)),
        Sign::Records { .. } | Sign::RecordsOf { .. } | Sign::Shares | Sign::ClientBuild | Sign::ServerBuild | Sign::Desktop(_) | Sign::Logons(_) => None,
    };
    let known = || signs().filter_map(of);
    let every: Vec<&str> = known().flat_map(|(_, programs)| programs.iter().copied()).collect();
    let profile = || first_of(known().map(|(profile, programs)| (is_any(PROGRAM, programs.iter().copied()), profile.word.to_string())));
    // The spelling of the log differs from row to row, and the sign is one.
    let evidence = || first_of(every.iter().map(|program| (is_any(PROGRAM, [*program].into_iter()), (*program).to_string())));
    let acts = TABLES.iter().filter(|table| table.column("ParentFilename").is_some() && !matches!(table.name, "detection" | "process"));
    let acts = acts.map(|table| (supporting(table.name, &[], target, context), "ParentFilename"));
    let started = supporting("process", &["create", "kill"], target, context);
    let threads = supporting("process", &["thread"], target, context);
    let places = [(started, "ChildFilename"), (threads, "ParentFilename")].into_iter().chain(acts);
    let one = |(scan, column): (Scan, &str)| {
        let rows = Plan::scan(scan).then(Step::Filter(is_any(column, every.iter().copied()))).then(Step::Derive(PROGRAM.into(), Expr::column(column)));
        shown(&rows, profile(), evidence())
    };
    places.map(one).collect()
}

/// Records that only some machines write. Any record shows that a machine is looked at.
fn records(target: &Target, context: &Context<'_>) -> Plan {
    let mut cases = Vec::new();
    let mut kinds: Vec<(Arc<str>, i64)> = Vec::new();
    let mut fields: Vec<Arc<str>> = Vec::new();
    for (profile, sign) in signs() {
        let (channel, ids, source) = match sign {
            Sign::Records { channel, ids } => (*channel, *ids, None),
            Sign::RecordsOf { channel, source } => (*channel, &[][..], Some(*source)),
            Sign::Programs(_) | Sign::Shares | Sign::ClientBuild | Sign::ServerBuild | Sign::Desktop(_) | Sign::Logons(_) => continue,
        };
        let fits = |known: &str, id: i64| folded_equal(known, channel) && (ids.is_empty() || ids.contains(&id));
        let present: Vec<_> = context.inventory.raw_fields.iter().filter(|((known, id), _)| fits(known, *id)).collect();
        let named: Vec<Arc<str>> = SOURCES
            .iter()
            .filter(|name| present.iter().any(|(_, fields)| fields.iter().any(|field| **field == ***name)))
            .map(|name| Arc::from(*name))
            .collect();
        if present.is_empty() || (source.is_some() && named.is_empty()) {
            continue;
        }
        let mut condition = is_any("Channel", [channel].into_iter());
        if !ids.is_empty() {
            condition = Expr::and(condition, Arc::new(Expr::In(Expr::column("EventId"), ids.iter().map(|id| Value::Int(*id)).collect())));
        }
        if let Some(source) = source {
            let begins = named.iter().map(|name| Expr::call(Pattern::StartsWith, vec![Expr::column(name), Expr::text(source)])).reduce(Expr::or);
            condition = begins.map_or(condition.clone(), |begins| Expr::and(condition, begins));
            fields.extend(named);
        }
        kinds.extend(present.into_iter().map(|(kind, _)| kind.clone()));
        cases.push((profile.word, sign.label(), condition));
    }
    let mut channels: Vec<Arc<str>> = kinds.iter().map(|(channel, _)| channel.clone()).collect();
    let mut event_ids: Vec<i64> = kinds.iter().map(|(_, id)| *id).collect();
    channels.sort();
    channels.dedup();
    event_ids.sort_unstable();
    event_ids.dedup();
    fields.sort();
    fields.dedup();
    let need = Need { label: "event".into(), any_of: Vec::new() };
    let scan = Scan { channels, event_ids, raw_fields: fields, needs: Some(vec![need]), ..scan("event", target, context) };
    let profile = first_of(cases.iter().map(|(word, _, condition)| (condition.clone(), (*word).to_string())));
    let evidence = first_of(cases.iter().map(|(_, label, condition)| (condition.clone(), label.clone())));
    shown(&Plan::scan(scan), profile, evidence)
}

/// Shares that others opened.
fn shares(target: &Target, context: &Context<'_>) -> Plan {
    let common = Expr::call(Pattern::Matches, vec![Expr::column("ChildPath"), Expr::text(COMMON_SHARES)]);
    let shared = Expr::and(Expr::call(Func::IsTrue, vec![Expr::column("LanShared")]), Expr::negate(common));
    let opened = Arc::new(Expr::In(Expr::column("EventId"), [5140, 5145].map(Value::Int).into()));
    let rows = Plan::scan(supporting("file", &["access"], target, context)).then(Step::Filter(Expr::and(opened, shared)));
    let found = signs().find(|(_, sign)| matches!(sign, Sign::Shares));
    let (profile, label) = found.map_or((Expr::literal(Value::Missing), String::new()), |(profile, sign)| (Expr::text(profile.word), sign.label()));
    shown(&rows, profile, Expr::text(label))
}

/// Versions of the system that are made for clients, or for servers, only.
fn builds(target: &Target, context: &Context<'_>) -> Plan {
    let of = |(profile, sign): (&'static Profile, &'static Sign)| {
        let only = |release: &&Release| match sign {
            Sign::ClientBuild => release.server.is_none(),
            Sign::ServerBuild => release.client.is_none(),
            Sign::Records { .. } | Sign::RecordsOf { .. } | Sign::Programs(_) | Sign::Shares | Sign::Desktop(_) | Sign::Logons(_) => false,
        };
        let known: Arc<[Value]> = RELEASES.iter().filter(only).map(|release| Value::text(format!("Windows {}", release.version))).collect();
        (!known.is_empty()).then(|| (Arc::new(Expr::In(Expr::column("Os"), known)), profile.word.to_string()))
    };
    let rows = Plan::scan(Scan { needs: Some(Vec::new()), ..scan("machine", target, context) }).then(Step::Derive("Machine".into(), Expr::column("Name")));
    shown(&rows, first_of(signs().filter_map(of)), Expr::column("Os"))
}

/// Desktops that people started, and their logons at the keyboard.
fn sessions(target: &Target, context: &Context<'_>) -> Plan {
    let no_person = Expr::call(Pattern::StartsWith, vec![Expr::column("LoggedUser"), Expr::literal(Value::List(NO_PERSONS.iter().map(Value::text).collect()))]);
    let machine = Expr::call(Pattern::EndsWith, vec![Expr::column("LoggedUser"), Expr::text("$")]);
    let person = Expr::and(is_known("LoggedUser"), Expr::negate(Expr::or(no_person, machine)));
    let rows = |table: &'static str, operation: &str, condition: Arc<Expr>| {
        Plan::scan(supporting(table, &[operation], target, context)).then(Step::Filter(Expr::and(condition, person.clone())))
    };
    let parts = signs().filter_map(|(profile, sign)| {
        let rows = match sign {
            Sign::Desktop(programs) => rows("process", "create", is_any("ChildFilename", programs.iter().copied())),
            Sign::Logons(kinds) => {
                let at_keyboard = Arc::new(Expr::In(Expr::column("LogonType"), kinds.iter().map(|kind| Value::Int(*kind)).collect()));
                rows("logon", "logon", Expr::and(at_keyboard, is_any("Outcome", ["success"].into_iter())))
            }
            Sign::Records { .. } | Sign::RecordsOf { .. } | Sign::Programs(_) | Sign::Shares | Sign::ClientBuild | Sign::ServerBuild => return None,
        };
        Some(shown(&rows, Expr::text(profile.word), Expr::text(sign.label())))
    });
    union(parts.collect()).then(Step::Group { keys: names(&KEYS), aggregates: vec![fold(COUNT, Fold::Sum, COUNT)] })
}
