//! What a run said: ordered items, findings, coverage. Plain data; `present` makes it look like something.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diag::Fault;
use crate::frame::{Frame, Pieces, Rows};
use crate::hunt::picture::View;
use crate::hunt::{Coverage, Outcome};
use crate::plan::{Period, Value};

/// One playbook's run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The path as the user wrote it.
    pub playbook: String,
    /// The first line of its `//!` doc, when there is one.
    pub title: Option<String>,
    pub outcome: Outcome,
    pub findings: Vec<Finding>,
    /// What `show`, `note`, `print` said, in order.
    pub items: Vec<Item>,
    pub coverage: Vec<Coverage>,
    /// Parameters with the values that held.
    pub params: BTreeMap<String, Value>,
    pub period: Period,
    /// Warnings: not the answer, but something to know (stderr).
    pub warnings: Vec<Fault>,
}

/// What one input said and answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What `show`, `note`, `print` said, in order.
    pub items: Vec<Item>,
    pub findings: Vec<Finding>,
    pub answer: Answer,
    pub warnings: Vec<Fault>,
}

/// Something found, with the rows that show it.
#[derive(Clone, Debug)]
pub struct Finding {
    pub title: String,
    pub severity: Weight,
    /// ATT&CK ids, as `T1059.001`.
    pub technique: Vec<String>,
    pub description: Option<String>,
    /// How sure the author is of it.
    pub confidence: Option<Confidence>,
    /// 32 hex digits; the same finding has the same one in every run.
    pub fingerprint: String,
    /// The rows that show it; none where the author states it without any.
    pub evidence: Option<Table>,
    /// Type (`machine`, `user`, `file` …) and name.
    pub entities: Vec<(String, String)>,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Weight {
    pub const ALL: [Weight; 5] = [Weight::Info, Weight::Low, Weight::Medium, Weight::High, Weight::Critical];

    pub fn word(self) -> &'static str {
        match self {
            Weight::Info => "info",
            Weight::Low => "low",
            Weight::Medium => "medium",
            Weight::High => "high",
            Weight::Critical => "critical",
        }
    }

    pub fn parse(word: &str) -> Option<Weight> {
        Weight::ALL.into_iter().find(|weight| weight.word().eq_ignore_ascii_case(word))
    }
}

/// How sure the author of a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    Low,
    Medium,
    High,
}

impl Confidence {
    pub const ALL: [Confidence; 3] = [Confidence::Low, Confidence::Medium, Confidence::High];

    pub fn word(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }

    pub fn parse(word: &str) -> Option<Confidence> {
        Confidence::ALL.into_iter().find(|confidence| confidence.word().eq_ignore_ascii_case(word))
    }
}

/// One thing that a playbook showed.
#[derive(Clone, Debug)]
pub enum Item {
    Table(Table),
    Bins(Bins),
    Picture(Drawing),
    /// Markdown.
    Note(String),
    Value(Answer),
}

/// Rows that are drawn; data formats have the rows.
#[derive(Clone, Debug)]
pub struct Drawing {
    pub rows: Table,
    pub view: View,
    /// The column of which each value has a picture of its own, all on one scale.
    pub by: Option<String>,
}

/// Rows to show: the first of them, how many there are, and which columns.
#[derive(Clone, Debug)]
pub struct Table {
    pub frame: Frame,
    /// Rows of the whole answer, of which the frame may hold only the first.
    pub total: u64,
    pub columns: Columns,
    /// Columns without a value in the rows of the frame that have one in a later row.
    pub later: BTreeSet<Arc<str>>,
    /// Where all rows come from, when the frame has only the first.
    pub all: Option<Arc<dyn Rows>>,
    /// How many of the rows only tell again what another sensor tells, where that was counted.
    pub second_reports: Option<u64>,
    /// Why these rows are a table although a picture would fit them.
    pub why: Option<String>,
}

impl Table {
    /// All rows of an answer.
    pub fn whole(frame: Frame, columns: Columns) -> Table {
        Table { total: frame.height() as u64, frame, columns, later: BTreeSet::new(), all: None, second_reports: None, why: None }
    }

    /// All rows, a piece after the other.
    pub fn pieces(&self) -> Pieces<'_> {
        match &self.all {
            Some(rows) => rows.pieces(),
            None => Box::new(std::iter::once(Ok(self.frame.clone()))),
        }
    }

    /// Whether the frame holds every row.
    pub fn is_whole(&self) -> bool {
        self.frame.height() as u64 == self.total
    }
}

/// Which columns people see; JSON, CSV and Parquet always have everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    /// The short view: columns that the schema marks, and all that are not the schema's.
    Short,
    All,
    Named(Vec<String>),
}

/// A histogram's answer.
#[derive(Clone, Debug)]
pub struct Bins {
    /// `Bin` when there is an interval, the `by` columns, then the metric.
    pub frame: Frame,
    /// Milliseconds, when there is an interval.
    pub interval: Option<i64>,
    pub by: Vec<String>,
    pub metric: String,
}

impl Bins {
    /// The bins as rows.
    pub fn table(&self) -> Table {
        Table::whole(self.frame.clone(), Columns::All)
    }
}

/// What one expression is.
#[derive(Clone, Debug)]
pub enum Answer {
    Nothing,
    Value(Value),
    List(Vec<Answer>),
    Map(BTreeMap<String, Answer>),
    Table(Table),
    /// One row, alone in its frame.
    Row(Frame),
    Bins(Bins),
    /// Anything else (a Machine, a TimePeriod, a Histogram): as text, and as a map for JSON.
    Entity {
        text: String,
        fields: BTreeMap<String, Answer>,
    },
}
