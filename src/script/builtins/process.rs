//! Process: one process by its machine and pid at a time, or by its GUID.

use std::collections::BTreeSet;
use std::sync::Arc;

use rhai::Dynamic;

use super::{Answer, Call, Collection, Declared, Kind, Machine, Row, free, pivot};
use crate::diag::{Fault, did_you_mean};
use crate::frame::Frame;
use crate::hunt::entity;
use crate::hunt::machine;
use crate::hunt::query::{self, Target};
use crate::plan::{Comparison, Expr, Keep, Known, Period, Plan, Scan, Scope, Side, Step, Value, time_text};

const KEYS: [&str; 5] = ["muid", "pid", "at", "guid", "period"];

const EXAMPLE: &str = "write `Process(#{ muid: \"WKS01\", pid: 4242, at: \"2026-03-03T09:00:00Z\" })`, or `Process(#{ guid: \"{…}\" })`";

/// Pids that a message names.
const NAMED: usize = 10;

pub(super) fn declared() -> Vec<Declared> {
    vec![free(
        "Process",
        &[("options", Kind::Map)],
        1,
        "The process that had a pid on a machine at a time: the last one that started then or before; without `at` the last of all. #{muid: a muid, name or Machine, pid:, at:, period:}, \
         or #{guid:} for the one with this process GUID. `period` is for what is asked of it",
        "let p = Client(\"all\", all_time()).get_processes(#{ file: \"winword.exe\" }).first(); if p != () { Process(#{ muid: p.Muid, pid: p.ChildPid, at: p.DateTime }).children() }",
        make,
    )]
}

/// The keys as they were given.
#[derive(Default)]
struct Asked {
    muid: Option<Arc<str>>,
    machine: String,
    pid: Option<i64>,
    guid: Option<Arc<str>>,
    at: Option<i64>,
    period: Option<Period>,
}

fn make(call: &Call) -> Answer<Dynamic> {
    call.known_keys(0, &KEYS)?;
    let asked = read(call)?;
    if asked.guid.is_none() && (asked.muid.is_none() || asked.pid.is_none()) {
        let missing = if asked.muid.is_none() { "its machine" } else { "its pid" };
        return Err(call.fail_at(0, Fault::new("process::nothing", format!("a process needs {missing}")).with_help(EXAMPLE)));
    }
    let known = Known::named(asked.muid.clone().unwrap_or_default(), asked.pid, asked.guid.clone(), asked.at);
    let mut plan = entity::history(&known, call.run.setup.zone);
    if asked.muid.is_none() {
        plan = everywhere(&plan);
    }
    let frame = call.run.answer(&plan).map_err(|fault| call.fail(fault))?;
    let of = Arc::new(Collection::of(plan, asked.period).map_err(|error| call.fail_plan(&error))?);
    let row = match entity::named(&known, &frame).and_then(|life| life.start) {
        Some(index) => Row { frame, index, of, bins: None },
        // Without telemetry, as `check` runs, any process may be there.
        None if call.run.checking => {
            pivot::active_row(call, of, &|name| if name == "Muid" { Value::text(known.muid.as_ref()) } else { Value::Missing }, Side::Child)?
        }
        None => match (running(call, &asked)?, &asked.guid) {
            (Some(row), _) => row,
            (None, Some(guid)) => match named_by_child(call, guid, of)? {
                Some(row) => row,
                None => return Err(unknown(call, &asked, &frame)?),
            },
            (None, None) => return Err(unknown(call, &asked, &frame)?),
        },
    };
    Ok(row.into_dynamic())
}

/// A process that had started before anything was recorded, and is seen to act.
fn running(call: &Call, asked: &Asked) -> Answer<Option<Row>> {
    let Some(query) = query::query("get_processes") else { return Ok(None) };
    let scope = asked.muid.clone().map_or(Scope::Everything, |muid| Scope::Machines(vec![muid]));
    let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
    let context = call.run.asking(&inventory);
    let target = Target { scope, period: Period { from: None, to: asked.at.map(|at| at.saturating_add(1)) } };
    let same = |column: &str, value: Option<Value>| value.map(|value| Expr::equal(Expr::column(column), Expr::literal(value)));
    let wanted = [same("ChildGuid", asked.guid.clone().map(Value::Text)), same("ChildPid", asked.pid.map(Value::Int))];
    let narrow = |plan: Plan| wanted.into_iter().flatten().fold(plan, |plan, condition| plan.then(Step::Filter(condition))).quiet();
    let plan = query::plan_narrowed(query, &target, &[], &context, false, narrow).map_err(|error| call.fail(Fault::from(&error)))?;
    let plan = plan.then(Step::Limit(Keep::Tail(1)));
    let frame = call.run.answer(&plan).map_err(|fault| call.fail(fault))?;
    let of = Arc::new(Collection::of(plan, asked.period).map_err(|error| call.fail_plan(&error))?);
    Ok((frame.height() > 0).then_some(Row { frame, index: 0, of, bins: None }))
}

/// A process that had started before anything was recorded, as the last one that it started names it.
fn named_by_child(call: &Call, guid: &Arc<str>, of: Arc<Collection>) -> Answer<Option<Row>> {
    let starts = Scan { operations: Some(vec!["create".into()]), needs: Some(Vec::new()), ..Scan::of("process", call.run.setup.zone) };
    let is_parent = Expr::equal(Expr::column("ParentGuid"), Expr::literal(Value::Text(guid.clone())));
    let plan = Plan::scan(starts).then(Step::Filter(is_parent)).then(Step::Limit(Keep::Tail(1)));
    let frame = call.run.answer(&plan).map_err(|fault| call.fail(fault))?;
    (frame.height() > 0).then(|| pivot::active_row(call, of, &|name| frame.named(0, name), Side::Parent)).transpose()
}

fn read(call: &Call) -> Answer<Asked> {
    let mut asked = Asked::default();
    for (key, value) in call.options(0) {
        let wrong = |wants: &str| {
            let found = crate::script::value::type_word(call.context.engine(), &value);
            call.fail_at_value(0, &key, Fault::new("options::type", format!("`{key}` takes {wants}, and this is {found}")).with_help(EXAMPLE))
        };
        if value.is_unit() {
            continue;
        }
        match key.as_str() {
            "muid" => {
                let known = of_machine(call, &key, &value)?.ok_or_else(|| wrong("a muid, a name or a Machine"))?;
                (asked.muid, asked.machine) = (Some(known.0), known.1);
            }
            "pid" => asked.pid = Some(value.as_int().ok().filter(|pid| *pid >= 0).ok_or_else(|| wrong("a whole number, 0 or more"))?),
            "guid" if Kind::Text.accepts(&value) && !value.to_string().trim().is_empty() => asked.guid = Some(value.to_string().trim().into()),
            "guid" => return Err(wrong("a process GUID, a text")),
            "at" => asked.at = Some(call.time_of(&value).map_err(|fault| call.fail_at_value(0, &key, fault))?),
            _ => asked.period = Some(call.period_of(&value).map_err(|fault| call.fail_at_value(0, &key, fault))?),
        }
    }
    Ok(asked)
}

/// Muid and name of the one machine that a value means; `None` where it is no such value.
fn of_machine(call: &Call, key: &str, value: &Dynamic) -> Answer<Option<(Arc<str>, String)>> {
    if let Some(machine) = value.read_lock::<Machine>() {
        return match &*machine.machines {
            [known] => Ok(Some((known.muid.clone(), known.name.to_string()))),
            _ => Err(call.fail_at_value(
                0,
                key,
                Fault::new("process::machines", "a process runs on one machine, and this stands for several")
                    .with_help("take one of them, as `.machines()[0]`"),
            )),
        };
    }
    if !Kind::Text.accepts(value) {
        return Ok(None);
    }
    let text = value.to_string();
    if call.run.checking {
        return Ok(Some((text.as_str().into(), text)));
    }
    let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
    let wanted = machine::wanted(&[text], call.run.setup.client.clone());
    let found = machine::find(&inventory, &wanted, &[]).map_err(|error| call.fail_at_value(0, key, Fault::from(&error)))?;
    Ok(found.first().map(|known| (known.muid.clone(), known.name.to_string())))
}

/// A GUID is of one machine, whichever it is.
fn everywhere(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    if let crate::plan::Source::Scan(scan) = &mut plan.source {
        scan.scope = Scope::Everything;
    }
    plan
}

/// No such process: when it did start, else which pids there are.
fn unknown(call: &Call, asked: &Asked, history: &Frame) -> Answer<Box<rhai::EvalAltResult>> {
    let Some((muid, pid)) = asked.muid.as_ref().zip(asked.pid).filter(|_| asked.guid.is_none()) else {
        let guid = asked.guid.as_deref().unwrap_or_default();
        let fault = Fault::new("process::unknown", format!("no process with the GUID `{guid}` is known"))
            .with_help("it must start, act, or start another process in the source");
        return Ok(call.fail_at_value(0, "guid", fault));
    };
    let when = asked.at.map(|at| format!(" at {} or before", time_text(at))).unwrap_or_default();
    let message = format!("no process {pid} started on {}{when}", asked.machine);
    let later = (0..history.height()).find_map(|row| match (history.named(row, "Operation"), history.named(row, "DateTime")) {
        (Value::Text(operation), Value::Time(time)) if operation.eq_ignore_ascii_case("create") => Some(time),
        _ => None,
    });
    let help = match later {
        Some(time) => format!("the first one with this pid started at {}", time_text(time)),
        None => near(call, muid, pid, asked)?,
    };
    Ok(call.fail_at_value(0, if later.is_some() { "at" } else { "pid" }, Fault::new("process::unknown", message).with_help(help)))
}

/// Pids of the machine that look like it, else those that started last before the time.
fn near(call: &Call, muid: &Arc<str>, pid: i64, asked: &Asked) -> Answer<String> {
    let scan = Scan {
        scope: Scope::Machines(vec![muid.clone()]),
        operations: Some(vec!["create".into()]),
        needs: Some(Vec::new()),
        ..Scan::of("process", call.run.setup.zone)
    };
    let mut plan = Plan::scan(scan).then(Step::Select(vec!["DateTime".into(), "ChildPid".into()]));
    if let Some(at) = asked.at {
        let before = Expr::Compare(Comparison::LessOrEqual, Expr::column("DateTime"), Expr::literal(Value::Time(at)));
        plan = plan.then(Step::Filter(Arc::new(before)));
    }
    let frame = call.run.answer(&plan.then(Step::Limit(Keep::Tail(10_000)))).map_err(|fault| call.fail(fault))?;
    let mut pids: Vec<i64> = Vec::new();
    let mut known = BTreeSet::new();
    for row in (0..frame.height()).rev() {
        if let Value::Int(pid) = frame.named(row, "ChildPid")
            && known.insert(pid)
        {
            pids.push(pid);
        }
    }
    let texts: Vec<String> = pids.iter().map(i64::to_string).collect();
    let list = || format!("the last that started there are {}", texts.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", "));
    Ok(match texts.is_empty() {
        true => format!("the source tells of no start of a process on {}", asked.machine),
        false => did_you_mean(&pid.to_string(), texts.iter().map(String::as_str)).unwrap_or_else(list),
    })
}
