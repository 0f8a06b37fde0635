//! The words of `# Needs`: what the source must show for a playbook to count as examined.

use std::sync::Arc;

use rhai::AST;

use super::doc::{self, Lines};
use crate::diag::{Fault, SourceText};
use crate::hunt::outcome::Declared;

/// Words apart by commas or lines, also written as a list of Markdown; or the fault of every word that names nothing, at its place.
pub(super) fn read(source: &Arc<SourceText>, tree: &AST) -> Result<Vec<Declared>, Vec<Fault>> {
    let (doc, lines) = (doc::read(tree), Lines::of(source, tree));
    let (mut needs, mut faults) = (Vec::new(), Vec::new());
    for (number, line) in doc.sections.iter().filter(|section| section.is("Needs")).flat_map(doc::Section::lines) {
        let line = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).unwrap_or(line);
        let mut from = 0;
        for word in line.split(',').map(|word| word.trim().trim_matches('`').trim()).filter(|word| !word.is_empty()) {
            let found = lines.find(number, word, from);
            match Declared::read(word) {
                Ok(need) => needs.push(need),
                Err(error) => faults.push(Fault { places: found.iter().map(|(place, _)| place.clone()).collect(), ..Fault::from(&error) }),
            }
            from = found.map_or(from, |(_, end)| end);
        }
    }
    if faults.is_empty() { Ok(needs) } else { Err(faults) }
}
