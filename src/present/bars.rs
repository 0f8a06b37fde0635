//! Bins as bars in the terminal: over time, over categories, or one line of blocks for each category over time.

use super::measure::{cut, pad, width};
use super::{Precision, Style, Tone, cell, table, toned};
use crate::frame::Frame;
use crate::plan::Value;
use crate::report::{Bins, Columns, Table};
use crate::telemetry::Type;

/// Where there is no terminal.
const SCREEN: usize = 100;
/// Bars one below the other; more intervals than this are drawn side by side.
const LINES: usize = 100;

/// Lines with a newline each.
pub fn text(bins: &Bins, indent: usize, style: &Style) -> String {
    let frame = &bins.frame;
    let metric = frame.schema().position(&bins.metric);
    let Some(metric) = metric.filter(|at| matches!(frame.schema().columns()[*at].1, Type::Int | Type::Float | Type::Duration)) else {
        return table::text(&as_table(bins), indent, style);
    };
    if frame.height() == 0 {
        return table::text(&as_table(bins), indent, style);
    }
    let chart = Chart::read(bins, metric, style);
    let lines = match (&chart.times[..], chart.series.len()) {
        ([], _) => chart.categories(indent, style),
        (times, 0 | 1) if times.len() <= LINES => chart.over_time(indent, style),
        _ => chart.blocks(indent, style),
    };
    let margin = " ".repeat(indent);
    lines.into_iter().map(|line| format!("{margin}{}\n", line.trim_end())).collect()
}

fn as_table(bins: &Bins) -> Table {
    Table::whole(bins.frame.clone(), Columns::All)
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

    fn categories(&self, indent: usize, style: &Style) -> Vec<String> {
        let shown = self.series.len().min(table::ROWS);
        let rows: Vec<(String, Option<f64>)> = self.series.iter().take(shown).map(|series| (series.label.clone(), series.values[0])).collect();
        let mut lines = self.bars(&self.heading, &rows, indent, style);
        if self.series.len() > shown {
            lines.push(toned(&format!("{} and {} more", style.ellipsis(), self.series.len() - shown), Tone::Faint, style));
        }
        lines
    }

    fn over_time(&self, indent: usize, style: &Style) -> Vec<String> {
        let precision = Precision::of(self.times.iter().copied(), style.zone);
        let values = self.series.first().map(|series| series.values.as_slice()).unwrap_or_default();
        let rows: Vec<(String, Option<f64>)> = self.times.iter().zip(values).map(|(time, value)| (cell::time(*time, precision, style.zone), *value)).collect();
        let lone = self.series.first().filter(|series| !series.label.is_empty()).map(|series| format!("Bin ({})", series.label));
        self.bars(lone.as_deref().unwrap_or("Bin"), &rows, indent, style)
    }

    /// A label, a number and a bar a line.
    fn bars(&self, heading: &str, rows: &[(String, Option<f64>)], indent: usize, style: &Style) -> Vec<String> {
        let screen = style.width.unwrap_or(SCREEN).saturating_sub(indent);
        let labels = rows.iter().map(|(label, _)| width(label)).chain([width(heading)]).max().unwrap_or(0).min((screen / 2).max(10));
        let numbers: Vec<String> = rows.iter().map(|(_, value)| self.shown(*value)).collect();
        let digits =
            rows.iter().zip(&numbers).filter(|((_, value), _)| value.is_some()).map(|(_, text)| width(text)).chain([width(&self.metric)]).max().unwrap_or(0);
        let room = screen.saturating_sub(labels + digits + 4).max(10);
        let highest = self.highest();
        let heads = format!("{}  {}", pad(&cut(heading, labels, style.ellipsis()), labels, false), pad(&self.metric, digits, true));
        let mut lines = vec![toned(&heads, Tone::Heading, style)];
        for ((label, value), number) in rows.iter().zip(&numbers) {
            let label = pad(&cut(label, labels, style.ellipsis()), labels, false);
            lines.push(match value {
                None => format!("{label}  {}", toned(number, Tone::Faint, style)),
                Some(value) => format!("{label}  {}  {}", pad(number, digits, true), toned(&bar(*value, highest, room, style), Tone::Bar, style)),
            });
        }
        lines
    }

    /// One line of blocks a category, with its total; neighbouring intervals share a block when there is no room for all.
    fn blocks(&self, indent: usize, style: &Style) -> Vec<String> {
        let adds_up = self.kind == Type::Int;
        let mut series: Vec<&Series> = self.series.iter().collect();
        let total = |series: &Series| series.values.iter().flatten().sum::<f64>();
        if adds_up {
            series.sort_by(|a, b| (a.label == "(other)").cmp(&(b.label == "(other)")).then(total(b).total_cmp(&total(a))));
        }
        let shown = series.len().min(table::ROWS);
        let screen = style.width.unwrap_or(SCREEN).saturating_sub(indent);
        let labels = series.iter().take(shown).map(|series| width(&series.label)).chain([width(&self.heading)]).max().unwrap_or(0).min((screen / 3).max(10));
        let figure = |series: &Series| {
            let known: Vec<f64> = series.values.iter().flatten().copied().collect();
            if adds_up { self.shown(Some(known.iter().sum())) } else { self.shown(known.into_iter().reduce(f64::max)) }
        };
        let title = if adds_up { self.metric.clone() } else { format!("highest {}", self.metric) };
        let digits = series.iter().take(shown).map(|series| width(&figure(series))).chain([width(&title)]).max().unwrap_or(0);
        let room = screen.saturating_sub(labels + digits + 4).max(10);
        let share = self.times.len().div_ceil(room).max(1);
        let merged = |series: &Series| -> Vec<Option<f64>> {
            let join = |a: f64, b: f64| if adds_up { a + b } else { a.max(b) };
            series.values.chunks(share).map(|values| values.iter().flatten().copied().reduce(join)).collect()
        };
        let highest = series.iter().flat_map(|series| merged(series)).flatten().fold(0.0, f64::max);
        let mut lines =
            vec![toned(&format!("{}  {}", pad(&cut(&self.heading, labels, style.ellipsis()), labels, false), pad(&title, digits, true)), Tone::Heading, style)];
        for series in series.iter().take(shown) {
            let blocks: String = merged(series).into_iter().map(|value| block(value, highest, style)).collect();
            let label = pad(&cut(&series.label, labels, style.ellipsis()), labels, false);
            lines.push(format!("{label}  {}  {}", pad(&figure(series), digits, true), toned(&blocks, Tone::Bar, style)));
        }
        if series.len() > shown {
            lines.push(toned(&format!("{} and {} more", style.ellipsis(), series.len() - shown), Tone::Faint, style));
        }
        lines.push(toned(&self.axis(labels + digits + 4, share, style), Tone::Faint, style));
        lines
    }

    /// From when to when, and what a block stands for.
    fn axis(&self, margin: usize, share: usize, style: &Style) -> String {
        let precision = Precision::of(self.times.iter().copied(), style.zone);
        let ends: Vec<String> = self.times.first().into_iter().chain(self.times.last()).map(|time| cell::time(*time, precision, style.zone)).collect();
        let step = self.times.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(0);
        let gap = if style.unicode { "·" } else { "." };
        format!("{}{}, {} each; {gap} not covered", " ".repeat(margin), ends.join(" to "), cell::duration(step * share as i64))
    }
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

fn block(value: Option<f64>, highest: f64, style: &Style) -> char {
    let levels: &[char] = if style.unicode { &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] } else { &['_', '-', ':', '=', '+', '*', '#', '@'] };
    match value {
        None => {
            if style.unicode {
                '·'
            } else {
                '.'
            }
        }
        Some(value) if value <= 0.0 || highest <= 0.0 => ' ',
        Some(value) => levels[((value / highest * levels.len() as f64).ceil() as usize).clamp(1, levels.len()) - 1],
    }
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
        assert_eq!(text.lines().nth(1), Some("a          8  █·"), "{text}");
        assert_eq!(text.lines().nth(2), Some("b          1  ▁"), "{text}");
    }
}
