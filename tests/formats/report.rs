//! What ingest says of fields, and of which zone dates without one are.

use serde_json::{Value, json};

use super::rows;
use crate::support::Place;

fn take(place: &Place, more: &[&str]) -> Value {
    let arguments = ["ingest", "in", "--store", "store", "--format", "json"];
    place.huntsman(arguments.iter().chain(more)).run().expect(0).json()
}

#[test]
fn every_field_is_reported_with_its_types_and_where_it_went() {
    let place = Place::new();
    let start = |pid: Value, more: &str, value: Value| {
        let mut record = json!({ "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Hostname": "HOST1", "UtcTime": "2026-03-02 10:00:00.000", "ProcessId": pid,
            "CommandLine": "a.exe" });
        record[more] = value;
        record
    };
    place.write("in/a.json", &format!("{}\n{}\n{}\n", start(json!(7), "Odd", json!(null)), start(json!("0x7"), "Odd", json!([1])), json!({ "x": 1.5 })));
    let taken = take(&place, &["--report"]);
    let fields = |number: usize, names: &[&str]| -> Value {
        let all = taken["report"][number]["fields"].as_array().unwrap();
        names.iter().map(|name| all.iter().find(|field| field["name"] == *name).unwrap().clone()).collect()
    };
    assert_eq!(taken["report"][0]["records"], 1);
    assert_eq!(fields(0, &["x"]), json!([{ "name": "x", "records": 1, "types": { "float": 1 }, "to": [] }]));
    let kind = &taken["report"][1];
    assert_eq!(json!([kind["provider"], kind["channel"], kind["event_id"], kind["records"]]), json!(["Sysmon", "Microsoft-Windows-Sysmon/Operational", 1, 2]));
    let expected = json!([
        { "name": "CommandLine", "records": 2, "types": { "text": 2 }, "to": ["process.CommandLine"] },
        { "name": "Odd", "records": 2, "types": { "array": 1, "missing": 1 }, "to": [] },
        { "name": "ProcessId", "records": 2, "types": { "hex": 1, "int": 1 }, "to": ["process.ChildPid"] },
        { "name": "UtcTime", "records": 2, "types": { "time": 2 }, "to": ["DateTime"] },
    ]);
    assert_eq!(fields(1, &["CommandLine", "Odd", "ProcessId", "UtcTime"]), expected);
    let unasked = Place::new();
    unasked.write("in/a.json", "{\"x\": 1}\n");
    assert_eq!(take(&unasked, &[])["report"], Value::Null);
}

#[test]
fn dates_without_a_zone_are_of_the_one_that_was_told() {
    let place = Place::new();
    let table = "timestamp,Name\n2026-07-01 12:00:00,summer\n2026-01-01 12:00:00,winter\n2026-01-01T12:00:00Z,told\n";
    place.write("in/berlin/a.csv", table);
    place.write("in/b.csv", &table.replace("told", "other"));
    take(&place, &["--tz-of", "berlin/*=Europe/Berlin", "--tz-of", "*.json=Asia/Tokyo"]);
    let mut told: Vec<String> =
        rows(&place, "get_raw_events()").iter().map(|row| format!("{} {}", row["DateTime"].as_str().unwrap(), row["Name"].as_str().unwrap())).collect();
    told.sort();
    let expected = [
        "2026-01-01T11:00:00.000Z winter",
        "2026-01-01T12:00:00.000Z other",
        "2026-01-01T12:00:00.000Z told",
        "2026-01-01T12:00:00.000Z winter",
        "2026-07-01T10:00:00.000Z summer",
        "2026-07-01T12:00:00.000Z summer",
    ];
    assert_eq!(told, expected);
}
