//! Histograms: rows counted by intervals of time and by values.

mod finish;
#[cfg(test)]
mod tests;
mod top;

use std::sync::Arc;

use chrono_tz::Tz;
use miette::Diagnostic;
use thiserror::Error;

use crate::hunt::{period, stack};
use crate::plan::{Aggregate, Expr, Fold, Func, Plan, PlanError, Schema, Step, Value, duration_text, time};
use crate::telemetry::Type;

pub use finish::finish;

/// The column that holds the start of the interval.
pub const BIN: &str = "Bin";

/// What stands for all values that `top` leaves out.
pub const OTHER: &str = "(other)";

/// The most rows that a histogram may have.
pub const MOST_BINS: usize = 100_000;

/// What to count, by what.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Columns whose values are counted apart.
    pub by: Vec<Arc<str>>,
    /// Milliseconds, above zero; bins start at multiples of it from midnight in the run's zone.
    pub interval: Option<i64>,
    /// What is computed of each bin: by default `Count`.
    pub metric: Aggregate,
    /// Keeps that many tuples of `by`, those with the most; the rest is `(other)`.
    pub top: Option<usize>,
    /// Empty intervals are rows as well.
    pub fill: bool,
}

/// Why a histogram can't be made.
#[derive(Clone, Debug, PartialEq, Error, Diagnostic)]
pub enum HistogramError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] PlanError),
    #[error("a histogram needs an interval or a column")]
    #[diagnostic(code(histogram::nothing), help("write `Histogram(\"1h\")`, `Histogram(\"ParentFilename\")` or `Histogram(#{{ by: …, interval: … }})`"))]
    Nothing,
    #[error("the interval of a histogram must be longer than nothing")]
    #[diagnostic(code(histogram::interval), help("write `\"1h\"` or `5.minutes`"))]
    Interval,
    #[error("an interval above a day is whole days, and {} is not", duration_text(*.0))]
    #[diagnostic(code(histogram::uneven), help("write `\"1d\"` or `\"2d\"`, or less than a day"))]
    Uneven(i64),
    #[error("these rows have no DateTime to make intervals of")]
    #[diagnostic(code(histogram::time), help("take the histogram before the time is dropped or grouped away, or give it a column in `by` only"))]
    Time,
    #[error("`top` of a histogram needs a column in `by` and must be at least 1")]
    #[diagnostic(code(histogram::top), help("write `Histogram(#{{ by: \"ParentFilename\", interval: \"1h\", top: 5 }})`"))]
    Top,
    #[error("this histogram has more than {MOST_BINS} bins")]
    #[diagnostic(code(histogram::bins), help("take a longer interval, a shorter period, `top:`, or `fill: false`"))]
    Bins,
    #[error("a histogram can't be split by `{name}`, which is a list")]
    #[diagnostic(code(histogram::list), help("split it by a text, a number or a time"))]
    List { name: String },
    #[error("the bins can't be computed: {reason}")]
    #[diagnostic(code(histogram::failed), help("this is a defect of Huntsman"))]
    Failed { reason: String },
}

impl Default for Histogram {
    /// Rows counted, with empty intervals; neither an interval nor a column yet.
    fn default() -> Histogram {
        Histogram { by: Vec::new(), interval: None, metric: stack::count(), top: None, fill: true }
    }
}

impl Histogram {
    /// A lone text: an interval if it reads as one, else a column.
    pub fn read(text: &str) -> Histogram {
        match period::parse_duration(text) {
            Ok(interval) => Histogram { interval: Some(interval), ..Histogram::default() },
            Err(_) => Histogram { by: vec![Arc::from(text.trim())], ..Histogram::default() },
        }
    }
}

/// The plan whose rows are the bins that are not empty; [`finish`] makes the answer of them.
///
/// # Errors
/// Nothing to bin by, an unknown column, no `DateTime` for an interval, a metric that the column can't have.
pub fn plan(plan: &Plan, schema: &Schema, histogram: &Histogram, zone: Tz) -> Result<Plan, HistogramError> {
    check(schema, histogram)?;
    let mut steps = Vec::new();
    if let Some(interval) = histogram.interval {
        let floor = Expr::call(Func::Floor(zone), vec![Expr::column("DateTime"), Expr::literal(Value::Duration(interval))]);
        steps.push(Step::Derive(BIN.into(), floor));
    }
    if top::needs_rows(histogram) {
        steps.extend(top::steps(plan, schema, histogram)?);
    }
    let mut keys: Vec<Arc<str>> = histogram.interval.map(|_| Arc::from(BIN)).into_iter().collect();
    keys.extend(histogram.by.iter().cloned());
    if top::needs_rows(histogram) {
        keys.push(top::IS_OTHER.into());
    }
    steps.push(Step::Group { keys, aggregates: vec![histogram.metric.clone()] });
    let mut binned = plan.clone();
    let mut now = schema.clone();
    for step in steps {
        now = now.after(&step)?;
        binned.steps.push(step);
    }
    Ok(binned)
}

/// The columns of the answer: `Bin` when there is an interval, the `by` columns, the metric. A column of `by` that is no text is one where `top` may put
/// `(other)` into it.
///
/// # Errors
/// As [`plan`].
pub fn schema(schema: &Schema, histogram: &Histogram) -> Result<Schema, HistogramError> {
    check(schema, histogram)?;
    let mut columns: Vec<(Arc<str>, Type)> = histogram.interval.map(|_| (Arc::from(BIN), Type::Time)).into_iter().collect();
    for name in &histogram.by {
        let kind = schema.require(name)?;
        columns.push((name.clone(), if histogram.top.is_some() { Type::Text } else { kind }));
    }
    let grouped = schema.after(&Step::Group { keys: Vec::new(), aggregates: vec![histogram.metric.clone()] })?;
    columns.push((histogram.metric.name.clone(), grouped.require(&histogram.metric.name)?));
    Ok(Schema::new(columns))
}

fn check(schema: &Schema, histogram: &Histogram) -> Result<(), HistogramError> {
    if histogram.by.is_empty() && histogram.interval.is_none() {
        return Err(HistogramError::Nothing);
    }
    if histogram.interval.is_some_and(|interval| interval <= 0) {
        return Err(HistogramError::Interval);
    }
    if let Some(uneven) = histogram.interval.filter(|interval| !time::is_even(*interval)) {
        return Err(HistogramError::Uneven(uneven));
    }
    if histogram.interval.is_some() && schema.kind("DateTime") != Some(Type::Time) {
        return Err(HistogramError::Time);
    }
    if histogram.top.is_some_and(|top| top == 0 || histogram.by.is_empty()) {
        return Err(HistogramError::Top);
    }
    let mut taken: Vec<&str> = histogram.interval.map(|_| BIN).into_iter().collect();
    for name in histogram.by.iter().map(|name| &**name).chain([&*histogram.metric.name]) {
        if taken.contains(&name) {
            return Err(PlanError::Twice { name: name.into() }.into());
        }
        taken.push(name);
    }
    for name in &histogram.by {
        if schema.require(name)? == Type::List {
            return Err(HistogramError::List { name: name.to_string() });
        }
    }
    Ok(())
}

/// Whether bins of this metric can be added up to the bin of both: what `(other)` and spellings of one value need.
fn adds_up(fold: Fold) -> bool {
    match fold {
        Fold::Count | Fold::Sum | Fold::Min | Fold::Max => true,
        Fold::Mean | Fold::Median | Fold::Std | Fold::NUnique | Fold::First | Fold::Last | Fold::List | Fold::Quantile(_) => false,
    }
}
