//! Sessions over the sample, for the unit tests of this layer.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use super::{Session, Setup};
use crate::backend::local::Local;
use crate::diag::Fault;
use crate::ingest::{Request, Silent, ingest};
use crate::report::Answer;

/// The sample, ingested once for all tests.
fn store() -> &'static Path {
    static STORE: OnceLock<PathBuf> = OnceLock::new();
    STORE.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("huntsman-script-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        crate::sample::write(&folder.join("raw")).unwrap();
        let request = Request::of(vec![folder.join("raw")], folder.join("store"), "000000".into());
        ingest(&request, &Silent, &AtomicBool::new(false)).unwrap();
        folder.join("store")
    })
}

pub(super) fn setup() -> Setup {
    setup_of(Local::open(store(), "sample").unwrap())
}

/// The same over another source.
pub(super) fn setup_of(source: Local) -> Setup {
    Setup::of(Arc::new(source), 1_780_000_000_000)
}

pub(super) fn session() -> Session {
    Session::new(setup())
}

/// What an input answers, in Rust's words.
pub(super) fn answer(text: &str) -> Result<Answer, Fault> {
    session().input(text).map(|reply| reply.answer)
}

/// Code, underlined text, help of the fault that an input ends in.
pub(super) fn fault(text: &str) -> (String, String, String) {
    match answer(text) {
        Ok(answer) => panic!("{text}: no fault, but {answer:?}"),
        Err(fault) => {
            let at = fault.places.first().map(|place| place.source.text[place.span.clone()].to_string()).unwrap_or_default();
            (fault.code, at, format!("{} / {}", fault.message, fault.help.unwrap_or_default()))
        }
    }
}
