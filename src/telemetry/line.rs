//! How a row of any table is told in one line, so that all tables can stand in one list: who acted, on what, and what else there is to say.

/// The words of one table's rows in a timeline.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub operation: Told,
    pub actor: Told,
    pub target: Told,
    pub detail: Told,
}

/// A text made from a row's columns; missing where nothing of it is known.
#[derive(Clone, Copy, Debug)]
pub enum Told {
    Missing,
    /// In every row.
    Always(&'static str),
    /// What a column holds, written out; hexadecimal where people read it so.
    Column(&'static str),
    /// The same behind a few words.
    Labelled(&'static str, &'static str),
    /// The first that is known.
    First(&'static [Told]),
    /// Those that are known, with this between them.
    Joined(&'static str, &'static [Told]),
}

impl Told {
    /// The columns that it is made from.
    pub fn columns(&self) -> Vec<&'static str> {
        match self {
            Told::Missing | Told::Always(_) => Vec::new(),
            Told::Column(name) | Told::Labelled(_, name) => vec![name],
            Told::First(parts) | Told::Joined(_, parts) => parts.iter().flat_map(Told::columns).collect(),
        }
    }
}
