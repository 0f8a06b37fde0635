//! A JSON reader that copies scalars as they are written into a [`Record`], without a tree and without allocations.

use memchr::{memchr, memchr2};

use super::record::{Record, Span};
use crate::telemetry::mapping::shape::Nested;

/// Where a text stops being JSON, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub at: usize,
    pub reason: &'static str,
}

/// Nesting beyond this is refused.
const MAX_DEPTH: u32 = 64;
/// Objects deeper than this stay one field, their JSON.
const MAX_SPREAD: u32 = 12;

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Null,
    Text,
    /// Number, true, false.
    Plain,
    Object,
    Array,
}

/// A place in a text.
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Reader<'a> {
        Reader { text, at: 0 }
    }

    fn fault<T>(&self, reason: &'static str) -> Result<T, Fault> {
        Err(Fault { at: self.at, reason })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Nothing but blanks may be left.
    pub fn finish(&mut self) -> Result<(), Fault> {
        self.skip_blanks();
        if self.at == self.text.len() { Ok(()) } else { self.fault("text after the record") }
    }

    fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), Fault> {
        self.skip_blanks();
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            self.fault(reason)
        }
    }

    pub fn kind(&mut self) -> Result<Kind, Fault> {
        self.skip_blanks();
        match self.peek() {
            Some(b'"') => Ok(Kind::Text),
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'n') => Ok(Kind::Null),
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => Ok(Kind::Plain),
            _ => self.fault("a value was expected"),
        }
    }

    /// Calls `each` at every value of an object, with the key.
    pub fn object(&mut self, record: &mut Record, each: &mut dyn FnMut(&mut Reader<'a>, &mut Record, Span) -> Result<(), Fault>) -> Result<(), Fault> {
        self.expect(b'{', "an object was expected")?;
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return self.fault("a key was expected");
            }
            let key = self.string(record)?;
            self.expect(b':', "a colon was expected")?;
            each(self, record, key)?;
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fault("a comma or the end of the object was expected"),
            }
        }
    }

    /// Calls `each` at every value of an array.
    pub fn array(&mut self, record: &mut Record, each: &mut dyn FnMut(&mut Reader<'a>, &mut Record) -> Result<(), Fault>) -> Result<(), Fault> {
        self.expect(b'[', "an array was expected")?;
        self.skip_blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            each(self, record)?;
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fault("a comma or the end of the array was expected"),
            }
        }
    }

    /// One value into the record: the text of a scalar, compact JSON of anything nested, nothing for null.
    pub fn value(&mut self, record: &mut Record) -> Result<Option<Span>, Fault> {
        match self.kind()? {
            Kind::Null => self.word("null").map(|()| None),
            Kind::Text => self.string(record).map(Some),
            Kind::Plain => {
                let start = self.at;
                self.plain()?;
                let text = &self.text[start..self.at];
                Ok(Some(record.keep(text)))
            }
            Kind::Object | Kind::Array => {
                let mark = record.mark();
                self.nested(record.buffer(), 0)?;
                Ok(Some(record.since(mark)))
            }
        }
    }

    /// The fields of an object into the record; what becomes of objects inside is for the shape to say.
    pub fn fields(&mut self, record: &mut Record, nested: Nested) -> Result<(), Fault> {
        match nested {
            Nested::Kept => self.object(record, &mut |reader, record, key| {
                let value = reader.value(record)?;
                record.push(key, value);
                Ok(())
            }),
            Nested::Spread(bare) => self.spread(record, None, bare, 0),
        }
    }

    fn spread(&mut self, record: &mut Record, outer: Option<Span>, bare: &[&str], depth: u32) -> Result<(), Fault> {
        self.object(record, &mut |reader, record, key| {
            let name = outer.map_or(key, |outer| record.join(outer, key));
            if reader.kind()? == Kind::Object && depth < MAX_SPREAD && !reader.is_empty_object() {
                return reader.spread(record, Some(name), bare, depth + 1);
            }
            let value = reader.value(record)?;
            record.push(record.without(name, bare), value);
            Ok(())
        })
    }

    fn is_empty_object(&self) -> bool {
        self.text[self.at + 1..].trim_start().starts_with('}')
    }

    fn word(&mut self, word: &'static str) -> Result<(), Fault> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            self.fault("a value was expected")
        }
    }

    /// Passes a number, `true` or `false`.
    fn plain(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b't') => return self.word("true"),
            Some(b'f') => return self.word("false"),
            Some(b'n') => return self.word("null"),
            _ => {}
        }
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        let digits = self.text.as_bytes()[start..self.at].iter().any(u8::is_ascii_digit);
        if digits { Ok(()) } else { self.fault("a value was expected") }
    }

    /// Copies a nested value without its blanks.
    fn nested(&mut self, out: &mut String, depth: u32) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return self.fault("nested too deeply");
        }
        let (open, close) = if self.peek() == Some(b'{') { (b'{', b'}') } else { (b'[', b']') };
        out.push(char::from(open));
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(close) {
            self.at += 1;
            out.push(char::from(close));
            return Ok(());
        }
        loop {
            self.skip_blanks();
            if open == b'{' {
                if self.peek() != Some(b'"') {
                    return self.fault("a key was expected");
                }
                self.raw_string(out)?;
                self.expect(b':', "a colon was expected")?;
                out.push(':');
            }
            match self.kind()? {
                Kind::Object | Kind::Array => self.nested(out, depth + 1)?,
                Kind::Text => self.raw_string(out)?,
                Kind::Null | Kind::Plain => {
                    let start = self.at;
                    self.plain()?;
                    out.push_str(&self.text[start..self.at]);
                }
            }
            self.skip_blanks();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    out.push(',');
                }
                Some(byte) if byte == close => {
                    self.at += 1;
                    out.push(char::from(close));
                    return Ok(());
                }
                _ => return self.fault("a comma or the end of the value was expected"),
            }
        }
    }

    /// The end of the string that starts here: the place of its closing quote, and whether it has escapes.
    fn string_end(&self) -> Result<(usize, bool), Fault> {
        let bytes = self.text.as_bytes();
        let (mut from, mut escaped) = (self.at + 1, false);
        while let Some(found) = bytes.get(from..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
            let place = from + found;
            if bytes[place] == b'"' {
                return Ok((place, escaped));
            }
            escaped = true;
            from = place + 2;
        }
        self.fault("a text without an end")
    }

    fn raw_string(&mut self, out: &mut String) -> Result<(), Fault> {
        let (end, _) = self.string_end()?;
        out.push_str(&self.text[self.at..=end]);
        self.at = end + 1;
        Ok(())
    }

    /// A string into the record, unescaped.
    fn string(&mut self, record: &mut Record) -> Result<Span, Fault> {
        let (end, escaped) = self.string_end()?;
        let inner = &self.text[self.at + 1..end];
        let mark = record.mark();
        if escaped {
            self.unescape(inner, record.buffer())?;
        } else {
            record.buffer().push_str(inner);
        }
        self.at = end + 1;
        Ok(record.since(mark))
    }

    fn unescape(&self, mut text: &str, out: &mut String) -> Result<(), Fault> {
        while let Some(place) = memchr(b'\\', text.as_bytes()) {
            out.push_str(&text[..place]);
            let escape = text.as_bytes().get(place + 1).copied();
            // What is escaped may be any character, of any length.
            text = text.get(place + 2..).unwrap_or_default();
            let plain = match escape {
                Some(b'n') => '\n',
                Some(b't') => '\t',
                Some(b'r') => '\r',
                Some(b'b') => '\u{8}',
                Some(b'f') => '\u{c}',
                Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
                Some(b'u') => {
                    let unit = hex4(text).ok_or(Fault { at: self.at, reason: "a damaged \\u escape" })?;
                    text = &text[4..];
                    let low = text.strip_prefix("\\u").and_then(hex4);
                    match (unit, low) {
                        (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                            text = &text[6..];
                            char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).unwrap_or(char::REPLACEMENT_CHARACTER)
                        }
                        _ => char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER),
                    }
                }
                _ => return Err(Fault { at: self.at, reason: "an unknown escape in a text" }),
            };
            out.push(plain);
        }
        out.push_str(text);
        Ok(())
    }
}

fn hex4(text: &str) -> Option<u32> {
    let digits = text.get(..4)?;
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) { u32::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, Fault> {
        let mut record = Record::default();
        let mut reader = Reader::new(text);
        reader.object(&mut record, &mut |reader, record, key| {
            let value = reader.value(record)?;
            record.push(key, value);
            Ok(())
        })?;
        reader.finish()?;
        Ok(record.fields().map(|(name, value)| (name.to_string(), value.to_string())).collect())
    }

    #[test]
    fn scalars_stay_as_written() {
        let fields = read(r#" {"a":1.50,"b":"x\\y\ud83d\ude00\u0041","c":null,"d":[1, {"k" : "v\"" }],"a":2,"a":1.50,"e":-9223372036854775808} "#);
        let expected = [("a", "1.50"), ("b", "x\\y😀A"), ("d", r#"[1,{"k":"v\""}]"#), ("a_2", "2"), ("e", "-9223372036854775808")];
        assert_eq!(fields, Ok(expected.map(|(name, value)| (name.to_string(), value.to_string())).to_vec()));
    }

    #[test]
    fn broken_texts_are_refused() {
        for text in [
            "",
            "{",
            "{\"a\"",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":1}x",
            "{\"a\":\"\\",
            "{\"a\":\"\\q\"}",
            "{\"a\":\"\\u12\"}",
            "[1]",
            "{\"a\":nul}",
            "{\"a\":[1,}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert!(read(&deep).is_err());
    }
}
