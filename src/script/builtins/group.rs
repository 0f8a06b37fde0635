//! Groups: rows with the same values, before they are counted or aggregated.

use std::sync::Arc;

use rhai::Dynamic;

use super::aggregate::Fold;
use super::call::ordered;
use super::{Answer, Call, Collection, Declared, Kind, method};
use crate::diag::Fault;
use crate::hunt::stack;
use crate::plan::{Aggregate, Step};

#[derive(Clone, Debug)]
pub(in crate::script) struct Group {
    pub of: Collection,
    pub keys: Vec<Arc<str>>,
}

pub(super) fn declared() -> Vec<Declared> {
    vec![
        method(
            Kind::Group,
            "count",
            &[],
            0,
            "The columns and Count, sorted by the columns",
            "Client(\"all\", all_time()).get_executions().group_by(\"ChildFilename\").count()",
            |call| {
                let group = call.receiver::<Group>()?;
                let plan = stack::count_by(&group.of.plan, &group.of.schema, &group.keys).map_err(|error| call.fail_plan(&error))?;
                group.of.with_plan(plan).map(Dynamic::from).map_err(|error| call.fail_plan(&error))
            },
        ),
        method(
            Kind::Group,
            "agg",
            &[("aggregates", Kind::Map)],
            1,
            "The columns, then a column per name of the map, in the order in which it is written; sorted by the columns",
            "Client(\"all\", all_time()).get_executions().group_by(\"ChildFilename\").agg(#{n: count(), hosts: n_unique(\"Muid\"), since: min(\"DateTime\")})",
            aggregate,
        ),
    ]
}

fn aggregate(call: &Call) -> Answer<Dynamic> {
    let group = call.receiver::<Group>()?;
    let Some(map) = call.get(0).and_then(|value| value.read_lock::<rhai::Map>().map(|map| map.clone())) else {
        return Err(call.fail(Fault::new("call::argument", "a map of aggregates is needed here").with_help("write `agg(#{n: count()})`")));
    };
    let mut aggregates = Vec::new();
    for (name, value) in ordered(&map, call.expression(0).as_ref()) {
        let Some(fold) = value.read_lock::<Fold>().map(|fold| fold.clone()) else {
            let fault =
                Fault::new("call::argument", format!("`{name}` is no aggregate")).with_help("write `count()`, `n_unique(\"Muid\")`, `min(\"DateTime\")` …");
            return Err(call.fail_at_value(0, &name, fault));
        };
        if let Some(column) = &fold.column {
            group.of.schema.require(column).map_err(|error| call.fail_at_value_text(0, &name, column, Fault::from(&error)))?;
        }
        aggregates.push(Aggregate { name: name.as_str().into(), fold: fold.fold, column: fold.column });
    }
    if aggregates.is_empty() {
        return Err(call.fail_at(0, Fault::new("call::argument", "no aggregate was named").with_help("write `agg(#{n: count()})`")));
    }
    group.of.then(Step::Group { keys: group.keys, aggregates }).map(Dynamic::from).map_err(|error| call.fail_plan(&error))
}

impl Group {
    /// What a group shows when it is shown: its counts.
    pub fn counted(&self) -> Result<Collection, crate::plan::PlanError> {
        self.of.with_plan(stack::count_by(&self.of.plan, &self.of.schema, &self.keys)?)
    }
}
