//! The queries of Machine and Client: what each is called, which options it takes, and the plan that it means.
//!
//! Every query is declared in a file of its own; engine, help, completion and option checks read the declarations.

mod bandwidth;
mod blocked;
mod by_hash;
mod communications;
mod detections;
mod dns;
mod error;
mod events;
mod executions;
mod files;
mod filters;
mod gaps;
mod given;
mod grep;
mod ioas;
mod line;
mod logons;
pub mod one_sensor;
mod options;
mod processes;
mod profiles;
mod raw_events;
mod registry;
mod scan;
mod scripts;
mod search;
mod sum;
mod system;
#[cfg(test)]
mod tests;
mod timeline;
mod timetable;
mod users;
mod wider_net;

use std::sync::Arc;

use chrono_tz::Tz;

use crate::plan::{Period, Plan, Scope};
use crate::telemetry::Inventory;
use crate::telemetry::words::Programs;

pub use error::OptionError;
pub use given::Given;
pub(crate) use given::in_scope;
pub(crate) use raw_events::known_channels;
pub(crate) use scan::anything_of;
pub use users::users_of;

/// One query, `get_executions` and its like. Each `get_x` is also callable as `x`.
#[derive(Debug)]
pub struct Query {
    /// `get_executions`.
    pub name: &'static str,
    /// The table that its rows are of; for a query over several tables, the first.
    pub table: &'static str,
    pub doc: &'static str,
    /// In the order in which help shows them.
    pub options: &'static [OptionSpec],
    /// A playbook line that runs.
    pub example: &'static str,
    shape: Shape,
}

/// How a query's plan is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Rows of its table, filtered.
    Rows,
    Processes,
    Blocked,
    Ioas,
    Users,
    Bandwidth,
    Timetable,
    Events,
    Profiles,
    Gaps,
    RawEvents,
    Timeline,
    Grep,
    WiderNet,
}

/// What a query takes before its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    Nothing,
    /// A period in place of the options: `timeline(last(1.hours))`.
    Period,
    /// The value of this option, which must be given: `grep("text")`.
    Option(&'static str),
}

impl Query {
    pub fn leads(&self) -> Leads {
        match self.shape {
            Shape::Timeline => Leads::Period,
            Shape::Grep => Leads::Option("text"),
            Shape::WiderNet => Leads::Option("value"),
            Shape::Rows | Shape::Processes | Shape::Blocked | Shape::Ioas | Shape::Users | Shape::Bandwidth => Leads::Nothing,
            Shape::Timetable | Shape::Events | Shape::Profiles | Shape::Gaps | Shape::RawEvents => Leads::Nothing,
        }
    }
}

/// One option of a query.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    pub name: &'static str,
    pub takes: Takes,
    pub doc: &'static str,
}

/// What an option takes: one value, or an array of them, which means any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Text,
    /// A text; usually several.
    TextList,
    /// A whole number.
    Number,
    /// A text or a whole number.
    Values,
    YesNo,
    /// One of these words, case ignored.
    Words(&'static [&'static str]),
    /// `ATTR_…` bits, joined by `|`.
    Attributes,
    /// Port numbers or names.
    Ports,
    /// Addresses and networks.
    Addresses,
    /// Muids.
    Machines,
    /// How many rows, 1 or more.
    Count,
    /// Taken out by the caller before [`plan`]: it is in [`Target`].
    Period,
    /// Taken out by the caller before [`plan`].
    Histogram,
}

/// Every query, in the order in which help shows them.
pub const QUERIES: &[&Query] = &[
    &executions::QUERY,
    &processes::QUERY,
    &files::QUERY,
    &registry::QUERY,
    &communications::QUERY,
    &detections::QUERY,
    &blocked::QUERY,
    &ioas::QUERY,
    &users::QUERY,
    &bandwidth::QUERY,
    &timetable::QUERY,
    &events::QUERY,
    &profiles::QUERY,
    &dns::QUERY,
    &logons::QUERY,
    &scripts::QUERY,
    &system::QUERY,
    &raw_events::QUERY,
    &gaps::QUERY,
    &timeline::QUERY,
    &grep::QUERY,
    &wider_net::QUERY,
];

/// Whose rows, of when.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub scope: Scope,
    pub period: Period,
}

/// What a plan needs to know besides its options.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The run's time zone: days of `Date`, of users, of bins.
    pub zone: Tz,
    /// The run's clock, milliseconds since 1970 UTC.
    pub now: i64,
    pub inventory: &'a Inventory,
    /// Which programs are of which kind.
    pub programs: &'a Programs,
    /// No rows are asked for, perhaps of no source: an id that nobody knows may be a machine's.
    pub checking: bool,
}

/// A query by its name, with or without `get_`.
pub fn query(name: &str) -> Option<&'static Query> {
    QUERIES.iter().find(|query| query.name == name || query.name.strip_prefix("get_") == Some(name)).copied()
}

/// The plan that a query with these options means. An option whose value is missing counts as not given; one may be given several times, and all of
/// them hold.
///
/// # Errors
/// An unknown key, word or name, or a value of another type; each knows its option.
pub fn plan(query: &Query, target: &Target, options: &[(String, Given)], context: &Context<'_>) -> Result<Plan, OptionError> {
    plan_narrowed(query, target, options, context, false, |plan| plan)
}

/// Rows of all tables, each told in one line.
///
/// # Errors
/// As [`plan`]; without options there is none.
pub fn timeline(target: &Target, context: &Context<'_>) -> Result<Plan, OptionError> {
    plan(&timeline::QUERY, target, &[], context)
}

/// The rows of a query, narrowed further before they are cut to the first ones. With `events` those that a histogram of it counts: its own, except where
/// they are sums already (`get_users`), for which it is what they were summed from.
///
/// # Errors
/// As [`plan`].
pub fn plan_narrowed(
    query: &Query,
    target: &Target,
    options: &[(String, Given)],
    context: &Context<'_>,
    events: bool,
    narrow: impl FnOnce(Plan) -> Plan,
) -> Result<Plan, OptionError> {
    let asked = given::Asked::read(query, options)?;
    let target = asked.narrow(target, context)?;
    let plan = match query.shape {
        Shape::Rows => filters::rows(query, &target, &asked, context)?,
        Shape::Processes => processes::plan(query, &target, &asked, context)?,
        Shape::Blocked => blocked::plan(query, &target, &asked, context)?,
        Shape::Ioas => ioas::plan(query, &target, &asked, context)?,
        Shape::Bandwidth => bandwidth::plan(query, &target, &asked, context)?,
        Shape::Timetable => timetable::plan(&target, &asked, context),
        Shape::Events => events::plan(&target, &asked, context),
        Shape::Profiles => profiles::plan(&target, context),
        Shape::Gaps => gaps::plan(&target, &asked, context),
        Shape::Users => users::plan(&target, &asked, context, events),
        Shape::RawEvents => raw_events::plan(&target, &asked, context)?,
        Shape::Timeline => timeline::plan(&target, &asked, context),
        Shape::Grep => grep::plan(&target, &asked, context),
        Shape::WiderNet => wider_net::plan(&target, &asked, context),
    };
    asked.limit(narrow(plan))
}

/// Whether a text has the form of a hash.
pub fn is_hash(text: &str) -> bool {
    by_hash::kind(text).is_some()
}

/// Names of columns as plans have them.
fn names(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}
