//! `in`: lists, ranges, maps, texts, tuples.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use rhai::{Array, Dynamic, INT, Map, Position};

use super::value::{Symbol, Term, and, is_symbolic, or, plain_term};
use super::{Answer, Symbolic};
use crate::plan::{Comparison, Expr, Pattern, Period, Value};

pub(super) fn is_range(value: &Dynamic) -> bool {
    value.is::<Range<INT>>() || value.is::<RangeInclusive<INT>>()
}

impl Symbolic<'_> {
    /// Whether the item is in a list, a range, a map's keys, or a text.
    pub(super) fn member(&mut self, within: Dynamic, item: Dynamic, place: Position) -> Answer<Dynamic> {
        if let Some(range) = within.clone().try_cast::<Range<INT>>() {
            return self.between(&item, range.start, Comparison::Less, range.end, place);
        }
        if let Some(range) = within.clone().try_cast::<RangeInclusive<INT>>() {
            return self.between(&item, *range.start(), Comparison::LessOrEqual, *range.end(), place);
        }
        let list = if let Some(items) = within.clone().try_cast::<Array>() {
            items
        } else if let Some(map) = within.clone().try_cast::<Map>() {
            map.keys().map(|key| Dynamic::from(key.to_string())).collect()
        } else if self.term(&within, place).is_ok_and(|term| term.kind == Some(crate::telemetry::Type::List)) {
            return self.of_list_column(within, item, place);
        } else {
            return self.method(within, "contains", vec![item], place);
        };
        if let Some(term) = self.known_list(&list, &item, place)? {
            return Ok(self.out(term));
        }
        if let Some(term) = self.known_tuples(&list, &item, place)? {
            return Ok(self.out(term));
        }
        let mut any = Term::truth(false);
        for candidate in list {
            let same = self.operate("==", item.clone(), candidate, place)?;
            any = or(any, self.condition(&same, place)?);
        }
        Ok(self.out(any))
    }

    fn between(&mut self, item: &Dynamic, from: INT, upper: Comparison, to: INT, place: Position) -> Answer<Dynamic> {
        let term = self.term(item, place)?;
        let low = self.compare(Comparison::GreaterOrEqual, term.clone(), Term::literal(Value::Int(from)), place)?;
        let high = self.compare(upper, term, Term::literal(Value::Int(to)), place)?;
        Ok(self.out(and(low, high)))
    }

    /// From its beginning up to its end, itself not included; a missing time is in no period.
    pub(super) fn in_period(&mut self, period: Period, time: &Dynamic, place: Position) -> Answer<Dynamic> {
        let term = self.term(time, place)?;
        let mut within = self.compare(Comparison::Equal, term.clone(), term.clone(), place)?;
        for (end, comparison) in [(period.from, Comparison::GreaterOrEqual), (period.to, Comparison::Less)] {
            if let Some(end) = end {
                within = and(within, self.compare(comparison, term.clone(), Term::literal(Value::Time(end)), place)?);
            }
        }
        Ok(self.out(within))
    }

    fn of_list_column(&mut self, within: Dynamic, item: Dynamic, place: Position) -> Answer<Dynamic> {
        let terms = vec![self.term(&within, place)?, self.term(&item, place)?];
        self.call_func(Pattern::Contains, terms, place).map(|term| self.out(term))
    }

    /// A list of plain values beside one column: one node, however long the list.
    fn known_list(&self, list: &Array, item: &Dynamic, place: Position) -> Answer<Option<Term>> {
        if !item.is::<Symbol>() || list.iter().any(is_symbolic) || !list.iter().all(|value| crate::script::value::literal(value).is_some()) {
            return Ok(None);
        }
        let asked = self.term(item, place)?;
        let mut values = Vec::with_capacity(list.len());
        let mut checked: Vec<std::mem::Discriminant<Value>> = Vec::new();
        for value in list {
            let Some(term) = plain_term(value) else { continue };
            if term.is_missing() {
                continue;
            }
            let (_, term) = self.reconciled(asked.clone(), term, place)?;
            let Expr::Literal(value) = &*term.expr else { continue };
            if !checked.contains(&std::mem::discriminant(value)) {
                self.compare(Comparison::Equal, asked.clone(), term.clone(), place)?;
                checked.push(std::mem::discriminant(value));
            }
            values.push(value.clone());
        }
        if values.is_empty() {
            return Ok(Some(Term::truth(false)));
        }
        Ok(Some(Term::node(Expr::In(asked.expr.clone(), values.into()), Some(crate::telemetry::Type::Bool), &[&asked])))
    }

    /// `[e.A, e.B] in pairs`, the pairs known.
    fn known_tuples(&self, list: &Array, item: &Dynamic, place: Position) -> Answer<Option<Term>> {
        let Some(parts) = item.read_lock::<Array>().map(|parts| parts.clone()) else { return Ok(None) };
        if parts.len() < 2 || list.is_empty() || !parts.iter().all(|part| part.is::<Symbol>()) {
            return Ok(None);
        }
        let asked = parts.iter().map(|part| self.term(part, place)).collect::<Answer<Vec<_>>>()?;
        let mut rows: Vec<Vec<Value>> = Vec::with_capacity(list.len());
        for candidate in list {
            let Some(values) = candidate.read_lock::<Array>().map(|values| values.clone()) else { return Ok(None) };
            if values.len() != parts.len() {
                continue;
            }
            let mut row = Vec::with_capacity(values.len());
            for (part, value) in asked.iter().zip(&values) {
                let Some(term) = crate::script::value::literal(value).map(Term::literal) else { return Ok(None) };
                let (_, term) = self.reconciled(part.clone(), term, place)?;
                if rows.is_empty() {
                    self.compare(Comparison::Equal, part.clone(), term.clone(), place)?;
                }
                let Expr::Literal(value) = &*term.expr else { return Ok(None) };
                row.push(value.clone());
            }
            if !row.iter().any(Value::is_missing) {
                rows.push(row);
            }
        }
        if rows.is_empty() {
            return Ok(Some(Term::truth(false)));
        }
        let below: Vec<&Term> = asked.iter().collect();
        let columns: Vec<Arc<Expr>> = asked.iter().map(|term| term.expr.clone()).collect();
        let made = Expr::TupleIn(columns, rows.into());
        self.schema.type_of(&made).map_err(|error| super::plan_error(&error, place))?;
        Ok(Some(Term::node(made, Some(crate::telemetry::Type::Bool), &below)))
    }
}
