//! Columns that no record has as they are: right on real captures, and missing where telemetry can't tell.

use serde_json::json;

use super::records::Log;
use super::{eval, rows};
use crate::support::{Place, stores};

const SHIRE: &str = "mordor-theshire-2020";

/// Values of some columns and how often they occur, as the executable counts them.
fn counted(set: &str, collection: &str, columns: &str) -> Option<Vec<String>> {
    let filled = stores::real(set)?;
    Some(rows(&eval(&filled.store, &format!(r#"Client("all", all_time()).{collection}.group_by({columns}).count()"#))))
}

/// By the type of the last logon (4624) of the session on that host; the system's own sessions come from nowhere. Some began before the capture.
#[test]
fn a_remote_session_is_told_by_its_logon() {
    let Some(found) = counted(SHIRE, r#"get_executions(#{ operation: "create" })"#, r#"["Provider", "RemoteSession"]"#) else { return };
    assert_eq!(found, ["Security false 623", "Security true 48", "Security null 64", "Sysmon false 221", "Sysmon true 13", "Sysmon null 64"]);
    let Some(found) = counted(SHIRE, r#"get_executions(#{ operation: "create" }).filter(|e| !e.RemoteIp.is_missing())"#, r#"["Provider", "RemoteIp"]"#) else {
        return;
    };
    assert_eq!(found, ["Security 1.2.3.4 45", "Security 172.18.39.5 2", "Security ::1 4", "Sysmon 1.2.3.4 10", "Sysmon 172.18.39.5 2", "Sysmon ::1 4"]);
    // What these processes did to files and registry has the same origin.
    let Some(filled) = stores::real(SHIRE) else { return };
    for query in ["get_files", "get_registry"] {
        let origins = format!(
            r#"let acts = Client("all", all_time()).{query}().filter(|e| e.RemoteSession && e.RemoteIp == "1.2.3.4" && e.Provider == "Sysmon");
               let starts = Client("all", all_time()).get_executions(#{{ operation: "create" }}).filter(|e| e.RemoteIp == "1.2.3.4" && e.RemoteSession);
               [acts.count(), acts.semi(starts.rename(#{{ ParentGuid: "Above", ChildGuid: "ParentGuid" }}), "ParentGuid").count()]"#
        );
        let counts = eval(&filled.store, &origins);
        assert!(counts[0].as_u64().unwrap() > 0 && counts[0] == counts[1], "{query}: {counts}");
    }
}

/// 5140 and 5145 say where from; shares are reached through network logons only.
#[test]
fn what_reaches_a_share_comes_from_an_address() {
    let shares = "get_files().filter(|e| e.EventId in [5140, 5145])";
    let Some(found) = counted(SHIRE, shares, r#"["EventId", "RemoteSession", "LanShared"]"#) else { return };
    assert_eq!(found, ["5140 true true 69", "5145 true true 129"]);
    let Some(found) = counted(SHIRE, shares, r#"["RemoteIp"]"#) else { return };
    assert_eq!(
        found,
        ["172.18.38.6 22", "172.18.39.5 77", "172.18.39.6 24", "fe80::3816:b2ee:1b9b:324b 29", "fe80::9582:39e0:356b:ef4e 40", "fe80::e142:5666:31a1:94c3 6"]
    );
    // No program of these captures was started from a share, and of a path that is known that can be told.
    let Some(found) = counted(SHIRE, r#"get_executions(#{ operation: "load" })"#, r#"["LanShared"]"#) else { return };
    assert_eq!(found, ["false 12922"]);
}

/// Four downloads whose mark (Sysmon 15) was seen; of every other program nothing is known.
#[test]
fn what_came_from_outside_is_told_by_the_mark_of_the_web() {
    let set = "mordor-pandalab-lsass";
    let starts = r#"get_executions(#{ operation: "create" }).filter(|e| e.Provider == "Sysmon" && !e.External.is_missing())"#;
    let Some(found) = counted(set, starts, r#"["Machine", "ChildPath", "External"]"#) else { return };
    assert_eq!(
        found,
        [
            r"ACCT01 C:\Users\nora.quemona\Downloads\happy_image.jpeg.exe true 1",
            r"IT01 C:\Users\pedro.gustavo\Downloads\winx64_payload.exe true 1",
            r"MKT01 C:\Users\stevie.marie\Downloads\winx64_payload.exe true 1",
            r"PRD01 C:\Users\pupy.godoy\Downloads\winx64_payload.exe true 1"
        ]
    );
    let Some(found) = counted(set, "get_executions(#{ attributes: ATTR_EXTERNAL, operation: \"create\" })", r#"["External"]"#) else { return };
    assert_eq!(found, ["true 8"]);
    let Some(found) = counted(set, r#"get_files().filter(|e| !e.Zone.is_missing())"#, r#"["Machine", "Zone", "External"]"#) else { return };
    assert_eq!(found, ["ACCT01 3 true 3", "IT01 3 true 3", "MKT01 3 true 3", "PRD01 3 true 2"]);
}

/// By MD5: first seen in the store within a day of the row, on at most two of its three machines. Rows of the first seven days can't be told.
#[test]
fn what_is_fresh_and_rare_follows_from_the_store() {
    let rows = r#"get_executions(#{ operation: ["create", "load"] }).filter(|e| e.Provider == "Sysmon")"#;
    let Some(found) = counted(SHIRE, rows, r#"["EventId", "FreshUnknown"]"#) else { return };
    assert_eq!(found, ["1 false 158", "1 true 133", "1 null 7", "7 false 8833", "7 true 3554", "7 null 535"]);
    let Some(found) = counted(SHIRE, "get_files().filter(|e| !e.ChildMd5.is_missing())", r#"["EventId", "FreshUnknown"]"#) else { return };
    assert_eq!(found, ["15 true 8", "23 false 46", "23 true 156", "23 null 3"]);
    // A store of two days can tell of nothing.
    let sample = eval(&stores::sample().store, r#"Client("all", all_time()).get_executions().group_by("FreshUnknown").count()"#);
    assert_eq!(sample["rows"].as_array().unwrap().len(), 1);
    assert_eq!(sample["rows"][0]["FreshUnknown"], json!(null));
}

/// Sysmon says who opened a connection, and swaps the ends of incoming ones; 5156 says it in its own words.
#[test]
fn connections_are_seen_from_the_machine() {
    let Some(found) = counted(SHIRE, "get_communications().filter(|e| e.EventId in [3, 5156])", r#"["Provider", "Direction", "Times"]"#) else { return };
    assert_eq!(found, ["Security Incoming 1 886", "Security Outgoing 1 2975", "Sysmon Incoming 1 477", "Sysmon Outgoing 1 482"]);
    let outgoing = r#"get_communications(#{ direction: "Outgoing" }).filter(|e| e.Provider == "Sysmon")"#;
    let Some(found) = counted(SHIRE, outgoing, r#"["Ipv4Status"]"#) else { return };
    assert_eq!(found, ["Private 414", "Public 68"]);
}

/// Run keys of two captures, by the list of persistence keys.
#[test]
fn keys_that_start_programs_are_known() {
    let run = r#"get_registry(#{ operation: "modify" }).filter(|e| e.Autorun && e.Key.ends_with("\\CurrentVersion\\Run"))"#;
    let Some(found) = counted(SHIRE, run, r#"["Key", "Value"]"#) else { return };
    assert_eq!(
        found,
        [
            r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run WindowsDefender 1",
            r"HKU\S-1-5-21-3125456671-949036322-3048627137-1104\Software\Microsoft\Windows\CurrentVersion\Run Updater 1"
        ]
    );
}

/// No capture has these: records are made up.
#[test]
fn made_up_what_no_capture_has() {
    let start = |path: &str, logon: &str| json!({ "Image": path, "ProcessId": 7, "LogonId": logon, "User": "ACME\\ann" });
    let stream = |path: &str, zone: u8| json!({ "TargetFilename": format!("{path}:Zone.Identifier"), "Contents": format!("[ZoneTransfer] ZoneId={zone}") });
    let mut log = Log::default();
    log.sysmon("H1", "2026-03-02 08:00:00.000", 1, start(r"\\FILES\tools\a.exe", "0x77"));
    // A path that was marked twice: each time counts from then on, and a start before can't be told.
    log.sysmon("H1", "2026-03-02 08:00:00.000", 1, start(r"C:\d\a.exe", "0x77"));
    log.sysmon("H1", "2026-03-02 09:00:30.000", 15, stream(r"C:\d\a.exe", 3));
    log.sysmon("H1", "2026-03-02 09:00:00.000", 1, start(r"C:\d\a.exe", "0x77"));
    log.sysmon("H1", "2026-03-02 10:00:00.000", 1, start(r"c:\D\A.EXE", "0x77"));
    log.sysmon("H1", "2026-03-02 11:00:00.000", 15, stream(r"C:\d\a.exe", 1));
    log.sysmon("H1", "2026-03-02 12:00:00.000", 1, start(r"C:\d\a.exe", "0x77"));
    // The session is remote from its logon on.
    log.security("H1", "2026-03-02 11:30:00.000", 4624, json!({ "TargetLogonId": "0x77", "LogonType": 10, "IpAddress": "10.9.9.9" }));
    // The sensor does not say who opened it, and neither end is known.
    log.sysmon("H1", "2026-03-02 12:00:00.000", 3, json!({ "SourceIp": "10.0.0.1", "DestinationIp": "10.0.0.2", "DestinationPort": 1 }));
    // One end is the machine's own.
    log.connection("H1", "2026-03-02 12:10:00.000", "10.0.0.5", "10.0.0.6");
    log.sysmon("H1", "2026-03-02 12:20:00.000", 3, json!({ "SourceIp": "10.0.0.9", "DestinationIp": "10.0.0.5", "DestinationPort": 2 }));
    log.sysmon("H1", "2026-03-02 12:30:00.000", 3, json!({ "SourceIp": "10.0.0.5", "DestinationIp": "ff02::1", "DestinationPort": 3 }));
    let place = Place::new();
    let store = log.ingest(&place, "000000");
    let starts = r#"get_executions().select(["ChildPath", "LanShared", "External", "RemoteSession", "RemoteIp"])"#;
    let found = rows(&eval(&store, &format!(r#"Client("all", all_time()).{starts}"#)));
    assert_eq!(
        found,
        [
            r"\\FILES\tools\a.exe true null null null",
            r"C:\d\a.exe false null null null",
            r"C:\d\a.exe false true null null",
            r"c:\D\A.EXE false true null null",
            r"C:\d\a.exe false false true 10.9.9.9"
        ]
    );
    let connections = r#"get_communications().select(["LocalIp", "RemoteIp", "RemotePort", "Direction", "Ipv4Status"])"#;
    let found = rows(&eval(&store, &format!(r#"Client("all", all_time()).{connections}"#)));
    assert_eq!(
        found,
        [
            "10.0.0.1 10.0.0.2 1 null Private",
            "10.0.0.5 10.0.0.6 443 Outgoing Private",
            "10.0.0.5 10.0.0.9 null Incoming Private",
            "10.0.0.5 ff02::1 3 Outgoing Private"
        ]
    );
}
