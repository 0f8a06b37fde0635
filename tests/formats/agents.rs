//! osquery, CloudTrail, and the server of OpenSSH.

use serde_json::{Value, json};

use super::{columns, ingest, rows};
use crate::support::Place;

#[test]
fn osquery_and_cloud_calls() {
    let place = Place::new();
    let result = |action: &str, second: u32| {
        json!({ "name": "pack_processes", "hostIdentifier": "jump1", "unixTime": 1_772_445_600 + second, "action": action,
        "columns": { "pid": "77", "parent": "1", "path": "/usr/bin/nc", "cmdline": "nc -l 4444", "name": "nc", "username": "root" } })
    };
    let login = json!({ "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "awsRegion": "us-east-1", "eventTime": "2026-03-02T10:00:05Z",
        "sourceIPAddress": "203.0.113.9", "userIdentity": { "userName": "ann", "accountId": "1" }, "responseElements": { "ConsoleLogin": "Failure" } });
    place.write("in/log.json", &format!("{}\n{}\n{login}\n", result("added", 0), result("removed", 9)));
    assert_eq!(ingest(&place)["raw_only"], 0);
    let seen =
        columns(&rows(&place, "get_executions()"), &["DateTime", "Machine", "Provider", "Operation", "ChildFilename", "ChildPid", "CommandLine", "LoggedUser"]);
    let expected = json!([
        ["2026-03-02T10:00:00.000Z", "JUMP1", "osquery", "create", "nc", 77, "nc -l 4444", "root"],
        ["2026-03-02T10:00:09.000Z", "JUMP1", "osquery", "kill", "nc", 77, "nc -l 4444", "root"],
    ]);
    assert_eq!(seen, expected);
    assert_eq!(
        columns(&rows(&place, "get_logons()"), &["Provider", "Outcome", "LoggedUser", "RemoteIp"]),
        json!([["CloudTrail", "failure", "ann", "203.0.113.9"]])
    );
}

/// What one query of osquery found new or gone may be one record; and its time the calendar's alone.
#[test]
fn results_in_batches_are_told_apart() {
    let place = Place::new();
    let process = |pid: &str| json!({ "pid": pid, "parent": "1", "path": "/usr/bin/nc", "cmdline": "nc -l 4444", "name": "nc" });
    let record = |more: (&str, Value)| {
        let mut record = json!({ "name": "processes", "hostIdentifier": "jump1", "calendarTime": "Mon Mar  2 10:00:00 2026 UTC" });
        record[more.0] = more.1;
        record
    };
    let batch = record(("diffResults", json!({ "added": [process("77"), process("78")], "removed": [process("70")] })));
    let nothing = record(("diffResults", json!({ "added": "", "removed": "" })));
    let snapshot = record(("snapshot", json!([process("1")])));
    place.write("in/log.json", &format!("{batch}\n{nothing}\n{snapshot}\n"));
    let taken = ingest(&place);
    assert_eq!((&taken["records"], &taken["raw_only"]), (&json!(5), &json!(2)));
    let seen = columns(&rows(&place, "get_executions()"), &["DateTime", "Machine", "Operation", "ChildPid"]);
    let time = "2026-03-02T10:00:00.000Z";
    assert_eq!(seen, json!([[time, "JUMP1", "create", 77], [time, "JUMP1", "create", 78], [time, "JUMP1", "kill", 70]]));
}

#[test]
fn files_logons_and_commands_that_osquery_found() {
    let place = Place::new();
    let result = |second: u32, action: &str, columns: Value| json!({ "name": "pack", "hostIdentifier": "jump1", "unixTime": 1_772_445_600 + second, "action": action, "columns": columns });
    let file = json!({ "action": "UPDATED", "target_path": "/etc/passwd", "md5": "00112233445566778899aabbccddeeff", "size": "7", "username": "root", "time": "1772445600" });
    let last = |host: &str, kind: &str| json!({ "host": host, "pid": "77", "tty": "pts/0", "type": "7", "type_name": kind, "username": "ann" });
    let user = json!({ "host": "203.0.113.9", "pid": "77", "tty": "pts/0", "type": "user", "user": "ann", "name": "sshd", "cmdline": "sshd: ann" });
    let command = json!({ "command": "cat /etc/shadow", "history_file": "/home/ann/.bash_history", "shell": "/bin/bash", "username": "ann", "time": "0" });
    let records = [
        result(0, "added", file),
        result(1, "added", last("203.0.113.9", "user-process")),
        result(2, "added", last("gate.acme.example", "user-process")),
        result(3, "added", last("", "dead-process")),
        result(4, "added", user.clone()),
        result(5, "removed", user),
        result(6, "added", command.clone()),
        result(7, "removed", command),
    ];
    place.write("in/log.json", &records.map(|record| format!("{record}\n")).concat());
    ingest(&place);
    let names = ["Machine", "Operation", "ChildPath", "ChildMd5", "Size", "LoggedUser"];
    assert_eq!(columns(&rows(&place, "get_files()"), &names), json!([["JUMP1", "modify", "/etc/passwd", "00112233445566778899aabbccddeeff", 7, null]]));
    let logons = columns(&rows(&place, "get_logons()"), &["Operation", "Outcome", "LoggedUser", "RemoteIp", "RemoteHost", "ParentPid"]);
    let expected = json!([
        ["logon", "success", "ann", "203.0.113.9", null, 77],
        ["logon", "success", "ann", null, "gate.acme.example", 77],
        ["logoff", null, "ann", "203.0.113.9", null, 77]
    ]);
    assert_eq!(logons, expected);
    assert_eq!(columns(&rows(&place, "get_scripts()"), &["ScriptText", "LoggedUser", "ParentFilename"]), json!([["cat /etc/shadow", "ann", "bash"]]));
}

#[test]
fn the_server_of_openssh_says_who_came() {
    let place = Place::new();
    let record = |second: u32, payload: &str| json!({ "Channel": "OpenSSH/Operational", "EventID": 4, "Hostname": "HOST1", "@timestamp": format!("2026-03-02T10:00:{second:02}Z"), "process": "sshd", "payload": payload });
    let records = [
        record(0, "Server listening on :: port 22."),
        record(1, "Failed password for invalid user eve from 203.0.113.9 port 50000 ssh2"),
        record(2, "Failed password for ann from 203.0.113.9 port 50001 ssh2"),
        record(3, "Accepted publickey for acme\\ann from 10.0.0.7 port 50002 ssh2: RSA SHA256:x"),
    ];
    place.write("in/log.json", &records.map(|record| format!("{record}\n")).concat());
    assert_eq!(ingest(&place)["raw_only"], 1);
    let logons = columns(&rows(&place, "get_logons()"), &["Operation", "Outcome", "LoggedUser", "TargetUser", "RemoteIp", "AuthPackage", "ParentFilename"]);
    let expected = json!([
        ["logon", "failure", "eve", "eve", "203.0.113.9", "password", "sshd"],
        ["logon", "failure", "ann", "ann", "203.0.113.9", "password", "sshd"],
        ["logon", "success", "acme\\ann", "acme\\ann", "10.0.0.7", "publickey", "sshd"]
    ]);
    assert_eq!(logons, expected);
}
