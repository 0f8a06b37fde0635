//! Row: one row of an answer; columns are properties.

use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, ImmutableString, Map, NativeCallContext};

use super::{Answer, Bins, Call, Collection, Declared, Kind, Machine, method, with_article};
use crate::diag::Fault;
use crate::frame::Frame;
use crate::hunt::machine::{self, Wanted};
use crate::hunt::query::{self, Target};
use crate::hunt::stack;
use crate::plan::{Period, Place, Plan, PlanError, Scope, Step, Value};
use crate::script::current::Current;
use crate::script::fault;
use crate::script::hex;
use crate::script::run::Run;
use crate::telemetry::Type;

#[derive(Clone, Debug)]
pub(in crate::script) struct Row {
    pub frame: Arc<Frame>,
    pub index: usize,
    /// The collection that it is a row of.
    pub of: Arc<Collection>,
    /// The bins that it is a row of.
    pub bins: Option<Arc<Bins>>,
}

impl Row {
    pub fn value(&self, name: &str) -> Result<Value, PlanError> {
        self.frame.schema().require(name).map(|_| self.frame.named(self.index, name))
    }

    pub fn map(&self) -> Map {
        let cells = self.frame.schema().columns().iter().enumerate();
        cells.map(|(column, (name, _))| ((&**name).into(), hex::cell(&self.frame, self.index, column))).collect()
    }
}

macro_rules! example {
    ($rest:literal) => {
        concat!("let row = Client(\"all\", all_time()).get_executions().first(); if row != () { row", $rest, " }")
    };
}

pub(super) fn declared() -> Vec<Declared> {
    vec![
        method(
            Kind::Row,
            "events",
            &[],
            0,
            "The rows behind a row of a group, a stack or bins",
            "for row in Client(\"all\", all_time()).get_executions().stack(\"ChildFilename\") { row.events().count(); }",
            |call| {
                let row = call.row()?;
                match &row.bins {
                    Some(bins) => bins.behind(call.run, &row).map(Dynamic::from).map_err(|fault| call.fail(fault)),
                    None => behind(call, &row).map(Dynamic::from).map_err(|fault| call.fail(fault)),
                }
            },
        ),
        method(Kind::Row, "machine", &[], 0, "Its machine, with the period of its query; missing where it names none", example!(".machine()"), |call| {
            let row = call.row()?;
            let muid = ["Muid", "muid"].into_iter().find_map(|name| row.value(name).ok());
            let Some(Value::Text(muid)) = muid else { return Ok(Dynamic::UNIT) };
            let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
            let wanted = Wanted { muids: vec![muid.to_string()], ..Wanted::default() };
            let machines = machine::find(&inventory, &wanted, &[]).map_err(|error| call.fail(Fault::from(&error)))?;
            Ok(Dynamic::from(Machine { machines: machines.into(), period: row.of.period }))
        }),
        method(
            Kind::Row,
            "around",
            &[("distance", Kind::Duration)],
            1,
            "The timeline of its machine, within that distance before and after it, both ends included",
            example!(".around(5.minutes).count()"),
            |call| around(call).map(Dynamic::from),
        ),
        method(Kind::Row, "to_map", &[], 0, "Its columns and values, a map", example!(".to_map()"), |call| Ok(call.row()?.map().into())),
        method(Kind::Row, "columns", &[], 0, "The names of its columns, a list", example!(".columns()"), |call| {
            Ok(call.row()?.frame.schema().names().map(|name| Dynamic::from(name.to_string())).collect::<Array>().into())
        }),
    ]
}

/// `row.Column` and `row["Column"]`.
pub(super) fn properties<T: rhai::Variant + Clone>(engine: &mut Engine, current: &Current, row_of: fn(&T) -> Row) {
    let asked = current.clone();
    engine.register_indexer_get(move |context: NativeCallContext, row: &mut T, name: ImmutableString| -> Answer<Dynamic> {
        property(&asked.run(), &context, &row_of(row), &name)
    });
    // Rhai itself has a property `tag` of every value.
    let asked = current.clone();
    engine.register_get("tag", move |context: NativeCallContext, row: &mut T| -> Answer<Dynamic> { property(&asked.run(), &context, &row_of(row), "tag") });
}

fn property(run: &Run, context: &NativeCallContext, row: &Row, name: &str) -> Answer<Dynamic> {
    match row.value(name) {
        // A bare yes/no column means `== true`, and no missing value is that.
        Ok(Value::Missing)
            if row.frame.schema().kind(name) == Some(Type::Bool)
                && run.sources.is_written(context.call_source(), |written| written.is_bare(context.call_position())) =>
        {
            Ok(false.into())
        }
        Ok(_) => Ok(hex::named(&row.frame, row.index, name)),
        Err(_) if super::all().iter().any(|declared| declared.name == name && declared.receiver.is_some_and(|kind| kind.answers(row.kind().word()))) => {
            Err(fault::raise(crate::script::names::property_fault(name, &with_article(row.kind().word())), context.call_position()))
        }
        Err(error) => Err(fault::raise(Fault::from(&error), context.call_position())),
    }
}

/// What happened on the row's machine near its time. Rows of groups and bins, and rows whose machine or time was left out, have no place in a timeline.
fn around(call: &Call) -> Answer<Collection> {
    let row = call.row()?;
    let distance = call.span(0)?;
    if distance < 0 {
        return Err(call.fail_at(0, Fault::new("value::range", "a distance can't be negative").with_help("it counts before and after the row")));
    }
    let cell = |name: &str| {
        let help = "`around` needs Muid and DateTime: ask it of a row of a query, before `select` or `drop` takes them away, or of one of its `.events()`";
        match row.value(name) {
            Ok(Value::Missing) => {
                Err(Fault::new("row::around", format!("the telemetry does not say the `{name}` of this row")).with_help("ask a row that has it"))
            }
            Ok(value) => Ok(value),
            Err(_) => Err(Fault::new("row::around", format!("this row has no `{name}`")).with_help(help)),
        }
    };
    let (muid, time) = (cell("Muid").map_err(|fault| call.fail(fault))?, cell("DateTime").map_err(|fault| call.fail(fault))?);
    let (Value::Text(muid), Value::Time(time)) = (muid, time) else {
        let message = "the columns Muid and DateTime of this row were replaced by something else";
        return Err(call.fail(Fault::new("row::around", message).with_help("derive columns under names of their own")));
    };
    let near = Period { from: Some(time.saturating_sub(distance)), to: Some(time.saturating_add(distance).saturating_add(1)) };
    let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
    let context = call.run.asking(&inventory);
    let target = Target { scope: Scope::Machines(vec![muid]), period: near };
    let plan = query::timeline(&target, &context).map_err(|error| call.fail(Fault::from(&error)))?;
    Collection::of(plan, Some(near)).map_err(|error| call.fail_plan(&error))
}

/// The rows before the last grouping that have this row's keys.
fn behind(call: &Call, row: &Row) -> Result<Collection, Fault> {
    let plan = &row.of.plan;
    let none = || {
        Fault::new("row::events", "this row stands for itself: no rows were grouped into it")
            .with_help("rows of `group_by`, `stack`, `top`, `rare` and bins have `.events()`")
    };
    let group = plan.steps.iter().rposition(|step| matches!(step, Step::Group { .. })).ok_or_else(none)?;
    let Some(Step::Group { keys, .. }) = plan.steps.get(group) else { return Err(none()) };
    let mut found = Vec::new();
    for key in keys {
        let name = renamed(&plan.steps[group + 1..], key).ok_or_else(|| {
            Fault::new("row::events", format!("the key `{key}` is no longer in the row")).with_help("ask `.events()` before the key is dropped or replaced")
        })?;
        let value = row.value(&name).map_err(|error| Fault::from(&error))?;
        found.push((key.clone(), value));
    }
    let before = Plan { source: plan.source.clone(), steps: plan.steps[..group].to_vec() };
    row.of.with_plan(stack::events_behind(&before, &found, None, call.run.setup.zone)).map_err(|error| Fault::from(&error))
}

/// What a key is called after these steps, when it still is what it was.
fn renamed(steps: &[Step], key: &Arc<str>) -> Option<Arc<str>> {
    let mut name = key.clone();
    for step in steps {
        match step {
            Step::Derive(column, _) | Step::Explode(column) if *column == name => return None,
            Step::Locate(_) if Place::ALL.iter().any(|place| place.name() == &*name) => return None,
            Step::Select(kept) if !kept.contains(&name) => return None,
            Step::Drop(dropped) if dropped.contains(&name) => return None,
            Step::Rename(pairs) => {
                if let Some((_, new)) = pairs.iter().find(|(old, _)| *old == name) {
                    name = new.clone();
                }
            }
            Step::Filter(_)
            | Step::Derive(..)
            | Step::Select(_)
            | Step::Drop(_)
            | Step::Group { .. }
            | Step::Share { .. }
            | Step::Locate(_)
            | Step::Sort(_)
            | Step::Limit(_)
            | Step::Explode(_)
            | Step::Previous { .. }
            | Step::Distinct(_)
            | Step::Join { .. }
            | Step::Kin(_)
            | Step::Among(_) => {}
        }
    }
    Some(name)
}
