//! The few colours that text for people has.

use super::Style;

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Heading,
    Faint,
    Good,
    Warning,
    Bad,
    Bar,
    /// The head of one picture of several.
    Part,
    Keyword,
    Call,
    Text,
    Number,
}

/// The text in its colour, or as it is when there are none. The text must be clean already.
pub fn toned(text: &str, tone: Tone, style: &Style) -> String {
    if !style.colour || text.is_empty() {
        return text.to_string();
    }
    let code = match tone {
        Tone::Heading => "1",
        Tone::Part => "1;36",
        Tone::Faint => "2",
        Tone::Good => "32",
        Tone::Warning => "33",
        Tone::Bad => "1;31",
        Tone::Bar => "36",
        Tone::Keyword => "35",
        Tone::Call => "34",
        Tone::Text => "32",
        Tone::Number => "33",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}
