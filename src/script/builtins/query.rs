//! The queries of Machine and Client, each with and without `get_`, their options checked where they stand.

use rhai::{Array, Dynamic};

use super::call::texts_of;
use super::{Answer, Bins, Call, Client, Collection, Declared, HistogramValue, Kind, Machine};
use crate::diag::Fault;
use crate::hunt::query::{self, Given, Leads, OptionError, QUERIES, Query, Takes, Target};
use crate::plan::{Period, Plan, Scope};
use crate::script::value::type_word;
use crate::telemetry::words::PORTS;

pub(super) fn declared() -> Vec<Declared> {
    let mut all = Vec::new();
    for query in QUERIES {
        let (params, least): (&[(&str, Kind)], usize) = match query.leads() {
            Leads::Nothing => (&[("options", Kind::Map)], 0),
            Leads::Period => (&[("period or options", Kind::PeriodOrMap)], 0),
            Leads::Option("text") => (&[("text", Kind::Any), ("options", Kind::Map)], 1),
            Leads::Option(_) => (&[("value", Kind::Any), ("options", Kind::Map)], 1),
        };
        // What is asked of values rather than of machines can be asked of nobody.
        let free = (query.name == "wider_net").then_some(None);
        for receiver in [Some(Kind::Machine), Some(Kind::Client)].into_iter().chain(free) {
            for name in [Some(query.name), query.name.strip_prefix("get_")].into_iter().flatten() {
                all.push(Declared { name, receiver, params, least, is_property: false, doc: query.doc, example: query.example, body: ask });
            }
        }
    }
    all
}

/// Names and docs of a query's options, for completion.
pub(in crate::script) fn option_names(name: &str) -> Vec<(&'static str, &'static str)> {
    // What machines are for is asked as their profiles are.
    let is_info = matches!(name, "get_info" | "info");
    let query = query::query(if is_info { super::known::PROFILES_QUERY } else { name });
    let options = query.into_iter().flat_map(|query| query.options).filter(|option| !is_info || super::known::INFO_OPTIONS.contains(&option.name));
    options.map(|option| (option.name, option.doc)).collect()
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
    let query = named(call, call.declared.name)?;
    Bins::or_rows(call, place_of_options(query), asked(call, query)?)
}

/// Which argument the map of options is.
fn place_of_options(query: &Query) -> usize {
    match query.leads() {
        Leads::Nothing | Leads::Period => 0,
        Leads::Option(_) => 1,
    }
}

/// The query of this name.
pub(super) fn named(call: &Call, name: &str) -> Answer<&'static Query> {
    query::query(name).ok_or_else(|| call.fail(Fault::new("query::unknown", "there is no such query").with_help("`huntsman doc` lists what there is")))
}

/// Whose rows, and the period of who is asked.
pub(super) struct Whose {
    pub scope: Scope,
    pub period: Option<Period>,
}

/// The rows of a query with the options of this call, and the histogram that is asked for.
pub(super) fn asked(call: &Call, query: &Query) -> Answer<(Collection, Option<HistogramValue>)> {
    let whose = match (call.receiver::<Machine>(), call.receiver::<Client>()) {
        (Ok(machine), _) => Whose { scope: machine.scope(), period: machine.period },
        (_, Ok(client)) => Whose { scope: client.scope(), period: client.period },
        _ if call.declared.receiver.is_none() => Whose { scope: Scope::Everything, period: None },
        (Err(error), _) => return Err(error),
    };
    asked_of(call, query, &whose, Vec::new(), |plan| plan)
}

/// The same with options of our own besides, narrowed further.
pub(super) fn asked_of(
    call: &Call,
    query: &Query,
    whose: &Whose,
    mut options: Vec<(String, Given)>,
    narrow: impl FnOnce(Plan) -> Plan,
) -> Answer<(Collection, Option<HistogramValue>)> {
    let place = place_of_options(query);
    let (mut period, mut histogram) = (None, None);
    match query.leads() {
        Leads::Option(key) if call.value(0).is_unit() => {
            let fault = Fault::new("options::missing", format!("`{key}` is a missing value: there is nothing to look for"))
                .with_help("ask `is_missing()` or `or_else(…)` first");
            return Err(call.fail_at(0, fault));
        }
        Leads::Period if !call.value(0).is_map() => period = call.period(0)?,
        Leads::Option(key) => {
            let given = given(call, key, &call.value(0)).map_err(|found| call.fail_at(0, as_first(call, no_option(key, &found))))?;
            options.push((key.to_string(), given));
        }
        Leads::Nothing | Leads::Period => {}
    }
    for (key, value) in call.options(place) {
        let takes = query.options.iter().find(|option| option.name == key).map(|option| option.takes);
        let wrong = |fault| call.fail_at_value(place, &key, fault);
        match takes {
            _ if value.is_unit() => {}
            // Which keys there are is said whatever the value is.
            None => options.push((key, Given::Missing)),
            Some(Takes::Period) => period = Some(call.period_of(&value).map_err(wrong)?),
            Some(Takes::Histogram) => histogram = Some(HistogramValue::of(call, &value).map_err(wrong)?),
            Some(_) => {
                let given = given(call, &key, &value).map_err(|found| wrong(no_option(&key, &found)))?;
                options.push((key, given));
            }
        }
    }
    let period = call.run.period(period, whose.period);
    let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
    let context = call.run.asking(&inventory);
    let target = Target { scope: whose.scope.clone(), period };
    let plan = query::plan_narrowed(query, &target, &options, &context, histogram.is_some(), narrow).map_err(|error| option_error(call, query, &error))?;
    let collection = Collection::of(plan, Some(period)).map_err(|error| call.fail_plan(&error))?;
    Ok((collection, histogram))
}

fn option_error(call: &Call, query: &Query, error: &OptionError) -> Box<rhai::EvalAltResult> {
    let (fault, place) = (Fault::from(error), place_of_options(query));
    let is_written = call.options(place).iter().any(|(key, _)| key == error.option());
    match query.leads() {
        Leads::Option(key) if key == error.option() && !is_written => call.fail_at(0, as_first(call, fault)),
        _ if error.is_key() => call.fail_at_key(place, error.option(), fault),
        _ => call.fail_at_value(place, error.option(), fault),
    }
}

/// What comes first in the brackets is no option: the help says how it is written.
fn as_first(call: &Call, fault: Fault) -> Fault {
    fault.with_help(format!("it is `{}`, for example {}", call.declared.signature(), call.declared.example))
}

fn no_option(key: &str, found: &str) -> Fault {
    Fault::new("options::type", format!("`{key}` can't be {found}"))
        .with_help("an option takes a text, a number, a list of them, or what it names: `file` a File, `user` a User, `ips` an Ip, `muid` a Machine")
}

/// A value of the script as an option's value, or what it is in place of one.
fn given(call: &Call, key: &str, value: &Dynamic) -> Result<Given, String> {
    if let Some(items) = value.read_lock::<Array>() {
        return items.iter().map(|item| given(call, key, &item.clone().flatten())).collect::<Result<Vec<_>, _>>().map(flattened);
    }
    if let Some(machine) = value.read_lock::<Machine>() {
        return Ok(Given::List(machine.muids().iter().map(|muid| Given::Text(muid.to_string())).collect()));
    }
    match super::named::given(key, value) {
        Some(Some(names)) => return Ok(names),
        Some(None) => return Err(type_word(call.context.engine(), value)),
        None => {}
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
    Err(type_word(call.context.engine(), value))
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
