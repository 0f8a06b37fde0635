//! The steps of a plan as they are done: in an order that is cheaper and means the same.

use crate::plan::{Fold, Keep, Needed, Plan, PlanError, Schema, Step, required};

/// What is done, and which columns there are and are needed before each step and after the last.
pub struct Route {
    pub steps: Vec<Step>,
    pub schemas: Vec<Schema>,
    pub needs: Vec<Needed>,
}

impl Route {
    /// The steps of a plan of whose answer some columns are needed.
    pub fn of(plan: &Plan, needed: &Needed) -> Result<Route, PlanError> {
        let steps = reordered(&plan.steps);
        let mut schema = Schema::of(&Plan { source: plan.source.clone(), steps: Vec::new() })?;
        let mut schemas = Vec::with_capacity(steps.len() + 1);
        for step in &steps {
            let next = schema.after(step)?;
            schemas.push(std::mem::replace(&mut schema, next));
        }
        schemas.push(schema);
        let needs = required(&steps, &schemas, needed.clone());
        Ok(Route { steps, schemas, needs })
    }

    /// The place of a sort after which rows are only changed one at a time.
    pub fn last_sort(&self) -> Option<usize> {
        self.steps.iter().rposition(|step| !is_one_to_one(step)).filter(|at| matches!(self.steps.get(*at), Some(Step::Sort(_))))
    }
}

/// A limit goes before steps that change one row at a time, and a sort is left out where the rows are only counted afterwards.
fn reordered(steps: &[Step]) -> Vec<Step> {
    let mut all: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        match step {
            Step::Limit(Keep::Head(_) | Keep::Tail(_)) => {
                let kept = all.iter().rposition(|step| !is_one_to_one(step)).map_or(0, |last| last + 1);
                all.insert(kept, step.clone());
            }
            Step::Group { aggregates, .. } if !aggregates.iter().any(|aggregate| matches!(aggregate.fold, Fold::First | Fold::Last)) => {
                let kept = all.iter().rposition(|step| !is_row_by_row(step)).map_or(0, |last| last + 1);
                let rest = all.split_off(kept);
                all.extend(rest.into_iter().filter(|step| !matches!(step, Step::Sort(_))));
                all.push(step.clone());
            }
            Step::Filter(_)
            | Step::Derive(..)
            | Step::Select(_)
            | Step::Drop(_)
            | Step::Rename(_)
            | Step::Group { .. }
            | Step::Share { .. }
            | Step::Locate(_)
            | Step::Sort(_)
            | Step::Limit(Keep::Sample(_))
            | Step::Explode(_)
            | Step::Previous { .. }
            | Step::Distinct(_)
            | Step::Join { .. }
            | Step::Kin(_)
            | Step::Among(_) => all.push(step.clone()),
        }
    }
    all
}

/// As many rows as before, each made of one.
fn is_one_to_one(step: &Step) -> bool {
    match step {
        Step::Derive(..) | Step::Locate(_) | Step::Select(_) | Step::Drop(_) | Step::Rename(_) => true,
        Step::Filter(_)
        | Step::Explode(_)
        | Step::Previous { .. }
        | Step::Group { .. }
        | Step::Share { .. }
        | Step::Sort(_)
        | Step::Limit(_)
        | Step::Distinct(_)
        | Step::Join { .. }
        | Step::Kin(_)
        | Step::Among(_) => false,
    }
}

/// The same rows come out in whatever order they come in.
fn is_row_by_row(step: &Step) -> bool {
    is_one_to_one(step) || matches!(step, Step::Filter(_) | Step::Among(_) | Step::Explode(_) | Step::Sort(_))
}
