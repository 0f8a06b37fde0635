//! Files that are read again when there is more of them: every record is taken once.

use std::io::Write;

use serde_json::{Value, json};

use crate::support::{NOW, Place};

const FILE: &str = "in/log.ndjson";

fn line(number: u64) -> String {
    let time = format!("2026-03-02T10:00:{number:02}.000Z");
    let mut record = json!({ "@timestamp": time, "Hostname": "HOST1", "Channel": "Security", "EventID": 4688, "RecordNumber": number });
    record["NewProcessName"] = format!("C:\\p{number}.exe").into();
    record["NewProcessId"] = format!("{number:#x}").into();
    format!("{record}\n")
}

fn lines(numbers: std::ops::RangeInclusive<u64>) -> String {
    numbers.map(line).collect()
}

fn ingest(place: &Place, what: &str) -> Value {
    place.huntsman(["ingest", what, "--store", "store", "--format", "json"]).run().expect(0).json()
}

/// The record ids of the rows of a table, in order.
fn ids(place: &Place, query: &str) -> Vec<u64> {
    let expression = format!(r#"Client("all", all_time()).{query}.sort("RecordId").column("RecordId")"#);
    let answer = place.huntsman(["eval", &expression, "--source", "store", "--now", NOW, "--format", "json"]).run().expect(0).json();
    answer.as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect()
}

fn holds(place: &Place, expected: std::ops::RangeInclusive<u64>) {
    let expected: Vec<u64> = expected.collect();
    assert_eq!(ids(place, "get_raw_events()"), expected);
    assert_eq!(ids(place, r#"get_executions(#{ operation: "create" })"#), expected);
}

fn sources(place: &Place) -> Value {
    let manifest: Value = serde_json::from_str(&std::fs::read_to_string(place.path("store/manifest.json")).unwrap()).unwrap();
    manifest["sources"].clone()
}

#[test]
fn a_growing_file_adds_only_its_new_lines() {
    let place = Place::new();
    place.write(FILE, &lines(1..=2));
    assert_eq!(ingest(&place, "in")["records"], 2);
    for (last, new) in [(5, 3), (6, 1), (6, 0)] {
        place.write(FILE, &lines(1..=last));
        let summary = ingest(&place, "in");
        assert_eq!((&summary["records"], &summary["known"]), (&json!(new), &json!(u64::from(new == 0))));
        holds(&place, 1..=last);
    }
    let found = sources(&place);
    assert_eq!((found.as_array().unwrap().len(), &found[0]["records"]), (1, &json!(6)));
    // A copy of what it was is known too.
    place.write("in/copy.ndjson", &lines(1..=5));
    assert_eq!(ingest(&place, "in")["known"], 2);
    holds(&place, 1..=6);
}

/// A transfer broke off in the middle of a line: that line is taken when it is whole, and no longer counts as rejected.
#[test]
fn a_truncated_file_is_completed() {
    let place = Place::new();
    let whole = lines(1..=3);
    place.write(FILE, &whole[..line(1).len() + line(2).len() + 40]);
    let summary = ingest(&place, "in");
    assert_eq!((&summary["records"], &summary["rejected"][0]["count"]), (&json!(2), &json!(1)));
    holds(&place, 1..=2);
    // Longer, and still not whole.
    place.write(FILE, &whole[..line(1).len() + line(2).len() + 80]);
    assert_eq!(ingest(&place, "in")["records"], 0);
    assert_eq!(sources(&place)[0]["rejected"][0][1], 1);
    place.write(FILE, &whole);
    let summary = ingest(&place, "in");
    assert_eq!((&summary["records"], &summary["rejected"]), (&json!(1), &json!([])));
    holds(&place, 1..=3);
    assert_eq!((&sources(&place)[0]["rejected"], &sources(&place)[0]["records"]), (&json!([]), &json!(3)));
}

#[test]
fn a_last_line_without_an_end_is_taken_once() {
    let place = Place::new();
    place.write(FILE, lines(1..=2).trim_end());
    assert_eq!(ingest(&place, "in")["records"], 2);
    place.write(FILE, &lines(1..=3));
    assert_eq!(ingest(&place, "in")["records"], 1);
    holds(&place, 1..=3);
}

/// A compressed file that breaks off gives what comes before, once; whole, it gives the rest.
#[test]
fn a_compressed_file_that_breaks_off_is_completed() {
    let place = Place::new();
    std::fs::create_dir(place.path("in")).unwrap();
    let path = place.path("in/log.ndjson.gz");
    let packed = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let whole = packed(&lines(1..=50));
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let first = ingest(&place, "in")["records"].as_u64().unwrap();
    assert!(first > 0 && first < 50);
    let again = ingest(&place, "in");
    assert_eq!((&again["records"], &again["known"]), (&json!(0), &json!(1)));
    holds(&place, 1..=first);
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(ingest(&place, "in")["records"], 50 - first);
    holds(&place, 1..=50);
    assert_eq!(sources(&place)[0]["rejected"], json!([]));
}

/// The offset of a local clock is learnt from what was taken before, where the new lines don't tell it.
#[test]
fn new_lines_keep_the_clock_of_the_old() {
    let place = Place::new();
    let sysmon = json!({ "@timestamp": "2026-03-02T03:00:00.000Z", "UtcTime": "2026-03-02 10:00:00.000", "Hostname": "HOST1",
        "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Image": "C:\\a.exe", "RecordNumber": 1 });
    let security = |number: u64| {
        json!({ "@timestamp": "2026-03-02T03:00:01.000Z", "Hostname": "HOST1", "Channel": "Security", "EventID": 4688,
        "NewProcessName": "C:\\b.exe", "RecordNumber": number })
    };
    place.write(FILE, &format!("{sysmon}\n{}\n", security(2)));
    ingest(&place, "in");
    place.write(FILE, &format!("{sysmon}\n{}\n{}\n", security(2), security(3)));
    assert_eq!(ingest(&place, "in")["records"], 1);
    let expression = r#"Client("all", all_time()).get_executions().filter(|e| e.Provider == "Security").unique(["DateTime"]).column("DateTime")"#;
    let times = place.huntsman(["eval", expression, "--source", "store", "--now", NOW, "--format", "json"]).run().expect(0).json();
    assert_eq!(times, json!(["2026-03-02T10:00:01.000Z"]));
}

/// Records that lie in an archive as they are make no log of the archive.
#[test]
fn stored_members_are_read_by_themselves() {
    let place = Place::new();
    let text = lines(1..=3);
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    archive.append_data(&mut header, "log.ndjson", text.as_bytes()).unwrap();
    std::fs::create_dir(place.path("in")).unwrap();
    std::fs::write(place.path("in/logs.tar"), archive.into_inner().unwrap()).unwrap();
    let summary = ingest(&place, "in");
    assert_eq!((&summary["records"], &summary["rejected"]), (&json!(3), &json!([])));
    holds(&place, 1..=3);
}

/// A mark of the web that was taken before still marks what is started later.
#[test]
fn marks_of_the_web_are_remembered() {
    let place = Place::new();
    let sysmon = |id: i64, number: u64, fields: Value| {
        let mut record = json!({ "UtcTime": format!("2026-03-02 10:00:0{number}.000"), "Hostname": "HOST1", "RecordNumber": number,
            "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": id, "Image": "C:\\Downloads\\a.exe" });
        record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        format!("{record}\n")
    };
    let mark = json!({ "TargetFilename": "C:\\Downloads\\a.exe:Zone.Identifier", "Contents": "[ZoneTransfer]  ZoneId=3  " });
    place.write("in/first.ndjson", &sysmon(15, 1, mark));
    ingest(&place, "in");
    place.write("in/second.ndjson", &sysmon(1, 2, json!({})));
    ingest(&place, "in");
    assert_eq!(ids(&place, "get_executions().filter(|e| e.External)"), [2]);
}
