//! What ingest says of fields, of which zone dates without one are, and products that a user maps.

use serde_json::{Value, json};

use super::{columns, rows};
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

const PROXY: &str = r#"
[[product]]
name = "access"
sensor = "AcmeProxy"
marks = ["proxy_id", "client"]
time = ["when", "seen"]
host = "device.name"

[[product.rule]]
table = "network"
when = { "action.kind" = ["connect", "tunnel"] }
columns = { LocalIp = "client", RemoteIp = ["server", "peer"], RemotePort = "port", Protocol = { always = "TCP" }, BytesSent = "out", Duration = "took", LoggedUser = { domain = "realm", name = "account" } }

[[product.rule]]
table = "process"
when = { "action.kind" = "exec" }
columns = { Operation = { field = "step", words = { begin = "create", "*" = "kill" } }, ChildPath = "image", ChildFilename = "image", ChildPid = "pid", ChildMd5 = "digest" }
"#;

#[test]
fn a_product_is_mapped_by_a_table_of_field_names() {
    let place = Place::new();
    place.write("proxy.toml", PROXY);
    let record = |second: u32, more: Value| {
        let mut record =
            json!({ "proxy_id": 7, "client": "10.0.0.5", "when": format!("2026-03-02T10:00:{second:02}Z"), "device": { "name": "gate1.acme.example" } });
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        record
    };
    let connect =
        record(0, json!({ "action": { "kind": "connect" }, "peer": "203.0.113.9", "port": "443", "out": 100, "took": 1.5, "realm": "acme", "account": "ann" }));
    let exec = |second: u32, step: &str| {
        record(
            second,
            json!({ "action": { "kind": "exec" }, "step": step, "image": "C:\\t\\a.exe", "pid": "0x40", "digest": "MD5=00112233445566778899AABBCCDDEEFF" }),
        )
    };
    let other = record(3, json!({ "action": { "kind": "idle" } }));
    place.write("in/a.json", &format!("{connect}\n{}\n{}\n{other}\n", exec(1, "begin"), exec(2, "over")));
    let taken = take(&place, &["--mapping", "proxy.toml", "--report"]);
    assert_eq!((&taken["records"], &taken["raw_only"]), (&json!(4), &json!(1)));
    let picked = |query: &str, names: &[&str]| -> Value {
        rows(&place, query).iter().map(|row| names.iter().map(|name| row[*name].clone()).collect::<Value>()).collect()
    };
    let names = ["DateTime", "Machine", "Provider", "Channel", "LocalIp", "RemoteIp", "RemotePort", "Protocol", "BytesSent", "Duration", "LoggedUser"];
    let expected = json!([["2026-03-02T10:00:00.000Z", "GATE1", "AcmeProxy", "access", "10.0.0.5", "203.0.113.9", 443, "TCP", 100, 1500, "acme\\ann"]]);
    assert_eq!(picked("get_communications()", &names), expected);
    let expected = json!([["create", "a.exe", 64, "00112233445566778899aabbccddeeff"], ["kill", "a.exe", 64, "00112233445566778899aabbccddeeff"]]);
    assert_eq!(picked("get_executions()", &["Operation", "ChildFilename", "ChildPid", "ChildMd5"]), expected);
    let fields = taken["report"][0]["fields"].as_array().unwrap();
    assert_eq!(fields.iter().find(|field| field["name"] == "image").unwrap()["to"], json!(["process.ChildFilename", "process.ChildPath"]));
    assert_eq!(fields.iter().find(|field| field["name"] == "action.kind").unwrap()["to"], json!(["network", "process"]));
}

/// Where only some words mean anything, a field may say them itself, in any case; what it says else is no word.
#[test]
fn a_product_may_speak_our_words() {
    let place = Place::new();
    let rule = "table = \"logon\"\ncolumns = { Operation = \"did\", Outcome = \"how\", TargetUser = \"who\", LogonType = { always = \"3\" } }";
    place.write(
        "own.toml",
        &format!("[[product]]\nname = \"access\"\nsensor = \"Acme\"\nmarks = [\"did\", \"how\"]\ntime = \"when\"\n\n[[product.rule]]\n{rule}\n"),
    );
    let record = |second: u32, how: &str| json!({ "did": "Logon", "how": how, "who": "ann", "when": format!("2026-03-02T10:00:{second:02}Z") });
    place.write("in/a.json", &format!("{}\n{}\n", record(0, "FAILURE"), record(1, "perhaps")));
    take(&place, &["--mapping", "own.toml"]);
    let told = columns(&rows(&place, "get_logons()"), &["Operation", "Outcome", "TargetUser", "LogonType"]);
    assert_eq!(told, json!([["logon", "failure", "ann", 3], ["logon", null, "ann", 3]]));
}
