//! Conditions that are no part of a playbook: those of suppressions, written as the body of `|e| …`.

use rhai::{FnPtr, NativeCallContext, OptimizationLevel};

use super::run::Run;
use super::session::on_own_stack;
use super::{syntax, words};
use crate::diag::Fault;

fn closure_of(condition: &str) -> String {
    format!("|e| {condition}")
}

/// Whether a condition can be read at all; which columns it may name, its rows decide.
///
/// # Errors
/// The first mistake.
pub fn check_condition(condition: &str) -> Result<(), Fault> {
    let help = "write it as the body of a filter: e.Machine == \"WKS01\" && e.CommandLine.contains(\"agent\")";
    on_own_stack(|| {
        let mut engine = rhai::Engine::new();
        engine.set_optimization_level(OptimizationLevel::None);
        let _ = words::free(&mut engine);
        match engine.compile_expression(closure_of(condition)) {
            Ok(_) => Ok(()),
            Err(error) => Err(Fault::new("suppressions::condition", syntax::fault(&error.0).message).with_help(help)),
        }
    })?
}

/// The condition as a closure of this engine; `number` tells several apart.
pub(super) fn closure(run: &Run, context: &NativeCallContext, number: usize, condition: &str) -> Result<FnPtr, Fault> {
    let id = format!("<suppression {}>", number + 1);
    let text = closure_of(condition);
    let failed = |why: String| Fault::new("suppressions::condition", why).with_help("write it as the body of a filter: e.Machine == \"WKS01\"");
    let mut tree = context.engine().compile_expression(&text).map_err(|error| failed(error.to_string()))?;
    tree.set_source(&id);
    run.sources.add_text(&id, &id, &text);
    run.sources.add_tree(&id, &tree);
    context.engine().eval_ast::<FnPtr>(&tree).map_err(|error| failed(error.to_string()))
}
