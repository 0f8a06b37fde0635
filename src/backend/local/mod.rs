//! Polars over a store on this machine: the reference, whose answer is the definition of right.

mod assemble;
mod call;
mod damage;
mod distinct;
mod explain;
mod expr;
mod fold;
mod fresh;
mod group;
mod held;
mod inventory;
mod job;
mod join;
mod kernel;
mod kin;
mod machines;
mod pick;
mod pieces;
mod places;
mod preview;
mod previous;
mod prune;
mod reorder;
mod run;
mod scan;
mod stage;
mod steps;
mod stream;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, OnceLock};

pub use places::Places;

use super::{Answered, Backend, BackendError, Limits, Wanted};
use crate::frame::{Frame, Preview};
use crate::plan::Plan;
use crate::store::Store;
use crate::telemetry::Inventory;

/// A store, opened for questions.
pub struct Local {
    name: String,
    shared: Arc<Shared>,
}

/// What all runs over one opened store have in common.
pub(crate) struct Shared {
    store: Arc<Store>,
    inventory: OnceLock<Arc<Inventory>>,
    fresh: OnceLock<Arc<fresh::Fresh>>,
    places: Option<Arc<Places>>,
}

impl Shared {
    /// Read once; two threads that ask at the same time both read.
    fn inventory(&self) -> Result<Arc<Inventory>, BackendError> {
        if let Some(known) = self.inventory.get() {
            return Ok(known.clone());
        }
        let read = Arc::new(inventory::read(&self.store)?);
        Ok(self.inventory.get_or_init(|| read).clone())
    }

    fn fresh(&self, limits: &Limits) -> Result<Arc<fresh::Fresh>, BackendError> {
        if let Some(known) = self.fresh.get() {
            return Ok(known.clone());
        }
        let read = Arc::new(fresh::read(&self.store, limits)?);
        Ok(self.fresh.get_or_init(|| read).clone())
    }
}

impl Local {
    /// `name` is what the user called it. The store is seen as it is now; later commits are not.
    pub fn open(root: &Path, name: &str) -> Result<Local, BackendError> {
        let store = Arc::new(Store::open(root)?);
        Ok(Local { name: name.into(), shared: Arc::new(Shared { store, inventory: OnceLock::new(), fresh: OnceLock::new(), places: None }) })
    }
}

impl Local {
    /// The same store, with databases of where addresses are.
    pub fn with_places(self, places: Places) -> Local {
        let shared = Shared { store: self.shared.store.clone(), inventory: OnceLock::new(), fresh: OnceLock::new(), places: Some(Arc::new(places)) };
        Local { name: self.name, shared: Arc::new(shared) }
    }
}

impl Backend for Local {
    fn name(&self) -> &str {
        &self.name
    }

    fn inventory(&self) -> Result<Arc<Inventory>, BackendError> {
        let shared = self.shared.clone();
        match shared.inventory.get() {
            Some(known) => Ok(known.clone()),
            None => run::watched(&Limits::default(), move || shared.inventory()),
        }
    }

    fn explain(&self, plan: &Plan) -> Result<String, BackendError> {
        explain::text(&self.shared, plan)
    }

    fn run(&self, plan: &Plan, limits: &Limits) -> Result<Frame, BackendError> {
        limits.check()?;
        let (shared, plan, own) = (self.shared.clone(), plan.clone(), limits.clone());
        run::watched(limits, move || job::Job::new(shared, own).frame(&plan))
    }

    fn preview(&self, plan: &Plan, wanted: &Wanted, limits: &Limits) -> Result<Preview, BackendError> {
        limits.check()?;
        let (shared, plan, wanted, own) = (self.shared.clone(), plan.clone(), wanted.clone(), limits.clone());
        run::watched(limits, move || preview::preview(&mut job::Job::new(shared, own), &plan, &wanted))
    }

    fn pieces(&self, plan: &Plan, limits: &Limits) -> Result<Answered, BackendError> {
        limits.check()?;
        let (shared, plan, own) = (self.shared.clone(), plan.clone(), limits.clone());
        let pieces = run::streamed(limits, move |take| stream::stream(&mut job::Job::new(shared, own), &plan, take))?;
        Ok(Box::new(pieces))
    }

    fn knows_places(&self) -> bool {
        self.shared.places.is_some()
    }
}
