//! Kin of processes as a question: of whom, and which.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Known, Plan, PlanError, Schema, Side, Value};

/// The word of `Operation` for a process whose start no record tells.
pub const ACTIVE: &str = "active";

/// Kin of kin are followed as long as there are more, and at most over so many generations.
pub const GENERATIONS: usize = 64;

/// The columns that a tree adds: how many ancestors of a process are in it, and whether it is one of those that were asked about.
pub const DEPTH: &str = "Depth";
pub const ASKED: &str = "Asked";

/// Whose kin.
#[derive(Clone, Debug, PartialEq)]
pub enum Whom {
    /// The processes that the rows of a plan tell of, on one side.
    Rows(Arc<Plan>, Side),
    /// The one that these cells of a row tell of.
    Row(Arc<BTreeMap<Arc<str>, Value>>, Side),
}

/// Which kin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The processes themselves.
    Own,
    Parents,
    Children,
    Ancestors,
    Descendants,
    /// Themselves, ancestors and descendants, as a tree.
    Tree,
    /// Themselves, as a tree.
    TreeOfThese,
}

/// One row for each of the kin, from rows that are starts and ends of processes. Of a process whose start is not among them the row is what another one tells of
/// it (`Operation` is [`ACTIVE`]); such rows come first.
#[derive(Clone, Debug, PartialEq)]
pub struct Kin {
    pub relation: Relation,
    pub whose: Whom,
}

/// The rows of which one side is one of some processes.
#[derive(Clone, Debug, PartialEq)]
pub struct Among {
    pub side: Side,
    pub whose: Whom,
    /// Starts and ends of processes.
    pub history: Arc<Plan>,
}

impl Relation {
    pub fn word(self) -> &'static str {
        match self {
            Relation::Own => "processes",
            Relation::Parents => "parents",
            Relation::Children => "children",
            Relation::Ancestors => "ancestors",
            Relation::Descendants => "descendants",
            Relation::Tree => "tree",
            Relation::TreeOfThese => "tree of these",
        }
    }

    pub fn has_own(self) -> bool {
        matches!(self, Relation::Own | Relation::Tree | Relation::TreeOfThese)
    }

    pub fn is_tree(self) -> bool {
        matches!(self, Relation::Tree | Relation::TreeOfThese)
    }

    /// Generations of parents.
    pub fn up(self) -> usize {
        match self {
            Relation::Own | Relation::Children | Relation::Descendants | Relation::TreeOfThese => 0,
            Relation::Parents => 1,
            Relation::Ancestors | Relation::Tree => GENERATIONS,
        }
    }

    /// Generations of children.
    pub fn down(self) -> usize {
        match self {
            Relation::Own | Relation::Parents | Relation::Ancestors | Relation::TreeOfThese => 0,
            Relation::Children => 1,
            Relation::Descendants | Relation::Tree => GENERATIONS,
        }
    }
}

impl Whom {
    pub fn side(&self) -> Side {
        match self {
            Whom::Rows(_, side) | Whom::Row(_, side) => *side,
        }
    }

    /// The rows that are asked say which processes they tell of.
    pub(super) fn check(&self) -> Result<(), PlanError> {
        self.plan().map_or(Ok(()), |plan| self.side().check(&Schema::of(plan)?))
    }

    /// The rows that are asked, when they are those of a plan.
    pub fn plan(&self) -> Option<&Arc<Plan>> {
        match self {
            Whom::Rows(plan, _) => Some(plan),
            Whom::Row(..) => None,
        }
    }

    /// The one of a row, by the cells that tell of it.
    pub fn of_row(cell: &dyn Fn(&str) -> Value, columns: impl Iterator<Item = Arc<str>>, side: Side) -> Whom {
        let cells = columns.map(|name| (name.clone(), cell(&name))).filter(|(_, value)| *value != Value::Missing);
        Whom::Row(Arc::new(cells.collect()), side)
    }
}

/// The column in which a row tells, of the process on one of its sides, what a start has in this column.
pub fn told(column: &str, side: Side) -> Option<String> {
    const KEPT: [&str; 9] = ["DateTime", "Muid", "ClientId", "Machine", "Provider", "Channel", "EventId", "RecordId", "Source"];
    match (column.strip_prefix("Child"), side) {
        (Some(part), side) => Some(format!("{}{part}", side.word())),
        (None, Side::Parent) if column == "CommandLine" => Some("ParentCommandLine".into()),
        (None, Side::Child) if column == "CommandLine" => Some(column.into()),
        (None, _) => KEPT.contains(&column).then(|| column.into()),
    }
}

/// What a row tells of the process on one of its sides, in the column of a start.
pub fn active(column: &str, side: Side, cell: &dyn Fn(&str) -> Value) -> Value {
    if column == "Operation" { Value::text(ACTIVE) } else { told(column, side).map_or(Value::Missing, |source| cell(&source)) }
}

/// The columns from which these are told, on either side, and those that identify processes.
pub fn telling<'a>(columns: impl Iterator<Item = &'a str>) -> impl Iterator<Item = Arc<str>> {
    let sources = columns.flat_map(|column| [Side::Child, Side::Parent].map(|side| told(column, side))).flatten().map(Arc::from);
    sources.chain(Known::COLUMNS.map(Arc::from))
}
