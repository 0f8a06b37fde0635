//! What Rhai would quietly misread, found in the tree without running.

use rhai::{AST, ASTNode, Engine, Expr, Position, Stmt, Token};

use super::builtins;
use super::names::plain_type;
use super::run::Run;
use crate::diag::Fault;

/// Callers that ask a closure at once, so that it can't see a later value.
const AT_ONCE: [&str; 14] =
    ["filter", "exclude", "derive", "map", "some", "all", "find", "sort", "for_each", "filter_rows", "reduce", "retain", "drain", "find_map"];

/// Closures that are kept in a loop see the loop's last value.
pub(super) fn kept_closures(tree: &AST) -> Vec<(Position, Fault)> {
    let mut found = Vec::new();
    tree.walk(&mut |path| {
        let Some(ASTNode::Stmt(Stmt::Share(variables))) = path.last() else { return true };
        if path.iter().rev().skip(1).find_map(user_of).is_some_and(|user| AT_ONCE.contains(&user)) {
            return true;
        }
        for node in path.iter() {
            let ASTNode::Stmt(Stmt::For(parts, _)) = node else { continue };
            for (variable, _) in variables.iter() {
                let is_loops = variable.name == parts.0.name || parts.1.as_ref().is_some_and(|counter| counter.name == variable.name);
                if is_loops && !is_fresh(parts.2.body.statements(), &variable.name, variable.pos) {
                    let name = &variable.name;
                    let message = format!("this closure is kept, and will see the last value of `{name}` only");
                    let fault = Fault::new("closure::kept", message).with_help(format!("filter at once, or say `let {name} = {name};` first"));
                    found.push((variable.pos, fault));
                }
            }
        }
        true
    });
    found
}

/// `let x = x;` in the loop, before the closure: each round has a variable of its own.
fn is_fresh(body: &[Stmt], name: &str, closure: Position) -> bool {
    let place = |position: Position| (position.line(), position.position());
    let mut fresh = false;
    for statement in body {
        statement.walk(&mut Vec::new(), &mut |path| {
            if let Some(ASTNode::Stmt(Stmt::Var(variable, ..))) = path.last() {
                fresh |= variable.0.name == name && place(variable.0.pos) < place(closure);
            }
            !fresh
        });
    }
    fresh
}

fn user_of<'a>(node: &'a ASTNode<'a>) -> Option<&'a str> {
    match node {
        ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _)) if call.name != "curry" => Some(call.name.as_str()),
        ASTNode::Stmt(Stmt::FnCall(call, _)) => Some(call.name.as_str()),
        ASTNode::Expr(Expr::Map(..) | Expr::Array(..)) => Some("#"),
        ASTNode::Stmt(Stmt::Var(..)) => Some("="),
        _ => None,
    }
}

/// Closures that ask the very variable whose verb they are given to: Rhai's data race, which has no place.
pub(super) fn self_asking(tree: &AST) -> Vec<(Position, Fault)> {
    let mut found = Vec::new();
    tree.walk(&mut |path| {
        let Some(ASTNode::Expr(Expr::Dot(pair, ..))) = path.last() else { return true };
        let Expr::Variable(variable, ..) = &pair.lhs else { return true };
        let mut link = &pair.rhs;
        loop {
            let (call, rest) = match link {
                Expr::Dot(next, ..) | Expr::Index(next, ..) => (&next.lhs, Some(&next.rhs)),
                last => (last, None),
            };
            if let Expr::MethodCall(call, _) = call {
                for argument in &call.args {
                    if let Expr::Stmt(block) = argument
                        && let Some(Stmt::Share(captured)) = block.statements().first()
                        && let Some((captured, _)) = captured.iter().find(|(captured, _)| captured.name == variable.1)
                    {
                        found.push((captured.pos, asks_itself(&variable.1, &call.name)));
                    }
                }
            }
            match rest {
                Some(next) => link = next,
                None => return true,
            }
        }
    });
    found
}

fn asks_itself(name: &str, verb: &str) -> Fault {
    let message = format!("a closure given to `{name}.{verb}` can't ask `{name}` itself");
    Fault::new("closure::self", message).with_help(format!("put the answer in a variable first: `let answer = {name}.…;`"))
}

/// The data race, with the place that only the tree knows.
pub(super) fn data_race(run: &Run, here: &str) -> Fault {
    let found = run.sources.tree(here).map(|tree| self_asking(&tree)).unwrap_or_default();
    match found.into_iter().next() {
        Some((at, mut fault)) => {
            fault.places.extend(run.sources.place(here, at, None));
            fault
        }
        None => Fault::new("closure::self", "a closure asks the very variable that it is given to").with_help("put the answer in a variable first"),
    }
}

/// A function with a builtin's name and number of parameters would silently replace it, for one type as well as for all.
pub(super) fn hidden_builtin(engine: &Engine, tree: &AST, text: &str) -> Option<(Fault, Position)> {
    tree.iter_functions().find_map(|function| {
        let count = function.params.len();
        let hides = |declared: &&builtins::Declared| match (function.this_type, declared.receiver) {
            (Some(written), Some(receiver)) => receiver.answers(&plain_type(engine, written)) && declared.arities().contains(&(count + 1)),
            (Some(_), None) => false,
            (None, _) => declared.arities().contains(&count),
        };
        let hidden = builtins::all().iter().filter(|declared| !declared.is_property && declared.name == function.name).find(hides)?;
        let name = function.name;
        let message = match hidden.receiver.filter(|_| function.this_type.is_some()) {
            Some(receiver) => format!("`{name}` with {count} parameters is a method of {} in the language", receiver.word()),
            None => format!("`{name}` with {count} parameters is a function of the language"),
        };
        Some((Fault::new("name::builtin", message).with_help("choose another name"), definition_of(text, name)))
    })
}

/// Where a function's name stands in its definition: last before the bracket, behind the type that it is a method of.
fn definition_of(text: &str, name: &str) -> Position {
    let engine = Engine::new_raw();
    let inputs = [text];
    let mut head: Option<Option<Position>> = None;
    for (token, place) in engine.lex(&inputs).0 {
        match token {
            Token::EOF => break,
            Token::Fn => head = Some(None),
            Token::Identifier(word) | Token::Reserved(word) if head.is_some() => head = Some((word.as_str() == name).then_some(place)),
            Token::StringConstant(_) | Token::Period if head.is_some() => {}
            _ => {
                if let Some(Some(found)) = head.take() {
                    return found;
                }
            }
        }
    }
    Position::NONE
}
