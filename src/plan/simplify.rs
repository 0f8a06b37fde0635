//! The form in which predicates are lowered: constants folded, `not` at the leaves.

use std::sync::Arc;

use super::eval::{self, is_cased};
use super::{Expr, Value};

/// The same condition or value, with every part that reads no column computed and every `not` pushed to a leaf.
pub fn simplify(expr: &Arc<Expr>) -> Arc<Expr> {
    match &**expr {
        Expr::Not(inner) => opposite(inner),
        Expr::And(parts) => parts.iter().map(truth).reduce(Expr::and).unwrap_or_else(|| Expr::literal(Value::Bool(true))),
        Expr::Or(parts) => parts.iter().map(truth).reduce(Expr::or).unwrap_or_else(|| Expr::literal(Value::Bool(false))),
        Expr::Column(_) | Expr::Literal(_) => expr.clone(),
        Expr::Compare(comparison, left, right) => constant(Arc::new(Expr::Compare(*comparison, simplify(left), simplify(right)))),
        Expr::In(inner, values) => constant(Arc::new(Expr::In(simplify(inner), values.clone()))),
        Expr::TupleIn(parts, rows) => constant(Arc::new(Expr::TupleIn(parts.iter().map(simplify).collect(), rows.clone()))),
        Expr::Call(func, arguments) => constant(Arc::new(Expr::Call(*func, arguments.iter().map(simplify).collect()))),
        Expr::If(condition, yes, no) => {
            let condition = simplify(condition);
            match &*condition {
                Expr::Literal(Value::Bool(true)) => simplify(yes),
                Expr::Literal(_) => simplify(no),
                _ => Arc::new(Expr::If(condition, simplify(yes), simplify(no))),
            }
        }
    }
}

/// True where the condition is not; `not` goes down to the leaves.
fn opposite(expr: &Arc<Expr>) -> Arc<Expr> {
    match &**expr {
        Expr::Not(inner) => truth(inner),
        Expr::And(parts) => parts.iter().map(opposite).reduce(Expr::or).unwrap_or_else(|| Expr::literal(Value::Bool(false))),
        Expr::Or(parts) => parts.iter().map(opposite).reduce(Expr::and).unwrap_or_else(|| Expr::literal(Value::Bool(true))),
        Expr::If(..) | Expr::Column(_) | Expr::Literal(_) | Expr::Compare(..) | Expr::In(..) | Expr::TupleIn(..) | Expr::Call(..) => {
            let inner = simplify(expr);
            match &*inner {
                Expr::Literal(value) => Expr::literal(Value::Bool(*value != Value::Bool(true))),
                Expr::Not(positive) => truth(positive),
                _ => Arc::new(Expr::Not(inner)),
            }
        }
    }
}

/// A condition as a part of another or under two `not`: as it is, but yes or no also where a yes/no value is missing.
fn truth(expr: &Arc<Expr>) -> Arc<Expr> {
    let inner = simplify(expr);
    match &*inner {
        Expr::Literal(value) => Expr::literal(Value::Bool(*value == Value::Bool(true))),
        Expr::Column(_) | Expr::If(..) => Expr::call(super::Func::IsTrue, vec![inner]),
        Expr::Call(func, _) if !func.is_test() => Expr::call(super::Func::IsTrue, vec![inner]),
        Expr::Call(..) | Expr::Compare(..) | Expr::In(..) | Expr::TupleIn(..) | Expr::Not(_) | Expr::And(_) | Expr::Or(_) => inner,
    }
}

/// A node of which every part is a literal becomes one; the mark of an exact text stays.
fn constant(expr: Arc<Expr>) -> Arc<Expr> {
    let known = |child: &&Arc<Expr>| matches!(&***child, Expr::Literal(_)) || (is_cased(child) && child.columns().is_empty());
    if is_cased(&expr) || !expr.children().iter().all(known) {
        return expr;
    }
    Expr::literal(eval::holds(&expr, &|_| Value::Missing))
}
