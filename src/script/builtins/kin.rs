//! Where many rows lead at once: kin of their processes, who acted in them, what their processes did, machines and users. Each is one question over all rows.

use std::sync::Arc;

use rhai::Dynamic;

use super::query::{self, Whose};
use super::{Answer, Bins, Call, Collection, Declared, Kind, Row, free, method, pivot};
use crate::diag::Fault;
use crate::hunt::entity::{self, RowType};
use crate::hunt::query::Given;
use crate::plan::{Relation, Scope, Side, Value, Whom};
use crate::script::value::type_word;

macro_rules! of_processes {
    ($rest:literal) => {
        concat!("Client(\"all\", all_time()).get_processes(#{ file: \"winword.exe\" })", $rest)
    };
}

macro_rules! of_process {
    ($rest:literal) => {
        concat!("let p = Client(\"all\", all_time()).get_processes(#{ file: \"powershell.exe\" }).first(); if p != () { p", $rest, " }")
    };
}

/// Verbs on many processes, and on one.
const KIN: [(&str, Relation, &str, &str); 5] = [
    (
        "parents",
        Relation::Parents,
        "The processes that started these, each once, wherever in the source; where a start was not recorded, what a child's start tells of it (Operation `active`; such rows come first)",
        of_processes!(".parents()"),
    ),
    ("children", Relation::Children, "The processes that these started, one row each, wherever in the source", of_processes!(".children()")),
    (
        "ancestors",
        Relation::Ancestors,
        "The processes that started these, those that started them, and so on (64 generations at most), each once; those whose start was not recorded come first (Operation `active`)",
        of_processes!(".ancestors()"),
    ),
    (
        "descendants",
        Relation::Descendants,
        "The processes that these started, those that they started, and so on (64 generations at most), one row each",
        of_processes!(".descendants()"),
    ),
    (
        "tree",
        Relation::Tree,
        "These processes, their ancestors and descendants as a tree: each behind its parent, `Depth` (how many ancestors are above it) and `Asked` (whether it is one of these)",
        of_processes!(".tree().show()"),
    ),
];

const ACTS: [(&str, &str, &str); 8] = [
    ("communications", "The connections of these processes; options as of get_communications", of_processes!(".communications()")),
    ("files", "What these processes did to files; options as of get_files", of_processes!(".files()")),
    ("registry", "What these processes did to the registry; options as of get_registry", of_processes!(".registry()")),
    ("dns", "The names that these processes looked up; options as of get_dns", of_processes!(".dns()")),
    ("scripts", "The script text that these processes ran; options as of get_scripts", of_processes!(".scripts()")),
    ("system", "The changes to the system itself that these processes made; options as of get_system", of_processes!(".system()")),
    ("executions", "What these processes did to processes: starts, threads, loads; options as of get_executions", of_processes!(".executions()")),
    ("modules", "The images that these processes loaded; options as of get_executions", of_processes!(".modules()")),
];

pub(super) fn declared() -> Vec<Declared> {
    const OF: Kind = Kind::Collection;
    let mut all: Vec<Declared> = KIN.iter().map(|(name, _, doc, example)| method(OF, name, &[], 0, doc, example, kin)).collect();
    let process = Kind::Of(RowType::Process);
    for (name, doc, example) in [
        ("ancestors", "The process that started it, the one that started that, and so on, as of a collection", of_process!(".ancestors()")),
        ("descendants", "The processes that it started, those that they started, and so on, as of a collection", of_process!(".descendants()")),
        ("tree", "It, its ancestors and descendants as a tree, as of a collection; it is the one that is `Asked`", of_process!(".tree().show()")),
    ] {
        all.push(method(process, name, &[], 0, doc, example, kin));
    }
    for (name, doc, own, all_of) in [
        (
            "children_of",
            "The rows that tell of a process that one of these started",
            "Client(\"all\", all_time()).get_executions().children_of(Client(\"all\").get_processes(#{ file: \"winword.exe\", period: all_time() }))",
            "children_of(Client(\"all\", all_time()).get_processes(#{ file: \"winword.exe\" }))",
        ),
        (
            "ancestors_of",
            "The rows that tell of a process that started one of these, or started one that did, and so on",
            "Client(\"all\", all_time()).get_executions().ancestors_of(Client(\"all\").get_processes(#{ file: \"winword.exe\", period: all_time() }))",
            "ancestors_of(Client(\"all\", all_time()).get_processes(#{ file: \"winword.exe\" }))",
        ),
        (
            "descendants_of",
            "The rows that tell of a process that one of these started, or one started by such, and so on",
            "Client(\"all\", all_time()).get_executions().descendants_of(Client(\"all\").get_processes(#{ file: \"winword.exe\", period: all_time() }))",
            "descendants_of(Client(\"all\", all_time()).get_processes(#{ file: \"winword.exe\" }))",
        ),
    ] {
        all.push(method(OF, name, &[("processes", Kind::Any)], 1, doc, own, rows_of_kin));
        all.push(free(
            name,
            &[("processes", Kind::Any)],
            1,
            "The same as the verb without `_of`, asked of a collection of processes or of one",
            all_of,
            kin_of,
        ));
    }
    all.push(method(
        OF,
        "actors",
        &[],
        0,
        "The processes that acted in these rows (their Parent), each once: their starts, wherever in the source; where none was recorded, what a row tells (Operation `active`; such rows come first)",
        "Client(\"all\", all_time()).get_files().actors()",
        |call| {
            let collection = call.receiver::<Collection>()?;
            let whose = Whom::Rows(collection.plan.clone(), Side::Parent);
            asked(call, Relation::Own, checked(call, &collection, Side::Parent, whose)?, &collection)
        },
    ));
    for (name, doc, example) in ACTS {
        all.push(method(OF, name, &[("options", Kind::Map)], 0, doc, example, acts));
    }
    all.push(method(
        OF,
        "machines",
        &[],
        0,
        "The machines of these rows: Muid, Name, ClientId, LocalIp, Os, FirstSeen, LastSeen, Events",
        of_processes!(".machines()"),
        |call| {
            let collection = call.receiver::<Collection>()?;
            pivot::machines_of(call, &collection).map(Dynamic::from)
        },
    ));
    all.push(method(OF, "users", &[], 0, "The users of these rows: LoggedUser, IniDate, EndDate, NumDays", of_processes!(".users()"), |call| {
        let collection = call.receiver::<Collection>()?;
        pivot::users_of(call, &collection).map(Dynamic::from)
    }));
    all
}

/// The relation that a verb names.
fn relation(call: &Call) -> Relation {
    let name = call.declared.name.trim_end_matches("_of");
    KIN.iter().find(|(known, ..)| *known == name).map_or(Relation::Own, |(_, relation, ..)| *relation)
}

fn kin(call: &Call) -> Answer<Dynamic> {
    let (whose, of) = processes(call, &call.receiver_value(), None)?;
    asked(call, relation(call), whose, &of)
}

fn kin_of(call: &Call) -> Answer<Dynamic> {
    let (whose, of) = processes(call, &call.value(0), Some(0))?;
    asked(call, relation(call), whose, &of)
}

fn asked(call: &Call, relation: Relation, whose: Whom, of: &Collection) -> Answer<Dynamic> {
    let plan = entity::kin(relation, whose, call.run.setup.zone);
    of.with_plan(plan).map(Dynamic::from).map_err(|error| call.fail_plan(&error))
}

fn rows_of_kin(call: &Call) -> Answer<Dynamic> {
    let collection = call.receiver::<Collection>()?;
    let (whose, _) = processes(call, &call.value(0), Some(0))?;
    let zone = call.run.setup.zone;
    let kin = Whom::Rows(Arc::new(entity::kin(relation(call), whose, zone)), Side::Child);
    let kin = checked(call, &collection, Side::Child, kin)?;
    collection.then(entity::among(Side::Child, kin, zone)).map(Dynamic::from).map_err(|error| call.fail_plan(&error))
}

/// The processes that a collection or a row is about; and the collection that they are of.
fn processes(call: &Call, value: &Dynamic, argument: Option<usize>) -> Answer<(Whom, Collection)> {
    if let Some(collection) = value.read_lock::<Collection>() {
        let whose = Whom::Rows(collection.plan.clone(), Side::Child);
        return Ok((checked(call, &collection, Side::Child, whose)?, collection.clone()));
    }
    if let Some(row) = Row::from_dynamic(value).filter(|row| row.kind() == RowType::Process) {
        pivot::known(call, &row, Side::Child)?;
        return Ok((of_row(&row), (*row.of).clone()));
    }
    let found = type_word(call.context.engine(), value);
    let fault = Fault::new("call::argument", format!("`{}` is about processes, and this is {found}", call.declared.name))
        .with_help("give a collection of processes, as `Client(\"all\").get_processes()`, or a row of one");
    Err(argument.map_or_else(|| call.fail(fault.clone()), |argument| call.fail_at(argument, fault.clone())))
}

/// The process that a row is about.
pub(super) fn of_row(row: &Row) -> Whom {
    entity::of_row(&|name| row.frame.named(row.index, name), Side::Child)
}

/// Rows that say which process they are about, or who acted.
fn checked(call: &Call, rows: &Collection, side: Side, whose: Whom) -> Answer<Whom> {
    is_of_processes(rows, side).map(|()| whose).map_err(|why| {
        let message = format!("`{}` can't be asked of these rows: {why}", call.declared.name);
        call.fail(Fault::new("pivot::columns", message).with_help(
            "ask processes, as get_processes gives them, before `select`, `drop` or `group_by`; of other rows `.actors()` gives the processes that acted",
        ))
    })
}

/// Why rows do not tell of processes on a side.
pub(super) fn is_of_processes(rows: &Collection, side: Side) -> Result<(), String> {
    let has = |name: &str| rows.schema.kind(name).is_some();
    let of = |part: &str| has(&format!("{}{part}", side.word()));
    if side == Side::Child && RowType::of(&rows.plan, &rows.schema, |_| Value::Missing) != RowType::Process {
        return Err("they are not about processes".into());
    }
    let is_told = has("Muid") && (of("Guid") || (of("Pid") && has("DateTime")));
    if is_told { Ok(()) } else { Err(format!("that needs Muid and {0}Guid, or {0}Pid and DateTime", side.word())) }
}

/// A query over everything, narrowed to what the processes did.
fn acts(call: &Call) -> Answer<Dynamic> {
    let collection = call.receiver::<Collection>()?;
    let whose = checked(call, &collection, Side::Child, Whom::Rows(collection.plan.clone(), Side::Child))?;
    let (name, options) = match call.declared.name {
        "modules" => ("executions", vec![("operation".to_string(), Given::Text("load".into()))]),
        name => (name, Vec::new()),
    };
    let query = query::named(call, name)?;
    let step = entity::among(Side::Parent, whose, call.run.setup.zone);
    let asked = Whose { scope: Scope::Everything, period: collection.period };
    Bins::or_rows(call, 0, query::asked_of(call, query, &asked, options, |plan| plan.then(step))?)
}
