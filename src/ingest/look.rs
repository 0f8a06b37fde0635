//! What the files on disk hold now, before anything is taken: only then is it known which of the store's rows stay.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::IngestError;
use super::format::Format;
use super::grown::{Earlier, Measured};
use super::open::{Visitor, open};
use super::phase1::guarded;
use super::walk::Found;
use crate::store::Place;

/// What one file on disk holds.
#[derive(Debug, Default)]
pub struct Look {
    /// By the place; of a name that an archive uses twice each.
    pub held: BTreeMap<Place, Measured>,
    /// Something of it could not be opened, and may hold more.
    pub is_damaged: bool,
}

impl Look {
    /// Whether all that it holds is among these contents.
    pub fn is_known(&self, digests: &BTreeSet<String>) -> bool {
        !self.is_damaged && !self.held.is_empty() && self.held.values().all(|held| held.is_known(digests))
    }
}

/// Looks at all files.
pub fn all(files: &[Found], earlier: &Earlier<'_>, scratch: &Path, interrupted: &AtomicBool) -> Result<Vec<Look>, IngestError> {
    let look = |file: &Found| {
        let mut looking = Looking { file, earlier, interrupted, look: Look::default(), used: BTreeSet::new() };
        match File::open(&file.path) {
            Ok(mut input) => looking.look.is_damaged |= guarded(|| open(&file.name, &mut input, scratch, &mut looking)).is_none(),
            Err(_) => looking.look.is_damaged = true,
        }
        if interrupted.load(Ordering::Relaxed) { Err(IngestError::Interrupted) } else { Ok(looking.look) }
    };
    files.iter().map(look).collect()
}

struct Looking<'l> {
    file: &'l Found,
    earlier: &'l Earlier<'l>,
    interrupted: &'l AtomicBool,
    look: Look,
    used: BTreeSet<String>,
}

impl Visitor for Looking<'_> {
    fn telemetry(&mut self, name: &str, format: &'static dyn Format, input: &mut dyn Read) -> bool {
        let place = self.file.place_of(&unused(name, &mut self.used));
        let measured = self.earlier.measure(name, &place, format, input);
        self.look.held.insert(place, measured);
        !self.interrupted.load(Ordering::Relaxed)
    }

    fn other(&mut self, _: &str) {}

    fn damaged(&mut self, _: &str, _: &str) {
        self.look.is_damaged = true;
    }
}

/// A name that was not used before: the second of a name is called `name#2`.
pub fn unused(name: &str, used: &mut BTreeSet<String>) -> String {
    let mut unused = name.to_string();
    for number in 2.. {
        if used.insert(unused.clone()) {
            break;
        }
        unused = format!("{name}#{number}");
    }
    unused
}
