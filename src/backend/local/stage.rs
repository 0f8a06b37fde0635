//! Rows on their way through a plan: lazily, with the row order carried along until a step gives another order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;

use polars::prelude::{DataFrame, Expr as PolarsExpr, IntoLazy, LazyFrame, Selector, SortMultipleOptions, UnionArgs, concat};

use super::expr::{Lowering, column, literal};
use super::pieces::Window;
use super::run;
use super::scan::{ORDER, Reading, Times};
use crate::backend::BackendError;
use crate::frame::physical;
use crate::plan::{Expr, Needed, PlanError, Scan, Schema, Value, simplify, without};
use crate::store::StoredFile;
use crate::telemetry::Type;

/// A step that looks at one row at a time, and so can be done for any part of the files.
pub type Transform = Arc<dyn Fn(LazyFrame) -> LazyFrame + Send + Sync>;

/// The rows after some steps.
#[derive(Clone)]
pub struct Stage {
    pub source: Rows,
    pub schema: Schema,
    pub order: Order,
}

/// Where the rows come from.
#[derive(Clone)]
pub enum Rows {
    /// Files of one scan, or of several whose rows were put together.
    Files(Vec<Part>),
    Frame(Box<LazyFrame>),
}

/// Files of one scan, and what is done to each row of them.
#[derive(Clone)]
pub struct Part {
    pub reading: Box<Reading>,
    /// In the order of their first row.
    pub files: Vec<StoredFile>,
    pub transforms: Vec<Transform>,
    /// Columns that none of its rows has a value in, as is known without a look at them. They are not there until somebody needs all columns.
    pub blank: Arc<Blank>,
    /// So many columns are looked at that the part is read on its own: several such at once would not fit into memory.
    pub is_wide: bool,
}

/// Columns without a value.
pub type Blank = BTreeSet<Arc<str>>;

/// A condition over more columns than this makes a part wide.
pub const WIDE: usize = 40;

/// Whether a wide condition holds.
const HOLDS: &str = "\u{2}holds";

fn by_name(name: &str) -> Selector {
    Selector::ByName { names: Arc::new([name.into()]), strict: true }
}

/// Which order the rows are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// None yet; the columns of the row order are there to sort by.
    Rows,
    /// The order in which they stand.
    Kept,
}

impl Stage {
    pub fn kept(frame: LazyFrame, schema: Schema) -> Stage {
        Stage { source: Rows::Frame(Box::new(frame)), schema, order: Order::Kept }
    }

    /// One more step on each row that reads and sets no column that may not be there (see [`Stage::having`]).
    pub fn map(self, schema: Schema, transform: impl Fn(LazyFrame) -> LazyFrame + Send + Sync + 'static) -> Stage {
        let transform: Transform = Arc::new(transform);
        let names: Blank = schema.names().map(Arc::from).collect();
        self.each(schema, |blank| (transform.clone(), blank & &names))
    }

    /// One more step, which may be another for rows of which more is known. It is told which columns are not there, and tells which are not afterwards.
    pub fn each(self, schema: Schema, step: impl Fn(&Blank) -> (Transform, Blank)) -> Stage {
        match self.try_each(schema, |blank| Ok::<_, Infallible>(step(blank))) {
            Ok(stage) => stage,
            Err(never) => match never {},
        }
    }

    /// The same for a step that may be impossible.
    pub fn try_each<E>(mut self, schema: Schema, step: impl Fn(&Blank) -> Result<(Transform, Blank), E>) -> Result<Stage, E> {
        self.source = match self.source {
            Rows::Files(mut parts) => {
                for part in &mut parts {
                    let (transform, blank) = step(&part.blank)?;
                    part.transforms.push(transform);
                    part.blank = Arc::new(blank);
                }
                Rows::Files(parts)
            }
            Rows::Frame(frame) => {
                let (transform, blank) = step(&Blank::new())?;
                let frame = transform(*frame);
                Rows::Frame(Box::new(if blank.is_empty() { frame } else { frame.select([filled(&schema, &blank), self.order.columns()].concat()) }))
            }
        };
        self.schema = schema;
        Ok(self)
    }

    /// These columns are there, even where no row has a value in them.
    pub fn having<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Stage {
        let schema = self.schema.clone();
        let names: HashSet<&str> = names.into_iter().collect();
        self.each(schema.clone(), |blank| {
            let (asked, others): (Blank, Blank) = blank.iter().cloned().partition(|name| names.contains(&**name));
            let made: Vec<PolarsExpr> =
                schema.columns().iter().filter(|(name, _)| asked.contains(name)).map(|(name, kind)| missing(*kind).alias(&**name)).collect();
            (Arc::new(move |frame| if made.is_empty() { frame } else { frame.with_columns(made.clone()) }), others)
        })
    }

    /// Only the columns of a schema, all of which are known.
    pub fn only(self, schema: Schema) -> Stage {
        let (names, hidden): (Blank, _) = (schema.names().map(Arc::from).collect(), self.order.columns());
        self.each(schema.clone(), |blank| (selected(&schema, blank, &hidden), blank & &names))
    }

    /// Only the rows for which a condition holds. Files whose rows lack what it would need are left out.
    pub fn filter(mut self, condition: &Arc<Expr>) -> Result<Stage, PlanError> {
        let lowering = Lowering { schema: &self.schema };
        let is_wide = condition.columns().len() > WIDE;
        let lowered = |blank: &Blank| -> Result<Option<Transform>, PlanError> {
            let condition = simplify(&without(condition, &|name| blank.contains(name)));
            if !blank.is_empty() && matches!(&*condition, Expr::Literal(value) if *value != Value::Bool(true)) {
                return Ok(None);
            }
            let holds = lowering.filter(&condition)?;
            let transform: Transform = match condition.columns().len() > WIDE {
                // Kept out of the reading of files: there a condition is asked column by column, on one core.
                true => Arc::new(move |frame| frame.with_columns([holds.clone().alias(HOLDS)]).filter(column(HOLDS)).drop(by_name(HOLDS))),
                false => Arc::new(move |frame| frame.filter(holds.clone())),
            };
            Ok(Some(transform))
        };
        match &mut self.source {
            Rows::Files(parts) => {
                for part in parts {
                    match lowered(&part.blank)? {
                        Some(transform) => {
                            part.transforms.push(transform);
                            part.is_wide |= is_wide;
                        }
                        None => part.files.clear(),
                    }
                }
            }
            Rows::Frame(frame) => {
                let holds = lowering.filter(condition)?;
                **frame = frame.clone().filter(holds);
            }
        }
        Ok(self)
    }

    /// Each part is read on its own where a step looks at so many columns.
    pub fn apart(mut self, columns: usize) -> Stage {
        if let Rows::Files(parts) = &mut self.source {
            parts.iter_mut().for_each(|part| part.is_wide |= columns > WIDE);
        }
        self
    }

    /// Only these columns, and those of the row order.
    pub fn narrow(self, names: &[Arc<str>]) -> Stage {
        let kept: Vec<_> = self.schema.columns().iter().filter(|(name, _)| names.contains(name)).cloned().collect();
        if kept.is_empty() && self.order == Order::Kept { self } else { self.only(Schema::new(kept)) }
    }

    /// Columns that nobody needs are missing from here on, so that they are not even read.
    pub fn blanked(self, needed: &Needed) -> Stage {
        let schema = self.schema.clone();
        if schema.names().all(|name| needed.contains(name)) {
            return self;
        }
        if self.order == Order::Kept && !schema.names().any(|name| needed.contains(name)) {
            // Selected alone, what is the same in every row would be one row.
            let nothing = filled(&schema, &schema.names().map(Arc::from).collect());
            return self.map(schema, move |frame| frame.with_columns(nothing.clone()));
        }
        let unneeded: Blank = schema.names().filter(|name| !needed.contains(*name)).map(Arc::from).collect();
        let hidden = self.order.columns();
        self.each(schema.clone(), |blank| {
            let blank = blank | &unneeded;
            (selected(&schema, &blank, &hidden), blank)
        })
    }

    /// Only rows of a window; files are left out by their manifest. Rows that come from elsewhere stay all.
    pub fn between(mut self, window: Window) -> Stage {
        if let Rows::Files(parts) = self.source {
            self.source = Rows::Files(parts.into_iter().map(|part| part.between(window)).collect());
        }
        self
    }

    /// Only rows of these times, and as `between`.
    pub fn at(mut self, times: &Times) -> Stage {
        if let Rows::Files(parts) = self.source {
            self.source = Rows::Files(parts.into_iter().map(|part| part.at(times)).collect());
        }
        self
    }

    /// The columns of the schema, and those of the row order where they are still needed.
    pub fn columns(&self) -> Vec<PolarsExpr> {
        [visible(&self.schema), self.order.columns()].concat()
    }
}

impl Order {
    /// The columns of the row order, where there is no other order.
    pub fn columns(self) -> Vec<PolarsExpr> {
        match self {
            Order::Rows => order_columns(),
            Order::Kept => Vec::new(),
        }
    }
}

impl Part {
    /// The files of one scan. Of the raw fields of all kinds each kind has few: files that have the same ones are read together, and the others are missing
    /// there without being looked for.
    pub fn by_fields(reading: Reading, files: Vec<StoredFile>) -> Vec<Part> {
        let wanted = reading.scan.raw_fields.clone();
        let by_kind = reading.store.manifest().raw_fields.iter().map(|kind| ((kind.channel.as_str(), kind.event_id), &kind.fields));
        let by_kind: HashMap<(&str, Option<i64>), &Vec<String>> = by_kind.collect();
        let mut shapes: BTreeMap<Vec<Arc<str>>, Vec<StoredFile>> = BTreeMap::new();
        for file in files {
            let of_kinds = file.kinds.iter().filter_map(|(channel, event_id)| by_kind.get(&(channel.as_str(), *event_id)));
            let known: HashSet<&str> = of_kinds.flat_map(|fields| fields.iter()).chain(&file.raw_fields).map(String::as_str).collect();
            let shape = wanted.iter().filter(|name| known.contains(&***name)).cloned().collect();
            shapes.entry(shape).or_default().push(file);
        }
        if shapes.is_empty() {
            shapes.insert(wanted.clone(), Vec::new());
        }
        let part = |(shape, files): (Vec<Arc<str>>, Vec<StoredFile>)| {
            let blank = wanted.iter().filter(|name| !shape.contains(name)).cloned().collect();
            let scan = Arc::new(Scan { raw_fields: shape, ..(*reading.scan).clone() });
            Part { reading: Box::new(Reading { scan, ..reading.clone() }), files, transforms: Vec::new(), blank: Arc::new(blank), is_wide: false }
        };
        shapes.into_iter().map(part).collect()
    }

    /// Its rows, without the columns in which none of them has a value.
    pub fn rows(&self) -> Result<LazyFrame, BackendError> {
        Ok(self.transforms.iter().fold(self.reading.of(&self.files)?, |frame, transform| transform(frame)))
    }

    /// Its rows with all columns of the schema that they have by now, and those of the row order.
    pub fn whole(&self, schema: &Schema) -> Result<LazyFrame, BackendError> {
        Ok(self.rows()?.select([filled(schema, &self.blank), order_columns()].concat()))
    }

    /// Only the rows of a window.
    pub fn between(mut self, (from, to): Window) -> Part {
        let known = self.reading.window;
        self.reading.window = (from.max(known.0), [to, known.1].into_iter().flatten().min());
        self.files.retain(|file| from.is_none_or(|from| file.to >= from) && to.is_none_or(|to| file.from <= to));
        self
    }

    /// Only the rows of these times.
    fn at(mut self, times: &Times) -> Part {
        self.files.retain(|file| times.any_within(file.from, file.to));
        self.reading.times = Some(times.clone());
        self
    }
}

impl Rows {
    /// The rows of some parts, one part after the other; each part is opened as told.
    pub fn of(parts: &[Part], mut open: impl FnMut(&Part) -> Result<LazyFrame, BackendError>) -> Result<LazyFrame, BackendError> {
        // A part without files has nothing to say, but for its columns.
        let mut filled = parts.iter().filter(|part| !part.files.is_empty()).map(&mut open).collect::<Result<Vec<_>, _>>()?;
        match (filled.pop(), filled.is_empty(), parts.first()) {
            (Some(only), true, _) => Ok(only),
            (Some(last), false, _) => {
                filled.push(last);
                concat(filled, UnionArgs::default()).map_err(run::failed)
            }
            (None, _, Some(part)) => open(part),
            (None, _, None) => Ok(DataFrame::default().lazy()),
        }
    }
}

/// No value, in the physical type of a kind.
pub fn missing(kind: Type) -> PolarsExpr {
    literal(&Value::Missing).cast(physical(kind))
}

/// The columns of a schema that are there, and those of the row order.
fn selected(schema: &Schema, blank: &Blank, hidden: &[PolarsExpr]) -> Transform {
    let there = schema.names().filter(|name| !blank.contains(*name)).map(column);
    let columns: Vec<PolarsExpr> = there.chain(hidden.iter().cloned()).collect();
    Arc::new(move |frame| frame.select(columns.clone()))
}

/// The columns of a schema, in its order; of those that are not there, that they are missing.
pub fn filled(schema: &Schema, blank: &Blank) -> Vec<PolarsExpr> {
    let one = |(name, kind): &(Arc<str>, Type)| if blank.contains(name) { missing(*kind).alias(&**name) } else { column(name) };
    schema.columns().iter().map(one).collect()
}

/// The columns of a schema, in its order.
pub fn visible(schema: &Schema) -> Vec<PolarsExpr> {
    schema.names().map(column).collect()
}

/// The columns of the row order.
pub fn order_columns() -> Vec<PolarsExpr> {
    ORDER.iter().map(|(_, hidden, _)| column(hidden)).collect()
}

/// Row order, missing last.
pub fn in_order(frame: LazyFrame) -> LazyFrame {
    frame.sort_by_exprs(order_columns(), SortMultipleOptions::default().with_nulls_last(true).with_maintain_order(true))
}

/// Row order from the end.
pub fn in_reverse(frame: LazyFrame) -> LazyFrame {
    frame.sort_by_exprs(order_columns(), SortMultipleOptions::default().with_order_descending(true).with_nulls_last(false))
}
