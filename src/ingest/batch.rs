//! Records that hold several: each row of their lists is a record, with all that they share.

use serde_json::{Map, Value};

use crate::telemetry::mapping::shape::Batch;

/// A record whose rows together would be larger than itself by this stays one: what they share is written for each of them.
const MOST: usize = 100;

/// The records that a text holds, as texts; none where it has no rows.
pub fn records(text: &str, batch: Batch) -> Option<impl Iterator<Item = String>> {
    let Ok(Value::Object(mut shared)) = serde_json::from_str(text) else { return None };
    let Some(Value::Object(lists)) = shared.remove(batch.field) else { return None };
    let rows: Vec<(String, Map<String, Value>)> = lists.into_iter().flat_map(|(action, rows)| objects(rows).map(move |row| (action.clone(), row))).collect();
    let shared_bytes = Value::Object(shared.clone()).to_string().len();
    if rows.is_empty() || rows.len().saturating_mul(shared_bytes) > text.len().saturating_mul(MOST) {
        return None;
    }
    Some(rows.into_iter().map(move |(action, row)| {
        let mut record = shared.clone();
        record.insert(batch.action.to_string(), action.into());
        record.insert(batch.row.to_string(), row.into());
        Value::Object(record).to_string()
    }))
}

/// An empty list may be an empty text.
fn objects(rows: Value) -> impl Iterator<Item = Map<String, Value>> {
    let rows = match rows {
        Value::Array(rows) => rows,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => Vec::new(),
    };
    rows.into_iter().filter_map(|row| match row {
        Value::Object(row) => Some(row),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BATCH: Batch = Batch { field: "diff", action: "action", row: "row" };

    fn held(text: &str) -> Option<Vec<Value>> {
        records(text, BATCH).map(|records| records.map(|text| serde_json::from_str(&text).unwrap()).collect())
    }

    #[test]
    fn rows_have_what_their_record_has() {
        let told = held(r#"{"diff":{"removed":[{"a":1}],"added":[{"a":2},{"a":3}]},"x":true}"#).unwrap();
        let expected = [("removed", 1), ("added", 2), ("added", 3)].map(|(action, a)| json!({ "action": action, "row": { "a": a }, "x": true }));
        assert!(told.len() == 3 && expected.iter().all(|record| told.contains(record)), "{told:?}");
    }

    #[test]
    fn what_has_no_rows_stays_one() {
        for text in [r#"{"diff":{"added":"","removed":[]},"x":1}"#, r#"{"diff":"text"}"#, r#"{"diff":{"added":[1]}}"#, r#"{"x":1}"#, "[]", "{"] {
            assert_eq!(held(text), None, "{text}");
        }
        // A text must not grow without bounds.
        let large = format!(r#"{{"diff":{{"added":[{}]}},"x":"{}"}}"#, vec!["{}"; 1000].join(","), "y".repeat(4000));
        assert_eq!(held(&large), None);
    }
}
