//! Phase 2: every partition is put in order, completed, and written as Parquet, several at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::IngestError;
use super::collect::Collected;
use super::events;
use super::known::Known;
use super::names::Names;
use super::output::{Output, Shape};
use super::part::{Key, Ranks};
use super::phase1::spill_failed;
use super::row::{Head, table_number};
use super::rows;
use super::script;
use super::spill::Part;
use super::tally::Tally;
use crate::store::{StoreError, Writer};
use crate::telemetry::identity;

/// What outlives a generation.
pub struct Finisher<'f> {
    pub writer: Mutex<Writer>,
    pub names: &'f Names,
    pub client: &'f str,
    pub interrupted: &'f AtomicBool,
    pub known: Known,
    pub tally: Tally,
    pub generation: u32,
}

/// What the threads of one generation share.
pub struct Shared<'s> {
    pub writer: &'s Mutex<Writer>,
    pub interrupted: &'s AtomicBool,
    pub client: &'s str,
    /// How often this run has written before.
    pub generation: u32,
    pub known: &'s Known,
    pub dropped: &'s BTreeSet<u32>,
    pub texts: Vec<Arc<str>>,
    pub ranks: Ranks,
    /// By machine number, where it is one.
    muids: Vec<Option<Arc<str>>>,
    /// Events of days on which their kind has few.
    pub few: Mutex<BTreeMap<i32, Vec<Key>>>,
    /// The spill files of events, which `Key::file` numbers, with the fields that they have.
    pub event_files: Mutex<Vec<(PathBuf, u64, BTreeSet<u32>)>>,
}

impl Shared<'_> {
    pub fn text(&self, number: u32) -> Option<&str> {
        if number == 0 { None } else { self.texts.get(number as usize).map(|text| &**text) }
    }

    pub fn muid(&self, machine: u32) -> Option<&Arc<str>> {
        self.muids.get(machine as usize).and_then(Option::as_ref)
    }

    /// A new file of a table.
    pub fn begin(&self, table: &str, day: Option<i32>, tag: &str, shape: Shape) -> Result<Output, StoreError> {
        let date = day.map(super::time::date_text);
        let (path, name) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).begin(table, date.as_deref(), &format!("{}-{tag}", self.generation))?;
        Output::create(path, name, table, day, shape)
    }

    pub fn end(&self, output: Option<Output>) -> Result<(), StoreError> {
        if let Some(output) = output {
            let file = output.finish()?;
            self.writer.lock().unwrap_or_else(PoisonError::into_inner).add(file);
        }
        Ok(())
    }

    /// The partitions of events by number, in an order that does not depend on threads; makes room for their files.
    fn event_numbers(&self, parts: &[(Part, PathBuf, u64)]) -> BTreeMap<Part, usize> {
        let mut kinds: Vec<(&str, i64, &(Part, PathBuf, u64))> = Vec::new();
        for entry in parts {
            match entry.0 {
                Part::Event { channel, event_id } => kinds.push((self.text(channel).unwrap_or_default(), event_id, entry)),
                Part::OtherEvents => kinds.push(("", i64::MAX, entry)),
                Part::Rows { .. } => {}
            }
        }
        kinds.sort_by(|left, right| (left.0, left.1).cmp(&(right.0, right.1)));
        let mut files = self.event_files.lock().unwrap_or_else(PoisonError::into_inner);
        *files = kinds.iter().map(|(_, _, (_, path, bytes))| (path.clone(), *bytes, BTreeSet::new())).collect();
        kinds.iter().enumerate().map(|(number, (_, _, (part, _, _)))| (*part, number)).collect()
    }

    pub fn check(&self) -> Result<(), IngestError> {
        if self.interrupted.load(Ordering::Relaxed) { Err(IngestError::Interrupted) } else { Ok(()) }
    }

    pub fn failed(&self, error: &io::Error) -> IngestError {
        let root = self.writer.lock().unwrap_or_else(PoisonError::into_inner).root().to_path_buf();
        spill_failed(&root, error)
    }
}

/// What both kinds of partitions ask of a head.
pub fn machine_of<'s>(shared: &'s Shared<'_>, head: &Head) -> Option<&'s Arc<str>> {
    shared.muid(head.machine)
}

impl Finisher<'_> {
    /// Writes everything that is spilled.
    pub fn finish(&mut self, collected: &mut Collected, dropped: &BTreeSet<u32>) -> Result<(), IngestError> {
        let root = self.writer.lock().unwrap_or_else(PoisonError::into_inner).root().to_path_buf();
        let failed = |error: io::Error| spill_failed(&root, &error);
        if let Some(error) = collected.failure.take() {
            return Err(failed(error));
        }
        self.known.absorb(&mut collected.facts, &self.names.texts());
        let table = table_number("script") as u8;
        let mut parts = collected.spill.take().map_err(failed)?;
        script::join(&mut parts, table, dropped, &root).map_err(failed)?;
        collected.spilled = 0;
        // The largest first, so that no thread is left alone with it.
        parts.sort_by_key(|(_, _, bytes)| *bytes);
        let shared = self.share(dropped);
        let numbers = shared.event_numbers(&parts);
        let spilled: Vec<PathBuf> = parts.iter().map(|(_, path, _)| path.clone()).collect();
        let tally = in_parallel(parts, |(part, path, bytes), tally| {
            shared.check()?;
            match part {
                Part::Rows { table, group } => rows::write(&shared, usize::from(table), group, &path, bytes, tally),
                Part::Event { .. } | Part::OtherEvents => events::write_kind(&shared, numbers[&part], path, bytes, tally),
            }
        })?;
        let few = std::mem::take(&mut *shared.few.lock().unwrap_or_else(PoisonError::into_inner));
        let rest = in_parallel(few.into_iter().collect(), |(day, keys), tally| {
            shared.check()?;
            events::write_day(&shared, day, keys, tally)
        })?;
        drop(shared);
        self.generation += 1;
        self.tally.merge(tally);
        self.tally.merge(rest);
        for path in spilled {
            std::fs::remove_file(&path).map_err(failed)?;
        }
        Ok(())
    }

    fn share<'s>(&'s self, dropped: &'s BTreeSet<u32>) -> Shared<'s> {
        let texts = self.names.texts();
        let mut order: Vec<u32> = (0..texts.len() as u32).collect();
        order.sort_by(|left, right| texts[*left as usize].cmp(&texts[*right as usize]));
        let mut ranks = vec![0; texts.len()];
        for (rank, number) in order.iter().enumerate() {
            ranks[*number as usize] = rank as u32;
        }
        let machines = self.known.machines();
        let muids = texts.iter().enumerate().map(|(number, name)| machines.contains(&(number as u32)).then(|| Arc::from(identity::muid(self.client, name))));
        Shared {
            writer: &self.writer,
            interrupted: self.interrupted,
            client: self.client,
            generation: self.generation,
            known: &self.known,
            dropped,
            muids: muids.collect(),
            texts,
            ranks: Ranks(ranks),
            few: Mutex::default(),
            event_files: Mutex::default(),
        }
    }
}

/// Does all jobs on all cores, the last of the list first.
fn in_parallel<J: Send>(jobs: Vec<J>, work: impl Fn(J, &mut Tally) -> Result<(), IngestError> + Sync) -> Result<Tally, IngestError> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(jobs.len().max(1));
    let jobs = Mutex::new(jobs);
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).pop();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut tally = Tally::default();
                    while let Some(job) = next() {
                        if let Err(error) = work(job, &mut tally) {
                            jobs.lock().unwrap_or_else(PoisonError::into_inner).clear();
                            return Err(error);
                        }
                    }
                    Ok(tally)
                })
            })
            .collect();
        let mut all = Tally::default();
        let mut failure = None;
        for thread in running {
            match thread.join() {
                Ok(Ok(tally)) => all.merge(tally),
                Ok(Err(error)) => failure = failure.or(Some(error)),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        failure.map_or(Ok(all), Err)
    })
}
