//! What could stand inside a text that is being typed: machines, clients, the words of an option, columns.

use super::Candidate;
use super::builtins::{Collection, option_words};
use super::complete::{candidate, columns_of, every_column, last_expression, open_bracket, value_of};
use super::session::Inner;

/// Verbs of a collection whose texts are no columns.
const NO_COLUMN: [&str; 5] = ["to_csv", "to_json", "to_parquet", "derive", "cased"];
/// Free functions whose first text is a column.
const OF_COLUMNS: [&str; 12] = ["Histogram", "n_unique", "min", "max", "mean", "median", "std", "sum", "first", "last", "list", "quantile"];

/// Where the text that the cursor is in begins, behind its quote.
pub(super) fn open_text(before: &str) -> Option<usize> {
    let mut open = None;
    let mut escaped = false;
    for (at, character) in before.char_indices() {
        match (open, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some((mark, _)), character) if mark == character => open = None,
            (Some(_), _) => {}
            (None, '"' | '`') => open = Some((character, at + 1)),
            (None, _) => {}
        }
    }
    open.filter(|(mark, _)| *mark == '"').map(|(_, start)| start)
}

/// What fits there; `head` ends before the quote.
pub(super) fn offered(inner: &mut Inner, head: &str) -> Vec<Candidate> {
    let Some(slot) = Slot::of(head) else { return Vec::new() };
    match (slot.call, slot.key) {
        ("Machine", None | Some("name" | "muid")) | (_, Some("muid")) => machines(inner),
        ("Client", None | Some("client_id")) => clients(inner),
        (call, Some(key)) => option_words(call, key).into_iter().map(|word| candidate(word, key)).collect(),
        (call, None) if NO_COLUMN.contains(&call) => Vec::new(),
        (call, None) => match slot.receiver.map(|receiver| value_of(inner, receiver)) {
            Some(value) => value.and_then(|value| value.read_lock::<Collection>().map(|rows| columns_of(&rows.schema))).unwrap_or_default(),
            None if OF_COLUMNS.contains(&call) => every_column(),
            None => Vec::new(),
        },
    }
}

/// The call, and the key of its map, that a text is an argument of.
struct Slot<'a> {
    call: &'a str,
    key: Option<&'a str>,
    receiver: Option<&'a str>,
}

impl<'a> Slot<'a> {
    fn of(head: &'a str) -> Option<Slot<'a>> {
        let is_argument = |text: &str| text.ends_with(['(', '[', ',', ':']);
        let mut text = head.trim_end();
        let mut open = open_bracket(text).filter(|_| is_argument(text))?;
        if text[open..].starts_with('[') {
            text = text[..open].trim_end();
            open = open_bracket(text).filter(|_| is_argument(text))?;
        }
        let mut key = None;
        if text[open..].starts_with('{') {
            key = Some(last_word(text[open + 1..].strip_suffix(':')?.trim_end()));
            text = text[..open].trim_end().strip_suffix('#')?.trim_end();
            open = open_bracket(text)?;
        }
        let before = text[open..].starts_with('(').then(|| text[..open].trim_end())?;
        let call = last_word(before);
        let receiver = before[..before.len() - call.len()].trim_end().strip_suffix('.').map(last_expression);
        (!call.is_empty()).then_some(Slot { call, key, receiver })
    }
}

fn last_word(text: &str) -> &str {
    let is_sign = |character: char| !(character.is_alphanumeric() || character == '_');
    text.char_indices().rev().find(|(_, character)| is_sign(*character)).map_or(text, |(at, sign)| &text[at + sign.len_utf8()..])
}

fn machines(inner: &Inner) -> Vec<Candidate> {
    let Ok(inventory) = inner.run.inventory() else { return Vec::new() };
    inventory.machines.iter().map(|machine| candidate(&machine.name, machine.local_ip.as_deref().unwrap_or("machine"))).collect()
}

fn clients(inner: &Inner) -> Vec<Candidate> {
    let Ok(inventory) = inner.run.inventory() else { return Vec::new() };
    inventory.machines.iter().map(|machine| candidate(&machine.client_id, "client")).chain([candidate("all", "every client")]).collect()
}
