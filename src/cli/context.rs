//! What every command needs: the clock, the zone, the period, the limits; read from the arguments once.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::args::Common;
use super::output::Terminal;
use crate::backend::{Backend, BackendError, Limits};
use crate::diag::Fault;
use crate::hunt::period;
use crate::plan::Period;
use crate::script::Setup;

pub struct Context<'a> {
    pub common: &'a Common,
    pub terminal: &'a Terminal,
    /// Milliseconds since 1970, UTC.
    pub now: i64,
    pub zone: chrono_tz::Tz,
    pub period: Option<Period>,
    pub timeout: Option<Duration>,
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
        let period = common.period.as_deref().map(|text| period::parse_period(text, now, zone)).transpose().map_err(|error| option("--period", &error))?;
        let timeout = common.timeout.as_deref().map(period::parse_duration).transpose().map_err(|error| option("--timeout", &error))?;
        let timeout = match timeout {
            Some(span) if span <= 0 => {
                return Err(Fault::new("usage::value", "--timeout: it must be longer than nothing").with_help("a duration like 90s or 5m"));
            }
            span => span.map(|span| Duration::from_millis(span.unsigned_abs())),
        };
        Ok(Context { common, terminal, now, zone, period, timeout, interrupted: Arc::new(AtomicBool::new(false)), started: Instant::now() })
    }

    /// Options that a command has no use for are an error rather than without effect.
    pub fn refuse(&self, command: &str, options: &[&str]) -> Result<(), Fault> {
        match self.common.given().into_iter().find(|given| options.contains(given)) {
            Some(option) => Err(Fault::new("usage::unknown_option", format!("{command} has no option {option}"))
                .with_help(format!("`huntsman {command} --help` lists what there is"))),
            None => Ok(()),
        }
    }

    /// What may stop a query, counted from the start of the program.
    pub fn limits(&self) -> Limits {
        Limits { interrupted: self.interrupted.clone(), deadline: self.timeout.map(|timeout| self.started + timeout) }
    }

    /// An error when `--timeout` is over.
    pub fn deadline(&self) -> Result<(), BackendError> {
        Limits { interrupted: Arc::default(), ..self.limits() }.check()
    }

    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Everything that a session is given.
    pub fn setup(&self, backend: Arc<dyn Backend>, params: BTreeMap<String, String>) -> Result<Setup, Fault> {
        let mut writable = Vec::new();
        for folder in &self.common.writable {
            let refused =
                |reason: String| Fault::new("usage::value", format!("--allow-write {}: {reason}", folder.display())).with_help("name a folder that exists");
            let whole = folder.canonicalize().map_err(|error| refused(error.to_string()))?;
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
        })
    }
}

/// The system's clock; before 1970 it is 1970.
fn clock() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn option<E: miette::Diagnostic>(name: &str, error: &E) -> Fault {
    let fault = Fault::from(error);
    Fault { message: format!("{name}: {}", fault.message), ..fault }
}
