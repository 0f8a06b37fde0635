//! A heat map of weekdays and hours.

use super::measure::{pad, prose};
use super::{Style, Tone, cell, clean, spark, toned};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// Columns of an hour, at the most.
const WIDE: usize = 6;

/// A line a weekday, a column an hour; what nothing is known of differs from nothing.
pub fn lines(metric: &str, cells: &[[Option<f64>; 24]; 7], highest: f64, screen: usize, style: &Style) -> Vec<String> {
    let wide = (screen.saturating_sub(4) / 24).clamp(1, WIDE);
    let levels: [char; 5] = if style.unicode { [' ', '░', '▒', '▓', '█'] } else { [' ', '.', ':', '+', '#'] };
    let unknown = if style.unicode { spark::unknown(style) } else { "-" };
    let every = if wide > 2 { 1 } else { 3 };
    let hours: String = (0..24).step_by(every).map(|hour| pad(&hour.to_string(), wide * every, false)).collect();
    let mut lines = vec![toned(&format!("    {}", hours.trim_end()), Tone::Heading, style)];
    for (day, hours) in DAYS.iter().zip(cells) {
        let mut line = format!("{day} ");
        for run in hours.chunk_by(|a, b| a.is_some() == b.is_some()) {
            let signs: String = run
                .iter()
                .map(|value| match value {
                    None => unknown.repeat(wide),
                    Some(value) if *value <= 0.0 || highest <= 0.0 => " ".repeat(wide),
                    Some(value) => levels[((value / highest * 4.0).ceil() as usize).clamp(1, 4)].to_string().repeat(wide),
                })
                .collect();
            line.push_str(&toned(&signs, if run[0].is_some() { Tone::Bar } else { Tone::Faint }, style));
        }
        lines.push(line);
    }
    let is_whole = cells.iter().flatten().flatten().all(|value| value.fract() == 0.0);
    let step = |level: usize| if is_whole { (highest * level as f64 / 4.0).floor() } else { highest * level as f64 / 4.0 };
    let scale: Vec<String> = (1..=4).map(|level| format!("{} up to {}", levels[level], cell::figure(step(level)))).collect();
    let said = format!("{}: {}; {unknown} no row", clean::escape(metric), scale.join(", "));
    lines.extend(prose(&toned(&format!("    {said}"), Tone::Faint, style), 4, Some(screen)).lines().map(String::from));
    lines
}
