//! Where the parts of a call stand in its source: arguments, keys of a literal map, words of a literal list.

use rhai::{AST, ASTNode, Expr, Position, Stmt};

/// One argument of the call at a position; `index` counts the receiver of a method as 0.
pub(super) fn argument(tree: &AST, at: Position, index: usize) -> Option<Expr> {
    let mut found = None;
    tree.walk(&mut |path| {
        let call = match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, place))) if *place == at => call.args.get(index),
            Some(ASTNode::Stmt(Stmt::FnCall(call, place))) if *place == at => call.args.get(index),
            Some(ASTNode::Expr(Expr::MethodCall(call, place))) if *place == at => index.checked_sub(1).and_then(|index| call.args.get(index)),
            _ => None,
        };
        if let Some(argument) = call {
            found = Some(argument.clone());
        }
        found.is_none()
    });
    found
}

/// The keys of a literal map as they were written, each with its place and that of its value.
pub(super) fn of_map(argument: &Expr) -> Option<Vec<(String, Position, Position)>> {
    match argument {
        Expr::Map(map, _) => {
            let mut keys: Vec<(String, Position, Position)> =
                map.0.iter().map(|(key, value)| (key.name.to_string(), key.pos, value.start_position())).collect();
            keys.sort_by_key(|(_, place, _)| (place.line(), place.position()));
            Some(keys)
        }
        _ => None,
    }
}

/// The inner literal map that stands as the value of a key.
pub(super) fn value_of(argument: &Expr, key: &str) -> Option<Expr> {
    match argument {
        Expr::Map(map, _) => map.0.iter().find(|(known, _)| known.name == key).map(|(_, value)| value.clone()),
        _ => None,
    }
}

/// Where a text stands literally in an argument.
pub(super) fn of_text(argument: &Expr, text: &str) -> Option<Position> {
    let mut found = None;
    argument.walk(&mut Vec::new(), &mut |path| {
        if let Some(ASTNode::Expr(Expr::StringConstant(word, place))) = path.last()
            && word.as_str() == text
        {
            found = Some(*place);
        }
        found.is_none()
    });
    found
}

/// Where a word stands in an argument: as a text, or as a key of a map, however deep.
pub(super) fn of_word(argument: &Expr, word: &str) -> Option<Position> {
    let mut found = of_text(argument, word);
    argument.walk(&mut Vec::new(), &mut |path| {
        if let Some(ASTNode::Expr(Expr::Map(map, _))) = path.last() {
            found = found.or_else(|| map.0.iter().find(|(key, _)| key.name == word).map(|(key, _)| key.pos));
        }
        found.is_none()
    });
    found
}
