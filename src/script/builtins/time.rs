//! Times and durations.

use rhai::{Dynamic, ImmutableString};

use super::{Answer, Call, Declared, Kind, free, method, property};
use crate::diag::Fault;
use crate::hunt::period;
use crate::plan::{Arithmetic, Func, Value, apply};
use crate::script::fault;
use crate::script::value::{Span, Time, dynamic, func_of};

pub(super) fn declared() -> Vec<Declared> {
    vec![
        free("now", &[], 0, "The run's clock", "now()", |call| Ok(Dynamic::from(Time(call.run.setup.now)))),
        free("time", &[("text", Kind::Text)], 1, "A date (midnight in the run's time zone) or an RFC 3339 time", "time(\"2020-09-21T08:30:00Z\")", |call| {
            call.time(0).map(|time| Dynamic::from(Time(time)))
        }),
        free("duration", &[("text", Kind::Text)], 1, "A duration as `90s`, `5m`, `36h`, `7d`", "duration(\"36h\")", |call| {
            call.span(0).map(|span| Dynamic::from(Span(span)))
        }),
        unit("days", "That many days", "7.days"),
        unit("day", "One day, or a part of it", "1.day"),
        unit("hours", "That many hours", "36.hours"),
        unit("hour", "One hour, or a part of it", "1.hour"),
        unit("minutes", "That many minutes", "5.minutes"),
        unit("minute", "One minute, or a part of it", "1.minute"),
        unit("seconds", "That many seconds", "30.seconds"),
        unit("second", "One second, or a part of it", "1.second"),
        unit("milliseconds", "That many milliseconds", "250.milliseconds"),
        unit("weeks", "That many weeks", "2.weeks"),
        unit("week", "One week, or a part of it", "1.week"),
        measure("days", "The duration in days", "36.hours.days"),
        measure("hours", "The duration in hours", "2.days.hours"),
        measure("minutes", "The duration in minutes", "2.hours.minutes"),
        measure("seconds", "The duration in seconds", "2.minutes.seconds"),
        method(
            Kind::Time,
            "format",
            &[("format", Kind::Text)],
            1,
            "The time by a strftime format, in the run's time zone",
            "now().format(\"%Y-%m-%d\")",
            |call| {
                let time = call.receiver::<Time>()?;
                let text = period::format_time(time.0, &call.text(0), call.run.setup.zone).map_err(|error| call.fail_at(0, Fault::from(&error)))?;
                Ok(ImmutableString::from(text).into())
            },
        ),
        part("hour", "0 to 23, in the run's time zone", "now().hour()"),
        part("weekday", "1 to 7, Monday first, in the run's time zone", "now().weekday()"),
        part("date", "The day as `2020-09-21`, in the run's time zone", "now().date()"),
        method(
            Kind::Time,
            "floor",
            &[("interval", Kind::Duration)],
            1,
            "The start of the interval that holds the time, counted from midnight",
            "now().floor(5.minutes)",
            |call| {
                let (time, span) = (call.receiver::<Time>()?, call.span(0)?);
                Ok(dynamic(&apply(Func::Floor(call.run.setup.zone), &[Value::Time(time.0), Value::Duration(span)])))
            },
        ),
        sum(Kind::Duration, "+", "The durations added up, or the time that much later"),
        sum(Kind::Duration, "-", "What is left of the duration"),
        sum(Kind::Duration, "*", "The duration that many times"),
        sum(Kind::Duration, "/", "A part of the duration; by a duration, how often it fits in"),
        sum(Kind::Time, "+", "The time that much later"),
        sum(Kind::Time, "-", "The time that much earlier; between two times, the duration"),
        method(Kind::Duration, "-", &[], 0, "The duration backwards", "-7.days", |call| {
            let span = call.receiver::<Span>()?;
            Ok(Dynamic::from(Span(span.0.saturating_neg())))
        }),
    ]
}

const fn unit(name: &'static str, doc: &'static str, example: &'static str) -> Declared {
    property(Kind::Number, name, doc, example, |call| {
        let number = call.receiver_value();
        let size = size_of(call.declared.name);
        let span = match number.as_int() {
            Ok(whole) => whole.checked_mul(size),
            Err(_) => number.as_float().ok().map(|part| part * size as f64).filter(|span| span.abs() < 9e18).map(|span| span.round() as i64),
        };
        span.map(|span| Dynamic::from(Span(span))).ok_or_else(|| call.fail(too_long()))
    })
}

const fn measure(name: &'static str, doc: &'static str, example: &'static str) -> Declared {
    property(Kind::Duration, name, doc, example, |call| {
        let span = call.receiver::<Span>()?;
        let size = size_of(call.declared.name);
        Ok(if span.0 % size == 0 { (span.0 / size).into() } else { (span.0 as f64 / size as f64).into() })
    })
}

fn size_of(unit: &str) -> i64 {
    match unit.trim_end_matches('s') {
        "week" => 604_800_000,
        "day" => 86_400_000,
        "hour" => 3_600_000,
        "minute" => 60_000,
        "second" => 1_000,
        _ => 1,
    }
}

const fn part(name: &'static str, doc: &'static str, example: &'static str) -> Declared {
    method(Kind::Time, name, &[], 0, doc, example, |call| {
        let time = call.receiver::<Time>()?;
        let func = func_of(call.declared.name, call.run.setup.zone).unwrap_or(Func::Hour(call.run.setup.zone));
        Ok(dynamic(&apply(func, &[Value::Time(time.0)])))
    })
}

const fn sum(receiver: Kind, sign: &'static str, doc: &'static str) -> Declared {
    let example = match (receiver, sign.as_bytes()[0]) {
        (Kind::Duration, b'+') => "1.days + 2.hours",
        (Kind::Duration, b'-') => "1.days - 2.hours",
        (Kind::Duration, b'*') => "1.days * 2",
        (Kind::Duration, _) => "1.days / 2",
        (Kind::Time, b'+') => "now() + 2.hours",
        _ => "now() - 2.hours",
    };
    method(receiver, sign, &[("other", Kind::Any)], 1, doc, example, arithmetic)
}

fn arithmetic(call: &Call) -> Answer<Dynamic> {
    let other = call.value(0);
    let value = |value: &Dynamic| crate::script::value::literal(value).unwrap_or(Value::Missing);
    let (left, right) = (value(&call.receiver_value()), value(&other));
    if left.is_missing() || (right.is_missing() && other.is_unit()) {
        return Ok(Dynamic::UNIT);
    }
    let func = Func::Arithmetic(match call.declared.name {
        "+" => Arithmetic::Add,
        "-" => Arithmetic::Subtract,
        "*" => Arithmetic::Multiply,
        _ => Arithmetic::Divide,
    });
    // Types are checked as those of a query are.
    let made = crate::plan::Expr::Call(func, vec![crate::plan::Expr::literal(left.clone()), crate::plan::Expr::literal(right.clone())]);
    let known = if right.is_missing() { None } else { crate::plan::Schema::default().type_of(&made).ok() };
    if known.is_none() {
        let (left, right) = (call.receiver_value(), other);
        let words = (crate::script::value::type_word(call.context.engine(), &left), crate::script::value::type_word(call.context.engine(), &right));
        let message = format!("`{}` can't be done with {} and {}", call.declared.name, words.0, words.1);
        return Err(call.fail(Fault::new("types::operator", message).with_help("a duration is written as `5.minutes`")));
    }
    let is_zero = matches!(right, Value::Int(0) | Value::Duration(0)) || matches!(right, Value::Float(number) if number == 0.0);
    match apply(func, &[left, right]) {
        Value::Missing if is_zero => {
            Err(call.fail_at(0, Fault::new("value::arithmetic", "nothing can be divided by 0").with_help("a part is written as `1.days / 2`")))
        }
        Value::Missing => Err(call.fail(too_long())),
        Value::Time(time) => period::within(time).map(|time| Dynamic::from(Time(time))).map_err(|error| call.fail(Fault::from(&error))),
        answer => Ok(dynamic(&answer)),
    }
}

fn too_long() -> Fault {
    Fault::new("value::arithmetic", "this duration is too long").with_help("the whole calendar, the years 1 to 9999, has some 520,000 weeks")
}

/// `2 * 1.days`: a number first. Declared for the very types, so that numbers among themselves stay Rhai's.
pub(super) fn register(engine: &mut rhai::Engine) {
    engine.register_fn("*", |times: rhai::INT, span: Span| times_over(span, Value::Int(times)));
    engine.register_fn("*", |times: rhai::FLOAT, span: Span| times_over(span, Value::Float(times)));
}

fn times_over(span: Span, times: Value) -> Answer<Span> {
    match apply(Func::Arithmetic(Arithmetic::Multiply), &[Value::Duration(span.0), times]) {
        Value::Duration(span) => Ok(Span(span)),
        _ => Err(fault::raise(too_long(), rhai::Position::NONE)),
    }
}
