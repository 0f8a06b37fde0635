//! One run's state: what it was given, what it has said, what it has asked.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::Setup;
use super::engine::Built;
use super::sources::Sources;
use super::tried::Tried;
use crate::backend::{Backend, BackendError, Limits, Wanted};
use crate::diag::{Fault, Place, Severity};
use crate::frame::{Frame, Pieces, Rows};
use crate::hunt::fixture::Fixture;
use crate::hunt::machine::ALL_CLIENTS;
use crate::hunt::memory::Since;
use crate::hunt::outcome::{self, Declared};
use crate::hunt::query::{self, Target};
use crate::hunt::short::short;
use crate::hunt::{Coverage, period};
use crate::plan::{Expr, Period, Plan, Scan, Schema, Scope, Value};
use crate::report::{Finding, Item};
use crate::telemetry::Inventory;

/// Answers that are kept, and the bytes that all of them may come to.
const KEPT_ANSWERS: usize = 64;
const KEPT_BYTES: usize = 192 << 20;

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
    /// A test runs the playbook: its filters are noted, and it can't run others.
    pub is_trial: bool,
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
    pub home: Option<PathBuf>,
    /// What the queries of the current input looked at, those whose answer was known included.
    pub asked: Vec<Coverage>,
    /// Raw logs that fixtures were made of, by their file: read once.
    pub logs: BTreeMap<PathBuf, Arc<Fixture>>,
    /// Filters that a playbook asked while a test ran it: where each stands, the rows before it, and its condition.
    pub filters: Vec<(Place, Plan, Arc<Expr>)>,
    /// What the filters of the playbooks that were tested let through and kept back.
    pub tried: Tried,
    /// Numbers of the suppressions that took something away.
    pub suppressed: BTreeSet<usize>,
    /// A query asked for what came since the last run.
    pub is_since_last_run: bool,
    /// The engine of the playbook that a test ran last.
    pub spare: Option<Built>,
    answers: VecDeque<Known>,
}

/// An answer that is kept, and what it looked at.
struct Known {
    plan: Plan,
    answer: Shown,
    coverage: Vec<Coverage>,
}

/// An answer as far as it is shown.
#[derive(Clone)]
pub(super) struct Shown {
    pub frame: Arc<Frame>,
    /// Rows of the whole answer, of which the frame may have only the first.
    pub total: u64,
    /// Columns without a value in the frame that have one in a later row.
    pub later: BTreeSet<Arc<str>>,
}

impl Shown {
    fn whole(frame: Arc<Frame>) -> Shown {
        Shown { total: frame.height() as u64, frame, later: BTreeSet::new() }
    }

    pub fn is_whole(&self) -> bool {
        self.frame.height() as u64 == self.total
    }
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
            is_trial: false,
            row_by_row: AtomicUsize::new(0),
        }
    }

    /// A run of a playbook by a test.
    pub fn trial(setup: Setup) -> Run {
        Run { is_trial: true, ..Run::new(setup, false) }
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

    /// What came since the last run of this playbook, and what lies before that by the overlap; everything up to now where no run is remembered.
    pub fn since_last_run(&self, overlap: i64) -> Period {
        self.state().is_since_last_run = true;
        Since::period(self.setup.last_run, overlap, self.setup.now)
    }

    /// A warning when `--period` was given, and no query needed it.
    pub fn unused_period(&self) -> Option<Fault> {
        let is_unused = self.setup.period.is_some() && !self.state().used_period;
        let help = "`--period` replaces *today* only: every query of this playbook has a period of its own";
        is_unused.then(|| Fault { severity: Severity::Warning, ..Fault::new("period::unused", "the given period was never used").with_help(help) })
    }

    /// The answer of a plan; the same plan is asked once.
    pub fn answer(&self, plan: &Plan) -> Result<Arc<Frame>, Fault> {
        let ask = |_: &Schema| Ok(Shown::whole(Arc::new(self.setup.backend.run(plan, &self.setup.limits)?)));
        self.known_or(plan, Shown::is_whole, ask).map(|answer| answer.frame)
    }

    /// The answer of a plan as far as it is worth holding: its first rows where it is large.
    pub fn shown(&self, plan: &Plan) -> Result<Shown, Fault> {
        let Setup { shown: rows, writes_all: all, has_tables, .. } = self.setup;
        let ask = |schema: &Schema| {
            let seen = short(schema).into_iter().zip(schema.columns()).filter(|(seen, _)| *seen && has_tables).map(|(_, (name, _))| name.clone());
            let preview = self.setup.backend.preview(plan, &Wanted { rows, columns: seen.collect(), all }, &self.setup.limits)?;
            Ok(Shown { frame: Arc::new(preview.frame), total: preview.total, later: preview.later })
        };
        self.known_or(plan, |_| true, ask)
    }

    /// All rows of a plan, for whoever writes them.
    pub fn rows(&self, plan: &Plan) -> Arc<dyn Rows> {
        Arc::new(Asked { backend: self.setup.backend.clone(), plan: plan.clone(), limits: self.setup.limits.clone() })
    }

    /// What is known already and will do, else what is asked now.
    fn known_or(&self, plan: &Plan, will_do: impl Fn(&Shown) -> bool, ask: impl Fn(&Schema) -> Result<Shown, BackendError>) -> Result<Shown, Fault> {
        if self.dry.load(Ordering::Relaxed) {
            return Err(Fault::new("query::dry", "nothing is asked while a line is being written").with_help("finish the line, and it is asked"));
        }
        let known =
            self.state().answers.iter().find(|known| known.plan == *plan && will_do(&known.answer)).map(|known| (known.answer.clone(), known.coverage.clone()));
        if let Some((answer, coverage)) = known {
            self.state().asked.extend(coverage);
            return Ok(answer);
        }
        let schema = Schema::of(plan).map_err(|error| Fault::from(&error))?;
        if self.checking {
            return Ok(Shown::whole(Arc::new(Frame::empty(schema))));
        }
        let answer = ask(&schema).map_err(|error| stopped(&error))?;
        let scans = outcome::examined_scans(plan);
        let coverage = outcome::cover_scans(&scans, &*self.inventory()?, self.setup.now, &answer.frame.read);
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
        self.keep(Known { plan: plan.clone(), answer: answer.clone(), coverage });
        Ok(answer)
    }

    /// Adds to the coverage what the source shows of the needs that no query had. Where none was asked, it is about all machines in the run's period.
    pub fn cover_declared(&self, declared: &[Declared]) -> Result<(), Fault> {
        if declared.is_empty() {
            return Ok(());
        }
        let scans = self.state().scans.clone();
        let period = if scans.is_empty() { self.period(None, None) } else { Period::ALL };
        let target = Target { scope: self.scope(), period };
        let found = outcome::cover_declared(declared, &scans, &target, &*self.inventory()?, self.setup.now);
        self.state().coverage.extend(found);
        Ok(())
    }

    /// The machine-days of the run's period, and on which of them the source shows all of these needs.
    pub fn covered_days(&self, declared: &[Declared]) -> Result<BTreeMap<(u32, i32), bool>, Fault> {
        let target = Target { scope: self.scope(), period: self.period(None, None) };
        Ok(outcome::covered_days(declared, &target, &*self.inventory()?, self.setup.now))
    }

    /// The machines that the run is about where nothing names others.
    fn scope(&self) -> Scope {
        let client = self.setup.client.as_deref().filter(|client| !client.eq_ignore_ascii_case(ALL_CLIENTS));
        client.map_or(Scope::Everything, |client| Scope::Clients(vec![client.into()]))
    }

    /// An answer that was worked out here, of rows that were asked for before.
    pub fn remember(&self, plan: &Plan, frame: Arc<Frame>) {
        self.keep(Known { plan: plan.clone(), answer: Shown::whole(frame), coverage: Vec::new() });
    }

    fn keep(&self, known: Known) {
        if known.answer.frame.bytes() > KEPT_BYTES {
            return;
        }
        let mut state = self.state();
        state.answers.push_back(known);
        let bytes = |answers: &VecDeque<Known>| answers.iter().map(|known| known.answer.frame.bytes()).sum::<usize>();
        while state.answers.len() > KEPT_ANSWERS || bytes(&state.answers) > KEPT_BYTES {
            state.answers.pop_front();
        }
    }
}

/// A question whose answer is too large to be held.
struct Asked {
    backend: Arc<dyn Backend>,
    plan: Plan,
    limits: Limits,
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Asked").field(&self.plan).finish()
    }
}

impl Rows for Asked {
    fn pieces(&self) -> Pieces<'_> {
        match self.backend.pieces(&self.plan, &self.limits) {
            Ok(pieces) => Box::new(pieces.map(|piece| piece.map_err(|error| stopped(&error)))),
            Err(error) => Box::new(std::iter::once(Err(stopped(&error)))),
        }
    }
}

/// Stops of a query and stops of the script are one thing to a hunter.
pub(super) fn stopped(error: &BackendError) -> Fault {
    match error {
        BackendError::Interrupted => Fault::new("run::interrupted", "the run was interrupted").with_help("run it again to have the rest"),
        BackendError::Timeout => Fault { code: "run::timeout".into(), ..Fault::from(error) },
        BackendError::Memory => Fault { code: "run::memory".into(), ..Fault::from(error) },
        other => Fault::from(other),
    }
}
