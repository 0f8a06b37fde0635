//! Machines and clients: every form of their constructors, several clients in one store, addresses that change, and what is no machine.

use serde_json::{Value, json};

use super::records::Log;
use super::{ask, eval, mistake, rows};
use crate::support::{Place, stores};

const WKS01: &str = "43c80b10ffe192147c5f196803172152";

fn sample(expression: &str) -> Value {
    eval(&stores::sample().store, expression)
}

#[test]
fn a_machine_in_every_form() {
    let wks02 = sample(r#"Machine("WKS02").muid"#);
    for form in [
        r#"Machine("WKS01")"#.to_string(),
        r#"Machine("wks01")"#.into(),
        r#"Machine("WKS01.acme.example")"#.into(),
        r#"Machine(" wks01.ACME.example. ")"#.into(),
        format!(r#"Machine("{WKS01}")"#),
        format!(r#"Machine("{}")"#, WKS01.to_uppercase()),
        r#"Machine(["WKS01", "wks01"])"#.into(),
        r#"Machine("WKS01", all_time())"#.into(),
        r#"Machine(Machine("WKS01"))"#.into(),
        format!(r#"Machine(#{{ muid: "{WKS01}" }})"#),
        format!(r#"Machine(#{{ muid: ["{WKS01}"] }})"#),
        r#"Machine(#{ name: "WKS01" })"#.into(),
        r#"Machine(#{ name: ["WKS01"], client_id: "000000" })"#.into(),
        r#"Machine(#{ name: "WKS01", client_id: "all" })"#.into(),
        r#"Machine(#{ local_ip: "10.20.1.11" })"#.into(),
        r#"Machine(#{ local_ip: "::ffff:10.20.1.11", client_id: "000000" })"#.into(),
        format!(r#"Machine(#{{ muid: "{WKS01}", name: "WKS01", client_id: "000000", local_ip: "10.20.1.11" }})"#),
        format!(r#"Machine(#{{ muid: "{WKS01}", name: ["WKS01", "WKS02"] }})"#),
        r#"Machine(#{ name: "WKS01", muid: (), local_ip: () })"#.into(),
    ] {
        assert_eq!(sample(&format!("{form}.muid")), json!(WKS01), "{form}");
        assert_eq!(sample(&format!("{form}.count()")), json!(1), "{form}");
    }
    for form in [
        format!(r#"Machine(["WKS02", "{WKS01}"])"#),
        format!(r#"Machine(#{{ muid: [{wks02}, "{WKS01}"] }})"#),
        r#"Machine(#{ name: ["WKS02", "WKS01"] })"#.into(),
    ] {
        assert_eq!(sample(&format!("[{form}.name, {form}.count()]")), json!([["WKS01", "WKS02"], 2]), "{form}");
    }
    // Several answer together, as each does alone.
    let counts = sample(
        r#"let count = |m| m.get_executions().count();
           [count.call(Machine(["WKS01", "WKS02"], all_time())), count.call(Machine("WKS01", all_time())) + count.call(Machine("WKS02", all_time()))]"#,
    );
    assert!(counts[0] == counts[1] && counts[0].as_u64() > Some(0), "{counts}");
}

#[test]
fn what_machines_and_clients_say_of_themselves() {
    assert_eq!(
        sample(
            r#"let m = Machine(#{ name: "WKS01", period: last(2.days) });
               [m.muid, m.name, m.client_id, m.local_ip, m.period.duration.days, m.first_seen, m.last_seen, m.get_client().client_id, m.get_client().period == m.period]"#
        ),
        json!([WKS01, "WKS01", "000000", "10.20.1.11", 2, "2026-03-02T00:04:15.792Z", "2026-03-03T23:49:54.376Z", "000000", true])
    );
    assert_eq!(rows(&sample(r#"Machine("WKS01").get_name()"#)), [format!("{WKS01} WKS01")]);
    assert_eq!(
        sample(
            r#"[Client("all").client_id, Client("000000").client_id, Client(#{ client_id: "all" }).client_id, Client("all").local_ip, Client("all").period]"#
        ),
        json!(["all", "000000", "all", null, null])
    );
    for period in [
        r#"Client("all", "2026-03-02")"#,
        r#"Client(#{ client_id: "000000", period: TimePeriod("2026-03-02") })"#,
        r#"Client(["000000"], TimePeriod("2026-03-02"))"#,
    ] {
        assert_eq!(sample(&format!(r#"[{period}.period == TimePeriod("2026-03-02"), {period}.count()]"#)), json!([true, 4]), "{period}");
    }
    assert_eq!(sample(r#"let names = []; for machine in Client("all") { names.push(machine.name); } names"#), json!(["DC01", "FILES01", "WKS01", "WKS02"]));
    // The published order of words: options of a query.
    assert_eq!(sample("Client()"), json!(["000000"]));
}

/// Two clients that have a machine of one name, and one that another client alone has.
fn two_clients(place: &Place) -> std::path::PathBuf {
    let start = |path: &str| json!({ "Image": path, "ProcessId": 7 });
    let mut ours = Log::default();
    ours.sysmon("DC1.acme.example", "2026-03-02 10:00:00.000", 1, start(r"C:\ours.exe"));
    ours.sysmon("WS1", "2026-03-02 10:00:00.000", 1, start(r"C:\ours.exe"));
    ours.ingest(place, "ACME");
    let mut theirs = Log::default();
    theirs.sysmon("dc1.other.example", "2026-03-02 10:00:00.000", 1, start(r"C:\theirs.exe"));
    theirs.sysmon("WS9", "2026-03-03 10:00:00.000", 1, start(r"C:\theirs.exe"));
    theirs.sysmon("WS9", "2026-03-03 10:00:01.000", 5, json!({ "Image": r"C:\theirs.exe", "ProcessId": 7 }));
    theirs.ingest(place, "Other")
}

#[test]
fn several_clients_in_one_store() {
    let place = Place::new();
    let store = two_clients(&place);
    assert_eq!(eval(&store, "Client()"), json!(["ACME", "Other"]));
    let machines = r#"machines().select(["Name", "ClientId", "FirstSeen", "Events"])"#;
    let all = [
        "DC1 ACME 2026-03-02T10:00:00.000Z 1",
        "WS1 ACME 2026-03-02T10:00:00.000Z 1",
        "DC1 Other 2026-03-02T10:00:00.000Z 1",
        "WS9 Other 2026-03-03T10:00:00.000Z 2",
    ];
    assert_eq!(rows(&eval(&store, machines)), all);
    assert_eq!(rows(&eval(&store, &format!(r#"Client("Other").get_{machines}"#))), all[2..]);
    assert_eq!(rows(&eval(&store, r#"Client("acme").get_machines("2026-03-03").select(["Name"])"#)), [""; 0]);
    assert_eq!(rows(&eval(&store, r#"machines("2026-03-03").select(["Name"])"#)), ["WS9"]);
    // One name is two machines, whose rows stay apart.
    assert_ne!(eval(&store, r#"Machine(#{ name: "DC1", client_id: "ACME" }).muid"#), eval(&store, r#"Machine(#{ name: "DC1", client_id: "other" }).muid"#));
    for (form, more, program) in [
        (r#"Machine(#{ name: "DC1", client_id: "ACME", period: all_time() })"#, vec![], "ours.exe"),
        (r#"Machine("DC1", all_time())"#, vec!["--client", "Other"], "theirs.exe"),
        (r#"Machine(#{ name: "dc1.other.example", client_id: "Other", period: all_time() })"#, vec!["--client", "ACME"], "theirs.exe"),
        (r#"Client(#{ period: all_time() })"#, vec!["--client", "ACME"], "ours.exe"),
        (r#"Client("OTHER", all_time())"#, vec![], "theirs.exe"),
    ] {
        let programs = ask(&store, &format!(r#"{form}.get_executions(#{{ operation: "create" }}).unique(["ChildFilename"]).column("ChildFilename")"#), &more);
        assert_eq!(programs.expect(0).json(), json!([program]), "{form}");
    }
    assert_eq!(
        eval(&store, r#"[Machine("WS9").client_id, Machine(["WS1", "WS9"]).client_id, Client(["ACME", "Other"]).client_id]"#),
        json!(["Other", ["ACME", "Other"], ["ACME", "Other"]])
    );
    assert_eq!(eval(&store, r#"[Client("all", all_time()).executions().count(), Client("all").count(), Client("ACME").count()]"#), json!([5, 4, 2]));
    let (said, word) = mistake(&store, r#"Machine("dc1")"#, &[]);
    assert_eq!((said.as_str(), word.as_str()), ("machine::ambiguous: 2 clients know a machine `dc1`: ACME, Other", "\"dc1\""));
    let (said, word) = mistake(&store, r#"Machine(#{ name: ["WS1", "DC1"], client_id: "all" })"#, &[]);
    assert_eq!((said.as_str(), word.as_str()), ("machine::ambiguous: 2 clients know a machine `DC1`: ACME, Other", "\"DC1\""));
}

/// A lease moves: what had an address is found by the time at which it had it, and the last one is the machine's own.
/// Day and month of its dates could be swapped, so that they are no times.
#[test]
fn a_machine_whose_records_have_no_time_was_seen_at_none() {
    let place = Place::new();
    place.write("syslog.csv", "Computer,EventTime,Facility,SyslogMessage\nbox-1,7/8/2019 16:08,auth,opened\n");
    place.huntsman(["ingest", "syslog.csv", "--store", "store", "-q"]).run().expect(0);
    let holds = |format: &str| place.huntsman(["sources", "--source", "store", "--format", format]).run().expect(0);
    assert!(holds("table").out.contains("\nBOX-1 ") && !holds("table").out.contains(" ms"), "{}", holds("table").out);
    let known = &holds("json").json()["machines"][0];
    assert_eq!([&known["name"], &known["first"], &known["last"]], [&json!("BOX-1"), &Value::Null, &Value::Null]);
    let store = place.path("store");
    assert_eq!(eval(&store, r#"let m = Machine("BOX-1"); [m.first_seen, m.last_seen]"#), json!([null, null]));
    assert_eq!(eval(&store, r#"Machine("BOX-1")"#)["first_seen"], Value::Null);
    assert_eq!(rows(&eval(&store, r#"machines().select(["Name", "FirstSeen"])"#)), ["BOX-1 null"]);
}

#[test]
fn an_address_is_whose_it_was_at_that_time() {
    let mut log = Log::default();
    log.connection("WS1", "2026-03-02 08:00:00.000", "10.0.0.7", "192.0.2.1");
    log.connection("WS1", "2026-03-02 09:00:00.000", "10.0.0.7", "192.0.2.1");
    log.connection("WS2", "2026-03-02 12:00:00.000", "10.0.0.7", "192.0.2.1");
    log.connection("WS1", "2026-03-02 13:00:00.000", "10.0.0.8", "192.0.2.1");
    log.connection("WS2", "2026-03-02 14:00:00.000", "10.0.0.9", "192.0.2.1");
    log.connection("WS1", "2026-03-03 08:00:00.000", "10.0.0.7", "10.0.0.9");
    log.connection("WS1", "2026-03-03 09:00:00.000", "127.0.0.1", "127.0.0.1");
    // Known by its address alone.
    log.sysmon("10.0.0.77", "2026-03-03 10:00:00.000", 1, json!({ "Image": r"C:\a.exe", "ProcessId": 7 }));
    let place = Place::new();
    let store = log.ingest(&place, "000000");
    assert_eq!(rows(&eval(&store, r#"machines().select(["Name", "LocalIp"])"#)), ["10.0.0.77 10.0.0.77", "WS1 10.0.0.7", "WS2 10.0.0.9"]);
    for (period, name) in [
        (r#", period: "2026-03-02 07:00..2026-03-02 10:00""#, json!("WS1")),
        (r#", period: "2026-03-02 11:00..2026-03-02 13:00""#, json!("WS2")),
        (r#", period: "2026-03-02""#, json!(["WS1", "WS2"])),
        (r#", period: "2026-03-03""#, json!("WS1")),
        ("", json!(["WS1", "WS2"])),
        (r#", name: "ws2""#, json!("WS2")),
    ] {
        assert_eq!(eval(&store, &format!(r#"Machine(#{{ local_ip: "10.0.0.7"{period} }}).name"#)), name, "{period}");
    }
    assert_eq!(eval(&store, r#"[Machine("10.0.0.77").name, Machine(#{ local_ip: "10.0.0.77" }).name]"#), json!(["10.0.0.77", "10.0.0.77"]));
    assert_eq!(rows(&eval(&store, r#"Client("all", all_time()).get_communications(#{ ips: "10.0.0.9" }).select(["Machine"])"#)), ["WS1"]);
    // The period of the machine holds for its queries as well.
    assert_eq!(eval(&store, r#"Machine(#{ local_ip: "10.0.0.7", period: "2026-03-03" }).get_communications().count()"#), 2);
    for (options, said, word) in [
        (r#"local_ip: "10.0.0.99""#, "machine::address: no machine is known to have had the address `10.0.0.99`", "\"10.0.0.99\""),
        (
            r#"local_ip: "10.0.0.9", period: "2026-03-03""#,
            "machine::address: no machine is known to have had the address `10.0.0.9` in that period",
            "\"10.0.0.9\"",
        ),
        (r#"local_ip: "127.0.0.1""#, "machine::address: `127.0.0.1` is no address that a machine has of its own", "\"127.0.0.1\""),
        (r#"local_ip: "ten""#, "machine::address: `ten` is no address that a machine has of its own", "\"ten\""),
        (r#"name: "WS1", local_ip: "10.0.0.9""#, "machine::apart: no machine has both the name `WS1` and the local_ip `10.0.0.9`", "\"10.0.0.9\""),
        (r#"local_ip: "10.0.0.9", name: "WS1""#, "machine::apart: no machine has both the name `WS1` and the local_ip `10.0.0.9`", "\"WS1\""),
    ] {
        assert_eq!(mistake(&store, &format!("Machine(#{{ {options} }})"), &[]), (said.to_string(), word.to_string()), "{options}");
    }
}

/// What telemetry tells of machines: counted from raw records, the system from the versions of Windows' own files.
#[test]
fn the_machines_of_a_capture() {
    let Some(filled) = stores::real("mordor-theshire-2020") else { return };
    let machines = rows(&eval(&filled.store, r#"machines().select(["Name", "ClientId", "LocalIp", "Os", "Events"])"#));
    assert_eq!(
        machines,
        [
            "MORDORDC 000000 172.18.38.5 Windows 10.0.17763 27235",
            "WORKSTATION5 000000 172.18.39.5 Windows 10.0.18363 117522",
            "WORKSTATION6 000000 172.18.39.6 Windows 10.0.18362 31868"
        ]
    );
}
