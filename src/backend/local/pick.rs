//! Few rows out of many: which ones is found by a narrow read, and only those are then read whole.

use std::collections::HashSet;
use std::sync::Arc;

use polars::prelude::{BooleanChunked, Column, DataFrame, Expr as PolarsExpr, IntoColumn, IntoLazy, LazyFrame, NewChunkedArray, SortMultipleOptions, lit};

use super::expr::{column, kernel_of};
use super::job::{Job, conform};
use super::kernel::{self, Seed};
use super::run;
use super::scan::{ORDER, Times};
use super::stage::{Order, Rows, Stage, order_columns, visible};
use super::steps::{SortBy, comparable};
use crate::backend::BackendError;
use crate::plan::{Needed, Schema, SortKey};
use crate::telemetry::Type;

/// What the values of a row by which it is told from others come to.
const KEY: &str = "\u{2}key";
/// What a row's place in the row order comes to.
pub const PLACE: &str = "\u{2}place";
/// A number that follows from a row's place, spread evenly.
const SPREAD: &str = "\u{2}spread";

/// The first or last rows in row order: of the others not even the files are opened.
pub fn edge(job: &mut Job, stage: Stage, rows: usize, from_end: bool, needed: &Needed) -> Result<Stage, BackendError> {
    let schema = stage.schema.clone();
    let bound = job.bound(&stage, rows, from_end)?;
    let near = if from_end { stage.between((bound, None)) } else { stage.between((None, bound)) };
    let near = job.materialise(near.blanked(needed))?;
    let chosen = if from_end { near.tail(Some(rows)) } else { near.head(Some(rows)) };
    Ok(Stage::kept(chosen.lazy(), schema))
}

/// The first or last rows of all as they are sorted by some columns: these and the row order are read of all rows, the rest of the chosen ones.
pub fn sorted_edge(job: &mut Job, stage: Stage, keys: &[SortKey], rows: usize, from_end: bool, needed: &Needed) -> Result<Stage, BackendError> {
    let (schema, columns) = (stage.schema.clone(), visible(&stage.schema));
    let by = SortBy::new(&stage, keys).reversed(from_end);
    let seed = Arc::new(Seed::new());
    let limit = u32::try_from(rows).unwrap_or(u32::MAX);
    let narrow = job.lazy(stage.clone())?.select([by.columns.clone(), order_columns()].concat());
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
    let narrow = job.lazy(stage.clone())?.select([vec![spread.clone()], order_columns()].concat());
    let chosen = job.collect(least(narrow).select([column(SPREAD), column(ORDER[0].1)]))?;
    let most = chosen.column(SPREAD).and_then(|numbers| numbers.i64().cloned()).map_err(run::failed)?.iter().flatten().max().unwrap_or(i64::MIN);
    let times = times_of(&chosen)?;
    let query = job.lazy(stage.at(&times).blanked(needed))?.with_columns([spread]).filter(column(SPREAD).lt_eq(lit(most)));
    let sample = job.collect(least(query).select(columns))?;
    Ok(Stage { source: Rows::Frame(Box::new(sample.lazy())), schema, order: Order::Rows })
}

/// The first row of each tuple of these columns (of all, when none is named), in row order.
pub fn distinct(job: &mut Job, stage: Stage, names: &[Arc<str>], needed: &Needed) -> Result<Stage, BackendError> {
    let schema = stage.schema.clone();
    let names: Vec<Arc<str>> = if names.is_empty() { schema.names().map(Arc::from).collect() } else { names.to_vec() };
    let seed = Arc::new(Seed::new());
    let key = key(&schema, &names, &seed);
    let stage = match stage.order {
        Order::Rows => {
            let places = first_places(job, stage.clone(), &key, &seed)?;
            let chosen = is_among(places, &seed);
            stage.map(schema.clone(), move |frame| frame.filter(chosen.clone()))
        }
        Order::Kept => stage,
    };
    let keyed = stage.map(schema.clone(), move |frame| frame.with_columns([key.clone()])).blanked_beside(needed, &[KEY]);
    let mut seen = HashSet::new();
    let mut all: Option<DataFrame> = None;
    job.each_piece(keyed, |piece| {
        let first: Vec<bool> = marks(&piece, KEY)?.map(|key| seen.insert(key)).collect();
        let piece = piece.filter(&BooleanChunked::from_slice("".into(), &first)).map_err(run::failed)?;
        match &mut all {
            None => all = Some(piece),
            Some(known) => drop(known.vstack_mut_owned(piece).map_err(run::failed)?),
        }
        Ok(())
    })?;
    Ok(Stage::kept(conform(all.unwrap_or_default(), &schema)?.lazy(), schema))
}

/// The places of the first rows of each key, from a read of nothing else.
fn first_places(job: &mut Job, stage: Stage, key: &PolarsExpr, seed: &Arc<Seed>) -> Result<HashSet<u128>, BackendError> {
    let (schema, columns) = (stage.schema.clone(), [vec![key.clone(), place(seed)], stage.hidden()].concat());
    let narrow = stage.map(schema, move |frame| frame.select(columns.clone()));
    let (mut seen, mut places) = (HashSet::new(), HashSet::new());
    job.each_piece(narrow, |piece| {
        for (key, place) in marks(&piece, KEY)?.zip(marks(&piece, PLACE)?) {
            if seen.insert(key) {
                places.insert(place);
            }
        }
        Ok(())
    })?;
    Ok(places)
}

/// The key of a row: its values as they compare.
fn key(schema: &Schema, names: &[Arc<str>], seed: &Arc<Seed>) -> PolarsExpr {
    let kinds = names.iter().map(|name| match schema.kind(name) {
        Some(Type::List) | None => Type::Text,
        Some(kind) => kind,
    });
    let values = names.iter().enumerate().map(|(position, name)| comparable(schema, name, &format!("\u{2}{position}")));
    kernel::fingerprint_of(values.collect(), kinds.collect(), seed.clone()).alias(KEY)
}

/// What tells a row by its place in the row order.
pub fn place(seed: &Arc<Seed>) -> PolarsExpr {
    kernel::fingerprint_of(order_columns(), kinds_of_order().to_vec(), seed.clone()).alias(PLACE)
}

/// Whether a row's place is one of these.
pub fn is_among(places: HashSet<u128>, seed: &Arc<Seed>) -> PolarsExpr {
    let seed = seed.clone();
    kernel_of(order_columns(), Type::Bool, move |columns| {
        let found = kernel::fingerprints(columns, &kinds_of_order(), &seed)?.into_iter().map(|place| places.contains(&place)).collect::<Vec<_>>();
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

/// The fingerprints in a column.
pub fn marks<'a>(piece: &'a DataFrame, name: &str) -> Result<impl Iterator<Item = u128> + 'a, BackendError> {
    let marks = piece.column(name).and_then(Column::binary).map_err(run::failed)?;
    Ok(marks.iter().map(|mark| mark.and_then(|mark| mark.try_into().ok()).map_or(0, u128::from_le_bytes)))
}
