//! Who reads a store: files that went out of it stay on the disk while a query that began before may still open them.
//!
//! Readers share a lock for as long as they have the store open; a writer removes files only while it holds that lock alone.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// The name of the file that readers share, in a store's folder.
pub const READERS: &str = ".readers";

/// Makes the file that readers share. Without it, where the folder can't be written, nothing is removed either.
pub fn prepare(root: &Path) {
    let _ = File::options().write(true).create(true).truncate(false).open(root.join(READERS));
}

/// To be kept for as long as the store is read; none in a store of an older program, or on a file system without locks.
pub fn enter(root: &Path) -> Option<Arc<File>> {
    let file = File::open(root.join(READERS)).ok()?;
    file.lock_shared().ok()?;
    Some(Arc::new(file))
}

/// Nobody reads, and nobody begins to before this is dropped.
pub fn alone(root: &Path) -> Option<File> {
    let file = File::open(root.join(READERS)).ok()?;
    file.try_lock().ok()?;
    Some(file)
}
