//! Files of a store, read a row group at a time.

use std::fs::File;
use std::path::Path;

use polars::prelude::*;

use crate::diag::reason;
use crate::store::StoreError;

pub fn failed(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::File { path: path.display().to_string(), reason: reason(error) }
}

/// The first row and the number of rows of each row group.
pub fn groups(path: &Path) -> Result<Vec<(usize, usize)>, StoreError> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    let mut reader = ParquetReader::new(file);
    let metadata = reader.get_metadata().map_err(|error| failed(path, &error))?;
    let mut first = 0;
    let place = |rows: usize| {
        first += rows;
        (first - rows, rows)
    };
    Ok(metadata.row_groups.iter().map(|group| group.num_rows()).map(place).collect())
}

/// Some rows, of all columns or of those among `columns` that the file has.
pub fn rows(path: &Path, columns: Option<&[&str]>, slice: (usize, usize)) -> Result<DataFrame, StoreError> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    let mut reader = ParquetReader::new(file).with_slice(Some(slice));
    if let Some(columns) = columns {
        let schema = reader.schema().map_err(|error| failed(path, &error))?;
        let known = columns.iter().filter(|name| schema.contains(name)).map(|name| (*name).to_string()).collect();
        reader = reader.with_columns(Some(known));
    }
    reader.finish().map_err(|error| failed(path, &error))
}

/// The times of rows in milliseconds.
pub fn times(rows: &DataFrame) -> PolarsResult<Int64Chunked> {
    Ok(rows.column("DateTime")?.cast(&DataType::Int64)?.i64()?.clone())
}
