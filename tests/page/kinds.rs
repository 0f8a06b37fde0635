//! `kind:` and `userallowed`: programs by their file names and by the names that they were built with, and a user's own text of programs.
//!
//! No capture has a renamed program or one that a user allowed: the records are made up.

use serde_json::json;

use super::records::Log;
use super::{ask, eval, rows};
use crate::support::{Place, stores};

const GUID: &str = "{4c1d0a11-0001-0000-0000-000000000001}";

/// PsExec under another name starts, acts and ends; beside it a program that is what it is called.
fn renamed() -> Log {
    let mut log = Log::default();
    let image = r"C:\Temp\svc.exe";
    let start = json!({
        "ProcessGuid": GUID, "ProcessId": 4000, "Image": image, "OriginalFileName": "psexec.c", "CommandLine": "svc.exe -s cmd", "User": "ACME\\ann",
        "Hashes": "MD5=00112233445566778899AABBCCDDEEFF,SHA256=00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF",
    });
    let actor = |mut fields: serde_json::Value| {
        fields["ProcessGuid"] = GUID.into();
        fields["ProcessId"] = 4000.into();
        fields["Image"] = image.into();
        fields
    };
    log.sysmon("H1", "2026-03-02 10:00:00.000", 1, start);
    // The other sensor tells of the same start, without GUID and hashes.
    log.security("H1", "2026-03-02 10:00:00.100", 4688, json!({ "NewProcessName": image, "NewProcessId": "0xfa0", "SubjectUserName": "ann" }));
    log.sysmon("H1", "2026-03-02 10:00:01.000", 13, actor(json!({ "TargetObject": r"HKLM\SOFTWARE\x\y", "Details": "1" })));
    log.sysmon(
        "H1",
        "2026-03-02 10:00:02.000",
        3,
        actor(json!({ "SourceIp": "10.0.0.1", "DestinationIp": "10.0.0.2", "DestinationPort": 445, "Initiated": "true" })),
    );
    log.sysmon("H1", "2026-03-02 10:00:03.000", 22, actor(json!({ "QueryName": "files.acme.example" })));
    // By its pid alone, as Windows' own log says it.
    log.security(
        "H1",
        "2026-03-02 10:00:04.000",
        4656,
        json!({ "ObjectType": "File", "ObjectName": r"C:\Temp\a.txt", "ProcessId": "0xfa0", "ProcessName": image, "AccessMask": "0x1" }),
    );
    log.sysmon("H1", "2026-03-02 10:00:05.000", 5, actor(json!({})));
    log.sysmon("H1", "2026-03-02 10:01:00.000", 1, json!({ "ProcessId": 4100, "Image": r"C:\Windows\System32\cmd.exe", "OriginalFileName": "Cmd.Exe" }));
    log
}

#[test]
fn a_renamed_program_is_still_what_it_is() {
    let place = Place::new();
    let store = renamed().ingest(&place, "000000");
    let all = |query: &str| rows(&eval(&store, &format!(r#"Client("all", all_time()).{query}"#)));
    assert_eq!(
        all(r#"get_executions(#{ kind: "admintool" }).select(["Operation", "ChildFilename", "OriginalFilename", "Provider"])"#),
        ["create svc.exe psexec.c Sysmon", "kill svc.exe psexec.c Sysmon"]
    );
    // One row for the process, whichever sensors told of it.
    assert_eq!(all(r#"get_processes(#{ kind: "AdminTool" }).select(["Operation", "ChildFilename"])"#), ["create svc.exe"]);
    assert_eq!(all(r#"get_executions(#{ kind: ["interpreter", "hackingtool"] }).select(["ChildFilename"])"#), ["cmd.exe"]);
    // Where a table has no file of its own, the kind is the actor's.
    for query in ["get_registry", "get_communications", "get_dns"] {
        assert_eq!(all(&format!(r#"{query}(#{{ kind: "admintool" }}).select(["ParentFilename", "ParentOriginalFilename"])"#)), ["svc.exe psexec.c"], "{query}");
        assert_eq!(all(&format!(r#"{query}(#{{ kind: "interpreter" }})"#)), [""; 0], "{query}");
    }
    // Files are of a kind by their own names.
    assert_eq!(all(r#"get_files(#{ kind: "admintool" })"#), [""; 0]);
}

/// A hash means the file, and where a table has none the program that acts; also where a record names that by its pid alone.
#[test]
fn an_actor_is_found_by_every_hash_of_its_image() {
    let place = Place::new();
    let store = renamed().ingest(&place, "000000");
    let md5 = "00112233445566778899aabbccddeeff";
    for hash in [md5.to_string(), md5.to_uppercase(), md5.repeat(2)] {
        for (query, option) in [("get_registry", "file"), ("get_communications", "file"), ("get_dns", "file"), ("get_files", "actor")] {
            let found = eval(&store, &format!(r#"Client("all", all_time()).{query}(#{{ {option}: "{hash}" }}).column("ParentGuid")"#));
            assert_eq!(found, json!([GUID]), "{query} {hash}");
        }
    }
    let nobody = eval(&store, &format!(r#"Client("all", all_time()).get_dns(#{{ file: "{}" }}).count()"#, "0".repeat(40)));
    assert_eq!(nobody, 0);
}

/// Every start of the capture by name or original name, counted here from the program's own list over the raw records' columns.
#[test]
fn kinds_of_a_capture() {
    let Some(filled) = stores::real("mordor-theshire-2020") else { return };
    let programs = huntsman::telemetry::words::Programs::built_in();
    let starts =
        eval(&filled.store, r#"Client("all", all_time()).get_raw_events(#{ channel: "Sysmon", event_id: 1 }).group_by(["Image", "OriginalFileName"]).count()"#);
    for kind in huntsman::telemetry::words::KINDS {
        let names: Vec<&str> = programs.kind(kind).unwrap().programs.iter().flat_map(|program| program.names.iter().map(|name| &**name)).collect();
        let is_one = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let of_kind = starts["rows"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| is_one(row["Image"].as_str().unwrap().rsplit('\\').next().unwrap()) || row["OriginalFileName"].as_str().is_some_and(is_one));
        let expected: u64 = of_kind.map(|row| row["Count"].as_u64().unwrap()).sum();
        let found = eval(
            &filled.store,
            &format!(r#"Client("all", all_time()).get_executions(#{{ operation: "create", kind: "{kind}" }}).filter(|e| e.Provider == "Sysmon").count()"#),
        );
        assert_eq!(found, expected, "{kind}");
        assert!(expected > 0 || kind != "interpreter");
    }
}

#[test]
fn a_user_adds_programs_of_his_own() {
    let place = Place::new();
    renamed().ingest(&place, "000000");
    place.write("huntsman.toml", "[kinds]\nprograms = \"ours.txt\"\n");
    let count = |kind: &str| {
        let expression = format!(r#"Client("all", all_time()).get_executions(#{{ operation: "create", kind: "{kind}" }}).column("ChildFilename")"#);
        place.huntsman(["eval", &expression, "--source", "store", "--format", "json", "-q"]).run().expect(0).json()
    };
    place.write("ours.txt", "[remoteaccess]\nsvc.exe: our service\n[none]\nCMD.EXE\n");
    assert_eq!((count("remoteaccess"), count("interpreter")), (json!(["svc.exe", "svc.exe"]), json!([])));
    assert_eq!(count("admintool"), json!(["svc.exe"]), "by the name that it was built with");
    place.write("ours.txt", "[hackingtool]\nsv?.exe, s*c.exe\n");
    assert_eq!((count("hackingtool"), count("interpreter")), (json!(["svc.exe", "svc.exe"]), json!(["cmd.exe"])));
}

/// Detected, and allowed by the user: from then on or before, on that machine, whatever the spelling of the path.
#[test]
fn what_a_user_allowed() {
    let mut log = Log::default();
    let threat =
        |path: &str, action: &str| json!({ "Threat Name": "HackTool", "Path": format!("file:_{path}"), "Action Name": action, "Detection User": "ACME\\ann" });
    let start = |path: &str| json!({ "Image": path, "ProcessId": 7 });
    log.defender("H1", "2026-03-02 10:00:00.000", 1117, threat(r"C:\Tools\scan.exe", "Allow"));
    log.defender("H1", "2026-03-02 10:00:00.000", 1117, threat(r"C:\Tools\dump.exe", "Quarantine"));
    for host in ["H1", "H2"] {
        log.sysmon(host, "2026-03-02 11:00:00.000", 1, start(r"c:\tools\SCAN.exe"));
        log.sysmon(host, "2026-03-02 11:00:00.000", 1, start(r"C:\Tools\dump.exe"));
    }
    let place = Place::new();
    let store = log.ingest(&place, "000000");
    let allowed = r#"Client("all", all_time()).get_executions(#{ kind: "userallowed" })"#;
    assert_eq!(rows(&eval(&store, &format!(r#"{allowed}.select(["Machine", "ChildPath"])"#))), [r"H1 c:\tools\SCAN.exe"]);
    assert_eq!(eval(&store, &format!("{allowed}.columns()")), eval(&store, r#"Client("all", all_time()).get_executions().columns()"#));
    let both = eval(&store, r#"Client("all", all_time()).get_executions(#{ kind: ["userallowed", "interpreter"] }).count()"#);
    assert_eq!(both, 1);
    // Without any protection product nothing tells.
    let sample = ask(&stores::sample().store, r#"Client("all", all_time()).get_executions(#{ kind: "userallowed" }).count()"#, &[]);
    assert_eq!(sample.expect(0).json(), 0);
}
