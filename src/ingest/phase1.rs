//! Phase 1: files are opened, cut into units, decoded on all cores, and spilled.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use chrono_tz::Tz;

use super::collect::{Collected, Collector};
use super::format::{Format, Sink, Unit};
use super::grown::{Beginning, Earlier, Hashed, last_line, pass};
use super::names::Names;
use super::normalise::Rules;
use super::open::{Visitor, open};
use super::shape::Shapes;
use super::take::Taker;
use super::walk::Found;
use super::{IngestError, Progress, Request};
use crate::diag::reason;
use crate::store::OpenLine;

/// Records of a generation: then they are written before more are read.
const GENERATION: u64 = 4_000_000;

/// A file of telemetry that was read.
#[derive(Clone, Debug)]
pub struct Source {
    pub number: u32,
    pub name: String,
    pub digest: String,
    pub bytes: u64,
    /// Why it could not be read to its end.
    pub broken: Option<String>,
    /// Its last line, where that was cut off.
    pub open: Option<OpenLine>,
    /// Where the manifest has what it was before it grew.
    pub was: Option<usize>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Reading {
    pub sources: Vec<Source>,
    /// Files whose content the store, or this run, had already.
    pub known: u64,
    /// All files on disk that were looked at: their names, and where they are.
    pub looked_at: Vec<(String, String)>,
    /// Their numbers: what was spilled of them is left out.
    pub dropped: BTreeSet<u32>,
    /// Files that hold no telemetry.
    pub others: u64,
    /// Files and archives that could not be opened.
    pub damaged: Vec<Damaged>,
}

/// What could not be opened, where it is on disk, and why.
#[derive(Clone, Debug)]
pub struct Damaged {
    pub name: String,
    pub place: String,
    pub reason: String,
}

struct Work {
    number: u64,
    source: u32,
    format: &'static dyn Format,
    unit: Unit,
    /// Its records were taken before.
    before: bool,
    /// Of dates without one.
    zone: Option<Tz>,
}

/// What phase 1 works with.
pub struct Run<'r> {
    pub names: &'r Names,
    pub rules: &'r Rules,
    pub progress: &'r dyn Progress,
    pub interrupted: &'r AtomicBool,
    pub scratch: &'r Path,
    /// Contents that the store has.
    pub digests: BTreeSet<String>,
    pub earlier: &'r Earlier<'r>,
    pub request: &'r Request,
    pub shapes: Arc<Shapes>,
}

/// Writes what was collected so far.
pub type Flush<'f> = &'f mut dyn FnMut(&mut Collected, &BTreeSet<u32>) -> Result<(), IngestError>;

impl Run<'_> {
    /// Reads all files; `flush` is called whenever a generation is full.
    pub fn read(&self, files: &[Found], collector: &Collector, flush: Flush<'_>) -> Result<Reading, IngestError> {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let (sender, receiver) = sync_channel::<Work>(threads);
        let receiver = Mutex::new(receiver);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| self.work(&receiver, collector));
            }
            let mut reader = FileReader {
                run: self,
                sender,
                collector,
                flush,
                number: 0,
                reading: Reading::default(),
                seen: self.digests.clone(),
                inside: BTreeSet::new(),
                beginnings: BTreeMap::new(),
                used: BTreeSet::new(),
                failure: None,
            };
            for file in files {
                if !reader.file(file) {
                    break;
                }
            }
            let FileReader { reading, failure, number, sender, .. } = reader;
            drop(sender);
            let broken = collector.settle(number, |collected| collected.failure.take());
            if self.interrupted.load(Ordering::Relaxed) {
                return Err(IngestError::Interrupted);
            }
            if let Some(error) = broken {
                return Err(spill_failed(self.scratch, &error));
            }
            failure.map_or(Ok(reading), Err)
        })
    }

    fn work(&self, receiver: &Mutex<Receiver<Work>>, collector: &Collector) {
        let mut taker = Taker::new(self.rules, self.names, Arc::clone(&self.shapes), self.request);
        loop {
            let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Work { number, source, format, unit, before, zone }) = next else { return };
            taker.begin(source, before, zone);
            for (offset, reason) in &unit.rejected {
                taker.reject(Some(*offset), reason);
            }
            if !self.interrupted.load(Ordering::Relaxed) && catch_unwind(AssertUnwindSafe(|| format.decode(&unit, &mut taker))).is_err() {
                taker.reject(Some(unit.offset), "a defect of Huntsman: the rest of this part was not read");
            }
            let batch = taker.finish();
            self.progress.advanced(0, batch.records);
            collector.add(number, source, batch);
        }
    }
}

pub fn spill_failed(path: &Path, error: &io::Error) -> IngestError {
    crate::store::StoreError::Io { path: path.display().to_string(), reason: reason(error) }.into()
}

struct FileReader<'r, 'f> {
    run: &'r Run<'r>,
    sender: SyncSender<Work>,
    collector: &'r Collector,
    flush: Flush<'f>,
    number: u64,
    reading: Reading,
    seen: BTreeSet<String>,
    /// Contents met in the file on disk that is being read: an archive may hold one twice, and then means it.
    inside: BTreeSet<String>,
    /// What the store has of it, by name.
    beginnings: BTreeMap<String, Beginning>,
    /// Names of sources so far; an archive may use one twice.
    used: BTreeSet<String>,
    failure: Option<IngestError>,
}

impl FileReader<'_, '_> {
    /// Reads a file on disk. False ends the run.
    fn file(&mut self, found: &Found) -> bool {
        self.beginnings.clear();
        let place = found.path.canonicalize().unwrap_or_else(|_| found.path.clone());
        self.reading.looked_at.push((found.name.clone(), place.to_string_lossy().into_owned()));
        if !self.run.digests.is_empty() && self.is_known(found) {
            self.run.progress.advanced(found.bytes, 0);
            return !self.run.interrupted.load(Ordering::Relaxed);
        }
        self.inside.clear();
        let scratch = self.run.scratch;
        match File::open(&found.path) {
            Ok(file) => {
                let mut input = Metered { file, progress: Some(self.run.progress) };
                open(&found.name, &mut input, scratch, self)
            }
            Err(error) => {
                self.damaged(&found.name, &reason(&error));
                true
            }
        }
    }

    /// Whether all that a file holds is in the store.
    fn is_known(&mut self, found: &Found) -> bool {
        let Ok(file) = File::open(&found.path) else { return false };
        let mut digests = Digests { run: self.run, found: BTreeMap::new(), beginnings: BTreeMap::new() };
        open(&found.name, &mut Metered { file, progress: None }, self.run.scratch, &mut digests);
        let all = !digests.found.is_empty() && digests.found.values().all(|digest| self.run.digests.contains(digest));
        if all {
            self.reading.known += digests.found.len() as u64;
        }
        self.beginnings = digests.beginnings;
        all
    }

    fn send(&mut self, source: u32, format: &'static dyn Format, unit: Unit, before: bool, zone: Option<Tz>) -> bool {
        if self.run.interrupted.load(Ordering::Relaxed) {
            return false;
        }
        let sent = self.sender.send(Work { number: self.number, source, format, unit, before, zone }).is_ok();
        self.number += u64::from(sent);
        let Some(spilled) = self.collector.spilled() else { return false };
        if spilled >= GENERATION {
            let (flush, dropped) = (&mut self.flush, &self.reading.dropped);
            if let Err(error) = self.collector.settle(self.number, |collected| flush(collected, dropped)) {
                self.failure = Some(error);
                return false;
            }
        }
        sent
    }
}

impl Visitor for FileReader<'_, '_> {
    fn telemetry(&mut self, name: &str, format: &'static dyn Format, input: &mut dyn Read) -> bool {
        self.run.progress.started(name);
        let mut unique = name.to_string();
        for number in 2.. {
            if self.used.insert(unique.clone()) {
                break;
            }
            unique = format!("{name}#{number}");
        }
        let name = unique.as_str();
        let source = self.run.names.number(name);
        let zone = self.run.request.zones.iter().find(|of| of.files.is_match(name)).map(|of| of.zone);
        let was = self.beginnings.remove(name);
        let mut input = Hashed::new(input);
        let (mut goes_on, mut open) = (true, None);
        let from = was.map_or(0, |was| was.from);
        let passed = was.map_or(Ok(Vec::new()), |was| pass(&mut input, was.from));
        let read = passed.and_then(|lead| {
            goes_on = lead.is_empty() || self.send(source, format, Unit { bytes: lead, ..Unit::default() }, true, zone);
            if !goes_on {
                return Ok(());
            }
            format.cut(&mut input, &mut |mut unit| {
                unit.offset += from;
                unit.rejected.iter_mut().for_each(|(offset, _)| *offset += from);
                open = last_line(format, &unit);
                goes_on = self.send(source, format, unit, false, zone);
                goes_on
            })
        });
        let broken = read.and_then(|()| if goes_on { io::copy(&mut input, &mut io::sink()).map(drop) } else { Ok(()) }).err();
        if !goes_on {
            return false;
        }
        let (digest, bytes) = (input.digest(), input.bytes);
        let again = !self.seen.insert(digest.clone()) && !self.inside.contains(&digest);
        if !again {
            self.inside.insert(digest.clone());
        }
        // A file that breaks off gives what it gave before; one that gives nothing at all is still to be told of.
        if again && (broken.is_none() || bytes > 0) {
            self.reading.known += 1;
            self.reading.dropped.insert(source);
        } else {
            let (broken, was) = (broken.map(|error| error.to_string()), was.map(|was| was.index));
            self.reading.sources.push(Source { number: source, name: name.to_string(), digest, bytes, broken, open, was });
        }
        true
    }

    fn other(&mut self, _: &str) {
        self.reading.others += 1;
    }

    fn damaged(&mut self, name: &str, reason: &str) {
        // It is, or is in, the file that is being looked at.
        let place = self.reading.looked_at.last().map(|(_, place)| place.clone()).unwrap_or_default();
        self.reading.damaged.push(Damaged { name: name.to_string(), place, reason: reason.to_string() });
    }
}

/// Only asks what files are.
struct Digests<'r> {
    run: &'r Run<'r>,
    found: BTreeMap<String, String>,
    /// What the store has of them.
    beginnings: BTreeMap<String, Beginning>,
}

impl Visitor for Digests<'_> {
    fn telemetry(&mut self, name: &str, format: &'static dyn Format, input: &mut dyn Read) -> bool {
        let (digest, beginning) = self.run.earlier.measure(name, format, input);
        // An archive may use a name twice: then no one knows which of them grew.
        let again = self.found.insert(name.to_string(), digest.unwrap_or_default()).is_some();
        match beginning.filter(|_| !again) {
            Some(beginning) => self.beginnings.insert(name.to_string(), beginning),
            None => self.beginnings.remove(name),
        };
        !self.run.interrupted.load(Ordering::Relaxed)
    }

    fn other(&mut self, _: &str) {}

    fn damaged(&mut self, name: &str, _: &str) {
        self.found.insert(name.to_string(), String::new());
    }
}

struct Metered<'p> {
    file: File,
    progress: Option<&'p dyn Progress>,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        if let Some(progress) = self.progress {
            progress.advanced(count as u64, 0);
        }
        Ok(count)
    }
}
