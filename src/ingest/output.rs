//! One Parquet file being written: rows gather in a sheet, a full sheet is a row group.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use polars::prelude::*;

use super::row::{Cell, NONE};
use crate::frame::physical;
use crate::rewrite::parquet_file::{FILE_ROWS, GROUP, GROUP_BYTES, GROUP_CELLS, MACHINES, ParquetFile};
use crate::store::{StoreError, StoredFile};
use crate::telemetry::Type;

enum Cells {
    Text(StringChunkedBuilder),
    Number(PrimitiveChunkedBuilder<Int64Type>, bool),
    Float(PrimitiveChunkedBuilder<Float64Type>),
    Flag(BooleanChunkedBuilder),
}

impl Cells {
    fn new(name: &str, kind: Type) -> Cells {
        let name = PlSmallStr::from_str(name);
        match kind {
            Type::Text | Type::List => Cells::Text(StringChunkedBuilder::new(name, 0)),
            Type::Int | Type::Hex | Type::Duration => Cells::Number(PrimitiveChunkedBuilder::new(name, 0), false),
            Type::Time => Cells::Number(PrimitiveChunkedBuilder::new(name, 0), true),
            Type::Float => Cells::Float(PrimitiveChunkedBuilder::new(name, 0)),
            Type::Bool => Cells::Flag(BooleanChunkedBuilder::new(name, 0)),
        }
    }

    fn finish(self) -> PolarsResult<Column> {
        Ok(match self {
            Cells::Text(builder) => builder.finish().into_column(),
            Cells::Number(builder, false) => builder.finish().into_column(),
            Cells::Number(builder, true) => builder.finish().into_column().cast(&physical(Type::Time))?,
            Cells::Float(builder) => builder.finish().into_column(),
            Cells::Flag(builder) => builder.finish().into_column(),
        })
    }
}

/// Columns of a file: names and types, in order.
pub type Shape = Arc<[(String, Type)]>;

/// A file that is open.
pub struct Output {
    shape: Shape,
    written: ParquetFile,
    cells: Vec<Cells>,
    rows: usize,
    bytes: usize,
    file: StoredFile,
    machines: BTreeSet<Arc<str>>,
    operations: BTreeSet<String>,
    kinds: BTreeSet<(Arc<str>, i64)>,
}

fn fresh(shape: &Shape) -> Vec<Cells> {
    shape.iter().map(|(name, kind)| Cells::new(name, *kind)).collect()
}

impl Output {
    pub fn create(path: PathBuf, name: String, table: &str, day: Option<i32>, shape: Shape) -> Result<Output, StoreError> {
        let schema: Schema = shape.iter().map(|(name, kind)| Field::new(PlSmallStr::from_str(name), physical(*kind))).collect();
        let written = ParquetFile::create(path, &schema)?;
        let file = StoredFile { path: name, table: table.to_string(), day, from: i64::MAX, to: i64::MIN, ..StoredFile::default() };
        Ok(Output {
            cells: fresh(&shape),
            shape,
            written,
            rows: 0,
            bytes: 0,
            file,
            machines: BTreeSet::new(),
            operations: BTreeSet::new(),
            kinds: BTreeSet::new(),
        })
    }

    /// One cell of the row; every column needs one.
    pub fn put(&mut self, column: usize, cell: &Cell<'_>) {
        let Some(cells) = self.cells.get_mut(column) else { return };
        match (cells, cell) {
            (Cells::Text(builder), Cell::Text(text)) => {
                self.bytes += text.len();
                builder.append_value(text.as_ref());
            }
            (Cells::Text(builder), _) => builder.append_null(),
            (Cells::Number(builder, _), cell) => builder.append_option(cell.int().filter(|number| *number != NONE)),
            (Cells::Float(builder), Cell::Text(text)) => builder.append_option(text.trim().parse().ok().filter(|number: &f64| number.is_finite())),
            (Cells::Float(builder), cell) => builder.append_option(cell.int().map(|number| number as f64)),
            (Cells::Flag(builder), cell) => match cell.flag() {
                Some(flag) => builder.append_value(flag),
                None => builder.append_null(),
            },
        }
    }

    /// The row is whole. Says whether the file has all the rows it should.
    pub fn end_row(&mut self, time: i64, machine: Option<&Arc<str>>, operation: Option<&str>) -> Result<bool, StoreError> {
        self.rows += 1;
        self.file.rows += 1;
        // A row without a time is in every period that asks for no time.
        let (from, to) = if time == NONE { (i64::MIN, i64::MAX) } else { (time, time) };
        self.file.from = self.file.from.min(from);
        self.file.to = self.file.to.max(to);
        if let Some(machine) = machine
            && self.machines.len() <= MACHINES
            && !self.machines.contains(machine)
        {
            self.machines.insert(machine.clone());
        }
        if let Some(operation) = operation
            && !self.operations.contains(operation)
        {
            self.operations.insert(operation.to_string());
        }
        if self.rows >= GROUP || self.rows * self.shape.len() >= GROUP_CELLS || self.bytes >= GROUP_BYTES {
            self.flush()?;
        }
        Ok(self.file.rows >= FILE_ROWS)
    }

    /// The row is an event of this kind.
    pub fn note_kind(&mut self, channel: &Arc<str>, event_id: i64) {
        if !self.kinds.contains(&(channel.clone(), event_id)) {
            self.kinds.insert((channel.clone(), event_id));
        }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if self.rows == 0 {
            return Ok(());
        }
        let cells = std::mem::replace(&mut self.cells, fresh(&self.shape));
        let columns = cells.into_iter().map(Cells::finish).collect::<PolarsResult<Vec<Column>>>();
        let group = columns.and_then(|columns| DataFrame::new(self.rows, columns)).map_err(|error| self.written.failed(&error))?;
        self.written.write(&group)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    /// Closes and syncs the file, and describes it.
    pub fn finish(mut self) -> Result<StoredFile, StoreError> {
        self.flush()?;
        let Output { written, mut file, machines, operations, kinds, .. } = self;
        written.finish(&mut file)?;
        if machines.len() <= MACHINES {
            file.machines = machines.iter().map(|muid| muid.to_string()).collect();
        }
        file.operations = operations.into_iter().collect();
        file.kinds = kinds.iter().map(|(channel, id)| (channel.to_string(), (*id != NONE).then_some(*id))).collect();
        if file.rows == 0 {
            (file.from, file.to) = (0, 0);
        }
        Ok(file)
    }
}
