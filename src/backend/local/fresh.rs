//! How far spread a hash is in this store: the answer to *never seen before, and hardly anywhere*.

use std::collections::HashMap;
use std::sync::Arc;

use polars::prelude::{BooleanChunked, Column, DataType, Expr as PolarsExpr, IntoColumn, LazyFrame, NewChunkedArray, UnionArgs, col, concat, len, lit};

use super::expr::{column, kernel_of};
use super::kernel::Seed;
use super::scan::Reading;
use super::{kernel, run};
use crate::backend::{BackendError, Limits};
use crate::plan::Scan;
use crate::store::Store;
use crate::telemetry::{self, Type};

const DAY: i64 = 86_400_000;

/// How far back a store must reach before a hash can be called new.
const REACH: i64 = 7 * DAY;

/// Machines that an unknown file may be on.
const FEW: i64 = 2;

/// Columns that name a file's content, the one that is known most often first.
const HASHES: [&str; 4] = ["ChildMd5", "ChildSha256", "ChildSha1", "ParentMd5"];

/// First sight of every hash that few machines have; all others are known.
#[derive(Debug)]
pub struct Fresh {
    /// The earliest row of the store.
    earliest: i64,
    seed: Arc<Seed>,
    /// By the hash's number.
    rare: HashMap<i64, i64>,
}

/// The hash columns of a table, in the order in which they are taken.
fn hashes(table: &str) -> Vec<&'static str> {
    let Some(table) = telemetry::table(table) else { return Vec::new() };
    let own: Vec<&str> = HASHES.into_iter().filter(|name| name.starts_with("Child") && table.column(name).is_some()).collect();
    if own.is_empty() { HASHES.into_iter().filter(|name| table.column(name).is_some()).collect() } else { own }
}

/// Reads the prevalence of all hashes; nothing is read while the store is too young to tell.
pub fn read(store: &Arc<Store>, limits: &Limits) -> Result<Fresh, BackendError> {
    let manifest = store.manifest();
    let dated = || manifest.files.iter().filter(|file| file.day.is_some() && file.rows > 0);
    let earliest = dated().map(|file| file.from).min().unwrap_or(i64::MAX);
    let latest = dated().map(|file| file.to).max().unwrap_or(i64::MIN);
    let mut known = Fresh { earliest, seed: Arc::new(Seed::new()), rare: HashMap::new() };
    if latest.saturating_sub(earliest) < REACH {
        return Ok(known);
    }
    let parts = ["process", "file"].into_iter().flat_map(|table| hashes(table).into_iter().map(move |hash| (table, hash)));
    let seen = parts.map(|(table, hash)| seen(store, limits, table, hash, &known.seed)).collect::<Result<Vec<_>, _>>()?;
    let all = concat(seen, UnionArgs::default()).map_err(run::failed)?;
    let pairs = all.group_by([col("hash"), col("machine")]).agg([col("time").min()]);
    let counted = pairs.group_by([col("hash")]).agg([col("time").min(), len().cast(DataType::Int64).alias("machines")]);
    let rare = run::collect(counted.filter(col("machines").lt_eq(lit(FEW))), limits)?;
    let (Ok(names), Ok(times)) = (rare.column("hash"), rare.column("time")) else { return Ok(known) };
    let (names, times) = (names.i64().map_err(run::failed)?, times.datetime().map_err(run::failed)?);
    for (name, time) in names.iter().zip(times.physical().iter()) {
        if let (Some(name), Some(time)) = (name, time) {
            known.rare.insert(name, time);
        }
    }
    Ok(known)
}

/// Every sight of a hash, with hashes and machines as numbers: they are many, and their texts long.
fn seen(store: &Arc<Store>, limits: &Limits, table: &'static str, hash: &str, seed: &Arc<Seed>) -> Result<LazyFrame, BackendError> {
    let scan = Scan::of(table, chrono_tz::Tz::UTC);
    let files: Vec<_> = store.manifest().files.iter().filter(|file| file.table == table && file.rows > 0).cloned().collect();
    let reading = Reading { store: store.clone(), scan: Arc::new(scan), limits: limits.clone(), fresh: None, window: (None, None), times: None };
    let number = |name: &str| {
        let seed = seed.clone();
        kernel_of(vec![column(name)], Type::Int, move |columns| columns.first().map_or(Ok(Column::default()), |texts| kernel::numbered(texts, &seed)))
    };
    let rows = reading.of(&files)?.select([number(hash).alias("hash"), column("DateTime").alias("time"), number("Muid").alias("machine")]);
    Ok(rows.filter(col("hash").is_not_null()))
}

/// `FreshUnknown` of a table's rows.
pub fn lower(known: Arc<Fresh>, table: &str) -> PolarsExpr {
    let inputs = std::iter::once("DateTime").chain(hashes(table)).map(column).collect();
    kernel_of(inputs, Type::Bool, move |columns| {
        let Some((times, hashes)) = columns.split_first() else { return Ok(Column::default()) };
        let times = times.datetime()?.physical().clone();
        let hashes = hashes.iter().map(|hash| hash.str()).collect::<Result<Vec<_>, _>>()?;
        let answer = |row: usize| {
            let time = times.get(row)?;
            let hash = hashes.iter().find_map(|hash| hash.get(row))?;
            known.is_fresh(time, hash)
        };
        Ok(BooleanChunked::from_iter_options("".into(), (0..times.len()).map(answer)).into_column())
    })
}

impl Fresh {
    /// Missing while the store does not reach far enough back.
    fn is_fresh(&self, time: i64, hash: &str) -> Option<bool> {
        if time.saturating_sub(self.earliest) < REACH {
            return None;
        }
        Some(self.rare.get(&self.seed.number(hash)).is_some_and(|first| time.saturating_sub(*first).abs() < DAY))
    }
}
