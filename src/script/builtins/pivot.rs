//! Where a row leads: its user, file, address, name, hash; the process that acted; and of a process its kin and what it did.

use std::collections::BTreeSet;
use std::sync::Arc;

use rhai::Dynamic;

use super::query::{self, Whose};
use super::{Answer, Bins, Call, Collection, Declared, Kind, Row, method, named::Found};
use crate::diag::Fault;
use crate::frame::Frame;
use crate::hunt::entity::{self, RowType, Thing};
use crate::hunt::query::users_of as users_of_rows;
use crate::plan::{How, Known, Life, Plan, Scan, Scope, Side, Step, Value};

/// A row of each type to try things on, for the examples.
macro_rules! sample {
    (Process) => {
        "let row = Client(\"all\", all_time()).get_processes(#{ file: \"powershell.exe\" }).first(); if row != () { row"
    };
    (File) => {
        "let row = Client(\"all\", all_time()).get_files().first(); if row != () { row"
    };
    (Registry) => {
        "let row = Client(\"all\", all_time()).get_registry().first(); if row != () { row"
    };
    (Connection) => {
        "let row = Client(\"all\", all_time()).get_communications().first(); if row != () { row"
    };
    (Detect) => {
        "let row = Client(\"all\", all_time()).get_detections().first(); if row != () { row"
    };
    (Block) => {
        "let row = Client(\"all\", all_time()).get_blocked().first(); if row != () { row"
    };
    (User) => {
        "let row = Client(\"all\", all_time()).get_users().first(); if row != () { row"
    };
    (Dns) => {
        "let row = Client(\"all\", all_time()).get_dns().first(); if row != () { row"
    };
    (Logon) => {
        "let row = Client(\"all\", all_time()).get_logons().first(); if row != () { row"
    };
    (Script) => {
        "let row = Client(\"all\", all_time()).get_scripts().first(); if row != () { row"
    };
    (System) => {
        "let row = Client(\"all\", all_time()).get_system().first(); if row != () { row"
    };
}

macro_rules! of_types {
    ($all:ident, [$($type:ident)*], $name:literal, $doc:expr, $body:expr) => { $(
        $all.push(method(Kind::Of(RowType::$type), $name, &[], 0, $doc, concat!(sample!($type), ".", $name, "() }"), $body));
    )* };
}

pub(super) fn declared() -> Vec<Declared> {
    let mut all = Vec::new();
    of_types!(
        all,
        [Process File Registry Connection Detect Block User Dns Logon Script System],
        "user",
        "Its user, with the period of its query; missing where the telemetry does not say",
        |call| of_row(call, Thing::User)
    );
    of_types!(
        all,
        [Process File Registry Connection Detect Block Dns Logon Script System],
        "file",
        "The file that it is about (the Child), else that of the actor: by its hash where the row has one, else its path, else its name",
        |call| of_row(call, Thing::File)
    );
    of_types!(
        all,
        [Process File Detect Block],
        "hash",
        "The hash of the file that it is about: SHA-256, else SHA-1, else MD5; missing where the row has none",
        |call| of_row(call, Thing::Hash)
    );
    of_types!(
        all,
        [Process File Registry Connection Logon],
        "ip",
        "The other end of a connection, or where a session came from; missing where the telemetry does not say",
        |call| of_row(call, Thing::Ip)
    );
    of_types!(all, [Connection Dns], "domain", "The name that was looked up, or that the sensor gives the other end; missing where there is none", |call| of_row(
        call,
        Thing::Domain
    ));
    of_types!(
        all,
        [Process File Registry Connection Dns Logon Script System],
        "actor",
        "The process that acted (the Parent of the row): its start, wherever in the source; where none was recorded, what the row tells of it (Operation `active`)",
        |call| acting(call, Side::Parent)
    );
    of_types!(
        all,
        [Process File Registry Connection Dns Logon Script System],
        "process",
        "The process that it is about: of a Process itself, from its start on; of any other row the one that acted",
        |call| {
            let side = if call.row()?.kind() == RowType::Process { Side::Child } else { Side::Parent };
            acting(call, side)
        }
    );
    of_types!(
        all,
        [Process],
        "parent",
        "The process that started it, wherever in the source; where its start was not recorded, what the child's start tells of it (Operation `active`); missing where nothing tells",
        parent
    );
    of_types!(all, [Process], "children", "The processes that it started, one row each, wherever in the source", children);
    for (name, doc, example) in [
        ("communications", "Its connections; options as of get_communications", concat!(sample!(Process), ".communications() }")),
        ("files", "What it did to files; options as of get_files", concat!(sample!(Process), ".files() }")),
        ("registry", "What it did to the registry; options as of get_registry", concat!(sample!(Process), ".registry() }")),
        ("dns", "The names that it looked up; options as of get_dns", concat!(sample!(Process), ".dns() }")),
        ("scripts", "The script text that it ran; options as of get_scripts", concat!(sample!(Process), ".scripts() }")),
        ("system", "The changes to the system itself that it made; options as of get_system", concat!(sample!(Process), ".system() }")),
        ("executions", "What it did to processes: starts, threads, loads; options as of get_executions", concat!(sample!(Process), ".executions() }")),
        ("modules", "The images that it loaded; options as of get_executions", concat!(sample!(Process), ".modules() }")),
    ] {
        all.push(method(Kind::Of(RowType::Process), name, &[("options", Kind::Map)], 0, doc, example, acts));
    }
    all
}

/// The pivots of what a message calls by this word, when it has any but not this one.
pub(in crate::script) fn others(word: &str, name: &str) -> Option<String> {
    let of = |wanted: fn(Kind) -> bool| {
        let asked = super::all().iter().filter(|declared| !declared.is_property && declared.receiver.is_some_and(|kind| wanted(kind) && kind.answers(word)));
        asked.map(|declared| declared.name).collect::<BTreeSet<&str>>()
    };
    let things = of(|kind| matches!(kind, Kind::Thing(_)));
    let mut rows = of(|kind| matches!(kind, Kind::Of(_)));
    if RowType::ALL.into_iter().any(|kind| Kind::Of(kind).answers(word)) {
        rows.insert("machine");
    }
    let list = |names: &BTreeSet<&str>| names.iter().map(|name| format!("{name}()")).collect::<Vec<_>>().join(" ");
    match (things.is_empty(), rows.is_empty()) {
        _ if things.contains(name) || rows.contains(name) => None,
        (true, true) => None,
        (true, false) => Some(format!("{word} has {}", list(&rows))),
        (false, true) => Some(format!("{word} has {}", list(&things))),
        (false, false) => Some(format!("{word} has {}, as a row also {}", list(&things), list(&rows))),
    }
}

fn of_row(call: &Call, thing: Thing) -> Answer<Dynamic> {
    let row = call.row()?;
    let has = |name: &str| row.frame.schema().kind(name).is_some();
    if entity::columns(thing, &has).is_empty() {
        return Err(call.fail(lacking(&row, call.declared.name, &format!("no column tells of a {}", thing.word()))));
    }
    Ok(Found::of_row(thing, &row).map_or(Dynamic::UNIT, Found::into_dynamic))
}

fn lacking(row: &Row, name: &str, why: &str) -> Fault {
    let help = "ask before `select`, `drop` or `rename` takes the columns away";
    Fault::new("pivot::columns", format!("this {} has no `{name}`: {why}", row.kind().word())).with_help(help)
}

/// What a row tells of a process; `None` where the cells are missing.
pub(super) fn known(call: &Call, row: &Row, side: Side) -> Answer<Option<Known>> {
    let schema = row.frame.schema();
    let has = |part: &str| schema.kind(&format!("{}{part}", side.word())).is_some();
    if schema.kind("Muid").is_none() || !(has("Guid") || has("Pid")) {
        let columns = format!("it needs Muid and {0}Guid, or {0}Pid and DateTime", side.word());
        return Err(call.fail(lacking(row, call.declared.name, &columns)));
    }
    Ok(Known::read(&|name| row.frame.named(row.index, name), side))
}

fn fetched(call: &Call, plan: &Plan) -> Answer<Arc<Frame>> {
    call.run.answer(plan).map_err(|fault| call.fail(fault))
}

fn everything(call: &Call) -> Scan {
    Scan::of("process", call.run.setup.zone)
}

/// The life of a process, with the frame that its start is a row of. A GUID leads to the pid, and that to what followed on it.
fn life(call: &Call, known: &Known) -> Answer<(Life, Plan, Arc<Frame>)> {
    let mut known = known.clone();
    loop {
        let plan = entity::history(&known, call.run.setup.zone);
        let frame = fetched(call, &plan)?;
        let life = entity::life(&known, &frame);
        if known.pid.is_some() || life.known.pid.is_none() {
            return Ok((life, plan, frame));
        }
        known.pid = life.known.pid;
    }
}

/// The start of a process as a row with the period of the row that led there; without a recorded start, what that row tells.
fn process_row(call: &Call, from: &Row, known: &Known, side: Side) -> Answer<Dynamic> {
    let (life, plan, frame) = life(call, known)?;
    let of = Arc::new(Collection::of(plan, from.of.period).map_err(|error| call.fail_plan(&error))?);
    let row = match life.start {
        Some(index) => Row { frame, index, of, bins: None },
        None => active_row(call, of, &|name| from.frame.named(from.index, name), side)?,
    };
    Ok(row.into_dynamic())
}

/// A process without a recorded start, as a row: what some cells tell of it.
pub(super) fn active_row(call: &Call, of: Arc<Collection>, cell: &dyn Fn(&str) -> Value, side: Side) -> Answer<Row> {
    let frame = Frame::of_rows((*of.schema).clone(), &[entity::active(cell, side)])
        .map_err(|error| call.fail(Fault::new("pivot::row", error.to_string()).with_help("this is a defect of Huntsman")))?;
    Ok(Row { frame: Arc::new(frame), index: 0, of, bins: None })
}

fn acting(call: &Call, side: Side) -> Answer<Dynamic> {
    let row = call.row()?;
    match known(call, &row, side)? {
        Some(known) => process_row(call, &row, &known, side.of_process(&|name| row.frame.named(row.index, name))),
        None => Ok(Dynamic::UNIT),
    }
}

fn parent(call: &Call) -> Answer<Dynamic> {
    let row = call.row()?;
    let Some(own) = known(call, &row, Side::Child)? else { return Ok(Dynamic::UNIT) };
    // Of two reports of its start the one that tells more.
    let (life, plan, frame) = life(call, &own)?;
    let start = match life.start {
        Some(index) => Row { frame, index, of: Arc::new(Collection::of(plan, row.of.period).map_err(|error| call.fail_plan(&error))?), bins: None },
        None if own.starts => row,
        None => return Ok(Dynamic::UNIT),
    };
    match known(call, &start, Side::Parent)? {
        Some(parent) => process_row(call, &start, &parent, Side::Parent),
        None => Ok(Dynamic::UNIT),
    }
}

fn children(call: &Call) -> Answer<Dynamic> {
    let row = call.row()?;
    let scan = everything(call);
    let plan = match known(call, &row, Side::Child)? {
        Some(known) => {
            let (life, ..) = life(call, &known)?;
            entity::children(&life, &scan)
        }
        None => entity::nobody(&scan),
    };
    Collection::of(plan, row.of.period).map(Dynamic::from).map_err(|error| call.fail_plan(&error))
}

/// A query of its machine, narrowed to what the process did.
fn acts(call: &Call) -> Answer<Dynamic> {
    let row = call.row()?;
    let (name, options) = match call.declared.name {
        "modules" => ("executions", vec![("operation".to_string(), crate::hunt::query::Given::Text("load".into()))]),
        name => (name, Vec::new()),
    };
    let query = query::named(call, name)?;
    let known = known(call, &row, Side::Child)?;
    let scope = Scope::Machines(known.iter().map(|known| known.muid.clone()).collect());
    let whose = Whose { scope, period: row.of.period };
    let condition = match &known {
        Some(known) => life(call, known)?.0.is_of(Side::Parent),
        None => crate::plan::Expr::literal(Value::Bool(false)),
    };
    Bins::or_rows(call, 0, query::asked_of(call, query, &whose, options, |plan| plan.then(Step::Filter(condition)))?)
}

/// The machines of rows, as `machines()` lists them.
pub(super) fn machines_of(call: &Call, rows: &Collection) -> Answer<Collection> {
    let listed = super::machine::listed(call.run, Scope::Everything, None).map_err(|fault| call.fail(fault))?;
    let right = rows.then(Step::Select(vec!["Muid".into()])).map_err(|error| call.fail_plan(&error))?;
    let keys: Vec<Arc<str>> = vec!["Muid".into()];
    let step = Step::Join { right: right.plan, how: How::Semi, left_on: keys.clone(), right_on: keys, within: None };
    let mut plan = (*listed.plan).clone();
    plan.steps.insert(0, step);
    Collection::of(plan, rows.period).map_err(|error| call.fail_plan(&error))
}

/// The users of rows, as `get_users` lists them.
pub(super) fn users_of(call: &Call, rows: &Collection) -> Answer<Collection> {
    let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
    let context = call.run.asking(&inventory);
    for column in ["LoggedUser", "DateTime"] {
        rows.schema.require(column).map_err(|error| call.fail_plan(&error))?;
    }
    rows.with_plan(users_of_rows(&rows.plan, &context)).map_err(|error| call.fail_plan(&error))
}
