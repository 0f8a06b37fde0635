//! What queries share whose rows are sums: days of the run's zone, machines apart or added up, the order of the answer.

use std::sync::Arc;

use super::options::own;
use super::{Context, OptionSpec, Takes};
use crate::plan::{Aggregate, Expr, Fold, Func, SortKey, Step};

/// `by: "machine"`, of a query that is split by nothing else.
pub(super) const BY_MACHINE: OptionSpec = own("by", Takes::Words(&[MACHINE]), "machine: each machine apart, with Muid and Machine");

/// The word of `by` that keeps machines apart.
pub(super) const MACHINE: &str = "machine";

/// The columns by which machines are kept apart.
pub(super) const APART: [&str; 2] = ["Muid", "Machine"];

/// Sets a column to the day of `DateTime`, as `2020-09-21`.
pub(super) fn day(column: &str, context: &Context<'_>) -> Step {
    of_time(column, Func::Date(context.zone))
}

/// Sets a column to what a function says of `DateTime`.
pub(super) fn of_time(column: &str, func: Func) -> Step {
    Step::Derive(column.into(), Expr::call(func, vec![Expr::column("DateTime")]))
}

pub(super) fn count(name: &str) -> Aggregate {
    Aggregate { name: name.into(), fold: Fold::Count, column: None }
}

pub(super) fn fold(name: &str, fold: Fold, column: &str) -> Aggregate {
    Aggregate { name: name.into(), fold, column: Some(column.into()) }
}

/// By these columns, upwards.
pub(super) fn sorted(columns: &[&str]) -> Step {
    Step::Sort(columns.iter().map(|column| SortKey { column: Arc::from(*column), descending: false }).collect())
}

pub(super) fn is_known(column: &str) -> Arc<Expr> {
    Expr::negate(Expr::call(Func::IsMissing, vec![Expr::column(column)]))
}
