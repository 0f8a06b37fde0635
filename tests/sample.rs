//! The sample: small, the same every time, and its story is found where the documentation says, and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{NOW, Place, files_below, project, stores};

#[test]
fn the_sample_is_small_and_always_the_same() {
    let place = Place::new();
    huntsman::sample::write(&place.path("again")).unwrap();
    let (mut bytes, mut lines) = (0, 0);
    for file in files_below(stores::sample_folder(), ".ndjson") {
        let text = std::fs::read(&file).unwrap();
        assert_eq!(text, std::fs::read(place.path("again").join(file.file_name().unwrap())).unwrap(), "{}", file.display());
        bytes += text.len();
        lines += text.iter().filter(|byte| **byte == b'\n').count();
    }
    assert!(bytes < 3_000_000, "{bytes} bytes");
    assert!((2_000..6_000).contains(&lines), "{lines} records");
    assert_eq!(stores::sample().summary["records"], lines);
    assert_eq!(stores::sample().summary["rejected"], serde_json::json!([]));
}

/// Monday is an ordinary day: no playbook finds anything in it.
#[test]
fn nothing_is_found_in_an_ordinary_day() {
    for playbook in files_below(&project().join("scripts"), ".rhai").into_iter().filter(|file| !file.to_string_lossy().ends_with(".test.rhai")) {
        let place = Place::new();
        let mut call = place.huntsman(["run".as_ref(), playbook.as_os_str(), "--source".as_ref(), stores::sample().store.as_os_str()]);
        call.command.args(["--period", "2026-03-02", "--now", "2026-03-03T00:00:00Z", "--format", "json", "--allow-partial"]);
        let answer = call.run().expect(0);
        assert_eq!(answer.json()["findings"], serde_json::json!([]), "{}", playbook.display());
    }
}

/// Kinds with few records share a file, and yet each has its own fields only.
#[test]
fn raw_events_have_the_fields_that_their_records_have() {
    type Kind = (String, i64);
    let mut expected: BTreeMap<Kind, BTreeSet<String>> = BTreeMap::new();
    for file in files_below(stores::sample_folder(), ".ndjson") {
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let record: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
            let channel = record["Channel"].as_str().unwrap().to_string();
            let id = record["EventID"].as_i64().or_else(|| record["EventID"].as_str()?.parse().ok()).unwrap();
            let known = record.iter().filter(|(_, value)| !value.is_null());
            // A field whose name is a column's has another.
            let names = known.map(|(name, _)| if ["Channel", "Provider"].contains(&name.as_str()) { format!("{name}_raw") } else { name.clone() });
            expected.entry((channel, id)).or_default().extend(names);
        }
    }
    assert!(expected.len() > 20, "{} kinds", expected.len());
    let asked: Vec<Value> = expected.keys().map(|(channel, id)| json!([channel, id])).collect();
    let script = format!(
        "let all = Client(\"all\", all_time()); let found = []; for kind in {} {{ found.push(all.get_raw_events(#{{channel: kind[0], event_id: kind[1]}}).columns()); }} found",
        serde_json::to_string(&asked).unwrap()
    );
    let place = Place::new();
    let mut call = place.huntsman(["eval", &script, "--now", NOW, "--format", "json", "--source"]);
    call.command.arg(&stores::sample().store);
    let answer = call.run().expect(0).json();
    const DECLARED: [&str; 9] = ["DateTime", "Muid", "Provider", "Channel", "EventId", "RecordId", "ClientId", "Machine", "Source"];
    for ((kind, fields), columns) in expected.iter().zip(answer.as_array().unwrap()) {
        let columns: Vec<&str> = columns.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(columns[..DECLARED.len()], DECLARED, "{kind:?}");
        assert_eq!(columns[DECLARED.len()..].iter().map(|name| name.to_string()).collect::<BTreeSet<_>>(), *fields, "{kind:?}");
    }
}

/// A store in which an older program wrote the fields file by file.
#[test]
fn older_stores_keep_their_raw_fields() {
    let (place, filled) = (Place::new(), stores::sample());
    let mut manifest: Value = serde_json::from_str(&std::fs::read_to_string(filled.store.join("manifest.json")).unwrap()).unwrap();
    let kinds = manifest.as_object_mut().unwrap().remove("raw_fields").unwrap();
    let all: BTreeSet<&str> = kinds.as_array().unwrap().iter().flat_map(|kind| kind["fields"].as_array().unwrap()).map(|name| name.as_str().unwrap()).collect();
    for file in manifest["files"].as_array_mut().unwrap().iter_mut().filter(|file| file["table"] == "event") {
        file["raw_fields"] = json!(all);
    }
    place.write("old/manifest.json", &manifest.to_string());
    for table in std::fs::read_dir(&filled.store).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        std::os::unix::fs::symlink(&table, place.path("old").join(table.file_name().unwrap())).unwrap();
    }
    let expression = r#"Client("all", all_time()).get_raw_events(#{ channel: "Security", event_id: 4688 }).stack("NewProcessName").count()"#;
    let ask = |source: &std::path::Path| {
        let mut call = place.huntsman(["eval", expression, "--now", NOW, "--format", "json", "--source"]);
        call.command.arg(source);
        call.run().expect(0).json()
    };
    assert_eq!(ask(&place.path("old")), ask(&filled.store));
}
