//! Functions over text and time columns, one pass each, with answers remembered where texts repeat.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use polars::prelude::{
    BooleanChunked, Column, Int64Chunked, IntoColumn, ListBuilderTrait, ListStringChunkedBuilder, NewChunkedArray, PlSmallStr, PolarsResult, StringChunked,
    StringChunkedBuilder,
};

use super::memo::Memo;
use super::test::TextTest;
use crate::plan::{fold, time};

/// Whether each text passes; missing ones do not.
pub fn test_texts(column: &Column, test: &TextTest) -> PolarsResult<Column> {
    let texts = column.str()?;
    let mut answers: Vec<bool> = Vec::with_capacity(texts.len());
    for array in texts.downcast_iter() {
        if test.is_costly() {
            let mut memo = Memo::new();
            let cells = array.iter().zip(array.views().iter());
            answers.extend(cells.map(|(text, view)| text.is_some_and(|text| memo.answer(view.as_u128(), || test.holds(text)))));
        } else {
            answers.extend(array.iter().map(|text| text.is_some_and(|text| test.holds(text))));
        }
    }
    Ok(BooleanChunked::from_slice(column.name().clone(), &answers).into_column())
}

/// For each row the names of the columns whose text passes; missing where none does. Columns of one cell stand for every row.
pub fn fitting_texts(columns: &[Column], names: &[Arc<str>], test: &TextTest) -> PolarsResult<Column> {
    let height = columns.iter().map(Column::len).max().unwrap_or(0);
    // Row after row; of a record's fields most are those of other kinds, and all missing.
    let mut fitting: Vec<(usize, usize)> = Vec::new();
    for (place, column) in columns.iter().enumerate().filter(|(_, column)| column.null_count() < column.len()) {
        let passes = test_texts(column, test)?;
        let passes = passes.bool()?;
        let one = passes.len() == 1;
        let rows = (0..height).filter(|row| passes.get(if one { 0 } else { *row }) == Some(true));
        fitting.extend(rows.map(|row| (row, place)));
    }
    fitting.sort_unstable();
    let mut lists = ListStringChunkedBuilder::new(PlSmallStr::EMPTY, height, fitting.len());
    let mut rest = fitting.as_slice();
    for row in 0..height {
        let (own, later) = rest.split_at(rest.partition_point(|(of, _)| *of == row));
        rest = later;
        if own.is_empty() {
            lists.append_null();
        } else {
            lists.append_values_iter(own.iter().filter_map(|(_, place)| names.get(*place)).map(|name| &**name));
        }
    }
    Ok(lists.finish().into_column())
}

/// Whether the texts of two columns stand in this order; never where one is missing.
pub fn compare_texts(left: &Column, right: &Column, cased: bool, holds: impl Fn(Ordering) -> bool) -> PolarsResult<Column> {
    let (left_texts, right_texts) = (left.str()?, right.str()?);
    let length = if left.len() == 1 { right.len() } else { left.len() };
    let at = |texts: &StringChunked, row: usize| if texts.len() == 1 { 0 } else { row };
    let compare = |row: usize| match (left_texts.get(at(left_texts, row)), right_texts.get(at(right_texts, row))) {
        (Some(left), Some(right)) => holds(if cased { left.cmp(right) } else { fold(left).cmp(&fold(right)) }),
        _ => false,
    };
    let answers: Vec<bool> = (0..length).map(compare).collect();
    Ok(BooleanChunked::from_slice(left.name().clone(), &answers).into_column())
}

/// A text for each text.
pub fn map_texts(column: &Column, function: impl Fn(&str) -> Option<Cow<'_, str>>) -> PolarsResult<Column> {
    let texts = column.str()?;
    let mut answers = StringChunkedBuilder::new(column.name().clone(), texts.len());
    for text in texts.iter() {
        match text.and_then(&function) {
            Some(text) => answers.append_value(text),
            None => answers.append_null(),
        }
    }
    Ok(answers.finish().into_column())
}

/// The form in which texts compare without case.
pub fn fold_texts(column: &Column) -> PolarsResult<Column> {
    map_texts(column, |text| Some(fold(text)))
}

/// Characters of each text.
pub fn text_lengths(column: &Column) -> PolarsResult<Column> {
    let lengths = column.str()?.iter().map(|text| text.map(|text| i64::try_from(text.chars().count()).unwrap_or(i64::MAX)));
    Ok(Int64Chunked::from_iter_options(column.name().clone(), lengths).into_column())
}

/// A number for each time, the answer of the time before reused when the times are equal.
pub fn map_times(column: &Column, function: impl Fn(i64) -> Option<i64>) -> PolarsResult<Column> {
    let times = column.datetime()?.physical();
    let mut last: Option<(i64, Option<i64>)> = None;
    let answers = times.iter().map(|time| {
        let time = time?;
        match last {
            Some((known, answer)) if known == time => answer,
            _ => {
                let answer = function(time);
                last = Some((time, answer));
                answer
            }
        }
    });
    Ok(Int64Chunked::from_iter_options(column.name().clone(), answers.collect::<Vec<_>>().into_iter()).into_column())
}

/// The day of each time as `2020-09-21`, in the zone.
pub fn dates(column: &Column, zone: chrono_tz::Tz) -> PolarsResult<Column> {
    let times = column.datetime()?.physical();
    let mut answers = StringChunkedBuilder::new(column.name().clone(), times.len());
    let mut last: Option<(i64, Option<String>)> = None;
    for at in times.iter() {
        let Some(at) = at else {
            answers.append_null();
            continue;
        };
        let day = time::local_day(at, zone);
        if last.as_ref().is_none_or(|(known, _)| *known != day) {
            last = Some((day, time::date_text(day)));
        }
        answers.append_option(last.as_ref().and_then(|(_, text)| text.as_deref()));
    }
    Ok(answers.finish().into_column())
}
