//! A label, figures and a bar a line.

use super::measure::{cut, middle, pad, width};
use super::{Style, Tone, bars::bar, clean, table, toned};

/// One line: what is counted, its figures, and the value that the bar shows.
pub struct Amount {
    /// Clean.
    pub label: String,
    pub figures: Vec<String>,
    /// Nothing where it is not known: then the first figure says so, and there is no bar.
    pub value: Option<f64>,
}

/// As [`lines`], but as many as a table has rows, and how many more there are.
pub fn first_lines(headings: &[&str], mut rows: Vec<Amount>, highest: f64, screen: usize, style: &Style) -> Vec<String> {
    let more = rows.len().saturating_sub(table::ROWS);
    rows.truncate(table::ROWS);
    let mut lines = lines(headings, &rows, highest, screen, style);
    if more > 0 {
        lines.push(toned(&format!("{} and {more} more", style.ellipsis()), Tone::Faint, style));
    }
    lines
}

/// Under headings for the label and each figure.
pub fn lines(headings: &[&str], rows: &[Amount], highest: f64, screen: usize, style: &Style) -> Vec<String> {
    let headings: Vec<_> = headings.iter().map(|heading| clean::escape(heading)).collect();
    let Some((heading, titles)) = headings.split_first() else { return Vec::new() };
    let digits: Vec<usize> = titles
        .iter()
        .enumerate()
        .map(|(at, title)| {
            let known = rows.iter().filter(|row| row.value.is_some()).filter_map(|row| row.figures.get(at));
            known.map(|figure| width(figure)).chain([width(title)]).max().unwrap_or(0)
        })
        .collect();
    let figures = digits.iter().map(|digits| digits + 2).sum::<usize>() + 2;
    // A bar that can be told from the next one comes before the middle of a long label.
    let most = screen.saturating_sub(figures + (screen / 4).clamp(4, 30)).max(8);
    let labels = rows.iter().map(|row| width(&row.label)).chain([width(heading)]).max().unwrap_or(0).min(most);
    let room = screen.saturating_sub(labels + figures).max(4);
    let mut head = pad(&cut(heading, labels, style.ellipsis()), labels, false);
    for (title, digits) in titles.iter().zip(&digits) {
        head.push_str(&format!("  {}", pad(title, *digits, true)));
    }
    let mut lines = vec![toned(&head, Tone::Heading, style)];
    for row in rows {
        let mut line = pad(&middle(&row.label, labels, style.ellipsis()), labels, false);
        match row.value {
            None => line.push_str(&format!("  {}", toned(row.figures.first().map_or("", String::as_str), Tone::Faint, style))),
            Some(value) => {
                for (figure, digits) in row.figures.iter().zip(&digits) {
                    line.push_str(&format!("  {}", pad(figure, *digits, true)));
                }
                line.push_str(&format!("  {}", toned(&bar(value, highest, room, style), Tone::Bar, style)));
            }
        }
        lines.push(line);
    }
    lines
}
