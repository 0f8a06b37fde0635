//! What a run says: tables, bins, values, notes; and how any value is written as text.

use std::collections::BTreeMap;

use rhai::{Array, Dynamic, Map};

use super::aggregate::Fold;
use super::named::Found;
use super::{Bins, Call, Client, Collection, Declared, Group, HistogramValue, Kind, Machine, Row, free, geoip, kin, method};
use crate::diag::{Fault, did_you_mean};
use crate::frame::Frame;
use crate::hunt::entity::{self, RowType};
use crate::hunt::picture::{MOST, View, parts};
use crate::plan::{Period, Relation, Schema, Side, Value, Whom, duration_text, time_text, zoned_text};
use crate::report::{Answer, Columns, Drawing, Item, Table};
use crate::script::fault::Trouble;
use crate::script::hex;
use crate::script::run::Run;
use crate::script::value::{Cased, Span, Time, TimePeriod, literal};

type Done = super::Answer<Dynamic>;

pub(super) fn declared() -> Vec<Declared> {
    const OPTIONS: &[(&str, Kind)] = &[("options", Kind::Map)];
    let mut all = vec![
        free(
            "show",
            &[("value", Kind::Any), ("options", Kind::Map)],
            1,
            "Shows a value as fits it; #{view: \"table\", \"bars\", \"area\", \"map\", \"heat\", \"share\", \"tree\" or \"timeline\", columns: \"all\" or a list, by: a column, one picture for each value}",
            "show(Client(\"all\", all_time()).get_executions().head(3))",
            |call| say(call, call.value(0), 1),
        ),
        free(
            "print_dataframe",
            &[("value", Kind::Any)],
            1,
            "The same as show",
            "print_dataframe(Client(\"all\", all_time()).get_executions().head(3))",
            |call| say(call, call.value(0), 1),
        ),
        free(
            "chart",
            &[("value", Kind::Any), ("options", Kind::Map)],
            1,
            "Shows a value as the picture that fits it; options as of show",
            "chart(Client(\"all\", all_time()).get_executions(#{histogram: \"1d\"}))",
            |call| say_as(call, call.value(0), 1, true),
        ),
        free("note", &[("markdown", Kind::Text)], 1, "Text for the report, Markdown", "note(\"Nothing *unusual* here.\")", |call| {
            call.run.say(Item::Note(call.text(0)));
            Ok(Dynamic::UNIT)
        }),
    ];
    for kind in [Kind::Collection, Kind::Bins, Kind::Group, Kind::Row] {
        let example = match kind {
            Kind::Bins => "Client(\"all\", all_time()).get_executions(#{histogram: \"1d\"}).show()",
            Kind::Group => "Client(\"all\", all_time()).get_executions().group_by(\"ChildFilename\").show()",
            Kind::Row => "let row = Client(\"all\", all_time()).get_executions().first(); if row != () { row.show() }",
            _ => "Client(\"all\", all_time()).get_executions().head(3).show()",
        };
        all.push(method(
            kind,
            "show",
            OPTIONS,
            0,
            "Shows it as fits it; #{view: \"table\", \"bars\", \"area\", \"map\", \"heat\", \"share\", \"tree\" or \"timeline\", columns: \"all\" or a list, by: a column, one picture for each value}",
            example,
            |call| say(call, call.receiver_value(), 0),
        ));
        all.push(method(kind, "print_dataframe", &[], 0, "The same as show", example, |call| say(call, call.receiver_value(), 0)));
    }
    all
}

fn say(call: &Call, value: Dynamic, options: usize) -> Done {
    say_as(call, value, options, false)
}

/// Whoever asks for a chart gets bars of what is counted, where no other picture fits.
fn say_as(call: &Call, value: Dynamic, options: usize, is_chart: bool) -> Done {
    let (mut columns, mut view, mut by) = (Columns::Short, None, None);
    if call.given() > options {
        call.known_keys(options, &["view", "columns", "by"])?;
        for (key, value) in call.options(options) {
            match key.as_str() {
                "columns" if value.is_string() && value.to_string().eq_ignore_ascii_case("all") => columns = Columns::All,
                "columns" if Kind::Words.accepts(&value) => columns = Columns::Named(super::call::texts_of(&value).iter().map(ToString::to_string).collect()),
                "columns" => {
                    return Err(call.fail_at_value(
                        options,
                        &key,
                        Fault::new("options::type", "`columns` takes \"all\" or a list of column names")
                            .with_help("write columns: \"all\" or columns: [\"DateTime\", \"Machine\"]"),
                    ));
                }
                "view" => {
                    let word = value.to_string();
                    view = Some(view_of(&word).map_err(|fault| call.fail_at_value(options, &key, fault))?);
                }
                "by" if value.is_string() => by = Some(value.to_string()),
                "by" => {
                    return Err(call.fail_at_value(
                        options,
                        &key,
                        Fault::new("options::type", "`by` takes a column's name").with_help("write by: \"Machine\""),
                    ));
                }
                _ => {}
            }
        }
    }
    let (value, view) = if view == Some(Some(View::Tree)) { (as_tree(call.run, value), view) } else { (value, view) };
    let is_map = matches!(view.flatten(), None | Some(View::Map)) && !matches!(columns, Columns::Named(_));
    let (value, why) = if is_map { with_places(call.run, value).map_err(|fault| call.fail(fault))? } else { (value, None) };
    let mut item = to_item(call.run, &value, columns, view.flatten(), is_chart).map_err(|fault| call.fail(fault))?;
    if let Item::Table(table) = &mut item {
        table.why = why;
    }
    if let Item::Table(Table { columns: Columns::Named(names), frame, .. }) = &item {
        for name in names {
            frame.schema().require(name).map_err(|error| call.fail_at_text(options, name, Fault::from(&error)))?;
        }
    }
    item =
        pictured(item, view.flatten(), is_chart).map_err(|fault| if view.is_some() { call.fail_at_value(options, "view", fault) } else { call.fail(fault) })?;
    if let Some(by) = by {
        item = apart(item, &by).map_err(|fault| call.fail_at_text(options, &by, fault))?;
    }
    call.run.say(item);
    Ok(Dynamic::UNIT)
}

/// The tree of processes: of rows of processes these, of one of them with its kin.
fn as_tree(run: &Run, value: Dynamic) -> Dynamic {
    let zone = run.setup.zone;
    if let Some(collection) = value.read_lock::<Collection>().map(|collection| collection.clone()) {
        if View::Tree.lacks(&collection.schema).is_none() || kin::is_of_processes(&collection, Side::Child).is_err() {
            return value;
        }
        let whose = Whom::Rows(collection.plan.clone(), Side::Child);
        return collection.with_plan(entity::kin(Relation::TreeOfThese, whose, zone)).map_or(value, Dynamic::from);
    }
    let row = Row::from_dynamic(&value).filter(|row| row.kind() == RowType::Process);
    row.and_then(|row| row.of.with_plan(entity::kin(Relation::Tree, kin::of_row(&row), zone)).ok()).map_or(value, Dynamic::from)
}

/// Communications with the places for their map, where a database tells them; else why there is none.
fn with_places(run: &Run, value: Dynamic) -> Result<(Dynamic, Option<String>), Fault> {
    let Some(collection) =
        value.read_lock::<Collection>().filter(|collection| geoip::is_communications(&collection.schema)).map(|collection| collection.clone())
    else {
        return Ok((value, None));
    };
    if !geoip::knows_places(run) {
        return Ok((value, Some("no map: no geo database was named (--geoip FILE)".into())));
    }
    Ok((Dynamic::from(geoip::located(&collection)?), None))
}

/// One picture for each value of a column, all on one scale.
fn apart(item: Item, by: &str) -> Result<Item, Fault> {
    let Item::Picture(drawing) = item else {
        let help = "name a `view`, as #{ view: \"bars\" }; rows are split by `.group_by(..)`, bins by the histogram's own `by`";
        return Err(Fault::new("view::impossible", "`by` splits a picture, and this is none").with_help(help));
    };
    if drawing.view == View::Tree {
        let help = "a tree has each machine under a heading of its own; choose rows first, as with `.filter(..)`";
        return Err(Fault::new("view::impossible", "a tree can't be split by a column").with_help(help));
    }
    let frame = &drawing.rows.frame;
    frame.schema().require(by).map_err(|error| Fault::from(&error))?;
    if let Some(needed) = drawing.view.lacks(frame.without(by).schema()) {
        let message = format!("what is left without `{by}` can't be shown as `{}`", drawing.view.word());
        return Err(Fault::new("view::impossible", message).with_help(format!("it needs {needed}")));
    }
    if parts(frame, by).is_none() {
        let help = "choose rows first, as with `.filter(..)` or `.head(n)`";
        return Err(Fault::new("view::impossible", format!("`{by}` has more than {MOST} values, too many for a picture each")).with_help(help));
    }
    Ok(Item::Picture(Drawing { by: Some(by.into()), ..drawing }))
}

/// The view that a word names; `chart` is what fits.
fn view_of(word: &str) -> Result<Option<View>, Fault> {
    if word.eq_ignore_ascii_case("chart") {
        return Ok(None);
    }
    View::parse(word).map(Some).ok_or_else(|| {
        let words = || View::ALL.into_iter().map(View::word);
        let list = format!("the words are {}", words().collect::<Vec<_>>().join(" "));
        let help = did_you_mean(word, words()).map_or(list.clone(), |near| format!("{near} {list}"));
        Fault::new("options::word", format!("`{word}` is no value of `view`")).with_help(help)
    })
}

/// Rows as the picture that was asked for, else the one that fits them. Bins are bars already.
fn pictured(item: Item, asked: Option<View>, is_chart: bool) -> Result<Item, Fault> {
    let table = match (item, asked) {
        (Item::Table(table), _) => table,
        (Item::Bins(bins), Some(View::Table)) => return Ok(Item::Table(bins.table())),
        (Item::Bins(bins), None | Some(View::Bars)) => return Ok(Item::Bins(bins)),
        (Item::Bins(bins), Some(_)) => bins.table(),
        (other, None | Some(View::Table)) => return Ok(other),
        (_, Some(view)) => {
            return Err(Fault::new("view::impossible", format!("only rows can be shown as `{}`", view.word())).with_help("show a collection or bins"));
        }
    };
    let view = view_for(asked, &table.columns, table.frame.schema(), is_chart);
    match view.lacks(table.frame.schema()) {
        // What nobody asked for is no error: a column of the name may hold something else.
        Some(_) if asked.is_none() => Ok(Item::Table(table)),
        Some(needed) => {
            let how = if view == View::Map { ", which `.geoip()` adds where --geoip names a database" } else { "" };
            Err(Fault::new("view::impossible", format!("these rows can't be shown as `{}`", view.word())).with_help(format!("it needs {needed}{how}")))
        }
        None if view == View::Table => Ok(Item::Table(table)),
        None => Ok(Item::Picture(Drawing { rows: table, view, by: None })),
    }
}

fn view_for(asked: Option<View>, columns: &Columns, schema: &Schema, is_chart: bool) -> View {
    match asked {
        Some(view) => view,
        // Whoever names columns wants to read them.
        None if matches!(columns, Columns::Named(_)) => View::Table,
        None => match View::of(schema) {
            View::Table if is_chart && schema.kind("Count").is_some() => View::Bars,
            view => view,
        },
    }
}

/// How much of the rows of a query is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// What the run shows of them.
    Shown,
    All,
}

/// What a value is to a report; a picture is drawn of all rows.
fn to_item(run: &Run, value: &Dynamic, columns: Columns, view: Option<View>, is_chart: bool) -> Result<Item, Fault> {
    let schema = value.read_lock::<Collection>().map(|collection| collection.schema.clone());
    let view = schema.map_or(view.unwrap_or(View::Table), |schema| view_for(view, &columns, &schema, is_chart));
    Ok(match answer_to(run, value, if view == View::Table { Extent::Shown } else { Extent::All })? {
        Answer::Table(table) => Item::Table(Table { columns, ..table }),
        Answer::Bins(bins) => Item::Bins(bins),
        other => Item::Value(other),
    })
}

/// What a value is as an answer; queries are asked for what the run shows of them.
pub(in crate::script) fn answer_of(run: &Run, value: &Dynamic) -> Result<Answer, Fault> {
    answer_to(run, value, Extent::Shown)
}

fn answer_to(run: &Run, value: &Dynamic, extent: Extent) -> Result<Answer, Fault> {
    if value.is_shared() {
        return answer_to(run, &value.clone().flatten(), extent);
    }
    if value.is_unit() {
        return Ok(Answer::Nothing);
    }
    if let Some(text) = hex::text(value) {
        return Ok(Answer::Value(Value::text(text)));
    }
    if let Some(value) = literal(value) {
        return Ok(Answer::Value(value));
    }
    if let Some(items) = value.read_lock::<Array>() {
        return items.iter().map(|item| answer_of(run, item).map(known)).collect::<Result<Vec<_>, _>>().map(Answer::List);
    }
    if let Some(map) = value.read_lock::<Map>() {
        return map.iter().map(|(key, value)| Ok((key.to_string(), known(answer_of(run, value)?)))).collect::<Result<BTreeMap<_, _>, _>>().map(Answer::Map);
    }
    if let Some(collection) = value.read_lock::<Collection>() {
        return rows_to(run, &collection, extent).map(Answer::Table);
    }
    if let Some(group) = value.read_lock::<Group>() {
        let counted = group.counted().map_err(|error| Fault::from(&error))?;
        return rows_to(run, &counted, extent).map(Answer::Table);
    }
    if let Some(bins) = value.read_lock::<Bins>() {
        return bins.report(run).map(Answer::Bins);
    }
    if let Some(row) = Row::from_dynamic(value) {
        return Ok(Answer::Row(row.frame.take(&[row.index])));
    }
    let fields = fields_of(value);
    Ok(Answer::Entity { text: text_of(run, value), fields })
}

/// A table of a query that knows where all of its rows come from.
pub(super) fn all_rows(run: &Run, collection: &Collection) -> Result<Table, Fault> {
    let shown = run.shown(&collection.plan)?;
    let all = (!shown.is_whole()).then(|| run.rows(&collection.plan));
    Ok(Table { frame: (*shown.frame).clone(), total: shown.total, columns: Columns::Short, later: shown.later, all, second_reports: None, why: None })
}

fn rows_to(run: &Run, collection: &Collection, extent: Extent) -> Result<Table, Fault> {
    if extent == Extent::All {
        return collection.frame(run).map(|frame| Table::whole((*frame).clone(), Columns::Short));
    }
    let mut table = all_rows(run, collection)?;
    if run.setup.has_tables {
        table.second_reports = super::one_sensor::second_reports(run, collection, &table)?;
    }
    Ok(table)
}

/// Inside a list or map, missing is a value.
fn known(answer: Answer) -> Answer {
    match answer {
        Answer::Nothing => Answer::Value(Value::Missing),
        other => other,
    }
}

fn fields_of(value: &Dynamic) -> BTreeMap<String, Answer> {
    let text = |text: &str| Answer::Value(Value::text(text));
    let time = |time: Option<i64>| Answer::Value(time.map_or(Value::Missing, Value::Time));
    let pair = |name: &str, answer: Answer| (name.to_string(), answer);
    if let Some(TimePeriod(period)) = value.read_lock::<TimePeriod>().map(|period| *period) {
        return [pair("from", time(period.from)), pair("to", time(period.to))].into();
    }
    if let Some(machine) = value.read_lock::<Machine>() {
        let list = |of: &dyn Fn(&crate::telemetry::KnownMachine) -> Answer| match &*machine.machines {
            [known] => of(known),
            several => Answer::List(several.iter().map(of).collect()),
        };
        return [
            pair("muid", list(&|known| text(&known.muid))),
            pair("name", list(&|known| text(&known.name))),
            pair("client_id", list(&|known| text(&known.client_id))),
            pair("first_seen", list(&|known| time(known.seen().map(|(first, _)| first)))),
            pair("last_seen", list(&|known| time(known.seen().map(|(_, last)| last)))),
        ]
        .into();
    }
    if let Some(found) = Found::from_dynamic(value) {
        let names = match found.entity.values.as_slice() {
            [name] => text(name),
            several => Answer::List(several.iter().map(|name| text(name)).collect()),
        };
        return [pair("type", text(found.entity.thing.word())), pair("value", names)].into();
    }
    if let Some(client) = value.read_lock::<Client>() {
        let ids = client.ids.as_ref().map_or_else(|| text("all"), |ids| Answer::List(ids.iter().map(|id| text(id)).collect()));
        return [pair("client_id", ids)].into();
    }
    BTreeMap::new()
}

/// As `--period` reads it, in the run's zone.
fn period_text(run: &Run, period: &Period) -> String {
    let end = |time: Option<i64>| time.map(|time| zoned_text(time, run.setup.zone)).unwrap_or_default();
    if *period == Period::ALL { "all".into() } else { format!("{}..{}", end(period.from), end(period.to)) }
}

/// Any value of ours as one line.
pub(super) fn text_of(run: &Run, value: &Dynamic) -> String {
    let with_period = |text: String, period: Option<Period>| match period {
        Some(period) => format!("{text} in {}", period_text(run, &period)),
        None => text,
    };
    if let Some(time) = value.read_lock::<Time>() {
        return time_text(time.0);
    }
    if let Some(span) = value.read_lock::<Span>() {
        return duration_text(span.0);
    }
    if let Some(cased) = value.read_lock::<Cased>() {
        return cased.0.to_string();
    }
    if let Some(period) = value.read_lock::<TimePeriod>() {
        return period_text(run, &period.0);
    }
    if let Some(machine) = value.read_lock::<Machine>() {
        let names = machine.machines.iter().map(|known| &*known.name).collect::<Vec<_>>().join(", ");
        return with_period(format!("Machine {names}"), machine.period);
    }
    if let Some(client) = value.read_lock::<Client>() {
        let ids = client.ids.as_ref().map_or_else(|| "all".into(), |ids| ids.join(", "));
        return with_period(format!("Client {ids}"), client.period);
    }
    if let (None, Some(found)) = (Row::from_dynamic(value), Found::from_dynamic(value)) {
        return with_period(format!("{} {}", found.entity.thing.word(), found.entity.values.join(", ")), found.period);
    }
    if let Some(collection) = value.read_lock::<Collection>() {
        return crate::plan::explain(&collection.plan).trim_end().to_string();
    }
    if let Some(group) = value.read_lock::<Group>() {
        return format!("Group by {}", group.keys.join(", "));
    }
    if let Some(row) = Row::from_dynamic(value) {
        let cells = row.frame.schema().columns().iter().enumerate().filter_map(|(column, (name, kind))| match row.frame.value(row.index, column) {
            Value::Missing => None,
            Value::Int(number) if *kind == crate::telemetry::Type::Hex => Some(format!("{name}: {number:#x}")),
            value => Some(format!("{name}: {}", cell_text(&value))),
        });
        return format!("#{{{}}}", cells.collect::<Vec<_>>().join(", "));
    }
    if let Some(histogram) = value.read_lock::<HistogramValue>() {
        let interval = histogram.0.interval.map(|span| format!(" every {}", duration_text(span))).unwrap_or_default();
        let by = if histogram.0.by.is_empty() { String::new() } else { format!(" by {}", histogram.0.by.join(", ")) };
        return format!("Histogram of {}{interval}{by}", histogram.0.metric.name);
    }
    if let Some(bins) = value.read_lock::<Bins>() {
        return format!("Bins of {}", bins.histogram.metric.name);
    }
    if let Some(fold) = value.read_lock::<Fold>() {
        return fold.to_string();
    }
    if let Some(trouble) = value.read_lock::<Trouble>() {
        return trouble.fault().message.clone();
    }
    value.to_string()
}

fn cell_text(value: &Value) -> String {
    match value {
        Value::Missing => "()".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Time(time) => time_text(*time),
        Value::Duration(span) => duration_text(*span),
        Value::List(items) => format!("[{}]", items.iter().map(cell_text).collect::<Vec<_>>().join(", ")),
    }
}

/// The evidence of a finding: rows, however they are given; and the query that has all of them where these are only the first.
pub(super) fn evidence_of(run: &Run, value: &Dynamic) -> Result<Option<(Table, Option<Collection>)>, Fault> {
    let given = |table: Table| Some((table, None));
    match answer_of(run, value)? {
        Answer::Table(table) if table.is_whole() => Ok(given(table)),
        Answer::Table(table) => {
            let value = value.clone().flatten();
            let of = match value.read_lock::<Group>() {
                Some(group) => Some(group.counted().map_err(|error| Fault::from(&error))?),
                None => value.read_lock::<Collection>().map(|collection| (*collection).clone()),
            };
            Ok(Some((table, of)))
        }
        // Bins that nothing fell into are no evidence, however many there are.
        Answer::Bins(bins) if bins.is_empty() => Ok(given(Table::whole(bins.frame.head(0), Columns::All))),
        Answer::Bins(bins) => Ok(given(bins.table())),
        _ => match Row::from_dynamic(value) {
            Some(row) => Ok(given(Table::whole(row.frame.take(&[row.index]), Columns::Short))),
            None => rows_of(value).map(|rows| rows.and_then(given)),
        },
    }
}

/// A list of rows of one answer.
fn rows_of(value: &Dynamic) -> Result<Option<Table>, Fault> {
    let Some(items) = value.read_lock::<Array>() else { return Ok(None) };
    let rows: Vec<Row> = items.iter().filter_map(|item| Row::from_dynamic(&item.clone().flatten())).collect();
    let Some(first) = rows.first() else { return Ok(items.is_empty().then(|| Table::whole(Frame::empty(Schema::default()), Columns::Short))) };
    if rows.len() != items.len() || rows.iter().any(|row| !std::sync::Arc::ptr_eq(&row.frame, &first.frame)) {
        return Err(Fault::new("finding::evidence", "the rows of a list must come from one answer").with_help("filter the collection and give that"));
    }
    let indexes: Vec<usize> = rows.iter().map(|row| row.index).collect();
    Ok(Some(Table::whole(first.frame.take(&indexes), Columns::Short)))
}
