//! What each option asks of a row.

use std::net::IpAddr;
use std::sync::Arc;

use super::given::{Asked, known_word, number, text};
use super::scan::{asked_scan, scan};
use super::{Context, Given, OptionError, Query, Target, by_hash, names};
use crate::plan::pattern::network;
use crate::plan::{Expr, Func, How, Pattern, Period, Plan, Step, Value};
use crate::telemetry::{Table, table, words};

/// The rows of the query's own table that the options ask for.
pub(super) fn rows(query: &Query, target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Result<Plan, OptionError> {
    let table = known_table(query.table, query.name)?;
    let (scan, remaining) = asked_scan(table, target, asked, context);
    let mut plan = Plan::scan(scan);
    plan.steps.extend(remaining.map(Step::Filter));
    narrow(plan, table, target, asked, context)
}

/// The table of a query; a query without one is a defect.
pub(super) fn known_table(name: &'static str, query: &'static str) -> Result<&'static Table, OptionError> {
    table(name).ok_or(OptionError::Caller { option: "table".into(), query })
}

/// The plan with a filter for every option that asks something of a row of this table.
pub(super) fn narrow(mut plan: Plan, table: &'static Table, target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Result<Plan, OptionError> {
    for (key, values) in asked.all() {
        let texts = || values.iter().copied().filter_map(text);
        let mut marks: Vec<&str> = Vec::new();
        if key == "kind" && texts().any(|word| word.eq_ignore_ascii_case(words::USER_ALLOWED)) {
            plan = mark_allowed(plan, table, target, context);
            marks.push(ALLOWED);
        }
        let side = if key == "actor" { "Parent" } else { subject(table) };
        let foreign: Vec<&str> = texts().map(str::trim).filter(|text| by_hash::kind(text).is_some_and(|kind| !by_hash::is_own(table, side, kind))).collect();
        if matches!(key, "file" | "actor") && !foreign.is_empty() {
            plan = by_hash::mark(plan, side, &foreign, target, context);
            marks.push(by_hash::HAS_HASH);
        }
        let condition = match key {
            "file" | "actor" => texts().map(|text| file(text, side, table)).reduce(Expr::or),
            "user" | "users" => texts().map(user).reduce(Expr::or),
            "command" => contains("CommandLine", texts()),
            "query" => contains("Query", texts()),
            "text" => contains("ScriptText", texts()),
            "name" => contains("Name", texts()),
            "rules" => contains("huntingRule", texts()),
            "kind" if table.name == "system" => is_word("Kind", texts()),
            "kind" => texts().map(|word| kind(word, table, context)).reduce(Expr::or),
            "attributes" => attributes(key, values)?,
            "protocol" => texts().map(protocol).reduce(Expr::or),
            "port" => ports(key, values)?,
            "iptype" => is_word("Ipv4Status", texts().filter_map(|word| known_word(word, words::IP_TYPES))),
            "direction" => is_word("Direction", texts().filter_map(|word| known_word(word, words::DIRECTIONS))),
            "outcome" => is_word("Outcome", texts()),
            "type" => Some(Arc::new(Expr::In(Expr::column("LogonType"), values.iter().copied().filter_map(number).map(Value::Int).collect()))),
            "ips" => addresses(key, texts())?,
            // The scan itself holds these.
            _ => None,
        };
        plan.steps.extend(condition.map(Step::Filter));
        if !marks.is_empty() {
            plan.steps.push(Step::Drop(names(&marks)));
        }
    }
    Ok(plan)
}

/// The side that `file` and `kind` mean: the Child, where the table has one.
pub(super) fn subject(table: &Table) -> &'static str {
    if table.column("ChildFilename").is_some() { "Child" } else { "Parent" }
}

fn contains<'a>(column: &str, texts: impl Iterator<Item = &'a str>) -> Option<Arc<Expr>> {
    texts.map(|text| Expr::call(Pattern::Contains, vec![Expr::column(column), Expr::text(text)])).reduce(Expr::or)
}

fn is_word<'a>(column: &str, words: impl Iterator<Item = &'a str>) -> Option<Arc<Expr>> {
    let words: Arc<[Value]> = words.map(|word| Value::text(word.trim())).collect();
    Some(Arc::new(Expr::In(Expr::column(column), words)))
}

/// One `file` or `actor`: a hash by its length, a path by its separators, else a name.
fn file(given: &str, side: &'static str, table: &'static Table) -> Arc<Expr> {
    let given = given.trim();
    if let Some(kind) = by_hash::kind(given) {
        return by_hash::condition(given, kind, side, table);
    }
    let is_path = given.contains(['\\', '/']);
    let column = Expr::column(format!("{side}{}", if is_path { "Path" } else { "Filename" }));
    if given.contains('*') { Expr::call(Pattern::Like, vec![column, Expr::text(given)]) } else { Expr::equal(column, Expr::text(given)) }
}

/// One `user`: with a domain the whole name, without one also the last part of it.
pub(super) fn user(given: &str) -> Arc<Expr> {
    let given = given.trim();
    let short = |domain: &str| if domain.parse::<IpAddr>().is_ok() { domain.to_string() } else { domain.split('.').next().unwrap_or(domain).to_string() };
    let whole = match (given.split_once('\\'), given.split_once('@')) {
        (Some((domain, name)), _) => format!("{}\\{name}", short(domain)),
        (None, Some((name, domain))) => format!("{}\\{name}", short(domain)),
        (None, None) => given.to_string(),
    };
    let column = Expr::column("LoggedUser");
    let same = Expr::equal(column.clone(), Expr::text(&whole));
    if whole.contains('\\') { same } else { Expr::or(same, Expr::call(Pattern::EndsWith, vec![column, Expr::text(format!("\\{whole}"))])) }
}

/// One `kind`, by the file's name and the name that it was built with.
fn kind(word: &str, table: &Table, context: &Context<'_>) -> Arc<Expr> {
    let Some(kind) = context.programs.kind(word) else {
        return Expr::call(Func::IsTrue, vec![Expr::column(ALLOWED)]);
    };
    let names = || kind.programs.iter().flat_map(|program| program.names.iter().map(|name| &**name));
    let exact: Arc<[Value]> = names().filter(|name| !name.contains('*')).map(Value::text).collect();
    let subject = subject(table);
    let (name, original) = (format!("{subject}Filename"), if subject == "Child" { "OriginalFilename" } else { "ParentOriginalFilename" });
    let columns = [Some(name.as_str()), table.column(original).map(|column| column.name)];
    let of_column = |name: &str| {
        let fits = names().filter(|name| name.contains('*')).map(|pattern| Expr::call(Pattern::Like, vec![Expr::column(name), Expr::text(pattern)]));
        fits.fold(Arc::new(Expr::In(Expr::column(name), exact.clone())), Expr::or)
    };
    columns.into_iter().flatten().map(of_column).reduce(Expr::or).unwrap_or_else(|| Expr::literal(Value::Bool(false)))
}

/// The helper column of `userallowed`; dropped again after the filter.
const ALLOWED: &str = "UserAllowed";

/// Marks rows whose program a protection product detected on this machine, by its path, and the user allowed.
fn mark_allowed(plan: Plan, table: &Table, target: &Target, context: &Context<'_>) -> Plan {
    let until = Target { scope: target.scope.clone(), period: Period { from: None, to: target.period.to } };
    let allowed = Expr::equal(Expr::column("Action"), Expr::text("allowed"));
    let keys = |path: &str| -> Vec<Arc<str>> { vec![Arc::from("Muid"), Arc::from(path)] };
    let right = Plan::scan(scan("detection", &until, context))
        .then(Step::Filter(allowed))
        .then(Step::Select(keys("ChildPath")))
        .then(Step::Distinct(Vec::new()))
        .then(Step::Derive(ALLOWED.into(), Expr::literal(Value::Bool(true))));
    let mine = keys(&format!("{}Path", subject(table)));
    plan.then(Step::Join { right: Arc::new(right), how: How::Left, left_on: mine, right_on: keys("ChildPath"), within: None })
}

/// A row has any of the attributes.
fn attributes(option: &str, values: &[&Given]) -> Result<Option<Arc<Expr>>, OptionError> {
    let known = words::ATTRIBUTES.iter().fold(0, |bits, attribute| bits | attribute.bit);
    let bits = values.iter().copied().filter_map(number).fold(0, |bits, more| bits | more);
    if bits == 0 || bits & !known != 0 {
        return Err(OptionError::Attributes { option: option.into(), given: bits.to_string() });
    }
    let wanted = words::ATTRIBUTES.iter().filter(|attribute| bits & attribute.bit != 0);
    Ok(wanted.map(|attribute| Expr::call(Func::IsTrue, vec![Expr::column(attribute.column)])).reduce(Expr::or))
}

fn protocol(word: &str) -> Arc<Expr> {
    if !word.trim().eq_ignore_ascii_case(words::RDP) {
        return Expr::equal(Expr::column("Protocol"), Expr::text(word.trim()));
    }
    let port = words::port(words::RDP).unwrap_or(3389);
    Expr::or(has_port(&[port]), Expr::equal(Expr::column("Service"), Expr::text("rdp")))
}

fn ports(option: &str, values: &[&Given]) -> Result<Option<Arc<Expr>>, OptionError> {
    let mut ports = Vec::new();
    for value in values {
        let port = match value {
            Given::Int(port) => Some(*port),
            Given::Text(name) => words::port(name).or_else(|| name.trim().parse().ok()),
            Given::Missing | Given::Bool(_) | Given::Float(_) | Given::List(_) => None,
        };
        ports.push(port.filter(|port| (0..=65_535).contains(port)).ok_or_else(|| no_port(option, value))?);
    }
    Ok(Some(has_port(&ports)))
}

fn no_port(option: &str, given: &Given) -> OptionError {
    let names = words::PORTS.iter().map(|(name, _)| *name);
    let shown = match given {
        Given::Text(name) => name.clone(),
        Given::Int(port) => port.to_string(),
        other => other.word().into(),
    };
    let near = crate::diag::did_you_mean(&shown, names.clone()).map(|near| format!("{near} ")).unwrap_or_default();
    let help = format!("{near}write a number from 0 to 65535, or one of {}", names.collect::<Vec<_>>().join(" "));
    OptionError::Port { option: option.into(), given: shown, help }
}

/// The service's port: the other end's, or the machine's own unless it opened the connection.
fn has_port(ports: &[i64]) -> Arc<Expr> {
    let ports: Arc<[Value]> = ports.iter().map(|port| Value::Int(*port)).collect();
    let outgoing = Expr::equal(Expr::column("Direction"), Expr::text("Outgoing"));
    let own = Expr::and(Arc::new(Expr::In(Expr::column("LocalPort"), ports.clone())), Expr::negate(outgoing));
    Expr::or(Arc::new(Expr::In(Expr::column("RemotePort"), ports)), own)
}

/// Addresses by equality, networks (and IPv6, which has several spellings) by their bits.
fn addresses<'a>(option: &str, texts: impl Iterator<Item = &'a str>) -> Result<Option<Arc<Expr>>, OptionError> {
    let (mut exact, mut conditions) = (Vec::new(), Vec::new());
    for text in texts.map(str::trim) {
        match text.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(IpAddr::V4(address)) => exact.push(Value::text(address.to_string())),
            _ => {
                let wrong = |_| OptionError::Address { option: option.into(), given: text.into() };
                network(text).map_err(wrong)?;
                conditions.push(Expr::call(Pattern::InCidr, vec![Expr::column("RemoteIp"), Expr::text(text)]));
            }
        }
    }
    if !exact.is_empty() {
        conditions.insert(0, Arc::new(Expr::In(Expr::column("RemoteIp"), exact.into())));
    }
    Ok(conditions.into_iter().reduce(Expr::or))
}
