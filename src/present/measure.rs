//! Text measured and cut by the columns that it takes on a screen.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of a text without hidden characters.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Columns of a text in which our own colours may stand.
fn visible(text: &str) -> usize {
    let mut parts = text.split('\x1b');
    let plain = parts.next().map_or(0, width);
    plain + parts.map(|part| part.split_once('m').map_or(0, |(_, shown)| width(shown))).sum::<usize>()
}

/// At most `columns` wide; what was cut ends in the ellipsis.
pub fn cut(text: &str, columns: usize, ellipsis: &str) -> String {
    if width(text) <= columns {
        return text.to_string();
    }
    let room = columns.saturating_sub(width(ellipsis));
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        let wide = character.width().unwrap_or(0);
        if used + wide > room {
            break;
        }
        used += wide;
        kept.push(character);
    }
    kept.push_str(if columns >= width(ellipsis) { ellipsis } else { "" });
    kept
}

/// Lines of at most `columns`, broken behind blanks and path separators where that is not far away; at most `most` lines, the
/// last of which then ends in the ellipsis.
pub fn wrap(text: &str, columns: usize, most: usize, ellipsis: &str) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut rest = text;
    while width(rest) > columns {
        if lines.len() + 1 >= most {
            lines.push(cut(rest, columns, ellipsis));
            return lines;
        }
        let end = break_at(rest, columns);
        let (line, after) = rest.split_at(end);
        lines.push(line.trim_end().to_string());
        rest = after.trim_start_matches(' ');
    }
    lines.push(rest.to_string());
    lines
}

/// Sentences on a screen: broken between words, every line but the first behind `hanging` blanks. As it is where nothing limits it.
pub fn prose(text: &str, hanging: usize, screen: Option<usize>) -> String {
    let Some(screen) = screen else { return text.to_string() };
    let words = text.trim_start();
    let mut lines = Vec::new();
    let mut line = " ".repeat(text.len() - words.len());
    let mut is_begun = false;
    for word in words.split(' ') {
        if is_begun && visible(&line) + 1 + visible(word) > screen {
            lines.push(std::mem::replace(&mut line, " ".repeat(hanging)).trim_end().to_string());
            is_begun = false;
        }
        line.push_str(if is_begun { " " } else { "" });
        line.push_str(word);
        is_begun = true;
    }
    lines.push(line.trim_end().to_string());
    lines.join("\n")
}

/// The byte at which a line that is too long goes on in the next.
fn break_at(text: &str, columns: usize) -> usize {
    let (mut used, mut hard, mut soft, mut soft_used) = (0, 0, 0, 0);
    for (at, character) in text.char_indices() {
        let wide = character.width().unwrap_or(0);
        if used + wide > columns && hard > 0 {
            break;
        }
        used += wide;
        hard = at + character.len_utf8();
        if matches!(character, ' ' | '\\' | '/' | ',' | ';' | '|' | '&') {
            (soft, soft_used) = (hard, used);
        }
    }
    if soft_used * 2 >= columns { soft } else { hard }
}

/// Blanks up to a width, before the text when it is a number.
pub fn pad(text: &str, columns: usize, right: bool) -> String {
    let blanks = " ".repeat(columns.saturating_sub(width(text)));
    if right { format!("{blanks}{text}") } else { format!("{text}{blanks}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(width("漢字"), 4);
        assert_eq!(cut("漢字漢字", 5, "…"), "漢字…");
        assert_eq!(cut("abc", 3, "…"), "abc");
    }

    #[test]
    fn prose_breaks_between_words() {
        assert_eq!(prose("one two three four", 2, Some(9)), "one two\n  three\n  four");
        assert_eq!(prose("one  two", 2, Some(20)), "one  two");
        assert_eq!(prose("  indented words", 4, Some(12)), "  indented\n    words");
        assert_eq!(prose("averyveryverylongword x", 2, Some(9)), "averyveryverylongword\n  x");
        assert_eq!(prose("one two", 2, None), "one two");
        assert_eq!(prose("\x1b[1mone\x1b[0m two three", 2, Some(9)), "\x1b[1mone\x1b[0m two\n  three");
    }

    #[test]
    fn lines_break_where_it_reads_well() {
        assert_eq!(wrap("powershell.exe -enc AAAA", 18, 3, "…"), ["powershell.exe", "-enc AAAA"]);
        assert_eq!(wrap("aaaaaaaaaaaa", 5, 2, "…"), ["aaaaa", "aaaa…"]);
        assert_eq!(wrap("", 5, 2, "…"), [""]);
    }
}
