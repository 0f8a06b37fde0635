//! Few rows out of many: which ones is found by a narrow read, and only those are then read whole.

use std::collections::HashSet;
use std::sync::Arc;

use polars::prelude::{
    BinaryChunked, BooleanChunked, Column, DataFrame, Expr as PolarsExpr, IntoColumn, IntoLazy, LazyFrame, NewChunkedArray, PolarsResult, SortMultipleOptions,
    lit,
};

use super::expr::{column, kernel_of};
use super::job::Job;
use super::kernel::{self, Seed, Texts};
use super::run;
use super::scan::{ORDER, Times};
use super::stage::{Order, Rows, Stage, in_order, in_reverse, order_columns, visible};
use super::steps::SortBy;
use crate::backend::BackendError;
use crate::plan::{Needed, Schema, SortKey};
use crate::telemetry::Type;

/// What a row's place in the row order comes to.
pub const PLACE: &str = "\u{2}place";
/// A number that follows from a row's place, spread evenly.
const SPREAD: &str = "\u{2}spread";

/// The first or last rows in row order: of the others not even the files are opened.
pub fn edge(job: &mut Job, stage: Stage, rows: usize, from_end: bool, needed: &Needed) -> Result<Stage, BackendError> {
    let schema = stage.schema.clone();
    let near = match job.bound(&stage, rows, from_end)? {
        Some(bound) if from_end => stage.between((Some(bound), None)),
        Some(bound) => stage.between((None, Some(bound))),
        None => of_places(job, stage, rows, from_end)?,
    };
    let near = job.materialise(near.blanked(needed))?;
    let chosen = if from_end { near.tail(Some(rows)) } else { near.head(Some(rows)) };
    Ok(Stage::kept(chosen.lazy(), schema))
}

/// The rows in the places of the first or last ones, which no time tells from the others.
fn of_places(job: &mut Job, stage: Stage, rows: usize, from_end: bool) -> Result<Stage, BackendError> {
    let (schema, seed) = (stage.schema.clone(), Arc::new(Seed::new()));
    let narrow = job.lazy(stage.clone().narrow(&[]))?;
    let sorted = if from_end { in_reverse(narrow) } else { in_order(narrow) };
    let chosen = job.collect(sorted.limit(u32::try_from(rows).unwrap_or(u32::MAX)).with_columns([place(&seed)]))?;
    let times = times_of(&chosen)?;
    let is_near = is_among(marks(&chosen, PLACE)?.collect(), &seed);
    Ok(stage.at(&times).map(schema, move |frame| frame.filter(is_near.clone())))
}

/// The first or last rows of all as they are sorted by some columns: these and the row order are read of all rows, the rest of the chosen ones.
pub fn sorted_edge(job: &mut Job, stage: Stage, keys: &[SortKey], rows: usize, from_end: bool, needed: &Needed) -> Result<Stage, BackendError> {
    let (schema, columns) = (stage.schema.clone(), visible(&stage.schema));
    let by = SortBy::new(&stage, keys).reversed(from_end);
    let seed = Arc::new(Seed::new());
    let limit = u32::try_from(rows).unwrap_or(u32::MAX);
    let named: Vec<Arc<str>> = keys.iter().map(|key| key.column.clone()).collect();
    let narrow = job.lazy(stage.clone().narrow(&named))?.select([by.columns.clone(), order_columns()].concat());
    let chosen = job.collect(by.sorted(narrow).limit(limit).with_columns([place(&seed)]))?;
    let places: HashSet<u128> = marks(&chosen, PLACE)?.collect();
    let times = times_of(&chosen)?;
    drop(chosen);
    let needed: Needed = needed.iter().cloned().chain(keys.iter().map(|key| key.column.clone())).collect();
    let query = job.lazy(stage.at(&times).blanked(&needed))?.filter(is_among(places, &seed)).with_columns(by.columns.clone());
    let found = job.collect(by.sorted(query).limit(limit).select(columns))?;
    Ok(Stage::kept(if from_end { found.reverse() } else { found }.lazy(), schema))
}

/// So many rows that follow from their places alone, in row order.
pub fn sample(job: &mut Job, stage: Stage, rows: usize, needed: &Needed) -> Result<Stage, BackendError> {
    let (schema, columns) = (stage.schema.clone(), stage.columns());
    let kinds = ORDER.map(|(_, _, kind)| kind);
    let spread = kernel_of(order_columns(), Type::Int, move |columns| kernel::hashes(columns, &kinds)).alias(SPREAD);
    let by: Vec<PolarsExpr> = std::iter::once(column(SPREAD)).chain(order_columns()).collect();
    let least = |query: LazyFrame| {
        let options = SortMultipleOptions::default().with_nulls_last(true);
        query.sort_by_exprs(by.clone(), options).limit(u32::try_from(rows).unwrap_or(u32::MAX))
    };
    let narrow = job.lazy(stage.clone().narrow(&[]))?.select([vec![spread.clone()], order_columns()].concat());
    let chosen = job.collect(least(narrow).select([column(SPREAD), column(ORDER[0].1)]))?;
    let most = chosen.column(SPREAD).and_then(|numbers| numbers.i64().cloned()).map_err(run::failed)?.iter().flatten().max().unwrap_or(i64::MIN);
    let times = times_of(&chosen)?;
    let query = job.lazy(stage.at(&times).blanked(needed))?.with_columns([spread]).filter(column(SPREAD).lt_eq(lit(most)));
    let sample = job.collect(least(query).select(columns))?;
    Ok(Stage { source: Rows::Frame(Box::new(sample.lazy())), schema, order: Order::Rows })
}

/// A schema with a column of fingerprints.
pub fn with_mark(schema: &Schema, mark: &str) -> Schema {
    Schema::new(schema.columns().iter().cloned().chain([(mark.into(), Type::Text)]).collect())
}

/// What tells each row of a frame by its place in the row order.
pub fn places(rows: &DataFrame, seed: &Seed) -> PolarsResult<Vec<u128>> {
    let columns = ORDER.iter().map(|(_, hidden, _)| rows.column(hidden).cloned()).collect::<PolarsResult<Vec<_>>>()?;
    kernel::fingerprints(rows.height(), &columns, &kinds_of_order(), &[0, 1, 2, 3], Texts::AsWritten, seed)
}

/// The same as a column.
pub fn place(seed: &Arc<Seed>) -> PolarsExpr {
    kernel::fingerprint_of(order_columns(), kinds_of_order().to_vec(), vec![0, 1, 2, 3], Texts::AsWritten, seed.clone()).alias(PLACE)
}

/// Whether a row's place is one of these.
pub fn is_among(places: HashSet<u128>, seed: &Arc<Seed>) -> PolarsExpr {
    let seed = seed.clone();
    kernel_of(order_columns(), Type::Bool, move |columns| {
        let height = columns.iter().map(Column::len).max().unwrap_or(0);
        let found = kernel::fingerprints(height, columns, &kinds_of_order(), &[0, 1, 2, 3], Texts::AsWritten, &seed)?
            .into_iter()
            .map(|place| places.contains(&place))
            .collect::<Vec<_>>();
        Ok(BooleanChunked::from_slice("".into(), &found).into_column())
    })
}

/// The times of rows that have the columns of the row order.
fn times_of(rows: &DataFrame) -> Result<Times, BackendError> {
    let times = rows.column(ORDER[0].1).and_then(|times| times.datetime().map(|times| times.physical().clone())).map_err(run::failed)?;
    Ok(Times::of(times.iter()))
}

fn kinds_of_order() -> [Type; 4] {
    ORDER.map(|(_, _, kind)| kind)
}

/// The fingerprints in a column of a frame.
pub fn marks<'a>(piece: &'a DataFrame, name: &str) -> Result<impl Iterator<Item = u128> + 'a, BackendError> {
    piece.column(name).and_then(marks_of).map_err(run::failed)
}

/// Fingerprints as a column.
pub fn mark_column(name: &str, marks: Vec<u128>) -> Column {
    BinaryChunked::from_iter_values(name.into(), marks.iter().map(|mark| mark.to_le_bytes())).into_column()
}

fn marks_of(cells: &Column) -> PolarsResult<impl Iterator<Item = u128> + '_> {
    Ok(cells.binary()?.iter().map(|mark| mark.and_then(|mark| mark.try_into().ok()).map_or(0, u128::from_le_bytes)))
}
