//! Technique ids: those below `# Technique`, and those of findings, are known to ATT&CK, or it is said.

use std::sync::Arc;

use rhai::AST;

use super::doc::{self, Lines};
use crate::diag::{Fault, Severity, SourceText};
use crate::hunt::{attack, finding};

/// What to say of an id that the list of techniques does not have.
pub(super) fn unknown(id: &str) -> Option<Fault> {
    if attack::name(id).is_some() {
        return None;
    }
    let help = attack::near(id).unwrap_or_else(|| "look it up at attack.mitre.org; what is newer than this program's list does no harm".into());
    Some(Fault {
        severity: Severity::Warning,
        ..Fault::new("technique::unknown", format!("`{id}` is no technique of ATT&CK 19, the newest list that is known here")).with_help(help)
    })
}

/// Warnings of every word below the heading that is no id, or that nobody knows.
pub(super) fn warnings(source: &Arc<SourceText>, tree: &AST) -> Vec<Fault> {
    let (doc, lines) = (doc::read(tree), Lines::of(source, tree));
    let mut found = Vec::new();
    for (number, line) in doc.sections.iter().filter(|section| section.is("Technique")).flat_map(doc::Section::lines) {
        let mut from = 0;
        for id in words(line) {
            let place = lines.find(number, id, from);
            from = place.as_ref().map_or(from, |(_, end)| *end);
            let fault = match finding::check_technique(id) {
                Err(error) => Some(Fault { severity: Severity::Warning, ..Fault::from(&error) }),
                Ok(()) => unknown(id),
            };
            found.extend(fault.map(|fault| Fault { places: place.into_iter().map(|(place, _)| place).collect(), ..fault }));
        }
    }
    found
}

/// The ids below the heading, each once, in their order.
pub(super) fn ids(tree: &AST) -> Vec<String> {
    let doc = doc::read(tree);
    let mut found: Vec<String> = Vec::new();
    for (_, line) in doc.sections.iter().filter(|section| section.is("Technique")).flat_map(doc::Section::lines) {
        for id in words(line).filter(|id| finding::check_technique(id).is_ok()) {
            if !found.iter().any(|known| known == id) {
                found.push(id.to_string());
            }
        }
    }
    found
}

/// Words that look like ids.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let parts =
        line.split(|character: char| character == ',' || character.is_whitespace()).map(|word| word.trim_matches(['`', '-', '*', '(', ')', ':', '.', ';']));
    parts.filter(|word| word.starts_with('T') && word[1..].starts_with(|next: char| next.is_ascii_digit()))
}
