//! Files of a store, written again with other rows: new ones are written beside the old, a row group at a time, and the commit of the store names the new
//! and drops the old in one rename.

pub mod coverage;
pub mod files;
pub mod fresh;
pub mod parquet_file;
pub mod without;

use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

use crate::store::StoreError;

/// Why the files are as they were.
#[derive(Debug, Error)]
pub enum RewriteError {
    #[error("interrupted")]
    Interrupted,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An error when somebody wants it to end.
pub fn check(interrupted: &AtomicBool) -> Result<(), RewriteError> {
    if interrupted.load(Ordering::Relaxed) { Err(RewriteError::Interrupted) } else { Ok(()) }
}
