//! Rows on their way through a plan: lazily, with the row order carried along until a step gives another order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
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
    /// Columns that none of its rows has a value in, as is known without a look at them.
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

    /// One more step on each row, after which nothing is known of what the columns hold.
    pub fn map(self, schema: Schema, transform: impl Fn(LazyFrame) -> LazyFrame + Send + Sync + 'static) -> Stage {
        let transform: Transform = Arc::new(transform);
        self.each(schema, |_| (transform.clone(), Blank::new()))
    }

    /// One more step on each row that leaves the columns as they are, or leaves them out, but for some that it changes.
    pub fn keep(self, schema: Schema, changed: &[Arc<str>], transform: impl Fn(LazyFrame) -> LazyFrame + Send + Sync + 'static) -> Stage {
        let transform: Transform = Arc::new(transform);
        let names: HashSet<Arc<str>> = schema.names().filter(|name| !changed.iter().any(|changed| **changed == **name)).map(Arc::from).collect();
        self.each(schema, |blank| (transform.clone(), blank.iter().filter(|name| names.contains(*name)).cloned().collect()))
    }

    /// One more step, which may be another for rows of which more is known; with what is known of them afterwards.
    pub fn each(mut self, schema: Schema, step: impl Fn(&Blank) -> (Transform, Blank)) -> Stage {
        self.schema = schema;
        self.source = match self.source {
            Rows::Files(mut parts) => {
                for part in &mut parts {
                    let (transform, blank) = step(&part.blank);
                    part.transforms.push(transform);
                    part.blank = Arc::new(blank);
                }
                Rows::Files(parts)
            }
            Rows::Frame(frame) => Rows::Frame(Box::new(step(&Blank::new()).0(*frame))),
        };
        self
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
    pub fn narrow(self, names: Vec<Arc<str>>) -> Stage {
        let kept = self.schema.columns().iter().filter(|(name, _)| names.contains(name)).cloned().collect();
        let schema = Schema::new(kept);
        let columns: Vec<PolarsExpr> = visible(&schema).into_iter().chain(self.hidden()).collect();
        if columns.is_empty() { self } else { self.keep(schema, &[], move |frame| frame.select(columns.clone())) }
    }

    /// Columns that nobody needs are missing from here on, so that they are not even read.
    pub fn blanked(self, needed: &Needed) -> Stage {
        self.blanked_beside(needed, &[])
    }

    /// The same, with columns beside those of the schema that go along.
    pub fn blanked_beside(self, needed: &Needed, beside: &[&str]) -> Stage {
        let schema = self.schema.clone();
        if beside.is_empty() && schema.names().all(|name| needed.contains(name)) {
            return self;
        }
        let one = |(name, kind): &(Arc<str>, Type)| if needed.contains(name) { column(name) } else { missing(*kind).alias(&**name) };
        let mut columns: Vec<PolarsExpr> = schema.columns().iter().map(one).chain(self.hidden()).collect();
        columns.extend(beside.iter().map(|name| column(name)));
        // Selected alone, what is the same in every row would be one row.
        let is_all = beside.is_empty() && self.order == Order::Kept && !schema.names().any(|name| needed.contains(name));
        if columns.is_empty() {
            return self;
        }
        let transform: Transform = Arc::new(move |frame| if is_all { frame.with_columns(columns.clone()) } else { frame.select(columns.clone()) });
        let unneeded: Vec<Arc<str>> = schema.names().filter(|name| !needed.contains(*name)).map(Arc::from).collect();
        self.each(schema, |blank| (transform.clone(), blank.iter().chain(&unneeded).cloned().collect()))
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
        let mut all = visible(&self.schema);
        all.extend(self.hidden());
        all
    }

    /// The columns of the row order, where there is no other order.
    pub fn hidden(&self) -> Vec<PolarsExpr> {
        match self.order {
            Order::Rows => order_columns(),
            Order::Kept => Vec::new(),
        }
    }
}

impl Part {
    /// The files of one scan. Of the raw fields of all kinds each kind has few: files that have the same ones are read together, and the others are missing
    /// there without being looked for.
    pub fn by_fields(reading: Reading, files: Vec<StoredFile>, schema: &Schema) -> Vec<Part> {
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
        if shapes.len() < 2 && shapes.keys().all(|shape| shape.len() == wanted.len()) {
            let files = shapes.into_values().next().unwrap_or_default();
            return vec![Part { reading: Box::new(reading), files, transforms: Vec::new(), blank: Arc::default(), is_wide: false }];
        }
        let part = |(shape, files): (Vec<Arc<str>>, Vec<StoredFile>)| {
            let is_there = |name: &Arc<str>| shape.contains(name) || !wanted.contains(name);
            let one = |(name, kind): &(Arc<str>, Type)| if is_there(name) { column(name) } else { missing(*kind).alias(&**name) };
            let columns: Vec<PolarsExpr> = schema.columns().iter().map(one).chain(order_columns()).collect();
            let whole: Transform = Arc::new(move |frame| frame.select(columns.clone()));
            let blank = wanted.iter().filter(|name| !shape.contains(name)).cloned().collect();
            let scan = Arc::new(Scan { raw_fields: shape, ..(*reading.scan).clone() });
            Part { reading: Box::new(Reading { scan, ..reading.clone() }), files, transforms: vec![whole], blank: Arc::new(blank), is_wide: false }
        };
        shapes.into_iter().map(part).collect()
    }

    pub fn rows(&self) -> Result<LazyFrame, BackendError> {
        Ok(self.transforms.iter().fold(self.reading.of(&self.files)?, |frame, transform| transform(frame)))
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
            (None, _, Some(part)) => part.rows(),
            (None, _, None) => Ok(DataFrame::default().lazy()),
        }
    }
}

/// No value, in the physical type of a kind.
pub fn missing(kind: Type) -> PolarsExpr {
    literal(&Value::Missing).cast(physical(kind))
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
