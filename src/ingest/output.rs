//! One Parquet file being written: rows gather in a sheet, a full sheet is a row group.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::*;

use super::row::{Cell, NONE};
use crate::diag::reason;
use crate::frame::physical;
use crate::store::{StoreError, StoredFile, Sum, Summed};
use crate::telemetry::Type;

/// Rows of a row group.
const GROUP: usize = 65_536;
/// Bytes of texts that end a row group earlier.
const GROUP_BYTES: usize = 24 << 20;
/// Cells of a row group: one of many columns has fewer rows, so that neither who writes it nor who reads it holds more.
const GROUP_CELLS: usize = 3 << 20;
/// Rows of a file.
const FILE_ROWS: u64 = 1 << 20;
/// A file names its machines up to this many.
const MACHINES: usize = 64;

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
    path: PathBuf,
    shape: Shape,
    writer: BatchedWriter<Summed>,
    sum: Sum,
    cells: Vec<Cells>,
    rows: usize,
    bytes: usize,
    file: StoredFile,
    machines: BTreeSet<Arc<str>>,
    operations: BTreeSet<String>,
    kinds: BTreeSet<(Arc<str>, i64)>,
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Io { path: path.display().to_string(), reason: reason(error) }
}

fn fresh(shape: &Shape) -> Vec<Cells> {
    shape.iter().map(|(name, kind)| Cells::new(name, *kind)).collect()
}

impl Output {
    pub fn create(path: PathBuf, name: String, table: &str, day: Option<i32>, shape: Shape) -> Result<Output, StoreError> {
        let schema: Schema = shape.iter().map(|(name, kind)| Field::new(PlSmallStr::from_str(name), physical(*kind))).collect();
        let file = File::create(&path).map_err(|error| failed(&path, &error))?;
        let sum = Sum::default();
        let writer = ParquetWriter::new(Summed::new(file, &sum))
            .with_compression(ParquetCompression::Zstd(None))
            .with_row_group_size(Some(GROUP))
            .set_parallel(false)
            .batched(&schema)
            .map_err(|error| failed(&path, &error))?;
        let file = StoredFile { path: name, table: table.to_string(), day, from: i64::MAX, to: i64::MIN, ..StoredFile::default() };
        Ok(Output {
            path,
            cells: fresh(&shape),
            shape,
            writer,
            sum,
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
        let written = columns.and_then(|columns| DataFrame::new(self.rows, columns)).and_then(|frame| self.writer.write_batch(&frame));
        written.map_err(|error| failed(&self.path, &error))?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    /// Closes and syncs the file, and describes it.
    pub fn finish(mut self) -> Result<StoredFile, StoreError> {
        self.flush()?;
        self.writer.finish().map_err(|error| failed(&self.path, &error))?;
        let Output { path, writer, sum, mut file, machines, operations, kinds, .. } = self;
        drop(writer);
        file.digest = Some(sum.digest());
        let synced = File::open(&path).and_then(|file| file.sync_all().and_then(|()| file.metadata()));
        file.bytes = synced.map_err(|error| failed(&path, &error))?.len();
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
