//! Zeek: its own logs and JSON say the same, machines follow from addresses, and connections on the wire find their process.

use serde_json::{Value, json};

use super::{eval, ingest, rows};
use crate::support::Place;

const CONN: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
    #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\ttunnel_parents\n\
    #types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\tset[string]\n";

/// The values of one connection, in the order of the fields.
fn line(ts: &str, from: (&str, u16), to: (&str, u16), bytes: (&str, &str)) -> String {
    let ((from, from_port), (to, to_port), (sent, received)) = (from, to, bytes);
    format!("{ts}\tC1\t{from}\t{from_port}\t{to}\t{to_port}\ttcp\tssl\t1.5\t{sent}\t{received}\tSF\t-\t(empty)\n")
}

fn picked(rows: &[Value], columns: &[&str]) -> Vec<Vec<Value>> {
    rows.iter().map(|row| columns.iter().map(|column| row[*column].clone()).collect()).collect()
}

#[test]
fn tabs_and_json_say_the_same() {
    let queries = ["get_communications()", "get_dns()", r#"get_raw_events(#{ channel: "conn" })"#];
    let tabs = Place::new();
    let dns = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n\
        #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\ttrans_id\tquery\tqtype_name\trcode\tanswers\trejected\n\
        #types\ttime\tstring\taddr\tport\taddr\tport\tenum\tcount\tstring\tstring\tcount\tvector[string]\tbool\n\
        1772445600.250000\tC2\t10.0.0.5\t5353\t10.0.0.1\t53\tudp\t7\ta.example\tA\t0\tb.example,10.0.0.9\tF\n#close\t2026-03-02-10-00-00\n";
    // Two logs in one file.
    let conn = line("1772445600.100000", ("10.0.0.5", 50000), ("203.0.113.9", 443), ("100", "2000")) + "#close\t2026-03-02-10-00-00\n";
    tabs.write("in/log", &format!("{CONN}{conn}{dns}"));
    let taken = ingest(&tabs);
    assert_eq!((&taken["records"], &taken["raw_only"], &taken["rejected"]), (&json!(2), &json!(0), &json!([])));
    let conn = json!({ "ts": 1772445600.1, "uid": "C1", "id.orig_h": "10.0.0.5", "id.orig_p": 50000, "id.resp_h": "203.0.113.9", "id.resp_p": 443, "proto": "tcp",
        "service": "ssl", "duration": 1.5, "orig_bytes": 100, "resp_bytes": 2000, "conn_state": "SF", "tunnel_parents": [] });
    let dns = json!({ "ts": 1772445600.25, "uid": "C2", "id.orig_h": "10.0.0.5", "id.orig_p": 5353, "id.resp_h": "10.0.0.1", "id.resp_p": 53, "proto": "udp",
        "trans_id": 7, "query": "a.example", "qtype_name": "A", "rcode": 0, "answers": ["b.example", "10.0.0.9"], "rejected": false });
    let with = |record: &Value, name: &str, stream: &str| {
        let mut record = record.clone();
        record[name] = stream.into();
        record
    };
    let expected: Vec<Vec<Value>> = queries.iter().map(|query| rows(&tabs, query)).collect();
    // A stream is named by whoever writes it, or told by its fields.
    for marked in [[with(&conn, "_path", "conn"), with(&dns, "_path", "dns")], [with(&conn, "@stream", "conn"), with(&dns, "@stream", "dns")], [conn, dns]] {
        let lines = Place::new();
        lines.write("in/log.json", &format!("{}\n{}\n", marked[0], marked[1]));
        assert_eq!(ingest(&lines)["raw_only"], 0);
        for (query, expected) in queries.iter().zip(&expected) {
            let columns = [
                "DateTime",
                "Machine",
                "Provider",
                "Channel",
                "LocalIp",
                "LocalPort",
                "RemoteIp",
                "RemotePort",
                "Protocol",
                "Direction",
                "BytesSent",
                "BytesReceived",
                "Duration",
                "Service",
                "ConnState",
                "Query",
                "QueryType",
                "Answers",
                "Status",
                "id.orig_h",
                "uid",
                "tunnel_parents",
            ];
            assert_eq!(picked(&rows(&lines, query), &columns), picked(expected, &columns), "{query}");
        }
    }
    let expected =
        [json!("2026-03-02T10:00:00.100Z"), json!("10.0.0.5"), json!("Zeek"), json!("conn"), json!("Outgoing"), json!(100), json!(2000), json!(1500)];
    let columns = ["DateTime", "Machine", "Provider", "Channel", "Direction", "BytesSent", "BytesReceived", "Duration"];
    assert_eq!(picked(&rows(&tabs, "get_communications()"), &columns), [expected.to_vec()]);
    let answers = picked(&rows(&tabs, "get_dns()"), &["Query", "QueryType", "Answers", "Status"]);
    assert_eq!(answers, [vec![json!("a.example"), json!("A"), json!("b.example;10.0.0.9"), json!("0x0")]]);
}

/// What is not set is not there, and the ends may be one object.
#[test]
fn streams_are_known_by_what_is_left_of_them() {
    let place = Place::new();
    let ends = json!({ "id.orig_h": "10.0.0.5", "id.orig_p": 50000, "id.resp_h": "10.0.0.1", "id.resp_p": 53 });
    let with = |more: Value| {
        let mut record = ends.clone();
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        record
    };
    let whole = json!({ "_path": "conn", "ts": 1772445603.0, "uid": "C4", "id": { "orig_h": "10.0.0.5", "orig_p": 50001, "resp_h": "203.0.113.9", "resp_p": 443 },
        "proto": "tcp", "conn_state": "SF" });
    let records = [
        with(json!({ "ts": 1772445600.0, "uid": "C1", "proto": "udp", "query": "a.example", "qtype_name": "A" })),
        with(json!({ "ts": 1772445601.0, "uid": "C2", "proto": "udp", "trans_id": 7, "query": "b.example" })),
        with(json!({ "ts": 1772445602.0, "uid": "C3", "client": "ann/ACME", "service": "krbtgt", "success": true })),
        whole,
    ];
    place.write("in/log", &records.map(|record| format!("{record}\n")).concat());
    ingest(&place);
    assert_eq!(picked(&rows(&place, "get_dns()"), &["Query"]), [[json!("a.example")], [json!("b.example")]]);
    assert_eq!(eval(&place, r#"Client("all", all_time()).get_raw_events(#{ channel: "kerberos" }).count()"#), 1);
    let sent = picked(&rows(&place, "get_communications()"), &["LocalIp", "LocalPort", "RemoteIp", "RemotePort"]);
    assert_eq!(sent, [[json!("10.0.0.5"), json!(50001), json!("203.0.113.9"), json!(443)]]);
}

#[test]
fn a_row_is_of_the_end_that_is_ours() {
    let place = Place::new();
    let ends = [
        (("10.0.0.5", 50000), ("203.0.113.9", 443)),
        (("203.0.113.9", 50001), ("10.0.0.5", 22)),
        (("10.0.0.5", 50002), ("10.0.0.6", 445)),
        (("203.0.113.8", 50003), ("203.0.113.9", 80)),
    ];
    let lines: String = ends.iter().zip(0..).map(|((from, to), second)| line(&format!("{}.0", 1_772_445_600 + second), *from, *to, ("1", "2"))).collect();
    place.write("in/conn.log", &format!("{CONN}{lines}"));
    ingest(&place);
    let columns = ["Machine", "Direction", "Initiated", "LocalIp", "RemoteIp", "RemotePort", "BytesSent", "BytesReceived"];
    let expected = [
        json!(["10.0.0.5", "Outgoing", true, "10.0.0.5", "203.0.113.9", 443, 1, 2]),
        json!(["10.0.0.5", "Incoming", false, "10.0.0.5", "203.0.113.9", 50001, 2, 1]),
        json!(["10.0.0.5", "Outgoing", true, "10.0.0.5", "10.0.0.6", 445, 1, 2]),
        // Neither is ours: the sensor's, and nobody's direction.
        json!(["ZEEK", null, null, "203.0.113.8", "203.0.113.9", 80, 1, 2]),
    ];
    assert_eq!(json!(picked(&rows(&place, "get_communications()"), &columns)), json!(expected));
    let machines = picked(&rows(&place, "get_machines()"), &["Name", "LocalIp"]);
    assert_eq!(json!(machines), json!([["10.0.0.5", "10.0.0.5"], ["ZEEK", null]]));
}

#[test]
fn networks_that_are_ours_can_be_named() {
    let place = Place::new();
    let lines = line("1772445600.0", ("10.0.0.5", 50000), ("198.51.100.9", 443), ("1", "2"))
        + &line("1772445601.0", ("10.0.0.5", 50001), ("203.0.113.9", 443), ("1", "2"));
    place.write("in/conn.log", &format!("{CONN}{lines}"));
    place.huntsman(["ingest", "in", "--store", "store", "--local-net", "198.51.100.0/24", "--local-net", "2001:db8::/32"]).run().expect(0);
    let expected = json!([["198.51.100.9", "Incoming", 2], ["ZEEK", null, 1]]);
    assert_eq!(json!(picked(&rows(&place, "get_communications()"), &["Machine", "Direction", "BytesSent"])), expected);
}

/// A Sysmon connection, and the start of its process.
fn sysmon(host: &str, pid: u32, from: (&str, u16), to: (&str, u16), second: u32) -> String {
    let of = |id: u32, more: Value| {
        let mut record = json!({ "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": id, "Hostname": host, "UtcTime": format!("2026-03-02 10:00:{second:02}.000"),
            "@timestamp": format!("2026-03-02T10:00:{second:02}.000Z"), "Image": "C:\\t\\a.exe", "ProcessId": pid,
            "ProcessGuid": format!("{{11111111-2222-3333-4444-{pid:012}}}") });
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        record
    };
    let start = of(1, json!({ "CommandLine": "a.exe", "User": "ACME\\ann", "ParentImage": "C:\\w\\b.exe", "ParentProcessId": 1 }));
    let call =
        of(3, json!({ "SourceIp": from.0, "SourcePort": from.1, "DestinationIp": to.0, "DestinationPort": to.1, "Protocol": "tcp", "Initiated": "true" }));
    format!("{start}\n{call}\n")
}

#[test]
fn a_connection_on_the_wire_finds_machine_and_process() {
    let place = Place::new();
    let (from, to) = (("10.0.0.5", 50000), ("203.0.113.9", 443));
    place.write("in/sysmon.json", &sysmon("HOST1.acme.example", 42, from, to, 0));
    let wire = line("1772445601.5", from, to, ("100", "2000")) + &line("1772446601.5", ("10.0.0.5", 50001), to, ("7", "8"));
    place.write("in/conn.log", &format!("{CONN}{wire}"));
    ingest(&place);
    let columns = ["Machine", "Provider", "ParentFilename", "ParentPid", "LoggedUser", "BytesSent", "BytesReceived"];
    let expected = json!([
        ["HOST1", "Sysmon", "a.exe", 42, "ACME\\ann", null, null],
        ["HOST1", "Zeek", "a.exe", 42, "ACME\\ann", 100, 2000],
        ["HOST1", "Zeek", null, null, null, 7, 8],
    ]);
    assert_eq!(json!(picked(&rows(&place, "get_communications()"), &columns)), expected);
    // What the process did, with the bytes that were seen on the wire; and what two sensors told, once.
    let of_process = r#"Client("all", all_time()).get_processes(#{ file: "a.exe" }).first().communications().one_sensor()"#;
    let answer = eval(&place, of_process);
    assert_eq!(json!(picked(answer["rows"].as_array().unwrap(), &["Provider", "BytesSent"])), json!([["Zeek", 100]]));
    let bandwidth = &eval(&place, r#"Client("all", all_time()).get_bandwidth()"#)["rows"][0];
    assert_eq!((&bandwidth["Connections"], &bandwidth["Stated"], &bandwidth["Outgoing"]), (&json!(2), &json!(1.0), &json!(0.000_107)));
}

#[test]
fn what_the_store_knows_of_addresses_counts_for_later_logs() {
    let place = Place::new();
    let (from, to) = (("10.0.0.5", 50000), ("203.0.113.9", 443));
    place.write("in/sysmon.json", &sysmon("HOST1", 42, from, to, 0));
    ingest(&place);
    place.write("in/conn.log", &format!("{CONN}{}", line("1772445601.5", from, to, ("100", "2000"))));
    ingest(&place);
    let of_wire = rows(&place, r#"get_communications().filter(|e| e.Provider == "Zeek")"#);
    assert_eq!(json!(picked(&of_wire, &["Machine", "ParentPid", "BytesSent"])), json!([["HOST1", 42, 100]]));
}

/// Whoever told of an address in an earlier ingest: a lease, a logon of the machine's account, an agent on the machine, a sensor that adds connections up.
#[test]
fn addresses_that_earlier_logs_told_count_for_later_ones() {
    let place = Place::new();
    let to = ("203.0.113.9", 443);
    let lease =
        json!({ "_path": "dhcp", "ts": 1_772_445_600.0, "uids": ["D1"], "mac": "00:00:5e:00:53:01", "client_addr": "10.0.0.8", "host_name": "Printer-3" });
    let logon = json!({ "Channel": "Security", "EventID": 4624, "Hostname": "DC1", "@timestamp": "2026-03-02T10:00:00.000Z", "TargetUserName": "HOST2$",
        "TargetDomainName": "ACME", "LogonType": "3", "TargetLogonId": "0x99", "IpAddress": "10.0.0.7" });
    let agent = json!({ "@timestamp": "2026-03-02T10:00:00.000Z", "ecs": { "version": "8.0.0" }, "event": { "kind": "event", "dataset": "system.auth" },
        "host": { "name": "host4", "ip": ["10.0.0.9"] } });
    let machine = json!({ "TimeGenerated": "2026-03-02T10:00:00Z", "Computer": "VM1", "Direction": "outbound", "ProcessName": "java", "SourceIp": "10.0.0.10",
        "DestinationIp": "203.0.113.9", "DestinationPort": 443, "Protocol": "tcp", "BytesSent": 1, "BytesReceived": 1, "LinksEstablished": 1 });
    let defender = json!({ "Timestamp": "2026-03-02T10:00:00Z", "DeviceName": "host5", "ActionType": "InboundConnectionAccepted", "LocalIP": "10.0.0.11", "LocalPort": 22,
        "RemoteIP": "10.0.0.99", "RemotePort": 5000, "Protocol": "Tcp", "RemoteIPType": "Private" });
    let mut refused = logon.clone();
    (refused["EventID"], refused["IpAddress"]) = (json!(4625), json!("10.0.0.11"));
    for (number, record) in [refused, lease, logon, agent, machine, defender].iter().enumerate() {
        place.write(&format!("in/{number}.json"), &format!("{record}\n"));
    }
    ingest(&place);
    let wire: String = (7..12).map(|host| line(&format!("{}.0", 1_772_445_600 + host), (&format!("10.0.0.{host}"), 60000), to, ("1", "1"))).collect();
    place.write("in/conn.log", &format!("{CONN}{wire}"));
    ingest(&place);
    let of_wire = rows(&place, r#"get_communications().filter(|e| e.Provider == "Zeek")"#);
    assert_eq!(json!(picked(&of_wire, &["Machine"])), json!([["HOST2"], ["PRINTER-3"], ["HOST4"], ["VM1"], ["HOST5"]]));
}

#[test]
fn an_address_goes_from_one_machine_to_another() {
    let place = Place::new();
    let to = ("203.0.113.9", 443);
    let records = sysmon("HOST1", 42, ("10.0.0.5", 50000), to, 0) + &sysmon("HOST2", 43, ("10.0.0.5", 50001), to, 40);
    place.write("in/sysmon.json", &records);
    let wire = line("1772445602.0", ("10.0.0.5", 60000), to, ("1", "1")) + &line("1772445641.0", ("10.0.0.5", 60001), to, ("1", "1"));
    place.write("in/conn.log", &format!("{CONN}{wire}"));
    ingest(&place);
    let of_wire = rows(&place, r#"get_communications().filter(|e| e.Provider == "Zeek")"#);
    assert_eq!(json!(picked(&of_wire, &["Machine"])), json!([["HOST1"], ["HOST2"]]));
}

#[test]
fn names_that_others_give_to_addresses_count_where_the_machine_tells_nothing() {
    let place = Place::new();
    let to = ("203.0.113.9", 443);
    place.write("in/sysmon.json", &sysmon("HOST1", 42, ("10.0.0.5", 50000), to, 0));
    let logon = |account: &str, address: &str| {
        json!({ "Channel": "Security", "EventID": 4624, "Hostname": "DC1", "@timestamp": "2026-03-02T10:00:00.000Z", "TargetUserName": account,
            "TargetDomainName": "ACME", "LogonType": "3", "TargetLogonId": "0x99", "IpAddress": address })
    };
    // An attacker relays the first machine's logon.
    place.write("in/security.json", &format!("{}\n{}\n", logon("HOST1$", "10.0.0.66"), logon("HOST2$", "10.0.0.7")));
    let lease =
        json!({ "_path": "dhcp", "ts": 1_772_445_600.0, "uids": ["D1"], "mac": "00:00:5e:00:53:01", "client_addr": "10.0.0.8", "host_name": "Printer-3" });
    place.write("in/dhcp.json", &format!("{lease}\n"));
    let wire: String = ["10.0.0.66", "10.0.0.7", "10.0.0.8"]
        .iter()
        .zip(1..)
        .map(|(address, second)| line(&format!("{}.0", 1_772_445_600 + second), (address, 60000), to, ("1", "1")))
        .collect();
    place.write("in/conn.log", &format!("{CONN}{wire}"));
    ingest(&place);
    let of_wire = rows(&place, r#"get_communications().filter(|e| e.Provider == "Zeek")"#);
    assert_eq!(json!(picked(&of_wire, &["Machine"])), json!([["10.0.0.66"], ["HOST2"], ["PRINTER-3"]]));
}

#[test]
fn damaged_lines_cost_only_themselves() {
    let place = Place::new();
    let good = line("1772445600.1", ("10.0.0.5", 50000), ("203.0.113.9", 443), ("100", "2000"));
    place.write("in/conn.log", &format!("{CONN}{good}1772445600.2\tC1\t10.0.0.5\n{good}x\t{good}"));
    let taken = ingest(&place);
    assert_eq!(taken["records"], 2);
    let at = CONN.len() + good.len();
    let expected = json!([
        { "file": "conn.log", "reason": "not a Zeek log: fewer values than names", "count": 1, "offset": at },
        { "file": "conn.log", "reason": "not a Zeek log: more values than names", "count": 1, "offset": at + "1772445600.2\tC1\t10.0.0.5\n".len() + good.len() },
    ]);
    assert_eq!(taken["rejected"], expected);
}
