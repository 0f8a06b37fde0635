//! Rows told apart by 128 bits of a keyed hash: telemetry is written by others, who must not be able to make two rows look like one.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use polars::prelude::{BinaryChunked, Column, DataType, Expr as PolarsExpr, Field, Int64Chunked, IntoColumn, NewChunkedArray, PolarsResult};

use super::values::each_cell;
use crate::plan::fold;
use crate::telemetry::Type;

/// The keys of one run: fingerprints of different seeds can't be compared.
#[derive(Debug)]
pub struct Seed([RandomState; 2]);

impl Seed {
    pub fn new() -> Seed {
        Seed([RandomState::new(), RandomState::new()])
    }
}

impl Seed {
    /// Sixty-four bits for a text, case ignored: of a hundred million texts two are taken for one in one run of three thousand.
    pub fn number(&self, text: &str) -> i64 {
        self.0[0].hash_one(&*fold(text)).cast_signed()
    }
}

/// The number of each text; nothing for a missing one.
pub fn numbered(column: &Column, seed: &Seed) -> PolarsResult<Column> {
    let numbers = column.str()?.iter().map(|text| text.map(|text| seed.number(text)));
    Ok(Int64Chunked::from_iter_options(column.name().clone(), numbers).into_column())
}

/// One number for the values of each row.
pub fn fingerprints(columns: &[Column], kinds: &[Type], seed: &Seed) -> PolarsResult<Vec<u128>> {
    let height = columns.iter().map(Column::len).max().unwrap_or(0);
    let mut rows: Vec<_> = (0..height).map(|_| seed.0.each_ref().map(RandomState::build_hasher)).collect();
    each_cell(columns, kinds, |row, cell| {
        for hasher in &mut rows[row] {
            // The length says where a value ends, so that no two rows share their bytes; a missing one has none.
            hasher.write_u64(cell.map_or(u64::MAX, |bytes| bytes.len() as u64));
            hasher.write(cell.unwrap_or_default());
        }
    })?;
    Ok(rows.into_iter().map(|[high, low]| u128::from(high.finish()) << 64 | u128::from(low.finish())).collect())
}

/// The same as a column of 16 bytes each.
pub fn fingerprint_of(inputs: Vec<PolarsExpr>, kinds: Vec<Type>, seed: Arc<Seed>) -> PolarsExpr {
    let function = move |columns: &mut [Column]| {
        let rows = fingerprints(columns, &kinds, &seed)?;
        Ok(BinaryChunked::from_iter_values("".into(), rows.iter().map(|row| row.to_le_bytes())).into_column())
    };
    polars::prelude::map_multiple(function, inputs, |_, _| Ok(Field::new("".into(), DataType::Binary)))
}
