//! A store that is there: rows are forgotten, small files become large ones, and what is left answers as it did.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Answer, NOW, Place, files_below, stores};

const NOON: &str = "2026-03-03T12:00:00Z";

/// Every table whose rows have a time, with a query that reads all of it.
const QUERIES: &[&str] = &["get_raw_events()", "get_executions()", "get_logons()", "get_communications()"];

#[test]
fn rows_of_earlier_times_are_forgotten() {
    let place = filled();
    let later = |query: &str| format!(r#"Client("all", "{NOON}..2030-01-01").{query}"#);
    let before: Vec<Value> = QUERIES.iter().map(|query| ask(&place, &later(query))).collect();
    let said = upkeep(&place, &["forget", "--before", NOON]).expect(0).json();
    let (removed, left) = (number(&said["tables"]["event"]["removed"]), number(&said["tables"]["event"]["left"]));
    assert!(removed > 0 && left > 0, "{said}");
    assert_eq!(ask(&place, &all("get_raw_events().count()")), json!(left));
    let after: Vec<Value> = QUERIES.iter().map(|query| ask(&place, &all(query))).collect();
    assert!(after == before, "what is left is what was there from that time on");
    whole(&place);
    let again = upkeep(&place, &["forget", "--before", NOON]).expect(0).json();
    assert_eq!(number(&again["tables"]["event"]["removed"]), 0);
}

#[test]
fn a_machine_is_forgotten() {
    let place = filled();
    let machines = ask(&place, "machines()");
    let (name, muid) = (machines[0]["Name"].as_str().unwrap(), machines[0]["Muid"].as_str().unwrap());
    let others = |query: &str| all(&format!(r#"{query}.filter(|e| e.Muid != "{muid}")"#));
    let before: Vec<Value> = QUERIES[..2].iter().map(|query| ask(&place, &others(query))).collect();
    let said = upkeep(&place, &["forget", "--machine", &name.to_lowercase()]).expect(0).json();
    assert_eq!(said["tables"]["machine"], json!({ "removed": 1, "left": machines.as_array().unwrap().len() - 1 }));
    let after: Vec<Value> = QUERIES[..2].iter().map(|query| ask(&place, &all(query))).collect();
    assert!(after == before, "the others are as they were");
    assert!(
        files_below(&place.path("store"), ".parquet").iter().all(|file| !std::fs::read(file).unwrap().windows(muid.len()).any(|part| part == muid.as_bytes()))
    );
    whole(&place);
}

#[test]
fn a_machine_is_forgotten_up_to_a_time() {
    let place = filled();
    let name = ask(&place, "machines()")[0]["Name"].as_str().unwrap().to_string();
    let of = |period: &str| format!(r#"Machine("{name}", "{period}").get_raw_events().count()"#);
    let (earlier, later) = (number(&ask(&place, &of(&format!("2000-01-01..{NOON}")))), number(&ask(&place, &of(&format!("{NOON}..2030-01-01")))));
    let said = upkeep(&place, &["forget", "--machine", &name, "--before", NOON]).expect(0).json();
    assert_eq!(number(&said["tables"]["event"]["removed"]), earlier);
    assert_eq!(number(&ask(&place, &of("2000-01-01..2030-01-01"))), later);
    whole(&place);
}

/// What was forgotten does not come back with the next ingest of the same folder.
#[test]
fn what_was_forgotten_is_not_taken_in_again() {
    let place = filled();
    upkeep(&place, &["forget", "--before", "2030-01-01"]).expect(0);
    assert_eq!(ask(&place, &all("get_raw_events().count()")), json!(0));
    assert_eq!(files_below(&place.path("store"), ".parquet").len(), 2, "the machines and what is covered, of which nothing is left");
    let mut ingest = place.huntsman(["ingest"]);
    ingest.command.arg(stores::sample_folder()).args(["--store", "store", "--format", "json"]);
    let said = ingest.run().expect(0).json();
    assert_eq!((number(&said["records"]), number(&said["files"])), (0, 0), "{said}");
    assert_eq!(ask(&place, &all("get_raw_events().count()")), json!(0));
}

/// A query that began before finds its files; they go with the next writer.
#[test]
fn files_stay_while_somebody_reads() {
    let place = filled();
    // A session that has the store open.
    let mut call = place.huntsman(["--source", "store", "--now", NOW]);
    call.command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut reader = call.start();
    let mut input = reader.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, b"print(\"open\");\n").unwrap();
    let mut told = std::io::BufReader::new(reader.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("open") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut told, &mut line).unwrap() > 0, "the session ended");
    }
    let old = files_below(&place.path("store"), ".parquet");
    let said = upkeep(&place, &["forget", "--before", NOON]).expect(0);
    assert!(said.err.contains("store::in_use"), "{}", said.err);
    assert!(old.iter().all(|file| file.exists()));
    whole(&place);
    drop(input);
    assert!(reader.wait().unwrap().success());
    let said = upkeep(&place, &["forget", "--before", NOON]).expect(0);
    assert_eq!(said.err, "");
    assert_eq!(files_below(&place.path("store"), ".parquet"), named(&place.path("store")));
}

/// Killed at any instant, the store is as it was or as it will be.
#[test]
fn a_killed_forget_leaves_no_half_of_it() {
    let place = filled();
    let before = ask(&place, &all("get_raw_events().count()"));
    let after = number(&ask(&place, &format!(r#"Client("all", "{NOON}..2030-01-01").get_raw_events().count()"#)));
    let files = files_below(&place.path("store"), ".parquet").len();
    for more in [0, 1, 2, 3, 5, 8] {
        let place = filled();
        let mut call = place.huntsman(["forget", "--store", "store", "--before", NOON]);
        call.command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = call.start();
        while files_below(&place.path("store"), ".parquet").len() < files + more && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let found = ask(&place, &all("get_raw_events().count()"));
        assert!(found == before || found == json!(after), "killed at {more} files: {found}");
        upkeep(&place, &["forget", "--before", NOON]).expect(0);
        assert_eq!(ask(&place, &all("get_raw_events().count()")), json!(after));
        whole(&place);
    }
}

#[test]
fn a_store_that_is_being_written_is_not_changed() {
    let place = filled();
    let lock = std::fs::File::open(place.path("store/.lock")).unwrap();
    lock.lock().unwrap();
    let refused = upkeep(&place, &["forget", "--before", NOON]).expect(2);
    assert!(refused.err.contains("store::busy"), "{}", refused.err);
    let refused = place.huntsman(["forget", "--store", "nowhere", "--before", NOON]).run().expect(2);
    assert!(refused.err.contains("store::absent") && !place.path("nowhere").exists(), "{}", refused.err);
}

/// As many ingests as there are files leave as many small files; merged they answer as before, row for row.
#[test]
fn small_files_become_one() {
    let place = pieces();
    let before: Vec<Value> = QUERIES.iter().map(|query| ask(&place, &all(query))).collect();
    let sources = |place: &Place| place.huntsman(["sources", "--source", "store", "--format", "json", "--now", NOW]).run().expect(0).json();
    let held = sources(&place);
    let files = files_below(&place.path("store"), ".parquet").len();
    let said = upkeep(&place, &["compact"]).expect(0).json();
    let counts = said["tables"].as_object().unwrap().values();
    let (was, is) = counts.fold((0, 0), |(was, is), table| (was + number(&table["before"]), is + number(&table["after"])));
    let left = files_below(&place.path("store"), ".parquet");
    assert_eq!((was, is), (files as i64, left.len() as i64));
    assert!(is * 2 < was, "{said}");
    assert_eq!(said["tables"]["dns"]["after"], json!(2), "a file for each day: {said}");
    assert_eq!(left, named(&place.path("store")));
    let after: Vec<Value> = QUERIES.iter().map(|query| ask(&place, &all(query))).collect();
    assert!(after == before, "rows or their order are not what they were");
    assert_eq!(sources(&place), held);
    whole(&place);
    let again = upkeep(&place, &["compact"]).expect(0).json();
    assert!(again["tables"].as_object().unwrap().values().all(|table| table["before"] == table["after"]), "{again}");
    upkeep(&place, &["forget", "--before", NOON]).expect(0);
    whole(&place);
}

/// Killed at any instant, nothing is lost and nothing is there twice.
#[test]
fn a_killed_compact_loses_nothing() {
    let place = pieces();
    let before = ask(&place, &all("get_raw_events().count()"));
    let files = files_below(&place.path("store"), ".parquet").len();
    for more in [0, 1, 3, 8] {
        let killed = Place::new();
        copy(&place.path("store"), &killed.path("store"));
        let mut call = killed.huntsman(["compact", "--store", "store"]);
        call.command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = call.start();
        while files_below(&killed.path("store"), ".parquet").len() < files + more && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(ask(&killed, &all("get_raw_events().count()")), before);
        upkeep(&killed, &["compact"]).expect(0);
        assert_eq!(files_below(&killed.path("store"), ".parquet"), named(&killed.path("store")));
        whole(&killed);
    }
}

/// The sample, of which each file came with an ingest of its own, cut in two.
fn pieces() -> Place {
    let place = Place::new();
    for (number, file) in files_below(stores::sample_folder(), "").iter().enumerate() {
        let text = std::fs::read_to_string(file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (part, lines) in lines.chunks(lines.len().div_ceil(2)).enumerate() {
            let name = format!("raw-{number}-{part}/{}", file.file_name().unwrap().to_string_lossy());
            place.write(&name, &(lines.join("\n") + "\n"));
            place.huntsman(["ingest", &name, "--store", "store"]).run().expect(0);
        }
    }
    place
}

/// Every file is as it was written and is named, and what is said to be covered is what is there.
fn whole(place: &Place) {
    let sources = place.huntsman(["sources", "--verify", "--source", "store", "--format", "json", "--now", NOW]).run().expect(0);
    let covered: i64 = covered(&sources.json(), "event");
    assert_eq!(json!(covered), ask(place, &all("get_raw_events().count()")));
    let machines = ask(place, "machines()");
    for machine in machines.as_array().unwrap() {
        let name = machine["Name"].as_str().unwrap();
        assert_eq!(machine["Events"], ask(place, &format!(r#"Machine("{name}", all_time()).get_raw_events().count()"#)), "{name}");
    }
}

fn covered(sources: &Value, table: &str) -> i64 {
    let tables = sources["tables"].as_array().unwrap_or_else(|| panic!("{sources}"));
    tables.iter().filter(|known| known["table"] == table || known["name"] == table).map(|known| number(&known["rows"])).sum()
}

fn filled() -> Place {
    let place = Place::new();
    copy(&stores::sample().store, &place.path("store"));
    place
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn upkeep(place: &Place, arguments: &[&str]) -> Answer {
    let mut call = place.huntsman(arguments);
    call.command.args(["--store", "store", "--format", "json"]);
    call.run()
}

fn all(query: &str) -> String {
    format!(r#"Client("all", all_time()).{query}"#)
}

fn ask(place: &Place, expression: &str) -> Value {
    let answer = place.huntsman(["eval", expression, "--now", NOW, "--format", "json", "--source", "store", "--quiet"]).run().expect(0).json();
    let Some(rows) = answer["rows"].as_array() else { return answer };
    // Which columns there are beside may depend on what else is in the store.
    let filled = |row: &Value| row.as_object().unwrap().iter().filter(|(_, cell)| !cell.is_null()).map(|(name, cell)| (name.clone(), cell.clone())).collect();
    rows.iter().map(|row| Value::Object(filled(row))).collect()
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn named(store: &Path) -> Vec<std::path::PathBuf> {
    let manifest: Value = serde_json::from_str(&std::fs::read_to_string(store.join("manifest.json")).unwrap()).unwrap();
    let mut files: Vec<_> = manifest["files"].as_array().unwrap().iter().map(|file| store.join(file["path"].as_str().unwrap())).collect();
    files.sort();
    files
}
