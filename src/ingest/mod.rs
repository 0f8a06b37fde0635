//! Raw telemetry comes in here, once: readers → records → normaliser → store writer.
//!
//! Phase 1 reads every file once: a format cuts it into units, all cores decode them, and rows go to spill files while facts about
//! processes, sessions, addresses and clocks are gathered. Phase 2 puts each partition in order, completes its rows from the facts
//! and writes Parquet.
//!
//! Memory is bounded whatever the size of the input: units of 1 MiB (a line of up to 64 MiB), a few per core; 48 MiB of spill
//! buffers; 40 bytes per row of the partitions being sorted, and at most 4 million records between two writes; one row group
//! (64k rows or 24 MiB) and 48 MiB of rows per core; and what was learnt in the whole run: about 300 bytes for each of at most a million
//! process starts, 60 for each of a million logons, 130 for each of half a million connections whose process is known, and half a million
//! samples of clocks.

mod arrow;
mod batch;
mod calls;
mod clock;
mod close;
mod collect;
mod embedded;
mod enrich;
mod events;
mod facts;
mod format;
mod grown;
mod guid;
mod identify;
mod json;
mod known;
mod look;
mod names;
mod normalise;
mod open;
mod output;
mod parquet;
mod part;
mod past;
mod phase1;
mod phase2;
mod record;
mod report;
mod row;
mod rows;
mod script;
mod shape;
mod spill;
mod standing;
mod take;
mod tally;
mod tape;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod transcode;
mod unpack;
mod walk;
mod wording;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono_tz::Tz;
use miette::Diagnostic;
use regex::Regex;
use thiserror::Error;

pub use self::report::{FieldReport, KindReport};

use self::collect::{Collected, Collector, Taken};
use self::look::Look;
use self::names::Names;
use self::normalise::Rules;
use self::phase1::{Damaged, Reading, Run};
use self::phase2::Finisher;
use self::standing::{Added, Standing};
use crate::rewrite::RewriteError;
use crate::rewrite::without::without;
use crate::store::{IngestedSource, OpenLine, Writer};
use crate::telemetry::address::Network;
use crate::telemetry::mapping::own::Own;

/// What to take in, and where to.
#[derive(Clone, Debug)]
pub struct Request {
    /// Files and folders; folders are walked.
    pub paths: Vec<PathBuf>,
    pub store: PathBuf,
    /// Client id of all of it.
    pub client: String,
    /// Of which zone dates without one are, by the names of files; the first that fits.
    pub zones: Vec<ZoneOf>,
    /// Networks that are ours, where a sensor on the wire does not say; private ones where none are named.
    pub local_nets: Vec<Network>,
    /// Shapes and rules of the user's own.
    pub own: Own,
    /// Whether every field is reported.
    pub report: bool,
}

impl Request {
    /// Taken in by what is known of formats and names, without a report of the fields.
    pub fn of(paths: Vec<PathBuf>, store: PathBuf, client: String) -> Request {
        Request { paths, store, client, zones: Vec::new(), local_nets: Vec::new(), own: Own::default(), report: false }
    }
}

/// Files whose wall clock is of a zone.
#[derive(Clone, Debug)]
pub struct ZoneOf {
    pub files: Regex,
    pub zone: Tz,
}

/// Told while it runs, from any thread.
pub trait Progress: Send + Sync {
    /// What there is to do: files and their bytes on disk.
    fn planned(&self, files: u64, bytes: u64);
    /// A file was begun.
    fn started(&self, file: &str);
    /// Raw bytes read and records taken since the last call.
    fn advanced(&self, bytes: u64, records: u64);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn planned(&self, _: u64, _: u64) {}
    fn started(&self, _: &str) {}
    fn advanced(&self, _: u64, _: u64) {}
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Summary {
    /// Files of telemetry, those inside archives counted one by one.
    pub files: u64,
    /// Files whose content the store had already.
    pub known: u64,
    /// Contents whose rows went, since their files hold another now.
    pub replaced: u64,
    /// Files that hold no telemetry that we read.
    pub skipped: u64,
    pub records: u64,
    /// Records that only `event` holds.
    pub raw_only: u64,
    /// Rows per table.
    pub rows: BTreeMap<String, u64>,
    pub rejected: Vec<Rejection>,
    /// Corrections of local clocks that were learnt.
    pub offsets: Vec<ClockOffset>,
    /// Every field of every kind of records, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Vec<KindReport>>,
}

/// Records of one file that could not be read, and why.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Rejection {
    pub file: String,
    pub reason: String,
    pub count: u64,
    /// Byte offset of the first of them, where the format has one.
    pub offset: Option<u64>,
    /// Not a record but the whole file could not be opened.
    #[serde(skip)]
    pub is_whole: bool,
}

/// `@timestamp` of this host in this file was local time: what was added to make it UTC.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ClockOffset {
    pub file: String,
    pub host: String,
    pub seconds: i64,
    pub records: u64,
}

/// Why nothing was ingested.
#[derive(Debug, Error, Diagnostic)]
pub enum IngestError {
    #[error("{path}: {reason}")]
    #[diagnostic(code(ingest::unreadable), help("name a file or folder of raw logs that can be read"))]
    Unreadable { path: String, reason: String },
    #[error("no telemetry in {paths}")]
    #[diagnostic(
        code(ingest::nothing),
        help("EVTX, JSON, Zeek logs, CSV and Parquet are read, also compressed and in archives; the content decides, not the name")
    )]
    Nothing { paths: String },
    #[error("{path} changed while it was read: the store is as it was")]
    #[diagnostic(code(ingest::changing), help("run the same ingest again, when nobody writes to it"))]
    Changing { path: String },
    #[error("interrupted: the store is as it was")]
    #[diagnostic(code(ingest::interrupted), help("run the same ingest again"))]
    Interrupted,
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] crate::store::StoreError),
}

impl From<RewriteError> for IngestError {
    fn from(error: RewriteError) -> IngestError {
        match error {
            RewriteError::Interrupted => IngestError::Interrupted,
            RewriteError::Store(error) => IngestError::Store(error),
        }
    }
}

/// Takes everything in, or leaves the store as it was.
pub fn ingest(request: &Request, progress: &dyn Progress, interrupted: &AtomicBool) -> Result<Summary, IngestError> {
    let files = walk::files(&request.paths, &request.store)?;
    progress.planned(files.len() as u64, files.iter().map(|file| file.bytes).sum());
    let mut writer = Writer::open(&request.store)?;
    let scratch = writer.work();
    let (names, rules) = (Names::new(), Rules::new(&request.own));
    let sources = writer.manifest().sources.clone();
    let looks = if sources.is_empty() {
        files.iter().map(|_| Look::default()).collect()
    } else {
        look::all(&files, &grown::Earlier::new(&sources), &scratch, interrupted)?
    };
    let standing = Standing::of(&sources, &files, &looks);
    if standing.replaced() > 0 {
        without(&mut writer, &standing, interrupted)?;
    }
    let collector = Collector::new(spill::Spill::new(&scratch));
    collector.settle(0, |collected| collected.facts = past::learn(&writer, &request.client, &names));
    let mut finisher = Finisher {
        writer: Mutex::new(writer),
        names: &names,
        client: &request.client,
        interrupted,
        known: known::Known::default(),
        tally: tally::Tally::default(),
        generation: 0,
    };
    let run = Run {
        names: &names,
        rules: &rules,
        progress,
        interrupted,
        scratch: &scratch,
        sources: &sources,
        digests: standing.digests(),
        taken: standing.names().collect(),
        request,
        shapes: Arc::new(shape::Shapes::new(&request.own)),
    };
    let reading = run.read(&files, &looks, &collector, &mut |collected, dropped| finisher.finish(collected, dropped))?;
    if reading.sources.is_empty() && reading.known == 0 && reading.damaged.is_empty() {
        let paths: Vec<String> = request.paths.iter().map(|path| path.display().to_string()).collect();
        return Err(IngestError::Nothing { paths: paths.join(", ") });
    }
    // What was to replace former rows must have been there to the end.
    let is_gone = |look: &Look| look.held.keys().any(|place| !reading.held.contains_key(place));
    if let Some((file, _)) = files.iter().zip(&looks).find(|(_, look)| standing.replaced() > 0 && is_gone(look)) {
        return Err(if interrupted.load(Ordering::Relaxed) {
            IngestError::Interrupted
        } else {
            IngestError::Changing { path: file.path.display().to_string() }
        });
    }
    collector.settle(0, |collected| {
        finisher.finish(collected, &reading.dropped)?;
        let mut summary = summarise(&reading, collected, &finisher);
        summary.replaced = standing.replaced();
        summary.report = request.report.then(|| collected.shapes.report(&names.texts(), &request.own));
        let is_new = !reading.sources.is_empty();
        if is_new {
            close::write(&finisher, &collected.facts)?;
        }
        let raw_fields = if is_new { close::raw_fields(&finisher) } else { Vec::new() };
        let mut writer = finisher.writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        let added = Added {
            sources: ingested(&reading, collected, &sources),
            outgrown: reading.sources.iter().filter_map(|source| source.was).collect(),
            unread: reading.damaged.iter().map(|damaged| IngestedSource::unread(&damaged.name, damaged.place.clone(), &damaged.reason)).collect(),
            held: reading.held,
        };
        let is_other = writer.set_sources(standing.with(added, &files));
        if is_other || writer.has_changed() {
            writer.commit(raw_fields)?;
        }
        Ok(summary)
    })
}

fn ingested(reading: &Reading, collected: &Collected, earlier: &[IngestedSource]) -> Vec<IngestedSource> {
    let nothing = Taken::default();
    let sources = reading.sources.iter().map(|source| {
        let taken = collected.sources.get(&source.number).unwrap_or(&nothing);
        let mut rejected: Vec<(String, u64)> = taken.rejected.iter().map(|(reason, (count, _))| (reason.clone(), *count)).collect();
        let mut open = source.open.clone();
        if let Some(reason) = &source.broken {
            rejected.push((reason.clone(), 1));
            open.get_or_insert_with(|| OpenLine { from: source.bytes, rejected: Vec::new() }).rejected.push((reason.clone(), 1));
        }
        let now = IngestedSource {
            name: source.name.clone(),
            digest: source.digest.clone(),
            records: taken.records,
            rejected,
            bytes: source.bytes,
            open,
            grown: Vec::new(),
            places: Vec::new(),
        };
        match source.was.and_then(|was| earlier.get(was)) {
            Some(was) => grown::joined(was, now),
            None => now,
        }
    });
    sources.collect()
}

fn summarise(reading: &Reading, collected: &Collected, finisher: &Finisher<'_>) -> Summary {
    let nothing = Taken::default();
    let mut summary = Summary { files: reading.sources.len() as u64, known: reading.known, skipped: reading.others, ..Summary::default() };
    for source in &reading.sources {
        let taken = collected.sources.get(&source.number).unwrap_or(&nothing);
        summary.records += taken.records;
        summary.raw_only += taken.raw_only;
        let file = || source.name.clone();
        let rejected = taken.rejected.iter().map(|(reason, (count, offset))| Rejection {
            file: file(),
            reason: reason.clone(),
            count: *count,
            offset: *offset,
            is_whole: false,
        });
        summary.rejected.extend(rejected);
        summary.rejected.extend(source.broken.iter().map(|reason| Rejection { file: file(), reason: reason.clone(), count: 1, offset: None, is_whole: false }));
    }
    let damaged = |damaged: &Damaged| Rejection { file: damaged.name.clone(), reason: damaged.reason.clone(), count: 1, offset: None, is_whole: true };
    summary.rejected.extend(reading.damaged.iter().map(damaged));
    summary.rows = finisher.tally.rows.iter().map(|(table, rows)| ((*table).to_string(), *rows)).collect();
    summary.rows.insert("machine".to_string(), finisher.tally.machines.len() as u64);
    let texts = finisher.names.texts();
    let text = |number: u32| texts.get(number as usize).map(|text| text.to_string()).unwrap_or_default();
    let clocks = &finisher.known.clocks;
    for (source, machine) in clocks.hosts().filter(|(source, _)| !reading.dropped.contains(source)) {
        let records = finisher.tally.corrected.get(&(source, machine)).copied().unwrap_or_default();
        if let Some(offset) = clocks.mostly(source, machine).filter(|_| records > 0) {
            let seconds = (offset as f64 / 1000.0).round() as i64;
            summary.offsets.push(ClockOffset { file: text(source), host: text(machine), seconds, records });
        }
    }
    summary.offsets.sort_by(|left, right| (&left.file, &left.host).cmp(&(&right.file, &right.host)));
    summary
}
