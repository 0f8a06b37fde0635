//! Numbers far from what is usual for their group, by the modified z-score of Iglewicz and Hoaglin (How to Detect and Handle Outliers, 1993).
//!
//! Median and median absolute deviation, unlike mean and deviation, are not moved by the very rows that are looked for.

use std::sync::Arc;

use crate::plan::{Aggregate, Arithmetic, Comparison, Expr, Fold, How, Plan, PlanError, Schema, SortKey, Step, Value};
use crate::telemetry::Type;

/// A score beyond this is unusual, as its authors advise.
pub const BEYOND: f64 = 3.5;

/// What makes the median absolute deviation, and the mean one, of normal numbers their standard deviation.
const OF_MEDIAN: f64 = 1.4826;
const OF_MEAN: f64 = 1.2533;

/// Helper columns, not shown.
const ALL: &str = "outliers: all";
const AWAY: &str = "outliers: away";
const MEAN: &str = "outliers: mean";
const SIZE: &str = "outliers: size";

const ADDED: [&str; 3] = ["Median", "Deviation", "Score"];

/// The rows whose number lies beyond a score, most unusual first, with `Median` and `Deviation` (median absolute) of their group and `Score`: the distance from
/// the median in deviations made comparable with standard ones. Where more than half of a group are the median itself, the mean absolute deviation stands in;
/// where all are, nothing is unusual.
///
/// # Errors
/// An unknown column, one that is no number, and columns that have the added names already.
pub fn outliers(plan: &Plan, schema: &Schema, of: &str, by: &[Arc<str>], beyond: f64) -> Result<Plan, PlanError> {
    let kind = schema.require(of)?;
    if !matches!(kind, Type::Int | Type::Float) {
        return Err(PlanError::Argument { function: "outliers".into(), wanted: "a column of numbers".into(), given: of.into(), found: kind.word().into() });
    }
    by.iter().try_for_each(|name| schema.require(name).map(drop))?;
    if let Some(name) = ADDED.iter().find(|name| schema.kind(name).is_some()) {
        return Err(PlanError::Twice { name: (*name).into() });
    }
    let column = |name: &str| Expr::column(name);
    let number = |number: f64| Expr::literal(Value::Float(number));
    let calculate = |operation: Arithmetic, left, right| Expr::call(operation, vec![left, right]);
    let choose = |condition, yes, no| Arc::new(Expr::If(condition, yes, no));
    let over = |left, right| Arc::new(Expr::Compare(Comparison::Greater, left, right));
    let apart = |left: &str, right: &str| calculate(Arithmetic::Subtract, column(left), column(right));
    let keys: Vec<Arc<str>> = by.iter().cloned().chain([Arc::from(ALL)]).collect();
    let group = |rows: &Plan, aggregates: &[(&str, Fold, &str)]| {
        let aggregates = aggregates.iter().map(|(name, fold, of)| Aggregate { name: Arc::from(*name), fold: *fold, column: Some(Arc::from(*of)) });
        let right = Arc::new(rows.quiet().then(Step::Group { keys: keys.clone(), aggregates: aggregates.collect() }));
        Step::Join { right, how: How::Left, left_on: keys.clone(), right_on: keys.clone(), within: None }
    };
    let known = Expr::negate(Expr::call(crate::plan::Func::IsMissing, vec![column(of)]));
    let rows = plan.then(Step::Filter(known)).then(Step::Derive(ALL.into(), Expr::literal(Value::Int(0))));
    let placed = rows.then(group(&rows, &[("Median", Fold::Median, of)]));
    let away = choose(over(column(of), column("Median")), apart(of, "Median"), apart("Median", of));
    let placed = placed.then(Step::Derive(AWAY.into(), away));
    let scale = |name: &str, factor: f64| calculate(Arithmetic::Multiply, column(name), number(factor));
    let by_mean = choose(over(column(MEAN), number(0.0)), scale(MEAN, OF_MEAN), Expr::literal(Value::Missing));
    let by_median = choose(over(column("Deviation"), number(0.0)), scale("Deviation", OF_MEDIAN), by_mean);
    let size = choose(over(column("Score"), number(0.0)), column("Score"), calculate(Arithmetic::Subtract, number(0.0), column("Score")));
    let steps = [
        group(&placed, &[("Deviation", Fold::Median, AWAY), (MEAN, Fold::Mean, AWAY)]),
        Step::Derive("Score".into(), calculate(Arithmetic::Divide, apart(of, "Median"), by_median)),
        Step::Derive(SIZE.into(), size),
        Step::Filter(over(column(SIZE), number(beyond))),
        Step::Sort(vec![SortKey { column: SIZE.into(), descending: true }]),
        Step::Drop([ALL, AWAY, MEAN, SIZE].map(Arc::from).into()),
    ];
    Ok(steps.into_iter().fold(placed, |plan, step| plan.then(step)))
}
