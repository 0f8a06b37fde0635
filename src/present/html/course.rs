//! Rows over time as SVG: a lane for each thing, a mark for what happened there; marks that lie on each other are one, which says how many.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use maud::{Markup, html};

use super::super::{Precision, course, time};
use super::plot::{WIDTH, figure, label, n};
use super::seen;
use crate::hunt::picture::{Lane, LeftOut, Mark};

const LINE: f64 = 22.0;
/// Where lanes begin, and what is left free behind them.
const LEFT: f64 = 200.0;
const RIGHT: f64 = 12.0;
/// The narrowest mark; what is nearer than that is one.
const MARK: f64 = 4.0;
/// Times below the lanes: at both ends, and between.
const TICKS: usize = 3;
/// Characters of what a mark says.
const SAID: usize = 300;

/// What a timeline is called.
pub fn heading(by: &str) -> String {
    if by.is_empty() { "Rows over time".into() } else { format!("Rows over time by {by}") }
}

pub fn timeline(title: &str, lanes: &[Lane], left_out: &LeftOut, (first, last): (i64, i64), zone: Tz) -> Markup {
    let wide = WIDTH - LEFT - RIGHT - MARK;
    let place = |at: i64| LEFT + (at.saturating_sub(first) as f64 / last.saturating_sub(first).max(1) as f64).clamp(0.0, 1.0) * wide;
    let precision = precision(first, last);
    let tall = lanes.len() as f64 * LINE;
    let ticks = if first == last { 1 } else { TICKS };
    let moment = |tick: usize| first + last.saturating_sub(first) / (TICKS as i64 - 1) * tick as i64;
    let marks = html! {
        @for tick in 0..ticks {
            @let x = place(moment(tick));
            line class="grid" x1=(n(x)) x2=(n(x)) y1="0" y2=(n(tall)) {}
            text class="faint" x=(n(x)) y=(n(tall + 16.0)) text-anchor=(if tick == 0 { "start" } else if tick + 1 == TICKS { "end" } else { "middle" }) { (time(moment(tick), precision, zone)) }
        }
        @for (at, lane) in lanes.iter().enumerate() {
            @let y = at as f64 * LINE;
            text x=(n(LEFT - 8.0)) y=(n(y + 15.0)) text-anchor="end" { title { (seen(&lane.name)) } (label(&lane.name)) }
            line class="grid" x1=(n(LEFT)) x2=(n(WIDTH - RIGHT)) y1=(n(y + LINE / 2.0)) y2=(n(y + LINE / 2.0)) {}
            @for marks in together(lane, place) {
                @let (from, to) = (marks.iter().map(|mark| mark.from).min().unwrap_or(first), marks.iter().map(|mark| mark.to).max().unwrap_or(first));
                rect class="mark" x=(n(place(from))) y=(n(y + 4.0)) width=(n((place(to) - place(from)).max(MARK))) height=(n(LINE - 8.0)) rx="1.5" { title { (told(&marks, from, to, zone)) } }
            }
        }
    };
    html! {
        (figure(title, tall + 24.0, &marks))
        @if let Some(said) = course::left_out(left_out) { p class="faint" { (said) } }
    }
}

/// As fine as the whole needs, so that the times have room beside each other.
fn precision(first: i64, last: i64) -> Precision {
    match last.saturating_sub(first) {
        ..10_000 => Precision::Milliseconds,
        10_000..600_000 => Precision::Seconds,
        _ => Precision::Minutes,
    }
}

/// Marks that can't be told apart where they lie; however many there are, there is room for so many only.
fn together(lane: &Lane, place: impl Fn(i64) -> f64) -> Vec<Vec<&Mark>> {
    let mut found: BTreeMap<(i64, i64), Vec<&Mark>> = BTreeMap::new();
    for mark in &lane.marks {
        let slot = |at: i64| (place(at) / MARK) as i64;
        found.entry((slot(mark.from), slot(mark.to))).or_default().push(mark);
    }
    found.into_values().collect()
}

fn told(marks: &[&Mark], from: i64, to: i64, zone: Tz) -> String {
    let at = |moment: i64| time(moment, Precision::of([moment], zone).max(Precision::Seconds), zone);
    let when = if from == to { at(from) } else { format!("{} to {}", at(from), at(to)) };
    let said = match marks {
        [mark] => seen(&mark.said),
        [mark, ..] => format!("{} rows; {}", marks.len(), seen(&mark.said)),
        [] => String::new(),
    };
    let cut: String = said.chars().take(SAID).collect();
    if cut.is_empty() { when } else { format!("{when}: {cut}") }
}
