//! Elastic's own records: of Defend, and alerts of its rules.

use serde_json::{Value, json};

use super::{columns, eval, ingest, rows};
use crate::support::Place;

const ID: &str = "QWNtZS0xLTIzLTQ1Ng==";

/// A record of Defend on one host.
fn defend(dataset: &str, second: u32, kind: &str, category: &str, types: &[&str], more: Value) -> Value {
    let mut record = json!({ "@timestamp": format!("2026-03-02T10:00:{second:02}.100Z"), "agent": { "type": "endpoint" },
        "data_stream": { "dataset": dataset }, "event": { "kind": kind, "category": [category], "type": types, "dataset": dataset, "id": "E1", "action": "x" },
        "host": { "name": "host1.acme.example", "ip": ["127.0.0.1", "10.0.0.5", "::1"], "os": { "type": "windows", "full": "Windows 10 Pro 22H2 (10.0.19045.2006)" } },
        "process": { "entity_id": ID, "pid": 42, "executable": "C:\\t\\a.exe", "name": "a.exe", "hash": { "md5": "00112233445566778899aabbccddeeff" } },
        "user": { "domain": "ACME", "name": "ann" } });
    merge(&mut record, more);
    record
}

fn merge(into: &mut Value, from: Value) {
    match from {
        Value::Object(from) if into.is_object() => from.into_iter().for_each(|(name, value)| merge(&mut into[name.as_str()], value)),
        from => *into = from,
    }
}

fn records() -> Vec<Value> {
    let parent = json!({ "process": { "command_line": "a.exe -x", "parent": { "executable": "C:\\w\\b.exe", "pid": 7, "entity_id": "cGFyZW50" } } });
    let network = json!({ "source": { "ip": "10.0.0.5", "port": 50000, "bytes": 10 }, "destination": { "ip": "203.0.113.9", "port": 443, "bytes": 20 },
        "network": { "transport": "tcp", "direction": "egress" }, "event": { "action": "disconnect_received", "duration": 1_500_000_000_i64 } });
    let query = json!({ "dns": { "question": { "name": "a.example", "type": "A" }, "resolved_ip": ["10.0.0.9"] } });
    let key = json!({ "registry": { "path": "HKEY_USERS\\S-1-5\\Run\\x", "hive": "HKEY_USERS", "key": "S-1-5\\Run", "value": "x", "data": { "strings": ["a.exe"] } } });
    let module = json!({ "dll": { "path": "C:\\w\\c.dll", "code_signature": { "exists": true, "status": "trusted" } } });
    // The process that logs somebody on has a session of its own; the end of its action's name is none of the logon.
    let logon = json!({ "event": { "action": "vpn_append_session", "outcome": "success" }, "source": { "ip": "10.0.0.7" },
        "process": { "Ext": { "authentication_id": "0x5555", "session_info": { "logon_type": "Network" } } },
        "Target": { "process": { "Ext": { "authentication_id": "0xabcd" } } } });
    let alert = json!({ "event": { "code": "malicious_file", "severity": 73, "risk_score": 73.5 }, "message": "Malware Prevention Alert", "file": { "path": "C:\\t\\bad.exe" },
        "threat": [{ "technique": [{ "id": "T1204", "subtechnique": [{ "id": "T1204.002" }] }] }] });
    vec![
        defend("endpoint.events.process", 0, "event", "process", &["start"], parent),
        defend(
            "endpoint.events.file",
            1,
            "event",
            "file",
            &["creation"],
            json!({ "file": { "path": "C:\\t\\drop.ps1", "size": 5, "Ext": { "windows": { "zone_identifier": 3 } } } }),
        ),
        defend("endpoint.events.network", 2, "event", "network", &["end"], network),
        defend("endpoint.events.network", 3, "event", "network", &["info"], query),
        defend("endpoint.events.registry", 4, "event", "registry", &["change"], key),
        defend("endpoint.events.library", 5, "event", "library", &["start"], module),
        defend("endpoint.events.security", 6, "event", "authentication", &["start"], logon),
        defend("endpoint.alerts", 7, "alert", "malware", &["info", "denied"], alert),
        defend("endpoint.events.process", 8, "event", "process", &["end"], json!({})),
        defend("endpoint.metrics", 9, "metric", "host", &["info"], json!({})),
    ]
}

fn dotted(value: &Value, outer: &str, out: &mut serde_json::Map<String, Value>) {
    for (name, value) in value.as_object().unwrap() {
        let name = if outer.is_empty() { name.clone() } else { format!("{outer}.{name}") };
        if value.is_object() { dotted(value, &name, out) } else { drop(out.insert(name, value.clone())) }
    }
}

#[test]
fn nested_dotted_and_found_records_are_one() {
    let queries = [
        "get_executions()",
        "get_files()",
        "get_communications()",
        "get_dns()",
        "get_registry()",
        "get_logons()",
        "get_detections()",
        "get_ioas()",
        "get_raw_events()",
    ];
    let mut first: Option<Vec<Vec<Value>>> = None;
    let flat = |record: &Value| {
        let mut out = serde_json::Map::new();
        dotted(record, "", &mut out);
        Value::Object(out)
    };
    let found = |record: &Value| json!({ "_index": "logs-endpoint", "_id": "1", "_source": record });
    for shaped in [records(), records().iter().map(flat).collect(), records().iter().map(found).collect()] {
        let place = Place::new();
        place.write("in/log.json", &shaped.iter().map(|record| format!("{record}\n")).collect::<String>());
        let taken = ingest(&place);
        assert_eq!((&taken["records"], &taken["raw_only"], &taken["rejected"]), (&json!(10), &json!(1), &json!([])));
        let answers: Vec<Vec<Value>> = queries.iter().map(|query| rows(&place, query)).collect();
        let strip = |answers: Vec<Vec<Value>>| -> Vec<Vec<Value>> {
            let mut answers = answers;
            for row in answers.iter_mut().flatten() {
                row.as_object_mut().unwrap().retain(|name, _| !name.starts_with('_'));
            }
            answers
        };
        let answers = strip(answers);
        assert_eq!(first.get_or_insert_with(|| answers.clone()), &answers);
    }
}

#[test]
fn rows_of_defend() {
    let place = Place::new();
    place.write("in/log.json", &records().iter().map(|record| format!("{record}\n")).collect::<String>());
    ingest(&place);
    let answer = |query: &str, names: &[&str]| columns(&rows(&place, query), names);
    let started = answer(
        "get_executions()",
        &["Machine", "Provider", "Operation", "ChildFilename", "ChildGuid", "ParentFilename", "ParentGuid", "CommandLine", "LoggedUser"],
    );
    let expected = json!([
        ["HOST1", "Elastic", "create", "a.exe", ID, "b.exe", "cGFyZW50", "a.exe -x", "ACME\\ann"],
        ["HOST1", "Elastic", "load", "c.dll", null, "a.exe", ID, null, "ACME\\ann"],
        ["HOST1", "Elastic", "kill", "a.exe", ID, null, null, "a.exe -x", "ACME\\ann"],
    ]);
    assert_eq!(started, expected);
    assert_eq!(
        answer("get_files()", &["Operation", "ChildPath", "FileClass", "Size", "External", "CommandLine"]),
        json!([["create", "C:\\t\\drop.ps1", "script", 5, true, "a.exe -x"]])
    );
    let sent = answer("get_communications()", &["Direction", "RemoteIp", "BytesSent", "BytesReceived", "Duration", "ParentGuid", "ParentMd5"]);
    assert_eq!(sent, json!([["Outgoing", "203.0.113.9", 10, 20, 1500, ID, "00112233445566778899aabbccddeeff"]]));
    assert_eq!(answer("get_dns()", &["Query", "QueryType", "Answers"]), json!([["a.example", "A", "10.0.0.9"]]));
    assert_eq!(answer("get_registry()", &["Operation", "Key", "Value", "ValueData"]), json!([["modify", "HKU\\S-1-5\\Run", "x", "a.exe"]]));
    assert_eq!(
        answer("get_logons()", &["Operation", "Outcome", "LogonType", "TargetUser", "RemoteIp", "LogonId"]),
        json!([["logon", "success", 3, "ann", "10.0.0.7", "0xabcd"]])
    );
    let detected = answer("get_blocked()", &["Action", "ChildFilename", "ParentFilename", "WinningTech", "Severity", "Threat"]);
    assert_eq!(detected, json!([["blocked", "bad.exe", "a.exe", "malicious_file", "high", "Malware Prevention Alert"]]));
    let alerts = answer("get_ioas()", &["huntingRule", "severity", "critical", "mitre", "weight", "status"]);
    assert_eq!(alerts, json!([["Malware Prevention Alert", "high", false, "T1204.002", 73.5, "blocked"]]));
    assert_eq!(answer("get_machines()", &["Name", "LocalIp", "Os"]), json!([["HOST1", "10.0.0.5", "Windows 10.0.19045"]]));
    let family = eval(&place, r#"Machine("HOST1", all_time()).get_processes(#{ file: "a.exe" }).first().communications().count()"#);
    assert_eq!(family, 1);
}

#[test]
fn an_alert_over_a_windows_record_is_no_second_record() {
    let place = Place::new();
    let alert = json!({ "@timestamp": "2026-03-02T10:05:00Z", "kibana.alert.rule.name": "Encoded PowerShell", "kibana.alert.uuid": "u1", "kibana.alert.severity": "high",
        "kibana.alert.risk_score": 73, "kibana.alert.original_time": "2026-03-02T10:00:00Z", "kibana.alert.workflow_status": "open", "kibana.alert.reason": "process event",
        "event.kind": "signal", "winlog.channel": "Security", "winlog.event_id": 4688, "winlog.computer_name": "HOST2", "process.executable": "C:\\w\\powershell.exe" });
    place.write("in/alerts.json", &format!("{alert}\n"));
    ingest(&place);
    assert_eq!(rows(&place, "get_executions()"), Vec::<Value>::new());
    let names = ["Machine", "huntingRule", "id", "severity", "status", "details", "timeStamp", "weight"];
    let expected = json!([["HOST2", "Encoded PowerShell", "u1", "high", "open", "process event", "2026-03-02T10:00:00.000Z", 73.0]]);
    assert_eq!(columns(&rows(&place, "get_ioas()"), &names), expected);
}

/// What Defend adds to the common schema: marks of the web, where sessions come from, calls into other processes, scripts before they run.
#[test]
fn what_only_defend_tells() {
    let place = Place::new();
    let session = |kind: &str| json!({ "process": { "Ext": { "session_info": { "logon_type": kind, "client_address": "10.0.0.7" }, "windows": { "zone_identifier": 3 } } } });
    let call = |name: &str| {
        json!({ "process": { "Ext": { "api": { "name": name, "parameters": { "desired_access_numeric": 4112, "buffer": "Get-Date", "content_name": "C:\\t\\a.ps1" } } },
            "thread": { "Ext": { "call_stack_summary": "ntdll.dll|a.exe" } } }, "Target": { "process": { "pid": 7, "executable": "C:\\w\\lsass.exe" } } })
    };
    let file = json!({ "file": { "path": "C:\\t\\a.zip", "origin_url": "https://a.example/a.zip", "Ext": { "windows": { "zone_identifier": -1 } } } });
    let module = json!({ "dll": { "path": "C:\\t\\c.dll", "Ext": { "windows": { "zone_identifier": 1 } } } });
    let records = [
        defend("endpoint.events.process", 0, "event", "process", &["start"], session("RemoteInteractive")),
        defend("endpoint.events.process", 1, "event", "process", &["start"], session("Interactive")),
        defend("endpoint.events.api", 2, "event", "api", &["credential_access"], call("OpenProcess")),
        defend("endpoint.events.api", 3, "event", "api", &["change"], call("AmsiScanBuffer")),
        defend("endpoint.events.file", 4, "event", "file", &["creation"], file),
        defend("endpoint.events.library", 5, "event", "library", &["start"], module),
    ];
    place.write("in/log.json", &records.map(|record| format!("{record}\n")).concat());
    ingest(&place);
    let done = columns(&rows(&place, r#"get_executions(#{ operation: ["create", "load"] })"#), &["RemoteSession", "RemoteIp", "External"]);
    assert_eq!(done, json!([[true, "10.0.0.7", true], [false, "10.0.0.7", true], [null, null, false]]));
    let opened =
        columns(&rows(&place, r#"get_executions(#{ operation: "access" })"#), &["ChildFilename", "ChildPid", "GrantedAccess", "CallTrace", "ParentPid"]);
    assert_eq!(opened, json!([["lsass.exe", 7, "0x1010", "ntdll.dll|a.exe", 42]]));
    assert_eq!(columns(&rows(&place, "get_scripts()"), &["ScriptText", "Path", "ParentFilename"]), json!([["Get-Date", "C:\\t\\a.ps1", "a.exe"]]));
    assert_eq!(columns(&rows(&place, "get_files()"), &["External", "Zone"]), json!([[true, null]]));
}

/// A sensor of packets has what was answered in objects, and rules of any producer raise alerts.
#[test]
fn answers_and_alerts_are_told_in_several_ways() {
    let place = Place::new();
    let query = json!({ "dns": { "question": { "name": "a.example" },
        "answers": [{ "name": "a.example", "type": "CNAME", "data": "b.example" }, { "name": "b.example", "type": "A", "data": "203.0.113.9" }] } });
    let alert = |producer: &str| {
        json!({ "@timestamp": "2026-03-02T10:05:00Z", "kibana.alert.rule.name": producer, "kibana.alert.rule.producer": producer, "kibana.alert.uuid": producer,
            "event.kind": "signal", "host.name": "HOST2" })
    };
    let records = [defend("network_traffic.dns", 0, "event", "network", &["info"], query), alert("siem"), alert("ml"), alert("infrastructure")];
    place.write("in/log.json", &records.map(|record| format!("{record}\n")).concat());
    assert_eq!(ingest(&place)["raw_only"], 0);
    assert_eq!(columns(&rows(&place, "get_dns()"), &["Query", "Answers"]), json!([["a.example", "b.example;203.0.113.9"]]));
    let mut raised = rows(&place, "get_ioas()");
    raised.sort_by_key(|row| row["id"].to_string());
    let expected = json!([["infrastructure", "alerts"], ["ml", "alerts"], ["siem", "alerts"]]);
    assert_eq!(columns(&raised, &["huntingRule", "Channel"]), expected);
}

#[test]
fn an_agent_that_names_its_addresses_finds_its_connections() {
    let place = Place::new();
    place.write("in/log.json", &format!("{}\n", records()[1]));
    let wire = json!({ "_path": "conn", "ts": 1_772_445_602.0, "uid": "C1", "id.orig_h": "10.0.0.5", "id.orig_p": 50000, "id.resp_h": "203.0.113.9", "id.resp_p": 443, "proto": "tcp",
        "conn_state": "SF", "orig_bytes": 10, "resp_bytes": 20 });
    place.write("in/wire.json", &format!("{wire}\n"));
    ingest(&place);
    assert_eq!(columns(&rows(&place, "get_communications()"), &["Machine", "BytesSent"]), json!([["HOST1", 10]]));
}
