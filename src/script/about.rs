//! What a playbook says of itself, read from its tree without running it.

use rhai::{AST, ASTNode, Expr, Stmt};

use super::doc::{self, Doc};
use super::{About, Param};

pub(super) fn read(tree: &AST) -> About {
    let Doc { title, sections } = doc::read(tree);
    let sections = sections.into_iter().map(|section| (section.heading.clone(), section.text())).collect();
    let mut about = About { title, sections, ..About::default() };
    tree.walk(&mut |path| {
        let call = match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, _))) => Some(call),
            Some(ASTNode::Stmt(Stmt::FnCall(call, _))) => Some(call),
            _ => None,
        };
        match call.map(|call| (call.name.as_str(), &call.args)) {
            Some(("param", arguments)) => {
                if let (Some(Expr::StringConstant(name, _)), Some(default)) = (arguments.first(), arguments.get(1)) {
                    let doc = arguments.get(2).and_then(|doc| doc.get_literal_value(None)).map(|doc| doc.to_string()).unwrap_or_default();
                    let param = Param { name: name.to_string(), default: written(default).unwrap_or_else(|| "…".into()), doc };
                    if !about.params.iter().any(|known| known.name == param.name) {
                        about.params.push(param);
                    }
                }
            }
            Some(("finding", arguments)) => {
                if let Some(Expr::Map(map, _)) = arguments.first() {
                    let title = map.0.iter().find(|(key, _)| key.name == "title").and_then(|(_, value)| value.get_literal_value(None));
                    about.findings.extend(title.filter(|title| title.is_string()).map(|title| title.to_string()));
                }
            }
            _ => {}
        }
        true
    });
    about
}

/// A value that can be known without running, as it is written: literals, lists and maps of them, `7.days`.
fn written(expr: &Expr) -> Option<String> {
    if let Some(value) = expr.get_literal_value(None) {
        return Some(if value.is_string() { format!("{:?}", value.to_string()) } else { value.to_string() });
    }
    match expr {
        Expr::Array(items, _) => items.iter().map(written).collect::<Option<Vec<_>>>().map(|items| format!("[{}]", items.join(", "))),
        Expr::Dot(pair, ..) => match (&pair.lhs, &pair.rhs) {
            (number, Expr::Property(property, _)) => written(number).map(|number| format!("{number}.{}", property.2)),
            _ => None,
        },
        Expr::FnCall(call, _) if call.name == "-" && call.args.len() == 1 => call.args.first().and_then(written).map(|value| format!("-{value}")),
        _ => None,
    }
}
