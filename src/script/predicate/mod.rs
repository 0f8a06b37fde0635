//! Closures become queries: the closure's tree is executed with a symbolic row.
//!
//! One rule carries it: an expression that reads no symbolic value is Rhai's, every other one is ours. A symbolic value never
//! enters native code, where a dozen of Rhai's constructs would swallow it without an error.

mod call;
mod chain;
mod expression;
mod fork;
mod home;
mod member;
mod operator;
mod rows;
mod statement;
mod switch;
mod value;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rhai::{Caches, Dynamic, Engine, EvalAltResult, FnPtr, GlobalRuntimeState, NativeCallContext, Position, Scope};

use super::fault;
use super::run::Run;
use crate::diag::Fault;
use crate::plan::{Expr, PlanError, Schema};

pub(super) use rows::{call_closure, ends_in_column, rows_condition};
pub(super) use value::{Rows, Symbol};
use value::{Term, plain_term};

pub(super) type Answer<T> = Result<T, Box<EvalAltResult>>;

/// Steps that the translation of one closure may take, and nodes that its expression may have.
const FUEL: usize = 100_000;
const LARGEST: usize = 100_000;
/// How deeply an expression may be nested: what every backend can walk.
const DEEPEST: usize = 300;
/// Rounds of one loop.
const ROUNDS: i64 = 10_000;
/// Helpers that call helpers.
const LEVELS: usize = 24;

static NEXT_ROWS: AtomicU64 = AtomicU64::new(1);

/// What a closure must answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Condition,
    Value,
}

/// One frame of the symbolic execution.
struct Symbolic<'e> {
    engine: &'e Engine,
    run: &'e Run,
    schema: &'e Schema,
    global: GlobalRuntimeState,
    caches: Caches,
    scope: Scope<'static>,
    rows: u64,
    /// What holds where the execution stands, inside this frame.
    path: Term,
    returns: Vec<(Term, Dynamic)>,
    fuel: usize,
    /// Captured variables: they live outside and can't be changed.
    sealed: Vec<String>,
}

/// The closure's answer as an expression over the rows of a collection with this schema.
pub(super) fn translate(run: &Run, context: &NativeCallContext, closure: &FnPtr, schema: &Schema, wanted: Wanted) -> Answer<Arc<Expr>> {
    let captured = closure.curry().len();
    let mut global = context.global_runtime_state().clone();
    let Some((definition, home)) = home::find_closure(&run.sources, &global, closure.fn_name(), captured + 1) else {
        let fault = Fault::new("predicate::parameters", "a closure of one parameter is needed here").with_help("write `|e| e.Column == …`");
        return Err(fault::raise(fault, context.call_position()));
    };
    if let Some((first, second)) = home::ambiguous(&run.sources, closure, captured + 1) {
        let message = format!("one and the same closure stands at one and the same place in `{first}` and `{second}`");
        return Err(fault::raise(Fault::new("predicate::ambiguous", message).with_help("move one of them by a line"), context.call_position()));
    }
    home::enter(&run.sources, &mut global, &home);
    let rows = NEXT_ROWS.fetch_add(1, Ordering::Relaxed);
    let mut frame = Symbolic {
        engine: context.engine(),
        run,
        schema,
        global,
        caches: Caches::new(),
        scope: Scope::new(),
        rows,
        path: Term::truth(true),
        returns: Vec::new(),
        fuel: FUEL,
        sealed: definition.params.iter().take(captured).map(ToString::to_string).collect(),
    };
    for (name, value) in definition.params.iter().zip(closure.curry().iter().cloned().chain([Dynamic::from(Rows(rows))])) {
        frame.scope.push_dynamic(name.clone(), value);
    }
    let body = home::body(&definition);
    let place = body.last().map_or(Position::NONE, statement_start);
    let answer = frame.run(&body).and_then(|value| match wanted {
        Wanted::Condition => frame.condition(&value, place),
        Wanted::Value => frame.term(&value, place),
    });
    match (answer, home) {
        (Ok(term), _) => Ok(term.expr),
        (Err(error), Some(home)) if context.call_source() != Some(home.as_str()) => {
            Err(EvalAltResult::ErrorInFunctionCall("a closure".into(), home, error, context.call_position()).into())
        }
        (Err(error), _) => Err(error),
    }
}

fn statement_start(statement: &rhai::Stmt) -> Position {
    match statement {
        rhai::Stmt::Expr(expr) => expr.start_position(),
        other => other.position(),
    }
}

/// An error with a place, and the way out that always works.
fn refuse(message: impl Into<String>, place: Position) -> Box<EvalAltResult> {
    let help = "put the value in a variable before the query, or use `filter_rows(|r| …)`, which asks every row one by one";
    fault::raise(Fault::new("predicate::untranslatable", message).with_help(help), place)
}

fn refuse_with(code: &str, message: impl Into<String>, help: impl Into<String>, place: Position) -> Box<EvalAltResult> {
    fault::raise(Fault::new(code, message).with_help(help), place)
}

fn plan_error(error: &PlanError, place: Position) -> Box<EvalAltResult> {
    fault::raise(Fault::from(error), place)
}

impl Symbolic<'_> {
    fn burn(&mut self, place: Position) -> Answer<()> {
        match self.fuel.checked_sub(1) {
            Some(fuel) => {
                self.fuel = fuel;
                if fuel % 256 == 0 {
                    self.run.check_limits().map_err(|fault| fault::raise(fault, place))?;
                }
                Ok(())
            }
            None => {
                Err(refuse_with("predicate::large", "this predicate grows too large when its loops and helpers are unrolled", "use a list with `in`", place))
            }
        }
    }

    /// The term of any value that stands in an expression.
    fn term(&self, value: &Dynamic, place: Position) -> Answer<Term> {
        if let Some(symbol) = value.read_lock::<Symbol>() {
            return Ok(symbol.term.clone());
        }
        if value.is::<Rows>() {
            return Err(refuse_with("predicate::row", "a row can't be a value", "name one of its columns, as `e.ChildFilename`", place));
        }
        plain_term(value).ok_or_else(|| {
            let name = super::value::type_word(self.engine, value);
            refuse_with("predicate::value", format!("{name} can't be compared with a column"), "take a value out of it first", place)
        })
    }

    /// What stands where a condition must stand.
    fn condition(&self, value: &Dynamic, place: Position) -> Answer<Term> {
        let term = self.term(value, place)?;
        if term.has_hole() {
            let help = "add an `else`, or end with `false`";
            return Err(refuse_with("predicate::hole", "not every path gives true or false: an `else` is missing here", help, place));
        }
        if term.is_whole() {
            return Ok(term);
        }
        match term.kind {
            Some(crate::telemetry::Type::Bool) => self.call_func(crate::plan::Func::IsTrue, vec![term], place),
            kind => {
                let found = kind.map_or("missing", crate::telemetry::Type::word);
                Err(plan_error(&PlanError::Condition { given: crate::plan::expression(&term.expr), found }, place))
            }
        }
    }

    /// A term as a value of the script: plain where it is known.
    fn out(&self, term: Term) -> Dynamic {
        match term.as_truth() {
            Some(value) => value.into(),
            None => Dynamic::from(Symbol { term, rows: self.rows }),
        }
    }

    /// A node, checked for types at this very place.
    fn checked(&self, make: impl Fn(Vec<Arc<Expr>>) -> Expr, terms: Vec<Term>, place: Position) -> Answer<Term> {
        let proxy = make(terms.iter().map(Term::stand_in).collect());
        let kind = self.schema.type_of(&proxy).map_err(|error| {
            let real = make(terms.iter().map(|term| term.expr.clone()).collect());
            plan_error(&self.schema.type_of(&real).err().unwrap_or(error), place)
        })?;
        let below: Vec<&Term> = terms.iter().collect();
        let term = Term::node(make(terms.iter().map(|term| term.expr.clone()).collect()), kind, &below);
        self.bounded(term, place)
    }

    fn call_func(&self, func: impl Into<crate::plan::Func>, terms: Vec<Term>, place: Position) -> Answer<Term> {
        let func = func.into();
        self.checked(|arguments| Expr::Call(func, arguments), terms, place)
    }

    fn bounded(&self, term: Term, place: Position) -> Answer<Term> {
        if term.size > LARGEST || term.depth > DEEPEST {
            return Err(refuse_with("predicate::large", "this predicate grows too large when its choices are written out", "use a list with `in`", place));
        }
        Ok(term)
    }
}

/// Errors that pass through the translation without a place get that of the expression.
fn placed(mut error: Box<EvalAltResult>, place: Position) -> Box<EvalAltResult> {
    if error.position().is_none() {
        error.set_position(place);
    }
    error
}
