//! Data of a record that a collector kept as one text, JSON or XML: its fields join those of the record.

use super::json::Reader;
use super::record::Record;

/// The field in which collectors keep the data of a Windows record, which are the record's own.
const DATA: &str = "EventData";
/// The field in which Defender for Endpoint keeps what only some actions have; as where it is an object, their names tell what they are in.
const MORE: &str = "AdditionalFields";

/// Takes the texts apart, where there are any. The texts themselves stay too.
pub fn spread(record: &mut Record) {
    if let Some(text) = record.get(DATA) {
        let text = text.trim().to_string();
        match text.as_bytes() {
            [b'{', ..] => spread_json(&text, None, record),
            [b'<', ..] => spread_xml(&text, record),
            _ => {}
        }
    }
    if let Some(text) = record.get(MORE).map(str::trim).filter(|text| text.starts_with('{')).map(str::to_string) {
        spread_json(&text, Some(MORE), record);
    }
}

fn spread_json(text: &str, outer: Option<&str>, record: &mut Record) {
    let outer = outer.map(|outer| record.keep(outer));
    // What is no JSON after all stays a text; what was read before that shows is as logged.
    let _ = Reader::new(text).object(record, &mut |reader, record, key| {
        let value = reader.value(record)?;
        let name = outer.map_or(key, |outer| record.join(outer, key));
        record.push(name, value);
        Ok(())
    });
}

/// `<Data Name="A">b</Data>`, one after the other; other elements hold none of it.
fn spread_xml(mut text: &str, record: &mut Record) {
    while let Some(place) = text.find("<Data") {
        text = &text[place + "<Data".len()..];
        let Some((head, rest)) = text.split_once('>') else { return };
        if !head.starts_with(char::is_whitespace) {
            continue;
        }
        text = rest;
        let (value, rest) = if head.ends_with('/') { ("", text) } else { text.split_once("</Data>").unwrap_or((text, "")) };
        text = rest;
        if let Some(name) = attribute(head.trim_end_matches('/')) {
            let (name, value) = (record.keep(&resolved(name)), record.keep(&resolved(value)));
            record.push(name, Some(value));
        }
    }
}

fn attribute(head: &str) -> Option<&str> {
    let (_, value) = head.split_once("Name=")?;
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split_once(quote).map(|(name, _)| name)
}

/// With characters for the five names and the numbers that XML has for them.
fn resolved(mut text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    while let Some(place) = text.find('&') {
        out.push_str(&text[..place]);
        text = &text[place..];
        let found = text[1..].split_once(';').filter(|(name, _)| name.len() <= 8).and_then(|(name, rest)| Some((character(name)?, rest)));
        match found {
            Some((character, rest)) => {
                out.push(character);
                text = rest;
            }
            None => {
                out.push('&');
                text = &text[1..];
            }
        }
    }
    out.push_str(text);
    out
}

fn character(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spreads(data: &str) -> Vec<(String, String)> {
        spreads_in(DATA, data)
    }

    fn spreads_in(field: &str, data: &str) -> Vec<(String, String)> {
        let mut record = Record::default();
        for (name, value) in [("Task", "1"), (field, data)] {
            let (name, value) = (record.keep(name), record.keep(value));
            record.push(name, Some(value));
        }
        spread(&mut record);
        record.fields().filter(|(name, _)| *name != field && *name != "Task").map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn json_and_xml_give_their_fields() {
        let expected = [("ProcessId", "0x1c"), ("Image", "C:\\a & b.exe"), ("Task_2", "7")].map(|(name, value)| (name.to_string(), value.to_string()));
        assert_eq!(spreads(r#"{"ProcessId":"0x1c","Image":"C:\\a & b.exe","Task":7}"#), expected);
        let xml = "<EventData xmlns=\"http://x\">\r\n  <Data Name=\"ProcessId\">0x1c</Data>\r\n  <Data Name=\"Image\">C:\\a &amp; b.exe</Data>\r\n  \
                   <Data Name='Task'>7</Data>\r\n</EventData>";
        assert_eq!(spreads(xml), expected);
        assert_eq!(
            spreads("<EventData><Data Name=\"A\"/><DataX>1</DataX><Data>none</Data><Data Name=\"B\">&#65;&#x42;&x;&</Data></EventData>"),
            [("A".to_string(), String::new()), ("B".to_string(), "AB&x;&".to_string())]
        );
    }

    #[test]
    fn what_only_some_actions_have_keeps_its_name() {
        let expected = [("AdditionalFields.Task", "7"), ("AdditionalFields.List", "[1]")].map(|(name, value)| (name.to_string(), value.to_string()));
        assert_eq!(spreads_in(MORE, r#"{"Task":7,"List":[1]}"#), expected);
        assert!(spreads_in(MORE, "<Data Name=\"A\">b</Data>").is_empty());
    }

    #[test]
    fn broken_texts_harm_nothing() {
        for text in ["{", "{\"a\"", "<", "<Data", "<Data Name=", "<Data Name=\"a", "<Data Name=\"", "plain"] {
            assert!(spreads(text).is_empty(), "{text}");
        }
        assert_eq!(spreads("<Data Name=\"a\">b"), [("a".to_string(), "b".to_string())]);
    }
}
