//! One Parquet file of a store while it is written: compressed, summed up on its way, synced at its end.

use std::fs::File;
use std::path::PathBuf;

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::*;

use crate::diag::reason;
use crate::store::{StoreError, StoredFile, Sum, Summed};

/// Rows of a row group.
pub const GROUP: usize = 65_536;
/// Bytes of texts that end a row group earlier.
pub const GROUP_BYTES: usize = 24 << 20;
/// Cells of a row group: one of many columns has fewer rows, so that neither who writes it nor who reads it holds more.
pub const GROUP_CELLS: usize = 3 << 20;
/// Rows of a file.
pub const FILE_ROWS: u64 = 1 << 20;
/// A file names its machines up to this many.
pub const MACHINES: usize = 64;

pub struct ParquetFile {
    path: PathBuf,
    writer: BatchedWriter<Summed>,
    sum: Sum,
}

impl ParquetFile {
    pub fn create(path: PathBuf, schema: &Schema) -> Result<ParquetFile, StoreError> {
        let sum = Sum::default();
        let written = File::create(&path).map_err(|error| reason(&error)).and_then(|file| {
            let writer = ParquetWriter::new(Summed::new(file, &sum))
                .with_compression(ParquetCompression::Zstd(None))
                .with_row_group_size(Some(GROUP))
                .set_parallel(false);
            writer.batched(schema).map_err(|error| reason(&error))
        });
        match written {
            Ok(writer) => Ok(ParquetFile { path, writer, sum }),
            Err(reason) => Err(StoreError::Io { path: path.display().to_string(), reason }),
        }
    }

    pub fn failed(&self, error: &dyn std::fmt::Display) -> StoreError {
        StoreError::Io { path: self.path.display().to_string(), reason: reason(error) }
    }

    /// A row group; its columns are those of the schema, in order.
    pub fn write(&mut self, rows: &DataFrame) -> Result<(), StoreError> {
        self.writer.write_batch(rows).map_err(|error| self.failed(&error))
    }

    /// Closes and syncs the file, and says of it what its bytes are.
    pub fn finish(self, file: &mut StoredFile) -> Result<(), StoreError> {
        self.writer.finish().map_err(|error| self.failed(&error))?;
        let ParquetFile { path, writer, sum } = self;
        drop(writer);
        file.digest = Some(sum.digest());
        let synced = File::open(&path).and_then(|file| file.sync_all().and_then(|()| file.metadata()));
        file.bytes = synced.map_err(|error| StoreError::Io { path: path.display().to_string(), reason: reason(&error) })?.len();
        Ok(())
    }
}
