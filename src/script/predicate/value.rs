//! Symbolic values: what `e` and its columns are while a closure is translated.

use std::sync::Arc;

use rhai::{Array, Dynamic, FnPtr, Map};

use crate::plan::{Expr, Func, Value};
use crate::script::value::{Cased, literal};
use crate::telemetry::Type;

/// `e`: the rows that one closure speaks of. The number tells whose.
#[derive(Clone, Debug)]
pub(in crate::script) struct Rows(pub u64);

/// An expression over the rows of one closure.
#[derive(Clone, Debug)]
pub(in crate::script) struct Symbol {
    pub term: Term,
    pub rows: u64,
}

/// An expression with what must be known of it without walking it again.
#[derive(Clone, Debug)]
pub(in crate::script) struct Term {
    pub expr: Arc<Expr>,
    /// `None` where it is always missing.
    pub kind: Option<Type>,
    /// Nodes of the tree that it stands for, and how deeply they are nested.
    pub size: usize,
    pub depth: usize,
}

impl Term {
    pub fn literal(value: Value) -> Term {
        let kind = kind_of(&value);
        Term { expr: Expr::literal(value), kind, size: 1, depth: 1 }
    }

    pub fn truth(value: bool) -> Term {
        Term::literal(Value::Bool(value))
    }

    /// A node over other terms.
    pub fn node(expr: Expr, kind: Option<Type>, below: &[&Term]) -> Term {
        let size = below.iter().fold(1_usize, |size, term| size.saturating_add(term.size));
        let depth = 1 + below.iter().map(|term| term.depth).max().unwrap_or(0);
        Term { expr: Arc::new(expr), kind, size, depth }
    }

    pub fn as_truth(&self) -> Option<bool> {
        match &*self.expr {
            Expr::Literal(Value::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    pub fn is_missing(&self) -> bool {
        matches!(&*self.expr, Expr::Literal(Value::Missing))
    }

    /// A condition that is true or false for every row, never missing.
    pub fn is_whole(&self) -> bool {
        match &*self.expr {
            Expr::Compare(..) | Expr::In(..) | Expr::TupleIn(..) | Expr::Not(_) | Expr::And(_) | Expr::Or(_) | Expr::Literal(Value::Bool(_)) => true,
            Expr::Call(func, _) => func.is_test(),
            Expr::Column(_) | Expr::Literal(_) | Expr::If(..) => false,
        }
    }

    /// Some path through it has no value.
    pub fn has_hole(&self) -> bool {
        match &*self.expr {
            Expr::Literal(Value::Missing) => true,
            Expr::If(_, yes, no) => [yes, no].iter().any(|side| Term { expr: Arc::clone(side), kind: None, size: 1, depth: 1 }.has_hole()),
            _ => false,
        }
    }

    /// What stands for it when only types are asked: literals as they are, so that patterns can be read.
    pub fn stand_in(&self) -> Arc<Expr> {
        if let Expr::Literal(_) = &*self.expr {
            return self.expr.clone();
        }
        Expr::literal(match self.kind {
            None => Value::Missing,
            Some(Type::Text) => return Expr::call(Func::Cased, vec![Expr::text("")]),
            Some(Type::Int | Type::Hex) => Value::Int(1),
            Some(Type::Float) => Value::Float(1.0),
            Some(Type::Bool) => Value::Bool(true),
            Some(Type::Time) => Value::Time(0),
            Some(Type::Duration) => Value::Duration(0),
            Some(Type::List) => Value::List(Arc::from([])),
        })
    }
}

/// Both hold. Constants fold; chains stay flat.
pub(super) fn and(left: Term, right: Term) -> Term {
    match (left.as_truth(), right.as_truth()) {
        (Some(true), _) => right,
        (_, Some(true)) => left,
        (Some(false), _) | (_, Some(false)) => Term::truth(false),
        _ => joined(left, right, true),
    }
}

/// One of them holds. Constants fold; chains stay flat.
pub(super) fn or(left: Term, right: Term) -> Term {
    match (left.as_truth(), right.as_truth()) {
        (Some(false), _) => right,
        (_, Some(false)) => left,
        (Some(true), _) | (_, Some(true)) => Term::truth(true),
        _ => joined(left, right, false),
    }
}

fn parts(expr: Arc<Expr>, all: bool) -> Result<Vec<Arc<Expr>>, Arc<Expr>> {
    if !matches!((&*expr, all), (Expr::And(_), true) | (Expr::Or(_), false)) {
        return Err(expr);
    }
    Ok(match Arc::try_unwrap(expr) {
        Ok(Expr::And(parts) | Expr::Or(parts)) => parts,
        Err(shared) => shared.children().into_iter().cloned().collect(),
        Ok(other) => vec![Arc::new(other)],
    })
}

fn joined(left: Term, right: Term, all: bool) -> Term {
    let size = left.size.saturating_add(right.size).saturating_add(1);
    let depth = left.depth.max(right.depth + usize::from(!matches!((&*right.expr, all), (Expr::And(_), true) | (Expr::Or(_), false))));
    let parts = match (parts(left.expr, all), parts(right.expr, all)) {
        (Ok(mut left), Ok(right)) => {
            left.extend(right);
            left
        }
        (Ok(mut left), Err(right)) => {
            left.push(right);
            left
        }
        (Err(left), Ok(mut right)) => {
            right.insert(0, left);
            right
        }
        (Err(left), Err(right)) => vec![left, right],
    };
    Term { expr: Arc::new(if all { Expr::And(parts) } else { Expr::Or(parts) }), kind: Some(Type::Bool), size, depth }
}

pub(super) fn not(term: Term) -> Term {
    let (size, depth) = (term.size + 1, term.depth + 1);
    Term { expr: Expr::negate(term.expr), kind: Some(Type::Bool), size, depth }
}

fn kind_of(value: &Value) -> Option<Type> {
    Some(match value {
        Value::Missing => return None,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Float(_) => Type::Float,
        Value::Text(_) => Type::Text,
        Value::Time(_) => Type::Time,
        Value::Duration(_) => Type::Duration,
        Value::List(_) => Type::List,
    })
}

/// Whether a value holds something of `e`, however deep.
pub(super) fn is_symbolic(value: &Dynamic) -> bool {
    if value.is_shared() {
        return is_symbolic(&value.flatten_clone());
    }
    value.is::<Rows>()
        || value.is::<Symbol>()
        || value.read_lock::<Array>().is_some_and(|items| items.iter().any(is_symbolic))
        || value.read_lock::<Map>().is_some_and(|map| map.values().any(is_symbolic))
        || value.read_lock::<FnPtr>().is_some_and(|closure| closure.curry().iter().any(is_symbolic))
}

/// The term of a plain value, when it can stand in a query.
pub(super) fn plain_term(value: &Dynamic) -> Option<Term> {
    if let Some(cased) = value.read_lock::<Cased>() {
        let inner = Term::literal(Value::text(&*cased.0));
        return Some(Term::node(Expr::Call(Func::Cased, vec![inner.expr.clone()]), Some(Type::Text), &[&inner]));
    }
    literal(value).map(Term::literal)
}

/// Whether two values are one and the same, so that a choice between them is none.
pub(super) fn same(left: &Dynamic, right: &Dynamic) -> bool {
    if let (Some(a), Some(b)) = (left.read_lock::<Symbol>(), right.read_lock::<Symbol>()) {
        return Arc::ptr_eq(&a.term.expr, &b.term.expr) || a.term.expr == b.term.expr;
    }
    if let (Some(a), Some(b)) = (left.read_lock::<Array>(), right.read_lock::<Array>()) {
        return a.len() == b.len() && a.iter().zip(b.iter()).all(|(p, q)| same(p, q));
    }
    if let (Some(a), Some(b)) = (left.read_lock::<Map>(), right.read_lock::<Map>()) {
        return a.len() == b.len() && a.iter().zip(b.iter()).all(|(p, q)| p.0 == q.0 && same(p.1, q.1));
    }
    left.type_name() == right.type_name() && format!("{left:?}") == format!("{right:?}")
}
