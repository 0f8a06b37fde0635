//! Groups of which only counts, distinct values and extremes are asked: rows are counted by exact spelling first, as numbers, and what is left is folded.

use std::sync::Arc;

use polars::prelude::{Column, DataFrame, DataType, Expr as PolarsExpr, Int64Chunked, IntoColumn, IntoLazy, NewChunkedArray, SortMultipleOptions, len};
use polars::prelude::{StringChunkedBuilder, lit};

use super::ranks::Ranks;
use super::{Grouping, answer_name, key_name, spelling_name, value_name};
use crate::backend::BackendError;
use crate::backend::local::expr::{column, kernel_of};
use crate::backend::local::job::Job;
use crate::backend::local::kernel::{Codes, Known};
use crate::backend::local::run;
use crate::backend::local::stage::Stage;
use crate::frame::physical;
use crate::plan::{Aggregate, Fold, Schema};
use crate::telemetry::Type;

/// How many rows stand behind one that was counted by its exact spelling.
const ROWS: &str = "\u{2}rows";
/// The number of a row's texts.
const TUPLE: &str = "\u{2}tuple";

/// The groups, sorted by their keys. `distinct` is the column of which distinct values are counted.
pub fn apply(job: &mut Job, stage: Stage, grouping: &Grouping<'_>, distinct: Option<&Arc<str>>, schema: &Schema) -> Result<Stage, BackendError> {
    let mut by: Vec<Arc<str>> = grouping.keys.to_vec();
    by.extend(distinct.filter(|distinct| !grouping.keys.contains(distinct)).cloned());
    let (texts, others): (Vec<Arc<str>>, Vec<Arc<str>>) = by.into_iter().partition(|name| grouping.kind(name) == Type::Text);
    let codes = Arc::new(Codes::new(texts.len()));
    let counted = {
        let codes = codes.clone();
        let tuple = kernel_of(texts.iter().map(|name| column(name)).collect(), Type::Int, move |columns| codes.of(columns)).alias(TUPLE);
        let by = (!texts.is_empty()).then_some(tuple).into_iter().chain(others.iter().map(|name| column(name)));
        let mut answers = vec![len().cast(DataType::Int64).alias(ROWS)];
        answers.extend(grouping.aggregates.iter().enumerate().filter_map(|(position, aggregate)| extreme(aggregate, position)));
        let query = job.lazy(stage)?.group_by(by.collect::<Vec<_>>()).agg(answers);
        job.collect(query)?
    };
    let known = codes.take();
    let ranks = Ranks::of(known.texts());
    let rows = numbered(counted, &texts, grouping, distinct, &known, &ranks).map_err(run::failed)?;
    let groups = run::collect_in_memory(folded(rows, grouping), &job.limits)?;
    Ok(Stage::kept(shown(groups, grouping, schema, &known, &ranks)?.lazy(), schema.clone()))
}

/// The least or greatest value of a column in each group.
fn extreme(aggregate: &Aggregate, position: usize) -> Option<PolarsExpr> {
    let of = column(aggregate.column.as_ref()?);
    match aggregate.fold {
        Fold::Min => Some(of.min().alias(value_name(position))),
        Fold::Max => Some(of.max().alias(value_name(position))),
        Fold::Count | Fold::Sum | Fold::Mean | Fold::Median | Fold::Std | Fold::NUnique | Fold::First | Fold::Last | Fold::List | Fold::Quantile(_) => None,
    }
}

/// Texts as places in their order: of the folded form to group by, of the spelling to choose what is shown.
fn numbered(
    mut rows: DataFrame,
    texts: &[Arc<str>],
    grouping: &Grouping<'_>,
    distinct: Option<&Arc<str>>,
    known: &Known,
    ranks: &Ranks,
) -> polars::prelude::PolarsResult<DataFrame> {
    let tuples: Vec<u32> = match rows.column(TUPLE) {
        Ok(tuples) => tuples.i64()?.iter().map(|tuple| tuple.and_then(|tuple| u32::try_from(tuple).ok()).unwrap_or_default()).collect(),
        Err(_) => Vec::new(),
    };
    let numbers = |name: &Arc<str>| texts.iter().position(|text| text == name).map(|position| known.column(&tuples, position));
    let places = |name: String, numbers: &[u32], place: &dyn Fn(u32) -> Option<i64>| {
        Int64Chunked::from_iter_options(name.as_str().into(), numbers.iter().map(|number| place(*number))).into_column()
    };
    let mut added: Vec<Column> = Vec::new();
    for (position, key) in grouping.keys.iter().enumerate() {
        match numbers(key) {
            Some(numbers) => {
                added.push(places(key_name(position), &numbers, &|number| ranks.folded(number)));
                added.push(places(spelling_name(position), &numbers, &|number| ranks.spelling(number)));
            }
            None => added.push(rows.column(key)?.clone().with_name(key_name(position).as_str().into())),
        }
    }
    for (position, aggregate) in grouping.aggregates.iter().enumerate() {
        let Some(of) = distinct.filter(|_| aggregate.fold == Fold::NUnique) else { continue };
        added.push(match numbers(of) {
            Some(numbers) => places(value_name(position), &numbers, &|number| ranks.folded(number)),
            None => rows.column(of)?.clone().with_name(value_name(position).as_str().into()),
        });
    }
    for column in added {
        rows.with_column(column)?;
    }
    Ok(rows)
}

/// One row for each group as the language tells groups apart, in the order of the keys.
fn folded(rows: DataFrame, grouping: &Grouping<'_>) -> polars::prelude::LazyFrame {
    let mut answers = Vec::new();
    for (position, key) in grouping.keys.iter().enumerate() {
        if grouping.kind(key) == Type::Text {
            answers.push(column(&spelling_name(position)).min());
        }
    }
    for (position, aggregate) in grouping.aggregates.iter().enumerate() {
        let value = column(&value_name(position));
        let answer = match aggregate.fold {
            Fold::Min => value.min(),
            Fold::Max => value.max(),
            Fold::NUnique => value.clone().n_unique().cast(DataType::Int64) - value.null_count().gt(lit(0)).cast(DataType::Int64),
            Fold::Count | Fold::Sum | Fold::Mean | Fold::Median | Fold::Std | Fold::First | Fold::Last | Fold::List | Fold::Quantile(_) => column(ROWS).sum(),
        };
        answers.push(answer.alias(answer_name(position)));
    }
    let by: Vec<PolarsExpr> = (0..grouping.keys.len()).map(|position| column(&key_name(position))).collect();
    rows.lazy().group_by(by.clone()).agg(answers).sort_by_exprs(by, SortMultipleOptions::default().with_nulls_last(true))
}

/// The answer's columns: texts again, aggregates in their types.
fn shown(groups: DataFrame, grouping: &Grouping<'_>, schema: &Schema, known: &Known, ranks: &Ranks) -> Result<DataFrame, BackendError> {
    let mut columns: Vec<Column> = Vec::new();
    for (position, key) in grouping.keys.iter().enumerate() {
        let name = (&**key).into();
        columns.push(if grouping.kind(key) == Type::Text {
            let places = groups.column(&spelling_name(position)).and_then(|places| places.i64().cloned()).map_err(run::failed)?;
            let mut texts = StringChunkedBuilder::new(name, places.len());
            places.iter().for_each(|place| texts.append_option(place.and_then(|place| ranks.at(known.texts(), place))));
            texts.finish().into_column()
        } else {
            groups.column(&key_name(position)).map_err(run::failed)?.clone().with_name(name)
        });
    }
    for (position, aggregate) in grouping.aggregates.iter().enumerate() {
        let answer = groups.column(&answer_name(position)).map_err(run::failed)?;
        let kind = physical(schema.kind(&aggregate.name).unwrap_or(Type::Text));
        columns.push(answer.cast(&kind).map_err(run::failed)?.with_name((&*aggregate.name).into()));
    }
    DataFrame::new(groups.height(), columns).map_err(run::failed)
}
