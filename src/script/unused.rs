//! What a playbook writes down to no effect: parameters that nothing reads, filters that are the same for every row.

use std::sync::Arc;

use rhai::{AST, ASTNode, Expr as Written, Position, Stmt};

use crate::diag::{Fault, Severity};
use crate::plan::{Expr, always, never};

/// Parameters that are kept in a variable which nothing reads.
pub(super) fn params(tree: &AST) -> Vec<(Position, Fault)> {
    let mut found = Vec::new();
    for statement in tree.statements() {
        let Stmt::Var(variable, ..) = statement else { continue };
        let is_param = matches!(&variable.1, Written::FnCall(call, _) if call.name == "param");
        let name = &variable.0.name;
        if is_param && !is_read(tree, name) {
            let fault = Fault::new("param::unused", format!("nothing reads the parameter `{name}`"))
                .with_help("use it, or take it out: whoever sets it expects an effect");
            found.push((variable.0.pos, Fault { severity: Severity::Warning, ..fault }));
        }
    }
    found
}

fn is_read(tree: &AST, name: &str) -> bool {
    let mut found = false;
    tree.walk(&mut |path| {
        found |= match path.last() {
            Some(ASTNode::Expr(Written::Variable(variable, ..))) => variable.1 == *name,
            Some(ASTNode::Stmt(Stmt::Share(shared))) => shared.iter().any(|(variable, _)| variable.name == *name),
            _ => false,
        };
        !found
    });
    found
}

/// What to say of a condition that is the same for every row. One that captures values is another with others: a list of exceptions may well be empty.
pub(super) fn filter(condition: &Arc<Expr>, captures: bool) -> Option<Fault> {
    let constant = always(condition).filter(|_| !captures).or_else(|| never(condition).then_some(false));
    let (holds, help) = match constant? {
        true => ("every row", "take the filter out, or compare a column of the row"),
        false => ("no row", "see what contradicts itself: with the parameters as they are, nothing can be found"),
    };
    Some(Fault::new("filter::constant", format!("this condition holds for {holds}, whatever it is")).with_help(help))
}
