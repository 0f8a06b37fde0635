//! Bins as bars in the terminal: over time, over categories, or one line of blocks for each category over time.

use super::amounts::{self, Amount};
use super::measure::{cut, middle, pad, prose, width};
use super::{Precision, Style, Tone, cell, clean, spark, table, toned};
use crate::frame::Frame;
use crate::plan::Value;
use crate::report::Bins;
use crate::telemetry::Type;

/// Where there is no terminal.
const SCREEN: usize = 100;
/// Bars one below the other; more intervals than this are drawn side by side.
const LINES: usize = 100;
/// Columns of one interval, at the most.
const WIDE: usize = 6;

/// Lines with a newline each.
pub fn text(bins: &Bins, indent: usize, style: &Style) -> String {
    let frame = &bins.frame;
    let metric = frame.schema().position(&bins.metric);
    let Some(metric) = metric.filter(|at| matches!(frame.schema().columns()[*at].1, Type::Int | Type::Float | Type::Duration)) else {
        return table::text(&bins.table(), indent, style);
    };
    if frame.height() == 0 {
        return table::text(&bins.table(), indent, style);
    }
    let chart = Chart::read(bins, metric, style);
    let screen = style.width.unwrap_or(SCREEN).saturating_sub(indent);
    let lines = match (&chart.times[..], chart.series.len()) {
        ([], _) => chart.categories(screen, style),
        (times, 0 | 1) if times.len() <= LINES => chart.over_time(screen, style),
        _ => chart.blocks(screen, style),
    };
    let margin = " ".repeat(indent);
    lines.into_iter().map(|line| format!("{margin}{}\n", line.trim_end())).collect()
}

/// One value of the `by` columns, with its metric at every interval (or alone).
struct Series {
    label: String,
    values: Vec<Option<f64>>,
}

struct Chart {
    /// Empty without an interval.
    times: Vec<i64>,
    series: Vec<Series>,
    heading: String,
    metric: String,
    kind: Type,
}

impl Chart {
    fn read(bins: &Bins, metric: usize, style: &Style) -> Chart {
        let frame = &bins.frame;
        let bin = bins.interval.and(frame.schema().position("Bin"));
        let at = |row: usize| match bin.map(|column| frame.value(row, column)) {
            Some(Value::Time(time)) => Some(time),
            _ => None,
        };
        let mut times: Vec<i64> = (0..frame.height()).filter_map(at).collect();
        times.sort_unstable();
        times.dedup();
        let slots = times.len().max(1);
        let mut series: Vec<Series> = Vec::new();
        let mut known = std::collections::HashMap::new();
        for row in 0..frame.height() {
            let label = label(frame, row, &bins.by, style);
            let position = *known.entry(label.clone()).or_insert_with(|| {
                series.push(Series { label, values: vec![None; slots] });
                series.len() - 1
            });
            let slot = at(row).and_then(|time| times.binary_search(&time).ok()).unwrap_or(0);
            series[position].values[slot] = number(&frame.value(row, metric));
        }
        Chart { times, series, heading: bins.by.join(", "), metric: bins.metric.clone(), kind: frame.schema().columns()[metric].1 }
    }

    fn highest(&self) -> f64 {
        self.series.iter().flat_map(|series| series.values.iter().flatten()).copied().fold(0.0, f64::max)
    }

    fn shown(&self, value: Option<f64>) -> String {
        match (value, self.kind) {
            (None, _) => "not covered".into(),
            (Some(value), Type::Duration) => cell::duration(value as i64),
            (Some(value), _) => cell::float(value),
        }
    }

    fn categories(&self, screen: usize, style: &Style) -> Vec<String> {
        let rows = self.series.iter().map(|series| self.amount(series.label.clone(), series.values[0]));
        amounts::first_lines(&[&self.heading, &self.metric], rows.collect(), self.highest(), screen, style)
    }

    fn over_time(&self, screen: usize, style: &Style) -> Vec<String> {
        let precision = Precision::of(self.times.iter().copied(), style.zone);
        let values = self.series.first().map(|series| series.values.as_slice()).unwrap_or_default();
        let rows = self.times.iter().zip(values).map(|(time, value)| self.amount(cell::time(*time, precision, style.zone), *value));
        let lone = self.series.first().filter(|series| !series.label.is_empty()).map(|series| format!("Bin ({})", series.label));
        amounts::lines(&[lone.as_deref().unwrap_or("Bin"), &self.metric], &rows.collect::<Vec<_>>(), self.highest(), screen, style)
    }

    fn amount(&self, label: String, value: Option<f64>) -> Amount {
        Amount { label, figures: vec![self.shown(value)], value }
    }

    /// One line of blocks a category, with its total. Neighbouring intervals share a block when there is no room for all, and have several
    /// when there is more.
    fn blocks(&self, screen: usize, style: &Style) -> Vec<String> {
        let adds_up = self.kind == Type::Int;
        let mut series: Vec<&Series> = self.series.iter().collect();
        let total = |series: &Series| series.values.iter().flatten().sum::<f64>();
        if adds_up {
            series.sort_by(|a, b| (a.label == "(other)").cmp(&(b.label == "(other)")).then(total(b).total_cmp(&total(a))));
        }
        let shown = series.len().min(table::ROWS);
        let heading = clean::escape(&self.heading);
        let labels = series.iter().take(shown).map(|series| width(&series.label)).chain([width(&heading)]).max().unwrap_or(0).min((screen / 3).max(10));
        let figure = |series: &Series| {
            let known: Vec<f64> = series.values.iter().flatten().copied().collect();
            if adds_up { self.shown(Some(known.iter().sum())) } else { self.shown(known.into_iter().reduce(f64::max)) }
        };
        let metric = clean::escape(&self.metric);
        let title = if adds_up { metric.into_owned() } else { format!("highest {metric}") };
        let digits = series.iter().take(shown).map(|series| width(&figure(series))).chain([width(&title)]).max().unwrap_or(0);
        let margin = labels + digits + 4;
        let room = screen.saturating_sub(margin).max(10);
        let share = self.times.len().div_ceil(room).max(1);
        let wide = (room / self.times.len().max(1)).clamp(1, WIDE);
        let merged = |series: &Series| -> Vec<Option<f64>> {
            let join = |a: f64, b: f64| if adds_up { a + b } else { a.max(b) };
            series.values.chunks(share).map(|values| values.iter().flatten().copied().reduce(join)).collect()
        };
        let highest = series.iter().flat_map(|series| merged(series)).flatten().fold(0.0, f64::max);
        let heads = format!("{}  {}", pad(&cut(&heading, labels, style.ellipsis()), labels, false), pad(&title, digits, true));
        let mut lines = vec![toned(&heads, Tone::Heading, style)];
        for series in series.iter().take(shown) {
            let columns: Vec<Option<f64>> = merged(series).into_iter().flat_map(|value| std::iter::repeat_n(value, wide)).collect();
            let label = pad(&middle(&series.label, labels, style.ellipsis()), labels, false);
            lines.push(format!("{label}  {}  {}", pad(&figure(series), digits, true), spark::line(&columns, highest, style)));
        }
        if series.len() > shown {
            lines.push(toned(&format!("{} and {} more", style.ellipsis(), series.len() - shown), Tone::Faint, style));
        }
        let has_gaps = series.iter().any(|series| series.values.iter().any(Option::is_none));
        let foot = Foot { margin, columns: self.times.len().div_ceil(share) * wide, share, highest, has_gaps };
        lines.extend(self.axis(&foot, screen, style));
        lines
    }

    /// From when to when below the blocks, and what a block stands for.
    fn axis(&self, foot: &Foot, screen: usize, style: &Style) -> Vec<String> {
        let Foot { margin, columns, share, highest, has_gaps } = *foot;
        let precision = Precision::of(self.times.iter().copied(), style.zone);
        let ends: Vec<String> = self.times.first().into_iter().chain(self.times.last()).map(|time| cell::time(*time, precision, style.zone)).collect();
        let step = self.times.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(0);
        let full = if style.unicode { "█" } else { "#" };
        let mut said = format!("{} each, {full} is {}", cell::duration(step * share as i64), self.shown(Some(highest)));
        if has_gaps {
            said.push_str(&format!(", {} not covered", spark::unknown(style)));
        }
        let mut lines = Vec::new();
        match ends.as_slice() {
            [first, last] if columns >= width(first) + width(last) + 2 => {
                lines.push(format!("{}{first}{}", " ".repeat(margin), pad(last, columns - width(first), true)));
            }
            ends => said = format!("{}, {said}", ends.join(" to ")),
        }
        // Where there is room below the blocks, it stands there.
        let margin = if margin + width(&said) <= screen { margin } else { 0 };
        lines.extend(prose(&format!("{}{said}", " ".repeat(margin)), margin, Some(screen)).lines().map(String::from));
        lines.into_iter().map(|line| toned(&line, Tone::Faint, style)).collect()
    }
}

/// Where blocks stand, and what they stand for.
struct Foot {
    /// Columns before the blocks, and of them.
    margin: usize,
    columns: usize,
    /// Intervals of a block.
    share: usize,
    highest: f64,
    has_gaps: bool,
}

fn label(frame: &Frame, row: usize, by: &[String], style: &Style) -> String {
    let parts: Vec<String> = by
        .iter()
        .filter_map(|name| frame.schema().position(name))
        .map(|column| {
            let kind = frame.schema().columns()[column].1;
            let text = cell::text(&frame.value(row, column), kind, Precision::Seconds, style.zone);
            if text.is_empty() { "(missing)".into() } else { text }
        })
        .collect();
    parts.join(", ")
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) | Value::Duration(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// As long as the value's part of the highest; something, however small, is seen.
pub fn bar(value: f64, highest: f64, room: usize, style: &Style) -> String {
    if value <= 0.0 || highest <= 0.0 {
        return String::new();
    }
    let eighths = ((value / highest * room as f64 * 8.0).round() as usize).max(1);
    if !style.unicode {
        return "#".repeat(eighths.div_ceil(8));
    }
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    format!("{}{rest}", "█".repeat(eighths / 8))
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::{frame, style};
    use super::*;

    fn bins(by: &[&str], interval: Option<i64>, rows: &[&[&str]]) -> Bins {
        let mut headings = Vec::new();
        headings.extend(interval.map(|_| ("Bin", Type::Time)));
        headings.extend(by.iter().map(|name| (*name, Type::Text)));
        headings.push(("Count", Type::Int));
        Bins { frame: frame(&headings, rows), interval, by: by.iter().map(|name| name.to_string()).collect(), metric: "Count".into() }
    }

    #[test]
    fn nothing_and_not_covered_differ() {
        let bins = bins(&[], Some(3_600_000), &[&["0", "8"], &["3600000", "0"], &["7200000", "-"], &["10800000", "1"]]);
        let style = Style { width: Some(36), unicode: false, ..style() };
        let expected = "Bin               Count\n1970-01-01 00:00      8  ###########\n1970-01-01 01:00      0\n1970-01-01 02:00  not covered\n1970-01-01 03:00      1  ##\n";
        assert_eq!(text(&bins, 0, &style), expected);
    }

    #[test]
    fn categories_and_missing_ones() {
        let bins = bins(&["Image"], None, &[&["cmd.exe", "2"], &["-", "4"]]);
        let style = Style { width: Some(40), ..style() };
        let expected = format!("Image      Count\ncmd.exe        2  {}\n(missing)      4  {}\n", "█".repeat(11), "█".repeat(22));
        assert_eq!(text(&bins, 0, &style), expected);
    }

    #[test]
    fn categories_over_time_are_blocks() {
        let bins = bins(&["Image"], Some(60_000), &[&["0", "a", "8"], &["0", "b", "1"], &["60000", "a", "-"], &["60000", "b", "0"]]);
        let text = text(&bins, 0, &style());
        assert_eq!(text.lines().nth(1), Some("a          8  ██████······"), "{text}");
        assert_eq!(text.lines().nth(2), Some("b          1  ▁▁▁▁▁▁"), "{text}");
    }
}
