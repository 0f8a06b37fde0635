//! Rows over time in the terminal: a line a lane, a column a part of the time, as full as many rows lie there.

use super::measure::{cut, pad, width};
use super::{Precision, Style, Tone, clean, spark, time, toned};
use crate::hunt::picture::{Lane, LeftOut, Scale};

/// What is drawn.
pub struct Course<'a> {
    pub by: &'a str,
    pub lanes: &'a [Lane],
    pub left_out: LeftOut,
}

/// Columns of a name, at the most.
const NAME: usize = 32;

pub fn lines(course: &Course, scale: &Scale, screen: usize, style: &Style) -> Vec<String> {
    let names: Vec<String> = course.lanes.iter().map(|lane| cut(&clean::escape(&lane.name), NAME.min(screen / 3), style.ellipsis())).collect();
    let left = names.iter().map(|name| width(name)).max().unwrap_or_default().max(width(course.by));
    let wide = screen.saturating_sub(left + 2).max(1);
    let (first, last) = scale.span.unwrap_or_default();
    let column = |at: i64| (at.saturating_sub(first) as f64 / last.saturating_sub(first).max(1) as f64 * (wide - 1) as f64).round() as usize;
    let counted: Vec<Vec<f64>> = course
        .lanes
        .iter()
        .map(|lane| {
            let mut counts = vec![0.0; wide];
            for mark in &lane.marks {
                counts[column(mark.from).min(wide - 1)..=column(mark.to).min(wide - 1)].iter_mut().for_each(|count| *count += 1.0);
            }
            counts
        })
        .collect();
    let highest = counted.iter().flatten().copied().fold(0.0, f64::max);
    let precision = Precision::of([first, last], style.zone);
    let (begin, end) = (time(first, precision, style.zone), time(last, precision, style.zone));
    let room = wide.saturating_sub(width(&begin) + width(&end));
    let axis = if first == last || room == 0 { begin } else { format!("{begin}{}{end}", " ".repeat(room)) };
    let mut lines = vec![toned(&format!("{}  {axis}", pad(&clean::escape(course.by), left, false)), Tone::Heading, style)];
    for (name, counts) in names.iter().zip(&counted) {
        let values: Vec<Option<f64>> = counts.iter().copied().map(Some).collect();
        lines.push(format!("{}  {}", pad(name, left, false), spark::line(&values, highest, style)));
    }
    lines.extend(left_out(&course.left_out).iter().map(|said| toned(&format!("{} {said}", style.ellipsis()), Tone::Faint, style)));
    lines
}

/// What is not in the picture, in words.
pub fn left_out(left_out: &LeftOut) -> Option<String> {
    let lanes = (left_out.lanes > 0).then(|| format!("and {} more", left_out.lanes));
    let undated = (left_out.undated > 0).then(|| match left_out.undated {
        1 => "1 row has no time".to_string(),
        rows => format!("{rows} rows have no time"),
    });
    let said: Vec<String> = lanes.into_iter().chain(undated).collect();
    (!said.is_empty()).then(|| said.join("; "))
}
