//! The local backend over small stores made here: the laws of predicates, and what each step does.

mod laws;
mod limits;
mod picks;
mod pieces;
mod preview;
mod steps;
mod unions;

use std::sync::Arc;

use tempfile::TempDir;

use super::Local;
use super::testing::{Row, row, store};
use crate::backend::{Backend, Limits, Wanted};
use crate::frame::Frame;
use crate::plan::{Plan, Scan, Step, Value};

fn scan(table: &'static str) -> Scan {
    Scan::of(table, chrono_tz::Europe::Berlin)
}

fn plan(table: &'static str, steps: &[Step]) -> Plan {
    Plan { source: crate::plan::Source::Scan(scan(table)), steps: steps.to_vec() }
}

fn run(local: &Local, plan: &Plan) -> Frame {
    local.run(plan, &Limits::default()).unwrap()
}

fn names(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

/// One column of the answer.
fn cells(frame: &Frame, name: &str) -> Vec<Value> {
    (0..frame.height()).map(|row| frame.named(row, name)).collect()
}

/// The record numbers of the answer.
fn records(frame: &Frame) -> Vec<i64> {
    let number = |value| match value {
        Value::Int(number) => number,
        _ => -1,
    };
    cells(frame, "RecordId").into_iter().map(number).collect()
}

fn int(number: i64) -> Value {
    Value::Int(number)
}

fn text(text: &str) -> Value {
    Value::text(text)
}
