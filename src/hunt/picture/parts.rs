//! One picture for each value of a column, and the scale that pictures side by side share.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::{Picture, View};
use crate::frame::Frame;
use crate::plan::{folded_equal, written};

/// More pictures than anyone looks through.
pub const MOST: usize = 20;

/// The rows of each value of a column, in the order in which values first come, without that column; `None` where they are too many to look at.
pub fn parts(frame: &Frame, by: &str) -> Option<Vec<(String, Frame)>> {
    let mut parts: Vec<(String, Vec<usize>)> = Vec::new();
    for row in 0..frame.height() {
        let value = written(&frame.named(row, by)).unwrap_or_else(|| "(missing)".into());
        match parts.iter_mut().find(|(known, _)| folded_equal(known, &value)) {
            Some((_, rows)) => rows.push(row),
            None => parts.push((value, vec![row])),
        }
        if parts.len() > MOST {
            return None;
        }
    }
    Some(parts.into_iter().map(|(value, rows)| (value, frame.take(&rows).without(by))).collect())
}

/// What the largest sign of a picture stands for. One scale over several pictures makes equal figures look equal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scale {
    pub highest: f64,
    /// Of each series of areas.
    pub series: BTreeMap<String, f64>,
    /// First and last day of areas.
    pub days: Option<(i32, i32)>,
    /// First and last moment of timelines.
    pub span: Option<(i64, i64)>,
}

impl Scale {
    pub fn over<'a>(pictures: impl IntoIterator<Item = &'a Picture>) -> Scale {
        let mut scale = Scale::default();
        for picture in pictures {
            match picture {
                Picture::Bars { rows, .. } | Picture::Share { rows, .. } => scale.reach(rows.iter().map(|(_, value)| *value)),
                Picture::Heat { cells, .. } => scale.reach(cells.iter().flatten().flatten().copied()),
                Picture::Map { dots, .. } => scale.reach(dots.iter().map(|dot| dot.count)),
                Picture::Timeline { lanes, .. } => {
                    for mark in lanes.iter().flat_map(|lane| &lane.marks) {
                        let (first, last) = scale.span.unwrap_or((mark.from, mark.to));
                        scale.span = Some((first.min(mark.from), last.max(mark.to)));
                    }
                }
                Picture::Area { days, series } => {
                    for one in series {
                        let highest = scale.series.entry(one.name.clone()).or_default();
                        *highest = one.values.iter().flatten().copied().fold(*highest, f64::max);
                    }
                    for day in days {
                        let (first, last) = scale.days.unwrap_or((*day, *day));
                        scale.days = Some((first.min(*day), last.max(*day)));
                    }
                }
            }
        }
        scale
    }

    fn reach(&mut self, values: impl Iterator<Item = f64>) {
        self.highest = values.fold(self.highest, f64::max);
    }
}

/// The pictures of rows: one, or one for each value of `by`, with that value.
pub fn pictures(frame: &Frame, view: View, by: Option<&str>, zone: Tz) -> Option<Vec<(Option<String>, Picture)>> {
    match by {
        None => Picture::read(frame, view, zone).map(|picture| vec![(None, picture)]),
        Some(by) => {
            let drawn: Vec<_> = parts(frame, by)?.into_iter().filter_map(|(value, rows)| Some((Some(value), Picture::read(&rows, view, zone)?))).collect();
            (!drawn.is_empty()).then_some(drawn)
        }
    }
}
