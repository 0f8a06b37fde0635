//! The files of a stage, a stretch of time after the other: of each about as much as asked, so that what is held of them does not grow with the store.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;

use polars::prelude::{ParquetReader, SerReader};

use super::prune;
use super::stage::Part;
use crate::store::{Store, StoredFile};

/// From one time on, up to another, both included and in milliseconds; an end that is open has none.
pub type Window = (Option<i64>, Option<i64>);

/// What is left of the files.
pub struct Pieces<'a> {
    store: &'a Store,
    parts: &'a [Part],
    /// What a row of each part comes to, in whatever is counted.
    weights: Vec<u64>,
    left: VecDeque<Stretch>,
}

/// Files that can hold rows of a window. No other stretch has rows of the same times.
struct Stretch {
    /// With the part that each belongs to.
    files: Vec<(usize, StoredFile)>,
    window: Window,
    weight: u64,
    /// There is no place at which it can be cut.
    is_whole: bool,
}

/// A stretch as parts that can be read.
pub struct Piece {
    pub parts: Vec<Part>,
    /// What its row groups come to, before any filter.
    pub weight: u64,
}

impl<'a> Pieces<'a> {
    /// All files of these parts, of which each row weighs so much. Without any there is one piece, which has no rows.
    pub fn of(store: &'a Store, parts: &'a [Part], weight: impl Fn(&Part) -> u64) -> Pieces<'a> {
        let weights: Vec<u64> = parts.iter().map(weight).collect();
        let mut files: Vec<(usize, StoredFile)> =
            parts.iter().enumerate().flat_map(|(part, Part { files, .. })| files.iter().map(move |file| (part, file.clone()))).collect();
        files.sort_by(|(_, a), (_, b)| prune::in_time(a, b));
        let mut left: VecDeque<Stretch> = VecDeque::new();
        let window = parts.first().map_or((None, None), |part| part.reading.window);
        let mut latest = i64::MIN;
        for (part, file) in files {
            let (from, to, weight) = (file.from, file.to, file.rows * weights.get(part).unwrap_or(&1));
            match left.back_mut() {
                Some(stretch) if from <= latest => {
                    stretch.files.push((part, file));
                    stretch.weight += weight;
                }
                _ => left.push_back(Stretch { files: vec![(part, file)], window, weight, is_whole: false }),
            }
            latest = latest.max(to);
        }
        if left.is_empty() {
            left.push_back(Stretch { files: Vec::new(), window, weight: 0, is_whole: true });
        }
        Pieces { store, parts, weights, left }
    }

    /// The earliest piece of those that are left, of about this weight.
    pub fn next(&mut self, weight: u64) -> Option<Piece> {
        let mut piece = self.left.pop_front()?;
        for cut in self.cut(&mut piece, weight).into_iter().rev() {
            self.left.push_front(cut);
        }
        while self.left.front().is_some_and(|next| piece.weight + next.weight <= weight) {
            match self.left.pop_front() {
                Some(next) => piece = piece.before(next),
                None => break,
            }
        }
        Some(self.readable(piece))
    }

    /// The latest piece of those that are left, of about this weight.
    pub fn next_back(&mut self, weight: u64) -> Option<Piece> {
        let mut piece = self.left.pop_back()?;
        let mut cuts = self.cut(&mut piece, weight);
        if let Some(last) = cuts.pop() {
            self.left.push_back(piece);
            self.left.extend(cuts);
            piece = last;
        }
        while self.left.back().is_some_and(|before| piece.weight + before.weight <= weight) {
            match self.left.pop_back() {
                Some(before) => piece = before.before(piece),
                None => break,
            }
        }
        Some(self.readable(piece))
    }

    /// Leaves a stretch that is much too long its first part, and gives the others.
    fn cut(&self, stretch: &mut Stretch, weight: u64) -> Vec<Stretch> {
        if stretch.is_whole || stretch.weight <= weight.saturating_add(weight / 2) {
            return Vec::new();
        }
        let weighed = |part: &usize, group: RowGroup| RowGroup { weight: group.weight * self.weights.get(*part).unwrap_or(&1), ..group };
        let groups = stretch.files.iter().flat_map(|(part, file)| row_groups(self.store, file).into_iter().map(move |group| weighed(part, group)));
        let mut groups: Vec<RowGroup> = groups.collect();
        groups.retain(|group| stretch.window.0.is_none_or(|from| group.to >= from) && stretch.window.1.is_none_or(|to| group.from <= to));
        groups.sort_by_key(|group| group.to);
        let latest = groups.last().map_or(i64::MAX, |group| group.to).min(stretch.window.1.unwrap_or(i64::MAX));
        let (mut cuts, mut from, mut taken) = (Vec::new(), stretch.window.0, 0);
        for group in &groups {
            taken += group.weight;
            if taken >= weight && group.to < latest {
                cuts.push(stretch.within((from, Some(group.to)), taken));
                (from, taken) = (Some(group.to + 1), 0);
            }
        }
        if cuts.is_empty() {
            stretch.is_whole = true;
            return cuts;
        }
        cuts.push(stretch.within((from, stretch.window.1), taken));
        *stretch = cuts.remove(0);
        cuts
    }

    fn readable(&self, stretch: Stretch) -> Piece {
        let mut parts: Vec<Part> = self.parts.iter().map(|part| Part { files: Vec::new(), ..part.clone() }).collect();
        for (part, file) in stretch.files {
            if let Some(part) = parts.get_mut(part) {
                part.files.push(file);
            }
        }
        if parts.iter().any(|part| !part.files.is_empty()) {
            parts.retain(|part| !part.files.is_empty());
        }
        Piece { parts: parts.into_iter().map(|part| part.between(stretch.window)).collect(), weight: stretch.weight }
    }
}

impl Stretch {
    /// A part of it. Rows without a time, which any file may have that says so, are those of the last.
    fn within(&self, window: Window, weight: u64) -> Stretch {
        let (from, to) = (window.0.unwrap_or(i64::MIN), window.1.unwrap_or(i64::MAX));
        let files = self.files.iter().filter(|(_, file)| file.to >= from && file.from <= to).cloned().collect();
        Stretch { files, window, weight, is_whole: false }
    }

    /// This one and the one after it.
    fn before(mut self, next: Stretch) -> Stretch {
        let known: BTreeSet<String> = self.files.iter().map(|(part, file)| format!("{part} {}", file.path)).collect();
        self.files.extend(next.files.into_iter().filter(|(part, file)| !known.contains(&format!("{part} {}", file.path))));
        Stretch { files: self.files, window: (self.window.0, next.window.1), weight: self.weight + next.weight, is_whole: true }
    }
}

/// Rows of a file that lie together.
struct RowGroup {
    from: i64,
    to: i64,
    /// Its rows, then what they come to.
    weight: u64,
}

/// The row groups of a file with their times; where they don't tell, the file is as one.
fn row_groups(store: &Store, file: &StoredFile) -> Vec<RowGroup> {
    let whole = || vec![RowGroup { from: file.from, to: file.to, weight: file.rows }];
    let Ok(opened) = File::open(store.path_of(file)) else { return whole() };
    let mut reader = ParquetReader::new(opened);
    let Ok(metadata) = reader.get_metadata() else { return whole() };
    let mut groups = Vec::new();
    for group in &metadata.row_groups {
        let times = group.columns_under_root_iter("DateTime").and_then(|mut columns| columns.next()).and_then(|times| times.statistics(&metadata.footer_buf));
        let times = times.and_then(Result::ok);
        let Some(times) = times.as_ref().and_then(|times| times.as_int64()) else { return whole() };
        let weight = group.num_rows() as u64;
        // Rows without a time are the last of all.
        let to = if times.null_count == Some(0) { times.max_value } else { Some(i64::MAX) };
        groups.push(RowGroup { from: times.min_value.unwrap_or(i64::MIN), to: to.unwrap_or(i64::MAX), weight });
    }
    if groups.is_empty() { whole() } else { groups }
}
