//! Texts of two bytes a character, as Windows tools write them, become UTF-8 before any format reads them.

use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding, UTF_16BE, UTF_16LE};

/// Raw bytes read at once.
const PIECE: usize = 64 << 10;

/// The encoding of a text that begins with its mark, or whose first characters leave every second byte empty.
pub fn of(head: &[u8]) -> Option<&'static Encoding> {
    match head {
        [0xff, 0xfe, first, second, ..] if (*first, *second) != (0, 0) => return Some(UTF_16LE),
        [0xfe, 0xff, ..] => return Some(UTF_16BE),
        _ => {}
    }
    let start = head.get(..16)?;
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let (even, odd): (Vec<u8>, Vec<u8>) = (start.iter().step_by(2).copied().collect(), start.iter().skip(1).step_by(2).copied().collect());
    if odd.iter().all(|byte| *byte == 0) && even.iter().all(is_text) {
        Some(UTF_16LE)
    } else if even.iter().all(|byte| *byte == 0) && odd.iter().all(is_text) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// A stream in UTF-8. What is no character becomes the sign for that.
pub struct Utf8<'i> {
    input: &'i mut dyn Read,
    decoder: Decoder,
    out: String,
    at: usize,
    ended: bool,
}

impl<'i> Utf8<'i> {
    pub fn new(input: &'i mut dyn Read, encoding: &'static Encoding) -> Utf8<'i> {
        Utf8 { input, decoder: encoding.new_decoder_with_bom_removal(), out: String::new(), at: 0, ended: false }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        let count = self.input.read(&mut piece)?;
        self.ended = count == 0;
        self.out.clear();
        self.at = 0;
        self.out.reserve(self.decoder.max_utf8_buffer_length(count).unwrap_or(PIECE * 3));
        let _ = self.decoder.decode_to_string(&piece[..count], &mut self.out, self.ended);
        Ok(())
    }
}

impl Read for Utf8<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.out.len() && !self.ended {
            self.fill()?;
        }
        let rest = &self.out.as_bytes()[self.at..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_are_read_with_and_without_their_mark() {
        let text = "{\"name\":\"b\u{1f600}c\"}\nnext line";
        for (is_little, mark) in [(true, true), (true, false), (false, true), (false, false)] {
            let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
            let bytes: Vec<u8> = units.flat_map(|unit: u16| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect();
            let mut out = String::new();
            let encoding = of(&bytes).unwrap();
            Utf8::new(&mut bytes.as_slice(), encoding).read_to_string(&mut out).unwrap();
            assert_eq!(out, text);
        }
        assert!(of(text.as_bytes()).is_none() && of(b"ElfFile\0\0\0\0\0\0\0\0\0\0").is_none());
    }
}
