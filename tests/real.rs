//! Real captures: no record is lost, every kind is counted as an independent program counted it, and time is right.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{NOW, Place, stores};

type Counts = BTreeMap<(String, i64), u64>;

#[test]
fn every_record_of_the_2020_captures_is_there() {
    compare_files("mordor-theshire-2020");
}

#[test]
fn every_record_of_the_2023_captures_is_there() {
    compare_files("mordor-pandalab-lsass");
}

#[test]
fn every_record_of_the_evtx_archive_is_there() {
    let Some(filled) = stores::real("evtx-to-mitre-attack/all-280.tar.gz") else { return };
    let Some(expected) = expected("evtx-to-mitre-attack") else { return };
    let expected = &expected["all-280.tar.gz"];
    assert_eq!(filled.summary["files"], expected["files"]);
    assert_eq!(filled.summary["records"], expected["records"]);
    assert_eq!(filled.summary["rejected"], serde_json::json!([]));
    let mut counts = Counts::new();
    for ((_, channel, id), count) in count_kinds(&filled.store) {
        *counts.entry((channel, id)).or_default() += count;
    }
    // The file lists the most frequent kinds only.
    for (kind, count) in kinds_of(&expected["per_channel_and_event_id"]) {
        assert_eq!(counts.get(&kind), Some(&count), "{kind:?}");
    }
}

/// Damaged chunks cost only themselves.
#[test]
fn damaged_evtx_files_give_what_can_be_read() {
    for (folder, whole) in [("evtx-omerbenamram", false), ("evtx-velocidex", true), ("evtx-python-evtx", true)] {
        let Some(filled) = stores::real(folder) else { return };
        let Some(expected) = expected(folder) else { return };
        let records: u64 = expected.as_object().unwrap().values().filter_map(|file| file["records"].as_u64()).sum();
        let found = filled.summary["records"].as_u64().unwrap();
        assert!(if whole { found == records } else { found >= records }, "{folder}: {found} of {records}");
    }
}

/// The rows that a playbook's questions start from, counted beside the expected-count files.
#[test]
fn tables_agree_with_the_independent_counts() {
    for set in ["mordor-theshire-2020", "mordor-pandalab-lsass"] {
        let Some(filled) = stores::real(set) else { return };
        let Some(expected) = expected(set) else { return };
        let accesses = r#"Client("all", all_time()).get_executions(#{ operation: "access" }).filter(|e| e.ChildFilename == "lsass.exe" && e.Provider == "Sysmon").group_by(["Source", "ParentFilename", "GrantedAccess"]).count()"#;
        let found = table(&filled.store, accesses, &["Source", "ParentFilename", "GrantedAccess"]);
        for (file, expected) in expected.as_object().unwrap() {
            for entry in expected["lsass_access"].as_array().unwrap() {
                let key = [file.as_str(), entry[0][0].as_str().unwrap(), entry[0][1].as_str().unwrap()].map(str::to_lowercase);
                assert_eq!(found.get(key.as_slice()), entry[1].as_u64().as_ref(), "{key:?}");
            }
        }
        let pairs = r#"Client("all", all_time()).get_executions(#{ operation: "create" }).filter(|e| e.Provider == "Sysmon").group_by(["Source", "ParentFilename", "ChildFilename"]).count()"#;
        let found = table(&filled.store, pairs, &["Source", "ParentFilename", "ChildFilename"]);
        for (file, expected) in expected.as_object().unwrap() {
            for entry in expected["parent_child"].as_array().unwrap() {
                let key = [file.as_str(), entry[0][0].as_str().unwrap(), entry[0][1].as_str().unwrap()].map(str::to_lowercase);
                if key.iter().all(|part| !part.is_empty() && part != "-") {
                    assert_eq!(found.get(key.as_slice()), entry[1].as_u64().as_ref(), "{key:?}");
                }
            }
        }
    }
}

/// In the captures of 2020 to 2023 clocks of records differ by hours; corrected, a process' connections and name queries lie within its life, and what
/// two sensors report of one start lies seconds apart.
#[test]
fn time_is_right() {
    for set in ["mordor-pandalab-lsass", "mordor-pandalab-ntds-2023", "mordor-eventlog-tamper-2022", "mordor-misc"] {
        let Some(filled) = stores::real(set) else { return };
        let sensors = r#"let starts = Client("all", all_time()).get_executions(#{ operation: "create" });
            let sysmon = starts.filter(|e| e.Provider == "Sysmon").select(["DateTime", "Machine", "Source", "ChildPid", "ChildFilename"]);
            let security = starts.filter(|e| e.Provider == "Security").select(["DateTime", "Machine", "Source", "ChildPid", "ChildFilename"]);
            let both = security.semi(sysmon, ["Machine", "Source", "ChildPid", "ChildFilename"]);
            [both.count(), both.join(sysmon, #{ on: ["Machine", "Source", "ChildPid", "ChildFilename"], within: 5.seconds }).count()]"#;
        let counts = eval(&filled.store, sensors);
        let (starts, joined) = (counts[0].as_u64().unwrap(), counts[1].as_u64().unwrap());
        // A pid that is given again within a capture is no clock's fault.
        assert!(starts > 0 && joined * 100 >= starts * 97, "{set}: {joined} of {starts} starts lie beside each other");
        for rows in ["get_communications", "get_dns"] {
            let acts = format!(
                r#"let starts = Client("all", all_time()).get_executions(#{{ operation: "create" }}).filter(|e| e.Provider == "Sysmon").select(["DateTime", "ChildGuid"]).rename(#{{ ChildGuid: "ParentGuid", DateTime: "Start" }});
                let acts = Client("all", all_time()).{rows}().filter(|e| e.Provider == "Sysmon").select(["DateTime", "ParentGuid"]);
                let both = acts.join(starts, #{{ on: ["ParentGuid"] }}).derive("Age", |e| e.DateTime - e.Start);
                [both.count(), both.filter(|e| e.Age >= -(15.seconds) && e.Age < 15.minutes).count()]"#
            );
            let counts = eval(&filled.store, &acts);
            assert_eq!(counts[0], counts[1], "{set}: {rows} that lie beside their process");
        }
    }
}

#[test]
fn the_same_file_twice_adds_nothing() {
    let Some(raw) = stores::real_path("evtx-velocidex") else { return };
    let place = Place::new();
    let ingest = || {
        let mut call = place.huntsman(["ingest"]);
        call.command.arg(&raw).args(["--store", "store", "--format", "json"]);
        call.run().expect(0).json()
    };
    let count = || eval(&place.path("store"), r#"Client("all", all_time()).get_raw_events().count()"#);
    let (first, before) = (ingest(), count());
    let (second, after) = (ingest(), count());
    assert_eq!(second["known"], first["files"]);
    assert_eq!(second["records"], 0);
    assert_eq!(before, after);
}

/// Every file of a set of flat captures, kind by kind.
fn compare_files(set: &str) {
    let Some(filled) = stores::real(set) else { return };
    let Some(expected) = expected(set) else { return };
    let found = count_kinds(&filled.store);
    let mut all = 0;
    for (file, expected) in expected.as_object().unwrap() {
        let counts: Counts =
            found.iter().filter(|((source, ..), _)| source == file).map(|((_, channel, id), count)| ((channel.clone(), *id), *count)).collect();
        assert_eq!(counts, kinds_of(&expected["per_channel_and_event_id"]), "{file}");
        all += expected["events"].as_u64().unwrap();
    }
    assert_eq!(filled.summary["records"], all);
    assert_eq!(filled.summary["rejected"], serde_json::json!([]));
}

fn kinds_of(expected: &Value) -> Counts {
    let kind = |entry: &Value| ((entry[0][0].as_str().unwrap().to_lowercase(), entry[0][1].as_i64().unwrap()), entry[1].as_u64().unwrap());
    expected.as_array().unwrap().iter().map(kind).collect()
}

fn count_kinds(store: &std::path::Path) -> BTreeMap<(String, String, i64), u64> {
    let answer = eval(store, r#"Client("all", all_time()).get_raw_events().group_by(["Source", "Channel", "EventId"]).count()"#);
    let mut counts = BTreeMap::new();
    for row in answer["rows"].as_array().unwrap() {
        let text = |column: &str| row[column].as_str().unwrap_or_default().to_string();
        *counts.entry((text("Source"), text("Channel").to_lowercase(), row["EventId"].as_i64().unwrap_or(-1))).or_default() += row["Count"].as_u64().unwrap();
    }
    counts
}

fn table(store: &std::path::Path, expression: &str, columns: &[&str]) -> BTreeMap<Vec<String>, u64> {
    let answer = eval(store, expression);
    let key = |row: &Value| columns.iter().map(|column| row[*column].as_str().unwrap_or_default().to_lowercase()).collect();
    answer["rows"].as_array().unwrap().iter().map(|row| (key(row), row["Count"].as_u64().unwrap())).collect()
}

fn eval(store: &std::path::Path, expression: &str) -> Value {
    let place = Place::new();
    let mut call = place.huntsman(["eval", expression, "--now", NOW, "--format", "json", "--source"]);
    call.command.arg(store);
    call.run().expect(0).json()
}

fn expected(set: &str) -> Option<Value> {
    let text = std::fs::read_to_string(stores::real_path(&format!("expected/{set}.json"))?).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}
