//! Text measured and cut by the columns that it takes on a screen.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of a text; our own colours take none.
pub fn width(text: &str) -> usize {
    if text.contains('\x1b') { without_colours(text).width() } else { text.width() }
}

/// Telemetry's escapes are text by now: what is left are [`super::toned`]'s.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |shown, part| shown + part.split_once('m').map_or(part, |(_, rest)| rest))
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

/// At most `columns` wide, cut in the middle: of a path or a command line the end tells as much as the beginning.
pub fn middle(text: &str, columns: usize, ellipsis: &str) -> String {
    let room = columns.saturating_sub(width(ellipsis));
    if width(text) <= columns || room < 4 {
        return cut(text, columns, ellipsis);
    }
    let end = tail(text, room / 2, "");
    cut(text, columns - width(&end), ellipsis) + &end
}

/// The end of a text, behind the ellipsis.
fn tail(text: &str, columns: usize, ellipsis: &str) -> String {
    let room = columns.saturating_sub(width(ellipsis));
    let mut used = 0;
    let mut start = text.len();
    for (at, character) in text.char_indices().rev() {
        used += character.width().unwrap_or(0);
        if used > room {
            break;
        }
        start = at;
    }
    format!("{ellipsis}{}", &text[start..])
}

/// Lines of at most `columns`, broken behind blanks and path separators where that is not far away; at most `most` lines, the
/// last of which then is the text's end, behind the ellipsis.
pub fn wrap(text: &str, columns: usize, most: usize, ellipsis: &str) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut rest = text;
    while width(rest) > columns {
        if lines.len() + 1 >= most {
            lines.push(if most > 1 { tail(rest, columns, ellipsis) } else { middle(rest, columns, ellipsis) });
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

/// Sentences on a screen: broken between words, every line but the first behind `hanging` blanks; a colour goes on in the next line. As it
/// is where nothing limits it.
pub fn prose(text: &str, hanging: usize, screen: Option<usize>) -> String {
    let Some(screen) = screen else { return text.to_string() };
    let words = text.trim_start();
    let mut lines = Vec::new();
    let mut line = " ".repeat(text.len() - words.len());
    let (mut is_begun, mut colour) = (false, "");
    for word in words.split(' ') {
        if is_begun && width(&line) + 1 + width(word) > screen {
            let end = if colour.is_empty() { "" } else { PLAIN };
            lines.push(std::mem::replace(&mut line, " ".repeat(hanging) + colour).trim_end().to_string() + end);
            is_begun = false;
        }
        line.push_str(if is_begun { " " } else { "" });
        line.push_str(word);
        is_begun = true;
        if let Some(start) = word.rfind('\x1b') {
            let last = word[start..].find('m').map_or("", |end| &word[start..=start + end]);
            colour = if last == PLAIN { "" } else { last };
        }
    }
    lines.push(line.trim_end().to_string());
    lines.join("\n")
}

/// Ends a colour.
const PLAIN: &str = "\x1b[0m";

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
        assert_eq!(middle("漢字漢字漢字", 7, "…"), "漢字…字");
        assert_eq!(middle("C:\\Windows\\System32\\cmd.exe", 15, "…"), "C:\\Wind…cmd.exe");
        assert_eq!(middle("abcdef", 4, "..."), "a...");
    }

    #[test]
    fn prose_breaks_between_words() {
        assert_eq!(prose("one two three four", 2, Some(9)), "one two\n  three\n  four");
        assert_eq!(prose("one  two", 2, Some(20)), "one  two");
        assert_eq!(prose("  indented words", 4, Some(12)), "  indented\n    words");
        assert_eq!(prose("averyveryverylongword x", 2, Some(9)), "averyveryverylongword\n  x");
        assert_eq!(prose("one two", 2, None), "one two");
        assert_eq!(prose("a \x1b[1mbb cc\x1b[0m dd", 2, Some(5)), "a \x1b[1mbb\x1b[0m\n  \x1b[1mcc\x1b[0m\n  dd");
        assert_eq!(prose("\x1b[1mone\x1b[0m two three", 2, Some(9)), "\x1b[1mone\x1b[0m two\n  three");
    }

    #[test]
    fn lines_break_where_it_reads_well() {
        assert_eq!(wrap("powershell.exe -enc AAAA", 18, 3, "…"), ["powershell.exe", "-enc AAAA"]);
        assert_eq!(wrap("aaaaaaaaaabc", 5, 2, "…"), ["aaaaa", "…aabc"]);
        assert_eq!(wrap("aaaaaaaaaabc", 5, 1, "…"), ["aa…bc"]);
        assert_eq!(wrap("", 5, 2, "…"), [""]);
    }
}
