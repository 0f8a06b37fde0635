//! What the text functions of predicates mean, on one text: the definition that every backend is measured by.
//!
//! Case is ignored by comparing [`fold`]ed characters; positions found are always those of whole characters of the original.

use std::borrow::Cow;
use std::collections::HashMap;

use super::fold;

/// A text to look for, folded once.
#[derive(Clone, Debug)]
pub struct Needle {
    text: String,
    cased: bool,
}

impl Needle {
    pub fn new(text: &str, cased: bool) -> Needle {
        Needle { text: if cased { text.to_string() } else { fold(text).into_owned() }, cased }
    }

    /// As it is compared: folded unless case counts.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn is_cased(&self) -> bool {
        self.cased
    }

    /// The form of another text that compares with this one.
    pub fn form<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.cased { Cow::Borrowed(text) } else { fold(text) }
    }

    /// Where it first stands at or after a byte position: start and end in the original text.
    pub fn find(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        let rest = text.get(from..)?;
        self.places(rest).next().map(|(start, end)| (from + start, from + end))
    }

    /// Where it stands, without overlaps: the text is folded once, however often that is. An empty needle stands at the beginning.
    pub fn places<'a>(&'a self, text: &'a str) -> Box<dyn Iterator<Item = (usize, usize)> + 'a> {
        let width = self.text.len();
        if self.cased {
            return Box::new(text.match_indices(&self.text).map(move |(start, _)| (start, start + width)));
        }
        if text.is_ascii() && self.text.is_ascii() {
            let lowered = text.to_ascii_lowercase();
            let finder = memchr::memmem::Finder::new(&self.text);
            let mut from = 0;
            return Box::new(std::iter::from_fn(move || {
                let start = from + finder.find(lowered.as_bytes().get(from..)?)?;
                from = start + width.max(1);
                Some((start, start + width))
            }));
        }
        let mut from = 0;
        Box::new(std::iter::from_fn(move || {
            let rest = text.get(from..)?;
            let starts = rest.char_indices().map(|(start, _)| start).chain([rest.len()]);
            let (start, end) = starts.into_iter().find_map(|start| self.ends_at(&rest[start..]).map(|length| (from + start, from + start + length)))?;
            from = end.max(start + 1);
            Some((start, end))
        }))
    }

    /// How many bytes of the text's beginning are this needle, when it begins so.
    fn ends_at(&self, text: &str) -> Option<usize> {
        let mut left = self.text.as_str();
        for (position, character) in text.char_indices() {
            if left.is_empty() {
                return Some(position);
            }
            left = left.strip_prefix(&*fold(character.encode_utf8(&mut [0; 4])))?;
        }
        left.is_empty().then_some(text.len())
    }
}

/// What stands before the first of the needle.
pub fn before<'a>(text: &'a str, needle: &Needle) -> Option<&'a str> {
    needle.find(text, 0).map(|(start, _)| &text[..start])
}

/// What stands after the first of the needle.
pub fn after<'a>(text: &'a str, needle: &Needle) -> Option<&'a str> {
    needle.find(text, 0).map(|(_, end)| &text[end..])
}

/// What stands between the first needle and the next second one.
pub fn between<'a>(text: &'a str, first: &Needle, second: &Needle) -> Option<&'a str> {
    let (_, start) = first.find(text, 0)?;
    let (end, _) = second.find(text, start)?;
    Some(&text[start..end])
}

/// Every needle replaced; an empty needle changes nothing.
pub fn replace<'a>(text: &'a str, needle: &Needle, with: &str) -> Cow<'a, str> {
    if needle.text.is_empty() || needle.find(text, 0).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(split(text, needle).join(with))
}

/// The parts between the needles; the whole text where there is none.
pub fn split<'a>(text: &'a str, needle: &Needle) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut begin = 0;
    if !needle.text.is_empty() {
        for (start, end) in needle.places(text) {
            parts.push(&text[begin..start]);
            begin = end;
        }
    }
    parts.push(&text[begin..]);
    parts
}

/// Whether a word stands in a text on its own: where it begins or ends with a letter or digit, none comes right before or after. Both as they compare.
pub fn has_word(text: &str, word: &str) -> bool {
    let (Some(first), Some(last)) = (word.chars().next(), word.chars().next_back()) else { return true };
    let apart = |inner: char, outer: Option<char>| !(inner.is_alphanumeric() && outer.is_some_and(char::is_alphanumeric));
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find(word)).map(|found| from + found) {
        let end = start + word.len();
        if apart(first, text[..start].chars().next_back()) && apart(last, text[end..].chars().next()) {
            return true;
        }
        from = start + first.len_utf8();
    }
    false
}

const SLASHES: [char; 2] = ['\\', '/'];

/// The last part of a path, either slash; slashes at its end do not count.
pub fn basename(path: &str) -> &str {
    let path = path.trim_end_matches(SLASHES);
    path.rsplit(SLASHES).next().unwrap_or(path)
}

/// A path without its last part; missing where it has only one.
pub fn dirname(path: &str) -> Option<&str> {
    let path = path.trim_end_matches(SLASHES);
    path.rfind(SLASHES).map(|slash| &path[..slash])
}

/// What follows the last dot of the last part; missing where there is no dot.
pub fn extension(path: &str) -> Option<&str> {
    basename(path).rsplit_once('.').map(|(_, extension)| extension)
}

/// Shannon entropy of the characters, in bits.
pub fn entropy(text: &str) -> f64 {
    let mut counts: [u32; 128] = [0; 128];
    let mut others: HashMap<char, u32> = HashMap::new();
    let mut total = 0u32;
    for character in text.chars() {
        total += 1;
        match counts.get_mut(character as usize) {
            Some(count) => *count += 1,
            None => *others.entry(character).or_default() += 1,
        }
    }
    let mut known: Vec<u32> = counts.into_iter().chain(others.into_values()).filter(|count| *count > 0).collect();
    known.sort_unstable();
    let bits = known.into_iter().map(|count| f64::from(count) / f64::from(total)).map(|part| -part * part.log2()).sum::<f64>();
    bits.max(0.0)
}

/// The text that a Base64 text holds: UTF-16LE (what PowerShell takes) or UTF-8.
pub fn decode_base64(text: &str) -> Option<String> {
    let bytes = base64_bytes(text)?;
    let wide = bytes.len() >= 2 && bytes.len() % 2 == 0;
    let high_zeros = bytes.iter().skip(1).step_by(2).filter(|byte| **byte == 0).count();
    let utf16 = || {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        String::from_utf16(units.strip_prefix(&[0xfeff]).unwrap_or(&units)).ok()
    };
    if wide && (bytes.starts_with(&[0xff, 0xfe]) || high_zeros * 6 >= bytes.len()) {
        return utf16();
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Some(text.trim_start_matches('\u{feff}').to_string()),
        Err(_) if wide => utf16(),
        Err(_) => None,
    }
}

/// Standard and URL alphabets, blanks skipped, padding optional.
fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut held, mut bytes) = (0u32, 0u32, Vec::with_capacity(text.len() / 4 * 3));
    let mut padded = false;
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                padded = true;
                continue;
            }
            _ => return None,
        };
        if padded {
            return None;
        }
        bits = (bits << 6 | u32::from(six)) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    (held < 6 && !bytes.is_empty()).then_some(bytes)
}

/// Edits between two texts: characters put in, taken out, exchanged.
pub fn levenshtein(left: &str, right: &str, cased: bool) -> i64 {
    let edits = if cased { strsim::levenshtein(left, right) } else { strsim::levenshtein(&fold(left), &fold(right)) };
    i64::try_from(edits).unwrap_or(i64::MAX)
}

/// A whole number as people write it: decimal, or hexadecimal after `0x`.
pub fn parse_whole(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(u64::cast_signed),
        None => text.parse().ok(),
    }
}
