//! A folder of Parquet files, and the manifest that alone says which of them belong to it.
//!
//! Written by `ingest`, read by `backend/local`. A commit replaces the manifest in one rename, so a run that is killed at any
//! instant leaves the store as it was or as it will be; files that no manifest names are swept by the next writer.

mod readers;
mod verify;
mod write;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::diag::reason;

pub use verify::{Sum, Summed};
pub use write::{Left, Writer};

/// What this program writes; a store with a larger number is from a newer one.
pub const VERSION: u32 = 1;

/// The name of the manifest in a store's folder.
pub const MANIFEST: &str = "manifest.json";

/// The name of the file that a writer holds, in a store's folder.
const LOCK: &str = ".lock";

/// A folder that a writer has begun to fill, and that has no manifest yet.
pub fn is_unfinished(root: &Path) -> bool {
    root.join(LOCK).is_file() && !root.join(MANIFEST).exists()
}

/// Everything that a store says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub version: u32,
    /// Rises with every commit.
    pub generation: u64,
    pub files: Vec<StoredFile>,
    pub sources: Vec<IngestedSource>,
    /// What the records of `event` have, kind by kind, since kinds with few records share a file; sorted.
    #[serde(default)]
    pub raw_fields: Vec<KindFields>,
}

/// The raw fields of one kind of records.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KindFields {
    pub channel: String,
    pub event_id: Option<i64>,
    /// Columns of `event`, sorted.
    pub fields: Vec<String>,
}

/// One Parquet file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Below the store's folder, with `/`.
    pub path: String,
    /// A name of `telemetry::TABLES`, or `coverage`.
    pub table: String,
    /// Days since 1970-01-01 UTC; `None` for `machine` and `coverage`.
    pub day: Option<i32>,
    /// The earliest and the latest `DateTime`, milliseconds, both included.
    pub from: i64,
    pub to: i64,
    pub rows: u64,
    pub bytes: u64,
    /// SHA-256 of its bytes; none where an older program wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The words of `Operation` that its rows have; empty where the table has none.
    pub operations: Vec<String>,
    /// Muids of its rows, sorted; empty when there are more than 64.
    pub machines: Vec<String>,
    /// For `event`: channel and event id of its rows.
    pub kinds: Vec<(String, Option<i64>)>,
    /// For `event`, where an older program wrote it: the raw fields of all its kinds together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw_fields: Vec<String>,
}

/// One file of raw telemetry that is in the store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IngestedSource {
    /// As it is in the `Source` column.
    pub name: String,
    /// SHA-256 of its bytes: the same content is never taken twice.
    pub digest: String,
    pub records: u64,
    /// Reason and count of what could not be read.
    pub rejected: Vec<(String, u64)>,
    /// How long its content was; 0 where an older program did not say.
    #[serde(default)]
    pub bytes: u64,
    /// A last line that was cut off.
    #[serde(default)]
    pub open: Option<OpenLine>,
    /// Digests of what it was before it grew.
    #[serde(default)]
    pub grown: Vec<String>,
    /// Who was last seen with this content; nobody where an older program took it in. Its rows stay until all of them were seen with another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
}

/// Where a content lies: a file on disk, and what in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Of the file's path, the beginning of its SHA-256: it tells the file from others of its name, and does not say where it lay.
    pub file: String,
    /// What follows the file's name in the name of the source: nothing, or `/` and a path in an archive.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub member: String,
}

/// The end of a file that could not be read yet: when the file has grown, reading goes on there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OpenLine {
    pub from: u64,
    /// What of the source's `rejected` is due to it.
    pub rejected: Vec<(String, u64)>,
}

impl IngestedSource {
    /// A file or archive that could not be opened: nothing of it is in the store, and a hunt over the store must say so.
    pub fn unread(name: &str, place: Place, reason: &str) -> IngestedSource {
        IngestedSource { name: name.into(), rejected: vec![(reason.into(), 1)], places: vec![place], ..IngestedSource::default() }
    }

    /// It has no content that was taken.
    pub fn is_unread(&self) -> bool {
        self.digest.is_empty()
    }

    /// Every content of it that was taken.
    pub fn digests(&self) -> impl Iterator<Item = &String> {
        self.grown.iter().chain([&self.digest]).filter(|digest| !digest.is_empty())
    }
}

/// Why a store can't be used.
#[derive(Debug, Error, Diagnostic)]
pub enum StoreError {
    #[error("there is no store at {path}")]
    #[diagnostic(code(store::absent), help("fill one with `huntsman ingest PATH… --store {path}`"))]
    Absent { path: String },
    #[error("the store at {path} was written by a newer Huntsman (format {found}, this one knows {VERSION})")]
    #[diagnostic(code(store::newer), help("update Huntsman, or ingest again into another folder"))]
    Newer { path: String, found: u32 },
    #[error("the manifest of the store at {path} can't be read: {reason}")]
    #[diagnostic(code(store::damaged), help("ingest the raw logs again, into an empty folder"))]
    Damaged { path: String, reason: String },
    #[error("the store at {path} is being written by process {holder}")]
    #[diagnostic(code(store::busy), help("wait until that ingest has ended"))]
    Busy { path: String, holder: String },
    #[error("{path}: {reason}")]
    #[diagnostic(code(store::damaged), help("ingest the raw logs again, into an empty folder"))]
    File { path: String, reason: String },
    #[error("{path}: {reason}")]
    #[diagnostic(code(store::io), help("a store is a folder that can be read, and for ingest be written, with room on its disk; the store is as it was"))]
    Io { path: String, reason: String },
}

/// A store that is there.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    manifest: Manifest,
    /// The bytes of its files by their paths, where it is no folder but lies in memory.
    held: Option<Arc<BTreeMap<String, Arc<[u8]>>>>,
    /// As long as it is there, no file that the manifest names is removed.
    _reading: Option<Arc<File>>,
}

impl Store {
    /// Reads the manifest as it is now; later commits are not seen.
    pub fn open(root: &Path) -> Result<Store, StoreError> {
        let path = root.display().to_string();
        // Before the manifest is read: what it names must not go in between.
        let reading = readers::enter(root);
        let text = match std::fs::read_to_string(root.join(MANIFEST)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(StoreError::Absent { path }),
            Err(error) => return Err(StoreError::Io { path, reason: reason(&error) }),
        };
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let damaged = |error: serde_json::Error| StoreError::Damaged { path: path.clone(), reason: error.to_string() };
        let Version { version } = serde_json::from_str(&text).map_err(damaged)?;
        if version > VERSION {
            return Err(StoreError::Newer { path, found: version });
        }
        let manifest: Manifest = serde_json::from_str(&text).map_err(damaged)?;
        // A store that a stranger sent does not lead out of its folder.
        let leads_out = |file: &&StoredFile| !Path::new(&file.path).components().all(|part| matches!(part, Component::Normal(_)));
        if let Some(file) = manifest.files.iter().find(leads_out) {
            return Err(StoreError::Damaged { path, reason: format!("it names `{}`, which is no file of the store", file.path) });
        }
        Ok(Store { root: root.to_path_buf(), manifest, held: None, _reading: reading })
    }

    /// A store without a folder: the manifest, and the bytes of the files that it names.
    pub fn held(manifest: Manifest, files: BTreeMap<String, Arc<[u8]>>) -> Store {
        Store { root: PathBuf::new(), manifest, held: Some(Arc::new(files)), _reading: None }
    }

    /// Whether it lies in memory.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// The bytes of a file that lies in memory.
    pub fn bytes_of(&self, file: &StoredFile) -> Option<&[u8]> {
        self.held.as_ref()?.get(&file.path).map(|bytes| &**bytes)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub fn path_of(&self, file: &StoredFile) -> PathBuf {
        self.root.join(&file.path)
    }
}
