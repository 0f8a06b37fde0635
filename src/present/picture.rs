//! Pictures of rows in the terminal: bars, shares, areas, heat maps, world maps; a table where there is nothing to draw.

use ratatui::style::{Color, Stylize};
use ratatui::widgets::canvas::{Canvas, Map, MapResolution};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType};

use super::measure::{cut, pad, width};
use super::{Style, Tone, bars, canvas, cell, clean, json, table, toned};
use crate::hunt::picture::{Dot, Picture, View};
use crate::report::Table;

/// Where there is no terminal.
const SCREEN: usize = 100;
/// Lines of an area chart, and the most of a map.
const AREA: usize = 9;
const MAP: usize = 30;
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Lines with a newline each.
pub fn text(shown: &Table, view: View, indent: usize, style: &Style) -> String {
    let Some(picture) = Picture::read(&shown.frame, view, style.zone) else { return table::text(shown, indent, style) };
    let screen = style.width.unwrap_or(SCREEN).saturating_sub(indent).max(20);
    let lines = match &picture {
        Picture::Bars { heading, metric, rows } => amounts(heading, metric, rows, false, screen, style),
        Picture::Share { heading, rows } => amounts(heading, "Share", rows, true, screen, style),
        Picture::Area { days, series } => area(days, series, screen, style),
        Picture::Heat { metric, cells } => heat(metric, cells, screen, style),
        Picture::Map { dots, elsewhere } => map(dots, *elsewhere, screen, style),
    };
    let margin = " ".repeat(indent);
    lines.into_iter().map(|line| format!("{margin}{}\n", line.trim_end())).collect()
}

/// A label, a number (or its part of the sum) and a bar a line.
fn amounts(heading: &str, metric: &str, rows: &[(String, f64)], as_share: bool, screen: usize, style: &Style) -> Vec<String> {
    let sum: f64 = rows.iter().map(|(_, value)| value.max(0.0)).sum();
    let highest = rows.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let figure =
        |value: f64| if as_share { format!("{} ({:.1} %)", cell::float(value), if sum > 0.0 { value / sum * 100.0 } else { 0.0 }) } else { cell::float(value) };
    let shown: Vec<(String, String, f64)> =
        rows.iter().take(table::ROWS).map(|(label, value)| (clean::escape(label).into_owned(), figure(*value), *value)).collect();
    let heading = clean::escape(heading);
    let metric = clean::escape(metric);
    let labels = shown.iter().map(|(label, ..)| width(label)).chain([width(&heading)]).max().unwrap_or(0).min((screen / 2).max(8));
    let digits = shown.iter().map(|(_, figure, _)| width(figure)).chain([width(&metric)]).max().unwrap_or(0);
    let room = screen.saturating_sub(labels + digits + 4).max(4);
    let mut lines =
        vec![toned(&format!("{}  {}", pad(&cut(&heading, labels, style.ellipsis()), labels, false), pad(&metric, digits, true)), Tone::Heading, style)];
    for (label, figure, value) in &shown {
        let bar = toned(&bars::bar(*value, if as_share { sum } else { highest }, room, style), Tone::Bar, style);
        lines.push(format!("{}  {}  {bar}", pad(&cut(label, labels, style.ellipsis()), labels, false), pad(figure, digits, true)));
    }
    if rows.len() > shown.len() {
        lines.push(toned(&format!("{} and {} more", style.ellipsis(), rows.len() - shown.len()), Tone::Faint, style));
    }
    lines
}

/// One chart below the other, on the same days. Each day is a step of its own, so that a day that nothing is known of stays open.
fn area(days: &[i32], series: &[(String, Vec<Option<f64>>)], screen: usize, style: &Style) -> Vec<String> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Vec::new() };
    let (start, end) = (f64::from(*first) - 0.5, f64::from(*last) + 0.5);
    let mut lines = Vec::new();
    for (name, values) in series {
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        let unknown = usize::try_from(last - first + 1).unwrap_or_default().saturating_sub(known.len());
        let without = if unknown > 0 { format!(", {unknown} days unknown") } else { String::new() };
        if known.is_empty() {
            lines.push(toned(&format!("{}  unknown", clean::escape(name)), Tone::Heading, style));
            continue;
        }
        lines.push(toned(&format!("{}  total {}{without}", clean::escape(name), cell::float(known.iter().sum())), Tone::Heading, style));
        let highest = known.iter().copied().fold(0.0, f64::max);
        let top = if highest > 0.0 { highest } else { 1.0 };
        let step = |(day, value): (&i32, &Option<f64>)| {
            let (day, value) = (f64::from(*day), value.as_ref()?.max(0.0));
            Some([(day - 0.5, value), (day + 0.5, value)])
        };
        let steps: Vec<[(f64, f64); 2]> = days.iter().zip(values).filter_map(step).collect();
        let one = |points| Dataset::default().data(points).marker(canvas::marker(style)).graph_type(GraphType::Area).fg(Color::Cyan);
        let x = Axis::default().bounds([start, end]).labels([json::day_text(*first), json::day_text(*last)]).fg(Color::DarkGray);
        let y = Axis::default().bounds([0.0, top]).labels(["0".to_string(), cell::float((top * 100.0).round() / 100.0)]).fg(Color::DarkGray);
        lines.extend(canvas::lines(Chart::new(steps.iter().map(|points| one(points.as_slice())).collect()).x_axis(x).y_axis(y), screen, AREA, style));
    }
    lines
}

/// A line a weekday, a column an hour; what nothing is known of differs from nothing.
fn heat(metric: &str, cells: &[[Option<f64>; 24]; 7], screen: usize, style: &Style) -> Vec<String> {
    let highest = cells.iter().flatten().flatten().copied().fold(0.0, f64::max);
    let wide = (screen.saturating_sub(4) / 24).clamp(1, 3);
    let levels: [char; 5] = if style.unicode { [' ', '░', '▒', '▓', '█'] } else { [' ', '.', ':', '+', '#'] };
    let unknown = if style.unicode { '·' } else { '-' };
    let hours: String = (0..24).step_by(if wide > 1 { 1 } else { 3 }).map(|hour| pad(&hour.to_string(), if wide > 1 { wide } else { 3 }, false)).collect();
    let mut lines = vec![toned(&format!("    {}", hours.trim_end()), Tone::Heading, style)];
    for (day, hours) in DAYS.iter().zip(cells) {
        let line: String = hours
            .iter()
            .map(|value| {
                let sign = match value {
                    None => unknown,
                    Some(value) if *value <= 0.0 || highest <= 0.0 => ' ',
                    Some(value) => levels[((value / highest * 4.0).ceil() as usize).clamp(1, 4)],
                };
                sign.to_string().repeat(wide)
            })
            .collect();
        lines.push(format!("{day} {}", toned(line.trim_end(), Tone::Bar, style)));
    }
    let scale: String = levels.iter().skip(1).collect();
    let said = format!("{}: {scale} up to {}; {unknown} no row", clean::escape(metric), cell::float((highest * 100.0).round() / 100.0));
    lines.push(toned(&format!("    {said}"), Tone::Faint, style));
    lines
}

/// The coasts, and a dot a place: the more, the redder; the largest ones are named below.
fn map(dots: &[Dot], elsewhere: f64, screen: usize, style: &Style) -> Vec<String> {
    let highest = dots.first().map_or(0.0, |dot| dot.count);
    let places = |least: f64, most: f64| -> Vec<(f64, f64)> {
        dots.iter().filter(|dot| dot.count > highest * least && dot.count <= highest * most).map(|dot| (dot.longitude, dot.latitude)).collect()
    };
    let (few, many) = (places(-1.0, 0.25), places(0.25, 1.0));
    let sign = |large: bool| match (style.unicode, large) {
        (true, true) => "●",
        (true, false) => "•",
        (false, true) => "@",
        (false, false) => "o",
    };
    let drawn = Canvas::default().x_bounds([-180.0, 180.0]).y_bounds([-60.0, 85.0]).marker(canvas::marker(style)).paint(|context| {
        context.draw(&Map { resolution: MapResolution::High, color: Color::DarkGray });
        context.layer();
        few.iter().for_each(|(x, y)| context.print(*x, *y, sign(false).fg(Color::Yellow)));
        many.iter().for_each(|(x, y)| context.print(*x, *y, sign(true).fg(Color::Red)));
    });
    let mut lines = canvas::lines(drawn, screen, (screen / 4).clamp(8, MAP), style);
    let named: Vec<(String, f64)> = dots
        .iter()
        .take(10)
        .map(|dot| (if dot.label.is_empty() { format!("{}, {}", cell::float(dot.latitude), cell::float(dot.longitude)) } else { dot.label.clone() }, dot.count))
        .collect();
    lines.extend(amounts("Place", "Count", &named, false, screen, style));
    if dots.len() > named.len() {
        lines.push(toned(&format!("{} and {} more places", style.ellipsis(), dots.len() - named.len()), Tone::Faint, style));
    }
    if elsewhere > 0.0 {
        lines.push(toned(&format!("{} without a place", cell::float(elsewhere)), Tone::Faint, style));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::{frame, style, table};
    use super::*;
    use crate::telemetry::Type;

    fn drawn(headings: &[(&str, Type)], rows: &[&[&str]], screen: usize, unicode: bool) -> String {
        let frame = frame(headings, rows);
        let view = View::of(frame.schema());
        let text = text(&table(frame), view, 0, &Style { width: Some(screen), unicode, ..style() });
        assert!(text.lines().all(|line| width(line) <= screen), "{text}");
        assert!(unicode || text.is_ascii(), "{text}");
        text
    }

    #[test]
    fn figures_fit_the_screen_with_and_without_unicode() {
        let bandwidth = [("Date", Type::Text), ("Outgoing", Type::Int), ("Incoming", Type::Int)];
        let days: [&[&str]; 3] = [&["2020-09-21", "0", "5"], &["2020-09-22", "100", "5"], &["2020-09-24", "50", "5"]];
        let places = [("Country", Type::Text), ("Latitude", Type::Int), ("Longitude", Type::Int), ("Count", Type::Int)];
        let dots: [&[&str]; 3] = [&["Kenya\x1b[2J", "0", "37", "90"], &["Brazil", "-10", "-55", "1"], &["-", "-", "-", "4"]];
        for screen in [80, 160] {
            for unicode in [true, false] {
                let area = drawn(&bandwidth, &days, screen, unicode);
                assert!(area.contains("Outgoing  total 150") && area.contains("Incoming  total 15"), "{area}");
                assert!(area.contains("2020-09-21") && area.contains("2020-09-24") && area.contains("100"), "{area}");
                let map = drawn(&places, &dots, screen, unicode);
                assert!(map.contains("Kenya\\x1b[2J") && map.contains("4 without a place"), "{map}");
                assert!(map.contains(if unicode { '●' } else { '@' }), "{map}");
            }
        }
    }

    #[test]
    fn a_day_that_nothing_is_known_of_stays_open() {
        let headings = [("Date", Type::Text), ("Outgoing", Type::Int), ("Incoming", Type::Int)];
        let rows: [&[&str]; 3] = [&["2020-09-21", "4", "-"], &["2020-09-22", "-", "-"], &["2020-09-24", "4", "-"]];
        let area = drawn(&headings, &rows, 60, false);
        assert!(area.contains("Outgoing  total 8, 2 days unknown") && area.contains("Incoming  unknown"), "{area}");
        let filled = area.lines().rev().find(|line| line.contains("***")).unwrap_or_default();
        assert_eq!(filled.split(' ').filter(|run| run.contains("**")).count(), 2, "{area}");
        let bars = drawn(&[("Rule", Type::Text), ("Count", Type::Int)], &[&["a", "2"], &["b", "-"]], 40, false);
        assert!(!bars.contains("b  "), "{bars}");
    }

    #[test]
    fn a_timetable_is_a_heat_map() {
        let headings = [("LoggedUser", Type::Text), ("Weekday", Type::Int), ("Hour", Type::Int), ("AvgActions", Type::Int), ("StdActions", Type::Int)];
        let rows: [&[&str]; 4] = [&["a", "1", "0", "4", "0"], &["b", "1", "0", "4", "0"], &["a", "7", "23", "1", "0"], &["a", "7", "22", "0", "0"]];
        let heat = drawn(&headings, &rows, 51, false);
        let lines: Vec<&str> = heat.lines().collect();
        assert_eq!(lines[1], format!("Mon #{}", "-".repeat(23)), "{heat}");
        assert_eq!(lines[7], format!("Sun {} .", "-".repeat(22)), "{heat}");
    }

    #[test]
    fn alerts_of_a_day_are_shares_and_of_more_days_bars() {
        let headings = [("alertDateTime", Type::Time), ("huntingRule", Type::Text)];
        let one = drawn(&headings, &[&["0", "b"], &["1", "a"], &["2", "a"]], 40, false);
        assert!(one.lines().nth(1).is_some_and(|line| line.starts_with("a ") && line.contains("2 (66.7 %)")), "{one}");
        let more = drawn(&headings, &[&["0", "b"], &["86400000", "a"]], 40, false);
        assert!(more.contains("1970-01-01      1  #") && more.contains("1970-01-02      1  #"), "{more}");
    }
}
