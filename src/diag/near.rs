//! Near names: what was probably meant by a word that nobody knows.

/// The candidates that are close enough to be a slip of the fingers, nearest first, at most three. Case never counts.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = word.to_lowercase();
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter(|candidate| *candidate != word)
        .filter_map(|candidate| {
            let folded = candidate.to_lowercase();
            let distance = strsim::damerau_levenshtein(&wanted, &folded);
            let longer = wanted.chars().count().max(folded.chars().count());
            // Of a single letter nothing is left when it is another one.
            let allowed = (longer / 3).max(1).min(longer.saturating_sub(1));
            let contained = wanted.len() >= 4 && folded.contains(&wanted);
            (distance <= allowed || contained).then_some((distance, candidate))
        })
        .collect();
    found.sort();
    found.dedup();
    found.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// "did you mean `a` or `b`?", or nothing when no name is near.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names: Vec<String> = nearest(word, candidates).iter().map(|name| format!("`{name}`")).collect();
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
        assert!(nearest("c", ["e"]).is_empty());
    }
}
