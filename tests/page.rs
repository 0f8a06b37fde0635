//! What the published reference page promises, asked through the executable: constructors, options, derived columns, periods.
//!
//! Numbers over real captures were counted by an independent program from the raw records. Where no capture has an example, records are made up here,
//! and the test says so.

mod columns;
mod derived;
mod kinds;
mod machines;
mod options;
mod periods;
mod records;

use std::path::Path;

use serde_json::Value;

use crate::support::{Answer, NOW, Place};

/// The answer to an expression over a store, as the executable gives it.
fn ask(store: &Path, expression: &str, more: &[&str]) -> Answer {
    let place = Place::new();
    let mut call = place.huntsman(["eval", expression, "-q", "--format", "json", "--source"]);
    call.command.arg(store);
    if !more.contains(&"--now") {
        call.command.args(["--now", NOW]);
    }
    call.command.args(more);
    call.run()
}

fn eval(store: &Path, expression: &str) -> Value {
    ask(store, expression, &[]).expect(0).json()
}

/// Code and message of the mistake that an expression is, and the word that it stands at.
fn mistake(store: &Path, expression: &str, more: &[&str]) -> (String, String) {
    let fault: Value = serde_json::from_str(ask(store, expression, more).expect(2).err.lines().last().unwrap()).unwrap();
    let place = &fault["places"][0];
    let (from, length) = (place["offset"].as_u64().unwrap_or_default() as usize, place["length"].as_u64().unwrap_or_default() as usize);
    (format!("{}: {}", fault["code"].as_str().unwrap(), fault["message"].as_str().unwrap()), expression[from..from + length].to_string())
}

/// Rows of an answer as texts, `column=value` for what is known.
fn rows(answer: &Value) -> Vec<String> {
    let columns: Vec<&str> = answer["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
    let cell = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let line = |row: &Value| columns.iter().map(|column| cell(&row[*column])).collect::<Vec<_>>().join(" ");
    answer["rows"].as_array().unwrap().iter().map(line).collect()
}
