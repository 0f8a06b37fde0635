//! Bins: a histogram's answer, and the way back to the rows behind each of them.

use std::any::TypeId;
use std::sync::Arc;

use rhai::{Array, Dynamic, EvalAltResult, Module, Position};

use super::{Answer, Call, Collection, Declared, HistogramValue, Kind, Row, method};
use crate::diag::{Fault, Place};
use crate::frame::Frame;
use crate::hunt::histogram::{self, Histogram, OTHER};
use crate::hunt::{outcome, stack};
use crate::plan::{Expr, Func, Period, Schema, Step, Value};
use crate::report;
use crate::script::current::Current;
use crate::script::fault;
use crate::script::hex;
use crate::script::run::Run;

#[derive(Clone, Debug)]
pub(in crate::script) struct Bins {
    /// The rows that are counted.
    pub events: Arc<Collection>,
    pub histogram: Arc<Histogram>,
    plan: Arc<crate::plan::Plan>,
    schema: Arc<Schema>,
    /// Where the histogram is written: how many bins it has is only known once they are counted.
    place: Option<Place>,
}

impl Bins {
    /// The rows of a query, or their bins where its options, the argument of that index, ask for a histogram.
    pub fn or_rows(call: &Call, options: usize, (rows, histogram): (Collection, Option<HistogramValue>)) -> Answer<Dynamic> {
        let Some(histogram) = histogram else { return Ok(Dynamic::from(rows)) };
        let place = call.place_of_value(options, "histogram");
        Bins::of(call, &rows, &histogram, place).map(Dynamic::from).map_err(|fault| call.fail_at_value(options, "histogram", fault))
    }

    /// The bins of rows by a histogram that is written at that place.
    pub fn of(call: &Call, events: &Collection, histogram: &HistogramValue, place: Option<Place>) -> Result<Bins, Fault> {
        let zone = call.run.setup.zone;
        let plan = histogram::plan(&events.plan, &events.schema, &histogram.0, zone).map_err(|error| Fault::from(&error))?;
        let schema = histogram::schema(&events.schema, &histogram.0).map_err(|error| Fault::from(&error))?;
        let (events, histogram) = (Arc::new(events.clone()), Arc::new(histogram.0.clone()));
        Ok(Bins { events, histogram, plan: Arc::new(plan), schema: Arc::new(schema), place })
    }

    pub fn plan(&self) -> Arc<crate::plan::Plan> {
        self.plan.clone()
    }

    /// The bins, empty ones among them.
    pub fn frame(&self, run: &Run) -> Result<Arc<Frame>, Fault> {
        if run.checking {
            return Ok(Arc::new(Frame::empty((*self.schema).clone())));
        }
        let counted = run.answer(&self.plan)?;
        let covered = outcome::covered_spans(&self.plan, &run.inventory()?.as_ref().clone());
        let period = self.events.period.unwrap_or(Period::ALL);
        let finished = histogram::finish(&counted, &self.histogram, &period, &covered, run.setup.zone);
        finished.map(Arc::new).map_err(|error| Fault { places: self.place.clone().into_iter().collect(), ..Fault::from(&error) })
    }

    pub fn report(&self, run: &Run) -> Result<report::Bins, Fault> {
        Ok(report::Bins {
            frame: (*self.frame(run)?).clone(),
            interval: self.histogram.interval,
            by: self.histogram.by.iter().map(ToString::to_string).collect(),
            metric: self.histogram.metric.name.to_string(),
        })
    }

    /// The rows of one bin.
    pub fn behind(&self, run: &Run, row: &Row) -> Result<Collection, Fault> {
        let start = match row.frame.named(row.index, histogram::BIN) {
            Value::Time(start) => Some(start),
            _ => None,
        };
        let mut keys = Vec::new();
        let mut others = false;
        for name in &self.histogram.by {
            let value = row.frame.named(row.index, name);
            others |= self.histogram.top.is_some() && matches!(&value, Value::Text(text) if **text == *OTHER);
            keys.push((name.clone(), value));
        }
        if others {
            keys.clear();
        }
        let plan = stack::events_behind(&self.events.plan, &keys, start.zip(self.histogram.interval), run.setup.zone);
        let found = self.events.with_plan(plan).map_err(|error| Fault::from(&error))?;
        if !others {
            return Ok(found);
        }
        found.then(Step::Filter(Expr::negate(self.shown(row)))).map_err(|error| Fault::from(&error))
    }

    /// That a row has one of the values that the bins name: `(other)` is the rest.
    fn shown(&self, row: &Row) -> Arc<Expr> {
        let mut tuples: Vec<Vec<Value>> = Vec::new();
        for index in 0..row.frame.height() {
            let tuple: Vec<Value> = self.histogram.by.iter().map(|name| row.frame.named(index, name)).collect();
            if !tuple.iter().any(|value| matches!(value, Value::Text(text) if **text == *OTHER)) && !tuples.contains(&tuple) {
                tuples.push(tuple);
            }
        }
        let mut any = Expr::literal(Value::Bool(false));
        for tuple in tuples {
            let mut all = Expr::literal(Value::Bool(true));
            for (name, value) in self.histogram.by.iter().zip(tuple) {
                let column = Expr::column(name);
                all = Expr::and(all, if value.is_missing() { Expr::call(Func::IsMissing, vec![column]) } else { Expr::equal(column, Expr::literal(value)) });
            }
            any = Expr::or(any, all);
        }
        any
    }
}

macro_rules! example {
    ($rest:literal) => {
        concat!("Client(\"all\", all_time()).get_executions(#{histogram: Histogram(\"1d\")})", $rest)
    };
}

pub(super) fn declared() -> Vec<Declared> {
    vec![
        method(Kind::Bins, "rows", &[], 0, "All bins, a list", example!(".rows()"), |call| Ok(rows(call)?.collect::<Array>().into())),
        method(Kind::Bins, "first", &[], 0, "The first bin; missing where there is none", example!(".first()"), |call| {
            Ok(rows(call)?.next().unwrap_or_default())
        }),
        method(Kind::Bins, "last", &[], 0, "The last bin; missing where there is none", example!(".last()"), |call| Ok(rows(call)?.last().unwrap_or_default())),
        method(Kind::Bins, "count", &[], 0, "How many bins", example!(".count()"), |call| Ok(i64::try_from(frame(call)?.height()).unwrap_or(i64::MAX).into())),
        method(Kind::Bins, "is_empty", &[], 0, "Whether there is no bin", example!(".is_empty()"), |call| Ok((frame(call)?.height() == 0).into())),
        method(Kind::Bins, "columns", &[], 0, "The names of the columns, a list", example!(".columns()"), |call| {
            Ok(call.receiver::<Bins>()?.schema.names().map(|name| Dynamic::from(name.to_string())).collect::<Array>().into())
        }),
        method(Kind::Bins, "column", &[("name", Kind::Text)], 1, "The values of a column, a list", example!(".column(\"Count\")"), |call| {
            let bins = call.receiver::<Bins>()?;
            bins.schema.require(&call.text(0)).map_err(|error| call.fail_plan(&error))?;
            let frame = frame(call)?;
            Ok((0..frame.height()).map(|row| hex::named(&frame, row, &call.text(0))).collect::<Array>().into())
        }),
        method(
            Kind::Bins,
            "events",
            &[("row", Kind::Row)],
            0,
            "The rows behind one bin; without it all rows that are counted",
            example!(".events()"),
            |call| {
                let bins = call.receiver::<Bins>()?;
                match Row::from_dynamic(&call.value(0)) {
                    None => Ok(Dynamic::from((*bins.events).clone())),
                    Some(row) => bins.behind(call.run, &row).map(Dynamic::from).map_err(|fault| call.fail_at(0, fault)),
                }
            },
        ),
        method(Kind::Bins, "explain", &[], 0, "What will run and where", example!(".explain()"), |call| {
            let bins = call.receiver::<Bins>()?;
            call.run.setup.backend.explain(&bins.plan).map(Dynamic::from).map_err(|error| call.fail(Fault::from(&error)))
        }),
    ]
}

fn frame(call: &Call) -> Answer<Arc<Frame>> {
    call.receiver::<Bins>()?.frame(call.run).map_err(|fault| call.fail(fault))
}

fn rows(call: &Call) -> Answer<impl Iterator<Item = Dynamic>> {
    let bins = call.receiver::<Bins>()?;
    let frame = frame(call)?;
    Ok(each(frame, bins))
}

fn each(frame: Arc<Frame>, bins: Bins) -> impl Iterator<Item = Dynamic> {
    let of = bins.events.clone();
    let bins = Arc::new(bins);
    (0..frame.height()).map(move |index| Row { frame: frame.clone(), index, of: of.clone(), bins: Some(bins.clone()) }.into_dynamic())
}

/// `for bin in bins`.
pub(super) fn iterate(module: &mut Module, current: &Current) {
    let current = current.clone();
    module.set_iter_result(TypeId::of::<Bins>(), move |value| {
        let Some(bins) = value.try_cast::<Bins>() else { return Box::new(std::iter::empty()) };
        match bins.frame(&current.run()) {
            Ok(frame) => Box::new(each(frame, bins).map(Ok)),
            Err(failed) => Box::new(std::iter::once(Err::<Dynamic, Box<EvalAltResult>>(fault::raise(failed, Position::NONE)))),
        }
    });
}
