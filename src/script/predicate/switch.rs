//! `switch` over a column. The tree keeps only hashes of the labels, so they are read from the source text again.

use std::ops::{Range, RangeInclusive};

use rhai::{Dynamic, Engine, Expr, INT, Position, SwitchCasesCollection, Token};

use super::statement::Flow;
use super::value::{Term, and, is_symbolic, or};
use super::{Answer, Symbolic, refuse_with};
use crate::plan::Func;

/// The labels of one arm, `None` for `_`.
type Labels = Option<Vec<Dynamic>>;

impl Symbolic<'_> {
    pub(super) fn switch(&mut self, value: &Dynamic, cases: &SwitchCasesCollection, place: Position) -> Answer<Flow> {
        let text = self.global.source.as_ref().and_then(|source| self.run.sources.text(source)).map(|source| source.text.clone()).unwrap_or_default();
        let arms = labels(self.engine, &text, place)?;
        if arms.len() != cases.expressions.len() {
            return Err(unreadable(place));
        }
        self.arm(value, &arms, cases, 0, place)
    }

    fn arm(&mut self, value: &Dynamic, arms: &[Labels], cases: &SwitchCasesCollection, index: usize, place: Position) -> Answer<Flow> {
        let (Some(labels), Some(case)) = (arms.get(index), cases.expressions.get(index)) else { return Ok(Flow::Value(Dynamic::UNIT)) };
        let mut condition = Term::truth(true);
        if let Some(labels) = labels {
            condition = Term::truth(false);
            for label in labels {
                let test = self.label(value, label, place)?;
                condition = or(condition, self.condition(&test, place)?);
            }
        }
        if !matches!(case.lhs, Expr::BoolConstant(true, _)) && condition.as_truth() != Some(false) {
            let guard = self.evaluate(&case.lhs)?;
            condition = and(condition, self.condition(&guard, case.lhs.start_position())?);
        }
        match condition.as_truth() {
            Some(true) => self.arm_body(&case.rhs),
            Some(false) => self.arm(value, arms, cases, index + 1, place),
            None => self.fork(condition, &mut |frame| frame.arm_body(&case.rhs), &mut |frame| frame.arm(value, arms, cases, index + 1, place), place),
        }
    }

    fn arm_body(&mut self, body: &Expr) -> Answer<Flow> {
        match body {
            Expr::Stmt(block) => self.block(block.statements()),
            expr => self.evaluate(expr).map(Flow::Value),
        }
    }

    fn label(&mut self, value: &Dynamic, label: &Dynamic, place: Position) -> Answer<Dynamic> {
        if label.is_unit() && is_symbolic(value) {
            let term = self.term(value, place)?;
            return self.call_func(Func::IsMissing, vec![term], place).map(|term| self.out(term));
        }
        if label.is::<Range<INT>>() || label.is::<RangeInclusive<INT>>() {
            return self.operate("contains", label.clone(), value.clone(), place);
        }
        if !is_symbolic(value) && value.type_name() != label.type_name() {
            return Ok(false.into());
        }
        self.operate("==", value.clone(), label.clone(), place)
    }
}

fn unreadable(place: Position) -> Box<rhai::EvalAltResult> {
    refuse_with("predicate::switch", "this switch can't be translated to a query", "write it as `if … else if … else …`", place)
}

/// Reads the labels of the `switch` at a place.
fn labels(engine: &Engine, text: &str, at: Position) -> Answer<Vec<Labels>> {
    let offset = |place: Position| crate::script::sources::offset(text, place);
    let input = [text];
    // Open brackets; those open at the switch; those open at each `${`.
    let (mut open, mut base, mut texts) = (0_i32, None::<i32>, Vec::<i32>::new());
    let (mut arms, mut label, mut in_body) = (Vec::new(), Vec::<(Token, Position)>::new(), false);
    let (tokens, control) = engine.lex(&input);
    for (token, place) in tokens {
        let depth = |open: i32| base.map_or(0, |base| open - base);
        match &token {
            Token::EOF => break,
            Token::Switch if place == at => {
                base = Some(open);
                continue;
            }
            Token::InterpolatedString(..) => texts.push(open),
            Token::LeftBrace | Token::MapStart | Token::LeftParen | Token::LeftBracket | Token::QuestionBracket => {
                open += 1;
                if depth(open) == 1 && token == Token::LeftBrace {
                    label.clear();
                    in_body = false;
                    continue;
                }
            }
            Token::RightBrace | Token::RightParen | Token::RightBracket => {
                open -= 1;
                let brace = token == Token::RightBrace;
                if brace && texts.last() == Some(&open) {
                    texts.pop();
                    control.borrow_mut().is_within_text = true;
                }
                if brace && base.is_some() && depth(open) == 0 {
                    return Ok(arms);
                }
                if brace && depth(open) == 1 && in_body {
                    in_body = false;
                    label.clear();
                    continue;
                }
            }
            Token::Comma if depth(open) == 1 => {
                in_body = false;
                label.clear();
                continue;
            }
            Token::DoubleArrow if depth(open) == 1 && !in_body => {
                // A guard is no part of the label.
                let end = label.iter().position(|(token, _)| *token == Token::If).unwrap_or(label.len());
                let stop = label.get(end).map_or(place, |(_, place)| *place);
                let Some(arm) = arm_labels(engine, text, &label[..end], stop, &offset)? else { break };
                arms.push(arm);
                in_body = true;
                continue;
            }
            _ => {}
        }
        if base.is_some() && !in_body && depth(open) >= 1 {
            label.push((token, place));
        }
    }
    Err(unreadable(at))
}

fn arm_labels(engine: &Engine, text: &str, tokens: &[(Token, Position)], stop: Position, offset: &dyn Fn(Position) -> usize) -> Answer<Option<Labels>> {
    let Some((_, first)) = tokens.first() else { return Ok(None) };
    if matches!(tokens, [(Token::Underscore, _)]) {
        return Ok(Some(None));
    }
    let mut values = Vec::new();
    let mut start = *first;
    for (index, (token, place)) in tokens.iter().enumerate() {
        if *token == Token::Pipe {
            values.push(engine.eval_expression::<Dynamic>(&text[offset(start)..offset(*place)])?);
            start = tokens.get(index + 1).map_or(stop, |(_, place)| *place);
        }
    }
    values.push(engine.eval_expression::<Dynamic>(&text[offset(start)..offset(stop)])?);
    Ok(Some(Some(values)))
}
