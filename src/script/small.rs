//! Queries over small stores made here: what no capture and no sample shows.

use crate::backend::local::testing::{Row, row, store};
use crate::plan::Value;
use crate::report::Answer;

use super::Session;
use super::testing::setup_of;

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;
/// 2020-09-21, a Monday.
const MONDAY: i64 = 1_600_646_400_000;

/// What an expression answers over a store of these rows: its columns, one text a row.
fn rows(files: &[(&'static str, Vec<Row>)], expression: &str, columns: &[&str]) -> Vec<String> {
    let (_folder, local) = store(files);
    let answer = Session::new(setup_of(local)).input(expression).unwrap_or_else(|fault| panic!("{expression}: {} {:?}", fault.message, fault.help)).answer;
    let Answer::Table(table) = answer else { panic!("{expression} is no table: {answer:?}") };
    let cell = |value: Value| match value {
        Value::Float(number) => format!("{number:.4}"),
        other => crate::plan::written(&other).unwrap_or_else(|| "-".into()),
    };
    let line = |row: usize| columns.iter().map(|column| cell(table.frame.named(row, column))).collect::<Vec<_>>().join(" ");
    (0..table.frame.height()).map(line).collect()
}

/// What is written whole, however large, is held in its first rows only.
#[test]
fn a_large_answer_comes_in_pieces() {
    let start = |number: i64| {
        let time = Value::Time(MONDAY + number * MINUTE);
        let long = text(&format!("{number} {}", "x".repeat(200)));
        row(&[("DateTime", time), ("Muid", text("m")), ("Operation", text("create")), ("RecordId", Value::Int(number)), ("CommandLine", long)])
    };
    let (_folder, local) = store(&[("process", (0..400).map(start).collect())]);
    let answer = Session::new(setup_of(local)).input("Client(\"all\", all_time()).get_executions()").unwrap().answer;
    let Answer::Table(table) = answer else { panic!("no table: {answer:?}") };
    assert_eq!((table.is_whole(), table.total, table.frame.height()), (false, 400, 50));
    let pieces: Vec<_> = table.pieces().collect::<Result<_, _>>().unwrap();
    assert!(pieces.len() > 1, "{} pieces", pieces.len());
    let numbers = pieces.iter().flat_map(|piece| (0..piece.height()).map(|row| piece.named(row, "RecordId")));
    assert!(numbers.eq((0..400).map(Value::Int)));
}

fn text(text: &str) -> Value {
    Value::text(text)
}

fn alert(id: &str, rule: &str, machine: &str, at: i64) -> Row {
    row(&[
        ("alertDateTime", Value::Time(at)),
        ("DateTime", Value::Time(at)),
        ("id", text(id)),
        ("huntingRule", text(rule)),
        ("muid", text(machine)),
        ("Muid", text(machine)),
        ("Machine", text(machine)),
        ("RecordId", Value::Int(at / MINUTE)),
    ])
}

#[test]
fn the_evidence_of_an_hour_is_counted_by_rule_and_machine() {
    let mut told = alert("h", "Run key", "m2", MONDAY + 61 * MINUTE);
    told.insert("lastHourEvidenceCount", Value::Int(40));
    let mut nameless = alert("i", "", "m2", MONDAY + 62 * MINUTE);
    nameless.insert("huntingRule", Value::Missing);
    let alerts = vec![
        alert("a", "Lsass read", "m1", MONDAY),
        alert("b", "LSASS read", "m1", MONDAY + 59 * MINUTE),
        alert("c", "Lsass read", "m1", MONDAY + 60 * MINUTE),
        alert("d", "Lsass read", "m1", MONDAY + 60 * MINUTE),
        alert("e", "Lsass read", "m1", MONDAY + 121 * MINUTE),
        alert("f", "Lsass read", "m2", MONDAY + 60 * MINUTE),
        alert("g", "Run key", "m1", MONDAY + 60 * MINUTE),
        told,
        nameless,
    ];
    let files = [("ioa", alerts)];
    let shown = |options: &str| rows(&files, &format!(r#"Client("all", all_time()).get_ioas({options})"#), &["id", "lastHourEvidenceCount"]);
    assert_eq!(shown(""), ["a 1", "b 2", "c 4", "d 4", "g 1", "f 1", "h 40", "i -", "e 1"]);
    assert_eq!(shown(r#"#{ rules: ["RUN", "nothing"] }"#), ["g 1", "h 40"]);
    // What lies before the period counts as well.
    assert_eq!(shown(r#"#{ period: TimePeriod("2020-09-21T01:00:00Z", "2020-09-21T01:01:00Z") }"#), ["c 4", "d 4", "g 1", "f 1"]);
    assert_eq!(shown(r#"#{ top: 2 }"#), ["a 1", "b 2"]);
}

fn detection(file: &str, action: Option<&str>, at: i64) -> Row {
    row(&[
        ("DateTime", Value::Time(MONDAY + at)),
        ("Muid", text("m1")),
        ("Machine", text("M1")),
        ("LoggedUser", text("ACME\\ann")),
        ("ChildPath", text(file)),
        ("ChildFilename", text(file.rsplit('\\').next().unwrap())),
        ("Action", action.map_or(Value::Missing, text)),
        ("RecordId", Value::Int(at)),
    ])
}

#[test]
fn what_was_stopped_is_blocked() {
    let detections = ["detected", "Blocked", "quarantined", "removed", "allowed", "none", "failed"].iter().zip(1..);
    let mut detections: Vec<Row> = detections.map(|(action, at)| detection(&format!("C:\\t\\{action}.exe"), Some(action), at)).collect();
    detections.push(detection("C:\\t\\unknown.exe", None, 8));
    let md5 = "0123456789abcdef0123456789abcdef";
    let started = row(&[
        ("DateTime", Value::Time(MONDAY)),
        ("Muid", text("m1")),
        ("Operation", text("create")),
        ("ChildPath", text("c:\\T\\BLOCKED.exe")),
        ("ChildMd5", text(md5)),
    ]);
    let files = [("detection", detections), ("process", vec![started])];
    let shown = |call: &str| rows(&files, &format!(r#"Client("all", all_time()).{call}"#), &["ChildFilename"]);
    assert_eq!(shown("get_blocked()"), ["Blocked.exe", "quarantined.exe", "removed.exe"]);
    assert_eq!(shown("get_detections()").len(), 8);
    assert_eq!(shown(r#"get_detections(#{ user: "ann", file: ["unknown.exe", "C:\\t\\NONE.exe"] })"#), ["none.exe", "unknown.exe"]);
    assert_eq!(shown(&format!(r#"get_blocked(#{{ file: "{}" }})"#, md5.to_uppercase())), ["Blocked.exe"]);
    assert_eq!(shown(&format!(r#"get_blocked(#{{ file: ["{}", "removed.exe"] }})"#, md5.replace('0', "1"))), ["removed.exe"]);
}

fn connection(provider: &str, at: i64, port: i64, bytes: Option<(i64, i64)>) -> Row {
    let mut cells = row(&[
        ("DateTime", Value::Time(MONDAY + at)),
        ("Muid", text("m1")),
        ("Machine", text("M1")),
        ("Provider", text(provider)),
        ("Protocol", text("TCP")),
        ("LocalIp", text("10.0.0.1")),
        ("LocalPort", Value::Int(port)),
        ("RemoteIp", text("192.0.2.1")),
        ("RemotePort", Value::Int(443)),
        ("Times", Value::Int(1)),
    ]);
    if let Some((sent, received)) = bytes {
        cells.insert("BytesSent", Value::Int(sent));
        cells.insert("BytesReceived", Value::Int(received));
    }
    if provider == "Sysmon" {
        cells.insert("ParentGuid", text("{g}"));
        cells.insert("ParentFilename", text("a.exe"));
    }
    cells
}

#[test]
fn bandwidth_adds_up_what_is_known_and_counts_each_connection_once() {
    let network = vec![
        // One connection, told by three sensors.
        connection("Zeek", 0, 5000, Some((1_500_000, 500_000))),
        connection("Sysmon", 900, 5000, None),
        connection("Security", 1_000, 5000, None),
        // Two sensors, none of which knows bytes; and the same ends again, a minute later.
        connection("Sysmon", 5_000, 5001, None),
        connection("Security", 5_200, 5001, None),
        connection("Security", 65_200, 5001, None),
        connection("Zeek", 70_000, 5002, Some((500_000, 0))),
        // The next day nobody knows bytes; two reports of one connection lie on both sides of midnight.
        connection("Sysmon", 2 * DAY - 1_000, 5003, None),
        connection("Security", 2 * DAY + 1_000, 5003, None),
    ];
    let files = [("network", network)];
    let columns = ["Date", "Outgoing", "Incoming", "Connections", "Stated"];
    let shown = |options: &str| rows(&files, &format!(r#"Client("all", all_time()).get_bandwidth({options})"#), &columns);
    assert_eq!(shown(""), ["2020-09-21 2.0000 0.5000 4 0.5000", "2020-09-22 - - 1 0.0000"]);
    assert_eq!(shown(r#"#{ period: TimePeriod("2020-09-23") }"#), Vec::<String>::new());
    // A program that only one of the sensors names.
    assert_eq!(shown(r#"#{ file: "a.exe" }"#), ["2020-09-21 - - 2 0.0000", "2020-09-22 - - 1 0.0000"]);
    let apart = rows(&files, r#"Client("all", all_time()).get_bandwidth(#{ by: "machine", top: 1 })"#, &["Date", "Muid", "Machine", "Connections"]);
    assert_eq!(apart, ["2020-09-21 m1 M1 4"]);
}
