//! Parameters: what a run may change about a playbook.

use rhai::{Array, Dynamic, ImmutableString};

use super::call::texts_of;
use super::{Answer, Call, Declared, Kind, free};
use crate::diag::Fault;
use crate::hunt::period;
use crate::plan::Value;
use crate::script::value::{Span, Time, TimePeriod, hex_number, literal_or_list};

pub(super) fn declared() -> Vec<Declared> {
    vec![free(
        "param",
        &[("name", Kind::Text), ("default", Kind::Any), ("doc", Kind::Text)],
        2,
        "The value of `--param name=…`, of the type of the default, else the default",
        "param(\"days\", 7, \"how many days to look back\")",
        param,
    )]
}

fn param(call: &Call) -> Answer<Dynamic> {
    let (name, default) = (call.text(0), call.value(1));
    declare_once(call, &name, &default)?;
    let value = match call.run.setup.params.get(&name) {
        None => default,
        Some(text) => read(call, text, &default).map_err(|wanted| {
            let help = "a parameter has the type of its default; a list is written as a,b,c";
            call.fail_at(0, Fault::new("param::type", format!("`--param {name}={text}` is not {wanted}")).with_help(help))
        })?,
    };
    let shown = literal_or_list(&value).unwrap_or_else(|| Value::text(super::show::text_of(call.run, &value)));
    call.run.state().params.insert(name, shown);
    Ok(value)
}

/// A parameter may be asked for again, but it is one: its default and doc are what the first said.
fn declare_once(call: &Call, name: &str, default: &Dynamic) -> Answer<()> {
    let said = (format!("{} {}", default.type_name(), super::show::text_of(call.run, default)), call.text(2));
    let first = call.run.state().declared.entry(name.to_string()).or_insert_with(|| said.clone()).clone();
    let differs = match (first.0 == said.0, first.1 == said.1 || said.1.is_empty()) {
        (true, true) => return Ok(()),
        (false, _) => "default",
        (true, false) => "doc",
    };
    let help = "a parameter has one default and one doc: keep its value in a variable, or give it another name";
    Err(call.fail_at(0, Fault::new("param::twice", format!("the parameter `{name}` is declared before, with another {differs}")).with_help(help)))
}

/// A text as a value of the default's type, or what it should have been.
fn read(call: &Call, text: &str, default: &Dynamic) -> Result<Dynamic, &'static str> {
    let trimmed = text.trim();
    if default.is_bool() {
        return match trimmed.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true.into()),
            "false" | "no" | "off" | "0" => Ok(false.into()),
            _ => Err("true or false"),
        };
    }
    if default.is_int() {
        return hex_number(trimmed).or_else(|| trimmed.parse().ok()).map(Dynamic::from).ok_or("a whole number");
    }
    if default.is_float() {
        return trimmed.parse::<f64>().ok().filter(|number| number.is_finite()).map(Dynamic::from).ok_or("a number");
    }
    if default.is::<Span>() {
        let read = period::parse_duration(trimmed).ok().or_else(|| written_span(trimmed));
        return read.map(|span| Dynamic::from(Span(span))).ok_or("a duration, as 36h");
    }
    if default.is::<Time>() {
        return period::parse_time(trimmed, call.run.setup.zone).map(|time| Dynamic::from(Time(time))).map_err(|_| "a time");
    }
    if default.is::<TimePeriod>() {
        return period::parse_period(trimmed, call.run.setup.now, call.run.setup.zone).map(|period| Dynamic::from(TimePeriod(period))).map_err(|_| "a period");
    }
    if let Some(items) = default.read_lock::<Array>() {
        let inner = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(trimmed);
        let first = items.first().cloned().unwrap_or_else(|| ImmutableString::new().into());
        let parts = list_items(inner);
        return parts.iter().map(|part| read(call, part, &first)).collect::<Result<Array, _>>().map(Dynamic::from).map_err(|_| "a list of such values");
    }
    if default.is_unit() || Kind::Text.accepts(default) {
        return Ok(texts_of(&Dynamic::from(text.to_string())).first().map(|text| ImmutableString::from(&**text)).unwrap_or_default().into());
    }
    Err("of a type that can be given on the command line")
}

/// `a, b` or `"a,b","c"`: what is between quotes is an item as it is, in which two quotes are one.
fn list_items(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (item, after) = match rest.strip_prefix('"').and_then(quoted_item) {
            Some((item, after)) => (Some(item), after),
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (Some(rest[..end].trim_end().to_string()).filter(|item| !item.is_empty()), &rest[end..])
            }
        };
        items.extend(item);
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
    }
    items
}

/// What stands before the closing quote, and what behind it; nothing where none closes, or where it does not end an item.
fn quoted_item(text: &str) -> Option<(String, &str)> {
    let (mut item, mut rest) = (String::new(), text);
    loop {
        let (before, after) = rest.split_once('"')?;
        item.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                item.push('"');
                rest = after;
            }
            None => {
                let after = after.trim_start();
                return (after.is_empty() || after.starts_with(',')).then_some((item, after));
            }
        }
    }
}

/// `7.days`, as a playbook writes it.
fn written_span(text: &str) -> Option<i64> {
    let (number, unit) = text.rsplit_once('.')?;
    period::parse_duration(&format!("{number}{unit}")).ok()
}
