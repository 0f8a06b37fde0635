//! The engine: every limit set by hand, words freed, what a playbook must not do taken over by clear errors.

use std::sync::Arc;

use rhai::{Dynamic, Engine, EvalAltResult, FLOAT, INT, NativeCallContext, OptimizationLevel};

use super::current::Current;
use super::modules::Modules;
use super::run::{Run, stopped};
use super::words::{self, Memory};
use super::{builtins, fault, hex, operators};
use crate::diag::Fault;
use crate::plan::Value;
use crate::report::{Answer, Item};

/// Nesting of expressions: a chain of this many verbs, or sums of this many terms, is one.
const EXPRESSION_DEPTH: usize = 1_500;
const CALL_LEVELS: usize = 128;
const MODULES: usize = 1_000;
const FUNCTIONS: usize = 10_000;
const VARIABLES: usize = 100_000;

/// What one value may hold, the lists and maps inside it included. Rhai measures a list again at every call on it, so rows belong in a Collection.
const TEXT_BYTES: usize = 64 << 20;
const LIST_ITEMS: usize = 1_000_000;
const MAP_ENTRIES: usize = 1_000_000;

/// The stack that all of that fits in.
#[cfg(debug_assertions)]
pub(super) const STACK: usize = 512 << 20;
#[cfg(not(debug_assertions))]
pub(super) const STACK: usize = 64 << 20;

/// An engine, and what belongs to it alone.
pub(super) struct Built {
    pub engine: Engine,
    pub memory: Memory,
    current: Current,
}

impl Built {
    pub fn new(run: &Arc<Run>) -> Built {
        let current = Current::new(run);
        let (engine, memory) = build(&current);
        let mut built = Built { engine, memory, current };
        built.serve(run);
        built
    }

    /// From now on it works for this run, and knows nothing of the last one: neither its modules, nor who listens, nor what may stop it.
    pub fn serve(&mut self, run: &Arc<Run>) {
        self.current.set(run);
        self.memory.reset();
        self.engine.set_module_resolver(Modules::new(run.clone()));
        let heard = run.clone();
        self.engine.on_print(move |text| heard.say(Item::Value(Answer::Value(Value::text(text)))));
        let heard = run.clone();
        self.engine.on_debug(move |text, _, _| heard.say(Item::Value(Answer::Value(Value::text(text)))));
        watch(&mut self.engine, run);
    }
}

fn build(current: &Current) -> (Engine, Memory) {
    let mut engine = Engine::new();
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH);
    engine.set_max_call_levels(CALL_LEVELS);
    engine.set_max_operations(0);
    engine.set_max_modules(MODULES);
    engine.set_max_functions(FUNCTIONS);
    engine.set_max_variables(VARIABLES);
    engine.set_max_string_size(TEXT_BYTES);
    engine.set_max_array_size(LIST_ITEMS);
    engine.set_max_map_size(MAP_ENTRIES);
    engine.disable_symbol("eval");
    let memory = words::free(&mut engine);
    operators::register(&mut engine, current);
    hex::register(&mut engine);
    builtins::register(&mut engine, current);
    take_over(&mut engine);
    (engine, memory)
}

/// Stops an endless loop: the flags are looked at with every operation, the clock with every thousandth.
fn watch(engine: &mut Engine, run: &Arc<Run>) {
    let limits = run.setup.limits.clone();
    engine.on_progress(move |operations| {
        let checked = if operations % 1024 == 0 { limits.check() } else { limits.check_flags() };
        checked.err().map(|error| Dynamic::from(fault::Trouble::new(stopped(&error))))
    });
}

fn take_over(engine: &mut Engine) {
    fn refused<T>(context: &NativeCallContext, message: &str, help: &str) -> Result<T, Box<EvalAltResult>> {
        Err(fault::raise(Fault::new("call::forbidden", message).with_help(help), context.call_position()))
    }
    const EXIT: (&str, &str) = ("a playbook has no `exit`", "`return` ends it normally, `fail(\"why\")` as a run that could not be done");
    const SLEEP: (&str, &str) = ("a playbook does not wait", "leave the `sleep` out");
    engine.register_fn("exit", |context: NativeCallContext| refused::<()>(&context, EXIT.0, EXIT.1));
    engine.register_fn("exit", |context: NativeCallContext, _: Dynamic| refused::<()>(&context, EXIT.0, EXIT.1));
    engine.register_fn("sleep", |context: NativeCallContext, _: INT| refused::<()>(&context, SLEEP.0, SLEEP.1));
    engine.register_fn("sleep", |context: NativeCallContext, _: FLOAT| refused::<()>(&context, SLEEP.0, SLEEP.1));
    let clock = "`now()` is the run's clock, the same in every part of a run";
    engine.register_fn("timestamp", move |context: NativeCallContext| refused::<()>(&context, "a playbook has no clock of its own", clock));
}
