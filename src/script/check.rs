//! Every problem of a playbook that shows without its telemetry: it is run over an empty source with the real schema, statement by statement.

use std::collections::BTreeSet;
use std::path::Path;

use rhai::{AST, ASTNode, Dynamic, Expr, Stmt};

use super::run::Run;
use super::session::{Inner, on_own_stack};
use super::{Setup, doc, file, library, needs, suite, technique, traps, unused};
use crate::diag::{Fault, Severity};

/// Of a variable that nothing declares.
const UNKNOWN_VARIABLE: &str = "name::unknown";

pub(super) fn check(setup: &Setup, playbook: &Path) -> Vec<Fault> {
    let setup = setup.clone();
    on_own_stack(|| {
        let mut inner = Inner::with(Run::new(setup, true));
        faults(&mut inner, playbook)
    })
    .unwrap_or_else(|fault| vec![fault])
}

fn faults(inner: &mut Inner, playbook: &Path) -> Vec<Fault> {
    let shown = playbook.display().to_string();
    let (mut found, mut unknown) = (Vec::new(), BTreeSet::new());
    let (id, tree) = match file::read(playbook, &shown).and_then(|text| open(inner, playbook, &text, &mut found, &mut unknown)) {
        Ok(opened) => opened,
        Err(fault) => {
            found.push(fault);
            return found;
        }
    };
    found.extend(inner.needs(&id, &tree).err().unwrap_or_default());
    if let Some(source) = inner.run.sources.text(&id) {
        found.extend(doc::warnings(&source, &tree));
        found.extend(technique::warnings(&source, &tree));
        found.extend(needs::warnings(&source, &tree));
        if suite::is_of_tests(&shown) {
            found.extend(suite::never_run(&source, &tree));
        }
    }
    let asked = traps::self_asking(&tree).into_iter().map(|trap| (Severity::Error, trap));
    let kept = traps::kept_closures(&tree).into_iter().chain(unused::params(&tree)).map(|trap| (Severity::Warning, trap));
    for (severity, (at, mut fault)) in asked.chain(kept) {
        fault.severity = severity;
        fault.places.extend(inner.run.sources.place(&id, at, None));
        found.push(fault);
    }
    run_statements(inner, &id, &tree, &mut found, unknown);
    found.extend(std::mem::take(&mut inner.run.state().warnings));
    let mut seen: Vec<Fault> = Vec::new();
    for fault in found {
        if !seen.iter().any(|known| known.message == fault.message && known.places == fault.places) {
            seen.push(fault);
        }
    }
    seen
}

/// The playbook's id and tree. A variable that there is not is told, and taken for one that is not known: it hides no other mistake.
fn open(inner: &mut Inner, playbook: &Path, text: &str, found: &mut Vec<Fault>, unknown: &mut BTreeSet<String>) -> Result<(String, AST), Fault> {
    let shown = playbook.display().to_string();
    loop {
        let fault = match inner.open(playbook, &shown, text) {
            Ok(opened) => return Ok(opened),
            Err(fault) => fault,
        };
        let name = fault.places.first().map(|place| place.source.text[place.span.clone()].to_string());
        // What a function lacks stays unknown to it.
        let Some(name) = name.filter(|name| fault.code == UNKNOWN_VARIABLE && unknown.insert(name.clone())) else { return Err(fault) };
        inner.scope.push_dynamic(name, Dynamic::UNIT);
        found.push(fault);
    }
}

/// A statement that fails leaves its variable unknown, and what needs it is passed over.
fn run_statements(inner: &mut Inner, id: &str, tree: &AST, found: &mut Vec<Fault>, mut unknown: BTreeSet<String>) {
    // Calls into modules count the imports above them, so those are there again for every statement.
    let mut imports: Vec<Stmt> = Vec::new();
    if let Err(fault) = inner.keep_definitions(id, &tree.clone_functions_only()) {
        found.push(fault);
    }
    for statement in tree.statements() {
        if names_in(statement).iter().any(|name| unknown.contains(name)) {
            leave_unknown(inner, statement, &mut unknown);
            imports.extend(stand_in(statement));
            continue;
        }
        let above = imports.iter().cloned().chain([statement.clone()]);
        let mut single = AST::new(above, tree.shared_lib().clone());
        single.set_source(id);
        let stops = matches!(statement, Stmt::Return(..));
        match inner.built.engine.eval_ast_with_scope::<Dynamic>(&mut inner.scope, &single) {
            Ok(_) => {
                imports.extend(Some(statement).filter(|statement| matches!(statement, Stmt::Import(..))).cloned());
                if let Err(fault) = inner.keep_definitions(id, &single.clone_statements_only()) {
                    found.push(fault);
                }
            }
            Err(error) => {
                found.push(inner.explained(id, &error));
                leave_unknown(inner, statement, &mut unknown);
                imports.extend(stand_in(statement));
            }
        }
        if stops {
            break;
        }
    }
}

/// In place of an import that failed, one that works: nothing calls it, but it is counted.
fn stand_in(statement: &Stmt) -> Option<Stmt> {
    let Stmt::Import(import, at) = statement else { return None };
    let path = library::LIBRARY.first().map(|(name, _)| format!("std/{name}"))?;
    Some(Stmt::Import(Box::new((Expr::StringConstant(path.into(), *at), import.1.clone())), *at))
}

/// Declares what a statement would have declared: the following ones count on its place.
fn leave_unknown(inner: &mut Inner, statement: &Stmt, unknown: &mut BTreeSet<String>) {
    match statement {
        Stmt::Var(variable, ..) => {
            let name = variable.0.name.to_string();
            inner.scope.push_dynamic(name.clone(), Dynamic::UNIT);
            unknown.insert(name);
        }
        Stmt::Assignment(assignment) => {
            if let Expr::Variable(variable, ..) = &assignment.1.lhs {
                unknown.insert(variable.1.to_string());
            }
        }
        Stmt::Import(import, _) => {
            unknown.insert(format!("{}::", import.1.name));
        }
        _ => {}
    }
}

/// Variables that a statement reads, and modules as `name::`.
fn names_in(statement: &Stmt) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    statement.walk(&mut Vec::new(), &mut |path| {
        match path.last() {
            Some(ASTNode::Expr(Expr::Variable(variable, ..))) => {
                names.insert(variable.1.to_string());
            }
            Some(ASTNode::Expr(Expr::FnCall(call, _))) if !call.namespace.is_empty() => {
                names.insert(format!("{}::", call.namespace.root()));
            }
            Some(ASTNode::Stmt(Stmt::FnCall(call, _))) if !call.namespace.is_empty() => {
                names.insert(format!("{}::", call.namespace.root()));
            }
            _ => {}
        }
        true
    });
    names
}
