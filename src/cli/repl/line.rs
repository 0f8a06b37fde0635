//! The line that is edited: when it is whole, its colours, what could come next.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::SearchDirection;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use super::command::COMMANDS;
use crate::present::clean::escape;
use crate::present::{Style, Tone, cut, toned};
use crate::script::{Paint, Session, is_complete, paint};
use crate::telemetry::{TABLES, TIMELINE};

/// What the editor asks while a line is typed.
pub struct Line {
    pub session: Rc<RefCell<Session>>,
    pub style: Style,
}

impl Helper for Line {}

impl Validator for Line {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let input = context.input();
        let is_whole = input.trim().is_empty() || input.trim_start().starts_with(':') || is_complete(input);
        Ok(if is_whole { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Completer for Line {
    type Candidate = Pair;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let plain = |text: &str| Pair { display: text.into(), replacement: text.into() };
        if let Some(words) = line[..position].strip_prefix(':') {
            return Ok(match words.split_once(' ') {
                None => (1, COMMANDS.iter().map(|(name, ..)| *name).filter(|name| name.starts_with(words)).map(plain).collect()),
                Some(("schema", part)) => (
                    position - part.len(),
                    TABLES.iter().copied().chain([&TIMELINE]).map(|table| table.name).filter(|name| name.starts_with(part)).map(plain).collect(),
                ),
                Some((_, rest)) => {
                    let offset = position - rest.len();
                    let (start, candidates) = self.candidates(rest, rest.len());
                    (offset + start, candidates)
                }
            });
        }
        Ok(self.candidates(line, position))
    }
}

impl Line {
    fn candidates(&self, line: &str, position: usize) -> (usize, Vec<Pair>) {
        let Ok(mut session) = self.session.try_borrow_mut() else { return (position, Vec::new()) };
        let (start, found) = session.complete(line, position);
        let pairs = found.into_iter().map(|candidate| {
            let shown = if candidate.hint.is_empty() { candidate.replacement.clone() } else { format!("{}  {}", candidate.replacement, candidate.hint) };
            // One candidate a line at most: the rest of a long explanation is in `:help`.
            let shown = cut(&escape(&shown), self.style.width.unwrap_or(usize::MAX).saturating_sub(2), self.style.ellipsis());
            Pair { display: shown, replacement: escape(&candidate.replacement).into_owned() }
        });
        (start, pairs.collect())
    }
}

/// The rest of the last input that began like this.
impl Hinter for Line {
    type Hint = String;

    fn hint(&self, line: &str, position: usize, context: &Context<'_>) -> Option<String> {
        if line.is_empty() || position < line.len() || context.history_index() == 0 {
            return None;
        }
        let last = context.history_index().saturating_sub(1);
        let found = context.history().starts_with(line, last, SearchDirection::Reverse).ok().flatten()?;
        let rest = found.entry.get(position..)?;
        (!rest.is_empty() && !rest.contains('\n')).then(|| escape(rest).into_owned())
    }
}

impl Highlighter for Line {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.style.colour || line.starts_with(':') {
            return Cow::Borrowed(line);
        }
        let mut painted = String::with_capacity(line.len() * 2);
        let mut done = 0;
        for (span, kind) in paint(line) {
            let (Some(before), Some(word)) = (line.get(done..span.start), line.get(span.clone())) else { continue };
            painted.push_str(before);
            match tone(kind) {
                // A text may go over several lines, each of which is drawn alone.
                Some(tone) => painted.push_str(&word.split('\n').map(|part| toned(part, tone, &self.style)).collect::<Vec<_>>().join("\n")),
                None => painted.push_str(word),
            }
            done = span.end;
        }
        painted.push_str(line.get(done..).unwrap_or_default());
        Cow::Owned(painted)
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(toned(prompt, Tone::Heading, &self.style))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(toned(hint, Tone::Faint, &self.style))
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.style.colour && kind != CmdKind::MoveCursor
    }
}

fn tone(kind: Paint) -> Option<Tone> {
    match kind {
        Paint::Keyword => Some(Tone::Keyword),
        Paint::Call => Some(Tone::Call),
        Paint::Text => Some(Tone::Text),
        Paint::Number => Some(Tone::Number),
        Paint::Comment => Some(Tone::Faint),
        Paint::Name | Paint::Sign => None,
    }
}
