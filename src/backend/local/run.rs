//! Running a Polars query so that it can fail in no worse way than with an error, and can be stopped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use polars::prelude::{DataFrame, Engine, LazyFrame, PolarsError};

use crate::backend::{BackendError, Limits};
use crate::diag::defect;

/// How often a waiting caller looks whether it may go on waiting.
const LOOK: Duration = Duration::from_millis(20);

/// Plans may be deep, and Polars walks them by recursion.
const STACK: usize = 64 << 20;

/// What a Polars error means to us: its first line.
pub fn failed(error: PolarsError) -> BackendError {
    let text = error.to_string();
    BackendError::Failed { reason: text.lines().next().unwrap_or("no reason given").to_string() }
}

/// Runs a query in the streaming engine; where that engine lacks a piece, once more in memory.
pub fn collect(query: LazyFrame, limits: &Limits) -> Result<DataFrame, BackendError> {
    limits.check()?;
    match attempt(query.clone(), Engine::Streaming) {
        Err(Failure::Unfinished) => attempt(query, Engine::InMemory),
        other => other,
    }
    .map_err(|failure| match (limits.check(), failure) {
        (Err(stopped), _) => stopped,
        (Ok(()), Failure::Error(error)) => failed(error),
        (Ok(()), Failure::Panic(reason)) => BackendError::Failed { reason },
        (Ok(()), Failure::Unfinished) => BackendError::Failed { reason: "the engine lacks a piece".into() },
    })
}

/// Runs a query in memory, keeping the order of rows.
pub fn collect_in_memory(query: LazyFrame, limits: &Limits) -> Result<DataFrame, BackendError> {
    limits.check()?;
    attempt(query, Engine::InMemory).map_err(|failure| match (limits.check(), failure) {
        (Err(stopped), _) => stopped,
        (Ok(()), Failure::Error(error)) => failed(error),
        (Ok(()), Failure::Panic(reason)) => BackendError::Failed { reason },
        (Ok(()), Failure::Unfinished) => BackendError::Failed { reason: "the engine lacks a piece".into() },
    })
}

/// Pieces that work on a thread of its own gives, one ahead of whoever takes them. When they are dropped, the work ends at its next piece.
pub struct Streamed<T> {
    receive: mpsc::Receiver<Result<T, BackendError>>,
    limits: Limits,
    is_over: bool,
}

/// Starts work that gives pieces to what it is called with, as long as that says that more are wanted.
pub fn streamed<T: Send + 'static>(
    limits: &Limits,
    work: impl FnOnce(&mut dyn FnMut(T) -> bool) -> Result<(), BackendError> + Send + 'static,
) -> Result<Streamed<T>, BackendError> {
    let (send, receive) = mpsc::sync_channel(1);
    let guarded = move || {
        let mut give = |piece| send.send(Ok(piece)).is_ok();
        let ended = catch_unwind(AssertUnwindSafe(|| work(&mut give)))
            .unwrap_or_else(|panic| Err(BackendError::Failed { reason: defect::reason(&*panic).to_string() }));
        if let Err(error) = ended {
            let _ = send.send(Err(error));
        }
    };
    start(guarded)?;
    Ok(Streamed { receive, limits: limits.clone(), is_over: false })
}

impl<T> Iterator for Streamed<T> {
    type Item = Result<T, BackendError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_over {
            match self.receive.recv_timeout(LOOK) {
                Ok(Ok(piece)) => return Some(Ok(piece)),
                Ok(Err(error)) => {
                    self.is_over = true;
                    return Some(Err(error));
                }
                Err(RecvTimeoutError::Disconnected) => self.is_over = true,
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(stopped) = self.limits.check() {
                        self.is_over = true;
                        return Some(Err(stopped));
                    }
                }
            }
        }
        None
    }
}

fn start(work: impl FnOnce() + Send + 'static) -> Result<(), BackendError> {
    let started = std::thread::Builder::new().name("query".into()).stack_size(STACK).spawn(work);
    started.map(drop).map_err(|error| BackendError::Failed { reason: error.to_string() })
}

enum Failure {
    Error(PolarsError),
    Panic(String),
    /// A piece that the engine does not have yet.
    Unfinished,
}

fn attempt(query: LazyFrame, engine: Engine) -> Result<DataFrame, Failure> {
    match catch_unwind(AssertUnwindSafe(|| query.collect_with_engine(engine).map(|answer| answer.unwrap_single()))) {
        Ok(answer) => answer.map_err(Failure::Error),
        Err(panic) => Err(match defect::reason(&*panic).to_string() {
            text if text.starts_with("not yet implemented") => Failure::Unfinished,
            text => Failure::Panic(text),
        }),
    }
}

/// Runs work on a thread of its own and returns as soon as it is done or may not go on. Work that is left behind sees the same
/// limits at its next piece of a file and ends there.
pub fn watched<T: Send + 'static>(limits: &Limits, work: impl FnOnce() -> Result<T, BackendError> + Send + 'static) -> Result<T, BackendError> {
    let (send, receive) = mpsc::channel();
    let guarded = move || {
        let answer = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(BackendError::Failed { reason: defect::reason(&*panic).to_string() }));
        let _ = send.send(answer);
    };
    start(guarded)?;
    loop {
        match receive.recv_timeout(LOOK) {
            Ok(answer) => return answer,
            Err(RecvTimeoutError::Timeout) => limits.check()?,
            Err(RecvTimeoutError::Disconnected) => return Err(BackendError::Failed { reason: "the query ended without an answer".into() }),
        }
    }
}
