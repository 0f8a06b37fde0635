//! Defender for Endpoint: rows of its tables, as exports and streams write them.

use serde_json::{Value, json};

use super::{columns, ingest, rows};
use crate::support::Place;

/// A streamed row of a table.
fn streamed(table: &str, second: u32, action: &str, more: Value) -> String {
    let time = format!("2026-03-02T10:00:{second:02}Z");
    let mut properties = json!({ "DeviceName": "host1.acme.example", "ActionType": action, "Timestamp": time, "InitiatingProcessFileName": "b.exe", "InitiatingProcessId": 65,
        "InitiatingProcessFolderPath": "c:\\w\\b.exe", "InitiatingProcessCommandLine": "b.exe -y", "InitiatingProcessSHA256": "aa".repeat(32),
        "InitiatingProcessAccountDomain": "acme", "InitiatingProcessAccountName": "ann" });
    properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    format!("{}\n", json!({ "time": time, "category": format!("AdvancedHunting-{table}"), "operationName": "Publish", "properties": properties }))
}

/// What only some actions have is one text in most exports, and an object in some.
fn with(fields: Value) -> Value {
    json!({ "AdditionalFields": fields.to_string() })
}

#[test]
fn actions_of_all_kinds_become_rows() {
    let place = Place::new();
    let answers = json!([{ "Result": "a.cdn.example", "DnsQueryType": "CNAME" }, { "Result": "203.0.113.9", "DnsQueryType": "A" }]);
    let file = json!({ "FileName": "d.exe", "FolderPath": "C:\\w\\d.exe", "SHA1": "bb".repeat(20) });
    let of_file = |fields: Value| {
        let mut all = file.clone();
        all["AdditionalFields"] = fields.to_string().into();
        all
    };
    let events = [
        ("DnsQueryResponse", with(json!({ "DnsQueryString": "a.example", "DnsQueryResult": answers.to_string() }))),
        ("DnsQueryResponse", json!({ "AdditionalFields": { "DnsQueryString": "b.example", "DnsQueryResult": answers } })),
        ("PowerShellCommand", with(json!({ "Command": "Get-Date" }))),
        ("AntivirusDetection", of_file(json!({ "ThreatName": "Trojan:Win32/Acme", "WasRemediated": true, "ReportSource": "Windows Defender" }))),
        ("AntivirusDetection", of_file(json!({ "ThreatName": "PUA:Acme", "WasRemediated": false }))),
        ("ScheduledTaskCreated", with(json!({ "TaskName": "\\Acme\\Update", "TaskContent": "<Exec>d.exe</Exec>" }))),
        ("ScheduledTaskDeleted", with(json!({ "TaskName": "\\Acme\\Update" }))),
        ("ServiceInstalled", of_file(json!({ "ServiceName": "acmesvc", "ServiceAccount": "LocalSystem" }))),
        ("NamedPipeEvent", with(json!({ "PipeName": "\\Device\\NamedPipe\\acme-7", "FileOperation": "File created", "NamedPipeEnd": "Server" }))),
        ("NamedPipeEvent", with(json!({ "PipeName": "\\Device\\NamedPipe\\acme-7", "FileOperation": "File opened", "NamedPipeEnd": "Client" }))),
        ("UserAccountCreated", json!({ "AccountDomain": "acme", "AccountName": "eve", "AccountSid": "S-1-5-21-7" })),
        ("SecurityLogCleared", json!({})),
        (
            "OpenProcessApiCall",
            json!({ "FileName": "lsass.exe", "FolderPath": "C:\\Windows\\System32", "ProcessId": 700, "AdditionalFields": "{\"DesiredAccess\":4112}" }),
        ),
    ];
    let log: String = (0..).zip(&events).map(|(second, (action, more))| streamed("DeviceEvents", second, action, more.clone())).collect();
    place.write("in/events.json", &log);
    assert_eq!(ingest(&place)["raw_only"], 0);
    let looked_up = columns(&rows(&place, "get_dns()"), &["Query", "Answers", "ParentFilename", "LoggedUser"]);
    let answers = "a.cdn.example;203.0.113.9";
    assert_eq!(looked_up, json!([["a.example", answers, "b.exe", "acme\\ann"], ["b.example", answers, "b.exe", "acme\\ann"]]));
    assert_eq!(columns(&rows(&place, "get_scripts()"), &["ScriptText", "ParentPath"]), json!([["Get-Date", "c:\\w\\b.exe"]]));
    let found = columns(&rows(&place, "get_detections()"), &["Threat", "Action", "ChildPath", "WinningTech"]);
    let expected = json!([["Trojan:Win32/Acme", "removed", "C:\\w\\d.exe", "Windows Defender"], ["PUA:Acme", "detected", "C:\\w\\d.exe", null]]);
    assert_eq!(found, expected);
    let changed = columns(&rows(&place, "get_system()"), &["Kind", "Operation", "Name", "Value", "Account", "LoggedUser", "ParentPid"]);
    let expected = json!([
        ["task", "create", "\\Acme\\Update", "<Exec>d.exe</Exec>", null, "acme\\ann", 65],
        ["task", "delete", "\\Acme\\Update", null, null, "acme\\ann", 65],
        ["service", "create", "acmesvc", "C:\\w\\d.exe", "LocalSystem", "acme\\ann", 65],
        ["pipe", "create", "\\acme-7", null, null, "acme\\ann", 65],
        ["pipe", "connect", "\\acme-7", null, null, "acme\\ann", 65],
        ["account", "create", "eve", null, "acme\\eve", "acme\\ann", 65],
        ["log", "clear", "Security", null, null, "acme\\ann", 65]
    ]);
    assert_eq!(changed, expected);
    let opened = columns(&rows(&place, r#"get_executions(#{ operation: "access" })"#), &["ChildPath", "ChildPid", "GrantedAccess", "ParentCommandLine"]);
    assert_eq!(opened, json!([["C:\\Windows\\System32\\lsass.exe", 700, "0x1010", "b.exe -y"]]));
}

#[test]
fn a_table_has_one_name_however_it_came() {
    let place = Place::new();
    place.write(
        "in/a.json",
        &streamed("DeviceProcessEvents", 0, "ProcessCreated", json!({ "FileName": "d.exe", "FolderPath": "C:\\w\\d.exe", "ProcessId": 64 })),
    );
    place.write(
        "in/b.csv",
        "Timestamp,DeviceName,ActionType,FileName,FolderPath,ProcessId,ProcessCommandLine\n2026-03-02T10:00:01Z,host1,ProcessCreated,e.exe,C:\\w\\e.exe,66,e.exe\n",
    );
    ingest(&place);
    assert_eq!(columns(&rows(&place, "get_executions()"), &["Channel", "ChildPid"]), json!([["DeviceProcessEvents", 64], ["DeviceProcessEvents", 66]]));
}

#[test]
fn actors_marks_sessions_and_machines_are_told() {
    let place = Place::new();
    let log = [
        streamed("DeviceLogonEvents", 0, "LogonSuccess", json!({ "AccountDomain": "acme", "AccountName": "eve", "LogonType": "Network", "LogonId": 900 })),
        streamed("DeviceRegistryEvents", 1, "RegistryValueSet", json!({ "RegistryKey": "HKEY_LOCAL_MACHINE\\SOFTWARE\\Run", "RegistryValueName": "x" })),
        streamed(
            "DeviceFileEvents",
            2,
            "FileCreated",
            json!({ "FileName": "d.zip", "FolderPath": "C:\\w\\d.zip", "FileOriginUrl": "https://a.example/d.zip",
            "IsInitiatingProcessRemoteSession": true, "InitiatingProcessRemoteSessionIP": "10.0.0.7" }),
        ),
        streamed("DeviceInfo", 3, "", json!({ "OSPlatform": "Windows11", "OSVersion": "10.0", "OSBuild": 22631 })),
        streamed("DeviceNetworkInfo", 4, "", json!({ "IPAddresses": "[{\"IPAddress\":\"10.0.0.5\",\"SubnetPrefix\":24}]" })),
    ];
    place.write("in/log.json", &log.concat());
    let created = "ReportTime,ComputerDnsName,CreatedProcessName,CreatedProcessFilePath,CreatedProcessId,CreatedProcessStartKey,CreatedProcessFileMarkOfTheWeb,\
                   InitiatingProcessName,InitiatingProcessId,InitiatingProcessStartKey,OsVersion";
    let starts = "2026-03-02T10:00:05Z,host2,d.exe,C:\\w\\d.exe,64,900,NotWeb,b.exe,65,800,10.0\n\
                  2026-03-02T10:00:06Z,host2,e.exe,C:\\w\\e.exe,66,901,Internet,d.exe,64,900,10.0\n";
    place.write("in/created.csv", &format!("{created}\n{starts}"));
    ingest(&place);
    let logged_on = columns(&rows(&place, "get_logons()"), &["LoggedUser", "TargetUser", "LogonType", "LogonId", "ParentFilename", "ParentPid"]);
    assert_eq!(logged_on, json!([["acme\\eve", "eve", 3, "0x384", "b.exe", 65]]));
    assert_eq!(columns(&rows(&place, "get_registry()"), &["ParentSha256", "CommandLine"]), json!([["aa".repeat(32), "b.exe -y"]]));
    assert_eq!(columns(&rows(&place, "get_files()"), &["External", "RemoteSession", "RemoteIp"]), json!([[true, true, "10.0.0.7"]]));
    assert_eq!(
        columns(&rows(&place, "get_executions()"), &["ChildFilename", "External", "ChildGuid", "ParentGuid"]),
        json!([["d.exe", false, "900", "800"], ["e.exe", true, "901", "900"]])
    );
    let machines = columns(&rows(&place, "get_machines()"), &["Name", "Os", "LocalIp"]);
    assert_eq!(machines, json!([["HOST1", "Windows11 10.0 22631", "10.0.0.5"], ["HOST2", "Windows 10.0", null]]));
}

#[test]
fn defender_for_endpoint_becomes_rows() {
    let place = Place::new();
    let initiator = "InitiatingProcessAccountDomain,InitiatingProcessAccountName,InitiatingProcessFileName,InitiatingProcessId,InitiatingProcessFolderPath,InitiatingProcessCommandLine";
    let by = "acme,ann,b.exe,65,C:\\w\\b.exe,b.exe";
    place.write(
        "in/process.csv",
        &format!(
            "Timestamp,DeviceName,ActionType,FileName,FolderPath,SHA256,MD5,ProcessId,ProcessCommandLine,AccountDomain,AccountName,{initiator}\n\
         2026-03-02T10:00:00.1234567Z,host1.acme.example,ProcessCreated,d.exe,C:\\w\\d.exe,,00112233445566778899aabbccddeeff,64,d.exe -x,acme,ann,{by}\n"
        ),
    );
    place.write(
        "in/network.csv",
        &format!(
            "Timestamp,DeviceName,ActionType,RemoteIP,RemotePort,RemoteUrl,LocalIP,LocalPort,Protocol,RemoteIPType,{initiator}\n\
         2026-03-02T10:00:01Z,host1.acme.example,ConnectionSuccess,203.0.113.9,443,a.example,10.0.0.5,50000,Tcp,Public,{by}\n\
         2026-03-02T10:00:02Z,host1.acme.example,InboundConnectionAccepted,10.0.0.7,50001,,10.0.0.5,22,Tcp,Private,{by}\n"
        ),
    );
    let streamed = json!({ "time": "2026-03-02T10:00:03Z", "category": "AdvancedHunting-DeviceRegistryEvents", "operationName": "Publish", "properties": {
        "DeviceName": "host1", "ActionType": "RegistryValueSet", "RegistryKey": "HKEY_LOCAL_MACHINE\\SOFTWARE\\Run", "RegistryValueName": "x", "RegistryValueData": "a.exe",
        "InitiatingProcessFileName": "b.exe", "InitiatingProcessId": 65, "InitiatingProcessSHA1": "da39a3ee5e6b4b0d3255bfef95601890afd80709", "Timestamp": "2026-03-02T10:00:03Z" } });
    place.write("in/registry.json", &format!("{streamed}\n"));
    assert_eq!(ingest(&place)["raw_only"], 0);
    let started =
        columns(&rows(&place, "get_executions()"), &["Machine", "Provider", "ChildPath", "ChildMd5", "ChildPid", "ParentFilename", "ParentPid", "LoggedUser"]);
    assert_eq!(started, json!([["HOST1", "MDE", "C:\\w\\d.exe", "00112233445566778899aabbccddeeff", 64, "b.exe", 65, "acme\\ann"]]));
    let wanted = ["Direction", "Initiated", "LocalIp", "LocalPort", "RemoteIp", "RemotePort", "RemoteHost", "ParentPath"];
    let sent = columns(&rows(&place, "get_communications()"), &wanted);
    let expected = json!([
        ["Outgoing", true, "10.0.0.5", 50000, "203.0.113.9", 443, "a.example", "C:\\w\\b.exe"],
        ["Incoming", false, "10.0.0.5", 22, "10.0.0.7", 50001, null, "C:\\w\\b.exe"]
    ]);
    assert_eq!(sent, expected);
    assert_eq!(
        columns(&rows(&place, "get_registry()"), &["Machine", "Operation", "Key", "Value", "ParentPid", "ParentSha1"]),
        json!([["HOST1", "modify", "HKLM\\SOFTWARE\\Run", "x", 65, "da39a3ee5e6b4b0d3255bfef95601890afd80709"]])
    );
}
