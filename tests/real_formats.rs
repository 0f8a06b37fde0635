//! Real telemetry in the other formats: no record is lost, and every kind is counted as a plain reading of the file counts it.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::support::{NOW, Place, stores};

type Counts = BTreeMap<(String, Option<i64>), u64>;

fn eval(store: &Path, expression: &str) -> Value {
    let arguments: [&std::ffi::OsStr; 8] =
        ["eval".as_ref(), expression.as_ref(), "--source".as_ref(), store.as_ref(), "--now".as_ref(), NOW.as_ref(), "--format".as_ref(), "json".as_ref()];
    Place::new().huntsman(arguments).run().expect(0).json()
}

/// Counts of the rows of a query by texts of these columns.
fn count(store: &Path, query: &str, columns: &[&str]) -> BTreeMap<Vec<String>, u64> {
    let answer = eval(store, &format!(r#"Client("all", all_time()).{query}.group_by({columns:?}).count()"#));
    let row = |row: &Value| (columns.iter().map(|column| row[*column].to_string().to_lowercase()).collect(), row["Count"].as_u64().unwrap());
    answer["rows"].as_array().unwrap().iter().map(row).collect()
}

fn text_of(path: &Path) -> String {
    let mut bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|ending| ending == "gz") {
        let mut text = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text).unwrap();
        bytes = text;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Every record of the files of a folder, read whole by another reader.
fn records(folder: &str, endings: &[&str]) -> Vec<Value> {
    let Some(folder) = stores::real_path(folder) else { return Vec::new() };
    let files = endings.iter().flat_map(|ending| crate::support::files_below(&folder, ending));
    let of_file = |text: String| match serde_json::from_str(&text) {
        Ok(Value::Array(records)) => records,
        Ok(record) => vec![record],
        Err(_) => text.lines().filter(|line| !line.trim().is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect(),
    };
    files.flat_map(|path| of_file(text_of(&path))).collect()
}

/// What a store holds by channel and id.
fn kinds(store: &Path) -> Counts {
    let answer = eval(store, r#"Client("all", all_time()).get_raw_events().group_by(["Channel", "EventId"]).count()"#);
    let mut counts = Counts::new();
    for row in answer["rows"].as_array().unwrap() {
        *counts.entry((row["Channel"].as_str().unwrap_or_default().to_lowercase(), row["EventId"].as_i64())).or_default() += row["Count"].as_u64().unwrap();
    }
    counts
}

fn compare(folder: &str, endings: &[&str], kind: impl Fn(&Value) -> (String, Option<i64>)) {
    let Some(filled) = stores::real(folder) else { return };
    let mut expected = Counts::new();
    for record in records(folder, endings) {
        let (channel, id) = kind(&record);
        *expected.entry((channel.to_lowercase(), id)).or_default() += 1;
    }
    assert_eq!(filled.summary["rejected"], serde_json::json!([]), "{folder}");
    assert_eq!(filled.summary["records"], expected.values().sum::<u64>(), "{folder}");
    assert_eq!(kinds(&filled.store), expected, "{folder}");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[test]
fn winlogbeat_records_are_all_there() {
    compare("mordor-winlogbeat6-2019", &[".gz"], |record| (text(&record["log_name"]), number(&record["event_id"])));
    compare("ecs-amides-sigma", &[".jsonl"], |record| (text(&record["winlog"]["channel"]), number(&record["winlog"]["event_id"])));
    compare("ecs-derived-mordor", &[".gz"], |record| (text(&record["winlog"]["channel"]), number(&record["event"]["code"])));
}

#[test]
fn arrays_are_read_to_their_end() {
    let sysmon = "Microsoft-Windows-Sysmon/Operational";
    compare("eqllib", &[".json", ".gz"], |record| match number(&record["EventId"]) {
        Some(id) => (sysmon.into(), Some(id)),
        None => (String::new(), None),
    });
}

/// Captures of Sysmon and Security once flat, once in the common schema: the same rows but for what the schema's version lost.
#[test]
fn one_capture_in_two_shapes_is_one() {
    let captures = [
        "mordor-theshire-2020/202009040706_empire_persistence_registry_modification_run_keys_standard_user",
        "mordor-theshire-2020/202009220736_empire_mimikatz_extract_keys",
        "mordor-pandalab-lsass/campaign_03_comsvcs",
    ];
    for capture in captures {
        let name = capture.rsplit('/').next().unwrap();
        let Some(flat) = stores::real(&format!("{capture}.ndjson.gz")) else { return };
        let Some(other) = stores::real(&format!("ecs-derived-mordor/{name}.ecs.ndjson.gz")) else { return };
        for (query, columns) in [
            (
                r#"get_executions(#{ operation: ["create", "kill", "thread", "load", "access", "tamper"] }).filter(|e| e.Provider == "Sysmon")"#,
                vec!["EventId", "Operation", "Machine", "ChildFilename", "ParentFilename", "ParentGuid"],
            ),
            ("get_files().filter(|e| e.EventId == 11)", vec!["EventId", "Operation", "ChildPath", "ParentFilename"]),
            ("get_registry().filter(|e| e.EventId == 13)", vec!["Machine", "Key", "Value", "ValueData", "ParentPid"]),
            (
                "get_communications().filter(|e| e.Provider == \"Sysmon\")",
                vec!["Machine", "ParentFilename", "LocalIp", "RemoteIp", "RemotePort", "Protocol", "Direction"],
            ),
            ("get_dns()", vec!["Machine", "ParentFilename", "Query", "Status"]),
            ("get_logons()", vec!["EventId", "Operation"]),
            ("get_scripts()", vec!["EventId", "Machine"]),
        ] {
            assert_eq!(count(&other.store, query, &columns), count(&flat.store, query, &columns), "{name} {query}");
        }
    }
}

/// The records of Zeek's own logs, by stream: names and values as they stand between tabs.
fn tabbed(folder: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let Some(folder) = stores::real_path(folder) else { return Vec::new() };
    let mut records = Vec::new();
    for path in crate::support::files_below(&folder, ".log") {
        let text = text_of(&path);
        let (mut stream, mut names) = (String::new(), Vec::new());
        for line in text.lines().filter(|line| !line.is_empty()) {
            match line.strip_prefix('#').and_then(|line| line.split_once('\t')) {
                Some(("path", path)) => stream = path.to_string(),
                Some(("fields", fields)) => names = fields.split('\t').map(str::to_string).collect(),
                Some(_) => {}
                None if line.starts_with('#') => {}
                None => records.push((stream.clone(), names.iter().cloned().zip(line.split('\t').map(str::to_string)).collect())),
            }
        }
    }
    records
}

#[test]
fn zeek_records_are_all_there() {
    let folder = "zeek-pandalab-lsass";
    let Some(filled) = stores::real(folder) else { return };
    let records = tabbed(folder);
    let mut expected = Counts::new();
    for (stream, _) in &records {
        *expected.entry((stream.clone(), None)).or_default() += 1;
    }
    assert_eq!(filled.summary["rejected"], serde_json::json!([]));
    assert_eq!(kinds(&filled.store), expected);
    let all = |name: &str| records.iter().filter_map(|(_, record)| record.get(name)?.parse::<u64>().ok()).sum::<u64>();
    let of_rows = |column: &str| eval(&filled.store, &format!(r#"Client("all", all_time()).get_communications().sum("{column}")"#)).as_u64().unwrap();
    // Whose end is the machine's turns them, and neither adds to them nor takes away.
    assert_eq!(of_rows("BytesSent") + of_rows("BytesReceived"), all("orig_bytes") + all("resp_bytes"));
    compare("zeek-wrccdc/zeek-json", &[".gz"], |record| (text(&record["_path"]), None));
    compare("zeek-apt29", &[".log"], |record| (text(&record["@stream"]), None));
}

/// Of one capture that Sysmon saw on the host and Zeek on the wire: the host's connections are one machine's, and each process that a row of Zeek has, Sysmon
/// named for the same ends.
#[test]
fn what_zeek_saw_is_of_the_machine_and_process_that_sysmon_names() {
    let (Some(wire), Some(host)) =
        (stores::real_path("zeek-pandalab-lsass/campaign_01"), stores::real_path("mordor-pandalab-lsass/campaign_01_logonpasswords.ndjson.gz"))
    else {
        return;
    };
    let place = Place::new();
    let store = place.path("store");
    let arguments: [&std::ffi::OsStr; 5] = ["ingest".as_ref(), wire.as_ref(), host.as_ref(), "--store".as_ref(), store.as_ref()];
    place.huntsman(arguments).run().expect(0);
    let rows = |provider: &str| {
        let query = format!(r#"Client("all", all_time()).get_communications(#{{ protocol: "TCP" }}).filter(|e| e.Provider == "{provider}")"#);
        eval(&store, &query)["rows"].as_array().unwrap().clone()
    };
    let ends = |row: &Value| ["Machine", "LocalIp", "LocalPort", "RemoteIp", "RemotePort"].map(|name| row[name].to_string());
    let named: std::collections::BTreeSet<([String; 5], String)> = rows("Sysmon").iter().map(|row| (ends(row), row["ParentPid"].to_string())).collect();
    let wire = rows("Zeek");
    let (with, without): (Vec<&Value>, Vec<&Value>) = wire.iter().filter(|row| row["Machine"] == "MKT01").partition(|row| !row["ParentPid"].is_null());
    assert!(with.len() > 5 * without.len(), "{} of {}", with.len(), wire.len());
    assert!(with.iter().all(|row| named.contains(&(ends(row), row["ParentPid"].to_string()))));
    assert!(without.iter().all(|row| !named.iter().any(|(known, _)| *known == ends(row))));
}

#[test]
fn tables_are_all_there() {
    let Some(folder) = stores::real_path("csv-msticpy") else { return };
    let Some(filled) = stores::real("csv-msticpy") else { return };
    let rows = |path: std::path::PathBuf| csv::ReaderBuilder::new().flexible(true).from_path(path).unwrap().into_byte_records().count() as u64;
    let expected: u64 = crate::support::files_below(&folder, ".csv").into_iter().map(rows).sum();
    assert_eq!((&filled.summary["records"], &filled.summary["rejected"]), (&serde_json::json!(expected), &serde_json::json!([])));
    let started = count(&filled.store, "get_executions()", &["Provider", "Operation"]);
    let key = |provider: &str| vec![format!("\"{provider}\""), "\"create\"".to_string()];
    assert_eq!(started, BTreeMap::from([(key("mde"), 1564), (key("security"), 363)]));
}

/// Every folder there is: nothing ends the run, and what is wrong is wrong on purpose.
#[test]
fn all_folders_are_taken() {
    let Some(root) = stores::real_path("DATASETS.md") else { return };
    for folder in std::fs::read_dir(root.parent().unwrap()).unwrap() {
        let path = folder.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !path.is_dir() || name == "expected" || name.starts_with("geoip") {
            continue;
        }
        let Some(filled) = stores::real(&name) else { return };
        assert!(filled.summary["records"].as_u64().unwrap() > 0, "{name}");
        for rejection in filled.summary["rejected"].as_array().unwrap() {
            // Windows logs are damaged in ways that their own tests look at.
            assert!(name.starts_with("evtx") || rejection["file"] == "http.log.corrupt.gz", "{name}: {rejection}");
        }
    }
}
