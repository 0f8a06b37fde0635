//! Collection: a lazy question whose every verb is a new question.

use std::any::TypeId;
use std::sync::Arc;

use rhai::{Array, Dynamic, EvalAltResult, Map, Module, Position};

use super::{Answer, Call, Declared, Group, Kind, Row, method};
use crate::diag::Fault;
use crate::frame::Frame;
use crate::hunt::stack;
use crate::plan::{Aggregate, Expr, Fold, Keep, Period, Plan, PlanError, Schema, SortKey, Step, Value, explain};
use crate::script::current::Current;
use crate::script::fault;
use crate::script::hex;
use crate::script::predicate::{self, Wanted};
use crate::script::run::Run;
use crate::script::unused;

#[derive(Clone, Debug)]
pub(in crate::script) struct Collection {
    pub plan: Arc<Plan>,
    pub schema: Arc<Schema>,
    /// The period that its query held for.
    pub period: Option<Period>,
}

impl Collection {
    pub fn of(plan: Plan, period: Option<Period>) -> Result<Collection, PlanError> {
        let schema = Schema::of(&plan)?;
        Ok(Collection { plan: Arc::new(plan), schema: Arc::new(schema), period })
    }

    /// One more step, checked.
    pub fn then(&self, step: Step) -> Result<Collection, PlanError> {
        let schema = self.schema.after(&step)?;
        Ok(Collection { plan: Arc::new(self.plan.then(step)), schema: Arc::new(schema), period: self.period })
    }

    /// Another plan over the same rows.
    pub fn with_plan(&self, plan: Plan) -> Result<Collection, PlanError> {
        Collection::of(plan, self.period)
    }

    pub fn frame(&self, run: &Run) -> Result<Arc<Frame>, Fault> {
        run.answer(&self.plan)
    }

    /// One value over all rows.
    pub(super) fn fold(&self, run: &Run, fold: Fold, column: Option<&str>) -> Result<Value, Fault> {
        Ok(self.folded(run, fold, column)?.named(0, ANSWER))
    }

    /// One aggregate over all rows: a row with the column [`ANSWER`].
    fn folded(&self, run: &Run, fold: Fold, column: Option<&str>) -> Result<Arc<Frame>, Fault> {
        let aggregate = Aggregate { name: ANSWER.into(), fold, column: column.map(Arc::from) };
        let asked = self.then(Step::Group { keys: Vec::new(), aggregates: vec![aggregate] }).map_err(|error| Fault::from(&error))?;
        asked.frame(run)
    }

    pub fn count(&self, run: &Run) -> Result<i64, Fault> {
        match self.fold(run, Fold::Count, None)? {
            Value::Int(count) => Ok(count),
            _ => Ok(0),
        }
    }
}

/// The one column of an aggregate over all rows.
const ANSWER: &str = "Answer";

macro_rules! example {
    ($rest:literal) => {
        concat!("Client(\"all\", all_time()).get_executions()", $rest)
    };
}

pub(super) fn declared() -> Vec<Declared> {
    const OF: Kind = Kind::Collection;
    vec![
        method(
            OF,
            "filter",
            &[("condition", Kind::Closure)],
            1,
            "The rows for which the condition holds",
            example!(".filter(|e| e.ChildFilename == \"cmd.exe\")"),
            |call| filter(call, false),
        ),
        method(
            OF,
            "exclude",
            &[("condition", Kind::Closure)],
            1,
            "The rows for which the condition does not hold",
            example!(".exclude(|e| e.External)"),
            |call| filter(call, true),
        ),
        method(
            OF,
            "select",
            &[("columns", Kind::Words)],
            1,
            "Only these columns, in this order",
            example!(".select([\"DateTime\", \"CommandLine\"])"),
            |call| step(call, Step::Select(call.names(0))),
        ),
        method(OF, "drop", &[("columns", Kind::Words)], 1, "All columns but these", example!(".drop([\"Muid\"])"), |call| {
            step(call, Step::Drop(call.names(0)))
        }),
        method(OF, "rename", &[("names", Kind::Map)], 1, "Old column names with their new ones", example!(".rename(#{ChildFilename: \"Program\"})"), rename),
        method(
            OF,
            "derive",
            &[("name", Kind::Text), ("value", Kind::Closure)],
            2,
            "A column, computed; new or in the place of the one that has the name",
            example!(".derive(\"Folder\", |e| e.ChildPath.dirname())"),
            |call| {
                let collection = call.receiver::<Collection>()?;
                let value = predicate::translate(call.run, call.context, &call.closure(1)?, &collection.schema, Wanted::Value)?;
                step(call, Step::Derive(call.text(0).into(), value))
            },
        ),
        method(
            OF,
            "sort",
            &[("columns", Kind::Words)],
            1,
            "By these columns; `-` before a name sorts down; missing comes last",
            example!(".sort([\"ChildFilename\", \"-DateTime\"])"),
            sort,
        ),
        method(OF, "head", &[("rows", Kind::Int)], 0, "The first rows (5)", example!(".head(3)"), |call| limit(call, Keep::Head)),
        method(OF, "tail", &[("rows", Kind::Int)], 0, "The last rows (5)", example!(".tail(3)"), |call| limit(call, Keep::Tail)),
        method(OF, "sample", &[("rows", Kind::Int)], 0, "As many rows, spread over all, the same ones every time (5)", example!(".sample(3)"), |call| {
            limit(call, Keep::Sample)
        }),
        method(
            OF,
            "unique",
            &[("columns", Kind::Words)],
            0,
            "The first row of each distinct one; by these columns, when named",
            example!(".unique([\"ChildFilename\"])"),
            |call| step(call, Step::Distinct(call.names(0))),
        ),
        method(
            OF,
            "explode",
            &[("column", Kind::Text)],
            1,
            "A row for each item of a list; a row without items stays, with the item missing",
            example!(".derive(\"Words\", |e| e.CommandLine.split(\" \")).explode(\"Words\").head(5)"),
            |call| step(call, Step::Explode(call.text(0).into())),
        ),
        method(
            OF,
            "group_by",
            &[("columns", Kind::Words)],
            1,
            "Rows with the same values; `.count()` or `.agg(#{…})` follows",
            example!(".group_by([\"ChildFilename\"]).count()"),
            |call| {
                let collection = call.receiver::<Collection>()?;
                for name in call.names(0) {
                    collection.schema.require(&name).map_err(|error| call.fail_plan(&error))?;
                }
                Ok(Dynamic::from(Group { of: collection, keys: call.names(0) }))
            },
        ),
        method(OF, "count", &[], 0, "How many rows", example!(".count()"), |call| {
            call.receiver::<Collection>()?.count(call.run).map(Dynamic::from).map_err(|fault| call.fail(fault))
        }),
        method(OF, "len", &[], 0, "How many rows", example!(".len()"), |call| {
            call.receiver::<Collection>()?.count(call.run).map(Dynamic::from).map_err(|fault| call.fail(fault))
        }),
        method(OF, "is_empty", &[], 0, "Whether there is no row", example!(".is_empty()"), |call| Ok((limited(call, Keep::Head(1))?.height() == 0).into())),
        method(OF, "first", &[], 0, "The first row; missing where there is none", example!(".first()"), |call| edge(call, Keep::Head(1))),
        method(OF, "last", &[], 0, "The last row; missing where there is none", example!(".last()"), |call| edge(call, Keep::Tail(1))),
        method(OF, "rows", &[], 0, "All rows, a list", example!(".head(2).rows()"), |call| {
            let collection = Arc::new(call.receiver::<Collection>()?);
            let frame = collection.frame(call.run).map_err(|fault| call.fail(fault))?;
            Ok((0..frame.height())
                .map(|index| Row { frame: frame.clone(), index, of: collection.clone(), bins: None }.into_dynamic())
                .collect::<Array>()
                .into())
        }),
        method(OF, "column", &[("name", Kind::Text)], 1, "The values of a column, a list", example!(".head(2).column(\"ChildFilename\")"), |call| {
            let collection = call.receiver::<Collection>()?;
            let name = call.text(0);
            let asked = collection.then(Step::Select(vec![name.as_str().into()])).map_err(|error| call.fail_plan(&error))?;
            let frame = asked.frame(call.run).map_err(|fault| call.fail(fault))?;
            Ok((0..frame.height()).map(|row| hex::cell(&frame, row, 0)).collect::<Array>().into())
        }),
        fold("sum", "The sum of a column's known values; missing where none is known", example!(".sum(\"ChildPid\")")),
        fold("min", "The smallest value of a column", example!(".min(\"DateTime\")")),
        fold("max", "The largest value of a column", example!(".max(\"DateTime\")")),
        fold("mean", "The mean of a column's known values", example!(".mean(\"ChildPid\")")),
        fold("median", "The median of a column's known values", example!(".median(\"ChildPid\")")),
        fold("std", "The standard deviation of the population", example!(".std(\"ChildPid\")")),
        fold("n_unique", "How many distinct known values a column has", example!(".n_unique(\"ChildFilename\")")),
        method(
            OF,
            "top",
            &[("column", Kind::Text), ("n", Kind::Int)],
            1,
            "The most frequent values: Count, Share, Machines, FirstSeen, LastSeen",
            example!(".top(\"ChildFilename\", 5)"),
            |call| {
                let n = if call.given() > 1 { call.rows(1)? } else { 10 };
                stacked(call, |collection, name| stack::top(&collection.plan, &collection.schema, name, n))
            },
        ),
        method(
            OF,
            "rare",
            &[("column", Kind::Text), ("n", Kind::Int)],
            1,
            "The rarest values: Count, Share, Machines, FirstSeen, LastSeen",
            example!(".rare(\"ChildFilename\", 5)"),
            |call| {
                let n = if call.given() > 1 { call.rows(1)? } else { 10 };
                stacked(call, |collection, name| stack::rare(&collection.plan, &collection.schema, name, n))
            },
        ),
        method(
            OF,
            "stack",
            &[("columns", Kind::Words)],
            1,
            "How often each value occurs, and on how many machines, rarest first",
            example!(".stack([\"ParentFilename\", \"ChildFilename\"])"),
            |call| {
                let names = call.names(0);
                stacked(call, |collection, _| stack::stack(&collection.plan, &collection.schema, &names))
            },
        ),
        method(OF, "explain", &[], 0, "What will run and where", example!(".explain()"), |call| {
            let collection = call.receiver::<Collection>()?;
            if call.run.checking {
                return Ok(explain(&collection.plan).into());
            }
            call.run.setup.backend.explain(&collection.plan).map(Dynamic::from).map_err(|error| call.fail(Fault::from(&error)))
        }),
        method(OF, "schema", &[], 0, "The columns with their types, a map", example!(".schema()"), |call| {
            let collection = call.receiver::<Collection>()?;
            Ok(collection.schema.columns().iter().map(|(name, kind)| ((&**name).into(), kind.word().into())).collect::<Map>().into())
        }),
        method(OF, "columns", &[], 0, "The names of the columns, a list", example!(".columns()"), |call| {
            Ok(call.receiver::<Collection>()?.schema.names().map(|name| Dynamic::from(name.to_string())).collect::<Array>().into())
        }),
        method(
            OF,
            "describe",
            &[],
            0,
            "Per column: type, known and missing values, distinct ones, smallest and largest; a list of maps",
            example!(".describe()"),
            describe,
        ),
        method(
            OF,
            "filter_rows",
            &[("condition", Kind::Closure)],
            1,
            "As filter, but the closure is run for every row: slower, and anything can be asked",
            example!(".filter_rows(|r| r.CommandLine.len() > 10)"),
            filter_rows,
        ),
        method(OF, "period", &[], 0, "The period that its query held for", example!(".period()"), |call| {
            Ok(call.receiver::<Collection>()?.period.map_or(Dynamic::UNIT, |period| Dynamic::from(crate::script::value::TimePeriod(period))))
        }),
    ]
}

fn step(call: &Call, step: Step) -> Answer<Dynamic> {
    call.receiver::<Collection>()?.then(step).map(Dynamic::from).map_err(|error| call.fail_plan(&error))
}

fn filter(call: &Call, exclude: bool) -> Answer<Dynamic> {
    let collection = call.receiver::<Collection>()?;
    let condition = predicate::translate(call.run, call.context, &call.closure(0)?, &collection.schema, Wanted::Condition)?;
    if call.run.is_trial
        && let Some(place) = call.place_of(0)
    {
        call.run.state().filters.push((place, (*collection.plan).clone(), condition.clone()));
    }
    if call.run.checking
        && let Some(mut warning) = unused::filter(&condition, !call.closure(0)?.curry().is_empty())
    {
        warning.places.extend(call.place_of(0));
        call.run.warn(warning);
    }
    step(call, Step::Filter(if exclude { Expr::negate(condition) } else { condition }))
}

fn rename(call: &Call) -> Answer<Dynamic> {
    let mut pairs = Vec::new();
    for (old, new) in call.options(0) {
        if !new.is_string() {
            return Err(call.fail_at_value(0, &old, Fault::new("call::argument", "a new name is a text").with_help("write `rename(#{Old: \"New\"})`")));
        }
        pairs.push((Arc::from(old.as_str()), Arc::from(new.to_string())));
    }
    step(call, Step::Rename(pairs))
}

fn sort(call: &Call) -> Answer<Dynamic> {
    let keys = call.names(0);
    let keys = keys.iter().map(|name| match name.strip_prefix('-') {
        Some(column) => SortKey { column: column.into(), descending: true },
        None => SortKey { column: name.clone(), descending: false },
    });
    step(call, Step::Sort(keys.collect()))
}

fn limit(call: &Call, keep: fn(usize) -> Keep) -> Answer<Dynamic> {
    let rows = if call.given() > 0 { call.rows(0)? } else { 5 };
    step(call, Step::Limit(keep(rows)))
}

fn limited(call: &Call, keep: Keep) -> Answer<Arc<Frame>> {
    let asked = call.receiver::<Collection>()?.then(Step::Limit(keep)).map_err(|error| call.fail_plan(&error))?;
    asked.frame(call.run).map_err(|fault| call.fail(fault))
}

fn edge(call: &Call, keep: Keep) -> Answer<Dynamic> {
    let frame = limited(call, keep)?;
    if frame.height() == 0 {
        return Ok(Dynamic::UNIT);
    }
    let of = Arc::new(call.receiver::<Collection>()?);
    Ok(Row { frame, index: 0, of, bins: None }.into_dynamic())
}

const fn fold(name: &'static str, doc: &'static str, example: &'static str) -> Declared {
    method(Kind::Collection, name, &[("column", Kind::Text)], 1, doc, example, |call| {
        let collection = call.receiver::<Collection>()?;
        let column = call.text(0);
        let fold = super::aggregate::fold_of(call.declared.name).unwrap_or(Fold::Count);
        collection.schema.require(&column).map_err(|error| call.fail_plan(&error))?;
        collection.folded(call.run, fold, Some(&column)).map(|frame| hex::named(&frame, 0, ANSWER)).map_err(|fault| call.fail_at(0, fault))
    })
}

fn stacked(call: &Call, make: impl Fn(&Collection, &str) -> Result<Plan, PlanError>) -> Answer<Dynamic> {
    let collection = call.receiver::<Collection>()?;
    let plan = make(&collection, &call.text(0)).map_err(|error| call.fail_plan(&error))?;
    collection.with_plan(plan).map(Dynamic::from).map_err(|error| call.fail_plan(&error))
}

fn describe(call: &Call) -> Answer<Dynamic> {
    let collection = call.receiver::<Collection>()?;
    let mut aggregates = vec![Aggregate { name: "rows".into(), fold: Fold::Count, column: None }];
    for (index, (name, kind)) in collection.schema.columns().iter().enumerate() {
        if *kind == crate::telemetry::Type::List {
            continue;
        }
        for (word, fold) in [("min", Fold::Min), ("max", Fold::Max), ("distinct", Fold::NUnique)] {
            aggregates.push(Aggregate { name: format!("{word}{index}").into(), fold, column: Some(name.clone()) });
        }
    }
    let asked = collection.then(Step::Group { keys: Vec::new(), aggregates }).map_err(|error| call.fail_plan(&error))?;
    let frame = asked.frame(call.run).map_err(|fault| call.fail(fault))?;
    let rows = collection.schema.columns().iter().enumerate().map(|(index, (name, kind))| {
        let mut map = Map::new();
        map.insert("column".into(), name.to_string().into());
        map.insert("type".into(), kind.word().into());
        for word in ["distinct", "min", "max"] {
            map.insert(word.into(), hex::named(&frame, 0, &format!("{word}{index}")));
        }
        Dynamic::from(map)
    });
    Ok(rows.collect::<Array>().into())
}

/// The closure is asked row by row; the rows that it keeps are named again by what they are, so that the result is a query as any other.
fn filter_rows(call: &Call) -> Answer<Dynamic> {
    let collection = Arc::new(call.receiver::<Collection>()?);
    let frame = collection.frame(call.run).map_err(|fault| call.fail(fault))?;
    let closure = call.closure(0)?;
    let mut kept = Vec::new();
    for index in 0..frame.height() {
        let row = Row { frame: frame.clone(), index, of: collection.clone(), bins: None }.into_dynamic();
        let answer = call.run.row_by_row(|| predicate::call_closure(call.run, call.context, &closure, vec![row]))?;
        match answer.as_bool() {
            Ok(true) => kept.push(index),
            Ok(false) => {}
            Err(_) if answer.is_unit() && predicate::ends_in_column(call.run, call.context, &closure) => {}
            Err(_) => {
                let found = crate::script::value::type_word(call.context.engine(), &answer);
                let message = format!("the closure must give true or false, and this is {found}");
                return Err(call.fail_at(0, Fault::new("types::condition", message).with_help("end it with a comparison")));
            }
        }
    }
    let condition = predicate::rows_condition(&frame, &kept);
    let asked = collection.then(Step::Filter(condition)).map_err(|error| call.fail_plan(&error))?;
    call.run.remember(&asked.plan, Arc::new(frame.take(&kept)));
    Ok(Dynamic::from(asked))
}

/// `for row in collection`.
pub(super) fn iterate(module: &mut Module, current: &Current) {
    let current = current.clone();
    module.set_iter_result(TypeId::of::<Collection>(), move |value| {
        let Some(collection) = value.try_cast::<Collection>() else { return Box::new(std::iter::empty()) };
        match collection.frame(&current.run()) {
            Ok(frame) => {
                let of = Arc::new(collection);
                Box::new((0..frame.height()).map(move |index| Ok(Row { frame: frame.clone(), index, of: of.clone(), bins: None }.into_dynamic())))
            }
            Err(failed) => Box::new(std::iter::once(Err::<Dynamic, Box<EvalAltResult>>(fault::raise(failed, Position::NONE)))),
        }
    });
}
