//! Arithmetic of predicates: never panics; what has no value (division by zero, overflow) is missing.

use super::{Arithmetic, Value};

/// Whole numbers, and times and durations in milliseconds. Division cuts off.
pub fn whole(operation: Arithmetic, left: i64, right: i64) -> Option<i64> {
    match operation {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide => left.checked_div(right),
        Arithmetic::Remainder => left.checked_rem(right),
    }
}

/// Floats: an answer that is no finite number is missing.
pub fn float(operation: Arithmetic, left: f64, right: f64) -> Option<f64> {
    let answer = match operation {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
    };
    answer.is_finite().then_some(answer)
}

/// A duration times or divided by a float, to the nearest millisecond.
pub fn scaled(operation: Arithmetic, left: f64, right: f64) -> Option<i64> {
    float(operation, left, right).map(f64::round).filter(|answer| answer.abs() < 9.2e18).map(|answer| answer as i64)
}

/// Arithmetic on two values of any types that have it.
pub fn arithmetic(operation: Arithmetic, left: &Value, right: &Value) -> Value {
    use Value::{Duration, Float, Int, Time};
    let answer = match (left, right) {
        (Int(a), Int(b)) => whole(operation, *a, *b).map(Int),
        (Int(a), Float(b)) => float(operation, *a as f64, *b).map(Float),
        (Float(a), Int(b)) => float(operation, *a, *b as f64).map(Float),
        (Float(a), Float(b)) => float(operation, *a, *b).map(Float),
        (Time(a), Time(b)) if operation == Arithmetic::Subtract => whole(operation, *a, *b).map(Duration),
        (Duration(a), Duration(b)) if operation == Arithmetic::Divide => float(operation, *a as f64, *b as f64).map(Float),
        (Duration(a), Duration(b)) if matches!(operation, Arithmetic::Add | Arithmetic::Subtract) => whole(operation, *a, *b).map(Duration),
        (Duration(a), Int(b)) if matches!(operation, Arithmetic::Multiply | Arithmetic::Divide) => whole(operation, *a, *b).map(Duration),
        (Int(a), Duration(b)) if operation == Arithmetic::Multiply => whole(operation, *a, *b).map(Duration),
        (Duration(a), Float(b)) if matches!(operation, Arithmetic::Multiply | Arithmetic::Divide) => scaled(operation, *a as f64, *b).map(Duration),
        (Float(a), Duration(b)) if operation == Arithmetic::Multiply => scaled(operation, *a, *b as f64).map(Duration),
        (Time(a), Duration(b)) if matches!(operation, Arithmetic::Add | Arithmetic::Subtract) => whole(operation, *a, *b).map(Time),
        (Duration(a), Time(b)) if operation == Arithmetic::Add => whole(operation, *a, *b).map(Time),
        _ => None,
    };
    answer.unwrap_or(Value::Missing)
}

/// The square root of a number.
pub fn square_root(value: &Value) -> Value {
    let root = match value {
        Value::Int(number) => root(*number as f64),
        Value::Float(number) => root(*number),
        Value::Missing | Value::Bool(_) | Value::Text(_) | Value::Time(_) | Value::Duration(_) | Value::List(_) => None,
    };
    root.map_or(Value::Missing, Value::Float)
}

/// What no real number is the root of has none.
pub fn root(number: f64) -> Option<f64> {
    Some(number.sqrt()).filter(|root| root.is_finite())
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
