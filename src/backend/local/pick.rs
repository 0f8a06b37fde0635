//! Few rows out of many: which ones is found by a narrow read, and only those are then read whole.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{
    BooleanChunked, Column, DataFrame, Expr as PolarsExpr, IntoColumn, IntoLazy, LazyFrame, NewChunkedArray, PolarsResult, SortMultipleOptions, lit,
};

use super::expr::{column, kernel_of, literal};
use super::job::{Job, conform};
use super::kernel::{self, Seed, Texts};
use super::run;
use super::scan::{ORDER, Times};
use super::stage::{Blank, Order, Rows, Stage, Transform, WIDE, order_columns, visible};
use super::steps::SortBy;
use crate::backend::BackendError;
use crate::frame::{missing_column, physical};
use crate::plan::{Needed, Schema, SortKey, Value};
use crate::telemetry::Type;

/// What the values of a row by which it is told from others come to.
const KEY: &str = "\u{2}key";
/// What a row's place in the row order comes to.
pub const PLACE: &str = "\u{2}place";
/// The number of the part that a row is of.
const PART: &str = "\u{2}part";
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
    let stage = match stage.order {
        Order::Rows => {
            let firsts = Firsts::of(job, stage.clone(), &names, &seed)?;
            let stage = firsts.among(stage, &names, &seed);
            // As many columns tell almost all rows apart: they are not held. By few columns few rows are told apart, and found only once.
            if !firsts.are_scattered && names.len() > WIDE {
                return Ok(stage);
            }
            stage
        }
        Order::Kept => stage,
    };
    let keyed = stage.each(schema.clone(), |blank| adding(vec![key(&schema, &names, blank, &seed)], blank)).blanked_beside(needed, &[KEY]);
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    job.each_piece(keyed, |piece| {
        let first: Vec<bool> = marks(&piece, KEY)?.map(|key| seen.insert(key)).collect();
        all.push(piece.filter(&BooleanChunked::from_slice("".into(), &first)).map_err(run::failed)?);
        Ok(())
    })?;
    let all = kernel::stacked(all).map_err(run::failed)?;
    Ok(Stage::kept(conform(all, &schema)?.lazy(), schema))
}

/// The first rows of their keys, known by what their place and their key come to.
struct Firsts {
    rows: Arc<HashSet<u128>>,
    /// Those of them that another row is like in place and key, as where a log has a line twice.
    twins: Arc<HashSet<u128>>,
    /// Twins lie in several parts.
    are_scattered: bool,
}

impl Firsts {
    /// From a read of the keys and the row order alone.
    fn of(job: &mut Job, stage: Stage, names: &[Arc<str>], seed: &Arc<Seed>) -> Result<Firsts, BackendError> {
        let (schema, hidden) = (stage.schema.clone(), stage.hidden());
        let part = Cell::new(0);
        let narrow = stage.each(Schema::new(Vec::new()), |blank| {
            part.set(part.get() + 1);
            let own = vec![key(&schema, names, blank, seed), place(seed), literal(&Value::Int(part.get())).cast(physical(Type::Int)).alias(PART)];
            let columns = [own, hidden.clone()].concat();
            let transform: Transform = Arc::new(move |frame: LazyFrame| frame.select(columns.clone()));
            (transform, Blank::new())
        });
        let narrow = narrow.apart(names.len());
        let (mut seen, mut rows, mut twins, mut are_scattered) = (HashSet::new(), HashMap::new(), HashSet::new(), false);
        job.each_piece(narrow, |piece| {
            let parts = piece.column(PART).and_then(|parts| parts.i64().cloned()).map_err(run::failed)?;
            for ((key, place), part) in marks(&piece, KEY)?.zip(marks(&piece, PLACE)?).zip(parts.iter()) {
                let row = of_both(key, place);
                if seen.insert(key) {
                    rows.insert(row, part);
                } else if let Some(first) = rows.get(&row) {
                    are_scattered |= *first != part;
                    twins.insert(row);
                }
            }
            Ok(())
        })?;
        Ok(Firsts { rows: Arc::new(rows.into_keys().collect()), twins: Arc::new(twins), are_scattered })
    }

    /// The rows of the stage that are among them, of twins one.
    fn among(&self, stage: Stage, names: &[Arc<str>], seed: &Arc<Seed>) -> Stage {
        let schema = stage.schema.clone();
        stage
            .each(schema.clone(), |blank| {
                let (rows, twins, inputs) = (self.rows.clone(), self.twins.clone(), vec![key(&schema, names, blank, seed), place(seed)]);
                let transform: Transform = Arc::new(move |frame: LazyFrame| {
                    // Twins are of one time, and so in one piece: each opening of the files begins anew.
                    let (rows, twins, met) = (rows.clone(), twins.clone(), Mutex::new(HashSet::new()));
                    let is_first =
                        move |row: u128| rows.contains(&row) && (!twins.contains(&row) || met.lock().unwrap_or_else(PoisonError::into_inner).insert(row));
                    frame.filter(kernel_of(inputs.clone(), Type::Bool, move |columns| match columns {
                        [keys, places] => {
                            let found = marks_of(keys)?.zip(marks_of(places)?).map(|(key, place)| is_first(of_both(key, place))).collect::<Vec<_>>();
                            Ok(BooleanChunked::from_slice("".into(), &found).into_column())
                        }
                        _ => Ok(Column::default()),
                    }))
                });
                (transform, blank.clone())
            })
            .apart(names.len())
    }
}

/// A step that adds columns beside those of the schema.
fn adding(columns: Vec<PolarsExpr>, blank: &Blank) -> (Transform, Blank) {
    (Arc::new(move |frame: LazyFrame| frame.with_columns(columns.clone())), blank.clone())
}

/// The key of a row: its values as they compare. What is missing does not count, so that it need not be read where it is known to be.
fn key(schema: &Schema, names: &[Arc<str>], blank: &Blank, seed: &Arc<Seed>) -> PolarsExpr {
    let there = || names.iter().enumerate().filter(|(_, name)| !blank.contains(*name));
    let mut values: Vec<PolarsExpr> = there().map(|(_, name)| column(name)).collect();
    let mut kinds: Vec<Type> = there().map(|(_, name)| schema.kind(name).unwrap_or(Type::Text)).collect();
    let mut numbers: Vec<usize> = there().map(|(place, _)| place).collect();
    if values.is_empty() {
        // Nothing known of a row is a key as well, for as many rows as there are.
        let nothing = |columns: &[Column]| Ok(missing_column("", Type::Text, columns.first().map_or(0, Column::len)));
        values.push(kernel_of(order_columns(), Type::Text, nothing));
        kinds.push(Type::Text);
        numbers.push(0);
    }
    kernel::fingerprint_of(values, kinds, numbers, Texts::Folded, seed.clone()).alias(KEY)
}

/// What tells a row by its place in the row order.
pub fn place(seed: &Arc<Seed>) -> PolarsExpr {
    kernel::fingerprint_of(order_columns(), kinds_of_order().to_vec(), (0..ORDER.len()).collect(), Texts::AsWritten, seed.clone()).alias(PLACE)
}

/// Whether a row's place is one of these.
pub fn is_among(places: HashSet<u128>, seed: &Arc<Seed>) -> PolarsExpr {
    let seed = seed.clone();
    kernel_of(order_columns(), Type::Bool, move |columns| {
        let found = kernel::fingerprints(columns, &kinds_of_order(), &[0, 1, 2, 3], Texts::AsWritten, &seed)?
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

fn marks_of(cells: &Column) -> PolarsResult<impl Iterator<Item = u128> + '_> {
    Ok(cells.binary()?.iter().map(|mark| mark.and_then(|mark| mark.try_into().ok()).map_or(0, u128::from_le_bytes)))
}

/// What the place and the key of a row come to.
fn of_both(key: u128, place: u128) -> u128 {
    key.rotate_left(1) ^ place
}
