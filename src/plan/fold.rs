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
