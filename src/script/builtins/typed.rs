//! Rows by what they are about: a Process, a File, a Registry … Each is a type of its own, so that its pivots are its own.

use std::any::TypeId;

use rhai::{Dynamic, Engine};

use super::Row;
use crate::hunt::entity::RowType;
use crate::script::current::Current;

/// A row of the type with this number in [`RowType::ALL`].
#[derive(Clone, Debug)]
pub(in crate::script) struct Typed<const NUMBER: usize>(Row);

/// For each type of row: a call of a macro with the type of ours and the Rust type that holds it.
macro_rules! each_type {
    ($use:ident) => {
        $use!(RowType::Process, Typed<1>);
        $use!(RowType::File, Typed<2>);
        $use!(RowType::Registry, Typed<3>);
        $use!(RowType::Connection, Typed<4>);
        $use!(RowType::Detect, Typed<5>);
        $use!(RowType::Block, Typed<6>);
        $use!(RowType::Ioa, Typed<7>);
        $use!(RowType::User, Typed<8>);
        $use!(RowType::Dns, Typed<9>);
        $use!(RowType::Logon, Typed<10>);
        $use!(RowType::Script, Typed<11>);
        $use!(RowType::System, Typed<12>);
    };
}

impl Row {
    pub fn kind(&self) -> RowType {
        if self.bins.is_some() {
            return RowType::Row;
        }
        RowType::of(&self.of.plan, self.frame.schema(), |name| self.frame.named(self.index, name))
    }

    /// As a value of the script.
    pub fn into_dynamic(self) -> Dynamic {
        let kind = self.kind();
        macro_rules! held {
            ($kind:path, $type:ty) => {
                if kind == $kind {
                    return Dynamic::from(<$type>::of(self));
                }
            };
        }
        each_type!(held);
        Dynamic::from(self)
    }

    /// The row that a value of the script is.
    pub fn from_dynamic(value: &Dynamic) -> Option<Row> {
        macro_rules! taken {
            ($kind:path, $type:ty) => {
                if let Some(row) = value.read_lock::<$type>() {
                    return Some(row.0.clone());
                }
            };
        }
        each_type!(taken);
        value.read_lock::<Row>().map(|row| row.clone())
    }
}

impl<const NUMBER: usize> Typed<NUMBER> {
    fn of(row: Row) -> Self {
        Typed(row)
    }
}

/// The Rust types of rows of one of these types.
pub(super) fn types(kinds: &[RowType]) -> Vec<TypeId> {
    let mut found = Vec::new();
    macro_rules! wanted {
        ($kind:path, $type:ty) => {
            if kinds.contains(&$kind) {
                found.push(TypeId::of::<$type>());
            }
        };
    }
    if kinds.contains(&RowType::Row) {
        found.push(TypeId::of::<Row>());
    }
    each_type!(wanted);
    found
}

/// Names, properties and texts of all types of rows.
pub(super) fn register(engine: &mut Engine, current: &Current) {
    engine.register_type_with_name::<Row>(RowType::Row.word());
    super::row::properties::<Row>(engine, current, |row| row.clone());
    super::shown::<Row>(engine, current, |row| row.clone().into_dynamic());
    macro_rules! register {
        ($kind:path, $type:ty) => {
            engine.register_type_with_name::<$type>($kind.word());
            super::row::properties::<$type>(engine, current, |row| row.0.clone());
            super::shown::<$type>(engine, current, |row| Dynamic::from(row.clone()));
        };
    }
    each_type!(register);
}

/// Comparisons with anything are loud.
pub(super) fn for_each_type(engine: &mut Engine, sign: &str) {
    use crate::script::operators::any_type;
    any_type::<Row>(engine, sign);
    macro_rules! loud {
        ($kind:path, $type:ty) => {
            any_type::<$type>(engine, sign);
        };
    }
    each_type!(loud);
}
