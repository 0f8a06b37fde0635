//! The first row of each tuple of some columns, or of all: which rows these are is found by a read of fingerprints alone.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Expr as PolarsExpr, Field, IntoLazy, LazyFrame, NewChunkedArray, OptFlags, PolarsResult,
    Schema as PolarsSchema, UdfSchema,
};

use super::expr::column;
use super::job::{Job, conform};
use super::kernel::{self, Seed, Texts};
use super::pick::{PLACE, mark_column, marks, places, with_mark};
use super::run;
use super::stage::{Blank, Order, Stage, Transform, WIDE};
use crate::backend::BackendError;
use crate::plan::{Needed, Schema};
use crate::telemetry::Type;

/// What the values of a row by which it is told from others come to.
const KEY: &str = "\u{2}key";
/// The number of the part that a row is of.
const PART: &str = "\u{2}part";

/// The first row of each tuple of these columns (of all, when none is named), in row order.
pub fn apply(job: &mut Job, stage: Stage, names: &[Arc<str>], needed: &Needed) -> Result<Stage, BackendError> {
    let schema = stage.schema.clone();
    let names: Vec<Arc<str>> = if names.is_empty() { schema.names().map(Arc::from).collect() } else { names.to_vec() };
    let seed = Arc::new(Seed::new());
    let stage = match stage.order {
        Order::Rows => {
            let firsts = Firsts::of(job, stage.clone(), &names, &seed)?;
            // Whole rows are almost all told apart: they are not held, and of twins, which are alike in everything, any will do.
            let is_whole = schema.names().all(|name| names.iter().any(|known| **known == *name));
            let is_streamed = is_whole && names.len() > WIDE && !firsts.are_scattered;
            let stage = firsts.among(stage, &names, &seed, is_streamed);
            if is_streamed {
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
                let part = Column::new(PART.into(), vec![number; rows.height()]);
                rows.hstack(&[mark_column(KEY, key.marks(&rows)?), mark_column(PLACE, places(&rows, &seed)?), part])
            };
            let added = [(KEY, DataType::Binary), (PLACE, DataType::Binary), (PART, DataType::Int64)].map(|(name, kind)| Field::new(name.into(), kind));
            let marked = by_frame(marked, added.to_vec());
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

    /// The rows of the stage that are among them; of twins one, or all.
    fn among(&self, stage: Stage, names: &[Arc<str>], seed: &Arc<Seed>, one_of_twins: bool) -> Stage {
        let schema = stage.schema.clone();
        stage
            .each(schema.clone(), |blank| {
                let twins = if one_of_twins { self.twins.clone() } else { Arc::default() };
                let (rows, key, seed) = (self.rows.clone(), Key::of(&schema, names, blank, seed), seed.clone());
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

/// What the place and the key of a row come to.
fn of_both(key: u128, place: u128) -> u128 {
    key.rotate_left(1) ^ place
}
