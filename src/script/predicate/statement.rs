//! Statements: blocks, variables, assignments, loops, early returns.

use std::ops::{Range, RangeInclusive};

use rhai::{ASTFlags, Array, Dynamic, EvalAltResult, EvalContext, Expr, Expression, FlowControl, INT, Ident, OpAssignment, Position, Stmt, StmtBlock};

use super::chain::outside;
use super::value::{Term, is_symbolic};
use super::{Answer, ROUNDS, Symbolic, refuse, refuse_with};
use crate::plan::Value;

/// What a statement leaves behind.
pub(super) enum Flow {
    Value(Dynamic),
    /// Every path has returned.
    Left,
    Break(Position),
    Continue(Position),
}

impl Symbolic<'_> {
    /// A body's value, its early returns written as choices: the earlier one wins.
    pub(super) fn run(&mut self, statements: &[Stmt]) -> Answer<Dynamic> {
        let last = match self.block(statements)? {
            Flow::Value(value) => Some(value),
            Flow::Left => None,
            Flow::Break(place) | Flow::Continue(place) => return Err(refuse("nothing to leave here", place)),
        };
        let mut returns = std::mem::take(&mut self.returns);
        let mut answer = match last {
            Some(value) => value,
            None => returns.pop().map(|(_, value)| value).unwrap_or_default(),
        };
        for (condition, value) in returns.into_iter().rev() {
            answer = self.merge(&condition, value, answer, Position::NONE)?;
        }
        Ok(answer)
    }

    pub(super) fn block(&mut self, statements: &[Stmt]) -> Answer<Flow> {
        let before = self.scope.len();
        let mut last = Flow::Value(Dynamic::UNIT);
        for statement in statements {
            last = self.statement(statement)?;
            if !matches!(last, Flow::Value(_)) {
                break;
            }
        }
        self.scope.rewind(before.min(self.scope.len()));
        Ok(last)
    }

    fn statement(&mut self, statement: &Stmt) -> Answer<Flow> {
        self.burn(statement.position())?;
        if let Stmt::Assignment(assignment) = statement
            && let Expr::Variable(variable, _, place) = &assignment.1.lhs
            && self.sealed.iter().any(|sealed| **sealed == *variable.1)
        {
            return Err(outside(&variable.1, *place));
        }
        if !self.reads_statement(statement) {
            return self.native_statement(statement);
        }
        match statement {
            Stmt::Noop(_) => Ok(Flow::Value(Dynamic::UNIT)),
            Stmt::Expr(expr) => match &**expr {
                Expr::Stmt(block) => self.block(block.statements()),
                expr => self.evaluate(expr).map(Flow::Value),
            },
            Stmt::FnCall(call, place) => self.evaluate(&Expr::FnCall(call.clone(), *place)).map(Flow::Value),
            Stmt::Block(block) => self.block(block.statements()),
            Stmt::Var(variable, flags, _) => {
                let value = self.evaluate(&variable.1)?;
                if flags.contains(ASTFlags::CONSTANT) {
                    self.scope.push_constant_dynamic(variable.0.name.clone(), value);
                } else {
                    self.scope.push_dynamic(variable.0.name.clone(), value);
                }
                Ok(Flow::Value(Dynamic::UNIT))
            }
            Stmt::Share(variables) => {
                for (variable, _) in variables.iter() {
                    if let Some(value) = self.scope.get_mut(&variable.name) {
                        let inner = std::mem::take(value);
                        *value = inner.into_shared();
                    }
                }
                Ok(Flow::Value(Dynamic::UNIT))
            }
            Stmt::Assignment(assignment) => self.assign(&assignment.0, &assignment.1.lhs, &assignment.1.rhs),
            Stmt::If(choice, place) => self.choice(choice, *place),
            Stmt::Switch(switch, place) => {
                let value = self.evaluate(&switch.0)?;
                self.switch(&value, &switch.1, *place)
            }
            Stmt::For(parts, place) => self.rounds(&parts.0, parts.1.as_ref(), &parts.2, *place),
            Stmt::While(flow, place) => self.repeat(flow, *place),
            Stmt::Return(value, flags, _) if !flags.contains(ASTFlags::BREAK) => {
                let value = value.as_ref().map_or(Ok(Dynamic::UNIT), |expr| self.evaluate(expr))?;
                self.returns.push((self.path.clone(), value));
                Ok(Flow::Left)
            }
            Stmt::BreakLoop(_, flags, place) => Ok(if flags.contains(ASTFlags::BREAK) { Flow::Break(*place) } else { Flow::Continue(*place) }),
            Stmt::TryCatch(_, place) => Err(refuse("`try` can't be translated to a query", *place)),
            Stmt::Return(_, _, place) => Err(refuse("`throw` can't depend on a row", *place)),
            other => Err(refuse("this statement can't be translated to a query", other.position())),
        }
    }

    fn native_statement(&mut self, statement: &Stmt) -> Answer<Flow> {
        let block = Expr::Stmt(Box::new(StmtBlock::new([statement.clone()], statement.position(), Position::NONE)));
        self.global.always_search_scope = true;
        let mut context = EvalContext::new(self.engine, &mut self.global, &mut self.caches, &mut self.scope, None);
        #[allow(deprecated)]
        context.eval_expression_tree_raw(&Expression::from(&block), false).map(|value| Flow::Value(value.flatten()))
    }

    fn assign(&mut self, operator: &OpAssignment, left: &Expr, right: &Expr) -> Answer<Flow> {
        let Expr::Variable(variable, _, place) = left else {
            let help = "`==` compares; `derive(\"Name\", |e| …)` makes a column";
            return Err(refuse_with("predicate::untranslatable", "a column can't be set", help, left.start_position()));
        };
        let mut value = self.evaluate(right)?;
        if self.scope.is_constant(&variable.1) == Some(true) {
            return Err(EvalAltResult::ErrorAssignmentToConstant(variable.1.to_string(), *place).into());
        }
        let Some(current) = self.scope.get(&variable.1).map(Dynamic::flatten_clone) else {
            return Err(EvalAltResult::ErrorVariableNotFound(variable.1.to_string(), *place).into());
        };
        if let Some((.., base)) = operator.get_op_assignment_info() {
            value = if current.is_array() && base == "+" { appended(current, value) } else { self.operate(base, current, value, operator.position())? };
        }
        if let Some(slot) = self.scope.get_mut(&variable.1) {
            store(slot, value);
        }
        Ok(Flow::Value(Dynamic::UNIT))
    }

    fn choice(&mut self, choice: &FlowControl, place: Position) -> Answer<Flow> {
        let value = self.evaluate(&choice.expr)?;
        let condition = self.condition(&value, choice.expr.start_position())?;
        match condition.as_truth() {
            Some(known) => self.block(if known { &choice.body } else { &choice.branch }.statements()),
            None => self.fork(condition, &mut |frame| frame.block(choice.body.statements()), &mut |frame| frame.block(choice.branch.statements()), place),
        }
    }

    fn rounds(&mut self, item: &Ident, counter: Option<&Ident>, flow: &FlowControl, place: Position) -> Answer<Flow> {
        let over = self.evaluate(&flow.expr)?;
        let items = self.items(&over, flow.expr.start_position(), place)?;
        for (number, value) in items.into_iter().enumerate() {
            let before = self.scope.len();
            if let Some(counter) = counter {
                self.scope.push(counter.name.clone(), INT::try_from(number).unwrap_or(INT::MAX));
            }
            self.scope.push_dynamic(item.name.clone(), value);
            let left = self.block(flow.body.statements())?;
            self.scope.rewind(before);
            match left {
                Flow::Left => return Ok(Flow::Left),
                Flow::Break(_) => break,
                _ => {}
            }
        }
        Ok(Flow::Value(Dynamic::UNIT))
    }

    fn items(&self, over: &Dynamic, at: Position, place: Position) -> Answer<Array> {
        if let Some(list) = over.read_lock::<Array>() {
            return Ok(list.clone());
        }
        let range = over
            .clone()
            .try_cast::<Range<INT>>()
            .map(|range| (range.start, range.end))
            .or_else(|| over.clone().try_cast::<RangeInclusive<INT>>().map(|range| (*range.start(), range.end().saturating_add(1))));
        match range {
            Some((from, to)) if to.saturating_sub(from) > ROUNDS => Err(too_many(place)),
            Some((from, to)) => Ok((from..to).map(Dynamic::from).collect()),
            None if is_symbolic(over) => Err(refuse("a loop can't run over a column: it would differ from row to row", at)),
            None => Err(refuse("loop over a list or a range here", at)),
        }
    }

    fn repeat(&mut self, flow: &FlowControl, place: Position) -> Answer<Flow> {
        for _ in 0..ROUNDS {
            let go = match &flow.expr {
                Expr::Unit(_) => true,
                expr => {
                    let value = self.evaluate(expr)?;
                    let condition = self.condition(&value, expr.start_position())?;
                    condition.as_truth().ok_or_else(|| refuse("how often this loop runs would differ from row to row", expr.start_position()))?
                }
            };
            if !go {
                return Ok(Flow::Value(Dynamic::UNIT));
            }
            match self.block(flow.body.statements())? {
                Flow::Left => return Ok(Flow::Left),
                Flow::Break(_) => return Ok(Flow::Value(Dynamic::UNIT)),
                _ => {}
            }
        }
        Err(too_many(place))
    }

    /// `c ? a : b` for any two values.
    pub(super) fn merge(&self, condition: &Term, yes: Dynamic, no: Dynamic, place: Position) -> Answer<Dynamic> {
        if super::value::same(&yes, &no) {
            return Ok(yes);
        }
        let yes = self.branch(&yes, place)?;
        let no = self.branch(&no, place)?;
        let (yes, no) = self.reconciled(yes, no, place)?;
        let chosen = self.choose(condition.clone(), yes, no, place)?;
        Ok(self.out(self.bounded(chosen, place)?))
    }

    fn branch(&self, value: &Dynamic, place: Position) -> Answer<Term> {
        if value.is_unit() { Ok(Term::literal(Value::Missing)) } else { self.term(value, place) }
    }
}

fn too_many(place: Position) -> Box<EvalAltResult> {
    refuse_with("predicate::rounds", "too many rounds for a predicate", "use a list with `in`", place)
}

fn appended(current: Dynamic, value: Dynamic) -> Dynamic {
    let mut list = current.try_cast::<Array>().unwrap_or_default();
    match value.clone().try_cast::<Array>() {
        Some(more) => list.extend(more),
        None => list.push(value),
    }
    list.into()
}

/// Sets a variable, through its cell where a closure shares it.
pub(super) fn store(slot: &mut Dynamic, value: Dynamic) {
    if slot.is_shared() {
        if let Some(mut inner) = slot.write_lock::<Dynamic>() {
            *inner = value;
        }
    } else {
        *slot = value;
    }
}
