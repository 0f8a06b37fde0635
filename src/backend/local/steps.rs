//! Each step of a plan over the rows so far.

use std::sync::Arc;

use polars::prelude::{Column, ExplodeOptions, Expr as PolarsExpr, IntoColumn, IntoLazy, LazyFrame, PlSmallStr, Selector, SortMultipleOptions};

use super::expr::{Lowering, column, kernel_of};
use super::job::Job;
use super::stage::{Order, Stage, Transform, visible};
use super::{distinct, group, join, kernel, kin, pick, previous, run};
use crate::backend::BackendError;
use crate::plan::{Expr, Keep, Needed, Schema, SortKey, Step, Value, without};
use crate::telemetry::Type;

/// The stage after one more step; `schema` and `needed` are those of its answer.
pub fn apply(job: &mut Job, stage: Stage, step: &Step, schema: &Schema, needed: &Needed) -> Result<Stage, BackendError> {
    match step {
        Step::Filter(condition) => Ok(stage.filter(condition)?),
        Step::Derive(name, expr) => derive(stage, name, expr, schema),
        Step::Select(_) | Step::Drop(_) => Ok(stage.only(schema.clone())),
        Step::Rename(pairs) => Ok(rename(stage, pairs, schema)),
        Step::Group { keys, aggregates } => group::apply(job, stage, keys, aggregates, schema),
        Step::Share { of, name } => share(job, stage, of, name, schema),
        Step::Locate(address) => {
            let places = job.shared.places.clone().ok_or(BackendError::NoPlaces)?;
            let located = places.columns(address, needed)?;
            Ok(stage.having([&**address]).map(schema.clone(), move |frame| frame.with_columns(located.clone())))
        }
        Step::Sort(keys) => sort(job, stage, keys),
        Step::Limit(keep) => limit(job, stage, *keep, needed),
        Step::Explode(name) => {
            // By its exact name, whatever that is.
            let of = Selector::ByName { names: Arc::new([PlSmallStr::from_str(name)]), strict: true };
            Ok(stage.having([&**name]).map(schema.clone(), move |frame| frame.explode(of.clone(), ExplodeOptions { empty_as_null: true, keep_nulls: true })))
        }
        Step::Previous { by, order, cells } => previous::apply(job, stage, by, order, cells, schema, needed),
        Step::Distinct(names) => distinct::apply(job, stage, names, needed),
        Step::Join { right, how, left_on, right_on, within } => {
            let on = join::On { left: left_on, right: right_on, within: *within };
            join::apply(job, stage, right, *how, &on, schema, needed)
        }
        Step::Kin(asked) => kin::apply(job, stage, asked, schema, needed),
        Step::Among(among) => kin::among(job, stage, among),
    }
}

/// One more column, made of what the rows of each part can have.
fn derive(stage: Stage, name: &Arc<str>, expr: &Arc<Expr>, schema: &Schema) -> Result<Stage, BackendError> {
    let before = stage.schema.clone();
    let kind = before.type_of(expr)?.unwrap_or(Type::Text);
    stage.try_each(schema.clone(), |blank| {
        let derived = Lowering { schema: &before }.derive(&without(expr, &|name| blank.contains(name)), kind)?.alias(&**name);
        let transform: Transform = Arc::new(move |frame: LazyFrame| frame.with_columns([derived.clone()]));
        Ok((transform, blank.iter().filter(|known| *known != name).cloned().collect()))
    })
}

/// Columns under other names.
fn rename(stage: Stage, pairs: &[(Arc<str>, Arc<str>)], schema: &Schema) -> Stage {
    let (before, hidden) = (stage.schema.clone(), stage.order.columns());
    let renamed = |old: &Arc<str>| pairs.iter().find(|(known, _)| known == old).map_or(old, |(_, new)| new).clone();
    stage.each(schema.clone(), |blank| {
        let there = before.columns().iter().filter(|(name, _)| !blank.contains(name));
        let columns: Vec<PolarsExpr> = there.map(|(name, _)| column(name).alias(&*renamed(name))).chain(hidden.clone()).collect();
        (Arc::new(move |frame: LazyFrame| frame.select(columns.clone())), blank.iter().map(renamed).collect())
    })
}

/// Columns that compare as the language says: text folded, a list by its items.
pub fn comparable(schema: &Schema, name: &str, hidden: &str) -> PolarsExpr {
    match schema.kind(name) {
        Some(Type::Text) => kernel_of(vec![column(name)], Type::Text, |columns| columns.first().map_or(Ok(Column::default()), kernel::fold_texts)),
        Some(Type::List) => kernel_of(vec![column(name)], Type::Text, |columns| {
            columns.first().map_or(Ok(Column::default()), |lists| kernel::rendered(lists, Type::List).and_then(|texts| kernel::fold_texts(&texts)))
        }),
        Some(Type::Int | Type::Hex | Type::Float | Type::Bool | Type::Time | Type::Duration) | None => column(name),
    }
    .alias(hidden)
}

/// By the keys, equal ones in the order in which they were.
fn sort(job: &mut Job, stage: Stage, keys: &[SortKey]) -> Result<Stage, BackendError> {
    let schema = stage.schema.clone();
    let by = SortBy::new(&stage, keys);
    if by.exprs.is_empty() {
        return Ok(stage);
    }
    let query = by.sorted(job.lazy(stage)?.with_columns(by.columns.clone())).select(visible(&schema));
    Ok(Stage::kept(query, schema))
}

/// How rows are put in order.
pub struct SortBy {
    /// What the keys compare as, to be added to the rows.
    pub columns: Vec<PolarsExpr>,
    /// The keys, then the row order.
    exprs: Vec<PolarsExpr>,
    descending: Vec<bool>,
    is_stable: bool,
    nulls_last: bool,
}

impl SortBy {
    pub fn new(stage: &Stage, keys: &[SortKey]) -> SortBy {
        let names: Vec<String> = (0..keys.len()).map(|position| format!("\u{2}{position}")).collect();
        let columns = keys.iter().zip(&names).map(|(key, name)| comparable(&stage.schema, &key.column, name)).collect();
        let mut descending: Vec<bool> = keys.iter().map(|key| key.descending).collect();
        descending.extend(stage.order.columns().iter().map(|_| false));
        let exprs = names.iter().map(|name| column(name)).chain(stage.order.columns()).collect();
        SortBy { columns, exprs, descending, is_stable: stage.order == Order::Kept, nulls_last: true }
    }

    /// The other way round, the last row first.
    pub fn reversed(mut self, is_reversed: bool) -> SortBy {
        if is_reversed {
            self.descending.iter_mut().for_each(|descending| *descending = !*descending);
            self.nulls_last = !self.nulls_last;
        }
        self
    }

    /// Rows that have the columns.
    pub fn sorted(&self, rows: LazyFrame) -> LazyFrame {
        let options = SortMultipleOptions::default()
            .with_nulls_last_multi(self.descending.iter().map(|_| self.nulls_last))
            .with_order_descending_multi(self.descending.iter().copied())
            .with_maintain_order(self.is_stable);
        rows.sort_by_exprs(self.exprs.clone(), options)
    }
}

fn limit(job: &mut Job, stage: Stage, keep: Keep, needed: &Needed) -> Result<Stage, BackendError> {
    let schema = stage.schema.clone();
    match (keep, stage.order) {
        (Keep::Head(rows), Order::Rows) => pick::edge(job, stage, rows, false, needed),
        (Keep::Tail(rows), Order::Rows) => pick::edge(job, stage, rows, true, needed),
        (Keep::Head(rows), Order::Kept) => {
            let query = job.lazy(stage)?.limit(u32::try_from(rows).unwrap_or(u32::MAX));
            Ok(Stage::kept(query, schema))
        }
        (Keep::Tail(rows), Order::Kept) => Ok(Stage::kept(job.materialise(stage)?.tail(Some(rows)).lazy(), schema)),
        (Keep::Sample(rows), Order::Rows) => pick::sample(job, stage, rows, needed),
        (Keep::Sample(rows), Order::Kept) => {
            let all = job.materialise(stage)?;
            let kinds: Vec<Type> = schema.columns().iter().map(|(_, kind)| *kind).collect();
            let hashes = kernel::hashes(all.columns(), &kinds).map_err(run::failed)?;
            let hashes = hashes.i64().map_err(run::failed)?;
            let mut ranked: Vec<(Option<i64>, usize)> = hashes.iter().enumerate().map(|(row, hash)| (hash, row)).collect();
            ranked.sort_unstable();
            let mut chosen = vec![false; all.height()];
            for (_, row) in ranked.into_iter().take(rows) {
                chosen[row] = true;
            }
            let mask = chosen.into_iter().collect();
            Ok(Stage::kept(all.filter(&mask).map_err(run::failed)?.lazy(), schema))
        }
    }
}

/// Each count's part of the sum of all; missing where there is nothing to divide by.
fn share(job: &mut Job, stage: Stage, of: &str, name: &str, schema: &Schema) -> Result<Stage, BackendError> {
    let mut all = job.materialise(stage)?;
    let counts = all.column(of).and_then(|counts| counts.cast(&crate::frame::physical(Type::Float))).map_err(run::failed)?;
    let counts = counts.f64().map_err(run::failed)?;
    let sum: f64 = counts.iter().flatten().sum();
    let part = |count: Option<f64>| count.filter(|_| sum != 0.0).map_or(Value::Missing, |count| Value::Float(count / sum));
    let parts: Vec<Value> = counts.iter().map(part).collect();
    let shares = kernel::to_series(name.into(), &parts, Type::Float).map_err(run::failed)?;
    all.with_column(shares.into_column()).map_err(run::failed)?;
    Ok(Stage::kept(all.lazy(), schema.clone()))
}
