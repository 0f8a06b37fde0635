//! Pictures of rows in the terminal: bars, shares, areas, heat maps, world maps, trees; a table where there is nothing to draw.

use super::amounts::{self, Amount};
use super::{Style, Tone, area, cell, clean, course, heat, map, measure, table, toned, tree};
use crate::hunt::picture::{Picture, Scale, View, pictures};
use crate::report::{Drawing, Table};

/// Where there is no terminal.
const SCREEN: usize = 100;

/// Lines with a newline each. Parts by a column are drawn on one scale, each under its value.
pub fn text(drawing: &Drawing, indent: usize, style: &Style) -> String {
    if drawing.view == View::Tree {
        return tree::text(&drawing.rows, indent, style);
    }
    let Some(parts) = pictures(&drawing.rows.frame, drawing.view, drawing.by.as_deref(), style.zone) else {
        return table::text(&drawing.rows, indent, style);
    };
    if let Some(why) = nowhere(&parts) {
        return table::text(&Table { why: Some(why), ..drawing.rows.clone() }, indent, style);
    }
    let screen = style.width.unwrap_or(SCREEN).saturating_sub(indent).max(20);
    let scale = Scale::over(parts.iter().map(|(_, picture)| picture));
    let mut lines = Vec::new();
    for (value, picture) in &parts {
        if let (Some(by), Some(value)) = (&drawing.by, value) {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            let head = format!("{}: {}", clean::escape(by), clean::escape(value));
            lines.push(toned(&measure::middle(&head, screen, style.ellipsis()), Tone::Part, style));
        }
        lines.extend(drawn(picture, &scale, screen, style));
    }
    let margin = " ".repeat(indent);
    lines.into_iter().map(|line| format!("{}\n", format!("{margin}{line}").trim_end())).collect()
}

/// Why there is no map, where no place is known to draw.
fn nowhere(parts: &[(Option<String>, Picture)]) -> Option<String> {
    let (mut nobody, mut everybody) = (0.0, 0.0);
    for (_, picture) in parts {
        match picture {
            Picture::Map { dots, private, unknown, .. } if dots.is_empty() => (nobody, everybody) = (nobody + private, everybody + private + unknown),
            Picture::Map { .. } | Picture::Bars { .. } | Picture::Share { .. } | Picture::Area { .. } | Picture::Heat { .. } | Picture::Timeline { .. } => {
                return None;
            }
        }
    }
    let (private, all) = (cell::float(nobody), cell::float(everybody));
    Some(format!("no map: the geo database has no place for any of the addresses ({private} of {all} are private)"))
}

fn drawn(picture: &Picture, scale: &Scale, screen: usize, style: &Style) -> Vec<String> {
    match picture {
        Picture::Bars { heading, metric, rows } => {
            let amount =
                |(label, value): &(String, f64)| Amount { label: clean::escape(label).into_owned(), figures: vec![cell::float(*value)], value: Some(*value) };
            amounts::first_lines(&[heading, metric], rows.iter().map(amount).collect(), scale.highest, screen, style)
        }
        Picture::Share { heading, metric, rows } => {
            let sum: f64 = rows.iter().map(|(_, value)| value).sum();
            let amount = |(label, value): &(String, f64)| {
                let percent = format!("{:.1} %", if sum > 0.0 { value / sum * 100.0 } else { 0.0 });
                Amount { label: clean::escape(label).into_owned(), figures: vec![cell::float(*value), percent], value: Some(*value) }
            };
            // The whole is as wide as the screen, in every part.
            amounts::first_lines(&[heading, metric, "Share"], rows.iter().map(amount).collect(), sum, screen, style)
        }
        Picture::Area { days, series } => area::lines(days, series, scale, screen, style),
        Picture::Heat { metric, cells } => heat::lines(metric, cells, scale.highest, screen, style),
        Picture::Timeline { by, lanes, left_out } => course::lines(&course::Course { by, lanes, left_out: *left_out }, scale, screen, style),
        Picture::Map { dots, countries, private, unknown } => {
            map::lines(&map::Places { dots, countries, private: *private, unknown: *unknown }, scale.highest, screen, style)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::measure::width;
    use super::super::table::tests::{frame, style, table};
    use super::*;
    use crate::telemetry::Type;

    fn drawn(headings: &[(&str, Type)], rows: &[&[&str]], screen: usize, unicode: bool) -> String {
        let frame = frame(headings, rows);
        let view = View::of(frame.schema());
        let text = text(&Drawing { rows: table(frame), view, by: None }, 0, &Style { width: Some(screen), unicode, ..style() });
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
                assert!(area.contains("Outgoing  total 150 MB") && area.contains("Incoming  total 15 MB"), "{area}");
                assert!(area.contains("2020-09-21") && area.contains("2020-09-24") && area.contains("100"), "{area}");
                let map = drawn(&places, &dots, screen, unicode);
                assert!(map.contains("Kenya\\x1b[2J") && map.contains("not on the map: 4 unknown"), "{map}");
                assert!(map.contains(if unicode { '●' } else { '@' }), "{map}");
            }
        }
    }

    #[test]
    fn a_day_that_nothing_is_known_of_stays_open() {
        let headings = [("Date", Type::Text), ("Outgoing", Type::Int), ("Incoming", Type::Int)];
        let rows: [&[&str]; 3] = [&["2020-09-21", "4", "-"], &["2020-09-22", "-", "-"], &["2020-09-24", "4", "-"]];
        let area = drawn(&headings, &rows, 60, false);
        assert!(area.contains("Outgoing  total 8 MB, 2 days unknown") && area.contains("Incoming  unknown"), "{area}");
        let floor = area.lines().find(|line| line.contains("+-")).unwrap_or_default();
        assert_eq!(floor, format!("   0 +{0}{1}{1}{0}", "-".repeat(13), ".".repeat(13)), "{area}");
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
        assert!(one.lines().nth(1).is_some_and(|line| line.starts_with("a ") && line.contains("2  66.7 %")), "{one}");
        let more = drawn(&headings, &[&["0", "b"], &["86400000", "a"]], 40, false);
        assert!(more.contains("1970-01-01      1  #") && more.contains("1970-01-02      1  #"), "{more}");
    }
}
