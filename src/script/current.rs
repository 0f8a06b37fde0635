//! The run that an engine works for at this moment. What is registered with the engine asks for it, so that one engine, which is long to build, can serve one
//! run after the other.

use std::sync::{Arc, PoisonError, RwLock};

use super::run::Run;

#[derive(Clone)]
pub(super) struct Current(Arc<RwLock<Arc<Run>>>);

impl Current {
    pub fn new(run: &Arc<Run>) -> Current {
        Current(Arc::new(RwLock::new(run.clone())))
    }

    pub fn run(&self) -> Arc<Run> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set(&self, run: &Arc<Run>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = run.clone();
    }
}
