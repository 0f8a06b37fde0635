//! Fixture: telemetry made for a test, of rows, of files of rows, or of raw logs.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rhai::{Array, Dynamic, Engine, Map};

use super::call::ordered;
use super::{Answer, Call, Declared, Kind, free, method};
use crate::backend::local::Local;
use crate::diag::{Fault, reason};
use crate::hunt::fixture::{self, Fixture};
use crate::ingest::{Request, Silent, ingest};
use crate::plan::{Value, fold};
use crate::script::beside;
use crate::script::value::{literal_or_list, type_word};
use crate::telemetry::identity::DEFAULT_CLIENT;

/// A fixture as a value of the script; a value: every verb gives a new one.
#[derive(Clone, Debug)]
pub(in crate::script) struct FixtureValue(pub Arc<Fixture>);

/// Raw records of a fixture, which is held in memory.
const MOST_RECORDS: u64 = 100_000;
/// The largest file of rows.
const LARGEST: u64 = 64 << 20;

pub(super) fn declared() -> Vec<Declared> {
    const OF: Kind = Kind::Fixture;
    macro_rules! example {
        ($rest:literal) => {
            concat!("fixture(\"process\", [#{ChildFilename: \"cmd.exe\", ParentFilename: \"winword.exe\"}])", $rest)
        };
    }
    vec![
        free(
            "fixture",
            &[("table", Kind::MapOrText), ("rows", Kind::Any)],
            1,
            "A small source for tests: a table's name with a list of rows as maps, or with a file of them (.json .ndjson .csv); a map of several tables and their rows; or a file of raw logs alone. What follows from other cells is filled in: Muid, file names, the sensor. A row without DateTime happened just before the clock of the run",
            example!(""),
            make,
        ),
        method(OF, "shift", &[("duration", Kind::Duration)], 1, "Every time of it, this much later", example!(".shift(2.days)"), |call| {
            let span = call.span(0)?;
            changed(call, |made| made.shifted(span))
        }),
        method(
            OF,
            "starting",
            &[("time", Kind::Time)],
            1,
            "Moved so that its first row happens then",
            example!(".starting(\"2026-03-03T09:00:00Z\")"),
            |call| {
                let time = call.time(0)?;
                changed(call, |made| made.starting(time))
            },
        ),
        method(
            OF,
            "on",
            &[("machine", Kind::MapOrText)],
            1,
            "On another machine: its name for all rows, or a map of old names with new ones",
            example!(".on(\"WKS07\")"),
            on,
        ),
        method(OF, "machines", &[], 0, "The names of its machines, a list", example!(".machines()"), |call| {
            Ok(call.receiver::<FixtureValue>()?.0.machines().into_iter().map(Dynamic::from).collect::<Array>().into())
        }),
        method(OF, "count", &[], 0, "How many rows it has, over all tables", example!(".count()"), |call| {
            let rows: usize = call.receiver::<FixtureValue>()?.0.tables.values().map(Vec::len).sum();
            Ok(i64::try_from(rows).unwrap_or(i64::MAX).into())
        }),
    ]
}

/// `a + b`: the rows of both.
pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("+", |left: FixtureValue, right: FixtureValue| FixtureValue(Arc::new((*left.0).clone().and((*right.0).clone()))));
}

impl FixtureValue {
    fn dynamic(made: Fixture) -> Dynamic {
        Dynamic::from(FixtureValue(Arc::new(made)))
    }
}

fn changed(call: &Call, change: impl FnOnce(Fixture) -> Fixture) -> Answer<Dynamic> {
    Ok(FixtureValue::dynamic(change((*call.receiver::<FixtureValue>()?.0).clone())))
}

fn make(call: &Call) -> Answer<Dynamic> {
    let first = call.value(0);
    if first.is::<Map>() {
        let mut all = Fixture::default();
        for (table, rows) in call.options(0) {
            all = all.and(of_rows(call, &table, &rows, |fault| call.fail_at_value(0, &table, fault))?);
        }
        return Ok(FixtureValue::dynamic(all));
    }
    let name = call.text(0);
    if call.given() == 1 {
        return logs(call, &name).map(|made| Dynamic::from(FixtureValue(made)));
    }
    let rows = call.value(1);
    if rows.is_string() {
        return of_file(call, &name, &rows.to_string()).map(FixtureValue::dynamic);
    }
    of_rows(call, &name, &rows, |fault| call.fail_at(1, fault)).map(FixtureValue::dynamic)
}

/// A list of maps, each a row.
fn of_rows(call: &Call, table: &str, rows: &Dynamic, fail: impl Fn(Fault) -> Box<rhai::EvalAltResult>) -> Answer<Fixture> {
    let help = "write `fixture(\"process\", [#{ChildFilename: \"cmd.exe\"}])`";
    let wrong = |what: String| fail(Fault::new("fixture::rows", format!("rows are a list of maps, and this is {what}")).with_help(help));
    let rows = rows.read_lock::<Array>().ok_or_else(|| wrong(type_word(call.context.engine(), rows)))?;
    let mut cells = Vec::new();
    for row in rows.iter().map(|row| row.clone().flatten()) {
        let map = row.read_lock::<Map>().ok_or_else(|| wrong(format!("a list with {} in it", type_word(call.context.engine(), &row))))?;
        let mut values = Vec::new();
        for (name, value) in ordered(&map, None) {
            let help = "a cell is a text, a number, true or false, a time, or a list of texts";
            let refused = || fail(Fault::new("fixture::cell", format!("`{name}` of a row is {}", type_word(call.context.engine(), &value))).with_help(help));
            values.push((name.clone(), literal_or_list(&value).ok_or_else(refused)?));
        }
        cells.push(values);
    }
    fixture::given(table, cells).map_err(|error| spoken(call, &error))
}

/// The fault at the word of the call that it is about.
fn spoken(call: &Call, error: &fixture::FixtureError) -> Box<rhai::EvalAltResult> {
    let (word, fault) = (error.word(), Fault::from(error));
    let index = (0..call.given()).find(|index| call.expression(*index).is_some_and(|argument| crate::script::keys::of_word(&argument, word).is_some()));
    match index.and_then(|index| crate::script::keys::of_word(&call.expression(index)?, word)) {
        Some(place) => crate::script::fault::raise(fault, place),
        None => call.fail_at(0, fault),
    }
}

fn on(call: &Call) -> Answer<Dynamic> {
    let made = call.receiver::<FixtureValue>()?.0;
    let mut names = Vec::new();
    if call.value(0).is::<Map>() {
        let known = made.machines();
        for (old, new) in call.options(0) {
            if !known.iter().any(|name| fold(name) == fold(&old)) {
                let help = crate::diag::did_you_mean(&old, known.iter().map(String::as_str)).unwrap_or_else(|| format!("its machines are {}", known.join(" ")));
                return Err(call.fail_at_key(0, &old, Fault::new("fixture::machine", format!("no row is of a machine `{old}`")).with_help(help)));
            }
            names.push((Some(fold(&old).into_owned()), new.to_string()));
        }
    } else {
        names.push((None, call.text(0)));
    }
    Ok(FixtureValue::dynamic((*made).clone().on(&names)))
}

/// Rows of a file, by its ending.
fn of_file(call: &Call, table: &str, path: &str) -> Answer<Fixture> {
    let file = beside::locate(call.run, call.context.call_source(), path).map_err(|fault| call.fail_at(1, fault))?;
    let refused = |why: String| {
        call.fail_at(
            1,
            Fault::new("fixture::file", format!("{path}: {why}"))
                .with_help("a list of objects as JSON, an object a line, or CSV with column names in its first line"),
        )
    };
    let size = file.metadata().map_err(|error| refused(reason(&error)))?.len();
    if size > LARGEST {
        return Err(refused(format!("{size} bytes are too much for a fixture")));
    }
    let text = std::fs::read_to_string(&file).map_err(|error| refused(reason(&error)))?;
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let rows = match ending.as_deref() {
        Some("json") => json_rows(serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?),
        Some("ndjson" | "jsonl") => text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .map_err(|error| refused(error.to_string()))?,
        Some("csv") => csv_rows(&text).map_err(|error| refused(error.to_string()))?,
        _ => return Err(refused("the ending tells no format of rows".into())),
    };
    let cells = rows.into_iter().map(|row| match row {
        serde_json::Value::Object(cells) => {
            Ok(cells.into_iter().filter(|(name, _)| !is_computed(table, name)).map(|(name, value)| (name, cell(&value))).collect())
        }
        other => Err(refused(format!("a row is an object, and this is `{other}`"))),
    });
    fixture::given(table, cells.collect::<Result<_, _>>()?).map_err(|error| {
        let fault = Fault::from(&error);
        call.fail_at(1, Fault { message: format!("{path}: {}", fault.message), ..fault })
    })
}

/// A column that a file has because it was an answer: it is computed again.
fn is_computed(table: &str, column: &str) -> bool {
    crate::telemetry::table(table).and_then(|table| table.column(column)).is_some_and(|column| column.derived)
}

/// A list, or what `run` and `eval` write of a table.
fn json_rows(document: serde_json::Value) -> Vec<serde_json::Value> {
    match document {
        serde_json::Value::Array(rows) => rows,
        serde_json::Value::Object(mut answer) if answer.get("rows").is_some_and(serde_json::Value::is_array) => {
            answer.remove("rows").map(json_rows).unwrap_or_default()
        }
        other => vec![other],
    }
}

fn csv_rows(text: &str) -> Result<Vec<serde_json::Value>, csv::Error> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heads = reader.headers()?.clone();
    let row = |record: csv::StringRecord| {
        heads.iter().zip(record.iter()).map(|(head, cell)| (head.to_string(), cell.into())).collect::<serde_json::Map<_, _>>().into()
    };
    reader.records().map(|record| record.map(row)).collect()
}

fn cell(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Missing,
        serde_json::Value::Bool(truth) => Value::Bool(*truth),
        serde_json::Value::Number(number) => number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or_default()), Value::Int),
        serde_json::Value::String(text) => Value::text(text),
        serde_json::Value::Array(items) => Value::List(items.iter().map(cell).collect()),
        serde_json::Value::Object(_) => Value::text(value.to_string()),
    }
}

/// Raw logs, ingested once for all tests of a file.
fn logs(call: &Call, path: &str) -> Answer<Arc<Fixture>> {
    if crate::telemetry::table(path).is_some() {
        let fault = Fault::new("fixture::rows", format!("`{path}` is a table, and no rows of it were given")).with_help("write `fixture(\"process\", [#{…}])`");
        return Err(call.fail_at(0, fault));
    }
    let file = beside::locate(call.run, call.context.call_source(), path).map_err(|fault| call.fail_at(0, fault))?;
    if let Some(known) = call.run.state().logs.get(&file) {
        return Ok(known.clone());
    }
    let made = Arc::new(ingested(call, &file).map_err(|fault| call.fail_at(0, fault))?);
    call.run.state().logs.insert(file, made.clone());
    Ok(made)
}

fn ingested(call: &Call, file: &Path) -> Result<Fixture, Fault> {
    let failed =
        |why: String| Fault::new("fixture::store", format!("the logs can't be read in: {why}")).with_help("the folder for temporary files must be writable");
    let folder = tempfile::tempdir().map_err(|error| failed(reason(&error)))?;
    let store = folder.path().join("store");
    let request = Request::of(vec![file.to_path_buf()], store.clone(), DEFAULT_CLIENT.into());
    let taken = ingest(&request, &Silent, &AtomicBool::new(false)).map_err(|error| Fault::from(&error))?;
    if taken.records > MOST_RECORDS {
        let message = format!("{} records are too many for a fixture", taken.records);
        return Err(Fault::new("fixture::large", message)
            .with_help(format!("a test needs few: up to {MOST_RECORDS} are taken; cut the log to what the playbook looks for")));
    }
    let local = Local::open(&store, "fixture").map_err(|error| Fault::from(&error))?;
    let tables = local.all_rows(&call.run.setup.limits).map_err(|error| Fault::from(&error))?;
    let rejected = crate::backend::Backend::inventory(&local).map_err(|error| Fault::from(&error))?.rejected.clone();
    Ok(Fixture { tables, rejected })
}
