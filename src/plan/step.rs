//! A plan: where rows come from, and what is done to them, in order.

use std::sync::Arc;

use super::{Among, Expr, Kin, Period, Whom};
use crate::telemetry::Type;

/// A question, whole. Plans are values: two equal plans have one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub source: Source,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    Scan(Scan),
    /// Rows of several plans, duplicates kept, with a `Table` column that says which source table a row came from.
    Union(Vec<Arc<Plan>>),
}

/// The rows of one table, narrowed by what a store can skip whole files for.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// A name of `telemetry::TABLES`.
    pub table: &'static str,
    pub period: Period,
    pub scope: Scope,
    /// `None`: every operation.
    pub operations: Option<Vec<Arc<str>>>,
    /// For `event`: channel and event ids of `get_raw_events`, and the raw fields that records of that kind have (all text).
    pub channels: Vec<Arc<str>>,
    pub event_ids: Vec<i64>,
    pub raw_fields: Vec<Arc<str>>,
    /// The run's time zone, for derived columns such as `Date`.
    pub zone: chrono_tz::Tz,
    /// What the source must show for these rows to count as *examined*. `None`: what the table and its operations say; empty: nothing,
    /// the rows only add to an answer that another scan gives.
    pub needs: Option<Vec<Need>>,
}

impl Scan {
    /// Every row of a table; `zone` is the run's.
    pub fn of(table: &'static str, zone: chrono_tz::Tz) -> Scan {
        Scan {
            table,
            period: Period::ALL,
            scope: Scope::Everything,
            operations: None,
            channels: Vec::new(),
            event_ids: Vec::new(),
            raw_fields: Vec::new(),
            zone,
            needs: None,
        }
    }
}

/// Records that an answer rests on: any one of the kinds will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// As coverage names it: `process.access`, `system.service.create`.
    pub label: Arc<str>,
    /// Short provider and event id, as `Sysmon/10`; or [`Need::ANY`].
    pub any_of: Vec<Arc<str>>,
}

impl Need {
    /// Stands for whatever any sensor wrote, in any table.
    pub const ANY: &str = "*";

    /// A need that any telemetry at all fulfils.
    pub fn anything(label: &str) -> Need {
        Need { label: label.into(), any_of: vec![Need::ANY.into()] }
    }

    pub fn is_anything(&self) -> bool {
        self.any_of.iter().any(|kind| **kind == *Need::ANY)
    }
}

/// Whose rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    Everything,
    Clients(Vec<Arc<str>>),
    /// Muids, 32 lower-case hex digits.
    Machines(Vec<Arc<str>>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Filter(Arc<Expr>),
    /// Sets a column, new at the end or replaced in place.
    Derive(Arc<str>, Arc<Expr>),
    Select(Vec<Arc<str>>),
    Drop(Vec<Arc<str>>),
    /// Old name, new name.
    Rename(Vec<(Arc<str>, Arc<str>)>),
    /// One row per distinct tuple of the keys (case of text ignored; a group shows the spelling that sorts first; missing is a group),
    /// sorted by the keys.
    Group {
        keys: Vec<Arc<str>>,
        aggregates: Vec<Aggregate>,
    },
    /// Adds `Share`: a count column's part of its sum over all rows (0 to 1).
    Share {
        of: Arc<str>,
        name: Arc<str>,
    },
    /// Adds the columns of [`Place`] for the addresses of a column; missing where nobody knows. One that is there already is replaced. The plan
    /// names no database: whoever answers has one, or refuses.
    Locate(Arc<str>),
    Sort(Vec<SortKey>),
    Limit(Keep),
    /// A row for each item of a list; a row without items stays, with the item missing.
    Explode(Arc<str>),
    /// Adds cells of the row before (column, new name), among rows with the same keys in the order of a column; missing in the first of them. The rows come out
    /// sorted by the keys and that column.
    Previous {
        by: Vec<Arc<str>>,
        order: Arc<str>,
        cells: Vec<(Arc<str>, Arc<str>)>,
    },
    /// One row for each distinct tuple (all columns when empty): the first in row order.
    Distinct(Vec<Arc<str>>),
    Join {
        right: Arc<Plan>,
        how: How,
        left_on: Vec<Arc<str>>,
        right_on: Vec<Arc<str>>,
        within: Option<i64>,
    },
    /// From starts and ends of processes: kin of some processes, one row each.
    Kin(Kin),
    /// Rows that tell of some processes.
    Among(Among),
}

/// What is known of where an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In English.
    Country,
    City,
    /// The number of the autonomous system.
    Asn,
    /// Degrees.
    Latitude,
    Longitude,
}

impl Place {
    pub const ALL: [Place; 5] = [Place::Country, Place::City, Place::Asn, Place::Latitude, Place::Longitude];

    /// The column's name.
    pub fn name(self) -> &'static str {
        match self {
            Place::Country => "Country",
            Place::City => "City",
            Place::Asn => "Asn",
            Place::Latitude => "Latitude",
            Place::Longitude => "Longitude",
        }
    }

    pub fn kind(self) -> Type {
        match self {
            Place::Country | Place::City => Type::Text,
            Place::Asn => Type::Int,
            Place::Latitude | Place::Longitude => Type::Float,
        }
    }
}

/// A column to sort by; missing sorts last either way, text without case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    pub column: Arc<str>,
    pub descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    Head(usize),
    Tail(usize),
    /// As many rows, spread by a hash of the row, the same ones every time; row order kept.
    Sample(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Inner,
    Left,
    Outer,
    /// Rows of the left that have a partner.
    Semi,
    /// Rows of the left that have none.
    Anti,
}

/// One aggregate of a group: the name of its column, what is computed, over which column.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    pub name: Arc<str>,
    pub fold: Fold,
    /// `None` only for `Count`.
    pub column: Option<Arc<str>>,
}

/// Aggregates skip missing values; a sum of nothing known is missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fold {
    /// Rows.
    Count,
    Sum,
    Min,
    Max,
    Mean,
    Median,
    /// Of the population.
    Std,
    /// Distinct known values, case ignored.
    NUnique,
    /// In row order.
    First,
    Last,
    /// Distinct, sorted, 100 at most.
    List,
    /// Linear interpolation; 0 to 1.
    Quantile(f64),
}

impl Step {
    /// The plans that it asks besides the rows that come to it.
    pub fn plans(&self) -> Vec<&Arc<Plan>> {
        match self {
            Step::Join { right, .. } => vec![right],
            Step::Kin(kin) => kin.whose.plan().into_iter().collect(),
            Step::Among(among) => among.whose.plan().into_iter().chain([&among.history]).collect(),
            Step::Filter(_)
            | Step::Derive(..)
            | Step::Select(_)
            | Step::Drop(_)
            | Step::Rename(_)
            | Step::Group { .. }
            | Step::Share { .. }
            | Step::Locate(_)
            | Step::Sort(_)
            | Step::Limit(_)
            | Step::Explode(_)
            | Step::Previous { .. }
            | Step::Distinct(_) => Vec::new(),
        }
    }
}

impl Plan {
    pub fn scan(scan: Scan) -> Plan {
        Plan { source: Source::Scan(scan), steps: Vec::new() }
    }

    /// This plan with one more step.
    pub fn then(&self, step: Step) -> Plan {
        let mut plan = self.clone();
        plan.steps.push(step);
        plan
    }

    /// The same rows, whose absence leaves no gap: they only add to an answer that others give.
    pub fn quiet(&self) -> Plan {
        let below = |plan: &Arc<Plan>| Arc::new(plan.quiet());
        let source = match &self.source {
            Source::Scan(scan) => Source::Scan(Scan { needs: Some(Vec::new()), ..scan.clone() }),
            Source::Union(plans) => Source::Union(plans.iter().map(below).collect()),
        };
        let whose = |whom: &Whom| match whom {
            Whom::Rows(plan, side) => Whom::Rows(below(plan), *side),
            Whom::Row(..) => whom.clone(),
        };
        let quiet = |step: &Step| match step {
            Step::Join { right, how, left_on, right_on, within } => {
                Step::Join { right: below(right), how: *how, left_on: left_on.clone(), right_on: right_on.clone(), within: *within }
            }
            Step::Kin(kin) => Step::Kin(Kin { relation: kin.relation, whose: whose(&kin.whose) }),
            Step::Among(among) => Step::Among(Among { side: among.side, whose: whose(&among.whose), history: below(&among.history) }),
            other => other.clone(),
        };
        Plan { source, steps: self.steps.iter().map(quiet).collect() }
    }

    /// The scans that the rows themselves come from: those of joins are left out.
    pub fn source_scans(&self) -> Vec<&Scan> {
        match &self.source {
            Source::Scan(scan) => vec![scan],
            Source::Union(plans) => plans.iter().flat_map(|plan| plan.source_scans()).collect(),
        }
    }

    /// Every scan below, joins and unions included, in the order in which they are written.
    pub fn scans(&self) -> Vec<&Scan> {
        let mut found = match &self.source {
            Source::Scan(scan) => vec![scan],
            Source::Union(plans) => plans.iter().flat_map(|plan| plan.scans()).collect(),
        };
        found.extend(self.steps.iter().flat_map(Step::plans).flat_map(|plan| plan.scans()));
        found
    }
}
