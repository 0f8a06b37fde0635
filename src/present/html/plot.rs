//! Drawings as SVG, each with a name, and a title for every mark: what a pointer shows, and what is read aloud.

use maud::{Markup, html};
use ratatui::widgets::canvas::{Canvas, Map, MapResolution};

use super::super::{Style, canvas, cell, json};
use super::seen;
use crate::hunt::picture::{Dot, Scale};

pub const WIDTH: f64 = 720.0;
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// Bars of one drawing.
const BARS: usize = 50;
/// What a time below a drawing takes.
const LABELLED: f64 = 120.0;
/// Characters of a label.
const LABEL: usize = 40;

/// One mark of a drawing: what it stands for, how much (nothing where that is not known), and how that is read.
pub struct Bar {
    pub label: String,
    pub value: Option<f64>,
    pub shown: String,
}

pub fn figure(title: &str, height: f64, marks: &Markup) -> Markup {
    html! {
        figure {
            figcaption { (title) }
            svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label=(title) width=(WIDTH) height=(height) viewBox=(format!("0 0 {WIDTH} {height}")) { (marks) }
        }
    }
}

/// Two digits behind the point are finer than any screen.
pub fn n(number: f64) -> String {
    cell::float((number * 100.0).round() / 100.0)
}

pub fn label(text: &str) -> String {
    let text = seen(text);
    if text.chars().count() <= LABEL { text } else { text.chars().take(LABEL - 1).chain(['…']).collect() }
}

/// One bar a line: label, value or nothing known, value as it is read.
pub fn bars(title: &str, rows: &[Bar], highest: f64) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    const LINE: f64 = 20.0;
    let (left, right) = (250.0, 80.0);
    let shown = &rows[..rows.len().min(BARS)];
    let long = |value: &Option<f64>| value.filter(|_| highest > 0.0).map_or(0.0, |value| (value.max(0.0) / highest) * (WIDTH - left - right));
    let marks = html! {
        @for (at, Bar { label: name, value, shown: said }) in shown.iter().enumerate() {
            @let y = at as f64 * LINE;
            g {
                title { (seen(name)) ": " (said) }
                text x=(n(left - 8.0)) y=(n(y + 14.0)) text-anchor="end" { (label(name)) }
                rect class="mark" x=(n(left)) y=(n(y + 3.0)) width=(n(long(value))) height="14" rx="2" {}
                text class="faint" x=(n(left + long(value) + 6.0)) y=(n(y + 14.0)) { (said) }
            }
        }
    };
    html! {
        (figure(title, (shown.len() as f64 * LINE).max(LINE), &marks))
        @if rows.len() > BARS { p class="faint" { "and " (rows.len() - BARS) " more" } }
    }
}

/// One column for each interval; one of which nothing is known is open.
pub fn columns(title: &str, bins: &[Bar], highest: f64) -> Markup {
    let (left, top, tall) = (60.0, 8.0, 120.0);
    let wide = (WIDTH - left) / bins.len().max(1) as f64;
    let every = (LABELLED / wide).ceil().max(1.0) as usize;
    let marks = html! {
        text class="faint" x=(n(left - 6.0)) y=(n(top + 8.0)) text-anchor="end" { (cell::figure(highest)) }
        text class="faint" x=(n(left - 6.0)) y=(n(top + tall)) text-anchor="end" { "0" }
        line class="grid" x1=(n(left)) x2=(n(WIDTH)) y1=(n(top + tall)) y2=(n(top + tall)) {}
        @for (at, Bar { label: when, value, shown: said }) in bins.iter().enumerate() {
            @let x = left + at as f64 * wide;
            g {
                title { (when) ": " @if value.is_some() { (said) } @else { "not covered" } }
                @match value {
                    Some(value) => { rect class="mark" x=(n(x + wide * 0.1)) y=(n(top + tall * (1.0 - value.max(0.0) / highest))) width=(n(wide * 0.8)) height=(n(tall * value.max(0.0) / highest)) {} }
                    None => { rect class="unknown" x=(n(x + wide * 0.1)) y=(n(top)) width=(n(wide * 0.8)) height=(n(tall)) {} }
                }
            }
            @if at % every == 0 { text class="faint" x=(n(x)) y=(n(top + tall + 16.0)) { (when) } }
        }
    };
    figure(title, top + tall + 24.0, &marks)
}

/// An area by day, open where a day is not known.
pub fn area(title: &str, days: &[i32], values: &[Option<f64>], unit: Option<&str>, scale: &Scale) -> Markup {
    if values.iter().all(Option::is_none) {
        return html! { p class="faint" { (title) ": nothing is known" } };
    }
    let (left, top, tall) = (80.0, 8.0, 140.0);
    let highest = values.iter().flatten().copied().fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let (first, last) = scale.days.unwrap_or_default();
    let wide = (WIDTH - left) / f64::from(last - first + 1).max(1.0);
    let place = |day: i32, value: f64| (left + (f64::from(day - first) + 0.5) * wide, top + tall * (1.0 - value / highest));
    let known: Vec<(i32, f64)> = days.iter().zip(values).filter_map(|(day, value)| value.map(|value| (*day, value))).collect();
    let runs: Vec<&[(i32, f64)]> = known.chunk_by(|a, b| b.0 == a.0 + 1).collect();
    let path = |run: &[(i32, f64)]| {
        let (start, end) = (run.first().map_or(left, |(day, _)| place(*day, 0.0).0), run.last().map_or(left, |(day, _)| place(*day, 0.0).0));
        let line: String = run.iter().map(|(day, value)| place(*day, *value)).map(|(x, y)| format!(" L{} {}", n(x), n(y))).collect();
        format!("M{} {floor}{line} L{} {floor} Z", n(start), n(end), floor = n(top + tall))
    };
    let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
    let every = (LABELLED / wide).ceil().max(1.0) as i32;
    let marks = html! {
        text class="faint" x=(n(left - 6.0)) y=(n(top + 8.0)) text-anchor="end" { (cell::figure(highest)) (unit) }
        line class="grid" x1=(n(left)) x2=(n(WIDTH)) y1=(n(top + tall)) y2=(n(top + tall)) {}
        @for run in &runs { path class="area" d=(path(run)) {} }
        @for (day, value) in &known {
            @let (x, y) = place(*day, *value);
            circle class="mark" cx=(n(x)) cy=(n(y)) r="3" { title { (json::day_text(*day)) ": " (cell::figure(*value)) (unit) } }
        }
        @for day in (first..=last).step_by(usize::try_from(every).unwrap_or(1)) { text class="faint" x=(n(place(day, 0.0).0 - wide / 2.0)) y=(n(top + tall + 16.0)) { (json::day_text(day)) } }
    };
    figure(title, top + tall + 24.0, &marks)
}

/// Weekdays by hours; a cell of which nothing is known is open.
pub fn heat(title: &str, cells: &[[Option<f64>; 24]; 7], highest: f64) -> Markup {
    const SIDE: f64 = 26.0;
    let left = 44.0;
    let marks = html! {
        @for hour in 0..24 { text class="faint" x=(n(left + f64::from(hour) * SIDE + SIDE / 2.0)) y="12" text-anchor="middle" { (hour) } }
        @for (day, (name, hours)) in DAYS.iter().zip(cells).enumerate() {
            @let y = 18.0 + day as f64 * SIDE;
            text x=(n(left - 8.0)) y=(n(y + 17.0)) text-anchor="end" { (name) }
            @for (hour, value) in hours.iter().enumerate() {
                @let x = left + hour as f64 * SIDE;
                @match value {
                    Some(value) => {
                        rect class="mark" x=(n(x + 1.0)) y=(n(y + 1.0)) width=(n(SIDE - 2.0)) height=(n(SIDE - 2.0)) fill-opacity=(n(if highest > 0.0 { 0.06 + 0.94 * (value / highest).clamp(0.0, 1.0) } else { 0.06 })) { title { (name) " " (hour) ":00: " (cell::figure(*value)) } }
                    }
                    None => { rect class="unknown" x=(n(x + 1.0)) y=(n(y + 1.0)) width=(n(SIDE - 2.0)) height=(n(SIDE - 2.0)) { title { (name) " " (hour) ":00: no row" } } }
                }
            }
        }
    };
    figure(title, 18.0 + 7.0 * SIDE + 2.0, &marks)
}

/// The coasts and a dot a place, as large as much lies there.
pub fn map(title: &str, dots: &[Dot], highest: f64) -> Markup {
    let (west, east, south, north) = (-180.0, 180.0, -60.0, 85.0);
    let height = WIDTH * (north - south) / (east - west);
    let place = |longitude: f64, latitude: f64| ((longitude - west) / (east - west) * WIDTH, (north - latitude) / (north - south) * height);
    let marks = html! {
        path class="coast" d=(coast(WIDTH, height)) {}
        @for dot in dots {
            @let (x, y) = place(dot.longitude, dot.latitude);
            circle class="dot" cx=(n(x)) cy=(n(y)) r=(n(3.0 + 7.0 * (dot.count / highest.max(1.0)).sqrt())) { title { (cell::float(dot.count)) " at " (n(dot.latitude)) ", " (n(dot.longitude)) } }
        }
    };
    figure(title, height.round(), &marks)
}

/// The coasts as the terminal draws them, finer: a point for each dot of a sign.
fn coast(width: f64, height: f64) -> String {
    const COLUMNS: u16 = 180;
    const LINES: u16 = 56;
    let style = Style { colour: false, unicode: true, width: None, zone: chrono_tz::UTC };
    let drawn = Canvas::default().x_bounds([-180.0, 180.0]).y_bounds([-60.0, 85.0]).marker(canvas::marker(&style)).paint(|context| {
        context.draw(&Map { resolution: MapResolution::High, color: ratatui::style::Color::Reset });
    });
    let lines = canvas::lines(drawn, usize::from(COLUMNS), usize::from(LINES), &style);
    let (dx, dy) = (width / (f64::from(COLUMNS) * 2.0), height / (f64::from(LINES) * 4.0));
    let mut path = String::new();
    for (row, line) in lines.iter().enumerate() {
        for (column, sign) in line.chars().enumerate() {
            let Some(bits) = u32::from(sign).checked_sub(0x2800).filter(|bits| *bits < 256) else { continue };
            // The order in which a sign of braille counts its dots.
            for (bit, (x, y)) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)].into_iter().enumerate() {
                if bits & (1 << bit) != 0 {
                    path.push_str(&format!("M{} {}h0", n((column * 2 + x) as f64 * dx), n((row * 4 + y) as f64 * dy)));
                }
            }
        }
    }
    path
}
