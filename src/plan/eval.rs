//! The reference: what an expression means for one row. Slow and plain; backends must agree with it.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::Arc;

use super::text::Needle;
use super::{Comparison, Expr, Func, Pattern, Value, duration_text, fold, number, pattern, text, time, time_text};
use crate::telemetry::address::{Network, is_public};

/// Whether the comparison holds; never with a missing value, never between types that can't be compared. Text without case.
pub fn compare(comparison: Comparison, left: &Value, right: &Value) -> bool {
    compare_as(comparison, left, right, false)
}

/// As [`compare`], with the case of texts counting when `cased`.
pub fn compare_as(comparison: Comparison, left: &Value, right: &Value, cased: bool) -> bool {
    order(left, right, cased).is_some_and(|order| holds_for(comparison, order))
}

/// Whether an order of two values is what the comparison asks for.
pub fn holds_for(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

/// How two values are ordered, where they are.
pub fn order(left: &Value, right: &Value, cased: bool) -> Option<Ordering> {
    use Value::{Bool, Duration, Float, Int, List, Text, Time};
    match (left, right) {
        (Text(a), Text(b)) if cased => Some(a.cmp(b)),
        (Text(a), Text(b)) => Some(fold(a).cmp(&fold(b))),
        (Int(a), Int(b)) | (Time(a), Time(b)) | (Duration(a), Duration(b)) => Some(a.cmp(b)),
        (Int(a), Float(b)) => (*a as f64).partial_cmp(b),
        (Float(a), Int(b)) => a.partial_cmp(&(*b as f64)),
        (Float(a), Float(b)) => a.partial_cmp(b),
        (Int(a), Text(b)) => Some(a.cmp(&text::parse_whole(b)?)),
        (Text(a), Int(b)) => Some(text::parse_whole(a)?.cmp(b)),
        (Bool(a), Bool(b)) => Some(a.cmp(b)),
        (List(a), List(b)) => {
            let first = a.iter().zip(b.iter()).map(|(a, b)| order(a, b, cased)).find(|order| *order != Some(Ordering::Equal));
            first.unwrap_or(Some(a.len().cmp(&b.len())))
        }
        _ => None,
    }
}

/// A function of values, text without case. A test answers `Bool`, also for missing.
pub fn apply(func: Func, args: &[Value]) -> Value {
    apply_as(func, args, false)
}

/// As [`apply`], with the case of texts counting when `cased`.
pub fn apply_as(func: Func, args: &[Value], cased: bool) -> Value {
    let receiver = args.first().unwrap_or(&Value::Missing);
    let argument = args.get(1).unwrap_or(&Value::Missing);
    let whole = |number: i64| Value::Int(number);
    match func {
        Func::IsMissing => Value::Bool(receiver.is_missing()),
        Func::IsTrue => Value::Bool(*receiver == Value::Bool(true)),
        Func::Pattern(test) => Value::Bool(any_pattern(argument, |pattern| matches_text(test, receiver, pattern, cased))),
        Func::IsPublic => Value::Bool(address(receiver).is_some_and(is_public)),
        Func::IsPrivate => Value::Bool(address(receiver).is_some_and(|address| !is_public(address))),
        Func::HasBits => Value::Bool(any_pattern(argument, |bits| bits_of(receiver, bits).is_some_and(|(all, bits)| all & bits == bits))),
        Func::AnyBits => Value::Bool(any_pattern(argument, |bits| bits_of(receiver, bits).is_some_and(|(all, bits)| all & bits != 0))),
        Func::OrElse => args.iter().find(|value| !value.is_missing()).cloned().unwrap_or(Value::Missing),
        Func::Cased => receiver.clone(),
        Func::Arithmetic(operation) => number::arithmetic(operation, receiver, argument),
        Func::Negate => number::negate(receiver),
        Func::SquareRoot => number::square_root(receiver),
        Func::Len => match receiver {
            Value::Text(text) => whole(length(text.chars().count())),
            Value::List(items) => whole(length(items.len())),
            _ => Value::Missing,
        },
        Func::Lower => of_text(receiver, |text| Some(Value::text(text.to_lowercase()))),
        Func::Upper => of_text(receiver, |text| Some(Value::text(text.to_uppercase()))),
        Func::Basename => of_text(receiver, |text| Some(Value::text(text::basename(text)))),
        Func::Dirname => of_text(receiver, |text| text::dirname(text).map(Value::text)),
        Func::Extension => of_text(receiver, |text| text::extension(text).map(Value::text)),
        Func::Entropy => of_text(receiver, |text| Some(Value::Float(text::entropy(text)))),
        Func::DecodeBase64 => of_text(receiver, |text| text::decode_base64(text).map(Value::text)),
        Func::Split => of_two(receiver, argument, |text, separator| {
            let needle = Needle::new(separator, cased);
            Some(Value::List(text::split(text, &needle).into_iter().map(Value::text).collect()))
        }),
        Func::Before => of_two(receiver, argument, |text, mark| text::before(text, &Needle::new(mark, cased)).map(Value::text)),
        Func::After => of_two(receiver, argument, |text, mark| text::after(text, &Needle::new(mark, cased)).map(Value::text)),
        Func::Replace => match args.get(2) {
            Some(Value::Text(with)) => of_two(receiver, argument, |text, old| Some(Value::text(text::replace(text, &Needle::new(old, cased), with)))),
            _ => Value::Missing,
        },
        Func::Between => match args.get(2) {
            Some(Value::Text(end)) => {
                of_two(receiver, argument, |text, start| text::between(text, &Needle::new(start, cased), &Needle::new(end, cased)).map(Value::text))
            }
            _ => Value::Missing,
        },
        Func::Levenshtein => of_two(receiver, argument, |left, right| Some(whole(text::levenshtein(left, right, cased)))),
        Func::Concat => args.iter().map(written).collect::<Option<String>>().map_or(Value::Missing, Value::text),
        Func::Joined => match receiver {
            Value::Text(between) => {
                let known: Vec<String> = args.iter().skip(1).filter_map(written).collect();
                if known.is_empty() { Value::Missing } else { Value::text(known.join(between)) }
            }
            _ => Value::Missing,
        },
        Func::Fitting(test) => {
            let Value::List(names) = argument else { return Value::Missing };
            let fits = |text: &Value| any_pattern(receiver, |pattern| matches_text(test, text, pattern, cased));
            let fitting: Vec<Value> = names.iter().zip(args.iter().skip(2)).filter(|(_, text)| fits(text)).map(|(name, _)| name.clone()).collect();
            if fitting.is_empty() { Value::Missing } else { Value::List(fitting.into()) }
        }
        Func::Named => {
            let Value::List(names) = argument else { return Value::Missing };
            names.iter().zip(args.iter().skip(2)).find(|(name, _)| *name == receiver).map_or(Value::Missing, |(_, text)| text.clone())
        }
        Func::Hex => match receiver {
            Value::Int(number) => Value::text(format!("{number:#x}")),
            _ => Value::Missing,
        },
        Func::Hour(zone) => of_time(receiver, |at| Some(whole(time::hour(at, zone)))),
        Func::Weekday(zone) => of_time(receiver, |at| Some(whole(time::weekday(at, zone)))),
        Func::Date(zone) => of_time(receiver, |at| time::date(at, zone).map(Value::text)),
        Func::Floor(zone) => match argument {
            Value::Duration(interval) => of_time(receiver, |at| time::floor(at, *interval, zone).map(Value::Time)),
            _ => Value::Missing,
        },
        Func::Item => match (receiver, argument) {
            (Value::List(items), Value::Int(position)) => item(items, *position),
            _ => Value::Missing,
        },
    }
}

/// The n-th item, from the end when negative.
fn item(items: &[Value], position: i64) -> Value {
    let position = if position < 0 { position.checked_add(length(items.len())) } else { Some(position) };
    position.and_then(|position| usize::try_from(position).ok()).and_then(|position| items.get(position)).cloned().unwrap_or(Value::Missing)
}

fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Whether one text test holds for one pattern.
fn matches_text(test: Pattern, receiver: &Value, pattern: &Value, cased: bool) -> bool {
    // A list contains its whole items.
    if let (Pattern::Contains, Value::List(items)) = (test, receiver) {
        return items.iter().any(|item| compare_as(Comparison::Equal, item, pattern, cased));
    }
    let (Value::Text(text), Value::Text(pattern)) = (receiver, pattern) else { return false };
    let needle = || Needle::new(pattern, cased);
    match test {
        Pattern::Contains => needle().form(text).contains(needle().text()),
        Pattern::Has => text::has_word(&needle().form(text), needle().text()),
        Pattern::StartsWith => needle().form(text).starts_with(needle().text()),
        Pattern::EndsWith => needle().form(text).ends_with(needle().text()),
        Pattern::Like => pattern::like(needle().text(), true).is_ok_and(|regex| regex.is_match(&needle().form(text))),
        Pattern::Matches => pattern::regex(pattern, cased).is_ok_and(|regex| regex.is_match(text)),
        Pattern::InCidr => {
            let network = Network::parse(pattern);
            network.is_some_and(|network| address(receiver).is_some_and(|address| network.contains(address)))
        }
    }
}

/// A list of patterns means any of them.
fn any_pattern(pattern: &Value, test: impl Fn(&Value) -> bool) -> bool {
    match pattern {
        Value::List(patterns) => patterns.iter().any(test),
        one => test(one),
    }
}

fn bits_of(receiver: &Value, bits: &Value) -> Option<(i64, i64)> {
    match (receiver, bits) {
        (Value::Int(all), Value::Int(bits)) => Some((*all, *bits)),
        (Value::Int(all), Value::Text(bits)) => Some((*all, text::parse_whole(bits)?)),
        _ => None,
    }
}

fn address(value: &Value) -> Option<IpAddr> {
    match value {
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn of_text(value: &Value, function: impl Fn(&str) -> Option<Value>) -> Value {
    match value {
        Value::Text(text) => function(text).unwrap_or(Value::Missing),
        _ => Value::Missing,
    }
}

fn of_two(left: &Value, right: &Value, function: impl Fn(&str, &str) -> Option<Value>) -> Value {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => function(left, right).unwrap_or(Value::Missing),
        _ => Value::Missing,
    }
}

fn of_time(value: &Value, function: impl Fn(i64) -> Option<Value>) -> Value {
    match value {
        Value::Time(time) => function(*time).unwrap_or(Value::Missing),
        _ => Value::Missing,
    }
}

/// A value inside a longer text; nothing when it is missing.
pub fn written(value: &Value) -> Option<String> {
    Some(match value {
        Value::Missing => return None,
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Time(time) => time_text(*time),
        Value::Duration(span) => duration_text(*span),
        Value::List(items) => items.iter().filter_map(written).collect::<Vec<_>>().join(", "),
    })
}

/// The value of an expression for one row; a condition's is always `Bool`.
pub fn holds(expr: &Expr, row: &dyn Fn(&str) -> Value) -> Value {
    match expr {
        Expr::Column(name) => row(name),
        Expr::Literal(value) => value.clone(),
        Expr::Compare(comparison, left, right) => {
            Value::Bool(compare_as(*comparison, &holds(left, row), &holds(right, row), is_cased(left) || is_cased(right)))
        }
        Expr::In(inner, values) => {
            let given = holds(inner, row);
            Value::Bool(values.iter().any(|value| compare_as(Comparison::Equal, &given, value, is_cased(inner))))
        }
        Expr::TupleIn(parts, rows) => {
            let given: Vec<Value> = parts.iter().map(|part| holds(part, row)).collect();
            let equal = |index: usize, value: &Value| compare_as(Comparison::Equal, &given[index], value, is_cased(&parts[index]));
            Value::Bool(rows.iter().any(|row| row.len() == given.len() && row.iter().enumerate().all(|(index, value)| equal(index, value))))
        }
        Expr::Call(func, arguments) => {
            let cased = arguments.iter().any(is_cased);
            apply_as(*func, &arguments.iter().map(|argument| holds(argument, row)).collect::<Vec<_>>(), cased)
        }
        Expr::Not(inner) => Value::Bool(!is_true(inner, row)),
        Expr::And(parts) => Value::Bool(parts.iter().all(|part| is_true(part, row))),
        Expr::Or(parts) => Value::Bool(parts.iter().any(|part| is_true(part, row))),
        Expr::If(condition, yes, no) => holds(if is_true(condition, row) { yes } else { no }, row),
    }
}

fn is_true(expr: &Expr, row: &dyn Fn(&str) -> Value) -> bool {
    holds(expr, row) == Value::Bool(true)
}

/// The operand without its mark.
pub fn uncased(expr: &Arc<Expr>) -> &Arc<Expr> {
    match &**expr {
        Expr::Call(Func::Cased, arguments) => arguments.first().map_or(expr, uncased),
        _ => expr,
    }
}

/// Whether an operand is marked to compare exactly.
pub fn is_cased(expr: &Arc<Expr>) -> bool {
    matches!(&**expr, Expr::Call(Func::Cased, _))
}
