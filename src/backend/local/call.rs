//! The functions of predicates as Polars expressions: fast over columns where the other arguments are known, else value by value.

use std::borrow::Cow;
use std::sync::Arc;

use polars::prelude::{Column, Expr as PolarsExpr, PolarsResult, coalesce, lit};

use super::expr::{Lowering, kernel_of, texts_of};
use super::kernel::{self, TextTest};
use crate::frame::physical;
use crate::plan::text::{self, Needle};
use crate::plan::{Arithmetic, Expr, Func, PlanError, Value, apply_as, is_cased, time, uncased};
use crate::telemetry::Type;

/// One call; `kind` is the type of its answer.
pub fn lower(lowering: &Lowering<'_>, func: Func, arguments: &[Arc<Expr>], kind: Option<Type>) -> Result<PolarsExpr, PlanError> {
    let Some((receiver, rest)) = arguments.split_first() else { return plain(lowering, func, arguments, kind) };
    let cased = arguments.iter().any(is_cased);
    match func {
        Func::Cased => Ok(lowering.value(receiver)?.expr),
        Func::IsMissing => Ok(lowering.value(receiver)?.expr.is_null()),
        Func::IsTrue => Ok(lowering.value(receiver)?.expr.fill_null(lit(false))),
        Func::Pattern(_) if lowering.value(receiver)?.kind == Some(Type::List) => plain(lowering, func, arguments, kind),
        Func::Pattern(test) => match rest.first().map(|pattern| &**uncased(pattern)) {
            Some(Expr::Literal(Value::List(patterns))) => lowering.text_test(receiver, TextTest::new(test, &texts_of(patterns), cased)),
            Some(Expr::Literal(one)) => lowering.text_test(receiver, TextTest::new(test, &texts_of(std::slice::from_ref(one)), cased)),
            Some(_) | None => plain(lowering, func, arguments, kind),
        },
        Func::IsPublic => lowering.text_test(receiver, TextTest::Public),
        Func::IsPrivate => lowering.text_test(receiver, TextTest::Private),
        Func::Lower => texts(lowering, receiver, |text| Some(Cow::Owned(text.to_lowercase()))),
        Func::Upper => texts(lowering, receiver, |text| Some(Cow::Owned(text.to_uppercase()))),
        Func::Basename => texts(lowering, receiver, |text| Some(Cow::Borrowed(text::basename(text)))),
        Func::Dirname => texts(lowering, receiver, |text| text::dirname(text).map(Cow::Borrowed)),
        Func::Extension => texts(lowering, receiver, |text| text::extension(text).map(Cow::Borrowed)),
        Func::DecodeBase64 => texts(lowering, receiver, |text| text::decode_base64(text).map(Cow::Owned)),
        Func::Before | Func::After => match known_texts(rest).as_deref() {
            Some([mark]) => {
                let needle = Needle::new(mark, cased);
                let before = func == Func::Before;
                texts(lowering, receiver, move |text| if before { text::before(text, &needle) } else { text::after(text, &needle) }.map(Cow::Borrowed))
            }
            _ => plain(lowering, func, arguments, kind),
        },
        Func::Between => match known_texts(rest).as_deref() {
            Some([start, end]) => {
                let (start, end) = (Needle::new(start, cased), Needle::new(end, cased));
                texts(lowering, receiver, move |text| text::between(text, &start, &end).map(Cow::Borrowed))
            }
            _ => plain(lowering, func, arguments, kind),
        },
        Func::Replace => match known_texts(rest).as_deref() {
            Some([old, new]) => {
                let (old, new) = (Needle::new(old, cased), new.to_string());
                texts(lowering, receiver, move |text| Some(text::replace(text, &old, &new)))
            }
            _ => plain(lowering, func, arguments, kind),
        },
        Func::Len => match lowering.value(receiver)?.kind {
            Some(Type::Text) => column_of(lowering, receiver, Type::Text, Type::Int, kernel::text_lengths),
            _ => plain(lowering, func, arguments, kind),
        },
        Func::Hour(zone) => times(lowering, receiver, Type::Int, move |at| Some(time::hour(at, zone))),
        Func::Weekday(zone) => times(lowering, receiver, Type::Int, move |at| Some(time::weekday(at, zone))),
        Func::Date(zone) => column_of(lowering, receiver, Type::Time, Type::Text, move |times| kernel::dates(times, zone)),
        Func::Floor(zone) => match rest.first().map(|interval| &**interval) {
            Some(Expr::Literal(Value::Duration(interval))) => {
                let interval = *interval;
                times(lowering, receiver, Type::Time, move |at| time::floor(at, interval, zone))
            }
            _ => plain(lowering, func, arguments, kind),
        },
        Func::Arithmetic(operation) => arithmetic(lowering, operation, arguments, kind),
        Func::Negate => match kind {
            Some(kind @ (Type::Int | Type::Float | Type::Duration | Type::Hex)) => column_of(lowering, receiver, kind, kind, kernel::negate),
            Some(Type::Text | Type::Bool | Type::Time | Type::List) | None => plain(lowering, func, arguments, kind),
        },
        Func::SquareRoot => column_of(lowering, receiver, Type::Float, Type::Float, kernel::square_roots),
        Func::OrElse => {
            let kind = kind.unwrap_or(Type::Text);
            let values = arguments.iter().map(|argument| Ok(lowering.value_as(argument, kind)?.expr)).collect::<Result<Vec<_>, PlanError>>()?;
            Ok(coalesce(&values))
        }
        Func::HasBits | Func::AnyBits => match rest.first().map(|bits| &**uncased(bits)) {
            Some(Expr::Literal(Value::Int(bits))) if matches!(lowering.value(receiver)?.kind, Some(Type::Int | Type::Hex)) => {
                let (bits, all) = (*bits, func == Func::HasBits);
                column_of(lowering, receiver, Type::Int, Type::Bool, move |column| kernel::test_bits(column, bits, all))
            }
            _ => plain(lowering, func, arguments, kind),
        },
        Func::Fitting(test) => match (&**receiver, rest.split_first()) {
            (Expr::Literal(patterns), Some((names, texts))) if !texts.is_empty() => {
                let patterns = match patterns {
                    Value::List(patterns) => texts_of(patterns),
                    one => texts_of(std::slice::from_ref(one)),
                };
                let names: Vec<Arc<str>> = match &**names {
                    Expr::Literal(Value::List(names)) => texts_of(names).into_iter().map(Arc::from).collect(),
                    _ => return plain(lowering, func, arguments, kind),
                };
                let test = TextTest::new(test, &patterns, cased);
                let texts = texts.iter().map(|text| Ok(lowering.value_as(uncased(text), Type::Text)?.expr)).collect::<Result<Vec<_>, PlanError>>()?;
                Ok(kernel_of(texts, Type::List, move |columns| kernel::fitting_texts(columns, &names, &test)))
            }
            _ => plain(lowering, func, arguments, kind),
        },
        Func::Split | Func::Entropy | Func::Levenshtein | Func::Concat | Func::Joined | Func::Named | Func::Hex | Func::Item => {
            plain(lowering, func, arguments, kind)
        }
    }
}

/// Value by value, by the definition itself.
fn plain(lowering: &Lowering<'_>, func: Func, arguments: &[Arc<Expr>], kind: Option<Type>) -> Result<PolarsExpr, PlanError> {
    let cased = arguments.iter().any(is_cased);
    let mut known = Vec::new();
    let mut inputs = Vec::new();
    let mut kinds = Vec::new();
    for argument in arguments {
        match &**uncased(argument) {
            Expr::Literal(value) => known.push(Some(value.clone())),
            _ => {
                known.push(None);
                inputs.push(uncased(argument));
                kinds.push(lowering.schema.type_of(argument)?.unwrap_or(Type::Text));
            }
        }
    }
    lowering.by_value(&inputs, &kinds, kind.unwrap_or(Type::Text), move |values| {
        let mut given = values.iter();
        let all: Vec<Value> = known.iter().map(|value| value.clone().or_else(|| given.next().cloned()).unwrap_or(Value::Missing)).collect();
        apply_as(func, &all, cased)
    })
}

/// Fast where both sides are whole numbers (times and durations are) or both floats.
fn arithmetic(lowering: &Lowering<'_>, operation: Arithmetic, arguments: &[Arc<Expr>], kind: Option<Type>) -> Result<PolarsExpr, PlanError> {
    let func = Func::Arithmetic(operation);
    let [left, right] = arguments else { return plain(lowering, func, arguments, kind) };
    let (Some(left_kind), Some(right_kind), Some(kind)) = (lowering.schema.type_of(left)?, lowering.schema.type_of(right)?, kind) else {
        return plain(lowering, func, arguments, kind);
    };
    let float = |kind| kind == Type::Float;
    let number = |kind| matches!(kind, Type::Int | Type::Hex | Type::Float);
    let inputs = if number(left_kind) && number(right_kind) && (float(left_kind) || float(right_kind)) {
        [lowering.value_as(left, Type::Float)?.expr, lowering.value_as(right, Type::Float)?.expr]
    } else if float(left_kind) || float(right_kind) || kind == Type::Float {
        return plain(lowering, func, arguments, Some(kind));
    } else {
        let whole = physical(Type::Int);
        [lowering.value(left)?.expr.cast(whole.clone()), lowering.value(right)?.expr.cast(whole)]
    };
    let counted = if kind == Type::Time { Type::Int } else { kind };
    let answer = kernel_of(inputs.into(), counted, move |columns| match columns {
        [left, right] => kernel::arithmetic(operation, left, right),
        _ => Ok(Column::default()),
    });
    Ok(if counted == kind { answer } else { answer.cast(physical(kind)) })
}

/// The further arguments, when they are texts that are known now.
fn known_texts(arguments: &[Arc<Expr>]) -> Option<Vec<&str>> {
    let text = |argument| match &**uncased(argument) {
        Expr::Literal(Value::Text(text)) => Some(&**text),
        _ => None,
    };
    arguments.iter().map(text).collect()
}

fn texts(
    lowering: &Lowering<'_>,
    receiver: &Arc<Expr>,
    function: impl Fn(&str) -> Option<Cow<'_, str>> + Send + Sync + 'static,
) -> Result<PolarsExpr, PlanError> {
    column_of(lowering, receiver, Type::Text, Type::Text, move |column| kernel::map_texts(column, &function))
}

fn times(
    lowering: &Lowering<'_>,
    receiver: &Arc<Expr>,
    answer: Type,
    function: impl Fn(i64) -> Option<i64> + Send + Sync + 'static,
) -> Result<PolarsExpr, PlanError> {
    let numbers = column_of(lowering, receiver, Type::Time, Type::Int, move |column| kernel::map_times(column, &function))?;
    Ok(if answer == Type::Time { numbers.cast(physical(Type::Time)) } else { numbers })
}

fn column_of(
    lowering: &Lowering<'_>,
    receiver: &Arc<Expr>,
    taken: Type,
    answer: Type,
    function: impl Fn(&Column) -> PolarsResult<Column> + Send + Sync + 'static,
) -> Result<PolarsExpr, PlanError> {
    let value = lowering.value_as(uncased(receiver), taken)?.expr;
    Ok(kernel_of(vec![value], answer, move |columns| match columns {
        [column] => function(column),
        _ => Ok(Column::default()),
    }))
}
