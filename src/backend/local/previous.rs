//! The row before: what it had, beside each row.

use std::sync::Arc;

use polars::prelude::{Expr as PolarsExpr, IntoLazy, NULL, SortMultipleOptions, col, lit, when};

use super::expr::column;
use super::job::Job;
use super::run;
use super::stage::{Stage, visible};
use super::steps::comparable;
use crate::backend::BackendError;
use crate::plan::{Needed, Schema};

/// Sorts the rows by the keys and the order, and adds cells of the row before among those of the same keys; missing in the first of them.
pub fn apply(
    job: &mut Job,
    stage: Stage,
    by: &[Arc<str>],
    order: &Arc<str>,
    cells: &[(Arc<str>, Arc<str>)],
    schema: &Schema,
    needed: &Needed,
) -> Result<Stage, BackendError> {
    let before = stage.schema.clone();
    let mut wanted = needed.clone();
    wanted.extend(by.iter().chain([order]).chain(cells.iter().map(|(of, _)| of)).cloned());
    let rows = job.materialise(stage.blanked(&wanted))?;
    let names: Vec<String> = (0..=by.len()).map(|place| format!("\u{2}{place}")).collect();
    let keys: Vec<PolarsExpr> = by.iter().chain([order]).zip(&names).map(|(name, hidden)| comparable(&before, name, hidden)).collect();
    let places: Vec<PolarsExpr> = names.iter().map(|name| column(name)).collect();
    let options = SortMultipleOptions::default().with_nulls_last(true).with_maintain_order(true);
    let sorted = rows.lazy().with_columns(keys).sort_by_exprs(places, options);
    let same = names.iter().take(by.len()).map(|name| col(name.as_str()).eq_missing(col(name.as_str()).shift(lit(1)))).reduce(PolarsExpr::and);
    // Of the first row of all there is nothing to shift.
    let has_before = same.unwrap_or_else(|| lit(true));
    let added: Vec<PolarsExpr> =
        cells.iter().map(|(of, name)| when(has_before.clone()).then(column(of).shift(lit(1))).otherwise(lit(NULL)).alias(&**name)).collect();
    let found = run::collect_in_memory(sorted.with_columns(added).select(visible(schema)), &job.limits)?;
    Ok(Stage::kept(found.lazy(), schema.clone()))
}
