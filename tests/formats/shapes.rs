//! The shapes of JSON in which collectors write Windows records.

use serde_json::{Map, Value, json};

use super::{eval, ingest, rows};
use crate::support::Place;

const SYSMON: &str = "Microsoft-Windows-Sysmon/Operational";
const QUERIES: [&str; 8] = [
    r#"get_executions(#{ operation: ["create", "kill", "access", "load"] })"#,
    "get_files()",
    "get_registry()",
    "get_communications()",
    "get_dns()",
    "get_logons()",
    "get_scripts()",
    "get_system()",
];

/// Channel, id, and data of made-up records.
fn records() -> Vec<(&'static str, i64, Value)> {
    let process = json!({ "ProcessGuid": "{11111111-2222-3333-4444-000000000001}", "ProcessId": "4321", "Image": "C:\\tools\\a.exe" });
    let of = |more: Value| {
        let mut data = process.clone();
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        data
    };
    vec![
        (
            SYSMON,
            1,
            of(json!({ "CommandLine": "a.exe -x", "User": "ACME\\ann", "LogonId": "0x51", "IntegrityLevel": "High", "ParentImage": "C:\\w\\b.exe",
                "ParentProcessId": "77", "ParentProcessGuid": "{11111111-2222-3333-4444-000000000002}", "ParentCommandLine": "b.exe", "CurrentDirectory": "C:\\w\\",
                "OriginalFileName": "A.EXE", "Company": "Acme", "Hashes": "MD5=00112233445566778899AABBCCDDEEFF,SHA1=00112233445566778899AABBCCDDEEFF00112233" })),
        ),
        (
            SYSMON,
            3,
            of(json!({ "SourceIp": "10.0.0.1", "SourcePort": "50000", "DestinationIp": "10.0.0.2", "DestinationPort": "443", "Protocol": "tcp",
                "Initiated": "true", "DestinationPortName": "https", "User": "ACME\\ann" })),
        ),
        (
            SYSMON,
            7,
            of(json!({ "ImageLoaded": "C:\\w\\c.dll", "Signed": "true", "Signature": "Acme", "SignatureStatus": "Valid",
            "Hashes": "MD5=10112233445566778899AABBCCDDEEFF" })),
        ),
        (
            SYSMON,
            10,
            json!({ "SourceImage": "C:\\tools\\a.exe", "SourceProcessGUID": "{11111111-2222-3333-4444-000000000001}", "SourceProcessId": "4321",
            "TargetImage": "C:\\w\\lsass.exe", "TargetProcessId": "5", "TargetProcessGUID": "{11111111-2222-3333-4444-000000000003}", "GrantedAccess": "0x1010" }),
        ),
        (SYSMON, 11, of(json!({ "TargetFilename": "C:\\t\\drop.ps1" }))),
        (SYSMON, 13, of(json!({ "TargetObject": "HKLM\\SOFTWARE\\Run\\x", "Details": "a.exe" }))),
        (SYSMON, 22, of(json!({ "QueryName": "a.example", "QueryStatus": "0", "QueryResults": "10.0.0.9;10.0.0.8" }))),
        (
            "Security",
            4624,
            json!({ "TargetUserName": "ann", "TargetDomainName": "ACME", "TargetLogonId": "0x51", "LogonType": "3", "IpAddress": "10.0.0.7",
            "WorkstationName": "HOST7", "AuthenticationPackageName": "NTLM", "ProcessName": "C:\\w\\svc.exe", "ProcessId": "0x30" }),
        ),
        (
            "Security",
            4688,
            json!({ "NewProcessName": "C:\\w\\d.exe", "NewProcessId": "0x40", "ProcessId": "0x41", "ParentProcessName": "C:\\w\\b.exe", "CommandLine": "d.exe",
            "SubjectUserName": "ann", "SubjectDomainName": "ACME", "SubjectLogonId": "0x51" }),
        ),
        ("System", 7036, json!({ "param1": "Print Spooler", "param2": "stopped" })),
        (
            "Microsoft-Windows-PowerShell/Operational",
            4104,
            json!({ "ScriptBlockText": "Get-Date", "ScriptBlockId": "aaaa", "MessageNumber": "1", "MessageTotal": "1" }),
        ),
    ]
}

/// Times in UTC of a record by its place.
fn times(place: usize) -> (String, String) {
    (format!("2026-03-02T10:00:{place:02}.100Z"), format!("2026-03-02 10:00:{place:02}.100"))
}

fn with_sensor(channel: &str, place: usize, data: &Value) -> Map<String, Value> {
    let mut data = data.as_object().unwrap().clone();
    if channel == SYSMON {
        data.insert("UtcTime".into(), times(place).1.into());
    }
    data
}

fn flat(channel: &str, id: i64, place: usize, data: &Value) -> Value {
    let mut record = with_sensor(channel, place, data);
    let own = json!({ "@timestamp": times(place).0, "Channel": channel, "EventID": id, "Hostname": "HOST1.acme.example", "RecordNumber": place });
    record.extend(own.as_object().unwrap().clone());
    record.into()
}

fn winlogbeat(channel: &str, id: i64, place: usize, data: &Value) -> Value {
    json!({ "@timestamp": times(place).0, "log_name": channel, "event_id": id, "computer_name": "HOST1.acme.example", "record_number": place.to_string(),
        "host": { "name": "COLLECTOR" }, "beat": { "hostname": "COLLECTOR" }, "user": { "name": "SYSTEM", "domain": "NT AUTHORITY" },
        "event_data": with_sensor(channel, place, data) })
}

/// As an agent without modules writes it.
fn ecs(channel: &str, id: i64, place: usize, data: &Value) -> Value {
    json!({ "@timestamp": times(place).0, "ecs": { "version": "8.0.0" }, "event": { "code": id.to_string(), "created": "2026-03-02T10:04:00.000Z" },
        "host": { "name": "collector" },
        "winlog": { "channel": channel, "computer_name": "HOST1.acme.example", "record_id": place, "event_data": with_sensor(channel, place, data) } })
}

fn dotted(record: &Value) -> Value {
    fn into(record: &Value, before: &str, out: &mut Map<String, Value>) {
        for (name, value) in record.as_object().unwrap() {
            let name = if before.is_empty() { name.clone() } else { format!("{before}.{name}") };
            if value.is_object() { into(value, &name, out) } else { drop(out.insert(name, value.clone())) }
        }
    }
    let mut out = Map::new();
    into(record, "", &mut out);
    out.into()
}

fn told(how: fn(&str, i64, usize, &Value) -> Value) -> Vec<Value> {
    records().iter().enumerate().map(|(place, (channel, id, data))| how(channel, *id, place, data)).collect()
}

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

fn answers(text: &str) -> Vec<Vec<Value>> {
    let place = Place::new();
    place.write("in/log.json", text);
    let summary = ingest(&place);
    assert_eq!((&summary["records"], &summary["rejected"]), (&json!(records().len()), &json!([])));
    assert_eq!((&summary["raw_only"], &summary["rows"]["machine"]), (&json!(0), &json!(1)));
    QUERIES.iter().map(|query| rows(&place, query)).collect()
}

#[test]
fn a_record_is_one_row_whichever_collector_wrote_it() {
    let expected = answers(&lines(&told(flat)));
    assert_eq!(expected.iter().map(Vec::len).collect::<Vec<_>>(), [4, 1, 1, 1, 1, 1, 1, 1]);
    assert_eq!(answers(&lines(&told(winlogbeat))), expected, "winlogbeat 6");
    assert_eq!(answers(&lines(&told(ecs))), expected, "nested");
    assert_eq!(answers(&lines(&told(ecs).iter().map(dotted).collect::<Vec<_>>())), expected, "dotted");
    // One file may hold them all.
    let mixed: Vec<Value> =
        told(flat).into_iter().zip(told(ecs)).zip(told(winlogbeat)).enumerate().map(|(place, ((a, b), c))| [a, b, c][place % 3].clone()).collect();
    assert_eq!(answers(&lines(&mixed)), expected, "mixed");
}

#[test]
fn arrays_and_objects_over_lines_are_read() {
    let expected = answers(&lines(&told(ecs)));
    let records = told(ecs);
    assert_eq!(answers(&serde_json::to_string(&records).unwrap()), expected, "one line");
    assert_eq!(answers(&serde_json::to_string_pretty(&records).unwrap()), expected, "an array over lines");
    let array = format!("[\n{}\n]\n", records.iter().map(Value::to_string).collect::<Vec<_>>().join(",\n"));
    assert_eq!(answers(&array), expected, "one element a line");
    let objects: String = records.iter().map(|record| serde_json::to_string_pretty(record).unwrap() + "\n").collect();
    assert_eq!(answers(&objects), expected, "objects over lines");
    assert_eq!(answers(&format!("\u{feff}{{ \"Records\": {array}, \"next\": \"x\" }}")), expected, "inside an object");
}

#[test]
fn a_long_array_is_read_in_pieces() {
    let place = Place::new();
    let text = "x".repeat(700);
    let records: Vec<Value> =
        (0..4000).map(|number| json!({ "Channel": "Security", "EventID": 1, "RecordNumber": number, "Text": format!("{text}\\\"{{[") })).collect();
    place.write("in/long.json", &serde_json::to_string(&records).unwrap());
    let summary = ingest(&place);
    assert_eq!((&summary["records"], &summary["rejected"]), (&json!(4000), &json!([])));
    assert_eq!(eval(&place, r#"Client("all", all_time()).get_raw_events().column("RecordId").len()"#), json!(4000));
}

#[test]
fn damage_in_an_array_costs_its_record() {
    let place = Place::new();
    place.write(
        "in/a.json",
        r#"[{"Channel":"A","EventID":1},{"Channel":"A","EventID":},{"Channel":"A","EventID":3} oops,{"Channel":"A","EventID":4},{"Channel":"#,
    );
    let summary = ingest(&place);
    assert_eq!(summary["records"], 3);
    let rejected: Vec<(&str, u64)> =
        summary["rejected"].as_array().unwrap().iter().map(|entry| (entry["reason"].as_str().unwrap(), entry["offset"].as_u64().unwrap())).collect();
    assert_eq!(rejected, [("not JSON: a value was expected", 54), ("not JSON: an object without an end", 117), ("not JSON: text between records", 84)]);
}

/// Modules of the collector put fields of Sysmon and Security elsewhere, and the sensor's time in place of the stated one.
#[test]
fn fields_that_a_module_moved_are_found() {
    let place = Place::new();
    let event =
        |code: i64, second: i64| json!({ "code": code, "created": format!("2026-03-02T03:00:{second:02}.000Z"), "provider": "Microsoft-Windows-Sysmon" });
    let process = json!({ "entity_id": "{11111111-2222-3333-4444-000000000001}", "pid": 7, "executable": "C:\\t\\a.exe", "name": "a.exe",
        "hash": { "md5": "00112233445566778899aabbccddeeff" }, "parent": { "executable": "C:\\w\\b.exe", "pid": 8 } });
    let winlog = |channel: &str, data: Value| json!({ "channel": channel, "computer_name": "HOST1", "event_data": data });
    let user = json!({ "domain": "ACME", "name": "ann" });
    let records = [
        json!({ "@timestamp": "2026-03-02T10:00:01.000Z", "event": event(1, 2), "user": user, "process": process, "winlog": winlog(SYSMON, json!({ "LogonId": "0x51" })) }),
        json!({ "@timestamp": "2026-03-02T10:00:02.000Z", "event": event(13, 3), "process": process, "winlog": winlog(SYSMON, json!({})),
            "registry": { "path": "HKLM\\SOFTWARE\\Run\\x", "data": { "strings": ["a", "b"] } } }),
        // A process that the collector's clock, local time, dates before the sensor's.
        json!({ "@timestamp": "2026-03-02T03:00:04.000Z", "event": { "code": 4672, "created": "2026-03-02T03:00:04.000Z" }, "user": user, "winlog": winlog("Security", json!({})) }),
    ];
    place.write("in/ecs.ndjson", &lines(&records));
    let summary = ingest(&place);
    assert_eq!((&summary["records"], &summary["raw_only"], &summary["offsets"][0]["seconds"]), (&json!(3), &json!(0), &json!(25_199)));
    let start = rows(&place, "get_executions()").remove(0);
    let names = ["DateTime", "LoggedUser", "ChildPath", "ChildMd5", "ChildPid", "ParentPath", "ParentPid"];
    let found: Vec<Value> = names.iter().map(|name| start[*name].clone()).collect();
    let expected = json!(["2026-03-02T10:00:01.000Z", "ACME\\ann", "C:\\t\\a.exe", "00112233445566778899aabbccddeeff", 7, "C:\\w\\b.exe", 8]);
    assert_eq!(Value::Array(found), expected);
    let set = rows(&place, "get_registry()").remove(0);
    assert_eq!(
        (&set["Value"], &set["ValueData"], &set["ParentFilename"], &set["LoggedUser"]),
        (&json!("x"), &json!("a b"), &json!("a.exe"), &json!("ACME\\ann"))
    );
    let special = rows(&place, "get_logons()").remove(0);
    assert_eq!((&special["DateTime"], &special["TargetUser"]), (&json!("2026-03-02T10:00:03.000Z"), &json!("ann")));
    // Only what was logged is kept.
    let raw = eval(&place, r#"Client("all", all_time()).get_raw_events(#{ channel: "Security" }).rows()[0].to_string()"#);
    assert!(!raw.to_string().contains("SubjectUserName"), "{raw}");
}

/// A collector puts the process that logs in the place of the one that is meant, whose id is in the message then.
#[test]
fn ids_that_a_collector_wrote_over_are_in_the_message() {
    let place = Place::new();
    let record = |channel: &str, id: u32, message: &str, data: Value| {
        let mut record =
            json!({ "Channel": channel, "EventID": id, "Hostname": "HOST1", "EventTime": "2026-03-02 10:00:00", "ProcessID": 4, "Message": message });
        record.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        record
    };
    let guid = "{11111111-2222-3333-4444-000000000001}";
    let created = "File created:\r\nRuleName: \r\nProcessGuid: {11111111}\r\nProcessId: 1432\r\nImage: C:\\a.exe";
    let sent = "The Windows Filtering Platform has permitted a connection.\r\n\r\nApplication Information:\r\n\tProcess ID:\t\t1144\r\n\tApplication Name:\t\\x\\a.exe";
    let logon = "An account was successfully logged on.\r\n\r\nProcess Information:\r\n\tProcess ID:\t\t0xa08\r\n\tProcess Name:\t\tC:\\a.exe";
    let records = [
        record(SYSMON, 11, created, json!({ "UtcTime": "2026-03-02 10:00:00.000", "ProcessGuid": guid, "Image": "C:\\a.exe", "TargetFilename": "C:\\b.txt" })),
        record(
            "Security",
            5156,
            sent,
            json!({ "Application": "\\x\\a.exe", "SourceAddress": "10.0.0.5", "DestAddress": "10.0.0.6", "DestPort": "443", "Protocol": "6" }),
        ),
        record("Security", 4624, logon, json!({ "TargetUserName": "ann", "LogonType": "3", "ProcessName": "C:\\a.exe" })),
        record("Security", 4624, &logon.replace("0xa08", "0x0"), json!({ "TargetUserName": "eve", "LogonType": "3" })),
    ];
    place.write("in/log.json", &lines(&records));
    ingest(&place);
    let pids = |query: &str| -> Vec<Value> { rows(&place, query).iter().map(|row| row["ParentPid"].clone()).collect() };
    assert_eq!(
        (pids("get_files()"), pids("get_communications()"), pids("get_logons()")),
        (vec![json!(1432)], vec![json!(1144)], vec![json!(0xa08), json!(null)])
    );
}

/// What most files of the system say of its version counts, but not those that have a version of their own.
#[test]
fn a_machine_runs_what_its_system_says() {
    let place = Place::new();
    let start = |second: u32, version: &str| {
        json!({ "Channel": SYSMON, "EventID": 1, "Hostname": "HOST1", "UtcTime": format!("2026-03-02 10:00:{second:02}.000"), "ProcessId": second, "Image": "C:\\Windows\\System32\\a.exe",
            "CommandLine": "a.exe", "FileVersion": format!("{version} (WinBuild.160101.0800)") })
    };
    place.write("in/log.json", &lines(&[start(1, "7.0.17763.1"), start(2, "7.0.17763.1"), start(3, "10.0.17763.1")]));
    ingest(&place);
    assert_eq!(rows(&place, "get_machines()")[0]["Os"], "Windows 10.0.17763");
}
