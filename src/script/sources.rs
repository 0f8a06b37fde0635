//! The texts and trees of everything that a run has compiled, by id, so that every place can be shown.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rhai::{AST, Module, Position, ScriptFuncDef, Shared};

use super::written::Written;
use crate::diag::{Place, SourceText};

/// Sources of one session. An id is what the tree carries: a canonical path, `std/name`, `<eval>`, `<repl:3>`.
#[derive(Default)]
pub(super) struct Sources {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    texts: BTreeMap<String, Arc<SourceText>>,
    trees: BTreeMap<String, AST>,
    written: BTreeMap<String, Written>,
    /// Functions of earlier inputs, oldest first.
    session: Vec<Shared<Module>>,
    /// Modules that earlier inputs imported.
    aliases: BTreeMap<String, Shared<Module>>,
}

impl Sources {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add_text(&self, id: &str, name: &str, text: &str) -> Arc<SourceText> {
        let source = Arc::new(SourceText { name: name.into(), text: text.into() });
        self.lock().texts.insert(id.into(), source.clone());
        source
    }

    pub fn add_tree(&self, id: &str, tree: &AST) {
        let written = Written::of(tree);
        let mut inner = self.lock();
        inner.trees.insert(id.into(), tree.clone());
        inner.written.insert(id.into(), written);
    }

    /// What the words of a source say of a place in it.
    pub fn is_written(&self, id: Option<&str>, says: impl Fn(&Written) -> bool) -> bool {
        id.is_some_and(|id| self.lock().written.get(id).is_some_and(says))
    }

    pub fn add_session(&self, module: Shared<Module>) {
        self.lock().session.push(module);
    }

    pub fn add_alias(&self, alias: &str, module: Shared<Module>) {
        self.lock().aliases.insert(alias.into(), module);
    }

    pub fn text(&self, id: &str) -> Option<Arc<SourceText>> {
        self.lock().texts.get(id).cloned()
    }

    pub fn tree(&self, id: &str) -> Option<AST> {
        self.lock().trees.get(id).cloned()
    }

    pub fn trees(&self) -> Vec<(String, AST)> {
        self.lock().trees.iter().map(|(id, tree)| (id.clone(), tree.clone())).collect()
    }

    pub fn session(&self) -> Vec<Shared<Module>> {
        self.lock().session.clone()
    }

    pub fn aliases(&self) -> Vec<(String, Shared<Module>)> {
        self.lock().aliases.iter().map(|(alias, module)| (alias.clone(), module.clone())).collect()
    }

    pub fn alias(&self, alias: &str) -> Option<Shared<Module>> {
        self.lock().aliases.get(alias).cloned()
    }

    /// The id of the first tree that the test accepts.
    pub fn find_tree(&self, accepts: impl Fn(&AST) -> bool) -> Option<String> {
        self.lock().trees.iter().find(|(_, tree)| accepts(tree)).map(|(id, _)| id.clone())
    }

    pub fn find_definition(&self, name: &str, arguments: usize) -> Option<(String, Shared<ScriptFuncDef>)> {
        self.lock().trees.iter().find_map(|(id, tree)| tree.shared_lib().get_script_fn(name, arguments).map(|found| (id.clone(), found.clone())))
    }

    /// The word at a position of a source.
    pub fn place(&self, id: &str, position: Position, label: Option<String>) -> Option<Place> {
        let source = self.text(id)?;
        let span = word_at(&source.text, position)?;
        Some(Place { source, span, label })
    }
}

/// The byte offset of a position: lines and columns count from one, columns count characters.
pub(super) fn offset(text: &str, position: Position) -> usize {
    let line = position.line().unwrap_or(1);
    let column = position.position().unwrap_or(1);
    let start = if line <= 1 { 0 } else { text.match_indices('\n').nth(line - 2).map_or(text.len(), |(at, _)| at + 1) };
    let rest = &text[start..];
    let rest = &rest[..rest.find('\n').unwrap_or(rest.len())];
    start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
}

/// The bytes of the word, text or sign that starts at a position.
pub(super) fn word_at(text: &str, position: Position) -> Option<Range<usize>> {
    position.line()?;
    let mut start = offset(text, position);
    // What is missing at the end of a text is shown at its last word.
    if text[start..].trim().is_empty() {
        start = text.trim_end().char_indices().last().map_or(0, |(at, _)| at);
    }
    let rest = &text[start..];
    Some(start..start + word_length(rest))
}

fn word_length(rest: &str) -> usize {
    const SIGNS: [&str; 15] = ["&&", "||", "==", "!=", "<=", ">=", "??", "?.", "..=", "..", "**", "<<", ">>", "=>", "#{"];
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    match rest.chars().next() {
        None => 0,
        Some(first) if is_word(first) => rest.find(|character| !is_word(character)).unwrap_or(rest.len()),
        Some(quote @ ('"' | '`' | '\'')) => quoted_length(rest, quote),
        Some(first) => SIGNS.iter().find(|sign| rest.starts_with(**sign)).map_or(first.len_utf8(), |sign| sign.len()),
    }
}

fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            '\n' if quote != '`' => return at,
            _ if character == quote => return at + character.len_utf8(),
            _ => {}
        }
    }
    1
}
