//! What becomes of what the store has, now that the files on disk were looked at: the rows of a content stay as long as a file may still hold it.
//!
//! A file that was rewritten gives up what it held before. Where nobody else was seen with that, its rows go in the same commit that brings the new ones. A log
//! that was renamed by rotation, or has a copy, keeps them; so does one that was deleted, can't be opened, or is empty now: what is not seen is not gone.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use super::look::Look;
use super::walk::Found;
use crate::rewrite::without::Leaving;
use crate::store::{IngestedSource, Place, StoredFile};
use crate::telemetry;

/// The sources of a store.
#[derive(Debug)]
pub struct Standing {
    /// By their place in the manifest; without those that go.
    stay: BTreeMap<usize, IngestedSource>,
    /// Names of those that go.
    gone: BTreeSet<String>,
}

/// What an ingest adds.
#[derive(Debug, Default)]
pub struct Added {
    pub sources: Vec<IngestedSource>,
    /// Places in the manifest of those that went on as some of the new.
    pub outgrown: BTreeSet<usize>,
    pub unread: Vec<IngestedSource>,
    /// Everything that was seen, with the digest of its content.
    pub held: BTreeMap<Place, String>,
}

impl Standing {
    pub fn of(sources: &[IngestedSource], files: &[Found], looks: &[Look]) -> Standing {
        let looked: BTreeMap<&str, &Look> = files.iter().map(|file| file.place.as_str()).zip(looks).collect();
        let mut by_digest: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, source) in sources.iter().enumerate().filter(|(_, source)| !source.is_unread()) {
            by_digest.entry(&source.digest).or_insert(index);
        }
        let mut holders: BTreeMap<&Place, usize> = BTreeMap::new();
        for (place, held) in looks.iter().flat_map(|look| &look.held).filter(|(_, held)| held.is_there()) {
            let source = by_digest.get(held.digest.as_str()).copied().or(held.beginning.map(|beginning| beginning.index));
            holders.extend(source.map(|source| (place, source)));
        }
        let is_held: BTreeSet<usize> = holders.values().copied().collect();
        let is_kept = |index: usize, place: &Place| match looked.get(place.file.as_str()) {
            Some(look) if look.held.contains_key(place) => holders.get(place) == Some(&index),
            Some(look) => look.is_damaged || look.held.is_empty(),
            None => true,
        };
        let mut standing = Standing { stay: BTreeMap::new(), gone: BTreeSet::new() };
        let mut leaving = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            let is_kept = |place: &&Place| source.is_unread() || is_kept(index, place);
            let places: Vec<Place> = source.places.iter().filter(is_kept).cloned().collect();
            if source.places.is_empty() || !places.is_empty() || is_held.contains(&index) {
                standing.stay.insert(index, IngestedSource { places, ..source.clone() });
            } else {
                leaving.push((index, source));
            }
        }
        // An older program gave one name to several contents: their rows can't be told apart, and stay.
        let names: BTreeSet<String> = standing.names().collect();
        for (index, source) in leaving {
            if names.contains(&source.name) {
                standing.stay.insert(index, IngestedSource { places: Vec::new(), ..source.clone() });
            } else {
                standing.gone.insert(source.name.clone());
            }
        }
        standing
    }

    fn of_content(&self) -> impl Iterator<Item = &IngestedSource> {
        self.stay.values().filter(|source| !source.is_unread())
    }

    /// Names that rows have.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.of_content().map(|source| source.name.clone())
    }

    /// Contents that are there.
    pub fn digests(&self) -> BTreeSet<String> {
        self.of_content().flat_map(IngestedSource::digests).cloned().collect()
    }

    /// How many contents go.
    pub fn replaced(&self) -> u64 {
        self.gone.len() as u64
    }

    /// What the manifest says with what was added.
    pub fn with(&self, added: Added, looked_at: &[Found]) -> Vec<IngestedSource> {
        let Added { sources, outgrown, unread, held } = added;
        let files: BTreeSet<&str> = looked_at.iter().map(|file| file.place.as_str()).collect();
        let is_of = |source: &IngestedSource, file: &str| source.name.strip_prefix(file).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        // What could not be opened before was looked at again. Older programs knew it by its name alone.
        let is_settled = |source: &IngestedSource| match source.places.as_slice() {
            [] => looked_at.iter().any(|file| is_of(source, &file.name)),
            places => places.iter().any(|place| files.contains(place.file.as_str())),
        };
        let stay = self.stay.iter().filter(|(index, source)| !(outgrown.contains(index) || source.is_unread() && is_settled(source)));
        let mut next: Vec<IngestedSource> = stay.map(|(_, source)| source.clone()).chain(sources).collect();
        // What is there now before what was there once.
        let now = next.iter().enumerate().map(|(index, source)| (source.digest.clone(), index));
        let once = next.iter().enumerate().flat_map(|(index, source)| source.grown.iter().map(move |digest| (digest.clone(), index)));
        let mut by_digest: BTreeMap<String, usize> = BTreeMap::new();
        for (digest, index) in now.chain(once) {
            by_digest.entry(digest).or_insert(index);
        }
        for source in next.iter_mut().filter(|source| !source.is_unread()) {
            source.places.retain(|place| held.get(place).is_none_or(|digest| source.digest == *digest || source.grown.contains(digest)));
        }
        for (place, digest) in held {
            let source = by_digest.get(&digest).and_then(|index| next.get_mut(*index));
            if let Some(source) = source.filter(|source| !source.places.contains(&place)) {
                source.places.push(place);
                source.places.sort();
            }
        }
        next.extend(unread);
        next
    }
}

/// Rows of contents that go.
impl Leaving for Standing {
    fn columns(&self) -> &[&str] {
        &["Source"]
    }

    fn may_be_in(&self, file: &StoredFile) -> bool {
        !self.gone.is_empty() && telemetry::table(&file.table).is_some_and(|table| table.columns.iter().any(|column| column.name == "Source"))
    }

    fn is_all_of(&self, _: &StoredFile) -> bool {
        false
    }

    fn kept(&self, rows: &DataFrame) -> PolarsResult<BooleanChunked> {
        let stays = |source: Option<&str>| Some(!source.is_some_and(|source| self.gone.contains(source)));
        Ok(rows.column("Source")?.str()?.iter().map(stays).collect_ca("kept".into()))
    }

    fn machines(&self) -> Option<&BTreeSet<String>> {
        None
    }
}
