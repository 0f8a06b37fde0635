//! Which drawing an answer gets on a page.

use chrono_tz::Tz;
use maud::{Markup, html};

use super::super::{Precision, Style, answer, cell, time};
use super::plot::{self, Bar};
use super::{course, plain, rows, seen};
use crate::hunt::picture::{Picture, Scale, View, pictures};
use crate::plan::Value;
use crate::report::{Bins, Columns, Item, Table};

/// Rows as a picture; where there is nothing to draw, as a table.
pub fn picture(table: &Table, view: View, by: Option<&str>, style: &Style) -> Markup {
    if view == View::Tree {
        return tree(table, style);
    }
    let Some(drawn) = pictures(&table.frame, view, by, style.zone) else { return rows::table(table, "Rows", Some(rows::REST), style) };
    let scale = Scale::over(drawn.iter().map(|(_, picture)| picture));
    html! {
        @for (value, picture) in &drawn {
            (one(picture, value.as_deref(), &scale, style.zone))
        }
    }
}

fn one(picture: &Picture, part: Option<&str>, scale: &Scale, zone: Tz) -> Markup {
    let title = |what: &str| part.map_or_else(|| what.to_string(), |part| format!("{what}: {}", seen(part)));
    match picture {
        Picture::Bars { heading, metric, rows } | Picture::Share { heading, metric, rows } => {
            let bars: Vec<Bar> = rows.iter().map(|(label, value)| Bar { label: label.clone(), value: Some(*value), shown: cell::figure(*value) }).collect();
            plot::bars(&title(&format!("{metric} by {heading}")), &bars, scale.highest)
        }
        Picture::Area { days, series } => html! {
            @for one in series { (plot::area(&title(&one.name), days, &one.values, one.unit, scale)) }
        },
        Picture::Timeline { by, lanes, left_out } => course::timeline(&title(&course::heading(by)), lanes, left_out, scale.span.unwrap_or_default(), zone),
        Picture::Heat { metric, cells } => plot::heat(&title(&format!("{metric} by weekday and hour")), cells, scale.highest),
        Picture::Map { dots, countries, private, unknown } => html! {
            (plot::map(&title("Where the addresses are"), dots, scale.highest))
            (plot::bars(&title("Countries"), &countries.iter().take(10).map(|(name, count)| Bar { label: name.clone(), value: Some(*count), shown: cell::float(*count) }).collect::<Vec<_>>(), countries.first().map_or(0.0, |(_, count)| *count)))
            @if private + unknown > 0.0 { p class="faint" { "not on the map: " (cell::float(*private)) " private, " (cell::float(*unknown)) " unknown" } }
        },
    }
}

/// Rows of evidence over time, where they are of several moments.
pub fn over_time(evidence: &Table, style: &Style) -> Markup {
    let Some(Picture::Timeline { by, lanes, left_out }) = Picture::read(&evidence.frame, View::Timeline, style.zone) else { return html! {} };
    let mut moments = lanes.iter().flat_map(|lane| &lane.marks).flat_map(|mark| [mark.from, mark.to]);
    let Some(first) = moments.next() else { return html! {} };
    let (from, to) = moments.fold((first, first), |(from, to), at| (from.min(at), to.max(at)));
    if from == to {
        return html! {};
    }
    let shown = evidence.frame.height();
    let part = if evidence.is_whole() { String::new() } else { format!(", the first {shown} of {} rows", evidence.total) };
    course::timeline(&format!("{}{part}", course::heading(&by)), &lanes, &left_out, (from, to), style.zone)
}

/// A histogram: bars over time, one drawing for each value; without an interval one bar for each value.
pub fn bins(bins: &Bins, style: &Style) -> Markup {
    let frame = &bins.frame;
    let table = || rows::table(&Table::whole(frame.clone(), Columns::All), "Bins", Some(rows::REST), style);
    let Some(metric) = frame.schema().position(&bins.metric) else { return table() };
    let number = |row: usize| match frame.value(row, metric) {
        Value::Int(number) | Value::Duration(number) => Some(number as f64),
        Value::Float(number) if number.is_finite() => Some(number),
        _ => None,
    };
    let (kind, all) = (frame.schema().columns()[metric].1, 0..frame.height());
    let highest = all.clone().filter_map(number).fold(0.0, f64::max);
    if frame.height() == 0 || highest <= 0.0 {
        return table();
    }
    let shown = |row: usize| cell::text(&frame.value(row, metric), kind, Precision::Milliseconds, style.zone);
    let label = |row: usize| {
        bins.by.iter().map(|name| crate::plan::written(&frame.named(row, name)).unwrap_or_else(|| "(missing)".into())).collect::<Vec<_>>().join(", ")
    };
    if bins.interval.is_none() {
        let bars: Vec<Bar> = all.map(|row| Bar { label: label(row), value: number(row), shown: shown(row) }).collect();
        return plot::bars(&format!("{} by {}", bins.metric, bins.by.join(", ")), &bars, highest);
    }
    let times: Vec<i64> = all.clone().filter_map(|row| if let Value::Time(at) = frame.named(row, "Bin") { Some(at) } else { None }).collect();
    let precision = Precision::of(times.iter().copied(), style.zone);
    let mut series: Vec<(String, Vec<Bar>)> = Vec::new();
    for row in all {
        let Value::Time(at) = frame.named(row, "Bin") else { continue };
        let (name, bin) = (label(row), Bar { label: time(at, precision, style.zone), value: number(row), shown: shown(row) });
        match series.iter_mut().find(|(known, _)| *known == name) {
            Some((_, bins)) => bins.push(bin),
            None => series.push((name, vec![bin])),
        }
    }
    html! {
        @for (name, bars) in series.iter().take(crate::hunt::picture::MOST) {
            @let title = if name.is_empty() { format!("{} over time", bins.metric) } else { format!("{} over time: {}", bins.metric, seen(name)) };
            (plot::columns(&title, bars, highest))
        }
        @if series.len() > crate::hunt::picture::MOST { p class="faint" { "and " (series.len() - crate::hunt::picture::MOST) " more" } }
    }
}

/// A tree of processes, as text keeps its shape everywhere.
fn tree(table: &Table, style: &Style) -> Markup {
    let drawing = Item::Picture(crate::report::Drawing { rows: table.clone(), view: View::Tree, by: None });
    html! {
        figure {
            figcaption { "Processes" }
            pre { (answer::item(&drawing, 0, &plain(style))) }
        }
    }
}
