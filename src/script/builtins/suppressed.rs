//! What a run was told to suppress: a finding by its fingerprint, or rows of its evidence.

use rhai::Dynamic;

use super::{Answer, Call, Collection};
use crate::hunt::suppression::{Suppressed, Suppression};
use crate::plan::{Expr, Keep, Step};
use crate::report::Answered;
use crate::script::{condition, fault};

/// Those that hold for the playbook that runs, with their numbers.
fn holding<'a>(call: &'a Call) -> impl Iterator<Item = (usize, &'a Suppression)> {
    let setup = &call.run.setup;
    let playbook = call.run.state().main.as_ref().map(|(_, shown)| shown.clone()).unwrap_or_default();
    setup.suppressions.iter().enumerate().filter(move |(_, known)| !known.has_expired(setup.now) && known.is_for(&playbook))
}

/// The evidence without the rows that are suppressed, and the numbers of the suppressions that took some. Only a query can lose rows.
pub(super) fn without_rows(call: &Call, evidence: &Dynamic) -> Answer<(Dynamic, Vec<usize>)> {
    let (mut left, mut used) = (evidence.clone(), Vec::new());
    for (number, known) in holding(call) {
        let Suppressed::Rows(text) = &known.what else { continue };
        let Some(collection) = left.read_lock::<Collection>().map(|collection| (*collection).clone()) else { continue };
        let closure = condition::closure(call.run, call.context, number, text).map_err(|fault| call.fail(fault))?;
        let translated = condition::translated(call.run, call.context, &closure, &collection.schema).map_err(|mut fault| {
            fault.related.push(("in this suppression".into(), known.place.clone()));
            fault::stop(fault, call.context.call_position())
        });
        // Rows that lack a column of it are none of those that it is about.
        let Some(condition) = translated? else { continue };
        let matching = collection.then(Step::Filter(condition.clone())).and_then(|kept| kept.then(Step::Limit(Keep::Head(1))));
        let matching = matching.map_err(|error| call.fail_plan(&error))?;
        if matching.frame(call.run).map_err(|fault| call.fail(fault))?.height() > 0 {
            used.push(number);
            left = Dynamic::from(collection.then(Step::Filter(Expr::negate(condition))).map_err(|error| call.fail_plan(&error))?);
        }
    }
    call.run.state().suppressed.extend(used.iter().copied());
    Ok((left, used))
}

/// Who answers for a finding of this fingerprint.
pub(super) fn of_finding(call: &Call, fingerprint: &str) -> Option<Answered> {
    let found = holding(call).find(|(_, known)| matches!(&known.what, Suppressed::Finding(known) if known == fingerprint)).map(|(number, _)| number)?;
    call.run.state().suppressed.insert(found);
    answered(call, found)
}

/// Owner and reason of a suppression.
pub(super) fn answered(call: &Call, number: usize) -> Option<Answered> {
    call.run.setup.suppressions.get(number).map(|known| Answered { owner: known.owner.clone(), reason: known.reason.clone(), until: known.until.clone() })
}
