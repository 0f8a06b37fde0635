//! The `//!` lines of a playbook: its title, and what stands below each heading, with the places of the words.

use std::ops::Range;
use std::sync::Arc;

use rhai::AST;

use crate::diag::{Fault, Place, Severity, SourceText, nearest};

/// The headings of a hunt.
const HEADINGS: [&str; 4] = ["Hypothesis", "Technique", "Needs", "False positives"];

/// What a playbook says of itself in words.
#[derive(Default)]
pub(super) struct Doc {
    /// The first paragraph.
    pub title: String,
    pub sections: Vec<Section>,
}

/// A `# …` line, and the lines up to the next one.
pub(super) struct Section {
    pub heading: String,
    /// Which of the `//!` lines the heading is.
    pub line: usize,
    lines: Vec<String>,
}

impl Section {
    pub fn is(&self, heading: &str) -> bool {
        self.heading.eq_ignore_ascii_case(heading)
    }

    pub fn text(&self) -> String {
        self.lines.join("\n").trim().to_string()
    }

    /// Its lines, each with its number among the `//!` lines.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (self.line + 1..).zip(self.lines.iter().map(String::as_str))
    }
}

pub(super) fn read(tree: &AST) -> Doc {
    let mut doc = Doc::default();
    let mut title: Vec<&str> = Vec::new();
    let mut in_title = true;
    for (number, line) in tree.doc().lines().enumerate() {
        let line = line.trim_start().strip_prefix("//!").unwrap_or(line).trim();
        if let Some(heading) = line.strip_prefix("# ") {
            doc.sections.push(Section { heading: heading.trim().into(), line: number, lines: Vec::new() });
        } else if let Some(section) = doc.sections.last_mut() {
            section.lines.push(line.into());
        } else if line.is_empty() {
            in_title = title.is_empty();
        } else if in_title {
            title.push(line);
        }
    }
    doc.title = title.join(" ");
    doc
}

/// Where the `//!` lines of a text are, so that words of them have a place.
pub(super) struct Lines {
    source: Arc<SourceText>,
    spans: Vec<Range<usize>>,
}

impl Lines {
    /// The tree knows the lines, the text where they stand: in the same order, each up to the end of its line.
    pub fn of(source: &Arc<SourceText>, tree: &AST) -> Lines {
        let (text, mut from) = (source.text.as_str(), 0);
        let mut spans = Vec::new();
        for line in tree.doc().lines() {
            let ends = |at: &usize| matches!(text.as_bytes().get(at + line.len()), None | Some(b'\n' | b'\r'));
            let Some(start) = text[from..].match_indices(line).map(|(at, _)| from + at).find(ends) else { break };
            from = start + line.len();
            spans.push(start..from);
        }
        Lines { source: source.clone(), spans }
    }

    /// The first place of a word in a line, from a byte of the line on; and the byte behind it.
    pub fn find(&self, line: usize, word: &str, from: usize) -> Option<(Place, usize)> {
        let span = self.spans.get(line)?;
        let at = self.source.text[span.clone()].get(from..)?.find(word)? + from;
        let span = span.start + at..span.start + at + word.len();
        Some((Place { source: self.source.clone(), span, label: None }, at + word.len()))
    }
}

/// Headings that nobody reads because of a slip, and those that a hunt written under headings lacks. What has none at all is left alone.
pub(super) fn warnings(source: &Arc<SourceText>, tree: &AST) -> Vec<Fault> {
    let (doc, lines) = (read(tree), Lines::of(source, tree));
    let missing: Vec<&str> = HEADINGS.into_iter().filter(|heading| !doc.sections.iter().any(|section| section.is(heading))).collect();
    if missing.len() == HEADINGS.len() && !doc.sections.iter().any(|section| slip(section, &missing).is_some()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut meant = String::new();
    for section in &doc.sections {
        if let Some(help) = slip(section, &missing) {
            let fault = Fault::new("playbook::heading", format!("`# {}` is no heading that anything reads", section.heading)).with_help(help.clone());
            found.push(Fault { places: lines.find(section.line, &section.heading, 0).into_iter().map(|(place, _)| place).collect(), ..fault });
            meant.push_str(&help);
        }
    }
    let lacking: Vec<String> = missing.iter().map(|heading| format!("`# {heading}`")).filter(|heading| !meant.contains(heading.as_str())).collect();
    if let (Some(first), false) = (doc.sections.first(), lacking.is_empty()) {
        let help = "a hunt says what it expects (`# Hypothesis`), which techniques (`# Technique`), what the source must show (`# Needs`), and what else looks like it (`# False positives`)";
        let fault = Fault::new("playbook::headings", format!("the text at the top has no {}", lacking.join(", no "))).with_help(help);
        found.push(Fault { places: lines.find(first.line, &first.heading, 0).into_iter().map(|(place, _)| place).collect(), ..fault });
    }
    found.into_iter().map(|fault| Fault { severity: Severity::Warning, ..fault }).collect()
}

/// What a heading was probably meant to be.
fn slip(section: &Section, missing: &[&str]) -> Option<String> {
    if HEADINGS.iter().any(|heading| section.is(heading)) {
        return None;
    }
    let near = nearest(&section.heading, missing.iter().copied());
    near.first().map(|near| format!("did you mean `# {near}`?"))
}
