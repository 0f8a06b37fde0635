//! Charts and maps that a widget draws, as lines of text: its cells, in our few colours, or in ASCII.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::symbols::Marker;
use ratatui::widgets::Widget;

use super::{Style, Tone, toned};

/// What single points are drawn with.
pub fn marker(style: &Style) -> Marker {
    if style.unicode { Marker::Braille } else { Marker::Custom('.') }
}

/// The widget in so many columns and lines.
pub fn lines(widget: impl Widget, width: usize, height: usize, style: &Style) -> Vec<String> {
    let size = |length: usize| u16::try_from(length.min(500)).unwrap_or(500);
    let space = Rect::new(0, 0, size(width), size(height));
    let mut cells = Buffer::empty(space);
    widget.render(space, &mut cells);
    (0..space.height)
        .map(|row| {
            let (mut line, mut run, mut tone) = (String::new(), String::new(), None);
            for column in 0..space.width {
                let Some(cell) = cells.cell((column, row)) else { continue };
                let own = of_colour(cell.fg);
                if own != tone {
                    line.push_str(&coloured(&run, tone, style));
                    run.clear();
                    tone = own;
                }
                run.push_str(&if style.unicode { cell.symbol().to_string() } else { plain(cell.symbol()) });
            }
            line.push_str(&coloured(run.trim_end(), tone, style));
            line.trim_end().to_string()
        })
        .collect()
}

fn coloured(run: &str, tone: Option<Tone>, style: &Style) -> String {
    match tone {
        Some(tone) if !run.trim().is_empty() => toned(run, tone, style),
        _ => run.to_string(),
    }
}

/// The colours that widgets are given here.
pub fn of_colour(colour: Color) -> Option<Tone> {
    match colour {
        Color::Cyan => Some(Tone::Bar),
        Color::DarkGray => Some(Tone::Faint),
        Color::Magenta => Some(Tone::Keyword),
        Color::Red => Some(Tone::Bad),
        _ => None,
    }
}

fn plain(symbol: &str) -> String {
    let sign = |character: char| match character {
        '│' => '|',
        '─' => '-',
        '└' | '┌' | '┐' | '┘' => '+',
        character if character.is_ascii() => character,
        _ => '.',
    };
    symbol.chars().map(sign).collect()
}
