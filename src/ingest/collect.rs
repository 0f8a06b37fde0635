//! Where the threads of phase 1 meet: batches come in any order and are added in the order of the files.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};

use super::facts::Facts;
use super::report::Shapes;
use super::spill::Spill;
use super::take::Batch;

/// A thread that is this many units ahead of the slowest waits.
const AHEAD: u64 = 8;

/// What a file came to so far.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub records: u64,
    pub raw_only: u64,
    pub rejected: BTreeMap<String, (u64, Option<u64>)>,
}

/// Everything of phase 1.
#[derive(Debug)]
pub struct Collected {
    pub spill: Spill,
    pub facts: Facts,
    pub sources: BTreeMap<u32, Taken>,
    pub shapes: Shapes,
    /// Records in the spill files.
    pub spilled: u64,
    pub failure: Option<std::io::Error>,
}

#[derive(Debug)]
struct State {
    collected: Collected,
    waiting: BTreeMap<u64, (u32, Batch)>,
    next: u64,
}

/// Shared by all threads.
#[derive(Debug)]
pub struct Collector {
    state: Mutex<State>,
    moved: Condvar,
}

impl Collector {
    pub fn new(spill: Spill) -> Collector {
        let collected = Collected { spill, facts: Facts::default(), sources: BTreeMap::new(), shapes: Shapes::default(), spilled: 0, failure: None };
        Collector { state: Mutex::new(State { collected, waiting: BTreeMap::new(), next: 0 }), moved: Condvar::new() }
    }

    /// Adds the batch of a unit as soon as all before it are in.
    pub fn add(&self, number: u64, source: u32, batch: Batch) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while number > state.next + AHEAD {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting.insert(number, (source, batch));
        loop {
            let next = state.next;
            let Some((source, batch)) = state.waiting.remove(&next) else { break };
            state.next += 1;
            state.collected.take(source, batch);
        }
        self.moved.notify_all();
    }

    /// Waits until all units before this one are in, then hands everything over for a moment.
    pub fn settle<T>(&self, number: u64, work: impl FnOnce(&mut Collected) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.next < number {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        work(&mut state.collected)
    }

    /// Records in the spill files; none when they can't be written any more.
    pub fn spilled(&self) -> Option<u64> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.collected.failure.is_some() { None } else { Some(state.collected.spilled) }
    }
}

impl Collected {
    fn take(&mut self, source: u32, batch: Batch) {
        let taken = self.sources.entry(source).or_default();
        taken.records += batch.records;
        taken.raw_only += batch.raw_only;
        for (reason, (count, offset)) in batch.rejected {
            let entry = taken.rejected.entry(reason).or_insert((0, offset));
            entry.0 += count;
        }
        self.spilled += batch.records;
        self.facts.merge(batch.facts);
        self.shapes.merge(batch.shapes);
        for (part, frames) in batch.parts {
            // What can't be written must not pile up in memory either.
            if self.failure.is_none() {
                self.failure = self.spill.append(part, &frames).err();
            }
        }
    }
}
