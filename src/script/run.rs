//! One run's state: what it was given, what it has said, what it has asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::Setup;
use super::sources::Sources;
use crate::backend::BackendError;
use crate::diag::{Fault, Severity};
use crate::frame::Frame;
use crate::hunt::machine::ALL_CLIENTS;
use crate::hunt::outcome::{self, Declared};
use crate::hunt::query::{self, Target};
use crate::hunt::{Coverage, period};
use crate::plan::{Period, Plan, Scan, Schema, Scope, Value};
use crate::report::{Finding, Item};
use crate::telemetry::Inventory;

/// Answers that are kept, and the rows that all of them may have.
const KEPT_ANSWERS: usize = 64;
const KEPT_ROWS: usize = 2_000_000;

/// What everything that a playbook calls shares.
pub(super) struct Run {
    pub setup: Setup,
    pub sources: Sources,
    inventory: OnceLock<Result<Arc<Inventory>, Fault>>,
    state: Mutex<State>,
    /// No query is answered: completion only looks at what things are.
    dry: AtomicBool,
    /// Queries answer with no rows: `check`.
    pub checking: bool,
    /// Closures that are asked row by row at this moment.
    row_by_row: AtomicUsize,
}

/// What changes while a playbook runs.
#[derive(Default)]
pub(super) struct State {
    pub items: Vec<Item>,
    pub findings: Vec<Finding>,
    pub coverage: Vec<Coverage>,
    /// What the queries so far were about, each once: the needs that the playbook declares are those of the same machines and periods.
    pub scans: Vec<Scan>,
    pub warnings: Vec<Fault>,
    pub params: BTreeMap<String, Value>,
    /// Default and doc of each parameter, as it was first declared.
    pub declared: BTreeMap<String, (String, String)>,
    /// What `set_period` said.
    pub period: Option<Period>,
    /// `--period` held at least once.
    pub used_period: bool,
    /// Id and shown name of the playbook, and the folder that it lies in.
    pub main: Option<(String, String)>,
    /// Variables that earlier inputs left.
    pub variables: Vec<String>,
    pub home: Option<std::path::PathBuf>,
    /// What the queries of the current input looked at, those whose answer was known included.
    pub asked: Vec<Coverage>,
    answers: VecDeque<Known>,
}

/// An answer that is kept, and what it looked at.
struct Known {
    plan: Plan,
    frame: Arc<Frame>,
    coverage: Vec<Coverage>,
}

impl Run {
    pub fn new(setup: Setup, checking: bool) -> Run {
        Run {
            setup,
            sources: Sources::default(),
            inventory: OnceLock::new(),
            state: Mutex::default(),
            dry: AtomicBool::new(false),
            checking,
            row_by_row: AtomicUsize::new(0),
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closures that this does call compare as a query does: nothing is equal to what is missing.
    pub fn row_by_row<T>(&self, work: impl FnOnce() -> T) -> T {
        self.row_by_row.fetch_add(1, Ordering::Relaxed);
        let done = work();
        self.row_by_row.fetch_sub(1, Ordering::Relaxed);
        done
    }

    pub fn is_row_by_row(&self) -> bool {
        self.row_by_row.load(Ordering::Relaxed) > 0
    }

    pub fn set_dry(&self, dry: bool) {
        self.dry.store(dry, Ordering::Relaxed);
    }

    /// What the source holds. A check needs no source: without one, nothing is known and nothing is missed.
    pub fn inventory(&self) -> Result<Arc<Inventory>, Fault> {
        let ask = || match self.setup.backend.inventory() {
            Err(BackendError::Nowhere) if self.checking => Ok(Arc::new(Inventory::default())),
            answer => answer.map_err(|error| Fault::from(&error)),
        };
        self.inventory.get_or_init(ask).clone()
    }

    /// What the plan of a query needs to know of this run.
    pub fn asking<'a>(&'a self, inventory: &'a Inventory) -> query::Context<'a> {
        query::Context { zone: self.setup.zone, now: self.setup.now, inventory, programs: &self.setup.programs, checking: self.checking }
    }

    pub fn say(&self, item: Item) {
        self.state().items.push(item);
    }

    pub fn warn(&self, mut fault: Fault) {
        fault.severity = Severity::Warning;
        let mut state = self.state();
        if !state.warnings.contains(&fault) {
            state.warnings.push(fault);
        }
    }

    pub fn check_limits(&self) -> Result<(), Fault> {
        self.setup.limits.check().map_err(|error| stopped(&error))
    }

    /// The period that holds: the call's, the entity's, `set_period`'s, `--period`, else today.
    pub fn period(&self, call: Option<Period>, entity: Option<Period>) -> Period {
        if let Some(period) = call.or(entity) {
            return period;
        }
        let mut state = self.state();
        if let Some(period) = state.period {
            return period;
        }
        match self.setup.period {
            Some(period) => {
                state.used_period = true;
                period
            }
            None => period::today(self.setup.now, self.setup.zone),
        }
    }

    /// A warning when `--period` was given, and no query needed it.
    pub fn unused_period(&self) -> Option<Fault> {
        let is_unused = self.setup.period.is_some() && !self.state().used_period;
        let help = "`--period` replaces *today* only: every query of this playbook has a period of its own";
        is_unused.then(|| Fault { severity: Severity::Warning, ..Fault::new("period::unused", "the given period was never used").with_help(help) })
    }

    /// The answer of a plan; the same plan is asked once.
    pub fn answer(&self, plan: &Plan) -> Result<Arc<Frame>, Fault> {
        if self.dry.load(Ordering::Relaxed) {
            return Err(Fault::new("query::dry", "nothing is asked while a line is being written").with_help("finish the line, and it is asked"));
        }
        let known = self.state().answers.iter().find(|known| known.plan == *plan).map(|known| (known.frame.clone(), known.coverage.clone()));
        if let Some((frame, coverage)) = known {
            self.state().asked.extend(coverage);
            return Ok(frame);
        }
        let schema = Schema::of(plan).map_err(|error| Fault::from(&error))?;
        if self.checking {
            return Ok(Arc::new(Frame::empty(schema)));
        }
        let frame = Arc::new(self.setup.backend.run(plan, &self.setup.limits).map_err(|error| stopped(&error))?);
        let scans = outcome::examined_scans(plan);
        let coverage = outcome::cover_scans(&scans, &*self.inventory()?, self.setup.now, &frame.read);
        {
            let mut state = self.state();
            for scan in scans {
                if !state.scans.contains(&scan) {
                    state.scans.push(scan);
                }
            }
            for one in &coverage {
                if !state.coverage.contains(one) {
                    state.coverage.push(one.clone());
                }
            }
            state.asked.extend(coverage.iter().cloned());
        }
        self.keep(Known { plan: plan.clone(), frame: frame.clone(), coverage });
        Ok(frame)
    }

    /// Adds to the coverage what the source shows of the needs that no query had. Where none was asked, it is about all machines in the run's period.
    pub fn cover_declared(&self, declared: &[Declared]) -> Result<(), Fault> {
        if declared.is_empty() {
            return Ok(());
        }
        let scans = self.state().scans.clone();
        let scope = self
            .setup
            .client
            .as_deref()
            .filter(|client| !client.eq_ignore_ascii_case(ALL_CLIENTS))
            .map_or(Scope::Everything, |client| Scope::Clients(vec![client.into()]));
        let period = if scans.is_empty() { self.period(None, None) } else { Period::ALL };
        let found = outcome::cover_declared(declared, &scans, &Target { scope, period }, &*self.inventory()?, self.setup.now);
        self.state().coverage.extend(found);
        Ok(())
    }

    /// An answer that was worked out here, of rows that were asked for before.
    pub fn remember(&self, plan: &Plan, frame: Arc<Frame>) {
        self.keep(Known { plan: plan.clone(), frame, coverage: Vec::new() });
    }

    fn keep(&self, known: Known) {
        if known.frame.height() > KEPT_ROWS {
            return;
        }
        let mut state = self.state();
        state.answers.push_back(known);
        let rows = |answers: &VecDeque<Known>| answers.iter().map(|known| known.frame.height()).sum::<usize>();
        while state.answers.len() > KEPT_ANSWERS || rows(&state.answers) > KEPT_ROWS {
            state.answers.pop_front();
        }
    }
}

/// Stops of a query and stops of the script are one thing to a hunter.
fn stopped(error: &BackendError) -> Fault {
    match error {
        BackendError::Interrupted => interrupted(),
        BackendError::Timeout => timeout(),
        other => Fault::from(other),
    }
}

pub(super) fn interrupted() -> Fault {
    Fault::new("run::interrupted", "the run was interrupted").with_help("run it again to have the rest")
}

pub(super) fn timeout() -> Fault {
    Fault::new("run::timeout", "the run took longer than --timeout allows").with_help("narrow the period or the machines, or allow more time")
}
