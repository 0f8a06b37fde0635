//! What could stand at the cursor: names, methods of what is before the dot, options, columns.

use rhai::{Dynamic, Scope};

use super::builtins::{self, Bins, Collection, Kind, Row, option_names};
use super::session::Inner;
use super::{Candidate, library, quoted};
use crate::plan::Schema;
use crate::telemetry::TABLES;

const KEYWORDS: [&str; 20] = [
    "let", "const", "if", "else", "for", "in", "while", "loop", "switch", "fn", "return", "import", "as", "true", "false", "break", "continue", "try", "catch",
    "throw",
];

pub(super) fn complete(inner: &mut Inner, text: &str, cursor: usize) -> (usize, Vec<Candidate>) {
    let before = text.get(..cursor).unwrap_or(text);
    let start = before
        .rfind(|character: char| !(character.is_alphanumeric() || character == '_'))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let word = &before[start..];
    let head = before[..start].trim_end();
    if let Some((at, path)) = open_import(before) {
        let found = library::LIBRARY.iter().map(|(name, _)| candidate(&format!("std/{name}"), "module"));
        return (at, found.filter(|candidate| candidate.replacement.starts_with(path)).collect());
    }
    if let Some(open) = quoted::open_text(before) {
        // A minus before a column turns the order round.
        let at = open + before[open..].len() - before[open..].trim_start_matches('-').len();
        return (at, fitting(quoted::offered(inner, &before[..open - 1]), &before[at..]));
    }
    let found = match head.strip_suffix('.').or_else(|| head.strip_suffix("?.")) {
        Some(owner) => members(inner, owner),
        None => match open_call(head) {
            Some(name) if head.ends_with(['{', ',']) => option_names(&name).into_iter().map(|(name, doc)| candidate(name, doc)).collect(),
            _ => names(inner, before),
        },
    };
    (start, fitting(found, word))
}

/// Those that begin like the word, sorted, each once.
fn fitting(mut found: Vec<Candidate>, word: &str) -> Vec<Candidate> {
    let folded = word.to_lowercase();
    found.retain(|candidate| candidate.replacement.to_lowercase().starts_with(&folded));
    found.sort_by(|a, b| a.replacement.cmp(&b.replacement));
    found.dedup_by(|a, b| a.replacement == b.replacement);
    found
}

pub(super) fn candidate(replacement: &str, hint: &str) -> Candidate {
    Candidate { replacement: replacement.into(), hint: hint.into() }
}

fn names(inner: &Inner, before: &str) -> Vec<Candidate> {
    let mut found: Vec<Candidate> =
        builtins::all().iter().filter(|declared| declared.receiver.is_none()).map(|declared| candidate(declared.name, &declared.signature())).collect();
    found.extend(KEYWORDS.iter().map(|word| candidate(word, "")));
    found.extend(super::words::ATTRIBUTES.iter().map(|(name, _)| candidate(name, "attribute")));
    found.extend(inner.scope.iter().map(|(name, _, value)| candidate(name, inner.built.engine.map_type_name(value.type_name()))));
    for module in inner.run.sources.session() {
        let signatures = module.gen_fn_signatures_with_mapper(|name| name.into());
        found.extend(
            signatures
                .filter(|signature| !signature.starts_with("anon$"))
                .filter_map(|signature| signature.split('(').next().map(|name| candidate(name, &signature))),
        );
    }
    found.extend(closure_parameters(before).map(|name| candidate(&name, "row")));
    found
}

/// `|e|` and `|a, b|`, anywhere before the cursor.
fn closure_parameters(before: &str) -> impl Iterator<Item = String> {
    let parts: Vec<&str> = before.split('|').collect();
    let names: Vec<String> = parts
        .iter()
        .skip(1)
        .step_by(2)
        .filter(|part| !part.is_empty() && part.chars().all(|character| character.is_alphanumeric() || matches!(character, '_' | ',' | ' ')))
        .flat_map(|part| part.split(',').map(|name| name.trim().to_string()))
        .filter(|name| !name.is_empty())
        .collect();
    names.into_iter()
}

/// Properties and methods of what stands before the dot.
fn members(inner: &mut Inner, owner: &str) -> Vec<Candidate> {
    let expression = last_expression(owner);
    if closure_parameters(owner).any(|name| name == expression) {
        let columns = match enclosing_receiver(owner).and_then(|receiver| value_of(inner, receiver)) {
            Some(value) => value.read_lock::<Collection>().map(|collection| columns_of(&collection.schema)),
            None => None,
        };
        return columns.unwrap_or_else(every_column);
    }
    if owner.ends_with(|character: char| character.is_alphanumeric()) && enclosing_receiver(owner).is_some() && expression.contains('.') {
        // A column of a closure's row: the verbs of columns.
        let verbs = crate::plan::Func::METHODS.iter().map(|func| func.signature());
        return verbs.map(|signature| candidate(signature.name, signature.doc)).collect();
    }
    let Some(value) = value_of(inner, expression) else {
        return builtins::all().iter().filter(|declared| declared.receiver.is_some()).map(|declared| candidate(declared.name, &declared.signature())).collect();
    };
    let mut found: Vec<Candidate> = builtins::all()
        .iter()
        .filter(|declared| declared.receiver.is_some_and(|kind| kind != Kind::Any && kind.types().contains(&value.type_id())))
        .map(|declared| candidate(declared.name, &declared.signature()))
        .collect();
    if let Some(row) = Row::from_dynamic(&value) {
        found.extend(columns_of(row.frame.schema()));
    }
    if let Some(map) = value.read_lock::<rhai::Map>() {
        found.extend(map.keys().map(|key| candidate(key, "")));
    }
    if value.is::<Bins>() {
        found.push(candidate("rows", "Bins.rows()"));
    }
    found
}

pub(super) fn columns_of(schema: &Schema) -> Vec<Candidate> {
    schema.columns().iter().map(|(name, kind)| candidate(name, kind.word())).collect()
}

pub(super) fn every_column() -> Vec<Candidate> {
    TABLES.iter().flat_map(|table| table.columns.iter().map(|column| candidate(column.name, column.kind.word()))).collect()
}

/// The value of an expression, when it can be had without asking the source.
pub(super) fn value_of(inner: &mut Inner, expression: &str) -> Option<Dynamic> {
    let expression = expression.trim();
    if expression.is_empty() || expression.contains(['=', ';', '{']) && !expression.contains("#{") {
        return None;
    }
    inner.run.set_dry(true);
    let mut scope: Scope = inner.scope.clone();
    let tree = inner.built.engine.compile_with_scope(&scope, expression).ok();
    let value = tree.and_then(|tree| super::session::on_own_stack(|| inner.built.engine.eval_ast_with_scope::<Dynamic>(&mut scope, &tree).ok()).ok().flatten());
    inner.run.set_dry(false);
    inner.run.state().items.clear();
    value.map(Dynamic::flatten)
}

/// The chain that ends at the end of the text: `Client("all").get_executions()`.
pub(super) fn last_expression(text: &str) -> &str {
    let mut depth = 0_i32;
    let mut quote = None;
    let mut start = text.len();
    for (at, character) in text.char_indices().rev() {
        match (quote, character) {
            (Some(open), character) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`') => quote = Some(character),
            (None, ')' | ']' | '}') => depth += 1,
            (None, '(' | '[' | '{') if depth == 0 => break,
            (None, '(' | '[' | '{') => depth -= 1,
            (None, character) if depth == 0 && !(character.is_alphanumeric() || matches!(character, '_' | '.' | ':' | '#' | '?')) => {
                // A chain may go on over lines.
                let rest = text[at..].trim_start();
                if !(character.is_whitespace() && rest.starts_with('.')) {
                    break;
                }
            }
            _ => {}
        }
        start = at;
    }
    text[start..].trim()
}

/// Before the innermost open bracket: what the method that it belongs to is asked of.
fn enclosing_receiver(text: &str) -> Option<&str> {
    let open = open_bracket(text)?;
    let head = text[..open].trim_end();
    let name = head.rfind(|character: char| !(character.is_alphanumeric() || character == '_')).map_or(0, |at| at + 1);
    let receiver = head[..name].trim_end().strip_suffix('.')?;
    Some(last_expression(receiver))
}

/// The name of the call whose option map is open: `get_executions(#{`.
fn open_call(text: &str) -> Option<String> {
    let open = open_bracket(text)?;
    if !text[open..].starts_with('{') {
        return None;
    }
    let head = text[..open].trim_end().strip_suffix('#')?.trim_end().strip_suffix('(')?.trim_end();
    let name = head.rfind(|character: char| !(character.is_alphanumeric() || character == '_')).map_or(0, |at| at + 1);
    Some(head[name..].to_string())
}

pub(super) fn open_bracket(text: &str) -> Option<usize> {
    let mut open = Vec::new();
    let mut quote = None;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(mark), character) if mark == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`') => quote = Some(character),
            (None, '(' | '[' | '{') => open.push(at),
            (None, ')' | ']' | '}') => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
}

/// The start and text of a path that is being written after `import`.
fn open_import(before: &str) -> Option<(usize, &str)> {
    let at = before.rfind("import \"")?;
    let start = at + "import \"".len();
    let path = &before[start..];
    (!path.contains('"')).then_some((start, path))
}
