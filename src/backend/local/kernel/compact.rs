//! Rows without the bytes of others: texts that were chosen out of many still point into all of them.

use polars::prelude::{Column, DataFrame, IntoColumn, StringChunkedBuilder};

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
