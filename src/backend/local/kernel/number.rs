//! Arithmetic over columns: checked, so that overflow and division by zero are missing.

use polars::prelude::{BooleanChunked, Column, Float64Chunked, Int64Chunked, IntoColumn, NewChunkedArray, PolarsResult};

use crate::plan::{Arithmetic, number};

/// Two columns of whole numbers, times or durations (all `Int64` here), or of floats (`Float64`).
pub fn arithmetic(operation: Arithmetic, left: &Column, right: &Column) -> PolarsResult<Column> {
    let name = left.name().clone();
    let length = if left.len() == 1 { right.len() } else { left.len() };
    let (at_left, at_right) = (|row: usize| if left.len() == 1 { 0 } else { row }, |row: usize| if right.len() == 1 { 0 } else { row });
    if let (Ok(left), Ok(right)) = (left.i64(), right.i64()) {
        let answer = |row: usize| number::whole(operation, left.get(at_left(row))?, right.get(at_right(row))?);
        return Ok(Int64Chunked::from_iter_options(name, (0..length).map(answer)).into_column());
    }
    let (left, right) = (left.f64()?, right.f64()?);
    let answer = |row: usize| number::float(operation, left.get(at_left(row))?, right.get(at_right(row))?);
    Ok(Float64Chunked::from_iter_options(name, (0..length).map(answer)).into_column())
}

/// The other sign.
pub fn negate(column: &Column) -> PolarsResult<Column> {
    let name = column.name().clone();
    if let Ok(numbers) = column.i64() {
        return Ok(Int64Chunked::from_iter_options(name, numbers.iter().map(|number| number.and_then(i64::checked_neg))).into_column());
    }
    Ok(Float64Chunked::from_iter_options(name, column.f64()?.iter().map(|number| number.map(|number| -number))).into_column())
}

/// Square roots, missing where there is none.
pub fn square_roots(column: &Column) -> PolarsResult<Column> {
    let roots = column.f64()?.iter().map(|value| value.and_then(number::root));
    Ok(Float64Chunked::from_iter_options(column.name().clone(), roots).into_column())
}

/// Whether all (or any) of the bits are set; not where the number is missing.
pub fn test_bits(column: &Column, bits: i64, all: bool) -> PolarsResult<Column> {
    let holds = |number: i64| if all { number & bits == bits } else { number & bits != 0 };
    let answers: Vec<bool> = column.i64()?.iter().map(|number| number.is_some_and(holds)).collect();
    Ok(BooleanChunked::from_slice(column.name().clone(), &answers).into_column())
}
