//! What every command needs: the clock, the zone, the period, the limits; read from the arguments once.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use miette::Diagnostic;

use super::args::Common;
use super::output::{Files, Terminal, to_stdout};
use super::{ceiling, config};
use crate::backend::{Backend, Limits};
use crate::diag::{Fault, Severity, reason};
use crate::hunt::{Coverage, period};
use crate::plan::Period;
use crate::present::{self, Format, Precision, Style};
use crate::script::Setup;

/// How often it is looked whether work may go on that does not look at the clock itself.
const LOOK: Duration = Duration::from_millis(20);

pub struct Context<'a> {
    pub common: &'a Common,
    pub terminal: &'a Terminal,
    /// Milliseconds since 1970, UTC.
    pub now: i64,
    pub zone: chrono_tz::Tz,
    pub period: Option<Period>,
    /// `--period` is what came since the last run.
    pub is_since_last_run: bool,
    pub timeout: Option<Duration>,
    /// Set as long as the program holds more than `--max-memory`; none without it.
    crowded: Option<Arc<AtomicBool>>,
    /// Set by Ctrl-C.
    pub interrupted: Arc<AtomicBool>,
    started: Instant,
}

impl<'a> Context<'a> {
    pub fn new(common: &'a Common, terminal: &'a Terminal) -> Result<Context<'a>, Fault> {
        let zone = terminal.out.zone;
        let now = match common.now.as_deref() {
            None => clock(),
            Some(text) => period::parse_time(text, zone).map_err(|error| option("--now", &error))?,
        };
        let is_since_last_run = common.period.as_deref().is_some_and(|text| text.trim().eq_ignore_ascii_case(period::SINCE_LAST_RUN));
        let period = common.period.as_deref().filter(|_| !is_since_last_run);
        let period = period.map(|text| period::parse_period(text, now, zone)).transpose().map_err(|error| option("--period", &error))?;
        let timeout = common.timeout.as_deref().map(period::parse_duration).transpose().map_err(|error| option("--timeout", &error))?;
        let timeout = match timeout {
            Some(span) if span <= 0 => {
                return Err(Fault::new("usage::value", "--timeout: it must be longer than nothing").with_help("a duration like 90s or 5m"));
            }
            span => span.map(|span| Duration::from_millis(span.unsigned_abs())),
        };
        let crowded = common.max_memory.as_deref().map(|text| ceiling::watch(ceiling::parse(text)?, terminal)).transpose()?;
        let interrupted = Arc::new(AtomicBool::new(false));
        Ok(Context { common, terminal, now, zone, period, is_since_last_run, timeout, crowded, interrupted, started: Instant::now() })
    }

    /// The common options that a command has no use for: they are common, so a script may give them to every command, but it is said.
    pub fn without_use(&self, command: &str, options: &[&str]) {
        let unused: Vec<&str> = self.common.given().into_iter().filter(|given| options.contains(given)).collect();
        if !unused.is_empty() {
            let mut fault = Fault::new("usage::without_use", format!("`{command}` has no use for {}", unused.join(" ")))
                .with_help("leave it out: the answer is the same without");
            fault.severity = Severity::Warning;
            self.terminal.fault(&fault);
        }
    }

    /// A command writes what its answer can be written as, to stdout and to files.
    pub fn formats(&self, command: &str, known: &[Format]) -> Result<(), Fault> {
        let files = self.common.outputs.iter().filter_map(|path| Format::of_path(path));
        match std::iter::once(self.terminal.format).chain(files).find(|format| !known.contains(format)) {
            None => Ok(()),
            Some(format) => {
                let words: Vec<&str> = known.iter().map(|format| format.word()).collect();
                Err(Fault::new("usage::format", format!("`{command}` has nothing to say as {}", format.word()))
                    .with_help(format!("its formats are {}", words.join(", "))))
            }
        }
    }

    /// No file is written by a command that has no answer to write.
    pub fn refuse_output(&self, command: &str) -> Result<(), Fault> {
        if self.common.outputs.is_empty() {
            return Ok(());
        }
        Err(Fault::new("usage::unknown_option", format!("{command} has no option --output")).with_help("redirect what it says on stdout"))
    }

    /// An answer to the files of `-o` and to stdout, each in its format.
    pub fn answer(&self, files: Files, render: impl Fn(&mut dyn Write, Format, &Style) -> io::Result<()>) -> Result<(), Fault> {
        files.write(&render, self.zone)?;
        to_stdout(|out| render(out, self.terminal.format, &self.terminal.out))
    }

    /// What may stop a query, counted from the start of the program.
    pub fn limits(&self) -> Limits {
        Limits {
            interrupted: self.interrupted.clone(),
            deadline: self.timeout.map(|timeout| self.started + timeout),
            crowded: self.crowded.clone().unwrap_or_default(),
        }
    }

    /// The formats that are written.
    fn written(&self) -> impl Iterator<Item = Format> {
        let files = self.common.outputs.iter().filter_map(|path| Format::of_path(path));
        std::iter::once(self.terminal.format).chain(files)
    }

    /// Runs work that looks at nothing but `interrupted`: when `--timeout` is over, or the program holds more than `--max-memory`, it is asked to stop.
    ///
    /// # Errors
    /// What the work says; where it only says that it was stopped, why it was.
    pub fn within_limits<T, E: Diagnostic>(&self, work: impl FnOnce() -> Result<T, E>, is_stop: fn(&E) -> bool) -> Result<T, Fault> {
        let limits = Limits { interrupted: Arc::default(), ..self.limits() };
        if limits.deadline.is_none() && self.crowded.is_none() {
            return work().map_err(|error| Fault::from(&error));
        }
        limits.check().map_err(|error| Fault::from(&error))?;
        let (done, ended) = mpsc::channel::<()>();
        let watch = move || {
            while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if let Err(stop) = limits.check() {
                    self.interrupted.store(true, Ordering::Relaxed);
                    return Some(stop);
                }
            }
            None
        };
        std::thread::scope(|scope| {
            let watch = scope.spawn(watch);
            let result = work();
            drop(done);
            let stopped = watch.join().unwrap_or_default();
            result.map_err(|error| match stopped.filter(|_| is_stop(&error)) {
                Some(stop) => Fault::from(&stop),
                None => Fault::from(&error),
            })
        })
    }

    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// An answer whose periods hold no telemetry at all says nothing: when the source does have some, and where to look.
    pub fn warn_of_nothing(&self, looked_at: &[Coverage]) {
        let mut absent: Vec<&str> = Vec::new();
        for coverage in looked_at.iter().filter(|coverage| coverage.rows == 0 && coverage.covered.is_none()) {
            absent.extend(coverage.not_examined.iter().map(String::as_str).filter(|what| !absent.contains(what)).collect::<Vec<_>>());
        }
        if !absent.is_empty() {
            let mut fault = Fault::new("telemetry::absent", format!("the source never shows {}", absent.join(", ")))
                .with_help("that no row was found says nothing; `huntsman sources` lists what is there");
            fault.severity = Severity::Warning;
            self.terminal.fault(&fault);
        }
        let Some((asked, first, last)) = looked_at
            .iter()
            .map(|coverage| coverage.covered.filter(|_| coverage.covered_machine_days == 0).map(|(first, last)| (coverage.period, first, last)))
            .reduce(|left, right| left.and_then(|left| right.map(|right| (left.0, left.1.min(right.1), left.2.max(right.2)))))
            .flatten()
        else {
            return;
        };
        let at = |moment: i64| present::time(moment, Precision::Seconds, self.zone);
        let asked = present::period(&asked, &self.terminal.err);
        let message = format!("no telemetry in the period that was asked for ({asked}): the source covers {} to {}", at(first), at(last));
        let mut fault = Fault::new("period::empty", message)
            .with_help("name the period in the query, as in `Client(\"all\", all_time())`, of all further ones with `set_period(all_time())`, or say what today is with --period, such as `--period all`");
        fault.severity = Severity::Warning;
        self.terminal.fault(&fault);
    }

    /// Everything that a session is given.
    pub fn setup(&self, backend: Arc<dyn Backend>, params: BTreeMap<String, String>) -> Result<Setup, Fault> {
        let mut writable = Vec::new();
        for folder in &self.common.writable {
            let refused =
                |reason: String| Fault::new("usage::value", format!("--allow-write {}: {reason}", folder.display())).with_help("name a folder that exists");
            let whole = folder.canonicalize().map_err(|error| refused(reason(&error)))?;
            if !whole.is_dir() {
                return Err(refused("not a folder".into()));
            }
            writable.push(whole);
        }
        let roots: Vec<PathBuf> = std::env::current_dir().into_iter().collect();
        Ok(Setup {
            backend,
            now: self.now,
            zone: self.zone,
            period: self.period,
            client: self.common.client.clone(),
            params,
            writable,
            roots,
            limits: self.limits(),
            shown: present::TABLE_ROWS,
            writes_all: self.written().any(Format::has_every_row),
            has_tables: self.written().any(|format| !format.has_every_row()),
            programs: config::programs()?,
            suppressions: Arc::default(),
            last_run: None,
        })
    }
}

/// The system's clock; before 1970 it is 1970.
fn clock() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// What is wrong with an option's value.
pub fn option<E: Diagnostic>(name: &str, error: &E) -> Fault {
    let fault = Fault::from(error);
    Fault { message: format!("{name}: {}", fault.message), ..fault }
}
