//! Groups: keys compare as the language says, aggregates skip what is missing.
//!
//! Polars groups by hidden columns that compare exactly; what people see is put back afterwards.

mod counted;
mod ranks;

use std::sync::Arc;

use polars::prelude::{Column, DataType, Expr as PolarsExpr, IntoLazy, LazyFrame, QuantileMethod, SortMultipleOptions, len, lit, when};

use super::expr::{column, kernel_of};
use super::job::Job;
use super::stage::Stage;
use super::steps::comparable;
use super::{fold, run};
use crate::backend::BackendError;
use crate::frame::physical;
use crate::plan::{Aggregate, Fold, Schema};
use crate::telemetry::Type;

/// One row per distinct tuple of the keys, sorted by them; without keys one row for all.
pub fn apply(job: &mut Job, stage: Stage, keys: &[Arc<str>], aggregates: &[Aggregate], schema: &Schema) -> Result<Stage, BackendError> {
    let before = stage.schema.clone();
    let in_order = aggregates.iter().any(|aggregate| matches!(aggregate.fold, Fold::First | Fold::Last));
    let grouping = Grouping { before: &before, keys, aggregates };
    let stage = stage.narrow(&grouping.columns());
    if let Some(distinct) = grouping.countable() {
        return counted::apply(job, stage, &grouping, distinct, schema);
    }
    let rows = if in_order { job.materialise(stage)?.lazy() } else { job.lazy(stage)? };
    let query = grouping.query(rows);
    let groups = if in_order { run::collect_in_memory(query, &job.limits)? } else { job.collect(query)? };
    let by: Vec<PolarsExpr> = (0..keys.len()).map(|position| column(&key_name(position))).collect();
    let mut groups = groups.lazy();
    if !by.is_empty() {
        groups = groups.sort_by_exprs(by, SortMultipleOptions::default().with_nulls_last(true));
    }
    let shown = run::collect_in_memory(groups.select(grouping.shown(schema)), &job.limits)?;
    Ok(Stage::kept(shown.lazy(), schema.clone()))
}

struct Grouping<'a> {
    before: &'a Schema,
    keys: &'a [Arc<str>],
    aggregates: &'a [Aggregate],
}

fn key_name(position: usize) -> String {
    format!("\u{2}key{position}")
}

fn spelling_name(position: usize) -> String {
    format!("\u{2}spelling{position}")
}

fn value_name(position: usize) -> String {
    format!("\u{2}value{position}")
}

fn answer_name(position: usize) -> String {
    format!("\u{2}answer{position}")
}

impl Grouping<'_> {
    /// The columns that the groups are made from.
    fn columns(&self) -> Vec<Arc<str>> {
        let mut all = self.keys.to_vec();
        all.extend(self.aggregates.iter().filter_map(|aggregate| aggregate.column.clone()));
        all.sort();
        all.dedup();
        all
    }

    fn kind(&self, name: &str) -> Type {
        self.before.kind(name).unwrap_or(Type::Text)
    }

    /// The column of `n_unique`, where rows can be counted by their exact spelling first. `None` where an aggregate needs the rows themselves.
    fn countable(&self) -> Option<Option<&Arc<str>>> {
        let mut distinct = None;
        if self.keys.is_empty() || self.keys.iter().any(|key| self.kind(key) == Type::List) {
            return None;
        }
        for aggregate in self.aggregates {
            let of = aggregate.column.as_ref();
            match aggregate.fold {
                Fold::Count => {}
                Fold::Min | Fold::Max if of.is_some_and(|of| !matches!(self.kind(of), Type::Text | Type::List)) => {}
                Fold::NUnique if distinct.is_none_or(|known| Some(known) == of) && of.is_some_and(|of| self.kind(of) != Type::List) => distinct = of,
                Fold::NUnique
                | Fold::Min
                | Fold::Max
                | Fold::Sum
                | Fold::Mean
                | Fold::Median
                | Fold::Std
                | Fold::First
                | Fold::Last
                | Fold::List
                | Fold::Quantile(_) => return None,
            }
        }
        Some(distinct)
    }

    fn query(&self, rows: LazyFrame) -> LazyFrame {
        let mut inputs: Vec<PolarsExpr> = Vec::new();
        let mut answers: Vec<PolarsExpr> = Vec::new();
        for (position, key) in self.keys.iter().enumerate() {
            inputs.push(comparable(self.before, key, &key_name(position)));
            match self.kind(key) {
                Type::Text => {
                    inputs.push(column(key).alias(spelling_name(position)));
                    answers.push(column(&spelling_name(position)).min());
                }
                Type::List => {
                    inputs.push(column(key).alias(spelling_name(position)));
                    answers.push(column(&spelling_name(position)).first());
                }
                Type::Int | Type::Hex | Type::Float | Type::Bool | Type::Time | Type::Duration => {}
            }
        }
        for (position, aggregate) in self.aggregates.iter().enumerate() {
            let (input, answer) = self.aggregate(aggregate, &value_name(position));
            inputs.extend(input);
            answers.push(answer.alias(answer_name(position)));
        }
        if inputs.is_empty() {
            return rows.select(answers);
        }
        let rows = rows.select(inputs);
        if self.keys.is_empty() {
            return rows.select(answers);
        }
        let by: Vec<PolarsExpr> = (0..self.keys.len()).map(|position| column(&key_name(position))).collect();
        rows.group_by(by).agg(answers)
    }

    /// What an aggregate needs of each row, and what it makes of them.
    fn aggregate(&self, aggregate: &Aggregate, name: &str) -> (Option<PolarsExpr>, PolarsExpr) {
        let whole = DataType::Int64;
        let Some(of) = aggregate.column.as_deref() else { return (None, len().cast(whole)) };
        let kind = self.kind(of);
        let value = || column(name);
        let plain = || Some(column(of).alias(name));
        match aggregate.fold {
            Fold::Count => (plain(), len().cast(whole)),
            Fold::Sum if kind == Type::Float => (plain(), when(value().count().gt(lit(0))).then(value().sum()).otherwise(lit(polars::prelude::NULL))),
            Fold::Sum => {
                let fits = value().cast(DataType::Float64).sum();
                let known = value().count().gt(lit(0)).and(fits.clone().lt(lit(9.2e18))).and(fits.gt(lit(-9.2e18)));
                (plain(), when(known).then(value().sum()).otherwise(lit(polars::prelude::NULL)))
            }
            Fold::Mean => (plain(), value().mean()),
            Fold::Median => (plain(), value().median()),
            Fold::Std => (plain(), value().std(0)),
            Fold::Quantile(part) => (plain(), value().quantile(lit(part.clamp(0.0, 1.0)), QuantileMethod::Linear)),
            Fold::Min | Fold::Max => {
                let input = if kind == Type::Text {
                    kernel_of(vec![column(of)], Type::Text, |columns| columns.first().map_or(Ok(Column::default()), fold::spelled)).alias(name)
                } else {
                    column(of).alias(name)
                };
                let answer = match (aggregate.fold, kind) {
                    (_, Type::List) => value().drop_nulls().first(),
                    (Fold::Min, _) => value().min(),
                    _ => value().max(),
                };
                (Some(input), answer)
            }
            Fold::NUnique => {
                let distinct = value().n_unique().cast(whole.clone());
                (Some(comparable(self.before, of, name)), distinct - value().count().lt(len()).cast(whole))
            }
            Fold::First => (plain(), value().drop_nulls().first()),
            Fold::Last => (plain(), value().drop_nulls().last()),
            Fold::List => (plain(), value().drop_nulls().unique().implode(false)),
        }
    }

    /// The answer's columns: keys in the spelling that sorts first, aggregates in their types.
    fn shown(&self, schema: &Schema) -> Vec<PolarsExpr> {
        let mut all = Vec::new();
        for (position, key) in self.keys.iter().enumerate() {
            let spelled = matches!(self.kind(key), Type::Text | Type::List);
            all.push(column(&if spelled { spelling_name(position) } else { key_name(position) }).alias(&**key));
        }
        for (position, aggregate) in self.aggregates.iter().enumerate() {
            let of = aggregate.column.as_deref().map_or(Type::Int, |of| self.kind(of));
            let answer = column(&answer_name(position));
            let kind = schema.kind(&aggregate.name).unwrap_or(Type::Text);
            let shown = match aggregate.fold {
                Fold::Min | Fold::Max if of == Type::Text => {
                    kernel_of(vec![answer], Type::Text, |columns| columns.first().map_or(Ok(Column::default()), fold::unspelled))
                }
                Fold::List => {
                    kernel_of(vec![answer], Type::List, move |columns| columns.first().map_or(Ok(Column::default()), |lists| fold::listed(lists, of)))
                }
                Fold::Mean | Fold::Median | Fold::Std | Fold::Quantile(_) if kind == Type::Duration => {
                    kernel_of(vec![answer], Type::Duration, |columns| columns.first().map_or(Ok(Column::default()), fold::rounded))
                }
                Fold::Count
                | Fold::Sum
                | Fold::Min
                | Fold::Max
                | Fold::Mean
                | Fold::Median
                | Fold::Std
                | Fold::NUnique
                | Fold::First
                | Fold::Last
                | Fold::Quantile(_) => answer.cast(physical(kind)),
            };
            all.push(shown.alias(&*aggregate.name));
        }
        all
    }
}
