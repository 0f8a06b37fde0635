//! The queries of Machine and Client, each with and without `get_`, their options checked where they stand.

use rhai::{Array, Dynamic};

use super::call::texts_of;
use super::{Answer, Bins, Call, Client, Collection, Declared, HistogramValue, Kind, Machine};
use crate::diag::Fault;
use crate::hunt::query::{self, Given, Leads, OptionError, QUERIES, Query, Takes, Target};
use crate::script::value::type_word;
use crate::telemetry::words::PORTS;

pub(super) fn declared() -> Vec<Declared> {
    let mut all = Vec::new();
    for query in QUERIES {
        let params: &[(&str, Kind)] = match query.leads() {
            Leads::Nothing => &[("options", Kind::Map)],
            Leads::Period => &[("period or options", Kind::PeriodOrMap)],
        };
        for receiver in [Kind::Machine, Kind::Client] {
            for name in [Some(query.name), query.name.strip_prefix("get_")].into_iter().flatten() {
                all.push(Declared { name, receiver: Some(receiver), params, least: 0, is_property: false, doc: query.doc, example: query.example, body: ask });
            }
        }
    }
    all
}

/// Names and docs of a query's options, for completion.
pub(in crate::script) fn option_names(name: &str) -> Vec<(&'static str, &'static str)> {
    query::query(name).map(|query| query.options.iter().map(|option| (option.name, option.doc)).collect()).unwrap_or_default()
}

/// The words that a query's option takes, for completion.
pub(in crate::script) fn option_words(name: &str, option: &str) -> Vec<&'static str> {
    let takes = query::query(name).and_then(|query| query.options.iter().find(|known| known.name == option)).map(|option| option.takes);
    match takes {
        Some(Takes::Words(words)) => words.to_vec(),
        Some(Takes::Ports) => PORTS.iter().map(|(name, _)| *name).collect(),
        _ => Vec::new(),
    }
}

fn ask(call: &Call) -> Answer<Dynamic> {
    let Some(query) = query::query(call.declared.name) else {
        return Err(call.fail(Fault::new("query::unknown", "there is no such query").with_help("`huntsman doc` lists what there is")));
    };
    let (collection, histogram) = asked(call, query)?;
    match histogram {
        None => Ok(Dynamic::from(collection)),
        Some(histogram) => Bins::of(call, &collection, &histogram).map(Dynamic::from).map_err(|fault| call.fail_at_value(0, "histogram", fault)),
    }
}

/// The rows of a query with the options of this call, and the histogram that is asked for.
pub(super) fn asked(call: &Call, query: &Query) -> Answer<(Collection, Option<HistogramValue>)> {
    let (scope, entity) = match (call.receiver::<Machine>(), call.receiver::<Client>()) {
        (Ok(machine), _) => (machine.scope(), machine.period),
        (_, Ok(client)) => (client.scope(), client.period),
        (Err(error), _) => return Err(error),
    };
    let (mut period, mut histogram, mut options) = (None, None, Vec::new());
    if query.leads() == Leads::Period && !call.value(0).is_map() {
        period = call.period(0)?;
    }
    for (key, value) in call.options(0) {
        let takes = query.options.iter().find(|option| option.name == key).map(|option| option.takes);
        match takes {
            _ if value.is_unit() => {}
            Some(Takes::Period) => period = Some(call.period_of(&value).map_err(|fault| call.fail_at_value(0, &key, fault))?),
            Some(Takes::Histogram) => histogram = Some(HistogramValue::of(call, &value).map_err(|fault| call.fail_at_value(0, &key, fault))?),
            _ => {
                let given = given(call, &key, &value)?;
                options.push((key, given));
            }
        }
    }
    let period = call.run.period(period, entity);
    let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
    let context = call.run.asking(&inventory);
    let target = Target { scope, period };
    let plan = if histogram.is_some() { query::plan_events } else { query::plan };
    let plan = plan(query, &target, &options, &context).map_err(|error| option_error(call, &error))?;
    let collection = Collection::of(plan, Some(period)).map_err(|error| call.fail_plan(&error))?;
    Ok((collection, histogram))
}

fn option_error(call: &Call, error: &OptionError) -> Box<rhai::EvalAltResult> {
    let fault = Fault::from(error);
    if error.is_key() { call.fail_at_key(0, error.option(), fault) } else { call.fail_at_value(0, error.option(), fault) }
}

/// A value of the script as an option's value.
fn given(call: &Call, key: &str, value: &Dynamic) -> Answer<Given> {
    if let Some(items) = value.read_lock::<Array>() {
        return items.iter().map(|item| given(call, key, &item.clone().flatten())).collect::<Answer<Vec<_>>>().map(flattened);
    }
    if let Some(machine) = value.read_lock::<Machine>() {
        return Ok(Given::List(machine.muids().iter().map(|muid| Given::Text(muid.to_string())).collect()));
    }
    if value.is_unit() {
        return Ok(Given::Missing);
    }
    if let Ok(truth) = value.as_bool() {
        return Ok(Given::Bool(truth));
    }
    if let Ok(number) = value.as_int() {
        return Ok(Given::Int(number));
    }
    if let Ok(number) = value.as_float() {
        return Ok(Given::Float(number));
    }
    if Kind::Text.accepts(value) {
        return Ok(Given::Text(texts_of(value).first().map(ToString::to_string).unwrap_or_default()));
    }
    let found = type_word(call.context.engine(), value);
    Err(call.fail_at_value(
        0,
        key,
        Fault::new("options::type", format!("`{key}` can't be {found}")).with_help("an option takes a text, a number, or a list of them"),
    ))
}

fn flattened(items: Vec<Given>) -> Given {
    let mut flat = Vec::new();
    for item in items {
        match item {
            Given::List(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    Given::List(flat)
}
