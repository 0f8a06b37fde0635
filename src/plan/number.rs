//! Arithmetic of predicates: never panics; what has no value (division by zero, overflow) is missing.

use super::{Func, Value};

/// Whole numbers, and times and durations in milliseconds. Division cuts off.
pub fn whole(func: Func, left: i64, right: i64) -> Option<i64> {
    match func {
        Func::Add => left.checked_add(right),
        Func::Subtract => left.checked_sub(right),
        Func::Multiply => left.checked_mul(right),
        Func::Divide => left.checked_div(right),
        Func::Remainder => left.checked_rem(right),
        other => not_arithmetic(other),
    }
}

/// Floats: an answer that is no finite number is missing.
pub fn float(func: Func, left: f64, right: f64) -> Option<f64> {
    let answer = match func {
        Func::Add => left + right,
        Func::Subtract => left - right,
        Func::Multiply => left * right,
        Func::Divide => left / right,
        Func::Remainder => left % right,
        other => return not_arithmetic(other),
    };
    answer.is_finite().then_some(answer)
}

/// A duration times or divided by a float, to the nearest millisecond.
pub fn scaled(func: Func, left: f64, right: f64) -> Option<i64> {
    float(func, left, right).map(f64::round).filter(|answer| answer.abs() < 9.2e18).map(|answer| answer as i64)
}

fn not_arithmetic<T>(_func: Func) -> Option<T> {
    None
}

/// Arithmetic on two values of any types that have it.
pub fn arithmetic(func: Func, left: &Value, right: &Value) -> Value {
    use Value::{Duration, Float, Int, Time};
    let answer = match (left, right) {
        (Int(a), Int(b)) => whole(func, *a, *b).map(Int),
        (Int(a), Float(b)) => float(func, *a as f64, *b).map(Float),
        (Float(a), Int(b)) => float(func, *a, *b as f64).map(Float),
        (Float(a), Float(b)) => float(func, *a, *b).map(Float),
        (Time(a), Time(b)) if func == Func::Subtract => whole(func, *a, *b).map(Duration),
        (Duration(a), Duration(b)) if func == Func::Divide => float(func, *a as f64, *b as f64).map(Float),
        (Duration(a), Duration(b)) if matches!(func, Func::Add | Func::Subtract) => whole(func, *a, *b).map(Duration),
        (Duration(a), Int(b)) if matches!(func, Func::Multiply | Func::Divide) => whole(func, *a, *b).map(Duration),
        (Int(a), Duration(b)) if func == Func::Multiply => whole(func, *a, *b).map(Duration),
        (Duration(a), Float(b)) if matches!(func, Func::Multiply | Func::Divide) => scaled(func, *a as f64, *b).map(Duration),
        (Float(a), Duration(b)) if func == Func::Multiply => scaled(func, *a, *b as f64).map(Duration),
        (Time(a), Duration(b)) if matches!(func, Func::Add | Func::Subtract) => whole(func, *a, *b).map(Time),
        (Duration(a), Time(b)) if func == Func::Add => whole(func, *a, *b).map(Time),
        _ => None,
    };
    answer.unwrap_or(Value::Missing)
}

/// The number with the other sign.
pub fn negate(value: &Value) -> Value {
    match value {
        Value::Int(number) => number.checked_neg().map_or(Value::Missing, Value::Int),
        Value::Duration(span) => span.checked_neg().map_or(Value::Missing, Value::Duration),
        Value::Float(number) => Value::Float(-number),
        Value::Missing | Value::Bool(_) | Value::Text(_) | Value::Time(_) | Value::List(_) => Value::Missing,
    }
}
