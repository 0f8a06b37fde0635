//! Files that hold something else when they are read again: the store is what one that was filled just now would be.

use serde_json::{Value, json};

use crate::support::pack::tar;
use crate::support::{NOW, Place, stores};

fn ingest(place: &Place, what: &str) -> Value {
    place.huntsman(["ingest", what, "--store", "store", "--format", "json"]).run().expect(0).json()
}

fn ask(place: &Place, store: &str, expression: &str) -> Value {
    place.huntsman(["eval", expression, "--source", store, "--now", NOW, "--format", "json"]).run().expect(0).json()
}

/// What a store says of itself, and every event with its file and fields.
fn content(place: &Place, store: &str) -> (Value, Value) {
    let mut about = place.huntsman(["sources", "--source", store, "--now", NOW, "--format", "json"]).run().expect(0).json();
    about.as_object_mut().unwrap().remove("source");
    let query = r#"Client("all", all_time()).get_raw_events().sort(["DateTime", "Source", "RecordId", "Machine"])"#;
    (about, ask(place, store, query))
}

/// Ingests what changed; then the store holds what a new one does, every row once, and the same again adds nothing.
fn is_as_fresh(place: &Place, replaced: u64) {
    let summary = ingest(place, "in");
    assert_eq!(summary["replaced"], json!(replaced), "{summary}");
    let _ = std::fs::remove_dir_all(place.path("fresh"));
    place.huntsman(["ingest", "in", "--store", "fresh"]).run().expect(0);
    let (found, expected) = (content(place, "store"), content(place, "fresh"));
    assert!(found == expected, "{}", crate::support::golden::difference(&format!("{expected:#?}"), &format!("{found:#?}")));
    let manifest = || std::fs::read_to_string(place.path("store/manifest.json")).unwrap();
    let before = manifest();
    let again = ingest(place, "in");
    assert_eq!((&again["records"], &again["replaced"]), (&json!(0), &json!(0)), "{again}");
    assert_eq!(manifest(), before, "the same again changes nothing");
    place.huntsman(["sources", "--source", "store", "--verify", "--now", NOW]).run().expect(0);
}

fn csv(numbers: std::ops::RangeInclusive<u64>) -> String {
    let row = |number: u64| {
        format!("2026-03-02T10:00:{number:02}.0000000Z,host{}.corp.example,ProcessCreated,p{number}.exe,C:\\p{number}.exe,{number}\n", number % 3)
    };
    let rows: String = numbers.map(row).collect();
    format!("Timestamp,DeviceName,ActionType,FileName,FolderPath,ProcessId\n{rows}")
}

fn zeek(numbers: std::ops::RangeInclusive<u64>, close: bool) -> String {
    let row = |number: u64| format!("17724456{number:02}.5\tC{number}\t10.0.0.{number}\t49152\t192.0.2.1\t443\ttcp\n");
    let head = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2026-03-02-10-00-00\n\
        #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\n";
    let rows: String = numbers.map(row).collect();
    format!("{head}{rows}{}", if close { "#close\t2026-03-02-11-00-00\n" } else { "" })
}

fn records(numbers: std::ops::RangeInclusive<u64>) -> Vec<Value> {
    let record = |number: u64| {
        json!({ "@timestamp": format!("2026-03-02T10:00:{number:02}.000Z"), "Hostname": "HOST1", "Channel": "Security", "EventID": 4688,
            "RecordNumber": number, "NewProcessName": format!("C:\\p{number}.exe"), "NewProcessId": format!("{number:#x}") })
    };
    numbers.map(record).collect()
}

fn lines(numbers: std::ops::RangeInclusive<u64>) -> String {
    records(numbers).iter().map(|record| format!("{record}\n")).collect()
}

#[test]
fn a_grown_table_replaces_what_it_was() {
    let place = Place::new();
    place.write("in/other.csv", &csv(40..=45));
    for last in [3, 4, 9] {
        place.write("in/mde.csv", &csv(1..=last));
        is_as_fresh(&place, u64::from(last > 3));
    }
    assert_eq!(ask(&place, "store", r#"Client("all", all_time()).get_executions().count()"#), json!(15));
}

/// Zeek ends a log with a line that is gone when more is written.
#[test]
fn a_grown_zeek_log_replaces_what_it_was() {
    let place = Place::new();
    place.write("in/conn.log", &zeek(1..=3, false));
    ingest(&place, "in");
    for (last, close) in [(3, true), (6, false), (8, true)] {
        place.write("in/conn.log", &zeek(1..=last, close));
        is_as_fresh(&place, 1);
    }
    assert_eq!(ask(&place, "store", r#"Client("all", all_time()).get_communications().count()"#), json!(8));
}

#[test]
fn a_grown_array_replaces_what_it_was() {
    let place = Place::new();
    for last in [2, 5] {
        place.write("in/array.json", &json!({ "Records": records(1..=last) }).to_string());
        is_as_fresh(&place, u64::from(last > 2));
    }
}

/// Rewritten, grown by what stands before, cut short, emptied of all but one.
#[test]
fn a_rewritten_file_replaces_what_it_was() {
    for write in [(|range| lines(range)) as fn(std::ops::RangeInclusive<u64>) -> String, |range| csv(range), |range| zeek(range, false)] {
        let place = Place::new();
        place.write("in/log", &write(5..=9));
        place.write("in/beside.ndjson", &lines(50..=52));
        ingest(&place, "in");
        for numbers in [20..=25, 19..=25, 19..=22, 22..=22] {
            place.write("in/log", &write(numbers));
            is_as_fresh(&place, 1);
        }
    }
}

#[test]
fn a_log_that_shrank_to_what_it_was_once_is_that() {
    let place = Place::new();
    for (last, replaced) in [(3, 0), (6, 0), (3, 1), (8, 0)] {
        place.write("in/log.ndjson", &lines(1..=last));
        is_as_fresh(&place, replaced);
    }
}

#[test]
fn a_grown_event_log_replaces_what_it_was() {
    let Some(folder) = stores::real_path("evtx-to-mitre-attack") else { return };
    let logs = crate::support::files_below(&folder, ".evtx");
    let place = Place::new();
    std::fs::create_dir(place.path("in")).unwrap();
    for (number, log) in logs.iter().take(3).enumerate() {
        std::fs::copy(log, place.path("in/log.evtx")).unwrap();
        is_as_fresh(&place, u64::from(number > 0));
    }
}

/// Files of one name in two folders are two files, however they are asked for.
#[test]
fn names_do_not_make_files_the_same() {
    let place = Place::new();
    let count = || ask(&place, "store", r#"Client("all", all_time()).get_raw_events().count()"#);
    place.write("a/log.csv", &csv(1..=2));
    place.write("b/log.csv", &csv(3..=6));
    ingest(&place, "a");
    assert_eq!(ingest(&place, "b")["replaced"], json!(0));
    assert_eq!(count(), json!(6));
    place.write("b/log.csv", &csv(3..=7));
    assert_eq!(ingest(&place, "b")["replaced"], json!(1));
    assert_eq!(count(), json!(7));
    // By another way to it, under another name.
    place.write("a/log.csv", &csv(1..=1));
    assert_eq!(ingest(&place, "a/log.csv")["replaced"], json!(1));
    std::os::unix::fs::symlink(place.path("a"), place.path("link")).unwrap();
    place.write("a/log.csv", &csv(1..=2));
    assert_eq!(ingest(&place, "link")["replaced"], json!(1));
    assert_eq!(count(), json!(7));
}

/// Rotation renames what was written and begins a new file under the old name.
#[test]
fn rotated_logs_keep_their_rows() {
    let place = Place::new();
    let ids = || ask(&place, "store", r#"Client("all", all_time()).get_raw_events().sort("RecordId").column("RecordId")"#);
    place.write("in/log.ndjson", &lines(1..=3));
    ingest(&place, "in");
    for turn in 2..5_u64 {
        for older in (1..turn).rev() {
            let name = |number: u64| if number == 1 { "in/log.ndjson".to_string() } else { format!("in/log.ndjson.{number}") };
            std::fs::rename(place.path(&name(older)), place.path(&name(older + 1))).unwrap();
        }
        place.write("in/log.ndjson", &lines(10 * turn..=10 * turn));
        let summary = ingest(&place, "in");
        assert_eq!((&summary["replaced"], &summary["records"]), (&json!(0), &json!(1)), "{summary}");
    }
    assert_eq!(ids(), json!([1, 2, 3, 20, 30, 40]));
    // Deleted, emptied, or overwritten by what is no log: what was there stays.
    std::fs::remove_file(place.path("in/log.ndjson.4")).unwrap();
    place.write("in/log.ndjson", "");
    place.write("in/log.ndjson.2", "no log at all\n");
    ingest(&place, "in");
    assert_eq!(ids(), json!([1, 2, 3, 20, 30, 40]));
}

/// A content that two files hold stays until neither does.
#[test]
fn a_copy_keeps_what_the_other_gave_up() {
    let place = Place::new();
    place.write("in/one.csv", &csv(1..=3));
    place.write("in/two.csv", &csv(1..=3));
    ingest(&place, "in");
    place.write("in/one.csv", &csv(4..=5));
    assert_eq!(ingest(&place, "in")["replaced"], json!(0));
    let count = || ask(&place, "store", r#"Client("all", all_time()).get_raw_events().count()"#);
    assert_eq!(count(), json!(5));
    place.write("in/two.csv", &csv(4..=5));
    assert_eq!(ingest(&place, "in")["replaced"], json!(1));
    assert_eq!(count(), json!(2));
}

/// A member that changed is replaced, one that went is gone, one of the same name twice is both.
#[test]
fn archives_are_followed_member_by_member() {
    let place = Place::new();
    std::fs::create_dir(place.path("in")).unwrap();
    let [short, long, other, one] = [csv(1..=3), csv(1..=5), zeek(1..=3, true), lines(9..=9)];
    let packed = |members: &[(&str, &str)]| tar(&members.iter().map(|(name, text)| (*name, text.as_bytes())).collect::<Vec<_>>());
    let write = |members: &[(&str, &str)]| std::fs::write(place.path("in/logs.tar"), packed(members)).unwrap();
    for (members, replaced) in [
        (vec![("a.csv", short.as_str()), ("b.log", &other)], 0),
        (vec![("a.csv", &long), ("b.log", &other)], 1),
        (vec![("a.csv", &long)], 1),
        (vec![("a.csv", &long), ("a.csv", &one)], 0),
        (vec![("a.csv", &short), ("a.csv", &one)], 1),
    ] {
        write(&members);
        is_as_fresh(&place, replaced);
    }
    // What can't be read of a damaged archive is not gone.
    let whole = packed(&[("a.csv", &short), ("b.log", &other)]);
    write(&[("a.csv", &short), ("b.log", &other)]);
    ingest(&place, "in");
    std::fs::write(place.path("in/logs.tar"), &whole[..1124]).unwrap();
    ingest(&place, "in");
    assert_eq!(ask(&place, "store", r#"Client("all", all_time()).get_communications().count()"#), json!(3));
}

/// Rows of a file that changed lie among others after `compact`, over days.
#[test]
fn rows_are_replaced_after_compaction() {
    let place = Place::new();
    for number in 0..4 {
        place.write(&format!("in/{number}.csv"), &csv(number * 10..=number * 10 + 4));
        ingest(&place, "in");
    }
    place.huntsman(["compact", "--store", "store"]).run().expect(0);
    place.write("in/1.csv", &csv(10..=17).replace("2026-03-02T10:00:16", "2026-03-04T10:00:16"));
    is_as_fresh(&place, 1);
}

/// A case that moved to another disk is the same case.
#[test]
fn logs_that_moved_and_grew_add_what_is_new() {
    let place = Place::new();
    place.write("old/in/log.ndjson", &lines(1..=3));
    ingest(&place, "old/in");
    std::fs::rename(place.path("old"), place.path("new")).unwrap();
    place.write("new/in/log.ndjson", &lines(1..=5));
    assert_eq!(ingest(&place, "new/in")["records"], json!(2));
    assert_eq!(ask(&place, "store", r#"Client("all", all_time()).get_raw_events().count()"#), json!(5));
}
