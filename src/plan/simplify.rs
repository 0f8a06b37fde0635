//! The form in which predicates are lowered: constants folded, `not` at the leaves.

use std::sync::Arc;

use super::eval::{self, is_cased, uncased};
use super::{Expr, Func, Value};

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
        Expr::Column(_) | Expr::If(..) => Expr::call(Func::IsTrue, vec![inner]),
        Expr::Call(func, _) if !func.is_test() => Expr::call(Func::IsTrue, vec![inner]),
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

/// The same for rows in which some columns are missing: they are not read at all.
pub fn without(expr: &Arc<Expr>, is_missing: &dyn Fn(&str) -> bool) -> Arc<Expr> {
    if !expr.columns().iter().any(|name| is_missing(name)) {
        return expr.clone();
    }
    let inside = |inner: &Arc<Expr>| without(inner, is_missing);
    let all = |parts: &[Arc<Expr>]| parts.iter().map(inside).collect::<Vec<_>>();
    Arc::new(match &**expr {
        Expr::Column(_) => Expr::Literal(Value::Missing),
        Expr::Literal(value) => Expr::Literal(value.clone()),
        Expr::Compare(comparison, left, right) => Expr::Compare(*comparison, inside(left), inside(right)),
        Expr::In(inner, values) => Expr::In(inside(inner), values.clone()),
        Expr::TupleIn(parts, rows) => Expr::TupleIn(all(parts), rows.clone()),
        Expr::Call(func, arguments) => Expr::Call(*func, named_ones(*func, arguments, is_missing).iter().map(inside).collect()),
        Expr::Not(inner) => Expr::Not(inside(inner)),
        Expr::And(parts) => Expr::And(all(parts)),
        Expr::Or(parts) => Expr::Or(all(parts)),
        Expr::If(condition, yes, no) => Expr::If(inside(condition), inside(yes), inside(no)),
    })
}

/// The arguments of a call; of texts that are told by their names, and of which there may be thousands, only those that are not missing.
fn named_ones(func: Func, arguments: &[Arc<Expr>], is_missing: &dyn Fn(&str) -> bool) -> Vec<Arc<Expr>> {
    let (Func::Fitting(_) | Func::Named, [first, names, texts @ ..]) = (func, arguments) else { return arguments.to_vec() };
    let Expr::Literal(Value::List(known)) = &**names else { return arguments.to_vec() };
    let is_there = |text: &Arc<Expr>| !matches!(&**uncased(text), Expr::Column(name) if is_missing(name));
    let (kept, mut left): (Vec<Value>, Vec<Arc<Expr>>) =
        known.iter().zip(texts).filter(|(_, text)| is_there(text)).map(|(name, text)| (name.clone(), text.clone())).unzip();
    // The mark of an exact text counts for all of them, whichever it is at.
    if let Some(text) = left.first_mut().filter(|_| texts.iter().any(is_cased)) {
        *text = Expr::call(Func::Cased, vec![uncased(text).clone()]);
    }
    [first.clone(), Expr::literal(Value::List(kept.into()))].into_iter().chain(left).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Pattern;

    fn fitting(first: Arc<Expr>) -> Arc<Expr> {
        let names = Expr::literal(Value::List(["A", "B"].map(Value::text).to_vec().into()));
        Expr::call(Func::Fitting(Pattern::Contains), vec![Expr::text("x"), names, first, Expr::column("B")])
    }

    #[test]
    fn what_is_missing_is_not_asked_and_the_mark_of_an_exact_text_stays() {
        let lacks_a = |name: &str| name == "A";
        let cased = without(&fitting(Expr::call(Func::Cased, vec![Expr::column("A")])), &lacks_a);
        let names = Expr::literal(Value::List(vec![Value::text("B")].into()));
        let left = Expr::call(Func::Cased, vec![Expr::column("B")]);
        assert_eq!(*cased, *Expr::call(Func::Fitting(Pattern::Contains), vec![Expr::text("x"), names, left]));
        let either = Expr::or(Expr::equal(Expr::column("A"), Expr::text("x")), Expr::equal(Expr::column("B"), Expr::text("x")));
        assert_eq!(*simplify(&without(&either, &lacks_a)), *Expr::equal(Expr::column("B"), Expr::text("x")));
        let not = Expr::negate(Expr::equal(Expr::column("A"), Expr::text("x")));
        assert_eq!(*simplify(&without(&not, &lacks_a)), Expr::Literal(Value::Bool(true)));
        assert_eq!(*without(&fitting(Expr::column("A")), &|_| false), *fitting(Expr::column("A")));
    }
}
