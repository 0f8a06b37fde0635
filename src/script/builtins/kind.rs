//! The kinds of values that builtins take and are asked of.

use std::any::TypeId;

use rhai::{Array, Dynamic, FLOAT, FnPtr, INT, ImmutableString, Map};

use super::{Bins, Client, Collection, FixtureValue, Group, HistogramValue, Machine, aggregate::Fold, named, typed};
use crate::hunt::entity::{RowType, Thing};
use crate::script::value::{Cased, Span, Time, TimePeriod};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::script) enum Kind {
    Any,
    Missing,
    Text,
    /// A text or a list of texts.
    Words,
    Int,
    Number,
    List,
    Map,
    /// A map or a text.
    MapOrText,
    /// A period, or a map of options.
    PeriodOrMap,
    Closure,
    Cased,
    Time,
    Duration,
    Period,
    Machine,
    Client,
    Collection,
    Group,
    /// A row of any type.
    Row,
    /// A row that is about this.
    Of(RowType),
    /// A value that names this; a row that is about such a thing as well.
    Thing(Thing),
    Bins,
    Histogram,
    Aggregate,
    /// Telemetry made for a test.
    Fixture,
}

impl Kind {
    const ALL: [Kind; 23] = [
        Kind::Missing,
        Kind::Text,
        Kind::Words,
        Kind::Int,
        Kind::Number,
        Kind::List,
        Kind::Map,
        Kind::MapOrText,
        Kind::Closure,
        Kind::Cased,
        Kind::Time,
        Kind::Duration,
        Kind::Period,
        Kind::PeriodOrMap,
        Kind::Machine,
        Kind::Client,
        Kind::Collection,
        Kind::Group,
        Kind::Row,
        Kind::Bins,
        Kind::Histogram,
        Kind::Aggregate,
        Kind::Fixture,
    ];

    /// As it stands before a method's name.
    pub fn shown(self) -> &'static str {
        match self {
            Kind::Any => "value",
            Kind::Missing => "()",
            Kind::Text | Kind::Words | Kind::MapOrText => "text",
            Kind::Int | Kind::Number => "number",
            Kind::List => "list",
            Kind::Map => "map",
            Kind::Closure => "closure",
            Kind::Cased => "Cased",
            Kind::Time => "Time",
            Kind::Duration => "Duration",
            Kind::Period | Kind::PeriodOrMap => "TimePeriod",
            Kind::Machine => "Machine",
            Kind::Client => "Client",
            Kind::Collection => "Collection",
            Kind::Group => "Group",
            Kind::Row => RowType::Row.word(),
            Kind::Of(kind) => kind.word(),
            Kind::Thing(thing) => thing.word(),
            Kind::Bins => "Bins",
            Kind::Histogram => "Histogram",
            Kind::Aggregate => "Aggregate",
            Kind::Fixture => "Fixture",
        }
    }

    /// As it stands in a message.
    pub fn word(self) -> String {
        match self {
            Kind::Any => "a value".into(),
            Kind::Missing => "a missing value".into(),
            Kind::Words => "a text or a list of texts".into(),
            Kind::MapOrText => "a map or a text".into(),
            Kind::PeriodOrMap => "a period or a map of options".into(),
            Kind::Int => "a whole number".into(),
            Kind::Closure => "a closure, as |e| …".into(),
            Kind::Time => "a time".into(),
            Kind::Duration => "a duration, as 5.minutes".into(),
            Kind::Aggregate => "an aggregate, as count()".into(),
            other => with_article(other.shown()),
        }
    }

    /// Whether what is declared for this kind can be asked of what a message calls by this word.
    pub fn answers(self, word: &str) -> bool {
        let bare = bare(word);
        self.shown() == bare || (self == Kind::Row && RowType::ALL.into_iter().any(|kind| kind.word() == bare))
    }

    /// Whether a message's word is a kind's.
    pub fn is_word(word: &str) -> bool {
        Kind::ALL.into_iter().any(|kind| kind.answers(word)) || Thing::ALL.into_iter().any(|thing| Kind::Thing(thing).answers(word))
    }

    /// The Rust types that a receiver of this kind has.
    pub fn types(self) -> Vec<TypeId> {
        match self {
            Kind::Any => vec![TypeId::of::<Dynamic>()],
            Kind::Missing => vec![TypeId::of::<()>()],
            Kind::Text | Kind::Words => vec![TypeId::of::<ImmutableString>()],
            Kind::Int => vec![TypeId::of::<INT>()],
            Kind::Number => vec![TypeId::of::<INT>(), TypeId::of::<FLOAT>()],
            Kind::List => vec![TypeId::of::<Array>()],
            Kind::Map | Kind::MapOrText => vec![TypeId::of::<Map>()],
            Kind::Closure => vec![TypeId::of::<FnPtr>()],
            Kind::Cased => vec![TypeId::of::<Cased>()],
            Kind::Time => vec![TypeId::of::<Time>()],
            Kind::Duration => vec![TypeId::of::<Span>()],
            Kind::Period | Kind::PeriodOrMap => vec![TypeId::of::<TimePeriod>()],
            Kind::Machine => vec![TypeId::of::<Machine>()],
            Kind::Client => vec![TypeId::of::<Client>()],
            Kind::Collection => vec![TypeId::of::<Collection>()],
            Kind::Group => vec![TypeId::of::<Group>()],
            Kind::Row => typed::types(&RowType::ALL),
            Kind::Of(kind) => typed::types(&[kind]),
            Kind::Thing(thing) => named::types(thing),
            Kind::Bins => vec![TypeId::of::<Bins>()],
            Kind::Histogram => vec![TypeId::of::<HistogramValue>()],
            Kind::Aggregate => vec![TypeId::of::<Fold>()],
            Kind::Fixture => vec![TypeId::of::<FixtureValue>()],
        }
    }

    /// Whether an argument is of this kind.
    pub fn accepts(self, value: &Dynamic) -> bool {
        let text = |value: &Dynamic| value.is_string() || value.is_char();
        match self {
            Kind::Any => true,
            Kind::Text => text(value),
            Kind::Words => text(value) || value.read_lock::<Array>().is_some_and(|items| items.iter().all(text)),
            Kind::Int => value.is_int(),
            Kind::Number => value.is_int() || value.is_float(),
            Kind::MapOrText => value.is::<Map>() || text(value),
            Kind::Duration => value.is::<Span>() || text(value),
            Kind::Time => value.is::<Time>() || text(value),
            Kind::Period => value.is::<TimePeriod>() || text(value),
            Kind::PeriodOrMap => value.is::<Map>() || value.is::<TimePeriod>() || text(value),
            other => other.types().iter().any(|kind| (*value).type_id() == *kind),
        }
    }
}

/// A type's name as it stands in a message: `an IoA`, `a User`.
pub(in crate::script) fn with_article(name: &str) -> String {
    let article = if name.starts_with(['A', 'E', 'I', 'O']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// A message's word as it stands before a method's name.
fn bare(word: &str) -> &str {
    match word.strip_prefix("a ").or_else(|| word.strip_prefix("an ")).unwrap_or(word) {
        "time" => "Time",
        "duration" => "Duration",
        "missing value" => "()",
        other => other,
    }
}
