//! Finding a text in a text without case, for bytes that are ASCII: a scan for the needle's rarest byte, then a look at the rest.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::{memchr, memchr2, memmem};

/// Bytes of paths and command lines, the most frequent first; what is not here is rare.
const FREQUENT: &[u8] = b"esintorac\\d.lmpwu -0h1fg/\"y3b26vx584=97k_:q,jz";

/// One needle, in lower case, to find in any case.
#[derive(Debug)]
pub struct Finder {
    needle: Box<[u8]>,
    /// Where its rarest byte is.
    rare: usize,
    lower: u8,
    upper: u8,
}

impl Finder {
    /// The needle must be ASCII and in lower case.
    pub fn new(needle: &str) -> Finder {
        let bytes = needle.as_bytes();
        let rank = |byte: u8| FREQUENT.iter().position(|known| *known == byte).unwrap_or(FREQUENT.len());
        let rare = (0..bytes.len()).max_by_key(|position| rank(bytes[*position])).unwrap_or(0);
        let lower = bytes.get(rare).copied().unwrap_or(0);
        Finder { needle: bytes.into(), rare, lower, upper: lower.to_ascii_uppercase() }
    }

    pub fn len(&self) -> usize {
        self.needle.len()
    }

    /// Where the needle first begins.
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        let length = self.needle.len();
        if length == 0 {
            return Some(0);
        }
        let last = text.len().checked_sub(length)?;
        let window = &text[self.rare..=last + self.rare];
        let mut from = 0;
        while let Some(found) = self.next_rare(&window[from..]) {
            let start = from + found;
            if text[start..start + length].eq_ignore_ascii_case(&self.needle) {
                return Some(start);
            }
            from = start + 1;
        }
        None
    }

    fn next_rare(&self, window: &[u8]) -> Option<usize> {
        if self.lower == self.upper { memchr(self.lower, window) } else { memchr2(self.lower, self.upper, window) }
    }
}

/// Any of several needles.
#[derive(Debug)]
pub enum Search {
    Nothing,
    One(Box<Finder>),
    Exact(Box<memmem::Finder<'static>>),
    Many(AhoCorasick),
}

impl Search {
    /// Needles in ASCII lower case, found in any case of ASCII letters.
    pub fn folded(needles: &[&str]) -> Search {
        match needles {
            [] => Search::Nothing,
            [needle] => Search::One(Box::new(Finder::new(needle))),
            many => Search::many(many, true),
        }
    }

    /// Needles found as they are.
    pub fn exact(needles: &[&str]) -> Search {
        match needles {
            [] => Search::Nothing,
            [needle] => Search::Exact(Box::new(memmem::Finder::new(needle.as_bytes()).into_owned())),
            many => Search::many(many, false),
        }
    }

    /// An automaton; where even the automaton would be too large, the first needle that is found one by one is not worth a panic.
    fn many(needles: &[&str], any_case: bool) -> Search {
        let kind = (needles.len() <= 500).then_some(AhoCorasickKind::DFA);
        let built = AhoCorasick::builder().ascii_case_insensitive(any_case).kind(kind).build(needles);
        built.map_or(Search::Nothing, Search::Many)
    }

    pub fn is_match(&self, text: &[u8]) -> bool {
        match self {
            Search::Nothing => false,
            Search::One(finder) => finder.find(text).is_some(),
            Search::Exact(finder) => finder.find(text).is_some(),
            Search::Many(automaton) => automaton.is_match(text),
        }
    }
}
