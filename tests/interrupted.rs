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
