//! `like` over ASCII text: the runs between the stars, each looked for in turn.

use super::search::Finder;

/// A pattern of `*` and `?` in lower case.
#[derive(Debug)]
pub struct Glob {
    /// What must stand at the beginning and the end; the same one run, when there is no star.
    first: Run,
    middle: Vec<Run>,
    last: Option<Run>,
    /// The least bytes that fit.
    least: usize,
}

#[derive(Debug)]
enum Run {
    Plain(Finder, Box<[u8]>),
    /// Holds `?`.
    Wild(Box<[u8]>),
}

impl Glob {
    /// The pattern must be ASCII and in lower case.
    pub fn new(pattern: &str) -> Glob {
        let mut parts = pattern.split('*');
        let first = Run::new(parts.next().unwrap_or_default());
        let mut middle: Vec<Run> = parts.map(Run::new).collect();
        let last = middle.pop();
        middle.retain(|run| run.len() > 0);
        let least = first.len() + middle.iter().map(Run::len).sum::<usize>() + last.as_ref().map_or(0, Run::len);
        Glob { first, middle, last, least }
    }

    /// Whether the whole ASCII text fits.
    pub fn is_match(&self, text: &[u8]) -> bool {
        let Some(last) = &self.last else { return text.len() == self.least && self.first.fits(text) };
        if text.len() < self.least {
            return false;
        }
        let (head, rest) = text.split_at(self.first.len());
        let (mut rest, tail) = rest.split_at(rest.len() - last.len());
        if !last.fits(tail) || !self.first.fits(head) {
            return false;
        }
        self.middle.iter().all(|run| match run.find(rest) {
            Some(start) => {
                rest = &rest[start + run.len()..];
                true
            }
            None => false,
        })
    }
}

impl Run {
    fn new(text: &str) -> Run {
        if text.contains('?') { Run::Wild(text.as_bytes().into()) } else { Run::Plain(Finder::new(text), text.as_bytes().into()) }
    }

    fn len(&self) -> usize {
        match self {
            Run::Plain(finder, _) => finder.len(),
            Run::Wild(bytes) => bytes.len(),
        }
    }

    /// Whether it fits a text of its own length.
    fn fits(&self, text: &[u8]) -> bool {
        match self {
            Run::Plain(_, bytes) => text.eq_ignore_ascii_case(bytes),
            Run::Wild(bytes) => bytes.iter().zip(text).all(|(wanted, given)| *wanted == b'?' || given.to_ascii_lowercase() == *wanted),
        }
    }

    fn find(&self, text: &[u8]) -> Option<usize> {
        match self {
            Run::Plain(finder, _) => finder.find(text),
            Run::Wild(bytes) => text.windows(bytes.len()).position(|window| self.fits(window)),
        }
    }
}
