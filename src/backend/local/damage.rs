//! Which file is to blame when a query could not be read to its end.

use std::path::Path;

use polars::prelude::{LazyFrame, ScanArgsParquet};

use super::run;
use super::scan::sources;
use crate::backend::{BackendError, Limits};
use crate::diag;
use crate::store::{Store, StoreError, StoredFile};

/// The error of a file that can't be read.
pub fn of_file(path: &Path, error: &BackendError) -> BackendError {
    let reason = match path.metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "this file of the store is gone".to_string(),
        Err(error) => diag::reason(&error),
        Ok(_) => match error {
            BackendError::Failed { reason } => format!("this file of the store is damaged ({reason})"),
            BackendError::Plan(_)
            | BackendError::Store(_)
            | BackendError::Interrupted
            | BackendError::Timeout
            | BackendError::Memory
            | BackendError::Nowhere
            | BackendError::NoPlaces
            | BackendError::Places { .. } => "this file of the store can't be read".into(),
        },
    };
    StoreError::File { path: path.display().to_string(), reason }.into()
}

/// The first of the files that is gone, before anything is read.
pub fn missing(store: &Store, files: &[StoredFile]) -> Result<(), BackendError> {
    let gone = files.iter().filter(|file| store.bytes_of(file).is_none()).map(|file| store.path_of(file)).find(|path| !path.exists());
    gone.map_or(Ok(()), |path| Err(of_file(&path, &BackendError::Failed { reason: String::new() })))
}

/// A failed query's error, or a better one that names the file: each is read alone until one fails.
pub fn explain(store: &Store, files: &[StoredFile], limits: &Limits, error: BackendError) -> BackendError {
    if !matches!(error, BackendError::Failed { .. }) {
        return error;
    }
    for file in files {
        let path = store.path_of(file);
        let scan = LazyFrame::scan_parquet_sources(sources(store, std::slice::from_ref(file)), ScanArgsParquet { glob: false, ..Default::default() });
        match scan.map_err(run::failed).and_then(|scan| run::collect(scan, limits)) {
            Ok(_) => {}
            Err(BackendError::Failed { reason }) => return of_file(&path, &BackendError::Failed { reason }),
            Err(other) => return other,
        }
    }
    error
}
