//! Where only the words of a playbook tell what a missing value means: `x == ()` asks for it, and a yes/no column that stands
//! bare as a condition means `== true`.

use std::collections::HashSet;

use rhai::{AST, ASTNode, Expr, Position, Stmt};

/// Places of one tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    /// Comparisons beside a written `()`.
    units: HashSet<Position>,
    /// The dots of properties that are a whole condition.
    bare: HashSet<Position>,
}

impl Written {
    pub fn of(tree: &AST) -> Written {
        let mut written = Written::default();
        tree.walk(&mut |path| {
            match path.last() {
                Some(ASTNode::Expr(Expr::FnCall(call, place)))
                    if matches!(call.name.as_str(), "==" | "!=") && call.args.iter().any(|side| matches!(side, Expr::Unit(_))) =>
                {
                    written.units.insert(*place);
                }
                Some(ASTNode::Expr(Expr::And(parts, _) | Expr::Or(parts, _))) => written.bare.extend(parts.iter().filter_map(last_property)),
                Some(ASTNode::Stmt(Stmt::If(flow, _) | Stmt::While(flow, _) | Stmt::Do(flow, ..))) => written.bare.extend(last_property(&flow.expr)),
                _ => {}
            }
            true
        });
        written
    }

    pub fn has_unit(&self, comparison: Position) -> bool {
        self.units.contains(&comparison)
    }

    pub fn is_bare(&self, property: Position) -> bool {
        self.bare.contains(&property)
    }
}

/// Whether a body's last word is a column.
pub(super) fn ends_in_property(body: &[Stmt]) -> bool {
    matches!(body.last(), Some(Stmt::Expr(expr)) if last_property(expr).is_some())
}

/// The dot or bracket before the property that a chain ends with: Rhai says that a property is asked there.
fn last_property(expr: &Expr) -> Option<Position> {
    let (Expr::Dot(pair, _, place) | Expr::Index(pair, _, place)) = expr else { return None };
    match &pair.rhs {
        Expr::Property(..) | Expr::StringConstant(..) => Some(*place),
        rest => last_property(rest),
    }
}
