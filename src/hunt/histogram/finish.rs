//! The answer of a histogram: its bins in order, the empty ones among them, and what `top` leaves out as one.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono_tz::Tz;

use super::{BIN, Histogram, HistogramError, MOST_BINS, OTHER, adds_up, top};
use crate::frame::Frame;
use crate::plan::{Fold, Period, Value, fold, time, time_text};
use crate::telemetry::Type;

/// One value of a tuple, in the order in which bins are shown: by value (text without case), missing after all values, `(other)` last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Bool(bool),
    Number(i64),
    /// A fractional number, as bits that sort like it.
    Float(u64),
    Text(String),
    Missing,
    Other,
}

type Tuple = Vec<Part>;

/// The bins, sorted by `Bin` and then by the values of `by`; columns as [`super::schema`] says.
///
/// `frame` is the answer to the plan of the histogram, `period` the period that was asked for, and `covered` the spans that telemetry covers
/// ([`crate::hunt::outcome::covered_spans`]). An empty interval within the period is 0 where it meets such a span (for `count`, `n_unique` and `sum`; other
/// metrics of nothing are missing), and missing where it does not. An open end of the period is the first or last moment that is covered or has rows.
/// One value in several spellings shows the one that sorts first. `top` ranks by the metric over the whole period; ties in the order of the values.
///
/// # Errors
/// More than [`MOST_BINS`] rows.
pub fn finish(frame: &Frame, histogram: &Histogram, period: &Period, covered: &[Period], zone: Tz) -> Result<Frame, HistogramError> {
    let mut bins = Bins::read(frame, histogram);
    if let (Some(n), true) = (histogram.top, adds_up(histogram.metric.fold)) {
        bins.keep_top(n, histogram.metric.fold);
    }
    if let Some(interval) = histogram.interval.filter(|_| histogram.fill) {
        bins.fill(interval, period, covered, zone, histogram)?;
    }
    if bins.cells.len() > MOST_BINS {
        return Err(HistogramError::Bins);
    }
    bins.frame(frame, histogram)
}

struct Bins {
    /// Start of the interval (`None` without one; missing times last) and tuple, with the metric.
    cells: BTreeMap<(Start, Tuple), Value>,
    /// How the text of a part is shown.
    spellings: BTreeMap<String, Arc<str>>,
    kind: Type,
}

/// The start of a bin; rows without a time come last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Start {
    At(i64),
    Unknown,
}

impl Bins {
    fn read(frame: &Frame, histogram: &Histogram) -> Bins {
        let kind = frame.schema().kind(&histogram.metric.name).unwrap_or(Type::Int);
        let mut bins = Bins { cells: BTreeMap::new(), spellings: BTreeMap::new(), kind };
        for row in 0..frame.height() {
            let start = match frame.named(row, BIN) {
                Value::Time(time) if histogram.interval.is_some() => Start::At(time),
                _ => Start::Unknown,
            };
            let is_other = frame.named(row, top::IS_OTHER) == Value::Bool(true);
            let tuple: Tuple = histogram.by.iter().map(|name| if is_other { Part::Other } else { bins.part(&frame.named(row, name)) }).collect();
            bins.add((start, tuple), frame.named(row, &histogram.metric.name), histogram.metric.fold);
        }
        bins
    }

    fn part(&mut self, value: &Value) -> Part {
        match value {
            Value::Missing | Value::List(_) => Part::Missing,
            Value::Bool(value) => Part::Bool(*value),
            Value::Int(number) | Value::Time(number) | Value::Duration(number) => Part::Number(*number),
            Value::Float(number) => Part::Float(sortable(*number)),
            Value::Text(text) => {
                let folded = fold(text).into_owned();
                let shown = self.spellings.entry(folded.clone()).or_insert_with(|| text.clone());
                if **text < **shown {
                    *shown = text.clone();
                }
                Part::Text(folded)
            }
        }
    }

    fn add(&mut self, key: (Start, Tuple), value: Value, fold: Fold) {
        let sum = match self.cells.get(&key) {
            Some(known) => combined(known, &value, fold),
            None => value,
        };
        self.cells.insert(key, sum);
    }

    /// Keeps the `n` tuples with the most, and makes one of the others.
    fn keep_top(&mut self, n: usize, fold: Fold) {
        let mut totals: BTreeMap<&Tuple, Value> = BTreeMap::new();
        for ((_, tuple), value) in &self.cells {
            let total = totals.get(tuple).map_or_else(|| value.clone(), |total| combined(total, value, fold));
            totals.insert(tuple, total);
        }
        let mut ranked: Vec<(&Tuple, Value)> = totals.into_iter().collect();
        ranked.sort_by(|(_, a), (_, b)| match (a.is_missing(), b.is_missing()) {
            (false, false) => ordered(b, a),
            (a, b) => a.cmp(&b),
        });
        let kept: BTreeSet<Tuple> = ranked.into_iter().take(n).map(|(tuple, _)| tuple.clone()).collect();
        for ((start, tuple), value) in std::mem::take(&mut self.cells) {
            let tuple = if kept.contains(&tuple) { tuple } else { vec![Part::Other; tuple.len()] };
            self.add((start, tuple), value, fold);
        }
    }

    fn fill(&mut self, interval: i64, period: &Period, covered: &[Period], zone: Tz, histogram: &Histogram) -> Result<(), HistogramError> {
        let tuples: BTreeSet<Tuple> = if histogram.by.is_empty() { [Vec::new()].into() } else { self.cells.keys().map(|(_, tuple)| tuple.clone()).collect() };
        let Some((from, to)) = self.span(period, covered) else { return Ok(()) };
        let zero = match (histogram.metric.fold, self.kind) {
            (Fold::Sum, Type::Float) => Value::Float(0.0),
            (Fold::Sum, Type::Duration) => Value::Duration(0),
            (Fold::Count | Fold::NUnique | Fold::Sum, _) => Value::Int(0),
            (Fold::Min | Fold::Max | Fold::Mean | Fold::Median | Fold::Std | Fold::First | Fold::Last | Fold::List | Fold::Quantile(_), _) => Value::Missing,
        };
        let missing = Value::Missing;
        let mut start = time::floor(from, interval, zone).unwrap_or(from);
        let mut spans = covered.iter().peekable();
        while start < to && !tuples.is_empty() {
            let end = time::next(start, interval, zone);
            // Of this interval only what lies in the period counts.
            let (first, last) = (start.max(from), end.min(to));
            while spans.peek().is_some_and(|span| span.to.is_some_and(|to| to <= first)) {
                spans.next();
            }
            let is_covered = spans.peek().is_some_and(|span| span.from.is_none_or(|from| from < last));
            for tuple in &tuples {
                let empty = if is_covered { &zero } else { &missing };
                self.cells.entry((Start::At(start), tuple.clone())).or_insert_with(|| empty.clone());
            }
            if self.cells.len() > MOST_BINS {
                return Err(HistogramError::Bins);
            }
            start = end;
        }
        Ok(())
    }

    /// The period, its open ends closed by what is covered or has rows.
    fn span(&self, period: &Period, covered: &[Period]) -> Option<(i64, i64)> {
        let starts = || {
            self.cells.keys().filter_map(|(start, _)| match start {
                Start::At(time) => Some(*time),
                Start::Unknown => None,
            })
        };
        let from = period.from.or_else(|| covered.iter().filter_map(|span| span.from).chain(starts()).min());
        let to = period.to.or_else(|| covered.iter().filter_map(|span| span.to).chain(starts().map(|start| start.saturating_add(1))).max());
        Some((from?, to?))
    }

    fn frame(&self, from: &Frame, histogram: &Histogram) -> Result<Frame, HistogramError> {
        let mut columns: Vec<(Arc<str>, Type, Vec<Value>)> = Vec::new();
        if histogram.interval.is_some() {
            let starts = self.cells.keys().map(|(start, _)| match start {
                Start::At(time) => Value::Time(*time),
                Start::Unknown => Value::Missing,
            });
            columns.push((BIN.into(), Type::Time, starts.collect()));
        }
        for (position, name) in histogram.by.iter().enumerate() {
            let kind = from.schema().kind(name).unwrap_or(Type::Text);
            let shown = self.cells.keys().map(|(_, tuple)| self.shown(tuple.get(position), kind));
            match histogram.top {
                Some(_) => columns.push((name.clone(), Type::Text, shown.map(|value| as_text(value, kind)).collect())),
                None => columns.push((name.clone(), kind, shown.collect())),
            }
        }
        columns.push((histogram.metric.name.clone(), self.kind, self.cells.values().cloned().collect()));
        Frame::of_columns(columns, from.read).map_err(|error| HistogramError::Failed { reason: error.to_string() })
    }

    fn shown(&self, part: Option<&Part>, kind: Type) -> Value {
        match part {
            None | Some(Part::Missing) => Value::Missing,
            Some(Part::Other) => Value::text(OTHER),
            Some(Part::Bool(value)) => Value::Bool(*value),
            Some(Part::Float(bits)) => Value::Float(unsorted(*bits)),
            Some(Part::Text(folded)) => self.spellings.get(folded).map_or_else(|| Value::text(folded), |text| Value::Text(text.clone())),
            Some(Part::Number(number)) => match kind {
                Type::Time => Value::Time(*number),
                Type::Duration => Value::Duration(*number),
                Type::Text | Type::Int | Type::Hex | Type::Float | Type::Bool | Type::List => Value::Int(*number),
            },
        }
    }
}

/// The metric of two bins taken as one; only for metrics that add up, else the first.
fn combined(a: &Value, b: &Value, fold: Fold) -> Value {
    match (a, b) {
        (known, Value::Missing) | (Value::Missing, known) => return known.clone(),
        _ => {}
    }
    let later = ordered(a, b) == Ordering::Less;
    match fold {
        Fold::Count | Fold::Sum => match (a, b) {
            (Value::Int(a), Value::Int(b)) => Value::Int(a.saturating_add(*b)),
            (Value::Duration(a), Value::Duration(b)) => Value::Duration(a.saturating_add(*b)),
            (Value::Float(a), Value::Float(b)) => Value::Float(a + b),
            _ => a.clone(),
        },
        Fold::Max => if later { b } else { a }.clone(),
        Fold::Min => if later { a } else { b }.clone(),
        Fold::Mean | Fold::Median | Fold::Std | Fold::NUnique | Fold::First | Fold::Last | Fold::List | Fold::Quantile(_) => a.clone(),
    }
}

fn ordered(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) | (Value::Time(a), Value::Time(b)) | (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.total_cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => fold(a).cmp(&fold(b)),
        _ => Ordering::Equal,
    }
}

fn as_text(value: Value, kind: Type) -> Value {
    match value {
        Value::Missing | Value::Text(_) | Value::List(_) => value,
        Value::Bool(value) => Value::text(value.to_string()),
        Value::Int(number) if kind == Type::Hex => Value::text(format!("{number:#x}")),
        Value::Int(number) => Value::text(number.to_string()),
        Value::Float(number) => Value::text(format!("{number:?}")),
        Value::Time(time) => Value::text(time_text(time)),
        Value::Duration(span) => Value::text(crate::plan::duration_text(span)),
    }
}

/// Bits that sort as the numbers do.
fn sortable(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | (1 << 63) }
}

fn unsorted(bits: u64) -> f64 {
    f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits })
}
