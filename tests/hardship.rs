//! Files, disks and stores that are not as they should be: one diagnostic, exit code 2, and nothing is lost.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Answer, Call, NOW, Place, files_below, stores};

const COUNT: &str = r#"Client("all", all_time()).get_raw_events().count()"#;

/// No file may grow beyond so many blocks of 512 bytes, as on a disk that is full: the writer is told, and goes on.
fn limited(call: &Call, blocks: u32) -> Answer {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")).arg(call.command.get_program()).args(call.command.get_args());
    command.env_clear().envs(call.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Answer::from(command.current_dir(call.command.get_current_dir().unwrap()).output().unwrap())
}

fn ingest(place: &Place, raw: &Path, store: &str) -> Call {
    let mut call = place.huntsman(["ingest".as_ref(), raw.as_os_str()]);
    call.command.args(["--store", store, "-q"]);
    call
}

fn count(place: &Place, source: &Path) -> Value {
    let mut call = place.huntsman(["eval", COUNT, "--now", NOW, "--format", "json", "--source"]);
    call.command.arg(source);
    call.run().expect(0).json()
}

/// One clear diagnostic of this code, and nothing on stdout.
fn refused(answer: Answer, code: &str) -> String {
    let answer = answer.expect(2);
    assert_eq!(answer.out, "", "{}", answer.err);
    assert!(answer.err.starts_with(&format!("{code}\n")), "{code} was expected:\n{}", answer.err);
    assert_eq!(answer.err.matches("\n  x ").count(), 1, "one diagnostic:\n{}", answer.err);
    assert!(answer.err.contains("\n  help: ") && !answer.err.contains("os error"), "{}", answer.err);
    answer.err
}

#[test]
fn a_full_disk_leaves_a_store_as_it_was() {
    let place = Place::new();
    place.write("first.ndjson", &fs::read_to_string(stores::sample_folder().join("dc01.ndjson")).unwrap());
    ingest(&place, &place.path("first.ndjson"), "store").run().expect(0);
    let manifest = || fs::read(place.path("store/manifest.json")).unwrap();
    let (before, rows) = (manifest(), count(&place, &place.path("store")));
    let mut failures = 0;
    // From the first bytes that are set aside to the last file.
    for blocks in [1, 8, 40, 80, 120, 160] {
        let answer = limited(&ingest(&place, stores::sample_folder(), "store"), blocks);
        if answer.code == 0 {
            break;
        }
        failures += 1;
        refused(answer, "store::io");
        assert_eq!(manifest(), before, "{blocks} blocks");
        assert_eq!(count(&place, &place.path("store")), rows, "{blocks} blocks");
    }
    assert!(failures >= 3, "the limits are too wide: {failures} failures");
    ingest(&place, stores::sample_folder(), "store").run().expect(0);
    assert_eq!(count(&place, &place.path("store")), count(&place, &stores::sample().store));
}

#[test]
fn a_full_disk_leaves_files_as_they_were() {
    let place = Place::new();
    let old = "what was there before\n";
    for (name, extra, code) in [
        ("out.json", vec!["-o", "out.json"], "output::file"),
        ("out.csv", vec!["--allow-write", "."], "write::failed"),
        ("out.parquet", vec!["--allow-write", "."], "write::failed"),
    ] {
        place.write(name, old);
        let expression = match name {
            "out.csv" => r#"Client("all", all_time()).get_raw_events().to_csv("out.csv")"#,
            "out.parquet" => r#"Client("all", all_time()).get_raw_events().to_parquet("out.parquet")"#,
            _ => r#"Client("all", all_time()).get_raw_events()"#,
        };
        let mut call = place.huntsman(["eval", expression, "--now", NOW, "--source"]);
        call.command.arg(&stores::sample().store).args(extra);
        refused(limited(&call, 8), code);
        assert_eq!(fs::read_to_string(place.path(name)).unwrap(), old);
    }
    let left: Vec<_> =
        files_below(&place.path("."), "").into_iter().filter(|path| path.to_string_lossy().contains("out.") && !path.ends_with("out.json")).collect();
    assert_eq!(left.len(), 2, "no drafts are left: {left:?}");
}

#[test]
fn half_a_sample_is_none() {
    let place = Place::new();
    fs::create_dir(place.path("there")).unwrap();
    for folder in ["made", "there"] {
        refused(limited(&place.huntsman(["sample", folder]), 8), "sample::write");
    }
    assert!(!place.path("made").exists());
    assert_eq!(files_below(&place.path("there"), ""), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_full_cache_is_said_and_filled_the_next_time() {
    let place = Place::new();
    let mut call = place.huntsman(["eval", COUNT, "--now", NOW, "--format", "table", "--source"]);
    call.command.arg(stores::sample_folder());
    refused(limited(&call, 8), "store::io");
    assert_eq!(count(&place, stores::sample_folder()), count(&place, &stores::sample().store));
}

/// A link that leads to itself is unreadable for everyone.
#[test]
fn what_nobody_can_read_is_said_by_its_name() {
    let place = Place::new();
    for name in ["loop.rhai", "loop.ndjson", "logs/loop.ndjson"] {
        fs::create_dir_all(place.path(name).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(place.path(name), place.path(name)).unwrap();
    }
    std::os::unix::fs::symlink("nowhere", place.path("dangling.ndjson")).unwrap();
    for arguments in [&["run", "loop.rhai"][..], &["list", "loop.rhai"]] {
        assert!(refused(place.huntsman(arguments).run(), "playbook::unreadable").contains("loop.rhai"));
    }
    for name in ["loop.ndjson", "dangling.ndjson"] {
        assert!(refused(ingest(&place, &place.path(name), "store").run(), "ingest::unreadable").contains(name));
    }
    assert!(refused(place.huntsman(["eval", COUNT, "--source", "loop.ndjson"]).run(), "source::unreadable").contains("loop.ndjson"));
    // In a folder it does not keep the others from being read.
    place.write("logs/dc01.ndjson", &fs::read_to_string(stores::sample_folder().join("dc01.ndjson")).unwrap());
    ingest(&place, &place.path("logs"), "store").run().expect(0);
}

#[test]
fn empty_files_hold_nothing() {
    let place = Place::new();
    for name in ["empty.ndjson", "empty.evtx", "empty.gz"] {
        place.write(name, "");
        refused(ingest(&place, &place.path(name), "store").run(), "ingest::nothing");
        refused(place.huntsman(["eval", COUNT, "--source", name]).run(), "ingest::nothing");
    }
    // No folder is left that looks like a store.
    assert!(!place.path("store").exists());
    place.write("empty.rhai", "");
    assert!(place.huntsman(["run", "empty.rhai"]).run().code == 0);
}

/// Nobody waits for a pipe that nothing comes out of; a playbook may come through one.
#[test]
fn pipes_are_no_logs() {
    let place = Place::new();
    fs::create_dir(place.path("logs")).unwrap();
    let made = Command::new("mkfifo").arg(place.path("logs/pipe.ndjson")).status().unwrap();
    assert!(made.success());
    refused(ingest(&place, &place.path("logs/pipe.ndjson"), "store").run(), "ingest::unreadable");
    refused(ingest(&place, &place.path("logs"), "store").run(), "ingest::nothing");
    let mut call = place.huntsman(["run", "/dev/stdin", "--now", NOW, "--period", "all", "--source"]).input("note(\"from a pipe\");\n");
    call.command.arg(&stores::sample().store);
    assert!(call.run().expect(0).out.contains("from a pipe"));
}

#[test]
fn a_playbook_is_a_text_of_some_size() {
    let place = Place::new();
    fs::write(place.path("latin.rhai"), b"// caf\xe9\n").unwrap();
    fs::write(place.path("large.rhai"), vec![b' '; 5 << 20]).unwrap();
    fs::create_dir(place.path("folder.rhai")).unwrap();
    for (name, reason) in [("latin.rhai", "byte 6"), ("large.rhai", "too much")] {
        assert!(refused(place.huntsman(["run", name]).run(), "playbook::unreadable").contains(reason));
    }
    refused(place.huntsman(["run", "folder.rhai"]).run(), "playbook::none");
}

/// One byte anywhere in a file of a store: a query may not notice, `sources --verify` does.
#[test]
fn changed_bytes_of_a_store_are_found() {
    let place = Place::new();
    ingest(&place, stores::sample_folder(), "store").run().expect(0);
    let verify = || place.huntsman(["sources", "--verify", "--source", "store", "--format", "json", "--now", NOW]).run();
    let files = files_below(&place.path("store"), ".parquet");
    assert_eq!(verify().expect(0).json()["verified"], json!(files.len()));
    for file in [&files[0], &files[files.len() / 2], &files[files.len() - 1]] {
        let whole = fs::read(file).unwrap();
        for at in [4, whole.len() / 2, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(file, &damaged).unwrap();
            let answer = verify().expect(2);
            let fault: Value = serde_json::from_str(answer.err.trim()).unwrap();
            assert_eq!(fault["code"], "store::damaged");
            assert!(fault["message"].as_str().unwrap().contains(file.file_name().unwrap().to_str().unwrap()), "{fault}");
        }
        fs::write(file, &whole).unwrap();
    }
    // Not one of those that tell what a store holds.
    fs::remove_file(files.last().unwrap()).unwrap();
    verify().expect(2);
    // Without the question nothing is read for it.
    let plain = place.huntsman(["sources", "--source", "store", "--format", "json", "--now", NOW]).run().expect(0).json();
    assert_eq!(plain["verified"], json!(null));
}

#[test]
fn a_hunt_knows_of_files_that_nobody_could_open() {
    let place = Place::new();
    place.write("logs/dc01.ndjson", &fs::read_to_string(stores::sample_folder().join("dc01.ndjson")).unwrap());
    // The head of an archive, and no archive.
    place.write("logs/wks01.zip", "PK\u{3}\u{4} cut off");
    place.write(
        "hunt.rhai",
        "//! Nothing.\nfinding(#{ title: \"x\", severity: \"high\", evidence: Client(\"all\", all_time()).get_executions(#{ operation: \"create\", file: \"nothing.exe\" }) });\n",
    );
    let hunt = |source: &str| place.huntsman(["run", "hunt.rhai", "--now", NOW, "--source", source, "--format", "json", "-q"]).run();
    let whole = ingest(&place, &place.path("logs/dc01.ndjson"), "whole").run().expect(0);
    assert!(!whole.out.contains("Rejected"), "{}", whole.out);
    hunt("whole").expect(0);

    let answer = place.huntsman(["ingest", "logs", "--store", "store"]).run().expect(0);
    assert!(answer.out.contains("wks01.zip        1  "), "{}", answer.out);
    let answer = place.huntsman(["eval", "1", "--source", "logs"]).run().expect(0);
    assert!(answer.err.starts_with("ingest::unopened\n\n  ! wks01.zip: "), "{}", answer.err);
    let manifest = || fs::read(place.path("store/manifest.json")).unwrap();
    let first = manifest();
    ingest(&place, &place.path("logs"), "store").run().expect(0);
    assert_eq!(manifest(), first, "the same once more changes nothing");
    // The store, the cache when it is filled, and the cache when it is used again.
    for source in ["store", "logs", "logs"] {
        let report = hunt(source).expect(3).json();
        assert_eq!((&report["outcome"], &report["coverage"][0]["rejected"]), (&json!("partial"), &json!(1)), "{source}");
    }

    place.write("logs/wks01.zip", "no telemetry at all\n");
    ingest(&place, &place.path("logs"), "store").run().expect(0);
    for source in ["store", "logs"] {
        assert_eq!(hunt(source).expect(0).json()["outcome"], "clean", "{source}");
    }
    place.write("only.zip", "PK\u{3}\u{4} cut off");
    assert_eq!(hunt("only.zip").expect(3).json()["outcome"], "not_examined");
}

/// Files of one name in two folders are two files: that one of them can be read says nothing of the other.
#[test]
fn a_file_of_the_same_name_elsewhere_is_another() {
    let place = Place::new();
    let log = fs::read_to_string(stores::sample_folder().join("dc01.ndjson")).unwrap();
    place.write("one/log.zip", "PK\u{3}\u{4} cut off");
    place.write("two/log.zip", "no telemetry at all\n");
    place.write("one/dc01.ndjson", &log);
    place.write("two/dc01.ndjson", &log);
    let unread = |folder: &str| -> u64 {
        ingest(&place, &place.path(folder), "store").run().expect(0);
        let sources = place.huntsman(["sources", "--source", "store", "--format", "json", "--now", NOW]).run().expect(0).json();
        sources["rejected"].as_array().unwrap().iter().map(|rejected| rejected["count"].as_u64().unwrap()).sum()
    };
    assert_eq!(["one", "two", "one"].map(unread), [1, 1, 1]);
    place.write("one/log.zip", "no telemetry at all\n");
    assert_eq!(["two", "one"].map(unread), [1, 0]);
}
