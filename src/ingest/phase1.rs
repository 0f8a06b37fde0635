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
use super::grown::{Hashed, last_line, pass};
use super::look::{Look, unused};
use super::names::Names;
use super::normalise::Rules;
use super::open::{Visitor, open};
use super::shape::Shapes;
use super::take::Taker;
use super::walk::Found;
use super::{IngestError, Progress, Request};
use crate::diag::reason;
use crate::store::{IngestedSource, OpenLine, Place};

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
    /// What every place holds, by digest.
    pub held: BTreeMap<Place, String>,
    /// Their numbers: what was spilled of them is left out.
    pub dropped: BTreeSet<u32>,
    /// Files that hold no telemetry.
    pub others: u64,
    /// Files and archives that could not be opened.
    pub damaged: Vec<Damaged>,
}

/// A file or archive of which nothing was read.
#[derive(Clone, Debug)]
pub struct Damaged {
    pub name: String,
    pub place: Place,
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
    /// What the store has, and what stays of it: contents, and names that rows have.
    pub sources: &'r [IngestedSource],
    pub digests: BTreeSet<String>,
    pub taken: BTreeSet<String>,
    pub request: &'r Request,
    pub shapes: Arc<Shapes>,
}

/// Writes what was collected so far.
pub type Flush<'f> = &'f mut dyn FnMut(&mut Collected, &BTreeSet<u32>) -> Result<(), IngestError>;

impl Run<'_> {
    /// Reads all files that hold something new; `flush` is called whenever a generation is full.
    pub fn read(&self, files: &[Found], looks: &[Look], collector: &Collector, flush: Flush<'_>) -> Result<Reading, IngestError> {
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
                used: self.taken.clone(),
                gone_on: BTreeSet::new(),
                failure: None,
            };
            for (found, look) in files.iter().zip(looks) {
                if !reader.file(found, look) {
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
            if !self.interrupted.load(Ordering::Relaxed) && guarded(|| format.decode(&unit, &mut taker)).is_none() {
                taker.reject(Some(unit.offset), DEFECT);
            }
            let batch = taker.finish();
            self.progress.advanced(0, batch.records);
            collector.add(number, source, batch);
        }
    }
}

const DEFECT: &str = "a defect of Huntsman: the rest of this part was not read";

/// None where the work panicked: what a hostile file does to its reader is its own damage.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
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
    /// Names of sources so far.
    used: BTreeSet<String>,
    /// Sources of the store that went on as one of ours.
    gone_on: BTreeSet<usize>,
    failure: Option<IngestError>,
}

impl FileReader<'_, '_> {
    /// Reads a file on disk. False ends the run.
    fn file(&mut self, found: &Found, look: &Look) -> bool {
        if look.is_known(&self.run.digests) {
            self.reading.known += look.held.len() as u64;
            self.reading.held.extend(look.held.iter().map(|(place, held)| (place.clone(), held.digest.clone())));
            self.run.progress.advanced(found.bytes, 0);
            return !self.run.interrupted.load(Ordering::Relaxed);
        }
        let (scratch, progress) = (self.run.scratch, self.run.progress);
        let mut opened = Opened { reader: self, found, look, inside: BTreeSet::new(), members: BTreeSet::new() };
        match File::open(&found.path) {
            Ok(file) => guarded(|| open(&found.name, &mut Metered { file, progress }, scratch, &mut opened)).unwrap_or_else(|| {
                opened.damaged(&found.name, DEFECT);
                true
            }),
            Err(error) => {
                opened.damaged(&found.name, &reason(&error));
                true
            }
        }
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

/// A file on disk that is being read.
struct Opened<'o, 'r, 'f> {
    reader: &'o mut FileReader<'r, 'f>,
    found: &'o Found,
    look: &'o Look,
    /// Contents met in it: an archive may hold one twice, and then means it.
    inside: BTreeSet<String>,
    /// Names met in it: an archive may use one twice.
    members: BTreeSet<String>,
}

impl Visitor for Opened<'_, '_, '_> {
    fn telemetry(&mut self, name: &str, format: &'static dyn Format, input: &mut dyn Read) -> bool {
        let run = self.reader.run;
        run.progress.started(name);
        let place = self.found.place_of(&unused(name, &mut self.members));
        // Others in the same archive are not.
        if let Some(held) = self.look.held.get(&place).filter(|held| held.is_known(&run.digests)) {
            self.reader.reading.known += 1;
            self.reader.reading.held.insert(place, held.digest.clone());
            return !run.interrupted.load(Ordering::Relaxed);
        }
        // What the store has is gone on with by one content.
        let was = self.look.held.get(&place).and_then(|held| held.beginning).filter(|was| self.reader.gone_on.insert(was.index));
        let name = match was.and_then(|was| run.sources.get(was.index)) {
            Some(was) => was.name.clone(),
            None => unused(name, &mut self.reader.used),
        };
        let source = run.names.number(&name);
        let zone = run.request.zones.iter().find(|of| of.files.is_match(&name)).map(|of| of.zone);
        let mut input = Hashed::new(input);
        let (mut goes_on, mut open) = (true, None);
        let from = was.map_or(0, |was| was.from);
        let passed = was.map_or(Ok(Vec::new()), |was| pass(&mut input, was.from));
        let read = passed.and_then(|lead| {
            goes_on = lead.is_empty() || self.reader.send(source, format, Unit { bytes: lead, ..Unit::default() }, true, zone);
            if !goes_on {
                return Ok(());
            }
            let cut = guarded(|| {
                format.cut(&mut input, &mut |mut unit| {
                    unit.offset += from;
                    unit.rejected.iter_mut().for_each(|(offset, _)| *offset += from);
                    open = last_line(format, &unit);
                    goes_on = self.reader.send(source, format, unit, false, zone);
                    goes_on
                })
            });
            cut.unwrap_or_else(|| Err(io::Error::other(DEFECT)))
        });
        let broken = read.and_then(|()| if goes_on { io::copy(&mut input, &mut io::sink()).map(drop) } else { Ok(()) }).err();
        if !goes_on {
            return false;
        }
        let (digest, bytes) = (input.digest(), input.bytes);
        let again = !self.reader.seen.insert(digest.clone()) && !self.inside.contains(&digest);
        if !again {
            self.inside.insert(digest.clone());
        }
        let reading = &mut self.reader.reading;
        reading.held.insert(place, digest.clone());
        // A file that breaks off gives what it gave before; one that gives nothing at all is still to be told of.
        if again && (broken.is_none() || bytes > 0) {
            reading.known += 1;
            reading.dropped.insert(source);
        } else {
            let (broken, was) = (broken.map(|error| error.to_string()), was.map(|was| was.index));
            reading.sources.push(Source { number: source, name, digest, bytes, broken, open, was });
        }
        true
    }

    fn other(&mut self, _: &str) {
        self.reader.reading.others += 1;
    }

    fn damaged(&mut self, name: &str, reason: &str) {
        let damaged = Damaged { name: name.to_string(), place: self.found.place_of(name), reason: reason.to_string() };
        self.reader.reading.damaged.push(damaged);
    }
}

struct Metered<'p> {
    file: File,
    progress: &'p dyn Progress,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.progress.advanced(count as u64, 0);
        Ok(count)
    }
}
