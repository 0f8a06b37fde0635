//! What becomes of a store after its telemetry came in: rows are forgotten, small files become large ones.
//!
//! New files are written beside the old ones, a row group at a time; the commit of the store names the new and drops the old in one rename.

mod compact;
mod coverage;
mod files;
mod forget;
mod fresh;

use std::sync::atomic::{AtomicBool, Ordering};

use miette::Diagnostic;
use thiserror::Error;

pub use compact::{Compacted, Count, compact};
pub use forget::{Forget, Forgotten, Rows, forget};

use crate::store::StoreError;

/// Why a store is as it was.
#[derive(Debug, Error, Diagnostic)]
pub enum UpkeepError {
    #[error("interrupted: the store is as it was")]
    #[diagnostic(code(store::interrupted), help("run the same command again"))]
    Interrupted,
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
}

/// Between two steps of any length.
fn check(interrupted: &AtomicBool) -> Result<(), UpkeepError> {
    if interrupted.load(Ordering::Relaxed) { Err(UpkeepError::Interrupted) } else { Ok(()) }
}
