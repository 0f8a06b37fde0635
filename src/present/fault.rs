//! A fault as people and programs read it; hostile text in it stays text.

use std::fmt::Display;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use serde_json::{Value as Json, json};

use super::Style;
use super::clean::{escape, escape_lines, is_hidden, push};
use super::to_json;
use crate::diag::{Fault, Place, Severity, SourceText};

/// Where there is no terminal.
const SCREEN: usize = 100;
/// What miette writes above a further diagnostic.
const BESIDE: &str = "Advice:";

/// Drawn, with the source's lines and the exact words; a newline at the end.
pub fn fault(fault: &Fault, style: &Style) -> String {
    let theme = match (style.unicode, style.colour) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, true) => GraphicalTheme::ascii(),
        (false, false) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width.unwrap_or(SCREEN).max(40))
        .with_links(false)
        .with_context_lines(1)
        .with_break_words(false);
    let mut text = String::new();
    if handler.render_report(&mut text, &Drawn::new(fault)).is_err() {
        text = format!("{}\n", escape_lines(&fault.message));
    }
    // Places of other files need no heading of their own: they say what they are.
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| *line != BESIDE).collect();
    format!("{}\n", lines.join("\n").trim_matches('\n'))
}

/// One line of JSON.
pub fn fault_json(fault: &Fault) -> String {
    to_json(&object(fault)) + "\n"
}

/// Lines and columns count from 1, columns in characters; offset and length in bytes.
pub fn object(fault: &Fault) -> Json {
    json!({
        "code": fault.code,
        "severity": word(fault.severity),
        "message": fault.message,
        "help": fault.help,
        "places": fault.places.iter().map(place).collect::<Vec<_>>(),
        "related": fault.related.iter().map(|(message, at)| json!({ "message": message, "place": place(at) })).collect::<Vec<_>>(),
    })
}

/// Where something stands.
pub fn place(place: &Place) -> Json {
    let (line, column) = line_and_column(&place.source.text, place.span.start);
    json!({
        "source": place.source.name,
        "line": line,
        "column": column,
        "offset": place.span.start,
        "length": place.span.end.saturating_sub(place.span.start),
        "label": place.label,
    })
}

/// Both count from 1, columns in characters.
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before: Vec<char> = text.char_indices().take_while(|(at, _)| *at < offset).map(|(_, character)| character).collect();
    let line = before.iter().filter(|character| **character == '\n').count() + 1;
    let column = before.iter().rev().take_while(|character| **character != '\n').count() + 1;
    (line, column)
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Advice => "advice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// A fault in the form that miette draws: clean text, one source each, the others as related diagnostics.
#[derive(Debug)]
struct Drawn {
    code: String,
    severity: Severity,
    message: String,
    help: Option<String>,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    related: Vec<Drawn>,
}

impl Drawn {
    fn new(fault: &Fault) -> Drawn {
        let main = fault.places.first().map(|place| place.source.clone());
        let (here, elsewhere): (Vec<&Place>, Vec<&Place>) = fault.places.iter().partition(|place| Some(&place.source) == main.as_ref());
        let mut labels: Vec<LabeledSpan> = here.iter().enumerate().map(|(at, place)| label(place, at == 0)).collect();
        let mut related: Vec<Drawn> = elsewhere.into_iter().map(|place| Drawn::beside(place.label.as_deref().unwrap_or("here"), place)).collect();
        for (message, place) in &fault.related {
            if Some(&place.source) == main.as_ref()
                && place.label.is_none()
                && !labels.iter().any(|label| label.offset() == clean_length(&place.source.text, place.span.start))
            {
                labels.push(label(&Place { label: Some(message.clone()), ..place.clone() }, false));
            } else {
                related.push(Drawn::beside(message, place));
            }
        }
        Drawn {
            code: escape(&fault.code).into_owned(),
            severity: fault.severity,
            message: escape_lines(&fault.message).into_owned(),
            help: fault.help.as_deref().map(|help| escape_lines(help).into_owned()),
            source: main.as_ref().map(source),
            labels,
            related,
        }
    }

    fn beside(message: &str, place: &Place) -> Drawn {
        Drawn {
            code: String::new(),
            severity: Severity::Advice,
            message: escape_lines(message).into_owned(),
            help: None,
            source: Some(source(&place.source)),
            labels: vec![label(place, true)],
            related: Vec::new(),
        }
    }
}

fn source(text: &Arc<SourceText>) -> NamedSource<String> {
    NamedSource::new(escape(&text.name), clean_source(&text.text))
}

fn label(place: &Place, primary: bool) -> LabeledSpan {
    let text = &place.source.text;
    let start = clean_length(text, place.span.start);
    let end = clean_length(text, place.span.end).max(start);
    let said = place.label.as_deref().map(|label| escape(label).into_owned());
    let span = (start, end - start);
    if primary { LabeledSpan::new_primary_with_span(said, span) } else { LabeledSpan::new_with_span(said, span) }
}

/// The source as it is drawn: lines and tabs stay.
fn clean_source(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        push_source(&mut clean, character);
    }
    clean
}

/// Where an offset of the source is in what is drawn.
fn clean_length(text: &str, offset: usize) -> usize {
    let mut clean = String::new();
    for (_, character) in text.char_indices().take_while(|(at, _)| *at < offset) {
        push_source(&mut clean, character);
    }
    clean.len()
}

fn push_source(clean: &mut String, character: char) {
    match character {
        '\n' | '\t' => clean.push(character),
        '\r' => clean.push(' '),
        _ if is_hidden(character) => push(clean, character),
        _ => clean.push(character),
    }
}

impl Display for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn {}

impl Diagnostic for Drawn {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        (!self.code.is_empty()).then(|| Box::new(&self.code) as Box<dyn Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Advice => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        (!self.related.is_empty())
            .then(|| Box::new(self.related.iter().map(|related| related as &dyn Diagnostic)) as Box<dyn Iterator<Item = &'a dyn Diagnostic>>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style() -> Style {
        Style { colour: false, unicode: false, width: None, zone: chrono_tz::UTC }
    }

    fn at(name: &str, text: &str, word: &str) -> Place {
        let start = text.find(word).unwrap();
        Place { source: Arc::new(SourceText { name: name.into(), text: text.into() }), span: start..start + word.len(), label: None }
    }

    #[test]
    fn the_word_is_underlined() {
        let fault = Fault::new("column::unknown", "no column `Imgee`").with_help("did you mean `Image`?").at(at(
            "a.rhai",
            "let x = 1;\nevents.filter(|e| e.Imgee == 1)\n",
            "Imgee",
        ));
        let expected = "column::unknown\n\n  x no column `Imgee`\n   ,-[a.rhai:2:21]\n 1 | let x = 1;\n 2 | events.filter(|e| e.Imgee == 1)\n   :                     ^^^^^\n   `----\n  help: did you mean `Image`?\n";
        assert_eq!(super::fault(&fault, &style()), expected);
    }

    #[test]
    fn hostile_sources_keep_their_places() {
        let fault = Fault::new("x", "bad \x1b[2J").with_help("none").at(at("a\x1b.rhai", "let s = \"\x1b[31m\u{202e}\"; e.Imgee", "Imgee"));
        let drawn = super::fault(&fault, &style());
        assert!(!drawn.chars().any(|character| is_hidden(character) && character != '\n'), "{drawn}");
        let lines: Vec<&str> = drawn.lines().collect();
        let line = lines.iter().position(|line| line.contains("Imgee")).unwrap();
        assert_eq!(lines[line].find("Imgee"), lines[line + 1].find('^').or_else(|| lines[line + 1].find('|')), "{drawn}");
        let json = fault_json(&fault);
        assert_eq!(serde_json::from_str::<Json>(&json).unwrap()["places"][0]["column"], 21);
    }

    #[test]
    fn imported_places_are_drawn_too() {
        let mut fault = Fault::new("x", "bad").with_help("none").at(at("std/util", "fn hot(e) {\n  e.heed(5)\n}", "heed"));
        fault.related.push(("called here".into(), at("a.rhai", "u::hot(ev)\n", "u::hot")));
        let drawn = super::fault(&fault, &style());
        assert!(
            drawn.contains("std/util:2:5") && drawn.contains("a.rhai:1:1") && drawn.contains("\n  > called here\n") && !drawn.contains("Advice"),
            "{drawn}"
        );
    }
}
