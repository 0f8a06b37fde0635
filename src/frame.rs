//! An answer: rows with their columns' types, what was read for them, and nothing else.
//!
//! Times are milliseconds (`Datetime(ms)` without a zone, meaning UTC), durations milliseconds in an `Int64`, lists `List(String)`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use polars::prelude::{
    AnyValue, BooleanChunked, Column, DataFrame, DataType, Float64Chunked, Int64Chunked, IntoColumn, IntoSeries, ListBuilderTrait, ListStringChunkedBuilder,
    NewChunkedArray, ParquetWriter, PlSmallStr, PolarsResult, Series, StringChunked, TimeUnit,
};

use crate::diag::{Fault, reason};
use crate::plan::{Schema, Value, written};
use crate::telemetry::Type;

/// A row that is given rather than asked for: its cells by column; a column that is not there is missing.
pub type Record = BTreeMap<Arc<str>, Value>;

/// Given rows by their table.
pub type Tables = BTreeMap<&'static str, Vec<Record>>;

/// Rows that a backend answered with.
#[derive(Clone, Debug)]
pub struct Frame {
    schema: Schema,
    data: Arc<DataFrame>,
    /// What the answer cost: the proof that filters and periods reached the files.
    pub read: Read,
}

/// What a table shows of an answer: its first rows, and what there is to say of the others.
#[derive(Clone, Debug)]
pub struct Preview {
    /// All rows, where they are few.
    pub frame: Frame,
    /// Rows of the whole answer.
    pub total: u64,
    /// Columns without a value in the rows of the frame that have one in a later row, among those that were asked about.
    pub later: BTreeSet<Arc<str>>,
}

/// All rows of an answer that is too large to be held. Each time they are asked for anew.
pub trait Rows: std::fmt::Debug + Send + Sync {
    /// From the first row on, a piece after the other in their order, none of them held longer than whoever takes it does.
    fn pieces(&self) -> Pieces<'_>;
}

/// Rows of one schema; an error is the last of them.
pub type Pieces<'a> = Box<dyn Iterator<Item = Result<Frame, Fault>> + 'a>;

/// What was read for an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Read {
    /// Files of the tables asked for, and those that were opened.
    pub files: u64,
    pub files_read: u64,
    /// Rows of the opened files, before any filter.
    pub rows: u64,
    /// Bytes of the opened files.
    pub bytes: u64,
}

impl Frame {
    /// The data's columns must be those of the schema, in its order and physical types.
    pub fn new(schema: Schema, data: DataFrame, read: Read) -> Frame {
        Frame { schema, data: Arc::new(data), read }
    }

    /// Rows of values, each as long as the schema; a value of another type than its column's is missing.
    pub fn of_rows(schema: Schema, rows: &[Vec<Value>]) -> PolarsResult<Frame> {
        let cells = |position: usize| rows.iter().map(|row| row.get(position).cloned().unwrap_or(Value::Missing)).collect();
        let columns = schema.columns().iter().enumerate().map(|(position, (name, kind))| (name.clone(), *kind, cells(position))).collect();
        Frame::of_columns(columns, Read::default())
    }

    /// Columns of values, all of one length; a value of another type than its column's is missing.
    pub fn of_columns(columns: Vec<(Arc<str>, Type, Vec<Value>)>, read: Read) -> PolarsResult<Frame> {
        let height = columns.first().map_or(0, |(_, _, values)| values.len());
        let schema = Schema::new(columns.iter().map(|(name, kind, _)| (name.clone(), *kind)).collect());
        let column = |(name, kind, values): &(Arc<str>, Type, Vec<Value>)| Ok(series((&**name).into(), values, *kind)?.into_column());
        let data = DataFrame::new(height, columns.iter().map(column).collect::<PolarsResult<Vec<_>>>()?)?;
        Ok(Frame::new(schema, data, read))
    }

    /// The rows for which the mask is true.
    pub fn keep(&self, mask: &[bool]) -> PolarsResult<Frame> {
        let data = self.data.filter(&BooleanChunked::from_slice("".into(), mask))?;
        Ok(Frame { schema: self.schema.clone(), data: Arc::new(data), read: self.read })
    }

    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The number of rows.
    pub fn height(&self) -> usize {
        self.data.height()
    }

    pub fn data(&self) -> &DataFrame {
        &self.data
    }

    /// What the rows come to in memory.
    pub fn bytes(&self) -> usize {
        self.data.estimated_size()
    }

    /// One cell; missing where there is no such row or column.
    pub fn value(&self, row: usize, column: usize) -> Value {
        let (Some((_, kind)), Some(cells)) = (self.schema.columns().get(column), self.data.columns().get(column)) else { return Value::Missing };
        cells.get(row).map_or(Value::Missing, |cell| value_of(cell, *kind))
    }

    /// One cell by the column's name.
    pub fn named(&self, row: usize, column: &str) -> Value {
        self.schema.position(column).map_or(Value::Missing, |position| self.value(row, position))
    }

    /// One row, whole.
    pub fn row(&self, row: usize) -> Vec<Value> {
        (0..self.schema.columns().len()).map(|column| self.value(row, column)).collect()
    }

    /// All columns but one.
    pub fn without(&self, column: &str) -> Frame {
        let left = self.schema.columns().iter().filter(|(name, _)| &**name != column).cloned().collect();
        Frame { schema: Schema::new(left), data: Arc::new(self.data.drop_many([column])), read: self.read }
    }

    /// The first rows only.
    pub fn head(&self, rows: usize) -> Frame {
        Frame { schema: self.schema.clone(), data: Arc::new(self.data.head(Some(rows))), read: self.read }
    }

    /// No rows, with these columns.
    pub fn empty(schema: Schema) -> Frame {
        let columns = schema.columns().iter().map(|(name, kind)| missing_column(name, *kind, 0)).collect();
        Frame { data: Arc::new(DataFrame::new(0, columns).unwrap_or_default()), schema, read: Read::default() }
    }

    /// The rows at these positions, in their order; positions beyond the last row are left out.
    pub fn take(&self, rows: &[usize]) -> Frame {
        let indexes: Vec<u32> = rows.iter().filter(|row| **row < self.height()).filter_map(|row| u32::try_from(*row).ok()).collect();
        let columns = self.data.columns().iter().map(|column| column.take_slice(&indexes)).collect::<Result<Vec<_>, _>>().unwrap_or_default();
        let data = DataFrame::new(indexes.len(), columns).unwrap_or_default();
        Frame { schema: self.schema.clone(), data: Arc::new(data), read: self.read }
    }

    /// Columns in which no row has a value.
    pub fn is_column_missing(&self, column: usize) -> bool {
        self.data.columns().get(column).is_none_or(|cells| cells.null_count() == cells.len())
    }
}

/// All rows and columns as Parquet, in row groups as they come.
///
/// # Errors
/// What the file system, the writer or whoever gives the rows said.
pub fn write_parquet(file: std::fs::File, schema: &Schema, pieces: impl Iterator<Item = Result<Frame, String>>) -> Result<(), String> {
    let columns = schema.columns().iter().map(|(name, kind)| ((&**name).into(), physical(*kind))).collect();
    let mut writer = ParquetWriter::new(file).batched(&columns).map_err(|error| reason(&error))?;
    for piece in pieces {
        writer.write_batch(piece?.data()).map_err(|error| reason(&error))?;
    }
    writer.finish().map(drop).map_err(|error| reason(&error))
}

/// The Polars type that a column of ours is held in.
pub fn physical(kind: Type) -> DataType {
    match kind {
        Type::Text => DataType::String,
        Type::Int | Type::Hex | Type::Duration => DataType::Int64,
        Type::Float => DataType::Float64,
        Type::Bool => DataType::Boolean,
        Type::Time => DataType::Datetime(TimeUnit::Milliseconds, None),
        Type::List => DataType::List(Box::new(DataType::String)),
    }
}

/// A column of missing values.
pub fn missing_column(name: &str, kind: Type, height: usize) -> Column {
    Column::full_null(name.into(), height, &physical(kind))
}

/// One cell of a column of this type.
pub fn value_of(cell: AnyValue<'_>, kind: Type) -> Value {
    let whole = |number: i64| match kind {
        Type::Time => Value::Time(number),
        Type::Duration => Value::Duration(number),
        _ => Value::Int(number),
    };
    match cell {
        AnyValue::Null => Value::Missing,
        AnyValue::Boolean(value) => Value::Bool(value),
        AnyValue::String(text) => Value::text(text),
        AnyValue::StringOwned(text) => Value::text(text.as_str()),
        AnyValue::Int64(number) => whole(number),
        AnyValue::Int32(number) => whole(i64::from(number)),
        AnyValue::UInt32(number) => whole(i64::from(number)),
        AnyValue::UInt64(number) => whole(i64::try_from(number).unwrap_or(i64::MAX)),
        AnyValue::Float64(number) => Value::Float(number),
        AnyValue::Datetime(time, _, _) | AnyValue::DatetimeOwned(time, _, _) => Value::Time(time),
        AnyValue::List(items) => {
            let texts = items.str().map(|texts| texts.iter().map(|text| text.map_or(Value::Missing, Value::text)).collect::<Vec<_>>());
            Value::List(texts.unwrap_or_default().into())
        }
        _ => Value::Missing,
    }
}

/// A column of values of one type; a value of another type is missing.
pub fn series(name: PlSmallStr, values: &[Value], kind: Type) -> PolarsResult<Series> {
    let whole = |value: &Value| match value {
        Value::Int(number) | Value::Time(number) | Value::Duration(number) => Some(*number),
        _ => None,
    };
    Ok(match kind {
        Type::Text => StringChunked::from_iter_options(
            name,
            values.iter().map(|value| match value {
                Value::Text(text) => Some(&**text),
                _ => None,
            }),
        )
        .into_series(),
        Type::Int | Type::Hex | Type::Duration => Int64Chunked::from_iter_options(name, values.iter().map(whole)).into_series(),
        Type::Time => Int64Chunked::from_iter_options(name, values.iter().map(whole)).into_series().cast(&physical(Type::Time))?,
        Type::Float => {
            let number = |value: &Value| match value {
                Value::Float(number) => Some(*number),
                Value::Int(number) => Some(*number as f64),
                _ => None,
            };
            Float64Chunked::from_iter_options(name, values.iter().map(number)).into_series()
        }
        Type::Bool => {
            let truth = |value: &Value| match value {
                Value::Bool(value) => Some(*value),
                _ => None,
            };
            BooleanChunked::from_iter_options(name, values.iter().map(truth)).into_series()
        }
        Type::List => {
            let mut lists = ListStringChunkedBuilder::new(name, values.len(), values.len() * 4);
            for value in values {
                match value {
                    Value::List(items) => lists.append_values_iter(items.iter().filter_map(written).collect::<Vec<_>>().iter().map(String::as_str)),
                    _ => lists.append_null(),
                }
            }
            lists.finish().into_series()
        }
    })
}
