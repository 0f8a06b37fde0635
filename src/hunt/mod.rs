//! The field's know-how: periods, machines and clients, queries as plans, entities and their pivots, histograms, findings, outcome and coverage.
//! Pure: no backend, no script, no IO.

pub mod attack;
#[cfg(test)]
mod build;
pub mod entity;
pub mod finding;
pub mod fixture;
pub mod histogram;
pub mod machine;
pub mod matrix;
pub mod memory;
pub mod os;
pub mod outcome;
pub mod outliers;
pub mod period;
pub mod picture;
pub mod query;
pub mod short;
pub mod stack;
pub mod suppression;

pub use outcome::{Coverage, Outcome};
