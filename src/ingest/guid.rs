//! Ids that sensors give to processes: GUIDs in most cases, any text in others.

use std::borrow::Cow;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::record::is_missing;

/// An id as the tables spell it: a GUID in braces, anything else as it is.
pub fn spelled(text: &str) -> Option<Cow<'_, str>> {
    let text = text.trim();
    if is_missing(text) || text.bytes().all(|byte| matches!(byte, b'0' | b'-' | b'{' | b'}')) {
        return None;
    }
    Some(if text.starts_with('{') || number_of(text).is_none() { text.into() } else { format!("{{{text}}}").into() })
}

fn number_of(text: &str) -> Option<u128> {
    let mut number = 0u128;
    let mut digits = 0;
    for byte in text.bytes() {
        match byte {
            b'{' | b'}' | b'-' => {}
            _ => {
                number = number << 4 | u128::from(char::from(byte).to_digit(16)?);
                digits += 1;
            }
        }
    }
    (digits == 32 && number != 0).then_some(number)
}

/// An id to look up by, of a fixed size; its text is kept where the number does not tell it.
#[derive(Clone, Debug)]
pub struct Guid {
    pub number: u128,
    text: Option<Arc<str>>,
}

impl Guid {
    pub fn of(text: &str) -> Option<Guid> {
        let text = spelled(text)?;
        match number_of(&text) {
            Some(number) => Some(Guid { number, text: None }),
            None => Some(Guid { number: key(&text)?, text: Some(text.into()) }),
        }
    }

    /// In the sensors' spelling.
    pub fn shown(&self) -> Cow<'_, str> {
        if let Some(text) = &self.text {
            return (**text).into();
        }
        let digits = format!("{:032x}", self.number);
        format!("{{{}-{}-{}-{}-{}}}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]).into()
    }
}

/// The number of an id: its own, or one made of its text.
pub fn key(text: &str) -> Option<u128> {
    let made = || Sha256::digest(text).iter().take(16).fold(0u128, |number, byte| number << 8 | u128::from(*byte));
    number_of(text).or_else(|| spelled(text).map(|_| made()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_known_in_every_spelling_and_other_ids_by_their_text() {
        let text = "{747f3d96-6fb7-5f68-0000-0010cc1e0100}";
        for spelling in [text, "747F3D96-6FB7-5F68-0000-0010CC1E0100"] {
            assert_eq!(Guid::of(spelling).map(|guid| guid.shown().into_owned()).as_deref(), Some(text));
            assert_eq!(key(spelling), key(text));
        }
        assert_eq!(spelled("747f3d96-6fb7-5f68-0000-0010cc1e0100").as_deref(), Some(text));
        let other = "NGM5Yzlj/Y2I5";
        assert_eq!((spelled(other).as_deref(), Guid::of(other).map(|guid| guid.shown().into_owned()).as_deref()), (Some(other), Some(other)));
        assert_eq!(Guid::of(other).map(|guid| guid.number), key(other));
        assert!(Guid::of("{00000000-0000-0000-0000-000000000000}").is_none() && key("-").is_none());
    }
}
