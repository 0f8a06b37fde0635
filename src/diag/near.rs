//! Near names: what was probably meant by a word that nobody knows.

use std::path::Path;

/// No more are offered.
const MOST: usize = 3;

/// Of a folder no more is looked at.
const MOST_ENTRIES: usize = 1_000;

/// The candidates that are close enough to be a slip of the fingers, nearest first, at most three. Case never counts.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let near = candidates.into_iter().filter(|candidate| *candidate != word);
    first(near.filter_map(|candidate| distance(word, candidate).map(|distance| (distance, candidate))).collect())
}

/// "did you mean `a` or `b`?", or nothing when no name is near.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    asked(&nearest(word, candidates))
}

/// The same of a path where nothing is: of what lies beside it, written as the path was, and of other names for such things.
pub fn did_you_mean_file<'a>(path: &Path, is_such: impl Fn(&Path) -> bool, others: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let shown = path.display().to_string();
    let folder = path.parent().unwrap_or(Path::new(""));
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let beside = std::fs::read_dir(listed).into_iter().flatten().flatten().take(MOST_ENTRIES).map(|entry| entry.path()).filter(|entry| is_such(entry));
    let mut near: Vec<(usize, String)> =
        beside.filter_map(|entry| Some((between(path, &entry)?, folder.join(entry.file_name()?).display().to_string()))).collect();
    near.extend(others.into_iter().filter_map(|other| Some((distance(&shown, other)?, other.to_string()))));
    asked(&first(near))
}

/// How many letters two names differ by, where these are few: at most a third of them, or one is a part of the other.
fn distance(word: &str, candidate: &str) -> Option<usize> {
    let (wanted, folded) = (word.to_lowercase(), candidate.to_lowercase());
    let distance = strsim::damerau_levenshtein(&wanted, &folded);
    let (asked, known) = (wanted.chars().count(), folded.chars().count());
    // One letter has no name near it: whatever it is compared with, little of it is left.
    let allowed = if asked.min(known) < 2 { 0 } else { (asked.max(known) / 3).max(1) };
    let is_part = wanted.len() >= 4 && folded.contains(&wanted);
    (distance <= allowed || is_part).then_some(distance)
}

/// The same of two paths in one folder: neither the folder nor an extension that both have makes their names alike.
fn between(path: &Path, beside: &Path) -> Option<usize> {
    let name = if path.extension() == beside.extension() { Path::file_stem } else { Path::file_name };
    distance(&name(path)?.to_string_lossy(), &name(beside)?.to_string_lossy())
}

fn first<T: Ord>(mut near: Vec<(usize, T)>) -> Vec<T> {
    near.sort();
    near.dedup();
    near.into_iter().take(MOST).map(|(_, name)| name).collect()
}

fn asked<T: std::fmt::Display>(names: &[T]) -> Option<String> {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_name_is_not() {
        assert_eq!(nearest("get_executons", ["get_executions", "get_users"]), ["get_executions"]);
        assert_eq!(nearest("ab", ["ac", "xy"]), ["ac"]);
        assert_eq!(nearest("C", ["c", "e"]), ["c"]);
        assert!(nearest("c", ["e", "ce"]).is_empty());
        assert!(nearest("none", ["a", "no", "b"]).is_empty());
    }
}
