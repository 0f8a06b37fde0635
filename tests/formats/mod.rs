//! Formats and shapes of raw telemetry: what is told in several ways is one thing, and nothing is lost.

mod agents;
mod elastic;
mod mde;
mod packed;
mod parquet;
mod report;
mod shapes;
mod tables;
mod zeek;

use serde_json::Value;

use crate::support::{NOW, Place};

/// Ingests `in` into `store`.
pub fn ingest(place: &Place) -> Value {
    place.huntsman(["ingest", "in", "--store", "store", "--format", "json"]).run().expect(0).json()
}

/// What an expression gives over `store`.
pub fn eval(place: &Place, expression: &str) -> Value {
    place.huntsman(["eval", expression, "--source", "store", "--now", NOW, "--format", "json"]).run().expect(0).json()
}

/// The rows of a query over all machines and times, without what differs by file.
pub fn rows(place: &Place, query: &str) -> Vec<Value> {
    let mut answer = eval(place, &format!(r#"Client("all", all_time()).{query}"#));
    let mut rows = std::mem::take(answer["rows"].as_array_mut().unwrap());
    for row in &mut rows {
        row.as_object_mut().unwrap().remove("Source");
    }
    rows
}

/// Of each row these columns.
pub fn columns(rows: &[Value], names: &[&str]) -> Value {
    rows.iter().map(|row| names.iter().map(|name| row[*name].clone()).collect::<Value>()).collect()
}
