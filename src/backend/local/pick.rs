//! Few rows out of many: which ones is found by a narrow read, and only those are then read whole.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{
    BinaryChunked, BooleanChunked, Column, DataFrame, DataType, Expr as PolarsExpr, Field, IntoColumn, IntoLazy, LazyFrame, NewChunkedArray, OptFlags,
    PolarsResult, Schema as PolarsSchema, SortMultipleOptions, UdfSchema, lit,
};

use super::expr::{column, kernel_of};
use super::job::{Job, conform};
use super::kernel::{self, Seed, Texts};
use super::run;
use super::scan::{ORDER, Times};
use super::stage::{Blank, Order, Rows, Stage, Transform, WIDE, order_columns, visible};
use super::steps::SortBy;
use crate::backend::BackendError;
use crate::plan::{Needed, Schema, SortKey};
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
    let keyed = stage.each(with_mark(&schema, KEY), |blank| {
        let key = Key::of(&schema, &names, blank, &seed);
        let marked = move |rows: DataFrame| {
            let key = mark_column(KEY, key.marks(&rows)?);
            rows.hstack(&[key])
        };
        (by_frame(marked, vec![Field::new(KEY.into(), DataType::Binary)]), blank.clone())
    });
    let keyed = keyed.blanked(&needed.iter().cloned().chain([Arc::from(KEY)]).collect());
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
        let (schema, hidden) = (stage.schema.clone(), stage.order.columns());
        let part = Cell::new(0_i64);
        let marks_of_rows = Schema::new(vec![(KEY.into(), Type::Text), (PLACE.into(), Type::Text), (PART.into(), Type::Int)]);
        let narrow = stage.each(marks_of_rows, |blank| {
            part.set(part.get() + 1);
            let (key, number, seed, hidden) = (Key::of(&schema, names, blank, seed), part.get(), seed.clone(), hidden.clone());
            let inputs = [key.columns(), hidden.clone()].concat();
            let marked = move |rows: DataFrame| {
                let marks =
                    [mark_column(KEY, key.marks(&rows)?), mark_column(PLACE, places(&rows, &seed)?), Column::new(PART.into(), vec![number; rows.height()])];
                rows.hstack(&marks)
            };
            let marked = by_frame(
                marked,
                vec![Field::new(KEY.into(), DataType::Binary), Field::new(PLACE.into(), DataType::Binary), Field::new(PART.into(), DataType::Int64)],
            );
            let columns = [vec![column(KEY), column(PLACE), column(PART)], hidden].concat();
            let transform: Transform = Arc::new(move |frame: LazyFrame| marked(frame.select(inputs.clone())).select(columns.clone()));
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
                let (rows, twins, key, seed) = (self.rows.clone(), self.twins.clone(), Key::of(&schema, names, blank, seed), seed.clone());
                let transform: Transform = Arc::new(move |frame: LazyFrame| {
                    // Twins are of one time, and so in one piece: each opening of the files begins anew.
                    let (rows, twins, key, seed, met) = (rows.clone(), twins.clone(), key.clone(), seed.clone(), Mutex::new(HashSet::new()));
                    let is_first =
                        move |row: &u128| rows.contains(row) && (!twins.contains(row) || met.lock().unwrap_or_else(PoisonError::into_inner).insert(*row));
                    let firsts = move |frame: DataFrame| {
                        let of_rows = key.marks(&frame)?.into_iter().zip(places(&frame, &seed)?).map(|(key, place)| of_both(key, place));
                        let found: Vec<bool> = of_rows.map(|row| is_first(&row)).collect();
                        frame.filter(&BooleanChunked::from_slice("".into(), &found))
                    };
                    by_frame(firsts, Vec::new())(frame)
                });
                (transform, blank.clone())
            })
            .apart(names.len())
    }
}

/// A schema with a column of fingerprints.
pub fn with_mark(schema: &Schema, mark: &str) -> Schema {
    Schema::new(schema.columns().iter().cloned().chain([(mark.into(), Type::Text)]).collect())
}

/// By what a row is told from others: its values as they compare. What is missing does not count, so that it need not be read where it is known to be.
#[derive(Clone)]
struct Key {
    names: Vec<Arc<str>>,
    kinds: Vec<Type>,
    numbers: Vec<usize>,
    seed: Arc<Seed>,
}

impl Key {
    fn of(schema: &Schema, names: &[Arc<str>], blank: &Blank, seed: &Arc<Seed>) -> Key {
        let mut key = Key { names: Vec::new(), kinds: Vec::new(), numbers: Vec::new(), seed: seed.clone() };
        let kinds: HashMap<&str, Type> = schema.columns().iter().map(|(name, kind)| (&**name, *kind)).collect();
        for (number, name) in names.iter().enumerate().filter(|(_, name)| !blank.contains(*name)) {
            key.names.push(name.clone());
            key.kinds.push(kinds.get(&**name).copied().unwrap_or(Type::Text));
            key.numbers.push(number);
        }
        key
    }

    fn columns(&self) -> Vec<PolarsExpr> {
        self.names.iter().map(|name| column(name)).collect()
    }

    fn marks(&self, rows: &DataFrame) -> PolarsResult<Vec<u128>> {
        let columns = self.names.iter().map(|name| rows.column(name).cloned()).collect::<PolarsResult<Vec<_>>>()?;
        kernel::fingerprints(rows.height(), &columns, &self.kinds, &self.numbers, Texts::Folded, &self.seed)
    }
}

/// A step over frames instead of expressions: one over hundreds of columns would be planned for longer than the rows are read. It leaves the columns as
/// they are, and adds some.
fn by_frame(step: impl Fn(DataFrame) -> PolarsResult<DataFrame> + Send + Sync + 'static, added: Vec<Field>) -> Transform {
    let step = Arc::new(step);
    let schema = move |before: &PolarsSchema| {
        let mut after = before.clone();
        after.extend(added.iter().cloned());
        Ok(Arc::new(after))
    };
    let schema: Arc<dyn UdfSchema> = Arc::new(schema);
    Arc::new(move |frame| {
        let step = step.clone();
        frame.map(move |rows| step(rows), OptFlags::STREAMING, Some(schema.clone()), None)
    })
}

/// What tells each row of a frame by its place in the row order.
fn places(rows: &DataFrame, seed: &Seed) -> PolarsResult<Vec<u128>> {
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

fn mark_column(name: &str, marks: Vec<u128>) -> Column {
    BinaryChunked::from_iter_values(name.into(), marks.iter().map(|mark| mark.to_le_bytes())).into_column()
}

fn marks_of(cells: &Column) -> PolarsResult<impl Iterator<Item = u128> + '_> {
    Ok(cells.binary()?.iter().map(|mark| mark.and_then(|mark| mark.try_into().ok()).map_or(0, u128::from_le_bytes)))
}

/// What the place and the key of a row come to.
fn of_both(key: u128, place: u128) -> u128 {
    key.rotate_left(1) ^ place
}
