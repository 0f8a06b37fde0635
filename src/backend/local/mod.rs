//! Polars over a store on this machine: the reference, whose answer is the definition of right.

use std::path::Path;
use std::sync::Arc;

use super::{Backend, BackendError, Limits};
use crate::frame::Frame;
use crate::plan::Plan;
use crate::telemetry::Inventory;

/// A store, opened for questions.
pub struct Local {
    _name: String,
}

impl Local {
    /// `name` is what the user called it.
    pub fn open(root: &Path, name: &str) -> Result<Local, BackendError> {
        let _ = root;
        Ok(Local { _name: name.into() })
    }
}

impl Backend for Local {
    fn name(&self) -> &str {
        unimplemented!()
    }

    fn inventory(&self) -> Result<Arc<Inventory>, BackendError> {
        unimplemented!()
    }

    fn explain(&self, plan: &Plan) -> Result<String, BackendError> {
        let _ = plan;
        unimplemented!()
    }

    fn run(&self, plan: &Plan, limits: &Limits) -> Result<Frame, BackendError> {
        let _ = (plan, limits);
        unimplemented!()
    }
}
