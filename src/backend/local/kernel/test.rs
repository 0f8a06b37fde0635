//! Text tests against patterns that are known beforehand: read once, then asked cell by cell.
//!
//! ASCII cells, nearly all, are searched as they are; any other cell is folded first.

use std::collections::HashSet;
use std::net::IpAddr;

use regex::Regex;
use regex::bytes::{Regex as AsciiRegex, RegexBuilder as AsciiRegexBuilder};

use super::glob::Glob;
use super::search::Search;
use crate::plan::pattern;
use crate::plan::text::{self, Needle};
use crate::plan::{Pattern, fold};
use crate::telemetry::address::{Network, is_public};

/// A test of a text, with its patterns: any of them.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)]
pub enum TextTest {
    Equal(Box<Equal>),
    Contains { ascii: Search, needles: Vec<Needle> },
    Has { ascii: Search, needles: Vec<Needle> },
    StartsWith(Vec<Needle>),
    EndsWith(Vec<Needle>),
    Like(Vec<Like>),
    Matches(Vec<Matches>),
    Network(Vec<Network>),
    Public,
    Private,
}

/// Equal to one of these texts.
#[derive(Debug)]
pub struct Equal {
    cased: bool,
    texts: HashSet<Box<str>>,
    /// The only text, when it is one and ASCII.
    only: Option<Box<str>>,
    /// Bytes that a cell may have: a character folds to a third of its bytes at least, and to three times at most.
    least: usize,
    most: usize,
}

#[derive(Debug)]
pub struct Like {
    ascii: Option<Glob>,
    regex: Regex,
    cased: bool,
}

#[derive(Debug)]
pub struct Matches {
    ascii: Option<AsciiRegex>,
    regex: Regex,
}

impl TextTest {
    /// The test of a function with its patterns; patterns that can't be read match nothing.
    pub fn new(test: Pattern, patterns: &[&str], cased: bool) -> TextTest {
        let needles = || patterns.iter().map(|pattern| Needle::new(pattern, cased)).collect::<Vec<_>>();
        match test {
            Pattern::Contains => {
                let needles = needles();
                TextTest::Contains { ascii: anywhere(&needles, cased), needles }
            }
            Pattern::Has => {
                let needles = needles();
                TextTest::Has { ascii: anywhere(&needles, cased), needles }
            }
            Pattern::StartsWith => TextTest::StartsWith(needles()),
            Pattern::EndsWith => TextTest::EndsWith(needles()),
            Pattern::Like => TextTest::Like(needles().iter().filter_map(Like::new).collect()),
            Pattern::Matches => TextTest::Matches(patterns.iter().filter_map(|pattern| Matches::new(pattern, cased)).collect()),
            Pattern::InCidr => TextTest::Network(patterns.iter().filter_map(|pattern| Network::parse(pattern)).collect()),
        }
    }

    /// Equality with any of the texts.
    pub fn equal(texts: &[&str], cased: bool) -> TextTest {
        let texts: HashSet<Box<str>> = texts.iter().map(|text| if cased { Box::from(*text) } else { fold(text).into_owned().into_boxed_str() }).collect();
        let only = texts.iter().next().filter(|text| texts.len() == 1 && text.is_ascii()).cloned();
        let least = texts.iter().map(|text| text.len() / 3).min().unwrap_or(0);
        let most = texts.iter().map(|text| text.len() * 3).max().unwrap_or(0);
        TextTest::Equal(Box::new(Equal { cased, texts, only, least, most }))
    }

    /// Whether asking costs more than remembering answers does.
    pub fn is_costly(&self) -> bool {
        match self {
            TextTest::Equal(equal) => equal.only.is_none(),
            TextTest::StartsWith(needles) | TextTest::EndsWith(needles) => needles.len() > 2,
            TextTest::Contains { .. }
            | TextTest::Has { .. }
            | TextTest::Like(_)
            | TextTest::Matches(_)
            | TextTest::Network(_)
            | TextTest::Public
            | TextTest::Private => true,
        }
    }

    pub fn holds(&self, text: &str) -> bool {
        match self {
            TextTest::Equal(equal) => equal.holds(text),
            TextTest::Contains { ascii, needles } => {
                if ascii.is_match(text.as_bytes()) {
                    return true;
                }
                let cased = needles.first().is_some_and(Needle::is_cased);
                !cased && !text.is_ascii() && folded(text, |text| needles.iter().any(|needle| text.contains(needle.text())))
            }
            TextTest::Has { ascii, needles } => {
                // What isn't there at all is no word.
                let cased = needles.first().is_some_and(Needle::is_cased);
                let may = ascii.is_match(text.as_bytes()) || (!cased && !text.is_ascii());
                may && needles.iter().any(|needle| text::has_word(&needle.form(text), needle.text()))
            }
            TextTest::StartsWith(needles) => any_needle(text, needles, |text, length| text.get(..length), |text, needle| text.starts_with(needle)),
            TextTest::EndsWith(needles) => {
                let end = |text: &'_ [u8], length: usize| text.len().checked_sub(length);
                any_needle(text, needles, |text, length| end(text, length).map(|start| &text[start..]), |text, needle| text.ends_with(needle))
            }
            TextTest::Like(patterns) => patterns.iter().any(|pattern| pattern.holds(text)),
            TextTest::Matches(patterns) => patterns.iter().any(|pattern| pattern.holds(text)),
            TextTest::Network(networks) => address(text).is_some_and(|address| networks.iter().any(|network| network.contains(address))),
            TextTest::Public => address(text).is_some_and(is_public),
            TextTest::Private => address(text).is_some_and(|address| !is_public(address)),
        }
    }
}

/// Whether any of the needles is somewhere in a text that is ASCII, or, where case counts, in any text.
fn anywhere(needles: &[Needle], cased: bool) -> Search {
    let texts: Vec<&str> = needles.iter().map(Needle::text).collect();
    let ascii: Vec<&str> = texts.iter().copied().filter(|text| text.is_ascii()).collect();
    if cased { Search::exact(&texts) } else { Search::folded(&ascii) }
}

impl Equal {
    fn holds(&self, text: &str) -> bool {
        if text.len() < self.least || text.len() > self.most {
            return false;
        }
        if self.cased {
            return self.texts.contains(text);
        }
        match &self.only {
            Some(only) if text.len() == only.len() && text.eq_ignore_ascii_case(only) => true,
            Some(_) if text.is_ascii() => false,
            _ => folded(text, |text| self.texts.contains(text)),
        }
    }
}

impl Like {
    fn new(needle: &Needle) -> Option<Like> {
        let cased = needle.is_cased();
        let ascii = (needle.text().is_ascii() && !cased).then(|| Glob::new(needle.text()));
        pattern::like(needle.text(), true).ok().map(|regex| Like { ascii, regex, cased })
    }

    fn holds(&self, text: &str) -> bool {
        match &self.ascii {
            Some(glob) if text.is_ascii() => glob.is_match(text.as_bytes()),
            _ if self.cased => self.regex.is_match(text),
            _ => folded(text, |text| self.regex.is_match(text)),
        }
    }
}

impl Matches {
    /// Over ASCII text a regular expression without Unicode classes means the same and is searched much faster.
    fn new(text: &str, cased: bool) -> Option<Matches> {
        let regex = pattern::regex(text, cased).ok()?;
        let ascii = text.is_ascii().then(|| AsciiRegexBuilder::new(text).case_insensitive(!cased).unicode(false).size_limit(4 << 20).build().ok()).flatten();
        Some(Matches { ascii, regex })
    }

    fn holds(&self, text: &str) -> bool {
        match &self.ascii {
            Some(ascii) if text.is_ascii() => ascii.is_match(text.as_bytes()),
            _ => self.regex.is_match(text),
        }
    }
}

fn folded(text: &str, test: impl Fn(&str) -> bool) -> bool {
    test(&fold(text))
}

/// One end of the text against each needle: bytes first, the folded text where it is not ASCII.
fn any_needle<'t>(text: &'t str, needles: &[Needle], end: impl Fn(&'t [u8], usize) -> Option<&'t [u8]>, test: impl Fn(&str, &str) -> bool) -> bool {
    let plain = |needle: &Needle| {
        let wanted = needle.text().as_bytes();
        let given = end(text.as_bytes(), wanted.len());
        given.is_some_and(|given| if needle.is_cased() { given == wanted } else { given.eq_ignore_ascii_case(wanted) })
    };
    if needles.iter().any(plain) {
        return true;
    }
    let cased = needles.first().is_some_and(Needle::is_cased);
    !cased && !text.is_ascii() && folded(text, |text| needles.iter().any(|needle| test(text, needle.text())))
}

fn address(text: &str) -> Option<IpAddr> {
    text.trim().parse().ok()
}
