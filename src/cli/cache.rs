//! Raw logs named as a source are ingested once, into a store that is kept while they stay as they are.
//!
//! An entry is complete from the moment its folder exists: it is filled beside its place and renamed. A lock file per entry
//! lets one process fill it while others wait.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::args::Raw;
use super::context::Context;
use crate::diag::{Fault, reason};
use crate::ingest::Request;
use crate::store::{Store, VERSION};
use crate::telemetry::mapping::REVISION;

/// Entries that nobody used for so long are swept when another is made.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// The store with everything of these raw logs.
pub fn fill(context: &Context, paths: &[PathBuf]) -> Result<PathBuf, Fault> {
    let asked = super::ingest::asked(context)?;
    let folder = folder()?;
    let key = key(paths, &asked.client, &context.common.raw)?;
    let entry = folder.join(&key);
    let lock = Lock::take(&folder, &key)?;
    if is_whole(&entry) {
        context.terminal.tell(|| format!("cache: {} is used again", entry.display()));
        lock.touch();
        return Ok(entry);
    }
    remove(&entry)?;
    sweep(&folder);
    let draft = folder.join(format!("{key}.draft"));
    remove(&draft)?;
    let request = Request { paths: paths.to_vec(), store: draft.clone(), ..asked };
    let summary = match super::ingest::take_in(context, &request) {
        Ok(summary) => summary,
        Err(fault) => {
            remove(&draft)?;
            return Err(fault);
        }
    };
    std::fs::rename(&draft, &entry).map_err(|error| refused(&entry, &error))?;
    lock.touch();
    context.terminal.tell(|| format!("cache: {} files, {} records into {}", summary.files, summary.records, entry.display()));
    for rejection in &summary.rejected {
        context.terminal.fault(&super::ingest::rejected(rejection));
    }
    Ok(entry)
}

/// The made-up telemetry, written once by each build of the program.
pub fn sample() -> Result<PathBuf, Fault> {
    let folder = folder()?;
    let built = std::env::current_exe().and_then(|program| program.metadata()).and_then(|metadata| metadata.modified()).ok();
    let built = built.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok()).map_or(0, |since| since.as_millis());
    let key = format!("sample-{}-{built:x}", env!("CARGO_PKG_VERSION"));
    let lock = Lock::take(&folder, &key)?;
    lock.touch();
    let entry = folder.join(&key);
    if entry.is_dir() {
        return Ok(entry);
    }
    let draft = folder.join(format!("{key}.draft"));
    remove(&draft)?;
    crate::sample::write(&draft).map_err(|error| refused(&draft, &error))?;
    std::fs::rename(&draft, &entry).map_err(|error| refused(&entry, &error))?;
    Ok(entry)
}

/// `XDG_CACHE_HOME/huntsman`, or that below the home folder.
fn folder() -> Result<PathBuf, Fault> {
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    let folder = base.map(|base| base.join("huntsman")).ok_or_else(|| {
        Fault::new("cache::nowhere", "there is no folder for the cache").with_help("set XDG_CACHE_HOME or HOME, or ingest into a store and name that")
    })?;
    std::fs::create_dir_all(&folder).map_err(|error| refused(&folder, &error))?;
    Ok(folder)
}

fn absolute(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn refused(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new("cache::unwritable", format!("the cache can't be written: {}: {}", path.display(), reason(error)))
        .with_help("set XDG_CACHE_HOME to a folder with room, or ingest into a store and name that")
}

/// Same bytes in same places, read in the same way: path, size and time of every file, whether it can be read, what the options say, and the format that
/// they are stored in.
fn key(paths: &[PathBuf], client: &str, raw: &Raw) -> Result<String, Fault> {
    let mut files = Vec::new();
    for path in paths {
        let unreadable = |error: std::io::Error| {
            Fault::new("source::unreadable", format!("{}: {}", path.display(), reason(&error))).with_help("name a file or folder that can be read")
        };
        walk(&path.canonicalize().map_err(unreadable)?, &mut files).map_err(unreadable)?;
    }
    files.sort();
    files.dedup();
    let mut digest = Sha256::new();
    digest.update(format!("{} {VERSION} {REVISION} {client}\n{:?} {:?}\n", env!("CARGO_PKG_VERSION"), raw.zones, raw.local_nets));
    // They were read before, so they can be read.
    for text in raw.mappings.iter().flat_map(std::fs::read) {
        digest.update(Sha256::digest(text));
    }
    for (path, size, modified) in files {
        let is_readable = File::open(&path).is_ok();
        digest.update(path.as_os_str().as_encoded_bytes());
        digest.update(format!("\0{size} {modified} {is_readable}\n"));
    }
    Ok(digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

fn walk(path: &Path, files: &mut Vec<(PathBuf, u64, u128)>) -> std::io::Result<()> {
    let metadata = path.metadata()?;
    if metadata.is_dir() {
        for entry in std::fs::read_dir(path)? {
            // What can't be followed is for ingest to tell.
            drop(walk(&entry?.path(), files));
        }
        return Ok(());
    }
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok()).map_or(0, |since| since.as_nanos());
    files.push((path.to_path_buf(), metadata.len(), modified));
    Ok(())
}

/// Its manifest reads, and every file that it names has its size.
fn is_whole(entry: &Path) -> bool {
    let Ok(store) = Store::open(entry) else { return false };
    store.manifest().files.iter().all(|file| store.path_of(file).metadata().is_ok_and(|metadata| metadata.len() == file.bytes))
}

fn remove(path: &Path) -> Result<(), Fault> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(refused(path, &error)),
        _ => Ok(()),
    }
}

/// Old entries whose lock nobody holds. What can't be removed stays.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let lock = entry.path();
        let is_old = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|time| time.elapsed().ok()).is_some_and(|age| age > KEPT);
        if lock.extension().is_none_or(|extension| extension != "lock") || !is_old {
            continue;
        }
        if File::open(&lock).is_ok_and(|file| file.try_lock().is_ok()) {
            for path in [lock.with_extension(""), lock.with_extension("draft")] {
                drop(std::fs::remove_dir_all(path));
            }
            drop(std::fs::remove_file(&lock));
        }
    }
}

/// Held by the one process that looks at, or fills, an entry; its file's time says when the entry was last used.
struct Lock {
    file: File,
}

impl Lock {
    fn take(folder: &Path, key: &str) -> Result<Lock, Fault> {
        let path = folder.join(format!("{key}.lock"));
        let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(|error| refused(&path, &error))?;
        file.lock().map_err(|error| refused(&path, &error))?;
        Ok(Lock { file })
    }

    fn touch(&self) {
        drop(self.file.set_modified(SystemTime::now()));
    }
}
