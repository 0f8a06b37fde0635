//! Frames made from values: the few rows that the layer's own maths gives.

use std::sync::Arc;

use polars::prelude::{Column, DataFrame, DataType, IntoSeries, ListBuilderTrait, ListStringChunkedBuilder, PolarsResult, TimeUnit};

use crate::frame::{Frame, Read};
use crate::plan::{Schema, Value};
use crate::telemetry::Type;

/// A frame of these columns, all of one length. A value that is not of its column's type becomes missing.
pub(super) fn frame(columns: Vec<(Arc<str>, Type, Vec<Value>)>, read: Read) -> PolarsResult<Frame> {
    let height = columns.first().map_or(0, |(_, _, values)| values.len());
    let schema = Schema::new(columns.iter().map(|(name, kind, _)| (name.clone(), *kind)).collect());
    let cells = columns.into_iter().map(|(name, kind, values)| column(&name, kind, &values)).collect::<PolarsResult<Vec<_>>>()?;
    Ok(Frame::new(schema, DataFrame::new(height, cells)?, read))
}

fn column(name: &str, kind: Type, values: &[Value]) -> PolarsResult<Column> {
    let whole = || values.iter().map(whole).collect::<Vec<Option<i64>>>();
    Ok(match kind {
        Type::Text => Column::new(name.into(), values.iter().map(text).collect::<Vec<_>>()),
        Type::Int | Type::Hex | Type::Duration => Column::new(name.into(), whole()),
        Type::Time => Column::new(name.into(), whole()).cast(&DataType::Datetime(TimeUnit::Milliseconds, None))?,
        Type::Float => Column::new(name.into(), values.iter().map(float).collect::<Vec<_>>()),
        Type::Bool => Column::new(name.into(), values.iter().map(yes_or_no).collect::<Vec<_>>()),
        Type::List => {
            let mut lists = ListStringChunkedBuilder::new(name.into(), values.len(), values.len());
            for value in values {
                match value {
                    Value::List(items) => lists.append_values_iter(items.iter().filter_map(text)),
                    _ => lists.append_null(),
                }
            }
            lists.finish().into_series().into()
        }
    })
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) | Value::Time(number) | Value::Duration(number) => Some(*number),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        Value::Int(number) => Some(*number as f64),
        _ => None,
    }
}

fn yes_or_no(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        _ => None,
    }
}
