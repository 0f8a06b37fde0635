//! The words of `# Needs`: what the source must show for a playbook to count as examined.

use std::sync::Arc;

use rhai::AST;

use super::doc::{self, Lines};
use crate::diag::{Fault, Place, Severity, SourceText};
use crate::hunt::outcome::Declared;

/// Words apart by commas or lines, also written as a list of Markdown; or the fault of every word that names nothing, at its place.
pub(super) fn read(source: &Arc<SourceText>, tree: &AST) -> Result<Vec<Declared>, Vec<Fault>> {
    let (needs, errors) = (words(source, tree).into_iter().map(|(need, _)| need)).partition::<Vec<_>, _>(Result::is_ok);
    if errors.is_empty() { Ok(needs.into_iter().flatten().collect()) } else { Err(errors.into_iter().filter_map(Result::err).collect()) }
}

/// Warnings of records whose channel is likely a slip.
pub(super) fn warnings(source: &Arc<SourceText>, tree: &AST) -> Vec<Fault> {
    let doubted = |(need, place): (Result<Declared, Fault>, Option<Place>)| {
        let need = need.ok()?;
        let (channel, help) = need.doubt()?;
        let fault = Fault::new("needs::channel", format!("`{channel}` is no channel or sensor that is known here")).with_help(help);
        Some(Fault { severity: Severity::Warning, places: place.into_iter().collect(), ..fault })
    };
    words(source, tree).into_iter().filter_map(doubted).collect()
}

/// Every word, and where it stands.
fn words(source: &Arc<SourceText>, tree: &AST) -> Vec<(Result<Declared, Fault>, Option<Place>)> {
    let (doc, lines) = (doc::read(tree), Lines::of(source, tree));
    let mut words = Vec::new();
    for (number, line) in doc.sections.iter().filter(|section| section.is("Needs")).flat_map(doc::Section::lines) {
        let line = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).unwrap_or(line);
        let mut from = 0;
        for word in line.split(',').map(|word| word.trim().trim_matches('`').trim()).filter(|word| !word.is_empty()) {
            let found = lines.find(number, word, from);
            let place = found.as_ref().map(|(place, _)| place.clone());
            let need = Declared::read(word).map_err(|error| Fault { places: place.iter().cloned().collect(), ..Fault::from(&error) });
            words.push((need, place));
            from = found.map_or(from, |(_, end)| end);
        }
    }
    words
}
