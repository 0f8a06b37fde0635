//! Columns as values and back: the plain way, for what is rare.

use polars::prelude::{Column, DataType, Int64Chunked, IntoColumn, NewChunkedArray, PolarsResult};

use crate::plan::{Value, fold, written};
use crate::telemetry::Type;

pub use crate::frame::{series as to_series, value_of as to_value};

/// One cell; a column of one cell stands for every row.
pub fn value_at(column: &Column, row: usize, kind: Type) -> Value {
    let row = if column.len() == 1 { 0 } else { row };
    column.get(row).map_or(Value::Missing, |cell| to_value(cell, kind))
}

/// One cell of exactly this row.
pub fn value_at_row(column: &Column, row: usize, kind: Type) -> Value {
    column.get(row).map_or(Value::Missing, |cell| to_value(cell, kind))
}

/// A function of values, row by row.
pub fn by_value(columns: &[Column], kinds: &[Type], answer: Type, function: impl Fn(&[Value]) -> Value) -> PolarsResult<Column> {
    let length = columns.iter().map(Column::len).find(|length| *length != 1).unwrap_or(1);
    let mut row_values = Vec::with_capacity(columns.len());
    let answers: Vec<Value> = (0..length)
        .map(|row| {
            row_values.clear();
            row_values.extend(columns.iter().zip(kinds).map(|(column, kind)| value_at(column, row, *kind)));
            function(&row_values)
        })
        .collect();
    let name = columns.first().map(|column| column.name().clone()).unwrap_or_default();
    Ok(to_series(name, &answers, answer)?.into_column())
}

/// Any column as text that is equal exactly where the values are: for keys of lists, and for hashes.
pub fn rendered(column: &Column, kind: Type) -> PolarsResult<Column> {
    if *column.dtype() == DataType::String {
        return Ok(column.clone());
    }
    by_value(std::slice::from_ref(column), &[kind], Type::Text, |values| match values.first() {
        Some(Value::List(items)) => Value::text(items.iter().filter_map(written).collect::<Vec<_>>().join("\u{1f}")),
        Some(value) => written(value).map_or(Value::Missing, Value::text),
        None => Value::Missing,
    })
}

/// How texts are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    AsWritten,
    /// As they compare: case is ignored. Each is folded as it is looked at, since copies of many wide columns would be held at once.
    Folded,
}

/// Every value as bytes (nothing for a missing one), a column after the other; each column has a value for each row.
pub fn each_cell(columns: &[Column], kinds: &[Type], texts: Texts, mut take: impl FnMut(usize, Option<&[u8]>)) -> PolarsResult<()> {
    for (column, kind) in columns.iter().zip(kinds) {
        match kind {
            Type::Int | Type::Hex | Type::Time | Type::Duration | Type::Bool => {
                let numbers = column.cast(&DataType::Int64)?;
                for (row, number) in numbers.i64()?.iter().enumerate() {
                    take(row, number.map(i64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
                }
            }
            Type::Float => {
                for (row, number) in column.f64()?.iter().enumerate() {
                    take(row, number.map(f64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
                }
            }
            Type::Text | Type::List => {
                let rendered = rendered(column, *kind)?;
                for (row, text) in rendered.str()?.iter().enumerate() {
                    match texts {
                        Texts::AsWritten => take(row, text.map(str::as_bytes)),
                        Texts::Folded => take(row, text.map(fold).as_deref().map(str::as_bytes)),
                    }
                }
            }
        }
    }
    Ok(())
}

/// A number for each row that follows from its values alone: the same in every run.
pub fn hashes(columns: &[Column], kinds: &[Type]) -> PolarsResult<Column> {
    let height = columns.iter().map(Column::len).max().unwrap_or(0);
    let mut all = vec![0xcbf2_9ce4_8422_2325_u64; height];
    each_cell(columns, kinds, Texts::AsWritten, |row, cell| all[row] = mixed(all[row], cell.unwrap_or(&[0])))?;
    let spread = |hash: u64| (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9).cast_signed();
    Ok(Int64Chunked::from_iter_values("".into(), all.into_iter().map(spread)).into_column())
}

/// FNV-1a, with an end after each value.
fn mixed(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().chain(&[0xff]).fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
