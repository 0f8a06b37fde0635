//! Tables as text: known exports become rows, unknown ones are kept whole.

use serde_json::{Value, json};

use super::{columns, ingest, rows};
use crate::support::Place;

#[test]
fn values_go_over_lines_and_have_commas_and_quotes() {
    let place = Place::new();
    let text = "Time,Text,Other\r\n2026-03-02T10:00:00Z,\"a,\"\"b\"\"\nc\r\n\",1\r\n2026-03-02T10:00:01Z,plain \"quoted\" text,\n";
    place.write("in/table.csv", &text.replace("Time", "timestamp"));
    let taken = ingest(&place);
    assert_eq!((&taken["records"], &taken["raw_only"], &taken["rejected"]), (&json!(2), &json!(2), &json!([])));
    let raw = rows(&place, r#"get_raw_events()"#);
    assert_eq!(
        columns(&raw, &["DateTime", "Text", "Other"]),
        json!([["2026-03-02T10:00:00.000Z", "a,\"b\"\nc\r\n", "1"], ["2026-03-02T10:00:01.000Z", "plain \"quoted\" text", null],])
    );
}

#[test]
fn delimiters_are_told_by_the_first_rows() {
    for delimiter in [",", ";", "\t", "|"] {
        let place = Place::new();
        place.write("in/table.txt", &["timestamp,A,B\n", "2026-03-02T10:00:00Z,x,y z\n"].concat().replace(',', delimiter));
        assert_eq!(ingest(&place)["records"], 1, "{delimiter:?}");
    }
    let place = Place::new();
    place.write("in/notes.txt", "Dear reader, this is no table\nand neither, is this\n");
    place.write("in/values.csv", "2026-03-02T10:00:00Z,a,1\n2026-03-02T10:00:01Z,b,2\n");
    place.write("in/licence.txt", "Copyright holder, Example. All rights\nreserved, for ever.\n");
    place.write("in/a.csv", "timestamp,A\n2026-03-02T10:00:00Z,1\n");
    let taken = ingest(&place);
    assert_eq!((&taken["files"], &taken["skipped"]), (&json!(1), &json!(3)));
}

#[test]
fn many_columns_and_lone_quotes_lose_nothing() {
    let place = Place::new();
    let names: Vec<String> = (0..500).map(|number| format!("c{number}")).collect();
    let values: Vec<String> = (0..500).map(|number| number.to_string()).collect();
    place.write("in/wide.csv", &format!("{}\n{}\n", names.join(","), values.join(",")));
    place.write("in/open.csv", "a,b\n1,2\n\"3,4\n5,6\n7,8,9\n");
    let taken = ingest(&place);
    assert_eq!(taken["records"], 4);
    assert_eq!(taken["rejected"], json!([{ "file": "open.csv", "reason": "not CSV: a quote without an end", "count": 1, "offset": 8 }]));
    let raw = rows(&place, "get_raw_events()");
    let open: Vec<&Value> = raw.iter().filter(|row| !row["a"].is_null()).collect();
    assert_eq!(
        open.iter().map(|row| json!([row["a"], row["b"], row["column3"]])).collect::<Value>(),
        json!([["1", "2", null], ["5", "6", null], ["7", "8", "9"]])
    );
    let wide = raw.iter().find(|row| !row["c0"].is_null()).unwrap();
    let surplus: Value = serde_json::from_str(wide["_surplus"].as_str().unwrap()).unwrap();
    assert_eq!((wide["c399"].as_str(), surplus["c400"].as_str(), surplus["c499"].as_str()), (Some("399"), Some("400"), Some("499")));
}

#[test]
fn texts_of_two_bytes_a_character_are_read() {
    let text = "timestamp,Name\r\n2026-03-02T10:00:00Z,J\u{fc}rgen\r\n";
    for (mark, is_little) in [(true, true), (false, true), (true, false)] {
        let place = Place::new();
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        let bytes: Vec<u8> = units.flat_map(|unit: u16| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect();
        std::fs::create_dir_all(place.path("in")).unwrap();
        std::fs::write(place.path("in/table.csv"), bytes).unwrap();
        ingest(&place);
        assert_eq!(columns(&rows(&place, "get_raw_events()"), &["Name"]), json!([["J\u{fc}rgen"]]));
    }
}

#[test]
fn security_events_without_a_channel_are_known_by_their_columns() {
    let place = Place::new();
    let text = ",Account,EventID,TimeGenerated,Computer,SubjectUserSid,SubjectUserName,SubjectDomainName,SubjectLogonId,NewProcessId,NewProcessName,ProcessId,CommandLine,\
                ParentProcessName,TargetLogonId\n0,ACME\\ann,4688,2026-03-02 10:00:00.010,HOST1,S-1-5-21,ann,ACME,0x3e8,0x40,C:\\w\\d.exe,0x41,\"\"\"d.exe\"\" -x\",C:\\w\\b.exe,0x0\n";
    place.write("in/4688.csv", text);
    ingest(&place);
    let started =
        columns(&rows(&place, "get_executions()"), &["DateTime", "Machine", "Provider", "EventId", "ChildPid", "ParentPid", "CommandLine", "LoggedUser"]);
    assert_eq!(started, json!([["2026-03-02T10:00:00.010Z", "HOST1", "Security", 4688, 64, 65, "\"d.exe\" -x", "ACME\\ann"]]));
}

/// A flow into a machine ends at its port, and one between two machines has two ends.
#[test]
fn flows_of_azure_have_their_ends() {
    let place = Place::new();
    place.write(
        "in/flows.csv",
        "FlowStartTime,FlowType,VMName,VMIPAddress,SrcIP,DestIP,L4Protocol,DestPort,FlowDirection,AllExtIPs,TotalAllowedFlows\n\
         2026-03-02 10:00:00.000,ExternalPublic,vm1,10.0.3.5,,,T,443,O,203.0.113.4,1\n\
         2026-03-02 10:00:01.000,ExternalPublic,vm1,10.0.3.5,,,T,3389,I,203.0.113.9,2\n\
         2026-03-02 10:00:02.000,IntraVNet,,,10.0.3.4,10.0.3.6,T,445,I,10.0.3.4,6\n\
         2026-03-02 10:00:03.000,IntraVNet,,,203.0.113.7,10.0.3.6,T,22,I,203.0.113.7,6\n",
    );
    ingest(&place);
    let wanted = ["Machine", "Direction", "LocalIp", "LocalPort", "RemoteIp", "RemotePort", "Initiated"];
    let expected = json!([
        ["VM1", "Outgoing", "10.0.3.5", null, "203.0.113.4", 443, true],
        ["VM1", "Incoming", "10.0.3.5", 3389, "203.0.113.9", null, false],
        ["10.0.3.4", "Outgoing", "10.0.3.4", null, "10.0.3.6", 445, true],
        ["10.0.3.6", "Incoming", "10.0.3.6", 22, "203.0.113.7", null, false]
    ]);
    assert_eq!(columns(&rows(&place, "get_communications()"), &wanted), expected);
}

/// Names of columns make a table, whatever the first row below them is like.
#[test]
fn a_table_is_known_by_a_row_that_fits() {
    for (name, text, expected) in [
        ("shorter", "Level,When,Source,Id,Category\nInformation,2026-03-02T10:00:00Z,a,7,None,what happened\n", "Information"),
        ("between", "Level,,Source\nWarning,x,a\n", "Warning"),
        ("told", "sep=;\r\nLevel;Source;Id\r\nVerbose;a,b;7\r\n", "Verbose"),
        ("digit", "Level,2nd source,Id\nNotice,a,7\n", "Notice"),
        ("percent", "Level,%CPU,(none)\nError,1,2\n", "Error"),
        ("later", "Level,Source,Id\nx\nCritical,a,7\n", "x"),
    ] {
        let place = Place::new();
        place.write("in/table.csv", text);
        place.write("in/long.csv", &format!("Level,Source,Id\n{},a,7\n", "y".repeat(80_000)));
        ingest(&place);
        let found = columns(&rows(&place, "get_raw_events()"), &["Level"]);
        assert!(found.as_array().unwrap().contains(&json!([expected])), "{name}: {found}");
        assert!(found.as_array().unwrap().iter().any(|row| row[0].as_str().is_some_and(|text| text.starts_with("yyy"))), "{name}");
    }
}

#[test]
fn flow_logs_are_of_the_end_that_is_ours() {
    let place = Place::new();
    place.write(
        "in/flows.csv",
        "srcaddr,dstaddr,srcport,dstport,protocol,packets,bytes,start,action\n\
        10.0.0.5,203.0.113.9,50000,443,6,3,1000,1772445600,ACCEPT\n203.0.113.9,10.0.0.5,443,50000,6,9,5000,1772445601,ACCEPT\n",
    );
    ingest(&place);
    let sent = columns(&rows(&place, "get_communications()"), &["Machine", "Provider", "Protocol", "RemoteIp", "BytesSent", "BytesReceived", "ConnState"]);
    assert_eq!(
        sent,
        json!([["10.0.0.5", "Flow", "TCP", "203.0.113.9", 1000, null, "ACCEPT"], ["10.0.0.5", "Flow", "TCP", "203.0.113.9", null, 5000, "ACCEPT"]])
    );
}

/// A flow lasts from its start to its end; blanks part the columns of those logs, and of no prose.
#[test]
fn flows_between_blanks_have_lengths() {
    let place = Place::new();
    place.write(
        "in/vpc.log",
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n\
         2 1 eni-1 10.0.0.5 203.0.113.9 50000 443 6 20 4249 1772445600 1772445660 ACCEPT OK\n\
         2 1 eni-1 203.0.113.9 10.0.0.5 40000 22 6 1 40 1772445601 1772445601 REJECT OK\n\
         2 1 eni-1 - - - - - - - 1772445602 1772445662 - NODATA\n",
    );
    place.write("in/prose.txt", "the words of a text\nare parted by blanks too\n");
    place.write(
        "in/azure.csv",
        "FlowStartTime [UTC],FlowEndTime [UTC],FlowType,VMName,VMIPAddress,SrcIP,DestIP,L4Protocol,DestPort,FlowDirection\n\
         2026/03/02 10:00:03,2026/03/02 10:45:03,ExternalPublic,vm1,10.0.3.5,,203.0.113.4,T,443,O\n",
    );
    let taken = ingest(&place);
    assert_eq!((&taken["files"], &taken["records"], &taken["raw_only"], &taken["skipped"]), (&json!(2), &json!(4), &json!(1), &json!(1)));
    let sent = columns(&rows(&place, "get_communications()"), &["DateTime", "Machine", "RemoteIp", "RemotePort", "LocalPort", "Duration", "ConnState"]);
    let expected = json!([
        ["2026-03-02T10:00:00.000Z", "10.0.0.5", "203.0.113.9", 443, 50000, 60_000, "ACCEPT"],
        ["2026-03-02T10:00:01.000Z", "10.0.0.5", "203.0.113.9", 40000, 22, 0, "REJECT"],
        ["2026-03-02T10:00:03.000Z", "VM1", "203.0.113.4", 443, null, 2_700_000, null]
    ]);
    assert_eq!(sent, expected);
}

#[test]
fn connections_of_azure_are_the_machines_own() {
    let place = Place::new();
    let connection = |direction: &str, from: &str, to: &str, port: u16| {
        json!({ "TimeGenerated": "2026-03-02T10:00:00Z", "Computer": "VM1", "Direction": direction, "ProcessName": "java", "SourceIp": from, "DestinationIp": to,
            "DestinationPort": port, "Protocol": "tcp", "BytesSent": 218, "BytesReceived": 1220, "LinksEstablished": 3, "Type": "VMConnection" })
    };
    let log = [
        connection("inbound", "10.0.0.7", "10.0.0.5", 8080),
        connection("outbound", "10.0.0.5", "203.0.113.9", 443),
        connection("local", "127.0.0.1", "127.0.0.1", 5432),
    ];
    place.write("in/a.json", &log.map(|record| format!("{record}\n")).concat());
    ingest(&place);
    let names = ["Machine", "Direction", "LocalIp", "LocalPort", "RemoteIp", "RemotePort", "BytesSent", "BytesReceived", "Times", "ParentFilename"];
    let expected = json!([
        ["VM1", "Incoming", "10.0.0.5", 8080, "10.0.0.7", null, 218, 1220, 3, "java"],
        ["VM1", "Outgoing", "10.0.0.5", null, "203.0.113.9", 443, 218, 1220, 3, "java"],
        ["VM1", null, "127.0.0.1", null, "127.0.0.1", 5432, 218, 1220, 3, "java"],
    ]);
    assert_eq!(columns(&rows(&place, "get_communications()"), &names), expected);
}
