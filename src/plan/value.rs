//! The values that plans hold and answers are made of.

use std::sync::Arc;

/// One cell, or one literal of a predicate.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The telemetry does not say. Shown as an empty cell, `null` in JSON.
    Missing,
    Bool(bool),
    /// Also the value of a hex column; how it is shown is the column's type.
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    /// Milliseconds since 1970-01-01 UTC.
    Time(i64),
    /// Milliseconds.
    Duration(i64),
    List(Arc<[Value]>),
}

impl Value {
    pub fn text(text: impl AsRef<str>) -> Value {
        Value::Text(Arc::from(text.as_ref()))
    }

    pub fn is_missing(&self) -> bool {
        matches!(self, Value::Missing)
    }
}

/// Half-open, `[from, to)`, milliseconds since 1970-01-01 UTC. An end that is absent is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Period {
    pub from: Option<i64>,
    pub to: Option<i64>,
}

impl Period {
    pub const ALL: Period = Period { from: None, to: None };

    pub fn contains(&self, time: i64) -> bool {
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to)
    }

    /// What both cover; empty (`from == to`) where they do not meet.
    pub fn intersect(&self, other: &Period) -> Period {
        let from = self.from.max(other.from);
        let to = match (self.to, other.to) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        match (from, to) {
            (Some(from), Some(to)) if to < from => Period { from: Some(from), to: Some(from) },
            _ => Period { from, to },
        }
    }
}
