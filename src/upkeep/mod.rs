//! What becomes of a store after its telemetry came in: rows are forgotten, small files become large ones.

mod compact;
mod forget;

use miette::Diagnostic;
use thiserror::Error;

pub use compact::{Compacted, Count, compact};
pub use forget::{Forget, Forgotten, forget};

use crate::rewrite::RewriteError;
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

impl From<RewriteError> for UpkeepError {
    fn from(error: RewriteError) -> UpkeepError {
        match error {
            RewriteError::Interrupted => UpkeepError::Interrupted,
            RewriteError::Store(error) => UpkeepError::Store(error),
        }
    }
}
