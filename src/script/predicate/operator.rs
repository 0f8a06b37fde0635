//! Operators with a symbolic side.

use rhai::{Array, Dynamic, Expr, Position};

use super::value::{Term, and, is_symbolic, not, or};
use super::{Answer, Symbolic, refuse, refuse_with};
use crate::plan::{Arithmetic, Comparison, Expr as Query, Func, Value};
use crate::script::value::hex_number;
use crate::telemetry::Type;

impl Symbolic<'_> {
    pub(super) fn binary(&mut self, name: &str, left: &Expr, right: &Expr, place: Position) -> Answer<Dynamic> {
        let is_unit = |expr: &Expr| matches!(expr, Expr::Unit(_));
        let (a, b) = (self.evaluate(left)?, self.evaluate(right)?);
        // `e.X == ()`, written so, asks whether the telemetry says it.
        if matches!(name, "==" | "!=") && (is_unit(left) || is_unit(right)) {
            let asked = if is_unit(left) { &b } else { &a };
            if !asked.is_array() && !asked.is_map() {
                let term = self.term(asked, place)?;
                let test = self.call_func(Func::IsMissing, vec![term], place)?;
                return Ok(self.out(if name == "==" { test } else { not(test) }));
            }
        }
        let at = if matches!(right, Expr::StringConstant(..) | Expr::IntegerConstant(..) | Expr::FloatConstant(..)) { right.start_position() } else { place };
        self.operate(name, a, b, if matches!(name, "==" | "!=" | "<" | "<=" | ">" | ">=") { at } else { place })
    }

    pub(super) fn operate(&mut self, name: &str, left: Dynamic, right: Dynamic, place: Position) -> Answer<Dynamic> {
        if !is_symbolic(&left) && !is_symbolic(&right) {
            return self.native_operator(name, left, right, place);
        }
        match name {
            "contains" => return self.member(left, right, place),
            "==" | "!=" if left.is_array() && right.is_array() => {
                let same = self.tuple(&left, &right, place)?;
                return Ok(self.out(if name == "==" { same } else { not(same) }));
            }
            "&" | "|" | "^" => return self.bitwise(name, &left, &right, place),
            _ => {}
        }
        let (a, b) = (self.term(&left, place)?, self.term(&right, place)?);
        match name {
            "==" => self.compare(Comparison::Equal, a, b, place).map(|term| self.out(term)),
            "!=" => self.compare(Comparison::Equal, a, b, place).map(|term| self.out(not(term))),
            "<" => self.compare(Comparison::Less, a, b, place).map(|term| self.out(term)),
            "<=" => self.compare(Comparison::LessOrEqual, a, b, place).map(|term| self.out(term)),
            ">" => self.compare(Comparison::Greater, a, b, place).map(|term| self.out(term)),
            ">=" => self.compare(Comparison::GreaterOrEqual, a, b, place).map(|term| self.out(term)),
            "+" if a.kind == Some(Type::Text) || b.kind == Some(Type::Text) => {
                self.concat(vec![a, b]).and_then(|term| self.bounded(term, place)).map(|term| self.out(term))
            }
            "+" => self.arithmetic(Arithmetic::Add, a, b, place),
            "-" => self.arithmetic(Arithmetic::Subtract, a, b, place),
            "*" => self.arithmetic(Arithmetic::Multiply, a, b, place),
            "/" => self.arithmetic(Arithmetic::Divide, a, b, place),
            "%" => self.arithmetic(Arithmetic::Remainder, a, b, place),
            _ => Err(refuse(format!("`{name}` can't be asked of a query"), place)),
        }
    }

    /// `==` is the only equality there is: `!=` is its negation, so no row falls through both.
    pub(super) fn compare(&self, comparison: Comparison, left: Term, right: Term, place: Position) -> Answer<Term> {
        if left.is_missing() || right.is_missing() {
            return Ok(Term::truth(false));
        }
        let (left, right) = self.reconciled(left, right, place)?;
        self.checked(
            |arguments| match <[_; 2]>::try_from(arguments) {
                Ok([left, right]) => Query::Compare(comparison, left, right),
                Err(arguments) => Query::And(arguments),
            },
            vec![left, right],
            place,
        )
    }

    /// A text beside a time is read as a time, beside a hexadecimal column as its number.
    pub(super) fn reconciled(&self, left: Term, right: Term, place: Position) -> Answer<(Term, Term)> {
        Ok(match (left.kind, right.kind) {
            (Some(Type::Time), Some(Type::Text)) => (left, self.as_time(right, place)?),
            (Some(Type::Text), Some(Type::Time)) => (self.as_time(left, place)?, right),
            (Some(Type::Hex), Some(Type::Text)) => (left, as_number(right)),
            (Some(Type::Text), Some(Type::Hex)) => (as_number(left), right),
            _ => (left, right),
        })
    }

    fn as_time(&self, term: Term, place: Position) -> Answer<Term> {
        let Query::Literal(Value::Text(text)) = &*term.expr else { return Ok(term) };
        match crate::hunt::period::parse_time(text, self.run.setup.zone) {
            Ok(time) => Ok(Term::literal(Value::Time(time))),
            Err(error) => Err(super::fault::raise(crate::diag::Fault::from(&error), place)),
        }
    }

    fn arithmetic(&self, operation: Arithmetic, left: Term, right: Term, place: Position) -> Answer<Dynamic> {
        self.call_func(operation, vec![left, right], place).map(|term| self.out(term))
    }

    fn bitwise(&self, name: &str, left: &Dynamic, right: &Dynamic, place: Position) -> Answer<Dynamic> {
        let number = |value: &Dynamic| self.term(value, place).is_ok_and(|term| matches!(term.kind, Some(Type::Int | Type::Hex)));
        if number(left) || number(right) {
            let help = "write `e.GrantedAccess.has_bits(0x10)` or `.any_bits(0x10)`; `&` binds weaker than `!=`";
            return Err(refuse_with("predicate::bits", format!("`{name}` over the bits of a column can't be asked of a query"), help, place));
        }
        let (a, b) = (self.condition(left, place)?, self.condition(right, place)?);
        match name {
            "&" => Ok(self.out(and(a, b))),
            "|" => Ok(self.out(or(a, b))),
            _ => Err(refuse("use `!=` in place of `^`", place)),
        }
    }

    fn tuple(&mut self, left: &Dynamic, right: &Dynamic, place: Position) -> Answer<Term> {
        let (Some(left), Some(right)) = (left.read_lock::<Array>().map(|l| l.clone()), right.read_lock::<Array>().map(|r| r.clone())) else {
            return Ok(Term::truth(false));
        };
        if left.len() != right.len() {
            return Ok(Term::truth(false));
        }
        let mut all = Term::truth(true);
        for (a, b) in left.into_iter().zip(right) {
            let same = self.operate("==", a, b, place)?;
            all = and(all, self.condition(&same, place)?);
        }
        Ok(all)
    }
}

/// `"0x1010"` as the number that it is.
pub(super) fn as_number(term: Term) -> Term {
    match &*term.expr {
        Query::Literal(Value::Text(text)) => hex_number(text).map_or_else(|| term.clone(), |number| Term::literal(Value::Int(number))),
        _ => term,
    }
}
