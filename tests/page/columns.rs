//! Columns: those of the page first and in its order, each once, and none empty throughout that telemetry fills.

use std::collections::BTreeMap;

use super::eval;
use crate::support::stores;

/// Queries of the page, and its columns.
const PAGE: &[(&str, &str)] = &[
    (
        "get_executions",
        "DateTime Muid LoggedUser ChildFilename ChildPath ChildMd5 ChildPid ParentFilename ParentPath ParentMd5 ParentPid CommandLine RemoteIp Operation \
         RemoteSession External FreshUnknown LanShared",
    ),
    ("get_processes", "DateTime Muid LoggedUser ChildFilename ChildPath ChildMd5 ChildPid ParentFilename ParentPath ParentMd5 ParentPid Operation"),
    (
        "get_files",
        "DateTime Muid LoggedUser ChildFilename ChildPath ChildMd5 ChildPid ParentFilename ParentMd5 ParentPid CommandLine RemoteIp Operation RemoteSession \
         External FreshUnknown LanShared",
    ),
    (
        "get_registry",
        "DateTime Muid LoggedUser Key Value ValueData ParentFilename ParentMd5 ParentPid CommandLine RemoteIp Operation RemoteSession External FreshUnknown \
         LanShared",
    ),
    ("get_communications", "DateTime Date Muid LoggedUser ParentFilename ParentPid RemoteIp RemotePort LocalIp LocalPort Protocol Direction Ipv4Status Times"),
    ("get_detections", "DateTime ClientId Muid LoggedUser ChildMd5 ChildPath ChildFilename ParentMd5 ParentPath ParentFilename WinningTech DetectionId Action"),
    ("get_blocked", "DateTime ClientId Muid LoggedUser ChildMd5 ChildPath ChildFilename ParentMd5 ParentPath ParentFilename WinningTech DetectionId Action"),
    ("get_ioas", "alertDateTime clientId critical details excluded huntingRule id lastHourEvidenceCount mitre muid severity status timeStamp weight"),
    ("get_users", "LoggedUser IniDate EndDate NumDays"),
    ("get_bandwidth", "Date Outgoing Incoming"),
    ("get_timetable", "LoggedUser Weekday Hour AvgActions StdActions"),
    ("get_events", "Date Count"),
    ("get_machines", "Muid Name ClientId LocalIp Os FirstSeen LastSeen Events"),
];

/// What every table of rows has after its own columns.
const OURS: [&str; 7] = ["ClientId", "Machine", "Provider", "Channel", "EventId", "RecordId", "Source"];

#[test]
fn the_columns_of_the_page_come_first_in_its_order_and_none_twice() {
    let store = &stores::sample().store;
    for (query, page) in PAGE {
        let columns = columns(store, query);
        let published: Vec<&str> = page.split(' ').collect();
        assert_eq!(columns[..published.len()], published, "{query}");
        let mut once = columns.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), columns.len(), "{query}");
        let ours = OURS.iter().filter(|name| !published.contains(name)).copied().collect::<Vec<_>>();
        if published.contains(&"DateTime") {
            assert_eq!(columns[columns.len() - ours.len()..], ours, "{query}");
        }
        // A Machine has the same.
        if *query != "get_machines" {
            let of_machine = eval(store, &format!(r#"Machine("WKS01", all_time()).{query}().columns()"#));
            assert_eq!(serde_json::json!(columns), of_machine, "{query}");
        }
    }
}

/// Columns that no record of the Windows captures fills, and why.
const EMPTY: &[(&str, &str)] = &[
    ("detection.ChildMd5", "Windows' own detections name files by their paths"),
    ("detection.ParentMd5", "Windows' own detections name programs by their paths"),
    ("file.ChildPid", "a file has no process id"),
    ("file.Size", "Windows' own records have no size"),
    ("network.BytesReceived", "Windows' own records count no bytes"),
    ("network.BytesSent", "Windows' own records count no bytes"),
    ("network.Duration", "Windows' own records have no duration"),
];

/// Over all captures together every column of a table has a value somewhere.
#[test]
fn no_column_stays_empty_that_telemetry_fills() {
    let queries = [
        ("process", r#"get_executions(#{ operation: ["create", "kill", "thread", "load", "access", "tamper"] })"#),
        ("file", "get_files()"),
        ("registry", "get_registry()"),
        ("network", "get_communications()"),
        ("dns", "get_dns()"),
        ("logon", "get_logons()"),
        ("script", "get_scripts()"),
        ("system", "get_system()"),
        ("detection", "get_detections()"),
        ("machine", "get_machines()"),
    ];
    let sets = ["mordor-theshire-2020", "mordor-pandalab-lsass", "evtx-to-mitre-attack/all-280.tar.gz", "evtx-python-evtx"];
    let mut known: BTreeMap<String, u64> = BTreeMap::new();
    for set in sets {
        let Some(filled) = stores::real(set) else { return };
        for (table, query) in queries {
            let names = columns(&filled.store, query);
            let counts: Vec<String> = names.iter().enumerate().map(|(number, name)| format!("c{number}: n_unique(\"{name}\")")).collect();
            let all = format!(r#"Client("all", all_time()).{query}.derive("All", |e| 1).group_by(["All"]).agg(#{{ {} }})"#, counts.join(", "));
            let answer = eval(&filled.store, &all);
            for (number, name) in names.iter().enumerate() {
                let values = answer["rows"][0][format!("c{number}")].as_u64().unwrap_or_default();
                *known.entry(format!("{table}.{name}")).or_default() += values;
            }
        }
    }
    let empty: Vec<&str> = known.iter().filter(|(_, values)| **values == 0).map(|(name, _)| name.as_str()).collect();
    assert_eq!(empty, EMPTY.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

fn columns(store: &std::path::Path, query: &str) -> Vec<String> {
    let call = if query.ends_with(')') { query.to_string() } else { format!("{query}()") };
    let names = eval(store, &format!(r#"Client("all", all_time()).{call}.columns()"#));
    names.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_string()).collect()
}
