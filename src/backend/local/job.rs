//! One run of one plan: sources and steps become Polars queries, and their answers a frame.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use polars::prelude::{DataFrame, Expr as PolarsExpr, IntoLazy, LazyFrame, UnionArgs, concat};

use super::expr::{column, literal};
use super::pieces::Pieces;
use super::reorder::Route;
use super::scan::{ORDER, Reading};
use super::stage::{Blank, Order, Part, Rows, Stage, in_order, in_reverse, order_columns};
use super::{Shared, assemble, damage, kernel, pick, prune, run, steps};
use crate::backend::{BackendError, Limits};
use crate::frame::{Frame, Read, physical};
use crate::plan::{Keep, Needed, Plan, Scan, Schema, Source, Step, Value};
use crate::store::StoredFile;
use crate::telemetry::Type;

/// Rows of the first piece that is looked at for the first rows; each further piece has twice as many.
const FIRST_PIECE: u64 = 200_000;

/// Cells of a piece that is collected and sorted at once: of the first, and the fewest and most of a later one. Tests have few rows.
const PIECE: u64 = if cfg!(test) { 1_280 } else { 4 << 20 };
const LEAST_PIECE: u64 = PIECE / 4;
const MOST_PIECE: u64 = PIECE * 16;
/// Cells of a piece of rows that have very many.
pub const WIDE_PIECE: u64 = PIECE / 8;

/// A row of few cells comes to as much as this many: some of them are long.
const LEAST_CELLS: usize = 32;

/// Bytes that a piece should come to: what a question over everything holds of it.
const PIECE_BYTES: u64 = if cfg!(test) { 4 << 10 } else { 64 << 20 };

/// A run in progress.
pub struct Job {
    pub shared: Arc<Shared>,
    pub limits: Limits,
    pub read: Read,
    opened: HashSet<String>,
}

impl Job {
    pub fn new(shared: Arc<Shared>, limits: Limits) -> Job {
        Job { shared, limits, read: Read::default(), opened: HashSet::new() }
    }

    /// The plan's answer.
    pub fn frame(&mut self, plan: &Plan) -> Result<Frame, BackendError> {
        let schema = Schema::of(plan)?;
        let data = self.answer(plan, &all_of(&schema))?;
        Ok(Frame::new(schema, data, self.read))
    }

    /// The rows of a plan of whose columns only some are needed (the others may be missing).
    pub fn answer(&mut self, plan: &Plan, needed: &Needed) -> Result<DataFrame, BackendError> {
        let stage = self.stage(plan, needed)?.blanked(needed);
        self.materialise(stage)
    }

    /// Everything up to the last step, as lazily as the steps allow.
    pub fn stage(&mut self, plan: &Plan, needed: &Needed) -> Result<Stage, BackendError> {
        let route = Route::of(plan, needed)?;
        let stage = self.begin(plan, &route)?;
        self.follow(stage, &route, 0..route.steps.len())
    }

    /// What the steps of a plan begin with.
    pub fn begin(&mut self, plan: &Plan, route: &Route) -> Result<Stage, BackendError> {
        match (route.schemas.first(), route.needs.first()) {
            (Some(schema), Some(needed)) => self.source(&plan.source, schema, needed),
            _ => Err(BackendError::Failed { reason: "the plan has no columns".into() }),
        }
    }

    /// Some of the steps.
    pub fn follow(&mut self, mut stage: Stage, route: &Route, steps: Range<usize>) -> Result<Stage, BackendError> {
        let Range { start: mut at, end } = steps;
        while at < end {
            self.limits.check()?;
            let edge = match &route.steps[at..end] {
                [Step::Sort(keys), Step::Limit(Keep::Head(rows)), ..] if stage.order == Order::Rows => Some((keys, *rows, false)),
                [Step::Sort(keys), Step::Limit(Keep::Tail(rows)), ..] if stage.order == Order::Rows => Some((keys, *rows, true)),
                _ => None,
            };
            (stage, at) = match edge {
                Some((keys, rows, from_end)) => (pick::sorted_edge(self, stage, keys, rows, from_end, &route.needs[at + 2])?, at + 2),
                None => (steps::apply(self, stage, &route.steps[at], &route.schemas[at + 1], &route.needs[at + 1])?, at + 1),
            };
        }
        Ok(stage)
    }

    fn source(&mut self, source: &Source, schema: &Schema, needed: &Needed) -> Result<Stage, BackendError> {
        match source {
            Source::Scan(scan) if scan.table == "machine" => self.machines(scan, schema),
            Source::Scan(scan) => self.scan(scan, schema, needed),
            Source::Union(plans) => self.union(plans, schema, needed),
        }
    }

    fn scan(&mut self, scan: &Scan, schema: &Schema, needed: &Needed) -> Result<Stage, BackendError> {
        let shared = self.shared.clone();
        let chosen = prune::choose(shared.store.manifest(), scan, || shared.inventory())?;
        damage::missing(&shared.store, &chosen.files)?;
        self.read.files += chosen.of as u64;
        let fresh = if needed.contains("FreshUnknown") { Some(shared.fresh(&self.limits)?) } else { None };
        let (store, limits) = (shared.store.clone(), self.limits.clone());
        let reading = Reading { store, scan: Arc::new(scan.clone()), limits, fresh, window: (None, None), times: None };
        Ok(Stage { source: Rows::Files(Part::by_fields(reading, chosen.files)), schema: schema.clone(), order: Order::Rows })
    }

    /// Machines come folded from the inventory, in its order.
    fn machines(&mut self, scan: &Scan, schema: &Schema) -> Result<Stage, BackendError> {
        let inventory = self.shared.inventory()?;
        for file in self.shared.clone().store.manifest().files.iter().filter(|file| file.table == "machine") {
            self.read.files += 1;
            self.count(std::slice::from_ref(file));
        }
        let frame = super::machines::frame(&inventory, scan, schema).map_err(run::failed)?;
        Ok(Stage::kept(frame.lazy(), schema.clone()))
    }

    /// All rows of all plans: in row order where each of them has it, else one plan after the other.
    fn union(&mut self, plans: &[Arc<Plan>], schema: &Schema, needed: &Needed) -> Result<Stage, BackendError> {
        let mut stages = Vec::new();
        for plan in plans {
            let own = Schema::of(plan)?;
            let mut wanted: Needed = own.columns().iter().map(|(name, _)| name.clone()).collect();
            wanted.retain(|name| needed.contains(name));
            stages.push(Job::aligned(plan, self.stage(plan, &wanted)?.blanked(&wanted), schema));
        }
        let order = if stages.iter().all(|stage| stage.order == Order::Rows) { Order::Rows } else { Order::Kept };
        if order == Order::Rows && stages.iter().all(|stage| matches!(stage.source, Rows::Files(_))) && !stages.is_empty() {
            let parts = stages.into_iter().flat_map(|stage| match stage.source {
                Rows::Files(parts) => parts,
                Rows::Frame(_) => Vec::new(),
            });
            return Ok(Stage { source: Rows::Files(parts.collect()), schema: schema.clone(), order });
        }
        let mut all = Vec::new();
        for stage in stages {
            all.push(match (order, stage.order) {
                (Order::Kept, Order::Rows) => self.materialise(stage)?.lazy(),
                (Order::Kept, Order::Kept) | (Order::Rows, _) => self.lazy(stage)?,
            });
        }
        let (all, order) = match all.len() {
            0 => {
                let columns = schema.columns().iter().map(|(name, kind)| ((&**name).into(), physical(*kind))).collect();
                (DataFrame::empty_with_schema(&columns).lazy(), Order::Kept)
            }
            _ => (concat(all, UnionArgs::default()).map_err(run::failed)?, order),
        };
        Ok(Stage { source: Rows::Frame(Box::new(all)), schema: schema.clone(), order })
    }

    /// A part of a union with the columns of the whole; `Table` says where its rows come from.
    fn aligned(plan: &Plan, stage: Stage, whole: &Schema) -> Stage {
        let table = plan.scans().first().map_or(Value::Missing, |scan| Value::text(scan.table));
        let has_table = stage.schema.kind("Table").is_some();
        let own: Blank = stage.schema.names().chain(["Table"]).map(Arc::from).collect();
        let all: Blank = whole.names().map(Arc::from).collect();
        let hidden = stage.order.columns();
        stage.each(whole.clone(), |blank| {
            let blank = &(blank & &all) | &(&all - &own);
            let one = |name: &str| if name == "Table" && !has_table { literal(&table).cast(physical(Type::Text)).alias("Table") } else { column(name) };
            let columns: Vec<PolarsExpr> = whole.names().filter(|name| !blank.contains(*name)).map(one).chain(hidden.clone()).collect();
            (Arc::new(move |frame: LazyFrame| frame.select(columns.clone())), blank)
        })
    }

    /// All rows of a stage, as a query.
    pub fn lazy(&mut self, stage: Stage) -> Result<LazyFrame, BackendError> {
        match stage.source {
            Rows::Frame(frame) => Ok(*frame),
            Rows::Files(parts) => self.open(&parts, |part| part.whole(&stage.schema)),
        }
    }

    /// The rows of some parts, each as it is needed of them.
    fn open(&mut self, parts: &[Part], needed: impl Fn(&Part) -> Result<LazyFrame, BackendError>) -> Result<LazyFrame, BackendError> {
        parts.iter().for_each(|part| self.count(&part.files));
        Rows::of(parts, |part| {
            let rows = needed(part)?;
            if part.is_wide { Ok(self.collect(rows)?.lazy()) } else { Ok(rows) }
        })
    }

    fn count(&mut self, files: &[StoredFile]) {
        for file in files {
            if self.opened.insert(file.path.clone()) {
                self.read.files_read += 1;
                self.read.rows += file.rows;
                self.read.bytes += file.bytes;
            }
        }
    }

    /// Runs a query; a failure names the file that it is due to.
    pub fn collect(&self, query: LazyFrame) -> Result<DataFrame, BackendError> {
        let collect = if super::scan::is_small(&self.shared.store) { run::collect_in_memory } else { run::collect };
        collect(query, &self.limits).map_err(|error| {
            let opened = self.shared.store.manifest().files.iter().filter(|file| self.opened.contains(&file.path)).cloned().collect::<Vec<_>>();
            damage::explain(&self.shared.store, &opened, &self.limits, error)
        })
    }

    /// The answer's rows, in order, with the columns of its schema in their types.
    pub fn materialise(&mut self, stage: Stage) -> Result<DataFrame, BackendError> {
        let schema = stage.schema.clone();
        let mut pieces = Vec::new();
        self.each_piece(stage, |piece| {
            pieces.push(piece);
            Ok(())
        })?;
        conform(kernel::stacked(pieces).map_err(run::failed)?, &schema)
    }

    /// The rows in order, a piece after the other, without the columns of the row order.
    pub fn each_piece(&mut self, stage: Stage, mut take: impl FnMut(DataFrame) -> Result<(), BackendError>) -> Result<(), BackendError> {
        match (stage.order, stage.source) {
            (Order::Kept, source) => {
                let query = self.lazy(Stage { source, schema: stage.schema, order: Order::Kept })?;
                take(self.collect(query)?)
            }
            (Order::Rows, Rows::Frame(frame)) => take(without_order(self.sorted(*frame)?)),
            (Order::Rows, Rows::Files(parts)) => {
                self.pieces(&parts, &stage.schema, |piece| take(piece).map(|()| true))?;
                Ok(())
            }
        }
    }

    /// The rows of some files in order, a piece after the other, as long as more are wanted; then what is left.
    pub fn pieces(
        &mut self,
        parts: &[Part],
        schema: &Schema,
        mut take: impl FnMut(DataFrame) -> Result<bool, BackendError>,
    ) -> Result<Vec<Part>, BackendError> {
        let shared = self.shared.clone();
        let mut pieces = Pieces::of(&shared.store, parts, |part| cells(part, schema));
        // What very many columns hold differs from day to day: there no piece tells much of the next.
        let is_even = parts.iter().all(|part| cells(part, schema) <= 4 * LEAST_CELLS as u64);
        let mut asked = if is_even { PIECE } else { WIDE_PIECE };
        while let Some(piece) = pieces.next(asked) {
            let frame = self.piece(&piece.parts, schema)?;
            if is_even {
                asked = next_piece(asked, piece.weight, kernel::held_bytes(&frame) as u64);
            }
            if !take(frame)? {
                break;
            }
        }
        Ok(pieces.next(u64::MAX).map(|piece| piece.parts).unwrap_or_default())
    }

    /// The rows of a piece in order.
    fn piece(&mut self, parts: &[Part], schema: &Schema) -> Result<DataFrame, BackendError> {
        if parts.len() > 1 && parts.iter().all(|part| !part.blank.is_empty() && !part.files.is_empty()) {
            parts.iter().for_each(|part| self.count(&part.files));
            return assemble::rows(self, parts, schema);
        }
        let query = self.open(parts, |part| part.whole(schema))?;
        Ok(without_order(self.sorted(query)?))
    }

    fn sorted(&self, query: LazyFrame) -> Result<DataFrame, BackendError> {
        let rows = kernel::compact(self.collect(query)?);
        if rows.height() < 2 { Ok(rows) } else { run::collect_in_memory(in_order(rows.lazy()), &self.limits) }
    }

    /// The time of the last of so many rows, from the beginning or from the end, by a read of the row order alone. `None` where there are not so many, or
    /// where it has no time.
    pub fn bound(&mut self, stage: &Stage, rows: usize, from_end: bool) -> Result<Option<i64>, BackendError> {
        let limit = u32::try_from(rows).unwrap_or(u32::MAX);
        let cut = |query: LazyFrame| {
            let places = query.select(order_columns());
            if from_end { in_reverse(places).limit(limit) } else { in_order(places).limit(limit) }
        };
        let mut found = Vec::new();
        match &stage.source {
            Rows::Frame(frame) => found.push(self.collect(cut((**frame).clone()))?),
            Rows::Files(parts) => {
                let shared = self.shared.clone();
                let mut pieces = Pieces::of(&shared.store, parts, |_| 1);
                let (mut height, mut most) = (0, FIRST_PIECE);
                while let Some(piece) = if from_end { pieces.next_back(FIRST_PIECE) } else { pieces.next(most) } {
                    let query = self.open(&piece.parts, |part| Ok(cut(part.rows()?)))?;
                    let piece = self.collect(cut(query))?;
                    height += piece.height();
                    found.push(piece);
                    if height >= rows {
                        break;
                    }
                    most = (most * 2).min(FIRST_PIECE << 8);
                }
            }
        }
        let all = kernel::stacked(found).map_err(run::failed)?;
        let times = all.column(ORDER[0].1).and_then(|times| times.datetime().map(|times| times.physical().clone())).map_err(run::failed)?;
        Ok(rows.checked_sub(1).and_then(|last| times.iter().nth(last).flatten()))
    }
}

/// Cells of a row of a part that may have a value.
pub fn cells(part: &Part, schema: &Schema) -> u64 {
    schema.names().filter(|name| !part.blank.contains(*name)).count().max(LEAST_CELLS) as u64
}

/// Cells of the next piece, after one of so many came to so many bytes.
fn next_piece(asked: u64, read: u64, bytes: u64) -> u64 {
    let fitting = PIECE_BYTES.saturating_mul(read.max(1)) / bytes.max(1);
    fitting.min(asked.saturating_mul(4)).clamp(LEAST_PIECE, MOST_PIECE)
}

/// Every column of a schema.
pub fn all_of(schema: &Schema) -> Needed {
    schema.columns().iter().map(|(name, _)| name.clone()).collect()
}

fn without_order(frame: DataFrame) -> DataFrame {
    let hidden = |name: &str| ORDER.iter().any(|(_, hidden, _)| *hidden == name);
    let height = frame.height();
    let columns = frame.into_columns().into_iter().filter(|column| !hidden(column.name())).collect();
    DataFrame::new(height, columns).unwrap_or_default()
}

/// Exactly the schema's columns, in its order and physical types.
pub fn conform(frame: DataFrame, schema: &Schema) -> Result<DataFrame, BackendError> {
    let height = frame.height();
    let one = |(name, kind): &(Arc<str>, Type)| {
        frame.column(name).and_then(|column| if *column.dtype() == physical(*kind) { Ok(column.clone()) } else { column.cast(&physical(*kind)) })
    };
    let columns = schema.columns().iter().map(one).collect::<Result<Vec<_>, _>>().map_err(run::failed)?;
    DataFrame::new(height, columns).map_err(run::failed)
}
