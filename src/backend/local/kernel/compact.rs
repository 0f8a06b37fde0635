//! Rows without the bytes of others: texts that were chosen out of many still point into all of them.

use polars::prelude::{Column, DataFrame, IntoColumn, PolarsResult, StringChunkedBuilder};

/// Bytes that nobody points to, and that are not worth a copy.
const LITTLE: usize = 64 << 10;

/// The same rows; texts are copied where what they point into is much more than they are.
pub fn compact(rows: DataFrame) -> DataFrame {
    let height = rows.height();
    let columns: Vec<Column> = rows.into_columns().into_iter().map(compacted).collect();
    DataFrame::new(height, columns).unwrap_or_default()
}

fn compacted(column: Column) -> Column {
    let copy = {
        let Some(series) = column.as_series() else { return column };
        let Ok(texts) = series.str() else { return column };
        let own: usize = texts.iter().flatten().map(str::len).sum::<usize>() + texts.len() * 16;
        (series.estimated_size() > own * 2 + LITTLE).then(|| {
            let mut copies = StringChunkedBuilder::new(texts.name().clone(), texts.len());
            texts.iter().for_each(|text| copies.append_option(text));
            copies.finish().into_column()
        })
    };
    copy.unwrap_or(column)
}

/// Frames of the same columns, one after the other. A column that has no value in any of them is not spelled out row by row.
pub fn stacked(frames: Vec<DataFrame>) -> PolarsResult<DataFrame> {
    let height = frames.iter().map(DataFrame::height).sum();
    let mut all: Vec<Column> = Vec::new();
    for (number, frame) in frames.into_iter().enumerate() {
        for (place, column) in frame.into_columns().into_iter().enumerate() {
            match all.get_mut(place) {
                _ if number == 0 => all.push(column),
                Some(known) if known.null_count() == known.len() && column.null_count() == column.len() && known.dtype() == column.dtype() => {
                    *known = Column::full_null(column.name().clone(), known.len() + column.len(), column.dtype());
                }
                Some(known) => drop(known.append_owned(column)?),
                None => {}
            }
        }
    }
    DataFrame::new(height, all)
}

/// What rows come to in memory. Polars counts the bytes of texts, but not their places, of which mostly empty columns are made.
pub fn held_bytes(rows: &DataFrame) -> usize {
    let is_spelled_out = |column: &&Column| column.null_count() < column.len();
    let places = rows.columns().iter().filter(is_spelled_out).count() * rows.height() * size_of::<u128>();
    rows.estimated_size().max(places)
}
