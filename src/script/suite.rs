//! Tests of playbooks: every `fn test_…()` of a `name.test.rhai` is one.

use std::path::Path;
use std::sync::Arc;

use rhai::{AST, CallFnOptions, Dynamic};

use super::session::{Inner, on_own_stack};
use super::tried::Tried;
use super::{Setup, file};
use crate::diag::{Fault, Place, Severity, SourceText};
use crate::report::{Ending, Suite, Trial};

/// The beginning of a test's name.
const TEST: &str = "test_";

/// Every so-manieth test of a file, so that several threads share its tests.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub number: usize,
    pub of: usize,
}

/// Runs the tests of a file whose names contain the text, in the order in which they are written.
pub fn test(setup: Setup, tests: &Path, wanted: &str, part: Part) -> Suite {
    let shown = tests.display().to_string();
    let suite = |fault: Fault| Suite { file: shown.clone(), trials: Vec::new(), fault: Some(fault), filters: Vec::new(), warnings: Vec::new() };
    let run = || {
        let mut inner = Inner::new(setup);
        let (id, tree) = file::read(tests, &shown).and_then(|text| inner.open(tests, &shown, &text))?;
        let mut found: Vec<String> = Vec::new();
        for function in tree.iter_functions().filter(|function| function.name.starts_with(TEST) && function.params.is_empty()) {
            found.push(function.name.to_string());
        }
        // Once for the whole file.
        let warnings = inner.run.sources.text(&id).filter(|_| part.number == 0).map(|source| never_run(&source, &tree)).unwrap_or_default();
        found.sort_by_key(|name| place_of(&inner, &id, name).map(|place| place.span.start));
        if found.is_empty() {
            let help = "a test is a function without parameters whose name begins with `test_`: fn test_finds_it() { … }";
            let mut none = Fault::new("trial::none", format!("{shown} has no test")).with_help(help);
            let never = inner.run.sources.text(&id).map(|source| never_run(&source, &tree)).unwrap_or_default();
            none.related.extend(never.into_iter().flat_map(|fault| fault.places.into_iter().map(move |place| (fault.message.clone(), place))));
            return Err(none);
        }
        found.retain(|name| name.contains(wanted));
        let own = found.iter().enumerate().filter(|(number, _)| number % part.of.max(1) == part.number).map(|(_, name)| name);
        let trials = own.map(|name| trial(&mut inner, &id, &tree, name)).collect();
        let tried: Tried = std::mem::take(&mut inner.run.state().tried);
        Ok(Suite { file: shown.clone(), trials, fault: None, filters: tried.into_filters(), warnings })
    };
    on_own_stack(run).and_then(|done| done).unwrap_or_else(suite)
}

/// Whether a file is one of tests, by its name.
pub(super) fn is_of_tests(file: &str) -> bool {
    file.ends_with(".test.rhai")
}

/// Warnings of functions that are named as tests are and take something: nobody could give them that, and they are never run.
pub(super) fn never_run(source: &Arc<SourceText>, tree: &AST) -> Vec<Fault> {
    let never = tree.iter_functions().filter(|function| function.name.starts_with(TEST) && !function.params.is_empty());
    let mut found: Vec<Fault> = never
        .map(|function| {
            let fault = Fault::new("trial::never", format!("`{}` takes {}, and is never run as a test", function.name, function.params.join(", ")))
                .with_help("a test takes nothing; give a helper a name that does not begin with `test_`");
            Fault { severity: Severity::Warning, places: place_in(source, function.name).into_iter().collect(), ..fault }
        })
        .collect();
    found.sort_by_key(|fault| fault.places.first().map(|place| place.span.start));
    found
}

fn trial(inner: &mut Inner, id: &str, tree: &AST, name: &str) -> Trial {
    let options = CallFnOptions::new().eval_ast(true).rewind_scope(true);
    let done = inner.built.engine.call_fn_with_options::<Dynamic>(options, &mut inner.scope, tree, name, ()).map_err(|error| inner.explained(id, &error));
    let ending = match done {
        Ok(_) => Ending::Passed,
        Err(fault) if fault.code == "assert::failed" => Ending::Failed(fault),
        Err(fault) => Ending::Broken(fault),
    };
    let place = place_of(inner, id, name);
    let mut state = inner.run.state();
    // What one test said is nothing to the next.
    state.items.clear();
    state.findings.clear();
    state.coverage.clear();
    state.declared.clear();
    state.period = None;
    Trial { name: name.into(), place, ending, warnings: std::mem::take(&mut state.warnings) }
}

/// Where the function's name is written.
fn place_of(inner: &Inner, id: &str, name: &str) -> Option<Place> {
    place_in(&inner.run.sources.text(id)?, name)
}

fn place_in(source: &Arc<SourceText>, name: &str) -> Option<Place> {
    let start = source.text.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = source.text[..*at].trim_end();
        let after = source.text[at + name.len()..].trim_start();
        before.ends_with("fn") && after.starts_with('(')
    })?;
    Some(Place { source: source.clone(), span: start..start + name.len(), label: None })
}
