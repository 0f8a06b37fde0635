//! `top`, where bins can't be added up (a mean, a number of different values): which tuples are kept is told before the rows are binned.

use std::sync::Arc;

use super::{Histogram, adds_up};
use crate::hunt::stack;
use crate::plan::{Aggregate, Comparison, Expr, Fold, Func, How, Keep, Plan, PlanError, Schema, SortKey, Step, Value};
use crate::telemetry::Type;

/// The key that says of a bin that it is `(other)`.
pub(super) const IS_OTHER: &str = "top: other";

const KEPT: &str = "top: kept";

/// Stands for a missing number in a join, for missing joins nothing.
const NO_NUMBER: i64 = -9_000_000_000_000_000;

/// Whether `(other)` must be made before the rows are binned.
pub(super) fn needs_rows(histogram: &Histogram) -> bool {
    histogram.top.is_some() && !adds_up(histogram.metric.fold)
}

/// What the tuples are ranked by: the metric over the whole period, or their rows where it has no order.
pub(super) fn ranking(histogram: &Histogram) -> Aggregate {
    match histogram.metric.fold {
        Fold::First | Fold::Last | Fold::List => Aggregate { name: histogram.metric.name.clone(), ..stack::count() },
        Fold::Count | Fold::Sum | Fold::Min | Fold::Max | Fold::Mean | Fold::Median | Fold::Std | Fold::NUnique | Fold::Quantile(_) => histogram.metric.clone(),
    }
}

/// Steps after which the columns of `by` are missing in rows that `top` leaves out, and [`IS_OTHER`] says so.
pub(super) fn steps(plan: &Plan, schema: &Schema, histogram: &Histogram) -> Result<Vec<Step>, PlanError> {
    let keys: Vec<(Arc<str>, Arc<Expr>)> = histogram
        .by
        .iter()
        .enumerate()
        .map(|(position, name)| Ok((Arc::from(format!("top: key {position}")), join_key(name, schema.require(name)?))))
        .collect::<Result<_, PlanError>>()?;
    let names: Vec<Arc<str>> = keys.iter().map(|(name, _)| name.clone()).collect();
    let derived = keys.into_iter().map(|(name, key)| Step::Derive(name, key));
    let metric = ranking(histogram);
    let mut order = vec![SortKey { column: metric.name.clone(), descending: true }];
    order.extend(histogram.by.iter().map(|name| SortKey { column: name.clone(), descending: false }));
    let mut best = plan.clone();
    best.steps.push(Step::Group { keys: histogram.by.clone(), aggregates: vec![metric] });
    best.steps.extend([Step::Sort(order), Step::Limit(Keep::Head(histogram.top.unwrap_or(usize::MAX)))]);
    best.steps.extend(derived.clone());
    best.steps.extend([Step::Select(names.clone()), Step::Derive(KEPT.into(), Expr::literal(Value::Bool(true)))]);
    let kept = Expr::call(Func::IsTrue, vec![Expr::column(KEPT)]);
    let mut steps: Vec<Step> = derived.collect();
    steps.push(Step::Join { right: Arc::new(best), how: How::Left, left_on: names.clone(), right_on: names, within: None });
    steps.push(Step::Derive(IS_OTHER.into(), Expr::negate(kept.clone())));
    let blank = |name: &Arc<str>| Step::Derive(name.clone(), Arc::new(Expr::If(kept.clone(), Expr::column(name), Expr::literal(Value::Missing))));
    steps.extend(histogram.by.iter().map(blank));
    Ok(steps)
}

/// The column as a key that is never missing.
fn join_key(name: &str, kind: Type) -> Arc<Expr> {
    let column = Expr::column(name);
    let or = |value: Value| Expr::call(Func::OrElse, vec![column.clone(), Expr::literal(value)]);
    let number = |number: i64| Expr::literal(Value::Int(number));
    match kind {
        Type::Text | Type::List => or(Value::text("\u{1}missing")),
        Type::Int | Type::Hex => or(Value::Int(NO_NUMBER)),
        Type::Time => or(Value::Time(NO_NUMBER)),
        Type::Duration => or(Value::Duration(NO_NUMBER)),
        Type::Float => or(Value::Float(f64::MIN)),
        Type::Bool => {
            let yes = Expr::call(Func::IsTrue, vec![column.clone()]);
            let no = Arc::new(Expr::Compare(Comparison::Equal, column.clone(), Expr::literal(Value::Bool(false))));
            Arc::new(Expr::If(yes, number(1), Arc::new(Expr::If(no, number(0), number(-1)))))
        }
    }
}
