//! Which files there are to look at, in sorted order, and what the `Source` column calls them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::IngestError;
use crate::diag::reason;
use crate::store::{MANIFEST, Place};

/// A file on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    /// Relative to the folder that was asked for; a file that was asked for has its own name.
    pub name: String,
    pub bytes: u64,
    /// What tells it from files of its name: see `Place::file`.
    pub place: String,
}

impl Found {
    fn new(path: PathBuf, name: String, bytes: u64) -> Found {
        let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
        let digest = Sha256::digest(whole.as_os_str().as_encoded_bytes());
        Found { path, name, bytes, place: digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect() }
    }

    /// Where something lies that is found in it under this name.
    pub fn place_of(&self, name: &str) -> Place {
        Place { file: self.place.clone(), member: name.strip_prefix(&self.name).unwrap_or(name).to_string() }
    }
}

/// Everything below the paths, without folders that are stores.
pub fn files(paths: &[PathBuf], store: &Path) -> Result<Vec<Found>, IngestError> {
    let mut found = Vec::new();
    for path in paths {
        let unreadable = |error: std::io::Error| IngestError::Unreadable { path: path.display().to_string(), reason: reason(&error) };
        let meta = fs::metadata(path).map_err(unreadable)?;
        let start = found.len();
        if meta.is_dir() {
            below(path, path, store, &mut found).map_err(unreadable)?;
        } else if !meta.is_file() {
            // A pipe would be waited for, perhaps for ever, and can't be read again.
            return Err(IngestError::Unreadable { path: path.display().to_string(), reason: "this is neither a file nor a folder".into() });
        } else {
            fs::File::open(path).map_err(unreadable)?;
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            found.push(Found::new(path.clone(), name, meta.len()));
        }
        found[start..].sort_by(|left, right| left.name.cmp(&right.name));
    }
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for file in &found {
        *times.entry(file.name.clone()).or_default() += 1;
    }
    // Two folders may hold files of the same name.
    for file in found.iter_mut().filter(|file| times[&file.name] > 1) {
        file.name = file.path.display().to_string().replace('\\', "/");
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|file| seen.insert(file.path.clone()));
    Ok(found)
}

fn below(folder: &Path, root: &Path, store: &Path, found: &mut Vec<Found>) -> std::io::Result<()> {
    let is_store = folder.join(MANIFEST).is_file() && folder.join(".lock").is_file();
    let same = matches!((folder.canonicalize(), store.canonicalize()), (Ok(folder), Ok(store)) if folder == store);
    if is_store || same {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            below(&path, root, store, found)?;
        } else if let Ok(meta) = fs::metadata(&path)
            && meta.is_file()
        {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            found.push(Found::new(path, name, meta.len()));
        }
    }
    Ok(())
}
