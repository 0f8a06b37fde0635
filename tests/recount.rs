//! Sums over real captures, counted again here from the rows; and what real logs tell of machines.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Datelike, NaiveDate, Timelike};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::support::{NOW, Place, stores};

const SET: &str = "mordor-theshire-2020";
/// Some hours away from UTC: dates, weekdays and hours are those of the zone.
const ZONE: Tz = Tz::America__New_York;
/// Two reports of one thing lie at most so many milliseconds apart.
const TOGETHER: i64 = 5_000;

/// User (case folded; none where the row does not say), date and hour, with the number of actions.
type Slots = BTreeMap<(Option<String>, NaiveDate, u32), u64>;

#[test]
fn a_timetable_is_what_the_rows_say() {
    let Some(filled) = stores::real(SET) else { return };
    let ask = |expression: &str| eval(&filled.store, expression);
    let mut slots = Slots::new();
    for row in processes(&filled.store).into_iter().chain(connections(&filled.store)) {
        let local = chrono::DateTime::from_timestamp_millis(row.time).unwrap().with_timezone(&ZONE);
        *slots.entry((row.user, local.date_naive(), local.hour())).or_default() += 1;
    }
    for (query, access) in
        [("get_files", true), ("get_registry", true), ("get_system", true), ("get_logons", false), ("get_dns", false), ("get_scripts", false)]
    {
        let acts = if access { r#".filter(|e| e.Operation != "access")"# } else { "" };
        let counted = format!(
            r#"Client("all", all_time()).{query}(){acts}.derive("Day", |e| e.DateTime.date()).derive("Hour", |e| e.DateTime.hour()).group_by(["LoggedUser", "Day", "Hour"]).count()"#
        );
        for row in rows(&ask(&counted)) {
            let day = NaiveDate::parse_from_str(row["Day"].as_str().unwrap(), "%Y-%m-%d").unwrap();
            let hour = u32::try_from(row["Hour"].as_u64().unwrap()).unwrap();
            *slots.entry((folded(&row["LoggedUser"]), day, hour)).or_default() += row["Count"].as_u64().unwrap();
        }
    }
    let dates: BTreeSet<NaiveDate> =
        rows(&ask(r#"Client("all", all_time()).get_events()"#)).iter().map(|row| row["Date"].as_str().unwrap().parse().unwrap()).collect();
    let of_weekday = |weekday: u32| dates.iter().filter(|date| date.weekday().number_from_monday() == weekday).count() as f64;
    assert!((1..=7).any(|weekday| of_weekday(weekday) > 1.0), "no weekday comes twice, and nothing deviates");
    let mut hours: BTreeMap<(Option<String>, u32, u32), Vec<f64>> = BTreeMap::new();
    for ((user, date, hour), count) in slots {
        hours.entry((user, date.weekday().number_from_monday(), hour)).or_default().push(count as f64);
    }
    let found = ask(r#"Client("all", all_time()).get_timetable()"#);
    assert_eq!(rows(&found).len(), hours.len());
    for row in rows(&found) {
        let number = |name: &str| u32::try_from(row[name].as_u64().unwrap()).unwrap();
        let key = (folded(&row["LoggedUser"]), number("Weekday"), number("Hour"));
        let counts = hours.get(&key).unwrap_or_else(|| panic!("nobody counted {key:?}"));
        let of = of_weekday(key.1);
        let mean = counts.iter().sum::<f64>() / of;
        let deviation = (counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() + (of - counts.len() as f64) * mean * mean) / of;
        for (name, wanted) in [("AvgActions", mean), ("StdActions", deviation.sqrt())] {
            let given = row[name].as_f64().unwrap();
            assert!((given - wanted).abs() <= 1e-6 * wanted.max(1.0), "{key:?} {name}: {given} instead of {wanted}");
        }
    }
}

#[test]
fn each_connection_counts_once_and_nobody_makes_up_bytes() {
    let Some(filled) = stores::real(SET) else { return };
    let mut wanted: BTreeMap<String, u64> = BTreeMap::new();
    for row in connections(&filled.store) {
        let date = chrono::DateTime::from_timestamp_millis(row.time).unwrap().with_timezone(&ZONE).date_naive();
        *wanted.entry(date.to_string()).or_default() += 1;
    }
    let found = eval(&filled.store, r#"Client("all", all_time()).get_bandwidth()"#);
    let counts = rows(&found).iter().map(|row| (row["Date"].as_str().unwrap().to_string(), row["Connections"].as_u64().unwrap())).collect();
    assert_eq!(wanted, counts);
    // Neither Sysmon nor the Security log says how much was sent.
    assert!(rows(&found).iter().all(|row| row["Outgoing"].is_null() && row["Incoming"].is_null() && row["Stated"] == 0.0));
    let once = eval(&filled.store, r#"Client("all", all_time()).get_communications().one_sensor().count()"#);
    assert_eq!(once.as_u64().unwrap(), wanted.values().sum::<u64>());
    let daily =
        r#"let all = 0; for day in TimePeriod("2020-07-21", "2020-09-24") { all += Client("all", day).get_communications().one_sensor().count(); } all"#;
    assert_eq!(eval(&filled.store, daily), once, "midnight hides or doubles connections");
    let reports = eval(&filled.store, r#"Client("all", all_time()).get_communications().count()"#);
    assert!(reports.as_u64().unwrap() > wanted.values().sum::<u64>(), "no connection was reported twice");
}

#[test]
fn users_are_there_from_their_first_day_to_their_last() {
    let Some(filled) = stores::real(SET) else { return };
    let mut days: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let acting = r#"get_executions(#{ operation: ["create", "kill", "thread", "tamper"] })"#;
    for query in [acting, "get_files()", "get_registry()", "get_communications()", "get_dns()", "get_logons()", "get_scripts()", "get_system()"] {
        let known =
            format!(r#"Client("all", all_time()).{query}.filter(|e| e.LoggedUser != ()).derive("Day", |e| e.DateTime.date()).unique(["LoggedUser", "Day"])"#);
        for row in rows(&eval(&filled.store, &format!(r#"{known}.select(["LoggedUser", "Day"])"#))) {
            days.entry(folded(&row["LoggedUser"]).unwrap()).or_default().insert(row["Day"].as_str().unwrap().to_string());
        }
    }
    let found = eval(&filled.store, r#"Client("all", all_time()).get_users()"#);
    assert_eq!(rows(&found).len(), days.len());
    for row in rows(&found) {
        let days = &days[&folded(&row["LoggedUser"]).unwrap()];
        assert_eq!((row["IniDate"].as_str(), row["EndDate"].as_str()), (days.first().map(String::as_str), days.last().map(String::as_str)));
        assert_eq!(row["NumDays"].as_u64(), Some(days.len() as u64));
    }
}

#[test]
fn detections_are_those_of_the_log_and_its_channel_covers_them() {
    let Some(filled) = stores::real("evtx-to-mitre-attack/all-280.tar.gz") else { return };
    let by_id = eval(&filled.store, r#"Client("all", all_time()).get_detections().group_by(["EventId", "Action"]).count()"#);
    let counts: Vec<Value> = rows(&by_id).iter().map(|row| json!([row["EventId"], row["Action"], row["Count"]])).collect();
    assert_eq!(counts, [json!([1116, "detected", 5]), json!([1117, "quarantined", 1])]);
    let blocked = eval(&filled.store, r#"Client("all", all_time()).get_blocked(#{ users: "admmig", file: "mimikatz.exe" })"#);
    assert_eq!(rows(&blocked).len(), 1);
    assert_eq!(rows(&blocked)[0]["DateTime"], "2020-12-11T12:28:44.271Z");
    // A machine whose product logged that it is well, and detected nothing.
    let place = Place::new();
    place.write("well.rhai", "//! Detections.\nfinding(#{ title: \"Detected\", severity: \"high\", evidence: Machine(\"WIN10-CLIENT01\", TimePeriod(\"2020-06-24\")).get_detections() });\n");
    let mut call = place.huntsman(["run", "well.rhai", "--now", NOW, "--format", "json", "--allow-partial", "--source"]);
    call.command.arg(&filled.store);
    let report = call.run().expect(0).json();
    let coverage = &report["coverage"][0];
    assert_eq!((&coverage["not_examined"], &coverage["covered_machine_days"], &coverage["machine_days"]), (&json!([]), &json!(1), &json!(1)), "{coverage}");
}

#[test]
fn machines_are_what_their_logs_show() {
    let profiles = |set: &str, machine: &str| {
        let filled = stores::real(set)?;
        Some(eval(&filled.store, &format!(r#"Machine("{machine}", all_time()).get_info()"#)))
    };
    for (set, machine, wanted) in [
        (SET, "MORDORDC", json!(["domain controller", "dns server", "server"])),
        (SET, "WORKSTATION5", json!(["workstation"])),
        (SET, "WORKSTATION6", json!(["workstation"])),
        ("mordor-shire-2019", "HFDC01", json!(["domain controller", "dns server", "server"])),
        ("evtx-to-mitre-attack/all-280.tar.gz", "MSSQL01", json!(["database server", "server"])),
        ("evtx-to-mitre-attack/all-280.tar.gz", "EXCHANGE01", json!(["mail server", "server"])),
        ("evtx-to-mitre-attack/all-280.tar.gz", "PKI01", json!(["certificate authority", "server"])),
        ("evtx-to-mitre-attack/all-280.tar.gz", "WEC02", json!(null)),
    ] {
        let Some(found) = profiles(set, machine) else { return };
        assert_eq!(found, wanted, "{machine} of {set}");
    }
    let Some(filled) = stores::real(SET) else { return };
    let system = eval(&filled.store, r#"Machine("WORKSTATION5").get_os_info()"#);
    assert_eq!((&system["version"], &system["release"], &system["build"]), (&json!("10.0.18363.1016"), &json!("Windows 10 1909"), &json!(18363)));
    assert_eq!((&system["started"], &system["domain"]), (&json!("2020-09-04T07:07:38.000Z"), &json!("theshire.local")));
}

/// A row that is counted.
#[derive(Clone, Debug)]
struct Row {
    time: i64,
    user: Option<String>,
}

#[test]
fn each_act_on_a_process_counts_once() {
    for set in [SET, "mordor-winlogbeat6-2019"] {
        let Some(filled) = stores::real(set) else { return };
        let acts = r#"Client("all", all_time()).get_executions(#{ operation: ["create", "kill", "thread", "tamper"] })"#;
        let count = |of: &str| eval(&filled.store, &format!("{acts}{of}.count()")).as_u64().unwrap();
        assert_eq!(count(".one_sensor()"), processes(&filled.store).len() as u64, "{set}");
        assert!(count(".one_sensor()") < count(""), "{set}: nothing was told twice");
    }
}

/// What is done to processes, second reports left out.
fn processes(store: &std::path::Path) -> Vec<Row> {
    let asked = r#"Client("all", all_time()).get_executions(#{ operation: ["create", "kill", "thread", "tamper"] })"#;
    let rank = |row: &Value| if row["Provider"] == "Sysmon" { 0 } else { 1 + u32::from(row["ChildGuid"].is_null()) };
    once(store, asked, &["Muid", "Operation", "ChildPid", "ChildFilename"], rank, &["Provider", "ChildGuid"])
}

fn connections(store: &std::path::Path) -> Vec<Row> {
    let keys = ["Muid", "Protocol", "LocalIp", "LocalPort", "RemoteIp", "RemotePort"];
    let has_bytes = |row: &Value| !row["BytesSent"].is_null() || !row["BytesReceived"].is_null();
    let rank = |row: &Value| if has_bytes(row) { 0 } else { 1 + u32::from(row["Provider"] != "Sysmon") };
    once(store, r#"Client("all", all_time()).get_communications()"#, &keys, rank, &["Provider", "BytesSent", "BytesReceived"])
}

/// The rows of which no row of a better rank tells within five seconds.
fn once(store: &std::path::Path, query: &str, keys: &[&str], rank: impl Fn(&Value) -> u32, also: &[&str]) -> Vec<Row> {
    let columns: Vec<&str> = keys.iter().copied().chain(["DateTime", "LoggedUser"]).chain(also.iter().copied()).collect();
    let answer = eval(store, &format!("{query}.select({columns:?})"));
    let key = |row: &Value| -> Option<Vec<String>> {
        keys.iter().map(|name| Some(&row[*name]).filter(|cell| !cell.is_null()).map(|cell| cell.to_string().to_lowercase())).collect()
    };
    let time = |row: &Value| chrono::DateTime::parse_from_rfc3339(row["DateTime"].as_str().unwrap()).unwrap().timestamp_millis();
    let mut known: HashMap<Vec<String>, Vec<(u32, i64)>> = HashMap::new();
    for row in rows(&answer) {
        if let Some(key) = key(row) {
            known.entry(key).or_default().push((rank(row), time(row)));
        }
    }
    let is_second = |row: &Value| key(row).is_some_and(|key| known[&key].iter().any(|(other, at)| *other < rank(row) && (at - time(row)).abs() <= TOGETHER));
    rows(&answer).iter().filter(|row| !is_second(row)).map(|row| Row { time: time(row), user: folded(&row["LoggedUser"]) }).collect()
}

fn folded(user: &Value) -> Option<String> {
    user.as_str().map(str::to_lowercase)
}

fn rows(answer: &Value) -> &Vec<Value> {
    answer["rows"].as_array().unwrap()
}

fn eval(store: &std::path::Path, expression: &str) -> Value {
    let place = Place::new();
    let mut call = place.huntsman(["eval", expression, "--now", NOW, "--tz", ZONE.name(), "--format", "json", "-q", "--source"]);
    call.command.arg(store);
    call.run().expect(0).json()
}

#[test]
fn lost_ids_are_told_from_filtered_exports_and_clearings() {
    let place = Place::new();
    let record = |channel: &str, id: u64, number: u64| {
        json!({ "Hostname": "PC1", "Channel": channel, "EventID": id, "RecordNumber": number, "@timestamp": format!("2026-03-02T10:{:02}:00.000Z", number % 60) }).to_string()
    };
    let file = |name: &str, records: &[String]| place.write(&format!("logs/{name}"), &(records.join("\n") + "\n"));
    let whole = [1, 2, 3, 4, 5, 6, 9, 10, 11, 12].map(|number| record("System", 7036, number));
    let cleared = [(1, 4688), (2, 4688), (30, 1102), (31, 4688)].map(|(number, id)| record("Security", id, number));
    file("whole.ndjson", &[whole.as_slice(), cleared.as_slice()].concat());
    file("filtered.ndjson", &[1, 4, 8, 9, 20].map(|number| record("Application", 1000, number)));
    // A later file of the same log, with a record that was there already; and one of before the machine was set up anew.
    file("z-later.ndjson", &[12, 13, 15].map(|number| record("System", 7036, number)));
    file("anew.ndjson", &[record("System", 7036, 40).replace("03-02T10", "03-01T10")]);
    let call = place.huntsman(["eval", r#"Client("all", all_time()).gaps()"#, "--now", NOW, "--format", "json", "-q", "--source", "logs"]);
    let found = call.run().expect(0).json();
    let told: Vec<Value> = rows(&found)
        .iter()
        .map(|row| {
            json!([row["Channel"], row["BeforeId"], row["AfterId"], row["Lost"], row["Consecutive"], row["Records"], row["ClearedAt"], row["BeforeSource"]])
        })
        .collect();
    let third = 2.0 / 3.0;
    let wanted = json!([
        ["System", 6, 9, 2, 8.0 / 9.0, 10, null, null],
        ["Security", 2, 30, 27, third, 4, "2026-03-02T10:30:00.000Z", null],
        ["System", 13, 15, 1, 0.5, 3, null, null],
        ["Application", 1, 4, 2, 0.25, 5, null, null],
        ["Application", 4, 8, 3, 0.25, 5, null, null],
        ["Application", 9, 20, 10, 0.25, 5, null, null],
    ]);
    assert_eq!(json!(told), wanted);
}

#[test]
fn lost_ids_of_real_logs_are_those_that_no_record_has() {
    let Some(filled) = stores::real(SET) else { return };
    let found = eval(&filled.store, r#"Client("all", all_time()).gaps()"#);
    let all = eval(&filled.store, r#"Client("all", all_time()).get_raw_events().select(["Machine", "Channel", "RecordId", "DateTime"])"#);
    let mut ids: BTreeMap<(&str, &str), BTreeMap<u64, BTreeSet<i64>>> = BTreeMap::new();
    for row in rows(&all) {
        let text = |name: &str| row[name].as_str().unwrap();
        let time = chrono::DateTime::parse_from_rfc3339(text("DateTime")).unwrap().timestamp_millis();
        ids.entry((text("Machine"), text("Channel"))).or_default().entry(row["RecordId"].as_u64().unwrap()).or_default().insert(time);
    }
    let mut holes = 0;
    for ids in ids.values() {
        for ((before, since), (after, until)) in ids.iter().zip(ids.iter().skip(1)) {
            holes += usize::from(after - before > 1 && since.last().unwrap() - until.first().unwrap() <= 3_600_000);
        }
    }
    assert_eq!(rows(&found).len(), holes);
    for row in rows(&found) {
        let number = |name: &str| row[name].as_u64().unwrap();
        let held = &ids[&(row["Machine"].as_str().unwrap(), row["Channel"].as_str().unwrap())];
        assert_eq!(held.range(number("BeforeId")..=number("AfterId")).count(), 2, "{row}");
        assert_eq!(number("Lost"), number("AfterId") - number("BeforeId") - 1);
    }
}
