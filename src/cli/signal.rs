//! Ctrl-C and its kin.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::diag::Fault;

/// The first one asks the work to stop; the second one ends the process. To be called once.
pub fn stop_on_signal(interrupted: &Arc<AtomicBool>) -> Result<(), Fault> {
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 130, interrupted.clone()).map_err(refused)?;
        flag::register(signal, interrupted.clone()).map_err(refused)?;
    }
    Ok(())
}

/// At the prompt: stops what is evaluated, and nothing else.
pub fn interrupt_on_signal(interrupted: &Arc<AtomicBool>) -> Result<(), Fault> {
    flag::register(SIGINT, interrupted.clone()).map_err(refused).map(drop)
}

fn refused(error: std::io::Error) -> Fault {
    Fault::new("system::signal", format!("Ctrl-C can't be watched for: {error}")).with_help("the system refuses signal handlers: run it where they are allowed")
}
