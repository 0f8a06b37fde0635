//! Conditions that are no part of a playbook: those of suppressions, written as the body of `|e| …`.

use std::sync::Arc;

use rhai::{FnPtr, NativeCallContext, Position};

use super::predicate::{self, Wanted};
use super::run::Run;
use super::session::{Inner, on_own_stack};
use super::{Setup, fault, syntax};
use crate::diag::Fault;
use crate::plan::{Expr, Schema};
use crate::telemetry::{self, Type};

const FORM: &str = "write it as the body of a filter: e.Machine == \"WKS01\" && e.CommandLine.contains(\"agent\")";

/// Of a plan that asks for a column that its rows lack.
const UNKNOWN_COLUMN: &str = "column::unknown";

fn closure_of(condition: &str) -> String {
    format!("|e| {condition}")
}

/// Whether a condition can be read, and asked of rows. A column that no table has may be one that a playbook makes: that is decided by its rows.
///
/// # Errors
/// The first mistake.
pub fn check_condition(setup: &Setup, condition: &str) -> Result<(), Fault> {
    on_own_stack(|| {
        let inner = Inner::with(Run::new(setup.clone(), true));
        let global = inner.built.engine.new_global_runtime_state();
        let context = NativeCallContext::new_with_all_fields(&inner.built.engine, "suppression", None, &global, Position::NONE);
        let closure = closure(&inner.run, &context, 0, condition)?;
        translated(&inner.run, &context, &closure, &of_all_tables()).map(drop)
    })?
}

/// Every column that any table has.
fn of_all_tables() -> Schema {
    let mut columns: Vec<(Arc<str>, Type)> = Vec::new();
    for column in telemetry::TABLES.iter().flat_map(|table| table.columns) {
        if !columns.iter().any(|(name, _)| **name == *column.name) {
            columns.push((column.name.into(), column.kind));
        }
    }
    Schema::new(columns)
}

/// The condition over rows with these columns; none where they lack a column of it.
///
/// # Errors
/// Any other mistake.
pub(super) fn translated(run: &Run, context: &NativeCallContext, closure: &FnPtr, schema: &Schema) -> Result<Option<Arc<Expr>>, Fault> {
    match predicate::translate(run, context, closure, schema, Wanted::Condition) {
        Ok(condition) => Ok(Some(condition)),
        Err(error) => match fault::explain(context.engine(), run, "", &error) {
            fault if fault.code == UNKNOWN_COLUMN => Ok(None),
            fault => Err(fault),
        },
    }
}

/// The condition as a closure of this engine; `number` tells several apart.
pub(super) fn closure(run: &Run, context: &NativeCallContext, number: usize, condition: &str) -> Result<FnPtr, Fault> {
    let id = format!("<suppression {}>", number + 1);
    let text = closure_of(condition);
    let failed = |why: String| Fault::new("suppressions::condition", why).with_help(FORM);
    let mut tree = context.engine().compile_expression(&text).map_err(|error| failed(syntax::fault(&error.0).message))?;
    tree.set_source(&id);
    run.sources.add_text(&id, &id, &text);
    run.sources.add_tree(&id, &tree);
    context.engine().eval_ast::<FnPtr>(&tree).map_err(|error| failed(error.to_string()))
}
