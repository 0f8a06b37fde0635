//! One raw record, flat: names and texts in one buffer that is used again for the next record.

use memchr::memchr;

use crate::telemetry::mapping::shape::SLOTS;
pub use crate::telemetry::mapping::shape::Slot;

/// Bytes of a record's buffer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    start: u32,
    end: u32,
}

/// A field as it was logged; `None` is null.
#[derive(Clone, Copy, Debug)]
struct Field {
    name: Span,
    value: Option<Span>,
    /// For rules alone: the same value is in the record under another name.
    found: bool,
}

/// More fields than this and the surplus goes, as JSON, into one field of its own.
const MAX_FIELDS: usize = 400;

/// The field that holds the surplus.
pub const SURPLUS: &str = "_surplus";

/// A record being read.
#[derive(Debug, Default)]
pub struct Record {
    text: String,
    fields: Vec<Field>,
    slots: [Option<Span>; SLOTS],
    surplus: String,
    /// The stated time is UTC by the format's own rule; only a gross error is corrected.
    pub states_utc: bool,
    /// The stated time is when a collector read the record.
    pub was_read: bool,
    /// The one sensor that writes such records, in channels of its own.
    pub sensor: Option<&'static str>,
    /// `@Os` and `@Address` tell of the host.
    pub tells_host: bool,
    /// Of a record that names no machine: where its two addresses are, and whether it says of each that it is ours.
    pub ends: Option<[(Option<Span>, Option<bool>); 2]>,
}

impl Record {
    pub fn clear(&mut self) {
        self.text.clear();
        self.fields.clear();
        self.surplus.clear();
        self.slots = [None; SLOTS];
        self.states_utc = false;
        self.was_read = false;
        self.sensor = None;
        self.tells_host = false;
        self.ends = None;
        // One giant record must not keep its buffer for the rest of the run.
        if self.text.capacity() > 8 << 20 {
            self.text = String::new();
        }
    }

    /// Copies a text into the buffer.
    pub fn keep(&mut self, text: &str) -> Span {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Span { start, end: self.text.len() as u32 }
    }

    /// The buffer itself, for a reader that unescapes right into it; `since` gives the span.
    pub fn buffer(&mut self) -> &mut String {
        &mut self.text
    }

    pub fn mark(&self) -> usize {
        self.text.len()
    }

    pub fn since(&self, mark: usize) -> Span {
        Span { start: mark as u32, end: self.text.len() as u32 }
    }

    pub fn text(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// `outer.inner` of two spans.
    pub fn join(&mut self, outer: Span, inner: Span) -> Span {
        let start = self.text.len();
        self.text.extend_from_within(outer.start as usize..outer.end as usize);
        self.text.push('.');
        self.text.extend_from_within(inner.start as usize..inner.end as usize);
        self.since(start)
    }

    /// `inner` of `outer.inner`, where one of these is the outer.
    pub fn without(&self, name: Span, outers: &[&str]) -> Span {
        let text = self.text(name);
        let outer = outers.iter().find(|outer| text.strip_prefix(**outer).is_some_and(|rest| rest.starts_with('.') && rest.len() > 1));
        outer.map_or(name, |outer| Span { start: name.start + outer.len() as u32 + 1, ..name })
    }

    /// What stands behind this beginning of a text, where it begins so.
    pub fn behind(&self, span: Span, beginning: &str) -> Span {
        let begins = self.text(span).strip_prefix(beginning).is_some_and(|rest| !rest.is_empty());
        if begins { Span { start: span.start + beginning.len() as u32, ..span } } else { span }
    }

    /// Adds a field that rules find, and that the record as logged does not have.
    pub fn push_found(&mut self, name: &str, value: Span) {
        let name = self.keep(name);
        self.fields.push(Field { name, value: Some(value), found: true });
    }

    /// Adds a field. A name that is there already keeps its first value; another value gets the name with a number.
    pub fn push(&mut self, name: Span, value: Option<Span>) {
        if self.fields.len() >= MAX_FIELDS {
            return self.push_surplus(name, value);
        }
        if let Some(index) = self.position(name) {
            let old = self.fields[index].value;
            let same = match (old, value) {
                (_, None) => true,
                (None, Some(_)) => {
                    self.fields[index].value = value;
                    true
                }
                (Some(old), Some(new)) => self.text(old) == self.text(new),
            };
            if same {
                return;
            }
            for number in 2.. {
                let other = format!("{}_{number}", self.text(name));
                if self.fields.iter().any(|field| self.text(field.name) == other) {
                    continue;
                }
                let name = self.keep(&other);
                self.fields.push(Field { name, value, found: false });
                return;
            }
        }
        self.fields.push(Field { name, value, found: false });
    }

    fn position(&self, name: Span) -> Option<usize> {
        let (bytes, wanted) = (self.text.as_bytes(), self.text(name).as_bytes());
        self.fields.iter().position(|field| {
            let (start, end) = (field.name.start as usize, field.name.end as usize);
            end - start == wanted.len() && &bytes[start..end] == wanted
        })
    }

    fn push_surplus(&mut self, name: Span, value: Option<Span>) {
        let Some(value) = value else { return };
        let mut surplus = std::mem::take(&mut self.surplus);
        surplus.push(if surplus.is_empty() { '{' } else { ',' });
        surplus.push_str(&serde_json::Value::from(self.text(name)).to_string());
        surplus.push(':');
        surplus.push_str(&serde_json::Value::from(self.text(value)).to_string());
        self.surplus = surplus;
    }

    /// To be called when all fields are in.
    pub fn close(&mut self) {
        if !self.surplus.is_empty() {
            let mut surplus = std::mem::take(&mut self.surplus);
            surplus.push('}');
            let (name, value) = (self.keep(SURPLUS), self.keep(&surplus));
            self.fields.push(Field { name, value: Some(value), found: false });
        }
    }

    pub fn set(&mut self, slot: Slot, span: Option<Span>) {
        self.slots[slot as usize] = span;
    }

    /// Sets a slot to what another holds.
    pub fn copy_slot(&mut self, from: Slot, to: Slot) {
        self.slots[to as usize] = self.slots[from as usize];
    }

    /// What the record says about itself, where it says anything.
    pub fn slot(&self, slot: Slot) -> Option<&str> {
        self.slots[slot as usize].map(|span| self.text(span)).filter(|text| !is_missing(text))
    }

    /// A field's span, for `set`.
    pub fn span(&self, name: &str) -> Option<Span> {
        let field = self.fields.iter().find(|field| self.text(field.name) == name)?;
        field.value.filter(|value| !is_missing(self.text(*value)))
    }

    /// A field that is there and not missing.
    pub fn get(&self, name: &str) -> Option<&str> {
        let bytes = self.text.as_bytes();
        for field in &self.fields {
            let (start, end) = (field.name.start as usize, field.name.end as usize);
            if end - start == name.len()
                && &bytes[start..end] == name.as_bytes()
                && let Some(text) = field.value.map(|value| self.text(value)).filter(|text| !is_missing(text))
            {
                return Some(text);
            }
        }
        None
    }

    /// The first of them that is there.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Whether there is a field of this name, or one inside it, null or not.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| {
            let rest = self.text(field.name).strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// Every field that is not null.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().filter(|field| !field.found).filter_map(|field| field.value.map(|value| (self.text(field.name), self.text(value))))
    }

    /// Every field, null or not.
    pub fn all(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.fields.iter().filter(|field| !field.found).map(|field| (self.text(field.name), field.value.map(|value| self.text(value))))
    }

    /// How many fields there are, nulls too.
    pub fn width(&self) -> usize {
        self.fields.len()
    }
}

/// Nothing, blanks, or a lone dash.
pub fn is_missing(text: &str) -> bool {
    match text.as_bytes() {
        [] | [b'-'] => true,
        [first, ..] if *first > b'-' => false,
        _ => matches!(text.trim(), "" | "-"),
    }
}

/// What a collector puts for characters of XML.
const ESCAPES: [(&str, &str); 5] = [("lt;", "<"), ("gt;", ">"), ("amp;", "&"), ("quot;", "\""), ("apos;", "'")];

/// `&lt;unknown process&gt;` as collectors escape it. One that escapes leaves no bare `&`; a text that has one comes back as it is.
pub fn unescape(text: &str) -> std::borrow::Cow<'_, str> {
    let Some(first) = memchr(b'&', text.as_bytes()) else { return text.into() };
    let mut out = String::new();
    let (mut rest, mut place) = (text, Some(first));
    while let Some(at) = place {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let Some((escape, character)) = ESCAPES.iter().find(|(escape, _)| after.starts_with(escape)) else { return text.into() };
        out.push_str(before);
        out.push_str(character);
        rest = &after[escape.len()..];
        place = memchr(b'&', rest.as_bytes());
    }
    out.push_str(rest);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_escaped_texts_are_unescaped() {
        for (text, expected) in [
            ("&lt;unknown process&gt;", "<unknown process>"),
            ("1&amp;84&amp;0", "1&84&0"),
            ("a 2&gt;&amp;1", "a 2>&1"),
            ("& $x &lt;", "& $x &lt;"),
            ("&amp;lt;", "&lt;"),
            ("a&", "a&"),
            ("plain", "plain"),
        ] {
            assert_eq!(unescape(text), expected);
        }
    }
}
