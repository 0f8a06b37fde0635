//! Closures that are run for every row, and the rows that they keep.

use std::sync::Arc;

use rhai::{Dynamic, FnPtr, NativeCallContext};

use super::{Answer, home};
use crate::frame::Frame;
use crate::plan::{Expr, Func, Value};
use crate::script::run::Run;
use crate::script::written::ends_in_property;
use crate::telemetry::Type;

/// Calls a closure as if in the source that it was made in: Rhai's closures carry no home.
pub(in crate::script) fn call_closure(run: &Run, context: &NativeCallContext, closure: &FnPtr, arguments: Vec<Dynamic>) -> Answer<Dynamic> {
    let count = closure.curry().len() + arguments.len();
    let mut global = context.global_runtime_state().clone();
    let Some((_, home)) = home::find_closure(&run.sources, &global, closure.fn_name(), count) else {
        return closure.call_within_context(context, arguments);
    };
    home::enter(&run.sources, &mut global, &home);
    let source = global.source.clone();
    let inner = NativeCallContext::new_with_all_fields(context.engine(), context.fn_name(), source.as_deref(), &global, context.call_position());
    closure.call_within_context(&inner, arguments)
}

/// Whether the closure ends with a column, which means `== true`.
pub(in crate::script) fn ends_in_column(run: &Run, context: &NativeCallContext, closure: &FnPtr) -> bool {
    let found = home::find_closure(&run.sources, context.global_runtime_state(), closure.fn_name(), closure.curry().len() + 1);
    found.is_some_and(|(definition, _)| ends_in_property(&home::body(&definition)))
}

/// Stands for missing in a tuple, where no cell has it.
fn sentinel(kind: Type) -> Option<Value> {
    match kind {
        Type::Text => Some(Value::text("\u{1}missing\u{1}")),
        Type::Int | Type::Hex => Some(Value::Int(i64::MIN + 11)),
        Type::Float => Some(Value::Float(-1.797_693_134_862_315e308)),
        Type::Bool => None,
        Type::Time => Some(Value::Time(-62_000_000_000_000_001)),
        Type::Duration => Some(Value::Duration(i64::MIN + 11)),
        Type::List => None,
    }
}

/// A condition that the kept rows fulfil and no others: what a row is decides what a closure says of it.
pub(in crate::script) fn rows_condition(frame: &Frame, kept: &[usize]) -> Arc<Expr> {
    if kept.len() == frame.height() || kept.is_empty() {
        return Expr::literal(Value::Bool(!kept.is_empty() || frame.height() == 0));
    }
    let columns: Vec<(usize, Arc<str>, Value)> = frame
        .schema()
        .columns()
        .iter()
        .enumerate()
        .filter(|(index, _)| !frame.is_column_missing(*index))
        .filter_map(|(index, (name, kind))| sentinel(*kind).map(|sentinel| (index, name.clone(), sentinel)))
        .collect();
    let parts = columns.iter().map(|(_, name, missing)| Expr::call(Func::OrElse, vec![Expr::column(name), Expr::literal(missing.clone())]));
    let rows = kept.iter().map(|row| {
        let cells = columns.iter().map(|(column, _, missing)| match frame.value(*row, *column) {
            Value::Missing => missing.clone(),
            value => value,
        });
        cells.collect::<Vec<Value>>()
    });
    Arc::new(Expr::TupleIn(parts.collect(), rows.collect::<Vec<_>>().into()))
}
