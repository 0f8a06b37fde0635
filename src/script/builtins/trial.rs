//! `run_playbook`: a playbook is run over a fixture, and what it reported is a value.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rhai::{Array, Dynamic, ImmutableString, Map};

use super::show::text_of;
use super::{Answer, Call, Declared, FixtureValue, Kind, free};
use crate::backend::local::Local;
use crate::diag::Fault;
use crate::frame::Frame;
use crate::hunt::Coverage;
use crate::plan::time;
use crate::report::{Drawing, Finding, Item, Report};
use crate::script::run::Run;
use crate::script::session::Inner;
use crate::script::value::{dynamic, type_word};
use crate::script::{Setup, about, beside, file, hex, tried, undeclared};

const KEYS: [&str; 5] = ["source", "params", "now", "period", "client"];

const SOURCE: &str = "write `#{source: fixture(\"process\", [#{…}])}`";

/// The clock of a run whose source has no time of its own: noon of a Wednesday.
const NOON: i64 = 1_767_787_200_000;

pub(super) fn declared() -> Vec<Declared> {
    vec![free(
        "run_playbook",
        &[("playbook", Kind::Text), ("options", Kind::Map)],
        2,
        "For tests: runs a playbook over a fixture, #{source:, params:, now:, period:, client:}, and gives its report as a map: outcome, findings (each with title, severity, technique, count, rows, entities, fingerprint), items, notes, coverage, params, warnings. Without now the clock stands right behind the last row of the source",
        "run_playbook(\"shell.rhai\", #{source: fixture(\"process\", [#{ChildFilename: \"cmd.exe\"}]), params: #{program: \"cmd.exe\"}}).outcome",
        run_playbook,
    )]
}

fn run_playbook(call: &Call) -> Answer<Dynamic> {
    call.known_keys(1, &KEYS)?;
    if call.run.is_trial {
        let fault = Fault::new("trial::nested", "a playbook that is run by a test can't run another").with_help("call `run_playbook` in a test");
        return Err(call.fail(fault));
    }
    let path = call.text(0);
    let found = beside::locate(call.run, call.context.call_source(), &path).map_err(|fault| call.fail_at(0, fault))?;
    let text = file::read(&found, &path).map_err(|fault| call.fail_at(0, fault))?;
    // As it is called from where the program was started.
    let tests = call.run.state().main.as_ref().map(|(_, shown)| shown.clone()).unwrap_or_default();
    let path = Path::new(&tests).parent().map_or_else(|| path.clone(), |folder| folder.join(&path).display().to_string());
    let setup = setup(call)?;
    check_params(&text, &setup.params).map_err(|fault| call.fail_at_value(1, "params", fault))?;
    let spare = call.run.state().spare.take();
    let mut inner = match spare {
        Some(built) => Inner::again(Run::trial(setup), built),
        None => Inner::with(Run::trial(setup)),
    };
    let (report, fault) = inner.run(&found, &path, &text);
    let seen = tried::look(&inner.run);
    call.run.state().spare = Some(inner.into_built());
    if let Some(mut fault) = fault {
        fault.related.extend(call.place_here().map(|place| ("run by this call".to_string(), place)));
        return Err(call.fail(fault));
    }
    call.run.state().tried.merge(seen.map_err(|fault| call.fail(fault))?);
    Ok(map_of(&report).into())
}

/// What the run is given: nothing of the outer run but its zone, its limits, and the folders that it may read.
fn setup(call: &Call) -> Answer<Setup> {
    let (mut source, mut now, mut params) = (None, None, BTreeMap::new());
    let (mut period, mut client) = (None, None);
    for (key, value) in call.options(1) {
        let refused = |fault: Fault| call.fail_at_value(1, &key, fault);
        let wrong = |wants: &str, help: &str| {
            let message = format!("`{key}` takes {wants}, and this is {}", type_word(call.context.engine(), &value));
            refused(Fault::new("options::type", message).with_help(help))
        };
        match key.as_str() {
            "source" => source = Some(value.clone().try_cast::<FixtureValue>().ok_or_else(|| wrong(&Kind::Fixture.word(), SOURCE))?.0),
            "now" => now = Some(call.time_of(&value).map_err(refused)?),
            "period" if Kind::Period.accepts(&value) => period = Some(value),
            "period" => return Err(wrong(&Kind::Period.word(), "write `period: \"7d\"` or a TimePeriod")),
            "client" if Kind::Text.accepts(&value) => client = Some(value.to_string()),
            "client" => return Err(wrong(&Kind::Text.word(), "write `client: \"000000\"`")),
            _ => {
                let given = value.read_lock::<Map>().ok_or_else(|| wrong(&Kind::Map.word(), "write `params: #{days: 3}`"))?;
                for (name, value) in given.iter() {
                    let text = written(call.run, value).ok_or_else(|| {
                        let found = type_word(call.context.engine(), value);
                        refused(
                            Fault::new("options::type", format!("the parameter `{name}` can't be {found}"))
                                .with_help("a parameter is a text, a number, true or false, a duration, a time, or a list of them"),
                        )
                    })?;
                    params.insert(name.to_string(), text);
                }
            }
        }
    }
    let source = source.ok_or_else(|| call.fail_at(1, Fault::new("trial::source", "the run needs a source").with_help(SOURCE)))?;
    // Right behind the last row, so that it lies in every period that ends now.
    let now = now.or_else(|| source.times().max().map(|last| last.saturating_add(1))).unwrap_or(NOON);
    let ready = (*source).clone().at(now);
    let backend = Local::of_rows("fixture", &ready.tables, &ready.rejected).map_err(|error| call.fail(Fault::from(&error)))?;
    let outer = &call.run.setup;
    let mut setup = Setup { zone: outer.zone, client, params, roots: outer.roots.clone(), limits: outer.limits.clone(), ..Setup::of(Arc::new(backend), now) };
    setup.programs = outer.programs.clone();
    // A test looks at all rows of its few.
    setup.shown = usize::MAX;
    if let Some(value) = period {
        let text = ImmutableString::from(value.to_string());
        let read = match call.period_of(&value) {
            Ok(period) if !value.is_string() => period,
            // Words such as `7d` count from the clock of the run.
            _ => crate::hunt::period::parse_period(&text, now, outer.zone).map_err(|error| call.fail_at_value(1, "period", Fault::from(&error)))?,
        };
        setup.period = Some(read);
    }
    Ok(setup)
}

/// An error for a parameter that the playbook does not declare; one that does not read says so when it runs.
fn check_params(text: &str, given: &BTreeMap<String, String>) -> Result<(), Fault> {
    let Ok(about) = about(text) else { return Ok(()) };
    match undeclared(given, &about.params.iter().map(|param| param.name.as_str()).collect()) {
        Some((name, help)) => Err(Fault::new("param::unknown", format!("the playbook declares no `{name}`")).with_help(help)),
        None => Ok(()),
    }
}

/// A parameter as it would be given on the command line; none where it can't be.
fn written(run: &Run, value: &Dynamic) -> Option<String> {
    let is_simple = |value: &Dynamic| [Kind::Text, Kind::Number, Kind::Duration, Kind::Time].iter().any(|kind| kind.accepts(value)) || value.is_bool();
    let text = |value: &Dynamic| is_simple(value).then(|| text_of(run, value));
    // Whatever is between quotes belongs to its item, and two of them are one.
    let item = |value: &Dynamic| text(value).map(|item| format!("\"{}\"", item.replace('"', "\"\"")));
    match value.read_lock::<Array>() {
        Some(items) => items.iter().map(item).collect::<Option<Vec<_>>>().map(|items| items.join(",")),
        None => text(value),
    }
}

fn text(text: impl AsRef<str>) -> Dynamic {
    ImmutableString::from(text.as_ref()).into()
}

fn texts<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Dynamic {
    items.into_iter().map(text).collect::<Array>().into()
}

fn number(count: u64) -> Dynamic {
    i64::try_from(count).unwrap_or(i64::MAX).into()
}

fn map<const N: usize>(entries: [(&str, Dynamic); N]) -> Map {
    entries.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

fn optional(value: Option<Dynamic>) -> Dynamic {
    value.unwrap_or(Dynamic::UNIT)
}

fn map_of(report: &Report) -> Map {
    let notes = report.items.iter().filter_map(|item| if let Item::Note(said) = item { Some(said) } else { None });
    map([
        ("playbook", text(&report.playbook)),
        ("title", optional(report.title.as_ref().map(text))),
        ("outcome", text(report.outcome.word())),
        ("findings", report.findings.iter().map(|finding| finding_of(finding).into()).collect::<Array>().into()),
        ("items", report.items.iter().map(|item| item_of(item).into()).collect::<Array>().into()),
        ("notes", texts(notes)),
        ("coverage", report.coverage.iter().map(|coverage| coverage_of(coverage).into()).collect::<Array>().into()),
        ("params", report.params.iter().map(|(name, value)| (name.as_str().into(), dynamic(value))).collect::<Map>().into()),
        ("warnings", texts(report.warnings.iter().map(|warning| &warning.message))),
    ])
}

fn finding_of(finding: &Finding) -> Map {
    let entity = |(kind, name): &(String, String)| Dynamic::from(map([("type", text(kind)), ("name", text(name))]));
    let rows = finding.evidence.as_ref().map(|evidence| rows_of(&evidence.frame)).unwrap_or_default();
    let total = finding.evidence.as_ref().map(|evidence| number(evidence.total));
    let columns = finding.evidence.as_ref().map(|evidence| texts(evidence.frame.schema().names()));
    let evidence = total.clone().map(|total| map([("columns", optional(columns)), ("rows", rows.clone().into()), ("total", total)]).into());
    map([
        ("title", text(&finding.title)),
        ("severity", text(finding.severity.word())),
        ("technique", texts(&finding.technique)),
        ("description", optional(finding.description.as_ref().map(text))),
        ("confidence", optional(finding.confidence.map(|confidence| text(confidence.word())))),
        ("fingerprint", text(&finding.fingerprint)),
        ("count", optional(total)),
        ("rows", rows.into()),
        ("evidence", optional(evidence)),
        ("entities", finding.entities.iter().map(entity).collect::<Array>().into()),
    ])
}

fn item_of(item: &Item) -> Map {
    let table = |kind: &str, frame: &Frame, total: u64| map([("kind", text(kind)), ("rows", rows_of(frame).into()), ("total", number(total))]);
    match item {
        Item::Table(shown) => table("table", &shown.frame, shown.total),
        Item::Picture(Drawing { rows, .. }) => table("chart", &rows.frame, rows.total),
        Item::Bins(bins) => table("bins", &bins.frame, bins.frame.height() as u64),
        Item::Note(said) => map([("kind", text("note")), ("text", text(said))]),
        Item::Value(answer) => map([("kind", text("value")), ("value", answer_of(answer))]),
    }
}

fn answer_of(answer: &crate::report::Answer) -> Dynamic {
    use crate::report::Answer as A;
    match answer {
        A::Nothing => Dynamic::UNIT,
        A::Value(value) => dynamic(value),
        A::List(parts) => parts.iter().map(answer_of).collect::<Array>().into(),
        A::Map(parts) => parts.iter().map(|(name, part)| (name.as_str().into(), answer_of(part))).collect::<Map>().into(),
        A::Table(table) => rows_of(&table.frame).into(),
        A::Row(frame) => rows_of(frame).pop().unwrap_or_default(),
        A::Bins(bins) => rows_of(&bins.frame).into(),
        A::Entity { text: said, .. } => text(said),
    }
}

/// Rows as maps, in which a missing value is `()`.
fn rows_of(frame: &Frame) -> Array {
    let names: Vec<&str> = frame.schema().names().collect();
    let row = |row: usize| names.iter().enumerate().map(|(column, name)| ((*name).into(), hex::cell(frame, row, column))).collect::<Map>();
    (0..frame.height()).map(|index| row(index).into()).collect()
}

fn coverage_of(coverage: &Coverage) -> Map {
    let day =
        |(machine, day): &(String, i32)| Dynamic::from(map([("machine", text(machine)), ("day", text(time::date_text(i64::from(*day)).unwrap_or_default()))]));
    map([
        ("need", optional(coverage.need.as_ref().map(text))),
        ("table", text(&coverage.table)),
        ("operations", texts(&coverage.operations)),
        ("machines", number(coverage.machines)),
        ("machine_days", number(coverage.machine_days)),
        ("covered_machine_days", number(coverage.covered_machine_days)),
        ("rows", number(coverage.rows)),
        ("not_examined", texts(&coverage.not_examined)),
        ("silent", coverage.silent.iter().map(day).collect::<Array>().into()),
        ("rejected", number(coverage.rejected)),
    ])
}
