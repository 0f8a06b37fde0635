//! Choices that differ from row to row: both sides are executed, then every variable is what its side made of it.

use std::sync::Arc;

use rhai::{Dynamic, Position};

use super::statement::{Flow, store};
use super::value::{Term, and, not, or, same};
use super::{Answer, Symbolic, refuse, refuse_with};
use crate::plan::{Arithmetic, Expr, Func, Value};
use crate::telemetry::Type;

/// One variable: as it lies in the scope, and its value at that time.
#[derive(Clone)]
struct Kept {
    name: String,
    constant: bool,
    cell: Dynamic,
    value: Dynamic,
}

pub(super) type Side<'s, 'e> = &'s mut dyn FnMut(&mut Symbolic<'e>) -> Answer<Flow>;

impl<'e> Symbolic<'e> {
    pub(super) fn fork(&mut self, condition: Term, yes: Side<'_, 'e>, no: Side<'_, 'e>, place: Position) -> Answer<Flow> {
        let (before, outer) = (self.save(), self.path.clone());
        self.path = and(outer.clone(), condition.clone());
        let first = yes(self)?;
        let after_yes = self.save();
        self.load(&before);
        self.path = and(outer.clone(), not(condition.clone()));
        let second = no(self)?;
        self.path = outer;
        match (first, second) {
            (Flow::Left, Flow::Left) => Ok(Flow::Left),
            (Flow::Break(place) | Flow::Continue(place), _) | (_, Flow::Break(place) | Flow::Continue(place)) => {
                let help = "use `return`, or collect with `||`";
                Err(refuse_with("predicate::loop", "a loop can't be left for some rows only", help, place))
            }
            (Flow::Left, second) => Ok(second),
            (first, Flow::Left) => {
                self.load(&after_yes);
                Ok(first)
            }
            (Flow::Value(first), Flow::Value(second)) => {
                let mut merged = self.save();
                for (kept, yes) in merged.iter_mut().zip(&after_yes) {
                    if same(&yes.value, &kept.value) {
                        continue;
                    }
                    let no = std::mem::take(&mut kept.value);
                    kept.value = self.merge(&condition, yes.value.clone(), no, place).map_err(|error| {
                        if super::super::fault::is_from_plan(&error) { error } else { refuse(format!("`{}` would differ from row to row", kept.name), place) }
                    })?;
                    if !kept.cell.is_shared() {
                        kept.cell = kept.value.clone();
                    }
                }
                self.load(&merged);
                self.merge(&condition, first, second, place).map(Flow::Value)
            }
        }
    }

    fn save(&self) -> Vec<Kept> {
        let mut kept: Vec<Kept> = self
            .scope
            .iter_raw()
            .map(|(name, constant, cell)| Kept { name: name.to_string(), constant, cell: cell.clone(), value: cell.flatten_clone() })
            .collect();
        kept.reverse(); // the scope goes newest first
        kept
    }

    fn load(&mut self, kept: &[Kept]) {
        self.scope.clear();
        for variable in kept {
            let mut cell = variable.cell.clone();
            store(&mut cell, variable.value.clone());
            if variable.constant {
                self.scope.push_constant_dynamic(variable.name.clone(), cell);
            } else {
                self.scope.push_dynamic(variable.name.clone(), cell);
            }
        }
    }

    /// `c ? a : b`, without writing c or a twice where two-valued logic lets us: else a score of thirty terms has 2^30 nodes.
    pub(super) fn choose(&self, condition: Term, yes: Term, no: Term, place: Position) -> Answer<Term> {
        if let Some(known) = condition.as_truth() {
            return Ok(if known { yes } else { no });
        }
        if yes.is_whole() && no.is_whole() {
            return Ok(match (yes.as_truth(), no.as_truth()) {
                (Some(true), _) => or(condition, no),
                (Some(false), _) => and(not(condition), no),
                (_, Some(true)) => or(not(condition), yes),
                (_, Some(false)) => and(condition, yes),
                _ => match grown(&yes, &no) {
                    Some(rest) => or(no, and(condition, rest)),
                    None => or(and(condition.clone(), yes), and(not(condition), no)),
                },
            });
        }
        // `s += k` for some rows.
        if let Expr::Call(Func::Arithmetic(Arithmetic::Add), arguments) = &*yes.expr
            && let [before, added] = arguments.as_slice()
            && (Arc::ptr_eq(before, &no.expr) || **before == *no.expr)
        {
            let below = Term { expr: added.clone(), kind: yes.kind, size: yes.size.saturating_sub(no.size), depth: 1 };
            let nothing = Term::literal(if yes.kind == Some(Type::Duration) { Value::Duration(0) } else { Value::Int(0) });
            let part = self.conditional(condition, below, nothing, place)?;
            return self.call_func(Func::Arithmetic(Arithmetic::Add), vec![no, part], place);
        }
        self.conditional(condition, yes, no, place)
    }

    fn conditional(&self, condition: Term, yes: Term, no: Term, place: Position) -> Answer<Term> {
        self.checked(
            |arguments| match <[_; 3]>::try_from(arguments) {
                Ok([condition, yes, no]) => Expr::If(condition, yes, no),
                Err(arguments) => Expr::And(arguments),
            },
            vec![condition, yes, no],
            place,
        )
    }
}

/// `a || x` beside `a`: what was added.
fn grown(yes: &Term, no: &Term) -> Option<Term> {
    let Expr::Or(parts) = &*yes.expr else { return None };
    let before: &[Arc<Expr>] = match &*no.expr {
        Expr::Or(before) => before,
        _ => std::slice::from_ref(&no.expr),
    };
    if before.len() >= parts.len() || !before.iter().zip(parts).all(|(a, b)| Arc::ptr_eq(a, b) || a == b) {
        return None;
    }
    let rest: Vec<Arc<Expr>> = parts[before.len()..].to_vec();
    let size = yes.size.saturating_sub(no.size).max(1);
    let expr = match <[Arc<Expr>; 1]>::try_from(rest) {
        Ok([only]) => only,
        Err(rest) => Arc::new(Expr::Or(rest)),
    };
    Some(Term { expr, kind: Some(Type::Bool), size, depth: yes.depth })
}
