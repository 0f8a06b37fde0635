//! Huntsman: the language and runtime for threat hunting. `src/README.md` is the map of the folders below.

pub mod backend;
pub mod cli;
pub mod diag;
pub mod export;
pub mod frame;
pub mod hunt;
pub mod ingest;
pub mod plan;
pub mod present;
pub mod report;
pub mod rewrite;
pub mod sample;
pub mod script;
pub mod store;
pub mod telemetry;
pub mod upkeep;
