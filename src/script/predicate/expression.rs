//! Expressions that read the row.

use std::sync::Arc;

use rhai::{ASTNode, Array, Dynamic, EvalContext, Expr, Expression, Map, Position, Stmt};

use super::statement::Flow;
use super::value::{Rows, Symbol, Term, and, is_symbolic, or};
use super::{Answer, Symbolic, placed, refuse, refuse_with};
use crate::plan::{Func, Value};

impl Symbolic<'_> {
    /// The value of an expression: Rhai's, unless it reads something symbolic.
    pub(super) fn evaluate(&mut self, expr: &Expr) -> Answer<Dynamic> {
        let place = expr.start_position();
        self.burn(place)?;
        if !self.reads(expr) {
            return self.native(expr);
        }
        match expr {
            Expr::Variable(variable, _, place) => self.variable(&variable.1, *place),
            Expr::And(parts, _) => self.logical(parts, true),
            Expr::Or(parts, _) => self.logical(parts, false),
            Expr::Coalesce(parts, _) => self.coalesce(parts),
            Expr::InterpolatedString(parts, _) => self.interpolated(parts),
            Expr::Array(items, _) => Ok(items.iter().map(|item| self.evaluate(item)).collect::<Answer<Array>>()?.into()),
            Expr::Map(map, _) => {
                let mut made = Map::new();
                for (key, value) in &map.0 {
                    let value = self.evaluate(value)?;
                    made.insert(key.name.as_str().into(), value);
                }
                Ok(made.into())
            }
            Expr::Stmt(block) => match self.block(block.statements())? {
                Flow::Value(value) => Ok(value),
                _ => Err(refuse("this block is left before it has a value", block.position())),
            },
            Expr::Dot(..) | Expr::Index(..) => self.chain(expr),
            Expr::FnCall(call, place) => self.call(call, *place),
            _ => Err(refuse("this can't be translated to a query", place)),
        }
    }

    /// Rhai's own evaluation, over the variables of this frame.
    pub(super) fn native(&mut self, expr: &Expr) -> Answer<Dynamic> {
        // Our scope need not have the layout that the parser numbered.
        self.global.always_search_scope = true;
        let mut context = EvalContext::new(self.engine, &mut self.global, &mut self.caches, &mut self.scope, None);
        context.eval_expression_tree(&Expression::from(expr)).map(Dynamic::flatten)
    }

    pub(super) fn native_operator(&mut self, name: &str, mut left: Dynamic, mut right: Dynamic, place: Position) -> Answer<Dynamic> {
        let mut context = EvalContext::new(self.engine, &mut self.global, &mut self.caches, &mut self.scope, None);
        context.call_native_fn_raw(name, false, &mut [&mut left, &mut right]).map_err(|error| placed(error, place))
    }

    pub(super) fn reads_variable(&self, name: &str) -> bool {
        self.scope.get(name).is_some_and(is_symbolic)
    }

    fn reads(&self, expr: &Expr) -> bool {
        let mut hit = false;
        expr.walk(&mut Vec::new(), &mut |path| {
            hit |= self.reads_node(path.last());
            !hit
        });
        hit
    }

    /// Also true of statements that change what this frame keeps.
    pub(super) fn reads_statement(&self, statement: &Stmt) -> bool {
        let mut hit = false;
        statement.walk(&mut Vec::new(), &mut |path| {
            hit |= self.reads_node(path.last()) || matches!(path.last(), Some(ASTNode::Stmt(Stmt::Return(..) | Stmt::BreakLoop(..) | Stmt::Var(..))));
            !hit
        });
        hit
    }

    fn reads_node(&self, node: Option<&ASTNode>) -> bool {
        match node {
            Some(ASTNode::Expr(Expr::Variable(variable, ..))) if variable.2.is_empty() => self.reads_variable(&variable.1),
            Some(ASTNode::Expr(Expr::FnCall(call, _))) if call.namespace.is_empty() => self.reads_variable(&call.name),
            Some(ASTNode::Stmt(Stmt::Share(variables))) => variables.iter().any(|(variable, _)| self.reads_variable(&variable.name)),
            // Never Rhai's: a predicate has no `try`, whatever stands in it.
            Some(ASTNode::Stmt(Stmt::TryCatch(..))) => true,
            _ => false,
        }
    }

    fn variable(&self, name: &str, place: Position) -> Answer<Dynamic> {
        let value = self.scope.get(name).cloned().unwrap_or_default().flatten();
        let of_others = value.read_lock::<Rows>().is_some_and(|rows| rows.0 != self.rows) || value.read_lock::<Symbol>().is_some_and(|s| s.rows != self.rows);
        if of_others {
            let help = "join the two collections, or put the values of the other one in a variable first";
            return Err(refuse_with("predicate::foreign", format!("`{name}` belongs to the rows of another closure"), help, place));
        }
        Ok(value)
    }

    fn logical(&mut self, parts: &[Expr], all: bool) -> Answer<Dynamic> {
        let mut known: Option<Term> = None;
        for part in parts {
            let value = self.evaluate(part)?;
            let condition = self.condition(&value, part.start_position())?;
            match condition.as_truth() {
                Some(value) if value != all => return Ok(value.into()),
                Some(_) => {}
                None => {
                    known = Some(match known {
                        None => condition,
                        Some(before) if all => and(before, condition),
                        Some(before) => or(before, condition),
                    });
                }
            }
        }
        Ok(known.map_or(all.into(), |term| self.out(term)))
    }

    fn coalesce(&mut self, parts: &[Expr]) -> Answer<Dynamic> {
        let mut terms: Vec<Term> = Vec::new();
        let mut place = Position::NONE;
        for part in parts {
            let value = self.evaluate(part)?;
            place = part.start_position();
            if value.is_unit() {
                continue;
            }
            let known = !is_symbolic(&value);
            if known && terms.is_empty() {
                return Ok(value);
            }
            terms.push(self.term(&value, place)?);
            if known {
                break;
            }
        }
        match terms.len() {
            0 => Ok(Dynamic::UNIT),
            1 => Ok(terms.pop().map_or(Dynamic::UNIT, |term| self.out(term))),
            _ => self.call_func(Func::OrElse, terms, place).map(|term| self.out(term)),
        }
    }

    fn interpolated(&mut self, parts: &[Expr]) -> Answer<Dynamic> {
        let mut terms = Vec::new();
        for part in parts {
            let value = self.evaluate(part)?;
            if is_symbolic(&value) {
                // What the telemetry does not say is written as nothing, as in any text in backticks.
                let place = part.start_position();
                let written = self.concat(vec![self.term(&value, place)?])?;
                terms.push(self.call_func(Func::OrElse, vec![written, Term::literal(Value::text(""))], place)?);
                continue;
            }
            let text = if value.is_string() { value.to_string() } else { self.native_text(value)? };
            if !text.is_empty() {
                terms.push(Term::literal(Value::text(text)));
            }
        }
        self.concat(terms).map(|term| self.out(term))
    }

    /// Texts one after the other; numbers and times are written out by the query.
    pub(super) fn concat(&self, terms: Vec<Term>) -> Answer<Term> {
        let below: Vec<&Term> = terms.iter().collect();
        // Written as it is shown.
        let arguments = terms.iter().map(|term| match term.kind {
            Some(crate::telemetry::Type::Hex) => Arc::new(crate::plan::Expr::Call(Func::Hex, vec![term.expr.clone()])),
            _ => term.expr.clone(),
        });
        let arguments = arguments.collect();
        Ok(Term::node(crate::plan::Expr::Call(Func::Concat, arguments), Some(crate::telemetry::Type::Text), &below))
    }

    fn native_text(&mut self, mut value: Dynamic) -> Answer<String> {
        let mut context = EvalContext::new(self.engine, &mut self.global, &mut self.caches, &mut self.scope, None);
        Ok(context.call_native_fn_raw("to_string", true, &mut [&mut value])?.to_string())
    }
}
