//! Aggregates: what `agg` and `metric:` compute.

use std::sync::Arc;

use rhai::Dynamic;

use super::{Answer, Call, Declared, Kind, free};
use crate::diag::Fault;
use crate::plan;

/// An aggregate that has no name yet.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::script) struct Fold {
    pub fold: plan::Fold,
    pub column: Option<Arc<str>>,
}

impl std::fmt::Display for Fold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let column = self.column.as_ref().map(|column| format!("{column:?}")).unwrap_or_default();
        match self.fold {
            plan::Fold::Quantile(part) => write!(f, "quantile({column}, {part})"),
            fold => write!(f, "{}({column})", word(fold)),
        }
    }
}

fn word(fold: plan::Fold) -> &'static str {
    match fold {
        plan::Fold::Count => "count",
        plan::Fold::Sum => "sum",
        plan::Fold::Min => "min",
        plan::Fold::Max => "max",
        plan::Fold::Mean => "mean",
        plan::Fold::Median => "median",
        plan::Fold::Std => "std",
        plan::Fold::NUnique => "n_unique",
        plan::Fold::First => "first",
        plan::Fold::Last => "last",
        plan::Fold::List => "list",
        plan::Fold::Quantile(_) => "quantile",
    }
}

pub(super) fn fold_of(name: &str) -> Option<plan::Fold> {
    use plan::Fold::{Count, First, Last, List, Max, Mean, Median, Min, NUnique, Std, Sum};
    [Count, Sum, Min, Max, Mean, Median, Std, NUnique, First, Last, List].into_iter().find(|fold| word(*fold) == name)
}

macro_rules! example {
    ($call:literal) => {
        concat!("Client(\"all\", all_time()).get_executions().group_by(\"ChildFilename\").agg(#{x: ", $call, "})")
    };
}

pub(super) fn declared() -> Vec<Declared> {
    const COLUMN: &[(&str, Kind)] = &[("column", Kind::Text)];
    vec![
        free("count", &[], 0, "Aggregate: how many rows", example!("count()"), |_| Ok(Dynamic::from(Fold { fold: plan::Fold::Count, column: None }))),
        free("sum", COLUMN, 1, "Aggregate: the sum of known values; missing where none is known", example!("sum(\"ChildPid\")"), of_column),
        free("min", COLUMN, 1, "Aggregate: the smallest known value", example!("min(\"DateTime\")"), of_column),
        free("max", COLUMN, 1, "Aggregate: the largest known value", example!("max(\"DateTime\")"), of_column),
        free("mean", COLUMN, 1, "Aggregate: the mean of known values", example!("mean(\"ChildPid\")"), of_column),
        free("median", COLUMN, 1, "Aggregate: the median of known values", example!("median(\"ChildPid\")"), of_column),
        free("std", COLUMN, 1, "Aggregate: the standard deviation of the population", example!("std(\"ChildPid\")"), of_column),
        free("n_unique", COLUMN, 1, "Aggregate: how many distinct known values, case ignored", example!("n_unique(\"Muid\")"), of_column),
        free("first", COLUMN, 1, "Aggregate: the first known value in row order", example!("first(\"CommandLine\")"), of_column),
        free("list", COLUMN, 1, "Aggregate: the distinct known values, sorted, 100 at most", example!("list(\"ParentFilename\")"), of_column),
        free(
            "quantile",
            &[("column", Kind::Text), ("part", Kind::Number)],
            2,
            "Aggregate: the value below which that part (0 to 1) of the known values lies, linear",
            example!("quantile(\"ChildPid\", 0.9)"),
            |call| {
                let part = call.value(1).as_float().or_else(|_| call.value(1).as_int().map(|whole| whole as f64)).unwrap_or(-1.0);
                if !(0.0..=1.0).contains(&part) {
                    return Err(call
                        .fail_at(1, Fault::new("value::range", "a quantile lies between 0 and 1").with_help("0.9 is the value that nine of ten stay below")));
                }
                Ok(Dynamic::from(Fold { fold: plan::Fold::Quantile(part), column: Some(call.text(0).into()) }))
            },
        ),
    ]
}

/// `min("DateTime")` and its like.
pub(super) fn of_column(call: &Call) -> Answer<Dynamic> {
    match fold_of(call.declared.name) {
        Some(fold) => Ok(Dynamic::from(Fold { fold, column: Some(call.text(0).into()) })),
        None => Err(call.fail(Fault::new("call::argument", "this is no aggregate").with_help("write `count()`, `n_unique(\"Muid\")`, `min(\"DateTime\")` …"))),
    }
}
