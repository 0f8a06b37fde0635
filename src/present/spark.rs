//! Values side by side as filled columns: ratatui's sparkline, in our colours or in ASCII.

use ratatui::style::{Color, Stylize};
use ratatui::symbols::bar::Set;
use ratatui::widgets::Sparkline;

use super::{Style, canvas};

/// Eighths of a line, as far as ASCII has signs that fill a cell from below.
const PLAIN: Set<'static> =
    Set { empty: " ", one_eighth: "_", one_quarter: "_", three_eighths: "-", half: ":", five_eighths: ":", three_quarters: "+", seven_eighths: "+", full: "#" };

/// The sign of a value that nothing tells.
pub fn unknown(style: &Style) -> &'static str {
    if style.unicode { "·" } else { "." }
}

/// So many lines, a column a value; something, however small, is seen, and what is not known is marked at the foot.
pub fn lines(values: &[Option<f64>], highest: f64, height: usize, style: &Style) -> Vec<String> {
    let most = height as f64 * 8.0;
    let eighths = |value: f64| if value <= 0.0 || highest <= 0.0 { 0 } else { (value / highest * most).round().clamp(1.0, most) as u64 };
    let data: Vec<u64> = values.iter().map(|value| value.map_or(0, eighths)).collect();
    let mut drawn = Sparkline::default().data(data).max(most as u64).fg(Color::Cyan);
    if !style.unicode {
        drawn = drawn.bar_set(PLAIN);
    }
    canvas::lines(drawn, values.len(), height, style)
}

/// One line, in which an unknown value has its sign.
pub fn line(values: &[Option<f64>], highest: f64, style: &Style) -> String {
    let mut line = String::new();
    for run in values.chunk_by(|a, b| a.is_some() == b.is_some()) {
        let drawn = lines(run, highest, 1, style).pop().unwrap_or_default();
        let text = if run.first().is_some_and(Option::is_some) { drawn } else { super::toned(&unknown(style).repeat(run.len()), super::Tone::Faint, style) };
        line.push_str(&super::measure::pad(&text, run.len(), false));
    }
    line.trim_end().to_string()
}
