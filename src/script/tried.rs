//! What the filters of a playbook did in its tests: one that was never true, or never false, is one that no test looks at.

use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{AST, ASTNode, Expr as Written};

use super::run::Run;
use crate::diag::{Fault, Place, SourceText};
use crate::frame::Frame;
use crate::plan::{Aggregate, Expr, Fold, Plan, Step, Value};
use crate::report::Filter;

/// Filters by the name of their source and where they stand in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Tried(BTreeMap<(String, usize), Filter>);

/// The column of the condition's answer, in the query that counts.
const KEPT: &str = "\u{1}Kept";

impl Tried {
    /// The filters that a playbook or a module has, whether or not they were reached.
    pub fn declare(&mut self, source: &Arc<SourceText>, tree: &AST) {
        tree.walk(&mut |path| {
            if let Some(ASTNode::Expr(Written::MethodCall(call, _))) = path.last()
                && ["filter", "exclude"].contains(&call.name.as_str())
                && let [closure] = call.args.as_slice()
                && let Some(span) = super::sources::word_at(&source.text, closure.start_position())
            {
                self.note(&Place { source: source.clone(), span, label: None }, false, false);
            }
            true
        });
    }

    fn note(&mut self, place: &Place, was_true: bool, was_false: bool) {
        let key = (place.source.name.clone(), place.span.start);
        let filter = self.0.entry(key).or_insert_with(|| Filter { place: place.clone(), was_true: false, was_false: false });
        filter.was_true |= was_true;
        filter.was_false |= was_false;
    }

    /// Adds what other runs saw.
    pub fn merge(&mut self, other: Tried) {
        other.0.into_values().for_each(|filter| self.note(&filter.place, filter.was_true, filter.was_false));
    }

    pub fn into_filters(self) -> Vec<Filter> {
        self.0.into_values().collect()
    }
}

/// Looks at what each filter that a run asked did to its rows. Those of the library are the library's own concern.
///
/// # Errors
/// A query that failed, or a run that was stopped.
pub(super) fn look(run: &Run) -> Result<Tried, Fault> {
    let (mut tried, filters) = (Tried::default(), std::mem::take(&mut run.state().filters));
    for (id, tree) in run.sources.trees().iter().filter(|(id, _)| !id.starts_with("std/")) {
        if let Some(source) = run.sources.text(id) {
            tried.declare(&source, tree);
        }
    }
    for (place, before, condition) in filters.iter().filter(|(place, ..)| !place.source.name.starts_with("std/")) {
        let asked = counted(before, condition);
        let frame = run.setup.backend.run(&asked, &run.setup.limits).map_err(|error| Fault::from(&error))?;
        let has = |kept: bool| (0..frame.height()).any(|row| (frame.named(row, KEPT) == Value::Bool(true)) == kept && has_rows(&frame, row));
        tried.note(place, has(true), has(false));
    }
    Ok(tried)
}

/// How many rows the condition holds for, and for how many it does not.
fn counted(before: &Plan, condition: &Arc<Expr>) -> Plan {
    let aggregates = vec![Aggregate { name: "Count".into(), fold: Fold::Count, column: None }];
    before.then(Step::Derive(KEPT.into(), condition.clone())).then(Step::Group { keys: vec![KEPT.into()], aggregates })
}

fn has_rows(frame: &Frame, row: usize) -> bool {
    frame.named(row, "Count") != Value::Int(0)
}
