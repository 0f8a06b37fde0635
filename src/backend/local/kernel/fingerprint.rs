//! Rows told apart by 128 bits of a keyed hash: telemetry is written by others, who must not be able to make two rows look like one.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use polars::prelude::{BinaryChunked, Column, DataType, Expr as PolarsExpr, Field, Int64Chunked, IntoColumn, NewChunkedArray, PolarsResult};

use super::values::{Texts, each_cell};
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

/// One number for the values of each row, texts as told. A column is known by its number: one in which a row has no value does not count for it, nor need it be there.
pub fn fingerprints(height: usize, columns: &[Column], kinds: &[Type], numbers: &[usize], texts: Texts, seed: &Seed) -> PolarsResult<Vec<u128>> {
    let mut rows: Vec<_> = (0..height).map(|_| seed.0.each_ref().map(RandomState::build_hasher)).collect();
    for ((column, kind), number) in columns.iter().zip(kinds).zip(numbers) {
        each_cell(std::slice::from_ref(column), std::slice::from_ref(kind), texts, |row, cell| {
            let Some(bytes) = cell else { return };
            for hasher in &mut rows[row] {
                // The length says where a value ends, so that no two rows share their bytes.
                hasher.write_usize(*number);
                hasher.write_usize(bytes.len());
                hasher.write(bytes);
            }
        })?;
    }
    Ok(rows.into_iter().map(|[high, low]| u128::from(high.finish()) << 64 | u128::from(low.finish())).collect())
}

/// The same as a column of 16 bytes each.
pub fn fingerprint_of(inputs: Vec<PolarsExpr>, kinds: Vec<Type>, numbers: Vec<usize>, texts: Texts, seed: Arc<Seed>) -> PolarsExpr {
    let function = move |columns: &mut [Column]| {
        let height = columns.iter().map(|column| column.len()).max().unwrap_or(0);
        let rows = fingerprints(height, columns, &kinds, &numbers, texts, &seed)?;
        Ok(BinaryChunked::from_iter_values("".into(), rows.iter().map(|row| row.to_le_bytes())).into_column())
    };
    polars::prelude::map_multiple(function, inputs, |_, _| Ok(Field::new("".into(), DataType::Binary)))
}
