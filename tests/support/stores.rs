//! Stores that many tests ask: the sample, and real captures where they are there. Each is filled once per test run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;

use super::{Place, project};

/// A filled store, and what `ingest` said of it.
pub struct Filled {
    pub store: PathBuf,
    pub summary: Value,
    /// Where its raw files lie.
    pub raw: PathBuf,
}

/// The sample as raw files: one folder for all tests.
pub fn sample_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = fresh("sample-raw");
        huntsman::sample::write(&folder).unwrap();
        folder
    })
}

/// The sample, ingested.
pub fn sample() -> Arc<Filled> {
    fill("sample", sample_folder())
}

/// Real telemetry beside the project, ingested; nothing, and one visible line, where it is not there.
pub fn real(name: &str) -> Option<Arc<Filled>> {
    let raw = real_path(name)?;
    Some(fill(&name.replace(['/', '.'], "-"), &raw))
}

/// A file or folder of the real telemetry.
pub fn real_path(name: &str) -> Option<PathBuf> {
    let path = project().join("../shared/data").join(name);
    if path.exists() {
        return path.canonicalize().ok();
    }
    // Past the harness' capture, so that a run without the data says so.
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "not tested: ../shared/data/{name} is not here");
    None
}

fn fill(name: &str, raw: &Path) -> Arc<Filled> {
    type Once = Arc<OnceLock<Arc<Filled>>>;
    static STORES: Mutex<BTreeMap<String, Once>> = Mutex::new(BTreeMap::new());
    let once = STORES.lock().unwrap_or_else(|error| error.into_inner()).entry(name.to_string()).or_default().clone();
    once.get_or_init(|| {
        let store = fresh(&format!("store-{name}"));
        let place = Place::new();
        let answer =
            place.huntsman(["ingest".as_ref(), raw.as_os_str(), "--store".as_ref(), store.as_os_str(), "--format".as_ref(), "json".as_ref()]).run().expect(0);
        Arc::new(Filled { summary: answer.json(), store, raw: raw.to_path_buf() })
    })
    .clone()
}

fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}
