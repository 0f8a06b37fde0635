//! Text that strangers wrote, made harmless: what a terminal would obey or hide becomes visible, what a spreadsheet would run is text.

use std::borrow::Cow;
use std::fmt::Write;

/// Characters that a terminal obeys or does not draw: controls, bidirectional marks, and everything of no width that is no accent.
pub fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// One line, in which nothing is hidden: `\n`, `\t`, `\x1b`, `\u{202e}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        push(&mut clean, character);
    }
    Cow::Owned(clean)
}

/// Several lines stay several lines, tabs become blanks; everything else as in [`escape`].
pub fn escape_lines(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|character| is_hidden(character) && character != '\n') {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' => clean.push('\n'),
            '\t' => clean.push_str("    "),
            '\r' if characters.peek() == Some(&'\n') => (),
            _ => push(&mut clean, character),
        }
    }
    Cow::Owned(clean)
}

/// Appends a character, or what stands for it when it is hidden.
pub fn push(text: &mut String, character: char) {
    match character {
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        _ if !is_hidden(character) => text.push(character),
        '\0'..='\u{7f}' => drop(write!(text, "\\x{:02x}", u32::from(character))),
        _ => drop(write!(text, "\\u{{{:x}}}", u32::from(character))),
    }
}

/// In ASCII only, for terminals that draw nothing else.
pub fn ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '…' => plain.push_str("..."),
            '→' => plain.push_str("->"),
            '–' | '—' => plain.push('-'),
            _ if character.is_ascii() => plain.push(character),
            _ => drop(write!(plain, "\\u{{{:x}}}", u32::from(character))),
        }
    }
    plain
}

/// A text cell of a CSV file: nothing hidden, and an apostrophe before what a spreadsheet would take for a formula, also behind
/// blanks and quotes. Only for text: a number keeps its sign.
pub fn defuse(text: &str) -> Cow<'_, str> {
    let clean = escape(text);
    let first = text.chars().find(|character| !character.is_whitespace() && !is_hidden(*character) && !matches!(character, '"' | '\'' | '`'));
    let runs = matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')) || text.starts_with(['\t', '\r', '\n']);
    if runs { Cow::Owned(format!("'{clean}")) } else { clean }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_visible() {
        assert_eq!(escape("a\x1b[31mred\u{202e}txt\n\t\u{9b}\u{200b}\x7f"), r"a\x1b[31mred\u{202e}txt\n\t\u{9b}\u{200b}\x7f");
        assert_eq!(escape(r"C:\Windows\né ß 漢 e\u0301"), r"C:\Windows\né ß 漢 e\u0301");
        assert_eq!(escape_lines("a\r\n\tb\rc\x07"), "a\n    b\\rc\\x07");
        for bad in "\u{200e}\u{200f}\u{61c}\u{202a}\u{202b}\u{202c}\u{202d}\u{2066}\u{2067}\u{2068}\u{2069}\u{feff}\u{2028}\u{2029}\u{e0041}".chars() {
            assert!(is_hidden(bad), "{bad:?}");
        }
    }

    #[test]
    fn other_terminals_get_ascii() {
        assert_eq!(ascii("a → b… 漢\x1b[1m\n"), "a -> b... \\u{6f22}\x1b[1m\n");
    }

    #[test]
    fn formulas_are_text() {
        for bad in ["=1+1", "+1", "-enc", "@SUM(A1)", "\tx", "\rx", "\"=1", " =1", "'=1", "\u{200b}=1", "＝1"] {
            assert!(defuse(bad).starts_with('\''), "{bad:?}");
        }
        for good in ["powershell.exe -enc", "C:\\x", "a=b", "1-2", ""] {
            assert_eq!(defuse(good), good);
        }
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in any::<String>()) {
            prop_assert!(!escape(&text).chars().any(is_hidden));
            prop_assert!(!escape_lines(&text).chars().any(|character| is_hidden(character) && character != '\n'));
        }

        #[test]
        fn no_cell_begins_a_formula(text in "[ \\t\"'\\u{1b}]{0,3}[=+@\\-a]{0,2}.*") {
            let cell = defuse(&text);
            prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        }

        #[test]
        fn harmless_text_stays(text in "[a-zA-Z0-9:\\\\/._ ]*") {
            prop_assert_eq!(escape(&text), text.clone());
        }
    }
}
