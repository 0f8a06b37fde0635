//! One run's state: what it was given, what it has said, what it has asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::Setup;
use super::sources::Sources;
use crate::backend::BackendError;
use crate::diag::{Fault, Severity};
use crate::frame::Frame;
use crate::hunt::{Coverage, outcome, period};
use crate::plan::{Period, Plan, Schema, Value};
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
}

/// What changes while a playbook runs.
#[derive(Default)]
pub(super) struct State {
    pub items: Vec<Item>,
    pub findings: Vec<Finding>,
    pub coverage: Vec<Coverage>,
    pub warnings: Vec<Fault>,
    pub params: BTreeMap<String, Value>,
    /// What `set_period` said.
    pub period: Option<Period>,
    /// `--period` held at least once.
    pub used_period: bool,
    /// Id and shown name of the playbook, and the folder that it lies in.
    pub main: Option<(String, String)>,
    /// Variables that earlier inputs left.
    pub variables: Vec<String>,
    pub home: Option<std::path::PathBuf>,
    answers: VecDeque<(Plan, Arc<Frame>)>,
}

impl Run {
    pub fn new(setup: Setup, checking: bool) -> Run {
        Run { setup, sources: Sources::default(), inventory: OnceLock::new(), state: Mutex::default(), dry: AtomicBool::new(false), checking }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_dry(&self, dry: bool) {
        self.dry.store(dry, Ordering::Relaxed);
    }

    /// What the source holds; asked once.
    /// What the source holds. A check needs no source: without one, nothing is known and nothing is missed.
    pub fn inventory(&self) -> Result<Arc<Inventory>, Fault> {
        let ask = || match self.setup.backend.inventory() {
            Err(BackendError::Nowhere) if self.checking => Ok(Arc::new(Inventory::default())),
            answer => answer.map_err(|error| Fault::from(&error)),
        };
        self.inventory.get_or_init(ask).clone()
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

    /// The answer of a plan; the same plan is asked once.
    pub fn answer(&self, plan: &Plan) -> Result<Arc<Frame>, Fault> {
        if self.dry.load(Ordering::Relaxed) {
            return Err(Fault::new("query::dry", "nothing is asked while a line is being written"));
        }
        let known = self.state().answers.iter().find(|(asked, _)| asked == plan).map(|(_, frame)| frame.clone());
        if let Some(frame) = known {
            return Ok(frame);
        }
        let schema = Schema::of(plan).map_err(|error| Fault::from(&error))?;
        if self.checking {
            return Ok(Arc::new(Frame::empty(schema)));
        }
        let frame = Arc::new(self.setup.backend.run(plan, &self.setup.limits).map_err(|error| stopped(&error))?);
        self.cover(plan, &frame)?;
        self.keep(plan, &frame);
        Ok(frame)
    }

    fn cover(&self, plan: &Plan, frame: &Frame) -> Result<(), Fault> {
        let inventory = self.inventory()?;
        for coverage in outcome::cover_plan(plan, &inventory, self.setup.now, &frame.read) {
            let mut state = self.state();
            if !state.coverage.contains(&coverage) {
                state.coverage.push(coverage);
            }
        }
        Ok(())
    }

    /// An answer that was worked out here.
    pub fn remember(&self, plan: &Plan, frame: Arc<Frame>) {
        self.keep(plan, &frame);
    }

    fn keep(&self, plan: &Plan, frame: &Arc<Frame>) {
        let mut state = self.state();
        if frame.height() > KEPT_ROWS {
            return;
        }
        state.answers.push_back((plan.clone(), frame.clone()));
        let rows = |answers: &VecDeque<(Plan, Arc<Frame>)>| answers.iter().map(|(_, frame)| frame.height()).sum::<usize>();
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
    Fault::new("run::interrupted", "the run was interrupted")
}

pub(super) fn timeout() -> Fault {
    Fault::new("run::timeout", "the run took longer than --timeout allows").with_help("narrow the period or the machines, or allow more time")
}
