//! Where a closure lives: the source, the functions and the constants that its body sees.

use rhai::{AST, ASTNode, Expr, FnPtr, GlobalRuntimeState, ImmutableString, Locked, Module, ScriptFuncDef, Shared, Stmt};

use crate::script::sources::Sources;

/// The id of the source that a function was written in.
pub(super) type Home = Option<String>;

/// A function's definition and its home.
pub(super) type Found = Option<(Shared<ScriptFuncDef>, Home)>;

/// Found by identity, because a closure made in one file and called through a function of another is seen in the caller's
/// library too, where its home can't be told.
fn home_of(sources: &Sources, definition: &Shared<ScriptFuncDef>, module: &Module) -> Home {
    let written = sources
        .find_tree(|tree| tree.shared_lib().get_script_fn(&*definition.name, definition.params.len()).is_some_and(|known| Shared::ptr_eq(known, definition)));
    written.or_else(|| module.id().map(Into::into))
}

/// In a module or in those that it imported.
pub(super) fn within(sources: &Sources, module: &Module, name: &str, arguments: usize) -> Found {
    if let Some(definition) = module.get_script_fn(name, arguments).cloned() {
        let home = home_of(sources, &definition, module);
        return Some((definition, home));
    }
    module.iter_sub_modules().find_map(|(_, inner)| within(sources, inner, name, arguments))
}

/// A function that may be called by its plain name.
pub(super) fn find(sources: &Sources, global: &GlobalRuntimeState, name: &str, arguments: usize) -> Found {
    let here = global.lib.iter().rev().find_map(|module| {
        module.get_script_fn(name, arguments).cloned().map(|definition| {
            let home = home_of(sources, &definition, module);
            (definition, home)
        })
    });
    here.or_else(|| sources.session().iter().rev().find_map(|module| within(sources, module, name, arguments)))
}

/// The body of a closure, wherever it was made.
pub(super) fn find_closure(sources: &Sources, global: &GlobalRuntimeState, name: &str, arguments: usize) -> Found {
    find(sources, global, name, arguments)
        .or_else(|| global.iter_imports().find_map(|(_, module)| within(sources, module, name, arguments)))
        .or_else(|| sources.aliases().iter().find_map(|(_, module)| within(sources, module, name, arguments)))
        .or_else(|| sources.find_definition(name, arguments).map(|(id, definition)| (definition, Some(id))))
}

/// Lets the following evaluation see what that source sees.
pub(super) fn enter(sources: &Sources, global: &mut GlobalRuntimeState, home: &Home) {
    let Some(id) = home else { return };
    if global.source.as_deref() == Some(id.as_str()) {
        return;
    }
    global.source = Some(id.as_str().into());
    if let Some(tree) = sources.tree(id) {
        global.lib.push(tree.shared_lib().clone());
        let constants = tree.iter_literal_variables(true, false).map(|(name, _, value)| (ImmutableString::from(name), value)).collect();
        global.constants = Some(Shared::new(Locked::new(constants)));
    }
}

/// The statements of a function's body.
pub(super) fn body(definition: &Shared<ScriptFuncDef>) -> Vec<Stmt> {
    let mut module = Module::new();
    module.set_script_fn(definition.clone());
    let mut statements = Vec::new();
    AST::new_from_module(module).walk(&mut |path| {
        if let [ASTNode::Stmt(statement)] = path {
            statements.push((*statement).clone());
        }
        true
    });
    statements
}

/// Rhai names a closure by a hash of its text and place: two files with the same closure on the same line and column have one
/// name, and nothing in the value tells which is meant. That matters only if the closure uses something of its file.
pub(super) fn ambiguous(sources: &Sources, closure: &FnPtr, arguments: usize) -> Option<(String, String)> {
    if !closure.is_anonymous() {
        return None;
    }
    let trees: Vec<(String, AST)> = sources
        .trees()
        .into_iter()
        .filter(|(id, tree)| !id.starts_with("<repl:") && tree.shared_lib().get_script_fn(closure.fn_name(), arguments).is_some())
        .collect();
    let [(first, tree), (second, _), ..] = trees.as_slice() else { return None };
    let own = |name: &str, count: usize| trees.iter().any(|(_, tree)| tree.shared_lib().get_script_fn(name, count).is_some());
    let mut uses = false;
    for statement in body(tree.shared_lib().get_script_fn(closure.fn_name(), arguments)?) {
        statement.walk(&mut Vec::new(), &mut |path| {
            match path.last() {
                Some(ASTNode::Expr(Expr::FnCall(call, _))) => uses |= !call.namespace.is_empty() || own(&call.name, call.args.len()),
                Some(ASTNode::Expr(Expr::Variable(variable, ..))) => uses |= !variable.2.is_empty(),
                Some(ASTNode::Stmt(Stmt::Switch(..))) => uses = true,
                _ => {}
            }
            !uses
        });
    }
    uses.then(|| (first.clone(), second.clone()))
}
