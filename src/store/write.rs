//! The one writer of a store: a lock, files that nobody sees yet, and a commit that is one rename.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::readers::{self, READERS};
use super::{IngestedSource, KindFields, LOCK, MANIFEST, Manifest, Store, StoreError, StoredFile, VERSION};
use crate::diag::reason;
use crate::telemetry::TABLES;

/// Work files of a writer; whatever is in it at the start was left by one that died.
const WORK: &str = ".work";
/// The folder of files that are of no day.
const NO_DAY: &str = "any";

/// Holds a store for writing. Dropped without a commit it leaves the store as it was.
#[derive(Debug)]
pub struct Writer {
    root: PathBuf,
    manifest: Manifest,
    added: Vec<StoredFile>,
    /// Paths of files that go with the commit, as the manifest names them.
    removed: BTreeSet<String>,
    begun: Vec<PathBuf>,
    /// How many files each beginning of a name has.
    numbers: BTreeMap<String, u64>,
    committed: bool,
    /// There was no such folder before.
    made: bool,
    // Released by the system however this process ends.
    _lock: File,
}

/// Whether files that a commit took out of the store are still on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    Nothing,
    /// Somebody reads the store as it was: they go with the next writer.
    UntilNobodyReads,
}

fn failed(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Io { path: path.display().to_string(), reason: reason(error) }
}

impl Writer {
    /// Makes the store where there is none, takes the lock, and sweeps what no manifest names.
    pub fn open(root: &Path) -> Result<Writer, StoreError> {
        if root.is_file() {
            return Err(StoreError::Io { path: root.display().to_string(), reason: "this is a file".into() });
        }
        let made = !root.exists();
        fs::create_dir_all(root).map_err(|error| failed(root, &error))?;
        let path = root.join(LOCK);
        let mut lock = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(|error| failed(&path, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = lock.read_to_string(&mut holder);
                let holder = holder.trim();
                let holder = if holder.is_empty() { "unknown" } else { holder }.to_string();
                return Err(StoreError::Busy { path: root.display().to_string(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(failed(&path, &error)),
        }
        // The one who held it before has taken it away: what is locked is not what others will find.
        if !is_at(&lock, &path) {
            return Writer::open(root);
        }
        let written = lock.set_len(0).and_then(|()| lock.write_all(std::process::id().to_string().as_bytes()));
        written.map_err(|error| failed(&path, &error))?;
        let manifest = match Store::open(root) {
            Ok(store) => store.manifest,
            Err(StoreError::Absent { .. }) => Manifest { version: VERSION, ..Manifest::default() },
            Err(error) => return Err(error),
        };
        readers::prepare(root);
        let writer = Writer {
            root: root.to_path_buf(),
            manifest,
            added: Vec::new(),
            removed: BTreeSet::new(),
            begun: Vec::new(),
            numbers: BTreeMap::new(),
            committed: false,
            made,
            _lock: lock,
        };
        writer.sweep().map_err(|error| failed(root, &error))?;
        let work = writer.work();
        fs::create_dir_all(&work).map_err(|error| failed(&work, &error))?;
        Ok(writer)
    }

    /// The store as it was when the lock was taken.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A folder for work files, on the store's own disk; emptied at the end.
    pub fn work(&self) -> PathBuf {
        self.root.join(WORK)
    }

    /// A new file's path, and how the manifest will name it. Files of one tag must be begun in an order that does not depend on
    /// threads: then the same input gives the same store.
    pub fn begin(&mut self, table: &str, day: Option<&str>, tag: &str) -> Result<(PathBuf, String), StoreError> {
        let start = format!("{table}/{}/{:06}-{tag}", day.unwrap_or(NO_DAY), self.manifest.generation + 1);
        let number = self.numbers.entry(start.clone()).or_default();
        *number += 1;
        let name = format!("{start}-{number:03}.parquet");
        let path = self.root.join(&name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        }
        self.begun.push(path.clone());
        Ok((path, name))
    }

    /// A file that is written and synced; it counts from the commit on.
    pub fn add(&mut self, file: StoredFile) {
        self.added.push(file);
    }

    /// What was added so far.
    pub fn added(&self) -> &[StoredFile] {
        &self.added
    }

    /// A file that is in the store until the commit.
    pub fn remove(&mut self, file: &StoredFile) {
        self.removed.insert(file.path.clone());
    }

    /// What the store will hold, as far as it is known before the commit.
    pub fn files(&self) -> impl Iterator<Item = &StoredFile> {
        self.manifest.files.iter().filter(|file| !self.removed.contains(&file.path)).chain(&self.added)
    }

    /// Whether anything was added or removed.
    pub fn has_changed(&self) -> bool {
        !self.added.is_empty() || !self.removed.is_empty()
    }

    /// What the store will have of raw telemetry, in place of what it had. Whether that is something else.
    pub fn set_sources(&mut self, sources: Vec<IngestedSource>) -> bool {
        let is_other = self.manifest.sources != sources;
        self.manifest.sources = sources;
        is_other
    }

    /// Makes everything added part of the store and takes away what was removed, at once.
    pub fn commit(mut self, raw_fields: Vec<KindFields>) -> Result<Left, StoreError> {
        let mut next = self.manifest.clone();
        next.version = VERSION;
        next.generation += 1;
        next.files.retain(|file| !self.removed.contains(&file.path));
        next.files.append(&mut self.added);
        next.files.sort_by(|left, right| (&left.table, left.day, &left.path).cmp(&(&right.table, right.day, &right.path)));
        next.raw_fields = merged(std::mem::take(&mut next.raw_fields).into_iter().chain(raw_fields));
        if !self.removed.is_empty() {
            // A kind whose last record went is not known any longer.
            let kinds: BTreeSet<&(String, Option<i64>)> = next.files.iter().flat_map(|file| &file.kinds).collect();
            next.raw_fields.retain(|known| kinds.contains(&(known.channel.clone(), known.event_id)));
        }
        for folder in self.begun.iter().filter_map(|path| path.parent()).collect::<BTreeSet<_>>() {
            sync_folder(folder).map_err(|error| failed(folder, &error))?;
            if let Some(table) = folder.parent() {
                sync_folder(table).map_err(|error| failed(table, &error))?;
            }
        }
        let path = self.root.join(MANIFEST);
        let fresh = self.root.join(format!("{MANIFEST}.new"));
        let written = (|| {
            let text = serde_json::to_vec(&next)?;
            let mut file = File::create(&fresh)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&fresh, &path)
        })();
        written.map_err(|error| failed(&path, &error))?;
        // From here on the new files are named, and stay.
        self.committed = true;
        self.manifest = next;
        sync_folder(&self.root).map_err(|error| failed(&path, &error))?;
        if self.removed.is_empty() {
            return Ok(Left::Nothing);
        }
        // The commit stands whatever becomes of the old files.
        Ok(if matches!(self.sweep(), Ok(true)) { Left::Nothing } else { Left::UntilNobodyReads })
    }

    /// Removes work files, and Parquet files in the folders of our tables that the manifest does not name, unless somebody may be reading them. Nothing else
    /// is touched. Whether it was done.
    fn sweep(&self) -> io::Result<bool> {
        match fs::remove_dir_all(self.work()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let Some(_alone) = readers::alone(&self.root) else { return Ok(false) };
        let named: BTreeSet<PathBuf> = self.manifest.files.iter().map(|file| self.root.join(&file.path)).collect();
        for table in TABLES.iter().map(|table| table.name).chain(["coverage"]) {
            for day in folders(&self.root.join(table)) {
                let is_ours = day.file_name().and_then(|name| name.to_str()).is_some_and(|name| name == NO_DAY || is_date(name));
                if !is_ours {
                    continue;
                }
                for entry in fs::read_dir(&day)?.filter_map(Result::ok) {
                    let path = entry.path();
                    if path.extension().is_some_and(|extension| extension == "parquet") && !named.contains(&path) {
                        fs::remove_file(&path)?;
                    }
                }
                // Only an empty folder goes.
                let _ = fs::remove_dir(&day);
            }
        }
        Ok(true)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.committed {
            for path in &self.begun {
                let _ = fs::remove_file(path);
                if let Some(folder) = path.parent() {
                    let _ = fs::remove_dir(folder);
                    if let Some(table) = folder.parent() {
                        let _ = fs::remove_dir(table);
                    }
                }
            }
        }
        let _ = fs::remove_dir_all(self.work());
        if !self.committed && !self.root.join(MANIFEST).exists() {
            // No store was begun: nothing of it is left.
            let _ = fs::remove_file(self.root.join(READERS));
            let _ = fs::remove_file(self.root.join(LOCK));
            if self.made {
                let _ = fs::remove_dir(&self.root);
            }
        }
    }
}

/// Whether the open file is the one that stands at the path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    matches!((file.metadata(), fs::metadata(path)), (Ok(open), Ok(found)) if (open.dev(), open.ino()) == (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

/// One entry for each kind, sorted.
fn merged(known: impl Iterator<Item = KindFields>) -> Vec<KindFields> {
    let mut all: BTreeMap<(String, Option<i64>), BTreeSet<String>> = BTreeMap::new();
    for kind in known {
        all.entry((kind.channel, kind.event_id)).or_default().extend(kind.fields);
    }
    all.into_iter().map(|((channel, event_id), fields)| KindFields { channel, event_id, fields: fields.into_iter().collect() }).collect()
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// `2020-09-21`.
fn is_date(name: &str) -> bool {
    name.len() == 10 && name.bytes().enumerate().all(|(place, byte)| if matches!(place, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() })
}

/// On systems that can't sync a folder the rename has to do.
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder) {
        Ok(file) => file.sync_all().or_else(|error| if cfg!(unix) { Err(error) } else { Ok(()) }),
        Err(error) => {
            if cfg!(unix) {
                Err(error)
            } else {
                Ok(())
            }
        }
    }
}
