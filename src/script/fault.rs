//! Rhai's errors as diagnostics of ours: the exact word, what was expected, near names, the way it was reached.

use rhai::{Dynamic, Engine, EvalAltResult, ParseError, ParseErrorType, Position};

use super::run::Run;
use super::{names, syntax, traps};
use crate::diag::{Fault, Place, did_you_mean};

/// An explained error on its way through the engine. Its place is that of the Rhai error around it.
#[derive(Clone, Debug)]
pub(super) struct Trouble(Box<Fault>);

impl Trouble {
    pub fn new(fault: Fault) -> Trouble {
        Trouble(Box::new(fault))
    }

    pub fn fault(&self) -> &Fault {
        &self.0
    }
}

/// A fault as an error that a script could catch.
pub(super) fn raise(fault: Fault, at: Position) -> Box<EvalAltResult> {
    EvalAltResult::ErrorRuntime(Dynamic::from(Trouble::new(fault)), at).into()
}

/// A fault that no `try` catches.
pub(super) fn stop(fault: Fault, at: Position) -> Box<EvalAltResult> {
    EvalAltResult::ErrorTerminated(Dynamic::from(Trouble::new(fault)), at).into()
}

/// Whether the error is about columns and their types, so that no other words are better.
pub(super) fn is_from_plan(error: &EvalAltResult) -> bool {
    match error.unwrap_inner() {
        EvalAltResult::ErrorRuntime(payload, _) => payload
            .read_lock::<Trouble>()
            .is_some_and(|trouble| ["types::", "column::", "pattern::", "predicate::large", "run::"].iter().any(|prefix| trouble.0.code.starts_with(prefix))),
        _ => false,
    }
}

/// What `eval_ast` and its like said, as a fault with all places. `main` is the id of the source that was run.
pub(super) fn explain(engine: &Engine, run: &Run, main: &str, error: &EvalAltResult) -> Fault {
    let mut here = main.to_string();
    let mut calls: Vec<(String, Position, String)> = Vec::new();
    let mut current = error;
    loop {
        match current {
            EvalAltResult::ErrorInFunctionCall(name, source, inner, at) => {
                if !at.is_none() {
                    let name = if name.starts_with("anon$") || name.contains("closure") {
                        "called by this closure's owner".into()
                    } else {
                        format!("in this call of `{name}`")
                    };
                    calls.push((here.clone(), *at, name));
                }
                if !source.is_empty() {
                    here = source.clone();
                }
                current = inner;
            }
            EvalAltResult::ErrorInModule(module, inner, at) => {
                calls.push((here.clone(), *at, "imported here".into()));
                here = module.clone();
                current = inner;
            }
            _ => break,
        }
    }
    let at = current.position();
    if let Some(place) = after_statement(run, &here, current) {
        return syntax::missing_token(";", "after this statement").at(place);
    }
    let mut fault = describe(engine, run, &here, current);
    let place = fault.places.is_empty().then(|| place_of(run, &here, at, current)).flatten();
    if let Some(place) = place {
        fault.places.push(place);
    }
    for (source, at, label) in calls.into_iter().rev() {
        if let Some(place) = run.sources.place(&source, at, None)
            && fault.places.first() != Some(&place)
        {
            fault.related.push((label, place));
        }
    }
    fault
}

/// The fault of a text that can't be read as a playbook.
pub(super) fn of_parse(engine: &Engine, run: &Run, id: &str, error: &ParseError) -> Fault {
    let error: Box<EvalAltResult> = error.clone().into();
    explain(engine, run, id, &error)
}

fn place_of(run: &Run, id: &str, at: Position, error: &EvalAltResult) -> Option<Place> {
    let source = run.sources.text(id)?;
    let mut span = super::sources::word_at(&source.text, at)?;
    // Some errors stand on the dot or bracket before the word that they are about.
    let moves = matches!(
        error,
        EvalAltResult::ErrorRuntime(..) | EvalAltResult::ErrorDotExpr(..) | EvalAltResult::ErrorPropertyNotFound(..) | EvalAltResult::ErrorIndexingType(..)
    );
    if moves && matches!(&source.text[span.clone()], "." | "?.") {
        let rest = &source.text[span.end..];
        let skipped = rest.len() - rest.trim_start().len();
        let start = span.end + skipped;
        let line = source.text[..start].matches('\n').count() + 1;
        let column = source.text[..start].rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        if let (Ok(line), Ok(column)) = (u16::try_from(line), u16::try_from(column)) {
            span = super::sources::word_at(&source.text, Position::new(line, column))?;
        }
    }
    Some(Place { source, span, label: None })
}

/// Rhai puts a forgotten `;` at the next statement; it belongs to the end of the one before.
fn after_statement(run: &Run, id: &str, error: &EvalAltResult) -> Option<Place> {
    let EvalAltResult::ErrorParsing(ParseErrorType::MissingToken(token, _), at) = error else { return None };
    let source = run.sources.text(id).filter(|_| token == ";" && !at.is_none())?;
    let before = source.text[..super::sources::offset(&source.text, *at)].trim_end();
    let start = before.char_indices().last().map(|(at, _)| at)?;
    let word = before
        .rfind(|character: char| !(character.is_alphanumeric() || character == '_'))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let span = word.min(start)..before.len();
    Some(Place { source, span, label: Some("`;` is missing after this".into()) })
}

fn describe(engine: &Engine, run: &Run, here: &str, error: &EvalAltResult) -> Fault {
    use EvalAltResult as E;
    match error {
        E::ErrorRuntime(payload, _) => thrown(payload),
        E::ErrorTerminated(payload, _) => match payload.read_lock::<Trouble>() {
            Some(trouble) => trouble.0.as_ref().clone(),
            None => Fault::new("run::stopped", "the run was stopped").with_help("nothing is kept of it: run it again"),
        },
        E::ErrorParsing(ParseErrorType::VariableUndefined(name), at) => unknown_variable(run, here, name, *at),
        E::ErrorParsing(kind, _) => syntax::fault(kind),
        E::ErrorVariableNotFound(name, at) => unknown_variable(run, here, name, *at),
        E::ErrorFunctionNotFound(signature, _) => names::unknown_function(engine, run, signature),
        E::ErrorPropertyNotFound(name, _) => Fault::new("property::unknown", format!("no `{name}` in this map")).with_help("test with `\"name\" in map` first"),
        E::ErrorDotExpr(message, _) => names::unknown_property(engine, message),
        E::ErrorModuleNotFound(name, _) => Fault::new("module::unknown", format!("there is no module `{name}`"))
            .with_help("imports are relative to the importing file, without `.rhai`; the library is `std/…`"),
        E::ErrorMismatchDataType(wanted, found, _) => {
            let (wanted, found) = (names::plain_type(engine, wanted), names::plain_type(engine, found));
            let help = if wanted == "true or false" {
                "write a comparison, as `x > 0`: an `if` and a `&&` need true or false"
            } else {
                "`huntsman doc NAME` says what it takes"
            };
            Fault::new("types::mismatch", format!("{wanted} is needed here, and this is {found}")).with_help(help)
        }
        E::ErrorMismatchOutputType(wanted, found, _) => {
            Fault::new("types::mismatch", format!("{} is needed here, and this is {}", names::plain_type(engine, wanted), names::plain_type(engine, found)))
                .with_help("`huntsman doc NAME` says what it takes")
        }
        E::ErrorIndexingType(kind, _) => {
            let kind = names::plain_type(engine, kind.split('[').next().unwrap_or(kind).trim());
            Fault::new("types::index", format!("{kind} can't be indexed so"))
                .with_help("a list takes a number, a map a text: `list[0]`, `map[\"a\"]`; a row has its columns as properties")
        }
        E::ErrorArrayBounds(length, index, _) => {
            Fault::new("value::bounds", format!("the list has {length} item{}, and {index} is none of them", if *length == 1 { "" } else { "s" }))
                .with_help("the first item is 0, the last one -1; ask `.len()` before")
        }
        E::ErrorStringBounds(length, index, _) => {
            Fault::new("value::bounds", format!("the text has {length} character{}, and {index} is none of them", if *length == 1 { "" } else { "s" }))
                .with_help("the first character is 0, the last one -1; ask `.len()` before")
        }
        E::ErrorFor(_) => Fault::new("types::loop", "this can't be looped over").with_help("loop over a list, a range, a period, a client or a collection"),
        E::ErrorArithmetic(message, _) => Fault::new("value::arithmetic", lowered(message)).with_help("test the value first, or catch it with `try`"),
        E::ErrorStackOverflow(_) => Fault::new("run::recursion", "functions call each other too deeply").with_help("a function that calls itself needs an end"),
        E::ErrorTooManyOperations(_) | E::ErrorTooManyModules(_) | E::ErrorTooManyVariables(_) => {
            Fault::new("run::limit", lowered(&without_place(&error.to_string()))).with_help("let a query do the work in place of a loop, or split the playbook")
        }
        E::ErrorDataTooLarge(..) => Fault::new("run::limit", "this value grows larger than one value may be")
            .with_help("a text holds 64 MiB, a list or map a million items, those inside it included; a Collection holds any number of rows"),
        E::ErrorDataRace(..) => traps::data_race(run, here),
        E::ErrorAssignmentToConstant(name, _) => Fault::new("name::constant", format!("`{name}` is a constant")).with_help("declare it with `let`"),
        E::ErrorNonPureMethodCallOnConstant(name, _) => {
            Fault::new("name::constant", format!("`{name}` would change a constant")).with_help("declare it with `let`")
        }
        E::ErrorVariableExists(name, _) => Fault::new("name::twice", format!("there is a variable `{name}` already")).with_help("give it a name of its own"),
        other => Fault::new("run::error", lowered(&without_place(&other.to_string()))).with_help("`huntsman doc` shows how things are written"),
    }
}

fn thrown(payload: &Dynamic) -> Fault {
    if let Some(trouble) = payload.read_lock::<Trouble>() {
        return trouble.0.as_ref().clone();
    }
    let message = match payload.read_lock::<rhai::Map>() {
        Some(map) => map.get("message").map(ToString::to_string).unwrap_or_else(|| payload.to_string()),
        None => payload.to_string(),
    };
    Fault::new("playbook::throw", if message.is_empty() { "the playbook threw an error".into() } else { message })
        .with_help("the playbook itself said so with `throw`; `try { … } catch (error) { … }` goes on")
}

/// Near names, or the reason why a name that is there can't be seen here.
fn unknown_variable(run: &Run, here: &str, name: &str, at: Position) -> Fault {
    let source = run.sources.text(here);
    let text = source.as_deref().map(|source| source.text.as_str()).unwrap_or_default();
    let scan = names::Scan::of(text, at);
    if scan.in_function && scan.outside.iter().any(|known| known == name) {
        let help = format!("give it to the function as a parameter; or declare it as `const {name}` and write `global::{name}`");
        return Fault::new("name::outer", format!("a function sees no variable of the playbook, and `{name}` is one")).with_help(help);
    }
    if names::is_function(name) {
        return Fault::new("call::brackets", format!("`{name}` is a function")).with_help(format!("write `{name}(…)`"));
    }
    let mut known: Vec<String> = run.state().variables.clone();
    known.extend(scan.inside.iter().cloned());
    if !scan.in_function {
        known.extend(scan.outside.iter().cloned());
    }
    let help = match did_you_mean(name, known.iter().map(String::as_str)) {
        Some(help) => help,
        None if name.contains("::") => "a module gives its functions, and what it declares with `export const`".into(),
        None if name.chars().next().is_some_and(char::is_uppercase) => "a column is written as `e.Column` inside `|e| …`; a text needs quotes".into(),
        None => format!("declare it first with `let {name} = …;`; a text needs quotes"),
    };
    Fault::new("name::unknown", format!("unknown variable `{name}`")).with_help(help)
}

fn without_place(message: &str) -> String {
    message.rfind(" (line ").map_or(message, |at| &message[..at]).to_string()
}

pub(super) fn lowered(message: &str) -> String {
    let mut characters = message.chars();
    match (characters.next(), message.chars().nth(1)) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => first.to_lowercase().chain(characters).collect(),
        _ => message.to_string(),
    }
}
