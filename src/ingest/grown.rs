//! A file that was taken before and has grown since: what is new of it is taken, and the rest only passed over.
//!
//! Logs grow at their end, and a transfer that broke off left only a beginning. The manifest has the length and the digest of what was
//! taken; content that begins with it goes on where the last whole line ended.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use memchr::{memchr, memrchr};
use sha2::{Digest, Sha256};

use super::format::{Format, Unit};
use crate::store::{IngestedSource, OpenLine, Place};

/// So much of what was taken is read again, for the clocks that it tells.
const LEAD: u64 = 1 << 20;

/// Content that is hashed while it is read.
pub struct Hashed<'i> {
    input: &'i mut dyn Read,
    hash: Sha256,
    pub bytes: u64,
}

impl<'i> Hashed<'i> {
    pub fn new(input: &'i mut dyn Read) -> Hashed<'i> {
        Hashed { input, hash: Sha256::new(), bytes: 0 }
    }

    /// The digest of what was read so far.
    pub fn digest(&self) -> String {
        self.hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Read for Hashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

/// What the store has of a file: its place in the manifest, how long it was, and where it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Beginning {
    bytes: u64,
    pub from: u64,
    pub index: usize,
}

/// What of the store may go on: by the places that it was found in, and by name, since a folder of logs may have moved.
#[derive(Debug)]
pub struct Earlier<'s> {
    sources: &'s [IngestedSource],
    by_place: BTreeMap<&'s Place, Vec<Beginning>>,
    by_name: BTreeMap<&'s str, Vec<Beginning>>,
}

/// What a stream holds now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Of all that could be read.
    pub digest: String,
    pub bytes: u64,
    /// It could be read to its end.
    pub is_whole: bool,
    /// The longest beginning of it that the store has.
    pub beginning: Option<Beginning>,
}

impl Measured {
    /// Something could be read, or there is nothing: what gives nothing because it is damaged is still to be told of.
    pub fn is_there(&self) -> bool {
        self.is_whole || self.bytes > 0
    }

    pub fn is_known(&self, digests: &BTreeSet<String>) -> bool {
        self.is_there() && digests.contains(&self.digest)
    }
}

impl<'s> Earlier<'s> {
    pub fn new(sources: &'s [IngestedSource]) -> Earlier<'s> {
        let (mut by_place, mut by_name) = (BTreeMap::<&Place, Vec<Beginning>>::new(), BTreeMap::<&str, Vec<Beginning>>::new());
        for (index, source) in sources.iter().enumerate().filter(|(_, source)| source.bytes > 0) {
            let from = source.open.as_ref().map_or(source.bytes, |open| open.from);
            let beginning = Beginning { bytes: source.bytes, from, index };
            by_name.entry(&source.name).or_default().push(beginning);
            source.places.iter().for_each(|place| by_place.entry(place).or_default().push(beginning));
        }
        Earlier { sources, by_place, by_name }
    }

    /// Reads a stream to its end.
    pub fn measure(&self, name: &str, place: &Place, format: &dyn Format, input: &mut dyn Read) -> Measured {
        let mut input = Hashed::new(input);
        let mut longest = None;
        let known = [self.by_place.get(place), self.by_name.get(name)].into_iter().flatten().flatten();
        // From the shortest on.
        let beginnings: BTreeSet<Beginning> = known.copied().filter(|_| format.grows()).collect();
        for beginning in beginnings {
            let rest = beginning.bytes - input.bytes;
            // Damage shows again below; what was read before it counts.
            let _ = io::copy(&mut (&mut input).take(rest), &mut io::sink());
            if input.bytes < beginning.bytes {
                break;
            }
            if self.sources.get(beginning.index).is_some_and(|source| source.digest == input.digest()) {
                longest = Some(beginning);
            }
        }
        let is_whole = io::copy(&mut input, &mut io::sink()).is_ok();
        Measured { digest: input.digest(), bytes: input.bytes, is_whole, beginning: longest }
    }
}

/// Passes over what was taken before; gives back the last whole lines of it.
pub fn pass(input: &mut dyn Read, bytes: u64) -> io::Result<Vec<u8>> {
    let start = bytes.saturating_sub(LEAD);
    io::copy(&mut input.take(start), &mut io::sink())?;
    let mut lead = vec![0; (bytes - start) as usize];
    input.read_exact(&mut lead)?;
    if start > 0 {
        lead.drain(..memchr(b'\n', &lead).map_or(lead.len(), |place| place + 1));
    }
    Ok(lead)
}

/// The last line of a unit, where it has no end: it may be going on when the file is read next.
pub fn last_line(format: &dyn Format, unit: &Unit) -> Option<OpenLine> {
    let start = memrchr(b'\n', &unit.bytes).map_or(0, |place| place + 1);
    let reason = format.unfinished(unit.bytes.get(start..).filter(|line| !line.is_empty())?)?;
    Some(OpenLine { from: unit.offset + start as u64, rejected: vec![(reason, 1)] })
}

/// A grown source in place of what it was: what was wrong only with its end is no longer.
pub fn joined(was: &IngestedSource, mut now: IngestedSource) -> IngestedSource {
    now.records += was.records;
    let mut rejected: BTreeMap<String, u64> = was.rejected.iter().cloned().collect();
    for (reason, count) in was.open.iter().flat_map(|open| &open.rejected) {
        if let Some(before) = rejected.get_mut(reason) {
            *before = before.saturating_sub(*count);
        }
    }
    for (reason, count) in now.rejected {
        *rejected.entry(reason).or_default() += count;
    }
    now.rejected = rejected.into_iter().filter(|(_, count)| *count > 0).collect();
    now.grown = was.grown.iter().chain([&was.digest]).cloned().collect();
    now.places = was.places.clone();
    now
}

#[cfg(test)]
mod tests {
    use super::super::format::FORMATS;
    use super::*;

    fn lines() -> &'static dyn Format {
        *FORMATS.iter().find(|format| format.grows()).expect("a format of lines")
    }

    fn source(name: &str, content: &str, open: Option<OpenLine>) -> IngestedSource {
        let mut bytes = content.as_bytes();
        let digest = Earlier::new(&[]).measure(name, &Place::default(), lines(), &mut bytes).digest;
        IngestedSource { name: name.into(), digest, bytes: content.len() as u64, open, ..IngestedSource::default() }
    }

    #[test]
    fn the_longest_beginning_of_that_name_counts() {
        let open = OpenLine { from: 4, rejected: vec![("cut".into(), 1)] };
        let sources = [source("a", "{1}\n", None), source("a", "{1}\n{2", Some(open)), source("b", "{1}\n{2}\n", None), source("a", "{3}\n", None)];
        let earlier = Earlier::new(&sources);
        let found = |name: &str, content: &str| {
            let measured = earlier.measure(name, &Place::default(), lines(), &mut content.as_bytes());
            measured.beginning.map(|found| (found.index, found.from))
        };
        assert_eq!(found("a", "{1}\n{2}\n{4}\n"), Some((1, 4)));
        assert_eq!(found("a", "{1}\n{5}\n"), Some((0, 4)));
        assert_eq!(found("a", "{1}"), None);
        assert_eq!(found("a", "{6}\n{2}\n"), None);
        assert_eq!(found("c", "{1}\n{2}\n"), None);
    }

    #[test]
    fn what_a_cut_off_line_cost_is_forgotten() {
        let open = Some(OpenLine { from: 4, rejected: vec![("cut".into(), 1)] });
        let was = IngestedSource { records: 2, rejected: vec![("bad".into(), 1), ("cut".into(), 1)], ..source("a", "{1}\n{2", open) };
        let now = IngestedSource { records: 3, rejected: vec![("bad".into(), 1)], ..source("a", "{1}\n{2}\n", None) };
        let joined = joined(&was, now);
        assert_eq!((joined.records, joined.rejected), (5, vec![("bad".into(), 2)]));
        assert_eq!(joined.grown, [was.digest]);
    }

    #[test]
    fn whole_lines_lead_to_what_is_new() {
        assert_eq!(pass(&mut "{1}\n{2}\n".as_bytes(), 4).expect("lines"), b"{1}\n");
        let long = format!("{}\n{{2}}\n", "x".repeat(LEAD as usize));
        assert_eq!(pass(&mut long.as_bytes(), long.len() as u64).expect("lines"), b"{2}\n");
        assert!(pass(&mut "{1}".as_bytes(), 4).is_err());
    }
}
