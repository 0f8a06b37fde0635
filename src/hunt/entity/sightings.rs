//! Where a thing is seen: the rows of every table that name it, as time, machine and user.

use std::sync::Arc;

use super::{Entity, Narrow};
use crate::hunt::query::{Context, Given, OptionError, Target, plan_narrowed, query};
use crate::plan::{Plan, Source, Step};

/// What is known of each sighting.
const COLUMNS: [&str; 4] = ["DateTime", "Muid", "Machine", "LoggedUser"];

/// The rows in which it is acted upon or acts. Whether telemetry was there is judged by the first of its queries.
///
/// # Errors
/// An option that a query does not take.
pub fn sightings(entity: &Entity, target: &Target, context: &Context<'_>) -> Result<Plan, OptionError> {
    let mut parts = Vec::new();
    for name in entity.thing.queries() {
        let Some(query) = query(name) else { continue };
        for narrow in [Some(entity.narrow(query)), entity.acting(query)].into_iter().flatten() {
            let (options, condition): (Vec<(String, Given)>, _) = match narrow {
                Narrow::Option(option, given) => (vec![(option.to_string(), given)], None),
                Narrow::Condition(condition) => (Vec::new(), Some(condition)),
            };
            let plan =
                plan_narrowed(query, target, &options, context, false, |plan| condition.iter().fold(plan, |plan, one| plan.then(Step::Filter(one.clone()))))?;
            let plan = if parts.is_empty() { plan } else { plan.quiet() };
            parts.push(Arc::new(plan.then(Step::Select(columns()))));
        }
    }
    Ok(Plan { source: Source::Union(parts), steps: vec![Step::Select(columns())] })
}

fn columns() -> Vec<Arc<str>> {
    COLUMNS.iter().map(|name| Arc::from(*name)).collect()
}
