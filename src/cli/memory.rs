//! The file of `--state`: what runs remember, held by one run at a time, replaced whole.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::output::Files;
use crate::diag::{Fault, reason};
use crate::hunt::memory::{Found, LookedAt, Memory, Scope, Since, Standing, VERSION, days};
use crate::hunt::{Coverage, Outcome, outcome};
use crate::plan::Value;
use crate::report::{Finding, Gone, Report, Table};
use crate::telemetry::Inventory;

/// How long to wait before the lock is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// The memory, and the lock that keeps other runs from it until this is dropped.
pub struct Kept {
    path: PathBuf,
    pub memory: Memory,
    _lock: File,
}

/// What every version of the file begins with.
#[derive(Deserialize)]
struct Head {
    version: u32,
}

/// Waits for other runs that hold the same file, and reads what it remembers; a file that is not there remembers nothing.
pub fn open(context: &Context, path: &Path) -> Result<Kept, Fault> {
    let refused = |what: &Path, error: &std::io::Error| {
        Fault::new("state::file", format!("--state {}: {}", what.display(), reason(error))).with_help("name a file in a folder that exists and can be written")
    };
    if path.is_dir() {
        return Err(Fault::new("state::file", format!("--state {} is a folder", path.display())).with_help("name a file"));
    }
    let beside = beside_of(path, "lock");
    let lock = File::options().read(true).write(true).create(true).truncate(false).open(&beside).map_err(|error| refused(&beside, &error))?;
    let mut has_told = false;
    loop {
        match lock.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(refused(&beside, &error)),
        }
        if !std::mem::replace(&mut has_told, true) {
            context.terminal.tell(|| format!("waiting for another run that holds {}", path.display()));
        }
        context.limits().check().map_err(|error| Fault::from(&error))?;
        std::thread::sleep(PAUSE);
    }
    Commit::complete(path).map_err(|error| refused(&beside_of(path, COMMIT), &error))?;
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(refused(path, &error)),
    };
    let damaged = |why: String| {
        Fault::new("state::damaged", format!("{} is no state of runs: {why}", path.display()))
            .with_help("move it away: the next run begins anew, and all findings are new to it")
    };
    let mut memory = Memory::default();
    if !text.trim().is_empty() {
        // Another version may have another form: which one it is comes first.
        let Head { version } = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if version != VERSION {
            let age = if version > VERSION { "a newer" } else { "an older" };
            return Err(damaged(format!("{age} Huntsman wrote it (format {version})")));
        }
        memory = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
    }
    Ok(Kept { path: path.to_path_buf(), memory, _lock: lock })
}

impl Kept {
    /// Puts the reports in their places and replaces the file. What is to be done is written down first: where the run is killed in between, the next one does
    /// the rest, or undoes it.
    pub fn save(mut self, mut files: Files) -> Result<(), Fault> {
        self.memory.version = VERSION;
        let refused = |error: std::io::Error| {
            Fault::new("state::file", format!("--state {}: {}", self.path.display(), reason(&error)))
                .with_help("make room, and run it again: what it remembered before is still there")
        };
        let path = beside_of(&self.path, COMMIT);
        let commit = Commit { moves: files.moves(), memory: self.memory };
        write_whole(&path, &self.path, &commit).map_err(refused)?;
        match files.place_all() {
            Ok(()) => Commit::complete(&self.path).map_err(refused),
            Err(fault) => {
                // What is told in no report is not known; what is told in the first is, which the next run sees to.
                if !commit.is_begun() {
                    std::fs::remove_file(&path).map_err(refused)?;
                }
                Err(fault)
            }
        }
    }
}

/// What a run that has ended leaves to be done: files to be renamed, and what is remembered then.
#[derive(Serialize, Deserialize)]
struct Commit {
    moves: Vec<(PathBuf, PathBuf)>,
    memory: Memory,
}

/// The ending of its file, beside that of the state.
const COMMIT: &str = "commit";

impl Commit {
    /// Its first report is in its place: somebody may have read it.
    fn is_begun(&self) -> bool {
        !self.moves.first().is_some_and(|(from, _)| from.exists())
    }

    /// Does what is left of it, where it is begun. Before, it is undone: the next run tells it all again.
    fn complete(state: &Path) -> std::io::Result<()> {
        let path = beside_of(state, COMMIT);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            text => text?,
        };
        let commit: Commit = serde_json::from_str(&text)?;
        if !commit.is_begun() {
            commit.moves.iter().for_each(|(from, _)| drop(std::fs::remove_file(from)));
            return std::fs::remove_file(&path);
        }
        for (from, to) in &commit.moves {
            match std::fs::rename(from, to) {
                // It was done before.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                done => done?,
            }
        }
        write_whole(state, state, &commit.memory)?;
        std::fs::remove_file(&path)
    }
}

/// Replaces a file in one rename, by way of a draft beside the state.
fn write_whole(path: &Path, state: &Path, what: &impl Serialize) -> std::io::Result<()> {
    let draft = beside_of(state, "draft");
    let mut file = File::create(&draft)?;
    serde_json::to_writer_pretty(&mut file, what)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&draft, path)
}

/// Says of each finding of a report what it is to earlier runs, and takes it in. A run that failed teaches nothing: what it found is new to the next.
///
/// The run ended where the source ends, of which `holdings` tells: what comes later is new to the next, however late it was written.
pub fn compare(memory: &mut Memory, scope: &Scope, report: &mut Report, failed: bool, now: i64, holdings: Option<&Inventory>) {
    let playbook = key_of(&report.playbook);
    for finding in &mut report.findings {
        finding.standing = Some(memory.standing(&playbook, scope, &finding.fingerprint));
    }
    if failed {
        return;
    }
    let named = |finding: &Finding| Found {
        fingerprint: finding.fingerprint.clone(),
        title: finding.title.clone(),
        severity: finding.severity.word().to_string(),
        times: finding.evidence.as_ref().and_then(times_of),
        standing: finding.standing.unwrap_or(Standing::New),
    };
    let counts = |finding: &&Finding| finding.answered.is_none() || finding.standing != Some(Standing::New);
    let found: Vec<_> = report.findings.iter().filter(counts).map(named).collect();
    let remembered = memory.of_mut(&playbook, scope);
    let looked_at_all = !report.is_since_last_run && report.coverage.iter().all(Coverage::is_whole);
    let looked_at = LookedAt::of(report.coverage.iter().map(|coverage| coverage.period));
    let gone = remembered.take(found.into_iter(), now, looked_at_all.then_some(looked_at.by_all));
    let past = |fingerprint: &String| {
        let past = remembered.findings.get(fingerprint)?;
        Some(Gone { title: past.title.clone(), severity: past.severity.clone(), fingerprint: fingerprint.clone(), first: past.first, last: past.last })
    };
    report.gone = Some(gone.iter().filter_map(past).collect());
    if let Some(holdings) = holdings.filter(|_| report.outcome != Outcome::NotExamined) {
        remembered.advance(&looked_at.without_gap, holdings, now);
    }
}

/// From the first to the last time of rows.
fn times_of(evidence: &Table) -> Option<(i64, i64)> {
    let times = (0..evidence.frame.height()).filter_map(|row| match evidence.frame.named(row, "DateTime") {
        Value::Time(time) => Some(time),
        _ => None,
    });
    times.fold(None, |span: Option<(i64, i64)>, time| Some(span.map_or((time, time), |(from, to)| (from.min(time), to.max(time)))))
}

/// Under what name a playbook is remembered.
fn key_of(playbook: &str) -> String {
    playbook.trim_start_matches("./").to_string()
}

/// Where the last run of a playbook in this scope ended, and what the source got since.
pub fn since(memory: &Memory, scope: &Scope, playbook: &str, holdings: &Inventory) -> Option<Since> {
    memory.of(&key_of(playbook), scope)?.since(&days(holdings))
}

/// Leaves only what is new, and what that makes of the outcome.
pub fn only_new(report: &mut Report) {
    report.findings.retain(|finding| finding.standing == Some(Standing::New));
    let is_found = report.open_findings().next().is_some();
    report.outcome = outcome::outcome(is_found, &report.coverage);
}

fn beside_of(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{ending}"))
}
