//! "Text ignores case everywhere", and a mix of types is an error: Rhai's own comparisons and text tests, taken over.

use rhai::{Array, Dynamic, Engine, EvalAltResult, FLOAT, INT, ImmutableString, NativeCallContext, Position};

use super::current::Current;
use super::fault;
use super::value::{Cased, Span, Time, TimePeriod, hex_number, type_word};
use crate::diag::Fault;
use crate::hunt::period;
use crate::plan::{Comparison, Value, compare, equals_folded, fold};

type Answer<T> = Result<T, Box<EvalAltResult>>;
type Text = ImmutableString;

/// The six comparisons: sign, what holds, whether it is turned around.
const COMPARISONS: [(&str, Comparison, bool); 6] = [
    ("==", Comparison::Equal, false),
    ("!=", Comparison::Equal, true),
    ("<", Comparison::Less, false),
    ("<=", Comparison::LessOrEqual, false),
    (">", Comparison::Greater, false),
    (">=", Comparison::GreaterOrEqual, false),
];

fn mixed(context: &NativeCallContext, left: &Dynamic, right: &Dynamic) -> Box<EvalAltResult> {
    let (left, right) = (type_word(context.engine(), left), type_word(context.engine(), right));
    let help = match left == right {
        true => "compare what they have, such as their `name`",
        false => "compare values of one type; `parse_int(text)` and `x.to_string()` change it",
    };
    fault::raise(Fault::new("types::mixed", format!("{left} and {right} can't be compared")).with_help(help), Position::NONE)
}

fn both(comparison: Comparison, not: bool, left: &Value, right: &Value) -> bool {
    compare(comparison, left, right) != not
}

pub(super) fn register(engine: &mut Engine, current: &Current) {
    engine.set_fast_operators(false);
    for (sign, comparison, not) in COMPARISONS {
        engine.register_fn(sign, move |a: Text, b: Text| both(comparison, not, &Value::text(&*a), &Value::text(&*b)));
        engine.register_fn(sign, move |a: Text, b: char| both(comparison, not, &Value::text(&*a), &Value::text(b.to_string())));
        engine.register_fn(sign, move |a: char, b: Text| both(comparison, not, &Value::text(a.to_string()), &Value::text(&*b)));
        engine.register_fn(sign, move |a: Time, b: Time| both(comparison, not, &Value::Int(a.0), &Value::Int(b.0)));
        engine.register_fn(sign, move |a: Span, b: Span| both(comparison, not, &Value::Int(a.0), &Value::Int(b.0)));
        exact(engine, sign, comparison, not);
        numbers(engine, sign, comparison, not);
        times(engine, current, sign, comparison, not);
        mixes(engine, sign);
    }
    missing(engine);
    missing_pairs(engine, current);
    lists(engine);
    engine.register_fn("==", |a: TimePeriod, b: TimePeriod| a == b);
    engine.register_fn("!=", |a: TimePeriod, b: TimePeriod| a != b);
    engine.register_fn("contains", |text: &str, character: char| fold(text).contains(&*fold(character.encode_utf8(&mut [0; 4]))));
}

/// Arithmetic with a missing value is missing, as in a query; no item is in a range that it is not known to be in.
fn missing(engine: &mut Engine) {
    macro_rules! stays_missing {
        ($($kind:ty),*) => { $( for sign in ["+", "-", "*", "/", "%"] {
            engine.register_fn(sign, |(): (), _: $kind| ());
            engine.register_fn(sign, |_: $kind, (): ()| ());
        } )* };
    }
    stays_missing!(INT, FLOAT, Text, Time, Span);
    for sign in ["+", "-", "*", "/", "%"] {
        engine.register_fn(sign, |(): (), (): ()| ());
    }
    engine.register_fn("-", |(): ()| ());
    engine.register_fn("!", |(): ()| true);
    engine.register_fn("contains", |_: &mut std::ops::Range<INT>, (): ()| false);
    engine.register_fn("contains", |_: &mut std::ops::RangeInclusive<INT>, (): ()| false);
}

/// Outside queries two missing values are the same. In a closure that is asked row by row they are no more equal than in a query,
/// unless `()` is written there.
fn missing_pairs(engine: &mut Engine, current: &Current) {
    for (sign, same) in [("==", true), ("!=", false)] {
        let current = current.clone();
        engine.register_fn(sign, move |context: NativeCallContext, (): (), (): ()| {
            let run = current.run();
            let is_query = run.is_row_by_row() && !run.sources.is_written(context.call_source(), |written| written.has_unit(context.call_position()));
            same != is_query
        });
    }
}

/// `text in list`: as `==` of each item, without asking the engine for every one of thousands.
fn lists(engine: &mut Engine) {
    engine.register_fn("contains", |context: NativeCallContext, list: &mut Array, text: Text| -> Answer<bool> {
        let folded = fold(&text);
        for item in list.iter() {
            let same = match item.as_immutable_string_ref() {
                Ok(item) => equals_folded(&item, &folded),
                Err(_) if item.is_unit() => false,
                Err(_) => context.call_native_fn_raw("==", false, &mut [&mut item.clone(), &mut Dynamic::from(text.clone())])?.as_bool().unwrap_or(false),
            };
            if same {
                return Ok(true);
            }
        }
        Ok(false)
    });
}

fn exact(engine: &mut Engine, sign: &str, comparison: Comparison, not: bool) {
    let holds = move |a: &str, b: &str| crate::plan::holds_for(comparison, a.cmp(b)) != not;
    engine.register_fn(sign, move |a: Cased, b: Cased| holds(&a.0, &b.0));
    engine.register_fn(sign, move |a: Cased, b: Text| holds(&a.0, &b));
    engine.register_fn(sign, move |a: Text, b: Cased| holds(&a, &b.0));
    engine.register_fn(sign, move |_: Cased, (): ()| not);
    engine.register_fn(sign, move |(): (), _: Cased| not);
}

/// A hexadecimal text beside a number is that number; any other text is a mix.
fn numbers(engine: &mut Engine, sign: &str, comparison: Comparison, not: bool) {
    let beside = move |context: &NativeCallContext, number: INT, text: &Text, swapped: bool| match hex_number(text) {
        Some(read) if swapped => Ok(both(comparison, not, &Value::Int(read), &Value::Int(number))),
        Some(read) => Ok(both(comparison, not, &Value::Int(number), &Value::Int(read))),
        None if swapped => Err(mixed(context, &text.clone().into(), &number.into())),
        None => Err(mixed(context, &number.into(), &text.clone().into())),
    };
    engine.register_fn(sign, move |context: NativeCallContext, a: INT, b: Text| beside(&context, a, &b, false));
    engine.register_fn(sign, move |context: NativeCallContext, a: Text, b: INT| beside(&context, b, &a, true));
}

/// A text beside a time is read as a time.
fn times(engine: &mut Engine, current: &Current, sign: &str, comparison: Comparison, not: bool) {
    let current = current.clone();
    let read = move |text: &str| period::parse_time(text, current.run().setup.zone).map_err(|error| fault::raise(Fault::from(&error), Position::NONE));
    let read_right = read.clone();
    engine.register_fn(sign, move |a: Time, b: Text| -> Answer<bool> { Ok(both(comparison, not, &Value::Int(a.0), &Value::Int(read_right(&b)?))) });
    engine.register_fn(sign, move |a: Text, b: Time| -> Answer<bool> { Ok(both(comparison, not, &Value::Int(read(&a)?), &Value::Int(b.0))) });
}

fn mixes(engine: &mut Engine, sign: &str) {
    macro_rules! loud {
        ($($left:ty, $right:ty;)*) => { $(
            engine.register_fn(sign, |context: NativeCallContext, a: $left, b: $right| -> Answer<bool> { Err(mixed(&context, &Dynamic::from(a), &Dynamic::from(b))) });
            engine.register_fn(sign, |context: NativeCallContext, a: $right, b: $left| -> Answer<bool> { Err(mixed(&context, &Dynamic::from(a), &Dynamic::from(b))) });
        )* };
    }
    loud! { bool, INT; bool, FLOAT; bool, Text; FLOAT, Text; }
    // Types of ours beside anything that is not of their own kind.
    any_type::<Time>(engine, sign);
    any_type::<Span>(engine, sign);
    any_type::<TimePeriod>(engine, sign);
    any_type::<Cased>(engine, sign);
    super::builtins::for_each_type(engine, sign);
}

/// Six comparisons with anything, so that none of them is false without a word. Missing stays missing.
pub(super) fn any_type<T: rhai::Variant + Clone>(engine: &mut Engine, sign: &str) {
    let equal = sign == "!=";
    engine.register_fn(sign, move |context: NativeCallContext, a: T, b: Dynamic| -> Answer<bool> {
        if b.is_unit() { Ok(equal) } else { Err(mixed(&context, &Dynamic::from(a), &b)) }
    });
    engine.register_fn(sign, move |context: NativeCallContext, a: Dynamic, b: T| -> Answer<bool> {
        if a.is_unit() { Ok(equal) } else { Err(mixed(&context, &a, &Dynamic::from(b))) }
    });
}
