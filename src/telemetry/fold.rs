//! When two texts are the same: the one definition of "case is ignored".

use std::borrow::Cow;

/// The form in which texts compare: every character lower-cased, by way of upper case, so that `ß`, `ẞ` and `SS`, or the three
/// sigmas, are one. ASCII that is lower case already is not copied.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) };
    }
    Cow::Owned(text.chars().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect())
}

/// Equal when case is ignored.
pub fn folded_equal(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() { left.eq_ignore_ascii_case(right) } else { fold(left) == fold(right) }
}

/// The same of one text among many, where the other is folded already.
pub fn equals_folded(text: &str, folded: &str) -> bool {
    if text.is_ascii() { text.eq_ignore_ascii_case(folded) } else { fold(text) == folded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_among_many_is_equal_as_a_pair_is() {
        let texts = ["", "ss", "SS", "ß", "ẞ", "k", "K", "\u{212a}", "σς", "ΣΣ", "cmd.exe", "CMD.EXE", "cmd.exf", "ﬃ", "FFI", "é", "É"];
        for (left, right) in texts.iter().flat_map(|left| texts.iter().map(move |right| (left, right))) {
            let same = fold(left) == fold(right);
            assert_eq!((folded_equal(left, right), equals_folded(left, &fold(right))), (same, same), "{left} {right}");
        }
    }
}
