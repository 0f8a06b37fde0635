//! Rows over time in the terminal: a line a lane, a column a part of the time, as full as many rows lie there.

use super::measure::{cut, pad, width};
use super::{Precision, Style, Tone, clean, spark, time, toned};
use crate::hunt::picture::{Lane, Scale};

/// What is drawn.
pub struct Course<'a> {
    pub by: &'a str,
    pub lanes: &'a [Lane],
    pub left_out: usize,
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
    if course.left_out > 0 {
        lines.push(toned(&format!("{} and {} more", style.ellipsis(), course.left_out), Tone::Faint, style));
    }
    lines
}
