//! Steps in an order that is cheaper and means the same.

use crate::plan::{Fold, Keep, Step};

/// A limit goes before steps that change one row at a time, and a sort is left out where the rows are only counted afterwards.
pub fn reordered(steps: &[Step]) -> Vec<Step> {
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
            | Step::Sort(_)
            | Step::Limit(Keep::Sample(_))
            | Step::Distinct(_)
            | Step::Join { .. } => all.push(step.clone()),
        }
    }
    all
}

/// As many rows as before, each made of one.
fn is_one_to_one(step: &Step) -> bool {
    match step {
        Step::Derive(..) | Step::Select(_) | Step::Drop(_) | Step::Rename(_) => true,
        Step::Filter(_) | Step::Group { .. } | Step::Share { .. } | Step::Sort(_) | Step::Limit(_) | Step::Distinct(_) | Step::Join { .. } => false,
    }
}

/// The same rows come out in whatever order they come in.
fn is_row_by_row(step: &Step) -> bool {
    is_one_to_one(step) || matches!(step, Step::Filter(_) | Step::Sort(_))
}
