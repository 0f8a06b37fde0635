//! Areas by day, one below the other on the same days.

use super::measure::{pad, width};
use super::{Style, Tone, cell, clean, json, spark, toned};
use crate::hunt::picture::{Scale, Series};

/// Lines of an area.
const HEIGHT: usize = 6;
/// Columns from one day's label to the next one's.
const LABEL: usize = 12;

/// Each day takes its columns, and a day that nothing is known of stays open.
pub fn lines(days: &[i32], series: &[Series], scale: &Scale, screen: usize, style: &Style) -> Vec<String> {
    let Some((first, last)) = scale.days else { return Vec::new() };
    let count = usize::try_from(last - first + 1).unwrap_or(1).max(1);
    let mut lines = Vec::new();
    for one in series {
        let name = clean::escape(&one.name);
        let unit = one.unit.map(|unit| format!(" {unit}")).unwrap_or_default();
        let mut values = vec![None; count];
        for (day, value) in days.iter().zip(&one.values) {
            if let Some(slot) = usize::try_from(day - first).ok().and_then(|at| values.get_mut(at)) {
                *slot = *value;
            }
        }
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        if known.is_empty() {
            lines.push(toned(&format!("{name}  unknown"), Tone::Heading, style));
            continue;
        }
        let mut head = format!("{name}  total {}{unit}", cell::figure(known.iter().sum()));
        match count - known.len() {
            0 => (),
            1 => head.push_str(", 1 day unknown"),
            unknown => head.push_str(&format!(", {unknown} days unknown")),
        }
        lines.push(toned(&head, Tone::Heading, style));
        let highest = scale.series.get(&one.name).copied().unwrap_or_default();
        let top = format!("{}{unit}", cell::figure(highest));
        let margin = width(&top).max(1);
        let room = screen.saturating_sub(margin + 2).max(10);
        let columns = Columns::of(count, room);
        lines.extend(drawn(&columns.spread(&values), highest, &top, margin, style));
        let mut foot = toned(&format!("{}  {}", " ".repeat(margin), columns.labels(first)), Tone::Faint, style);
        if columns.share > 1 {
            foot.push_str(&toned(&format!("\n{}  a column is the highest of {} days", " ".repeat(margin), columns.share), Tone::Faint, style));
        }
        lines.extend(foot.lines().map(String::from));
    }
    lines
}

/// The area between its axes.
fn drawn(values: &[Option<f64>], highest: f64, top: &str, margin: usize, style: &Style) -> Vec<String> {
    let (side, corner, floor) = if style.unicode { ("│", "└", "─") } else { ("|", "+", "-") };
    let area = spark::lines(values, highest, HEIGHT, style);
    let mut lines: Vec<String> = area
        .into_iter()
        .enumerate()
        .map(|(row, line)| {
            let label = if row == 0 { top } else { "" };
            format!("{}{line}", toned(&format!("{} {side}", pad(label, margin, true)), Tone::Faint, style))
        })
        .collect();
    // The floor is open where nothing is known, so that it is not taken for nothing.
    let floor: String = values.iter().map(|value| if value.is_some() { floor } else { spark::unknown(style) }).collect();
    lines.push(toned(&format!("{} {corner}{floor}", pad("0", margin, true)), Tone::Faint, style));
    lines
}

/// Where on the screen the days are.
struct Columns {
    /// Days.
    count: usize,
    /// Columns that there are for them.
    room: usize,
    /// Columns of a day, or days of a column: one of them is 1.
    wide: usize,
    share: usize,
}

impl Columns {
    fn of(count: usize, room: usize) -> Columns {
        Columns { count, room, wide: (room / count).clamp(1, LABEL * 2), share: count.div_ceil(room) }
    }

    fn spread(&self, values: &[Option<f64>]) -> Vec<Option<f64>> {
        values.chunks(self.share).flat_map(|days| std::iter::repeat_n(days.iter().flatten().copied().reduce(f64::max), self.wide)).collect()
    }

    /// As many days as there is room for, each below the first of its columns; the last ones only where they end on the screen.
    fn labels(&self, first: i32) -> String {
        let step = (LABEL * self.share).div_ceil(self.wide).max(1);
        let mut line = String::new();
        for day in (0..self.count).step_by(step) {
            let column = day / self.share * self.wide;
            let label = json::day_text(first.saturating_add(i32::try_from(day).unwrap_or(i32::MAX)));
            if column == 0 || column + width(&label) <= self.room {
                line = pad(&line, column, false) + &label;
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_end_where_the_screen_ends() {
        for room in [10, 38, 70, 149, 150, 151] {
            for count in (1..400).chain([3_650]) {
                let labels = Columns::of(count, room).labels(15_963);
                assert!(width(&labels) <= room, "{count} days in {room} columns: {labels}");
                assert!(labels.starts_with("2013-09-15"), "{labels}");
            }
        }
    }
}
