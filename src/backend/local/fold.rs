//! Finishing aggregates that Polars has no word for: texts by their spelling, lists, whole durations.

use std::borrow::Cow;
use std::cmp::Ordering;

use polars::prelude::{Column, Int64Chunked, IntoColumn, NewChunkedArray, PolarsResult};

use super::kernel;
use crate::plan::{Value, fold, order, written};
use crate::telemetry::Type;

/// Items that a list shows.
const MOST: usize = 100;

/// Texts so that their least is the one that sorts first without case: the folded form, then the text itself.
pub fn spelled(texts: &Column) -> PolarsResult<Column> {
    kernel::map_texts(texts, |text| Some(Cow::Owned(format!("{}\u{0}{text}", fold(text)))))
}

/// The texts themselves again.
pub fn unspelled(texts: &Column) -> PolarsResult<Column> {
    kernel::map_texts(texts, |text| {
        let mut ends = text.match_indices('\u{0}').map(|(end, _)| (&text[..end], &text[end + 1..]));
        ends.find(|(folded, spelling)| fold(spelling) == *folded).map(|(_, spelling)| Cow::Borrowed(spelling))
    })
}

/// Whole milliseconds of averages.
pub fn rounded(averages: &Column) -> PolarsResult<Column> {
    let whole = averages.f64()?.iter().map(|average| average.map(|average| average.round() as i64));
    Ok(Int64Chunked::from_iter_options(averages.name().clone(), whole).into_column())
}

/// Distinct values in their order, as texts, the first hundred. `kind` is that of the items.
pub fn listed(lists: &Column, kind: Type) -> PolarsResult<Column> {
    let lists_of = lists.list()?;
    let answers = (0..lists_of.len()).map(|row| {
        let Some(items) = lists_of.get_as_series(row) else { return Value::Missing };
        let values: Vec<Value> = items.iter().map(|item| kernel::to_value(item, kind)).filter(|value| !value.is_missing()).collect();
        Value::List(distinct(values).into_iter().filter_map(|value| shown(&value, kind)).map(Value::text).collect())
    });
    Ok(kernel::to_series(lists.name().clone(), &answers.collect::<Vec<_>>(), Type::List)?.into_column())
}

fn distinct(mut values: Vec<Value>) -> Vec<Value> {
    let by_case = |a: &Value, b: &Value| order(a, b, true).unwrap_or(Ordering::Equal);
    values.sort_by(|a, b| order(a, b, false).unwrap_or(Ordering::Equal).then_with(|| by_case(a, b)));
    values.dedup_by(|later, first| order(first, later, false) == Some(Ordering::Equal));
    values.truncate(MOST);
    values
}

fn shown(value: &Value, kind: Type) -> Option<String> {
    match (value, kind) {
        (Value::Int(number), Type::Hex) => Some(format!("0x{number:x}")),
        _ => written(value),
    }
}
