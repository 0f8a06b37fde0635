//! What is worth holding of an answer: few rows are kept, many are counted.

use std::collections::BTreeSet;
use std::sync::Arc;

use polars::prelude::{DataFrame, DataType, Expr as PolarsExpr, IntoLazy, len};

use super::expr::column;
use super::job::{Job, WIDE_PIECE, all_of, cells, conform};
use super::pieces::Pieces;
use super::reorder::Route;
use super::stage::{Order, Part, Rows, Stage};
use super::{kernel, run};
use crate::backend::{BackendError, Wanted};
use crate::frame::{Frame, Preview};
use crate::plan::{Keep, Plan, Schema, Step};

/// Bytes up to which an answer is kept whole. Tests have few.
const WHOLE: usize = if cfg!(test) { 16 << 10 } else { 64 << 20 };

/// How many rows there are.
const TOTAL: &str = "\u{2}total";

/// The first rows of a plan's answer, all of them where they are few; how many there are; and which of some columns have a value only later.
pub fn preview(job: &mut Job, plan: &Plan, wanted: &Wanted) -> Result<Preview, BackendError> {
    let Wanted { rows, columns, all } = wanted;
    let route = Route::of(plan, &all_of(&Schema::of(plan)?))?;
    let begin = job.begin(plan, &route)?;
    let end = route.steps.len();
    let sort = route.last_sort();
    let before = sort.unwrap_or(end);
    let stage = job.follow(begin, &route, 0..before)?.blanked(&route.needs[before]);
    let (begun, rest) = gather(job, &stage)?;
    let (held, total, mut later) = match (rest, sort) {
        (None, None) => (begun, 0, BTreeSet::new()),
        (None, Some(at)) => {
            let stage = job.follow(Stage::kept(begun.lazy(), stage.schema), &route, at..end)?;
            (job.materialise(stage)?, 0, BTreeSet::new())
        }
        (Some(rest), None) => {
            let (more, later) = counted(job, rest, &without(columns, &known(&begun, columns)))?;
            let total = begun.height() as u64 + more;
            (begun, total, later)
        }
        // Where many rows are put in order, only the first are: how many there are does not depend on it.
        (Some(_), Some(at)) => {
            drop(begun);
            let files = job.read.files;
            let first = job.answer(&plan.then(Step::Limit(Keep::Head(*rows))), &route.needs[end])?;
            job.read.files = files;
            let rest = job.follow(stage, &route, at + 1..end)?;
            let (total, later) = counted(job, rest, &without(columns, &known(&first, columns)))?;
            (first, total, later)
        }
    };
    let total = total.max(held.height() as u64);
    let is_whole = total == held.height() as u64 && (*all || kernel::held_bytes(&held) <= WHOLE);
    let first = if is_whole {
        held
    } else {
        let first = kernel::compact(held.head(Some(*rows)));
        later.extend(known(&held, columns));
        later = later.difference(&known(&first, columns)).cloned().collect();
        first
    };
    let schema = Schema::of(plan)?;
    Ok(Preview { frame: Frame::new(schema.clone(), conform(first, &schema)?, job.read), total, later })
}

/// The rows of a stage, all of them where they are few; else the first, and where the others come from.
fn gather(job: &mut Job, stage: &Stage) -> Result<(DataFrame, Option<Stage>), BackendError> {
    let (Order::Rows, Rows::Files(parts)) = (stage.order, &stage.source) else { return Ok((job.materialise(stage.clone())?, None)) };
    let mut all = Vec::new();
    let mut bytes = 0;
    let rest = job.pieces(parts, &stage.schema, |piece| {
        bytes += kernel::held_bytes(&piece);
        all.push(piece);
        Ok(bytes <= WHOLE)
    })?;
    let rest = (!rest.is_empty()).then(|| Stage { source: Rows::Files(rest), ..stage.clone() });
    Ok((conform(kernel::stacked(all).map_err(run::failed)?, &stage.schema)?, rest))
}

/// How many rows a stage has, and which of some columns have a value in any of them. Each part is asked for what its rows can have.
fn counted(job: &mut Job, stage: Stage, columns: &[Arc<str>]) -> Result<(u64, BTreeSet<Arc<str>>), BackendError> {
    let Rows::Files(parts) = &stage.source else { return counted_of(job, stage, columns) };
    let (mut total, mut later) = (0, BTreeSet::new());
    let is_there = |part: &Part, later: &BTreeSet<Arc<str>>| -> Vec<Arc<str>> {
        columns.iter().filter(|name| !part.blank.contains(*name) && !later.contains(*name)).cloned().collect()
    };
    let shared = job.shared.clone();
    for part in parts.iter().filter(|part| !part.files.is_empty()) {
        let mut pieces = Pieces::of(&shared.store, std::slice::from_ref(part), |part| cells(part, &stage.schema));
        while let Some(piece) = pieces.next(if part.is_wide { WIDE_PIECE } else { u64::MAX }) {
            let asked = is_there(part, &later);
            let (rows, found) = counted_of(job, Stage { source: Rows::Files(piece.parts), ..stage.clone() }, &asked)?;
            total += rows;
            later.extend(found);
        }
    }
    Ok((total, later))
}

fn counted_of(job: &mut Job, stage: Stage, columns: &[Arc<str>]) -> Result<(u64, BTreeSet<Arc<str>>), BackendError> {
    let mut answers: Vec<PolarsExpr> = vec![len().cast(DataType::Int64).alias(TOTAL)];
    answers.extend(columns.iter().map(|name| column(name).count().cast(DataType::Int64)));
    let counts = job.lazy(stage.narrow(columns))?.select(answers);
    let counts = job.collect(counts)?;
    let count = |name: &str| counts.column(name).and_then(|counts| counts.i64().map(|counts| counts.get(0).unwrap_or(0))).map_err(run::failed);
    let mut later = BTreeSet::new();
    for name in columns {
        if count(name)? > 0 {
            later.insert(name.clone());
        }
    }
    Ok((u64::try_from(count(TOTAL)?).unwrap_or(0), later))
}

/// Those of the columns that have a value in any row.
fn known(rows: &DataFrame, columns: &[Arc<str>]) -> BTreeSet<Arc<str>> {
    columns.iter().filter(|name| rows.column(name).is_ok_and(|cells| cells.null_count() < cells.len())).cloned().collect()
}

fn without(columns: &[Arc<str>], known: &BTreeSet<Arc<str>>) -> Vec<Arc<str>> {
    columns.iter().filter(|name| !known.contains(*name)).cloned().collect()
}
