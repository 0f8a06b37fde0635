//! Joins: the right side is indexed by its keys, the left side looked up row by row. Missing keys join nothing.

use std::collections::HashMap;
use std::sync::Arc;

use polars::prelude::{BooleanChunked, Column, DataFrame, IdxCa, IntoColumn, IntoLazy, NewChunkedArray, PolarsResult};

use super::expr::{column, kernel_of};
use super::job::Job;
use super::stage::Stage;
use super::{kernel, run};
use crate::backend::BackendError;
use crate::frame::missing_column;
use crate::plan::{How, Needed, Plan, Schema, Value, fold};
use crate::telemetry::Type;

/// What must be equal, and how near in time.
pub struct On<'a> {
    pub left: &'a [Arc<str>],
    pub right: &'a [Arc<str>],
    pub within: Option<i64>,
}

/// All pairs of rows with equal keys, or the left rows that have a partner or none.
pub fn apply(job: &mut Job, stage: Stage, right: &Plan, how: How, on: &On<'_>, schema: &Schema, needed: &Needed) -> Result<Stage, BackendError> {
    let other = Schema::of(right)?;
    let rows = job.answer(right, &needed_right(&other, on, needed))?;
    let kinds: Vec<(Type, Type)> = on.left.iter().zip(on.right).map(|(left, right)| (kind(&stage.schema, left), kind(&other, right))).collect();
    let index = Arc::new(Index::new(&rows, &other, on, &kinds)?);
    let own = stage.schema.clone();
    match how {
        How::Semi => Ok(partnered(stage, &own, index, on, &kinds, true)),
        How::Anti => Ok(partnered(stage, &own, index, on, &kinds, false)),
        How::Left if index.is_unique() => Ok(looked_up(stage, index, &rows, on, &kinds, schema)),
        How::Inner | How::Left | How::Outer => {
            let mut wanted = needed.clone();
            wanted.extend(on.left.iter().cloned().chain([Arc::from("DateTime")]));
            let stage = stage.blanked(&wanted);
            let stage = if how == How::Inner { partnered(stage, &own, index.clone(), on, &kinds, true) } else { stage };
            let left = job.materialise(stage)?;
            job.limits.check()?;
            let pairs = Pairs::new(&left, &own, &index, on, &kinds, how)?;
            let joined = pairs.rows(&left, &own, &rows, &other, on, schema).map_err(run::failed)?;
            Ok(Stage::kept(joined.lazy(), schema.clone()))
        }
    }
}

/// Everything but what is costly and nobody asks for.
fn needed_right(other: &Schema, on: &On<'_>, needed: &Needed) -> Needed {
    let asked = |name: &str| needed.contains(name) || needed.contains(format!("{name}_right").as_str()) || on.right.iter().any(|key| **key == *name);
    other.names().filter(|name| *name == "DateTime" || asked(name)).map(Arc::from).collect()
}

fn kind(schema: &Schema, name: &str) -> Type {
    schema.kind(name).unwrap_or(Type::Text)
}

/// The columns of the left side by which partners are found.
fn looked_at<'a>(on: &On<'a>) -> impl Iterator<Item = &'a str> {
    on.left.iter().map(|name| &**name).chain(on.within.map(|_| "DateTime"))
}

/// A filter that keeps the rows with (or without) a partner, done where the files are read.
fn partnered(stage: Stage, own: &Schema, index: Arc<Index>, on: &On<'_>, kinds: &[(Type, Type)], wanted: bool) -> Stage {
    let inputs = looked_at(on).map(column).collect();
    let kinds = kinds.to_vec();
    let within = on.within;
    let has_partner = kernel_of(inputs, Type::Bool, move |columns| {
        let found = index.partners_of(columns, &kinds, within, |found| found.next().is_some())?;
        let answers: Vec<bool> = found.into_iter().map(|found| found == wanted).collect();
        Ok(BooleanChunked::from_slice("".into(), &answers).into_column())
    });
    stage.having(looked_at(on)).map(own.clone(), move |frame| frame.filter(has_partner.clone()))
}

/// Each row with the cells of its only partner, done where the files are read.
fn looked_up(stage: Stage, index: Arc<Index>, rows: &DataFrame, on: &On<'_>, kinds: &[(Type, Type)], schema: &Schema) -> Stage {
    let within = on.within;
    let inputs: Vec<_> = looked_at(on).map(column).collect();
    let mut added = Vec::new();
    for (name, kind) in schema.columns().iter().skip(stage.schema.columns().len()) {
        let theirs = rows.column(name).or_else(|_| rows.column(name.strip_suffix("_right").unwrap_or(name))).cloned();
        let (index, kinds) = (index.clone(), kinds.to_vec());
        let cells = move |columns: &[Column]| {
            let partners = index.partners_of(columns, &kinds, within, |found| found.next())?;
            taken(theirs.as_ref().map_err(|error| error.clone())?, &IdxCa::from_iter_options("".into(), partners.into_iter()))
        };
        added.push(kernel_of(inputs.clone(), *kind, cells).alias(&**name));
    }
    stage.having(looked_at(on)).map(schema.clone(), move |frame| frame.with_columns(added.clone()))
}

/// The right side's rows by key, in their order.
struct Index {
    height: u32,
    rows: HashMap<Box<[u8]>, Vec<u32>>,
    times: Option<Vec<Option<i64>>>,
}

impl Index {
    fn new(rows: &DataFrame, schema: &Schema, on: &On<'_>, kinds: &[(Type, Type)]) -> Result<Index, BackendError> {
        let sides = on.right.iter().zip(kinds).map(|(name, (other, own))| rows.column(name).and_then(|column| Side::new(column, *own, *other)));
        let sides: Vec<Side> = sides.collect::<PolarsResult<_>>().map_err(run::failed)?;
        let times = if on.within.is_some() && schema.kind("DateTime").is_some() {
            let times = rows.column("DateTime").and_then(|times| times.datetime().map(|times| times.physical().iter().collect())).map_err(run::failed)?;
            Some(times)
        } else {
            None
        };
        let mut index = Index { height: u32::try_from(rows.height()).unwrap_or(u32::MAX), rows: HashMap::new(), times };
        let mut key = Vec::new();
        for row in 0..rows.height() {
            if key_at(&sides, row, &mut key) {
                let number = u32::try_from(row).unwrap_or(u32::MAX);
                match index.rows.get_mut(key.as_slice()) {
                    Some(known) => known.push(number),
                    None => {
                        index.rows.insert(key.as_slice().into(), vec![number]);
                    }
                }
            }
        }
        Ok(index)
    }

    /// Whether no two rows have one key.
    fn is_unique(&self) -> bool {
        self.rows.values().all(|rows| rows.len() == 1)
    }

    /// What there is to say of the partners of each row of the left side: its key columns, and its times where they count.
    fn partners_of<T>(
        &self,
        columns: &[Column],
        kinds: &[(Type, Type)],
        within: Option<i64>,
        say: impl Fn(&mut dyn Iterator<Item = u32>) -> T,
    ) -> PolarsResult<Vec<T>> {
        let (keys, times) = columns.split_at(kinds.len());
        let sides: Vec<Side> = keys.iter().zip(kinds).map(|(column, (own, other))| Side::new(column, *own, *other)).collect::<PolarsResult<_>>()?;
        let times = times.first().map(|times| times.datetime().map(|times| times.physical().clone())).transpose()?;
        let mut key = Vec::new();
        let length = columns.iter().map(Column::len).max().unwrap_or(0);
        let one = |row: usize| {
            let time = times.as_ref().and_then(|times| times.get(row));
            match key_at(&sides, row, &mut key) {
                true => say(&mut self.partners(&key, time, within)),
                false => say(&mut std::iter::empty()),
            }
        };
        Ok((0..length).map(one).collect())
    }

    /// The rows with this key, and near enough in time where that is asked for.
    fn partners(&self, key: &[u8], time: Option<i64>, within: Option<i64>) -> impl Iterator<Item = u32> {
        let near = move |row: &u32| match within {
            None => true,
            Some(span) => {
                let other = self.times.as_ref().and_then(|times| times.get(*row as usize).copied().flatten());
                time.zip(other).is_some_and(|(time, other)| time.abs_diff(other) <= span.unsigned_abs())
            }
        };
        self.rows.get(key).into_iter().flatten().copied().filter(near)
    }
}

/// One key column of one side, read so that equal values have equal bytes.
enum Side {
    Text(Column),
    Whole(Column),
    Float(Column),
}

impl Side {
    /// Numbers of a side that meets floats are floats.
    fn new(column: &Column, own: Type, other: Type) -> PolarsResult<Side> {
        use polars::prelude::DataType;
        Ok(match own {
            Type::Text => Side::Text(column.clone()),
            Type::List => Side::Text(kernel::rendered(column, Type::List)?),
            Type::Float => Side::Float(column.clone()),
            Type::Int | Type::Hex if other == Type::Float => Side::Float(column.cast(&DataType::Float64)?),
            Type::Int | Type::Hex | Type::Bool | Type::Time | Type::Duration => Side::Whole(column.cast(&DataType::Int64)?),
        })
    }

    /// Adds the cell; false where it is missing.
    fn push(&self, row: usize, key: &mut Vec<u8>) -> bool {
        let row = |column: &Column| if column.len() == 1 { 0 } else { row };
        match self {
            Side::Text(column) => column.str().ok().and_then(|texts| texts.get(row(column))).map(|text| {
                let text = fold(text);
                key.extend((text.len() as u64).to_le_bytes());
                key.extend(text.as_bytes());
            }),
            Side::Whole(column) => column.i64().ok().and_then(|numbers| numbers.get(row(column))).map(|number| key.extend(number.to_le_bytes())),
            Side::Float(column) => {
                let number = column.f64().ok().and_then(|numbers| numbers.get(row(column)));
                number.map(|number| key.extend((if number == 0.0 { 0.0 } else { number }).to_bits().to_le_bytes()))
            }
        }
        .is_some()
    }
}

/// The key of a row, empty and false where a part of it is missing.
fn key_at(sides: &[Side], row: usize, key: &mut Vec<u8>) -> bool {
    key.clear();
    let known = sides.iter().all(|side| side.push(row, key));
    if !known {
        key.clear();
    }
    known
}

/// Which row of the left goes with which of the right; one side is absent in outer joins.
struct Pairs {
    left: Vec<Option<u32>>,
    right: Vec<Option<u32>>,
}

impl Pairs {
    fn new(left: &DataFrame, own: &Schema, index: &Index, on: &On<'_>, kinds: &[(Type, Type)], how: How) -> Result<Pairs, BackendError> {
        let sides = on.left.iter().zip(kinds).map(|(name, (own, other))| left.column(name).and_then(|column| Side::new(column, *own, *other)));
        let sides: Vec<Side> = sides.collect::<PolarsResult<_>>().map_err(run::failed)?;
        let times: Option<Vec<Option<i64>>> = match (on.within, own.kind("DateTime")) {
            (Some(_), Some(_)) => {
                Some(left.column("DateTime").and_then(|times| times.datetime().map(|times| times.physical().iter().collect())).map_err(run::failed)?)
            }
            _ => None,
        };
        let mut pairs = Pairs { left: Vec::new(), right: Vec::new() };
        let mut met = std::collections::HashSet::new();
        let mut key = Vec::new();
        for row in 0..left.height() {
            let number = u32::try_from(row).ok();
            let before = pairs.left.len();
            if key_at(&sides, row, &mut key) {
                let time = times.as_ref().and_then(|times| times.get(row).copied().flatten());
                for partner in index.partners(&key, time, on.within) {
                    pairs.left.push(number);
                    pairs.right.push(Some(partner));
                    if how == How::Outer {
                        met.insert(partner);
                    }
                }
            }
            if pairs.left.len() == before && how != How::Inner {
                pairs.left.push(number);
                pairs.right.push(None);
            }
        }
        if how == How::Outer {
            for row in (0..index.height).filter(|row| !met.contains(row)) {
                pairs.left.push(None);
                pairs.right.push(Some(row));
            }
        }
        Ok(pairs)
    }

    /// The joined rows: left columns, then the right ones without the keys, `_right` where names clash.
    fn rows(&self, left: &DataFrame, own: &Schema, right: &DataFrame, other: &Schema, on: &On<'_>, schema: &Schema) -> PolarsResult<DataFrame> {
        let height = self.left.len();
        let left_rows = IdxCa::from_iter_options("".into(), self.left.iter().copied());
        let right_rows = IdxCa::from_iter_options("".into(), self.right.iter().copied());
        let mut columns = Vec::new();
        for name in own.names() {
            let mine = taken(left.column(name)?, &left_rows)?;
            let key = on.left.iter().zip(on.right).find(|(key, _)| ***key == *name).map(|(_, key)| key);
            columns.push(match key {
                Some(key) if self.left.contains(&None) => {
                    let theirs = taken(right.column(key)?, &right_rows)?;
                    let (mine_kind, their_kind) = (kind(own, name), kind(other, key));
                    let coalesced: Vec<Value> = (0..height)
                        .map(|row| match self.left[row] {
                            Some(_) => kernel::value_at_row(&mine, row, mine_kind),
                            None => kernel::value_at_row(&theirs, row, their_kind),
                        })
                        .collect();
                    kernel::to_series(name.into(), &coalesced, mine_kind)?.into_column()
                }
                _ => mine,
            });
        }
        for (name, _) in other.columns().iter().filter(|(name, _)| !on.right.contains(name)) {
            let mut theirs = taken(right.column(name)?, &right_rows)?;
            if own.kind(name).is_some() {
                theirs.rename(format!("{name}_right").into());
            }
            columns.push(theirs);
        }
        let joined = DataFrame::new(height, columns)?;
        let known = |(name, kind): &(Arc<str>, Type)| joined.column(name).cloned().unwrap_or_else(|_| missing_column(name, *kind, height));
        DataFrame::new(height, schema.columns().iter().map(known).collect())
    }
}

/// The cells of these rows; a row that is absent gives a missing one.
fn taken(column: &Column, rows: &IdxCa) -> PolarsResult<Column> {
    column.take(rows)
}
