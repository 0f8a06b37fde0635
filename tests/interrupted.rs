//! What goes wrong from outside: killed in the middle of ingest, two writers, a full disk, a closed pipe.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{NOW, Place, files_below, stores};

/// Killed when so many files have appeared: at once, in the first phase, while tables are written, at the end.
#[test]
fn a_killed_ingest_leaves_the_store_as_it_was_or_as_it_will_be() {
    let whole = count(&stores::sample().store);
    for files in [0, 1, 2, 4, 8, 16, 24] {
        let place = Place::new();
        let mut ingest = place.huntsman(["ingest".as_ref(), stores::sample_folder().as_os_str(), "--store".as_ref(), "store".as_ref()]);
        ingest.command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = ingest.start();
        while files_below(&place.path("store"), "").len() < files && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if place.path("store").join("manifest.json").exists() {
            let found = count(&place.path("store"));
            assert!(found == whole || found == json!(0), "killed at {files} files: {found}");
        }
        let mut again = place.huntsman(["ingest".as_ref(), stores::sample_folder().as_os_str(), "--store".as_ref(), "store".as_ref()]);
        again.command.args(["--format", "json"]);
        again.run().expect(0);
        assert_eq!(count(&place.path("store")), whole, "ingested again after {files} files");
        assert_eq!(parquet_files(&place.path("store")), named_files(&place.path("store")), "what the killed run left is swept");
    }
}

/// Logs that a store has, and the same with what came since: a table that changed, lines that were added, a file that is new.
fn logs(place: &Place, is_later: bool) {
    let text = std::fs::read_to_string(stores::sample_folder().join("dc01.ndjson")).unwrap();
    let lines = |count: usize| text.lines().take(count).map(|line| format!("{line}\n")).collect::<String>();
    let rows = |count: usize| (0..count).map(|row| format!("2026-03-02T10:00:{:02}Z,host{row},ProcessCreated,p{row}.exe\n", row % 60)).collect::<String>();
    let table = |count: usize| format!("Timestamp,DeviceName,ActionType,FileName\n{}", rows(count));
    place.write("in/dc01.ndjson", &lines(if is_later { 150 } else { 100 }));
    place.write("in/mde.csv", &table(if is_later { 120 } else { 80 }));
    if is_later {
        place.write("in/new.ndjson", &text.lines().skip(200).take(100).map(|line| format!("{line}\n")).collect::<String>());
    }
}

fn manifest(store: &Path) -> String {
    std::fs::read_to_string(store.join("manifest.json")).unwrap()
}

fn copy(from: &Path, to: &Path) {
    for file in files_below(from, "") {
        let copy = to.join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(file, copy).unwrap();
    }
}

/// Starts an ingest of `in`.
fn begin(place: &Place, store: &str) -> std::process::Child {
    let mut ingest = place.huntsman(["ingest", "in", "--store", store, "--quiet"]);
    ingest.command.stdout(Stdio::null()).stderr(Stdio::null());
    ingest.start()
}

/// Killed at a hundred instants over its whole length, an ingest into a store that has something leaves what was there or what was to come, and another one
/// makes of it what one that nobody disturbed makes, to the byte.
#[test]
fn killed_a_hundred_times_an_ingest_is_whole() {
    let place = Place::new();
    logs(&place, false);
    begin(&place, "before").wait().unwrap();
    logs(&place, true);
    let before = manifest(&place.path("before"));
    copy(&place.path("before"), &place.path("after"));
    // How long it takes is told in looks at it, which are as fast as the machine is.
    let mut whole = begin(&place, "after");
    let mut looks = 0_u64;
    while whole.try_wait().unwrap().is_none() {
        looks += 1;
        std::thread::yield_now();
    }
    let after = manifest(&place.path("after"));
    assert_ne!(before, after);
    let (mut as_before, mut as_after) = (0, 0);
    for instant in 0..100 {
        let (name, store) = (format!("killed{instant}"), place.path(&format!("killed{instant}")));
        copy(&place.path("before"), &store);
        let mut child = begin(&place, &name);
        let mut left = looks * instant / 100;
        while left > 0 && child.try_wait().unwrap().is_none() {
            left -= 1;
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let found = manifest(&store);
        assert!(found == before || found == after, "killed at {instant} of 100");
        *if found == before { &mut as_before } else { &mut as_after } += 1;
        let named = named_files(&store);
        assert!(named.iter().all(|file| store.join(file).exists()), "killed at {instant} of 100");
        if instant % 10 == 0 {
            place.huntsman(["sources", "--source", name.as_str(), "--verify", "--now", NOW]).run().expect(0);
        }
        place.huntsman(["ingest", "in", "--store", name.as_str(), "--quiet"]).run().expect(0);
        assert!(manifest(&store) == after, "ingested again after {instant} of 100");
        assert_eq!(parquet_files(&store), named_files(&store), "what the killed run left is swept");
        std::fs::remove_dir_all(&store).unwrap();
    }
    assert!(as_before > 0, "{as_before} were killed before the end, {as_after} after it");
}

/// Of two that write one store at once the second is refused, or comes after the first; whoever reads it meanwhile sees what was there or what is.
#[test]
fn two_ingests_and_hunts_at_once_are_right() {
    let place = Place::new();
    logs(&place, false);
    begin(&place, "store").wait().unwrap();
    logs(&place, true);
    let store = place.path("store");
    let (before, mut asked) = (count(&store), 0);
    let mut writers = [begin(&place, "store"), begin(&place, "store")];
    while writers.iter_mut().any(|writer| writer.try_wait().unwrap().is_none()) || asked == 0 {
        let found = count(&store);
        assert!(found == before || found == json!(370), "{found}");
        asked += 1;
    }
    let codes = writers.map(|mut writer| writer.wait().unwrap().code().unwrap());
    assert!(codes.contains(&0) && codes.iter().all(|code| [0, 2].contains(code)), "{codes:?}");
    assert_eq!((before, count(&store)), (json!(180), json!(370)));
    // What somebody still read went with the next writer.
    begin(&place, "store").wait().unwrap();
    assert_eq!(parquet_files(&store), named_files(&store));
}

#[test]
fn a_full_disk_is_said() {
    let place = Place::new();
    let mut call = place.huntsman(["eval", "[1, 2, 3]", "--now", NOW]);
    call.command.stdout(std::fs::File::create("/dev/full").unwrap());
    let answer = call.run().expect(2);
    assert!(answer.err.contains("No space left on device"), "{}", answer.err);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let place = Place::new();
    let expression = r#"Client("all", all_time()).get_raw_events()"#;
    let mut call = place.huntsman(["eval", expression, "--now", NOW, "--format", "csv", "--source"]);
    call.command.arg(&stores::sample().store);
    let mut child = call.start();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let place = Place::new();
    place.write("store/manifest.json", r#"{"version": 99, "something": "new"}"#);
    let answer = place.huntsman(["sources", "--source", "store", "--now", NOW]).run().expect(2);
    assert!(answer.err.contains("store::newer") && answer.err.contains("format 99"), "{}", answer.err);
    let mut ingest = place.huntsman(["ingest"]);
    ingest.command.arg(stores::sample_folder()).args(["--store", "store"]);
    assert!(ingest.run().expect(2).err.contains("store::newer"));
    assert_eq!(std::fs::read_to_string(place.path("store/manifest.json")).unwrap(), r#"{"version": 99, "something": "new"}"#);
}

/// The second writer is told who holds the store, and changes nothing.
#[test]
fn a_store_that_is_being_written_is_left_alone() {
    let place = Place::new();
    let store = place.path("store");
    std::fs::create_dir(&store).unwrap();
    let mut lock = std::fs::File::create(store.join(".lock")).unwrap();
    std::io::Write::write_all(&mut lock, b"4711").unwrap();
    lock.lock().unwrap();
    let ingest = || {
        let mut call = place.huntsman(["ingest"]);
        call.command.arg(stores::sample_folder()).args(["--store", "store"]);
        call.run()
    };
    let refused = ingest().expect(2);
    assert!(refused.err.contains("store::busy") && refused.err.contains("4711"), "{}", refused.err);
    drop(lock);
    ingest().expect(0);
}

/// A capture that nobody may read is said, by its name.
#[test]
fn a_file_that_may_not_be_read_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let path = place.write("logs/secret.ndjson", "{}\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(&path).is_ok() {
        // The superuser reads everything.
        return;
    }
    let answer = place.huntsman(["ingest", "logs", "--store", "store"]).run().expect(2);
    assert!(answer.err.contains("secret.ndjson"), "{}", answer.err);
}

/// Raw logs named as a source are read once, and again only when they change.
#[test]
fn raw_logs_are_cached_until_they_change() {
    let place = Place::new();
    let text = std::fs::read_to_string(stores::sample_folder().join("dc01.ndjson")).unwrap();
    place.write("logs/dc01.ndjson", &text);
    let expression = r#"Client("all", all_time()).get_raw_events().count()"#;
    let ask = || place.huntsman(["eval", expression, "--now", NOW, "--format", "json", "--source", "logs"]).run().expect(0).json();
    let lines = text.lines().count();
    assert_eq!(ask(), json!(lines));
    assert_eq!(ask(), json!(lines));
    let half: String = text.lines().take(100).map(|line| format!("{line}\n")).collect();
    place.write("logs/dc01.ndjson", &half);
    assert_eq!(ask(), json!(100));
}

fn count(store: &Path) -> Value {
    let place = Place::new();
    let mut call = place.huntsman(["eval", r#"Client("all", all_time()).get_raw_events().count()"#, "--now", NOW, "--format", "json", "--source"]);
    call.command.arg(store);
    call.run().expect(0).json()
}

fn parquet_files(store: &Path) -> Vec<String> {
    files_below(store, ".parquet").iter().map(|file| file.strip_prefix(store).unwrap().to_string_lossy().into_owned()).collect()
}

fn named_files(store: &Path) -> Vec<String> {
    let manifest: Value = serde_json::from_str(&std::fs::read_to_string(store.join("manifest.json")).unwrap()).unwrap();
    let mut files: Vec<String> = manifest["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap().to_string()).collect();
    files.sort();
    files
}
