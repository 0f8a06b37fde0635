//! What an answer looks like best, and what a view needs of rows; how it is drawn is `present`'s.

mod centres;
mod course;
mod figures;
mod parts;

pub use course::{Lane, LeftOut, Mark};
pub use figures::{Dot, Picture, Series};
pub use parts::{MOST, Scale, parts, pictures};

use crate::plan::{ASKED, DEPTH, Schema};
use crate::telemetry::Type;

/// A way to look at rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Table,
    Bars,
    Area,
    Map,
    Heat,
    Share,
    Tree,
    Timeline,
}

impl View {
    pub const ALL: [View; 8] = [View::Table, View::Bars, View::Area, View::Map, View::Heat, View::Share, View::Tree, View::Timeline];

    pub fn word(self) -> &'static str {
        match self {
            View::Table => "table",
            View::Bars => "bars",
            View::Area => "area",
            View::Map => "map",
            View::Heat => "heat",
            View::Share => "share",
            View::Tree => "tree",
            View::Timeline => "timeline",
        }
    }

    pub fn parse(word: &str) -> Option<View> {
        View::ALL.into_iter().find(|view| view.word().eq_ignore_ascii_case(word))
    }

    /// What fits rows with these columns: a query's answer is known by columns that no other one has, also after filters and sorts.
    pub fn of(schema: &Schema) -> View {
        let has = |names: &[&str]| names.iter().all(|name| schema.kind(name).is_some());
        match () {
            () if is_bandwidth(schema) => View::Area,
            () if has(&["Weekday", "Hour", "AvgActions"]) => View::Heat,
            () if has(&["alertDateTime", "huntingRule"]) => View::Bars,
            () if has(&["Latitude", "Longitude"]) => View::Map,
            () if has(&TREE) => View::Tree,
            () => View::Table,
        }
    }

    /// Nothing where the columns have what the view needs, else what it needs.
    pub fn lacks(self, schema: &Schema) -> Option<&'static str> {
        let number = |name: &str| schema.kind(name).is_some_and(is_number);
        let has_metric = is_alerts(schema) || metric(schema).is_some();
        match self {
            View::Table => None,
            View::Bars | View::Share => {
                (!has_metric || label(schema).is_none()).then_some("a column of names and one of numbers, as after `.group_by(\"A\").count()`")
            }
            View::Area => (day(schema).is_none() || numbers(schema).is_empty()).then_some("a column `Date` or a time, and one of numbers"),
            View::Map => (!number("Latitude") || !number("Longitude")).then_some("the columns `Latitude` and `Longitude`"),
            View::Tree => TREE.iter().any(|name| schema.kind(name).is_none()).then_some("rows of processes, as get_processes gives them"),
            View::Timeline => course::times(schema).is_none().then_some("a column of times"),
            View::Heat => {
                (!number("Weekday") || !number("Hour") || metric(schema).is_none()).then_some("the columns `Weekday` (1 to 7) and `Hour`, and one of numbers")
            }
        }
    }
}

/// The columns of a tree of processes.
const TREE: [&str; 3] = [DEPTH, ASKED, "ChildFilename"];

fn is_alerts(schema: &Schema) -> bool {
    schema.kind("alertDateTime").is_some() && schema.kind("huntingRule").is_some()
}

fn is_number(kind: Type) -> bool {
    matches!(kind, Type::Int | Type::Float)
}

fn numbers(schema: &Schema) -> Vec<&str> {
    let known = ["Weekday", "Hour", "Latitude", "Longitude", "Asn"];
    schema.columns().iter().filter(|(name, kind)| is_number(*kind) && !known.contains(&&**name)).map(|(name, _)| &**name).collect()
}

/// What an area chart shows: of bandwidth the megabytes only, else every number.
fn measured_by_day(schema: &Schema) -> Vec<&str> {
    if is_bandwidth(schema) { BANDWIDTH.to_vec() } else { numbers(schema) }
}

fn is_bandwidth(schema: &Schema) -> bool {
    schema.kind("Date").is_some() && BANDWIDTH.iter().all(|name| schema.kind(name).is_some_and(is_number))
}

/// The columns of bandwidth that are drawn.
const BANDWIDTH: [&str; 2] = ["Outgoing", "Incoming"];

/// The column that a picture measures: a count or an average where there is one, else the first of numbers.
fn metric(schema: &Schema) -> Option<&str> {
    let numbers = numbers(schema);
    ["Count", "AvgActions", "Times"].into_iter().find(|name| numbers.contains(name)).or_else(|| numbers.first().copied())
}

fn label(schema: &Schema) -> Option<&str> {
    schema.columns().iter().find(|(_, kind)| matches!(kind, Type::Text | Type::Time | Type::Bool | Type::Hex)).map(|(name, _)| &**name)
}

fn day(schema: &Schema) -> Option<&str> {
    let is_date = |name: &str, kind: Type| kind == Type::Time || (name == "Date" && kind == Type::Text);
    schema.columns().iter().find(|(name, kind)| is_date(name, *kind)).map(|(name, _)| &**name)
}
