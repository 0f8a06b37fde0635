//! Values of the script that are values of a query too: times, durations, periods, exact texts; and the way between both worlds.

use rhai::{Array, Dynamic, Engine, FnPtr, ImmutableString, Map};

use super::builtins::with_article;
use crate::plan::{Func, Period, Value, duration_text, time_text};

/// Milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time(pub i64);

/// Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span(pub i64);

/// A period that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimePeriod(pub Period);

/// A text that compares exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cased(pub ImmutableString);

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&time_text(self.0))
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&duration_text(self.0))
    }
}

/// A value of the script as a value of a query, when it is one.
pub(super) fn literal(value: &Dynamic) -> Option<Value> {
    if value.is_shared() {
        return literal(&value.clone().flatten());
    }
    if value.is_unit() {
        return Some(Value::Missing);
    }
    if let Ok(truth) = value.as_bool() {
        return Some(Value::Bool(truth));
    }
    if let Ok(number) = value.as_int() {
        return Some(Value::Int(number));
    }
    if let Ok(number) = value.as_float() {
        return Some(Value::Float(number));
    }
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return Some(Value::text(&**text));
    }
    if value.is_char() {
        return Some(Value::text(value.to_string()));
    }
    if let Some(time) = value.read_lock::<Time>() {
        return Some(Value::Time(time.0));
    }
    value.read_lock::<Span>().map(|span| Value::Duration(span.0))
}

/// As [`literal`], with lists.
pub(super) fn literal_or_list(value: &Dynamic) -> Option<Value> {
    if let Some(items) = value.read_lock::<Array>() {
        return items.iter().map(literal_or_list).collect::<Option<Vec<_>>>().map(|items| Value::List(items.into()));
    }
    literal(value)
}

/// A cell as a value of the script.
pub(super) fn dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Missing => Dynamic::UNIT,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Text(text) => Dynamic::from(ImmutableString::from(&**text)),
        Value::Time(time) => Dynamic::from(Time(*time)),
        Value::Duration(span) => Dynamic::from(Span(*span)),
        Value::List(items) => items.iter().map(dynamic).collect::<Array>().into(),
    }
}

/// The function of columns that has this name.
pub(super) fn func_of(name: &str, zone: chrono_tz::Tz) -> Option<Func> {
    let found = Func::METHODS.iter().find(|func| func.signature().name == name).copied()?;
    Some(match found {
        Func::Hour(_) => Func::Hour(zone),
        Func::Weekday(_) => Func::Weekday(zone),
        Func::Date(_) => Func::Date(zone),
        Func::Floor(_) => Func::Floor(zone),
        other => other,
    })
}

/// `0x1010` as the number that it is.
pub(super) fn hex_number(text: &str) -> Option<i64> {
    let digits = text.trim().strip_prefix("0x").or_else(|| text.trim().strip_prefix("0X"))?;
    u64::from_str_radix(digits, 16).ok().map(u64::cast_signed)
}

/// What a value is, in words of the field.
pub(super) fn type_word(engine: &Engine, value: &Dynamic) -> String {
    let word = match value {
        value if value.is_unit() => "a missing value",
        value if value.is_bool() => "true or false",
        value if value.is_int() || value.is_float() => "a number",
        value if value.is_string() || value.is_char() => "a text",
        value if value.is_array() => "a list",
        value if value.is::<Map>() => "a map",
        value if value.is::<FnPtr>() => "a closure",
        value if value.is::<Time>() => "a time",
        value if value.is::<Span>() => "a duration",
        value => return with_article(engine.map_type_name(value.type_name())),
    };
    word.into()
}
