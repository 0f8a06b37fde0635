//! Conditions that are the same for every row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Comparison, Expr, Value, fold, simplify};

/// True where a condition that reads no column holds, and so for every row; false where it holds for none.
pub fn always(condition: &Arc<Expr>) -> Option<bool> {
    match &*simplify(condition) {
        Expr::Literal(value) => Some(*value == Value::Bool(true)),
        _ => None,
    }
}

/// Whether a condition wants one column to be two things.
pub fn never(condition: &Arc<Expr>) -> bool {
    contradicts(&simplify(condition))
}

/// All parts must hold; one of them, or two of them together, can't.
fn contradicts(condition: &Expr) -> bool {
    match condition {
        Expr::Or(parts) => parts.iter().all(|part| contradicts(part)),
        Expr::And(parts) => {
            let mut allowed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
            parts.iter().any(|part| {
                let Some((column, values)) = wanted(part) else { return contradicts(part) };
                let known = allowed.entry(column).or_insert_with(|| values.clone());
                known.retain(|value| values.contains(value));
                known.is_empty()
            })
        }
        Expr::Column(_) | Expr::Literal(_) | Expr::Compare(..) | Expr::In(..) | Expr::TupleIn(..) | Expr::Call(..) | Expr::Not(_) | Expr::If(..) => false,
    }
}

/// A column and the texts or numbers that it may be. A list that is empty is one that nobody filled yet.
fn wanted(part: &Expr) -> Option<(&str, BTreeSet<String>)> {
    let value = |value: &Value| match value {
        Value::Text(text) => Some(fold(text).into_owned()),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    };
    match part {
        Expr::Compare(Comparison::Equal, left, right) => match (&**left, &**right) {
            (Expr::Column(name), Expr::Literal(known)) | (Expr::Literal(known), Expr::Column(name)) => Some((name, [value(known)?].into())),
            _ => None,
        },
        Expr::In(inner, values) if !values.is_empty() => match &**inner {
            Expr::Column(name) => Some((name, values.iter().map(value).collect::<Option<_>>()?)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_row_can_change() {
        let is = |column: &str, text: &str| Expr::equal(Expr::column(column), Expr::text(text));
        let among = |column: &str, texts: &[&str]| Arc::new(Expr::In(Expr::column(column), texts.iter().map(Value::text).collect()));
        assert_eq!(always(&Expr::literal(Value::Bool(true))), Some(true));
        assert_eq!(always(&Expr::equal(Expr::text("a"), Expr::text("A"))), Some(true));
        assert_eq!(always(&is("A", "x")), None);
        assert!(never(&Expr::and(is("A", "x"), is("A", "y"))) && !never(&is("A", "x")));
        assert!(!never(&Expr::and(is("A", "x"), is("A", "X"))) && !never(&Expr::and(is("A", "x"), is("B", "y"))));
        assert!(never(&Expr::and(among("A", &["x", "y"]), among("A", &["z"]))) && !never(&Expr::and(among("A", &["x", "y"]), among("A", &[]))));
        let neither = Expr::and(is("A", "x"), is("A", "y"));
        assert!(!never(&Expr::or(neither.clone(), is("A", "z"))) && !never(&Expr::negate(neither)));
    }
}
