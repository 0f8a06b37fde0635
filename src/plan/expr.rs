//! Expressions over one row.
//!
//! Two-valued logic: a comparison with a missing value is false, so its negation is true. There is no `!=`; it *is*
//! `Not(Compare(Equal, ..))`. Text compares without case unless one side is `Func::Cased`.

use std::sync::Arc;

use super::{Func, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value or condition per row. Nodes are shared, so that unrolled predicates stay small.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Column(Arc<str>),
    Literal(Value),
    Compare(Comparison, Arc<Expr>, Arc<Expr>),
    /// Equal to one of the values; missing is in no list.
    In(Arc<Expr>, Arc<[Value]>),
    /// `[e.A, e.B] in [[..], ..]`: equal to one of the tuples, part by part.
    TupleIn(Vec<Arc<Expr>>, Arc<[Vec<Value>]>),
    Call(Func, Vec<Arc<Expr>>),
    Not(Arc<Expr>),
    And(Vec<Arc<Expr>>),
    Or(Vec<Arc<Expr>>),
    /// `if condition { yes } else { no }`.
    If(Arc<Expr>, Arc<Expr>, Arc<Expr>),
}

impl Expr {
    pub fn column(name: impl AsRef<str>) -> Arc<Expr> {
        Arc::new(Expr::Column(Arc::from(name.as_ref())))
    }

    pub fn literal(value: Value) -> Arc<Expr> {
        Arc::new(Expr::Literal(value))
    }

    pub fn text(text: impl AsRef<str>) -> Arc<Expr> {
        Expr::literal(Value::text(text))
    }

    pub fn call(func: impl Into<Func>, arguments: Vec<Arc<Expr>>) -> Arc<Expr> {
        Arc::new(Expr::Call(func.into(), arguments))
    }

    pub fn equal(left: Arc<Expr>, right: Arc<Expr>) -> Arc<Expr> {
        Arc::new(Expr::Compare(Comparison::Equal, left, right))
    }

    /// Folds constants and flattens.
    pub fn and(left: Arc<Expr>, right: Arc<Expr>) -> Arc<Expr> {
        match (&*left, &*right) {
            (Expr::Literal(Value::Bool(true)), _) => right,
            (_, Expr::Literal(Value::Bool(true))) => left,
            (Expr::Literal(Value::Bool(false)), _) | (_, Expr::Literal(Value::Bool(false))) => Expr::literal(Value::Bool(false)),
            (Expr::And(parts), _) => {
                let mut parts = parts.clone();
                parts.push(right);
                Arc::new(Expr::And(parts))
            }
            _ => Arc::new(Expr::And(vec![left, right])),
        }
    }

    /// Folds constants and flattens.
    pub fn or(left: Arc<Expr>, right: Arc<Expr>) -> Arc<Expr> {
        match (&*left, &*right) {
            (Expr::Literal(Value::Bool(false)), _) => right,
            (_, Expr::Literal(Value::Bool(false))) => left,
            (Expr::Literal(Value::Bool(true)), _) | (_, Expr::Literal(Value::Bool(true))) => Expr::literal(Value::Bool(true)),
            (Expr::Or(parts), _) => {
                let mut parts = parts.clone();
                parts.push(right);
                Arc::new(Expr::Or(parts))
            }
            _ => Arc::new(Expr::Or(vec![left, right])),
        }
    }

    pub fn negate(inner: Arc<Expr>) -> Arc<Expr> {
        match &*inner {
            Expr::Literal(Value::Bool(value)) => Expr::literal(Value::Bool(!value)),
            Expr::Not(inner) => inner.clone(),
            _ => Arc::new(Expr::Not(inner)),
        }
    }

    /// The expressions directly below this one.
    pub fn children(&self) -> Vec<&Arc<Expr>> {
        match self {
            Expr::Column(_) | Expr::Literal(_) => Vec::new(),
            Expr::Compare(_, left, right) => vec![left, right],
            Expr::In(inner, _) | Expr::Not(inner) => vec![inner],
            Expr::TupleIn(parts, _) | Expr::Call(_, parts) | Expr::And(parts) | Expr::Or(parts) => parts.iter().collect(),
            Expr::If(condition, yes, no) => vec![condition, yes, no],
        }
    }

    /// The columns that this expression reads, each once, sorted.
    pub fn columns(&self) -> std::collections::BTreeSet<Arc<str>> {
        let mut found = std::collections::BTreeSet::new();
        let mut open = vec![self];
        while let Some(expr) = open.pop() {
            if let Expr::Column(name) = expr {
                found.insert(name.clone());
            }
            open.extend(expr.children().into_iter().map(|child| &**child));
        }
        found
    }
}
