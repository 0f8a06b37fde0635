//! The field's know-how: periods, machines and clients, queries as plans, histograms, findings, outcome and coverage.
//! Pure: no backend, no script, no IO.

mod outcome;

pub use outcome::{Coverage, Outcome};
