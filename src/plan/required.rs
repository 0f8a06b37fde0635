//! Which columns a plan's steps really read: what is computed when asked is computed only then.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{ASKED, DEPTH, Keep, Known, Place, Schema, Step, telling};

/// Names of columns that somebody further down needs.
pub type Needed = BTreeSet<Arc<str>>;

/// For each step, the columns of its input that it and all later steps need, and last those of the answer. `schemas` are the
/// columns before each step, and after the last.
pub fn required(steps: &[Step], schemas: &[Schema], answer: Needed) -> Vec<Needed> {
    let mut needed = vec![answer];
    for (position, step) in steps.iter().enumerate().rev() {
        let after = needed.last().cloned().unwrap_or_default();
        needed.push(before(step, after, schemas.get(position)));
    }
    needed.reverse();
    needed
}

/// What a step needs of its input when so much of its output is needed.
fn before(step: &Step, mut needed: Needed, input: Option<&Schema>) -> Needed {
    let all = || input.map(|schema| schema.columns().iter().map(|(name, _)| name.clone()).collect::<Needed>()).unwrap_or_default();
    match step {
        Step::Filter(condition) => needed.extend(condition.columns()),
        Step::Derive(name, expr) => {
            if needed.remove(name) {
                needed.extend(expr.columns());
            }
        }
        Step::Select(_) | Step::Drop(_) | Step::Limit(Keep::Head(_) | Keep::Tail(_)) => {}
        // Which rows a sample has may follow from all of their cells.
        Step::Limit(Keep::Sample(_)) => needed = all(),
        Step::Rename(pairs) => {
            needed = needed.into_iter().map(|name| pairs.iter().find(|(_, new)| *new == name).map_or(name.clone(), |(old, _)| old.clone())).collect()
        }
        Step::Group { keys, aggregates } => {
            needed = keys.iter().cloned().collect();
            needed.extend(aggregates.iter().filter_map(|aggregate| aggregate.column.clone()));
        }
        Step::Share { of, name } => {
            needed.remove(name);
            needed.insert(of.clone());
        }
        Step::Locate(address) => {
            let before = needed.len();
            needed.retain(|name| !Place::ALL.iter().any(|place| place.name() == &**name));
            if needed.len() < before {
                needed.insert(address.clone());
            }
        }
        Step::Sort(keys) => needed.extend(keys.iter().map(|key| key.column.clone())),
        Step::Explode(name) => {
            needed.insert(name.clone());
        }
        Step::Previous { by, order, cells } => {
            needed.retain(|name| !cells.iter().any(|(_, new)| new == name));
            needed.extend(by.iter().chain([order]).chain(cells.iter().map(|(of, _)| of)).cloned());
        }
        Step::Distinct(names) if names.is_empty() => needed = all(),
        Step::Distinct(names) => needed.extend(names.iter().cloned()),
        Step::Join { left_on, within, .. } => {
            let known = all();
            needed.retain(|name| known.contains(name));
            needed.extend(left_on.iter().cloned());
            needed.extend(within.map(|_| Arc::from("DateTime")));
        }
        Step::Kin(_) => {
            let known = all();
            let told: Vec<Arc<str>> = telling(needed.iter().map(|name| &**name)).filter(|name| known.contains(name)).collect();
            needed.retain(|name| ![DEPTH, ASKED].contains(&&**name));
            needed.extend(told);
        }
        Step::Among(_) => {
            let known = all();
            needed.extend(Known::COLUMNS.map(Arc::from).into_iter().filter(|name| known.contains(name)));
        }
    }
    needed
}
