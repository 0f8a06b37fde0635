//! What a playbook says of itself, read from its tree without running it.

use rhai::{AST, ASTNode, Expr, Stmt};

use super::{About, Param};

pub(super) fn read(tree: &AST) -> About {
    let mut about = About::default();
    read_doc(&mut about, tree.doc());
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

/// The first paragraph, then headings with what stands below them.
fn read_doc(about: &mut About, doc: &str) {
    let mut in_title = true;
    for line in doc.lines() {
        let line = line.trim_start().strip_prefix("//!").unwrap_or(line).trim();
        if let Some(heading) = line.strip_prefix("# ") {
            about.sections.push((heading.trim().into(), String::new()));
            in_title = false;
        } else if let Some((_, text)) = about.sections.last_mut() {
            text.push_str(line);
            text.push('\n');
        } else if in_title {
            if line.is_empty() {
                in_title = about.title.is_empty();
            } else {
                if !about.title.is_empty() {
                    about.title.push(' ');
                }
                about.title.push_str(line);
            }
        }
    }
    for (_, text) in &mut about.sections {
        *text = text.trim().to_string();
    }
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
