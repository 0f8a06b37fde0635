//! Every option of the page's queries, in every form: over one real capture, counted here from the raw fields of its records.

use std::net::IpAddr;
use std::path::Path;

use serde_json::Value;

use super::{eval, mistake};
use crate::support::stores;

const SHIRE: &str = "mordor-theshire-2020";

/// Raw fields of the records of one kind.
struct Raw(Vec<Value>);

impl Raw {
    fn of(store: &Path, channel: &str, ids: &str, fields: &[&str]) -> Raw {
        let wanted = format!(r#"Client("all", all_time()).get_raw_events(#{{ channel: "{channel}", event_id: {ids} }}).select({fields:?})"#);
        Raw(eval(store, &wanted)["rows"].as_array().unwrap().clone())
    }

    fn count(&self, holds: impl Fn(&dyn Fn(&str) -> String) -> bool) -> u64 {
        let lower = |row: &Value, field: &str| match &row[field] {
            Value::Null => String::new(),
            Value::String(text) => text.to_lowercase(),
            other => other.to_string(),
        };
        self.0.iter().filter(|row| holds(&|field| lower(row, field))).count() as u64
    }
}

fn name(path: &str) -> &str {
    path.rsplit('\\').next().unwrap()
}

/// Every row: a query with its options, what of its rows the raw records tell, and how many.
fn check(store: &Path, rows: Vec<(&str, &str, u64)>) {
    for (query, sensor, expected) in rows {
        let counted = format!(r#"Client("all", all_time()).{query}.filter(|e| {sensor}).count()"#);
        assert_eq!(eval(store, &counted), expected, "{query}");
    }
}

#[test]
fn options_of_communications() {
    let Some(filled) = stores::real(SHIRE) else { return };
    let store = &filled.store;
    let fields = ["Image", "SourceIp", "SourcePort", "DestinationIp", "DestinationPort", "Initiated", "Protocol", "Hostname"];
    let raw = Raw::of(store, "Sysmon", "3", &fields);
    type Field<'a> = &'a dyn Fn(&str) -> String;
    let outgoing = |field: Field<'_>| field("Initiated") == "true";
    // The other end's port; of a connection that came in, either.
    let port = |field: Field<'_>, port: &str| field("DestinationPort") == port || (!outgoing(field) && field("SourcePort") == port);
    let ports = |wanted: &[&str]| raw.count(|field| wanted.iter().any(|number| port(field, number)));
    let outgoing_to = |holds: &dyn Fn(IpAddr) -> bool| raw.count(|field| outgoing(field) && holds(field("DestinationIp").parse().unwrap()));
    let is_private = |address: IpAddr| match address {
        IpAddr::V4(address) => address.is_private() || address.is_loopback() || address.is_link_local() || address.is_multicast() || address.is_broadcast(),
        IpAddr::V6(address) => address.to_ipv4_mapped().is_none() && (address.segments()[0] & 0xff00 != 0x2000),
    };
    let of = |query: &str, expected: u64| (query.to_string(), expected);
    let mut rows = vec![
        of("get_communications()", raw.count(|_| true)),
        of("communications(#{})", raw.count(|_| true)),
        of(r#"get_communications(#{ direction: "Incoming" })"#, raw.count(|field| !outgoing(field))),
        of(r#"get_communications(#{ direction: "outgoing" })"#, raw.count(outgoing)),
        of(r#"get_communications(#{ direction: ["Incoming", "Outgoing"] })"#, raw.count(|_| true)),
        of(r#"get_communications(#{ direction: "Outgoing", iptype: "Public" })"#, outgoing_to(&|address| !is_private(address))),
        of(r#"get_communications(#{ direction: "Outgoing", iptype: "private" })"#, outgoing_to(&is_private)),
        of(r#"get_communications(#{ iptype: ["Public", "Private"] })"#, raw.count(|_| true)),
        of(r#"get_communications(#{ protocol: "TCP" })"#, raw.count(|field| field("Protocol") == "tcp")),
        of(r#"get_communications(#{ protocol: ["udp", "ICMP"] })"#, raw.count(|field| field("Protocol") == "udp")),
        of(r#"get_communications(#{ protocol: "RDP" })"#, ports(&["3389"])),
        of("get_communications(#{ port: 88 })", ports(&["88"])),
        of("get_communications(#{ port: [88, 389, \"HTTPS\"] })", ports(&["88", "389", "443"])),
        of(r#"get_communications(#{ port: "389" })"#, ports(&["389"])),
        of(r#"get_communications(#{ port: 443, file: "powershell.exe" })"#, raw.count(|field| port(field, "443") && name(&field("Image")) == "powershell.exe")),
        of(r#"get_communications(#{ ips: "172.18.38.5", direction: "Outgoing" })"#, outgoing_to(&|address| address.to_string() == "172.18.38.5")),
        of(r#"get_communications(#{ ips: "172.18.0.0/16", direction: "Outgoing" })"#, outgoing_to(&|address| address.to_string().starts_with("172.18."))),
        of(
            r#"get_communications(#{ ips: ["172.18.38.5", "fe80::/10"], direction: "Outgoing" })"#,
            outgoing_to(&|address| address.to_string() == "172.18.38.5" || address.to_string().starts_with("fe80:")),
        ),
        of(r#"get_communications(#{ muid: Machine("WORKSTATION6").muid })"#, raw.count(|field| field("Hostname").starts_with("workstation6"))),
        of(r#"get_communications(#{ muid: Machine(["WORKSTATION5", "MORDORDC"]) })"#, raw.count(|field| !field("Hostname").starts_with("workstation6"))),
    ];
    for (word, number) in [("FTP", "21"), ("SSH", "22"), ("TELNET", "23"), ("SMTP", "25"), ("HTTP", "80"), ("POP3", "110"), ("HTTPS", "443"), ("RDP", "3389")] {
        rows.push((format!(r#"get_communications(#{{ port: "{word}" }})"#), ports(&[number])));
    }
    for word in ["IGMP", "RFCOMM", "ICMPV6", "RM"] {
        rows.push((format!(r#"get_communications(#{{ protocol: "{word}" }})"#), raw.count(|field| field("Protocol") == word.to_lowercase())));
    }
    assert!(rows.iter().filter(|(_, count)| *count > 0).count() > 18, "{rows:?}");
    check(store, rows.iter().map(|(query, expected)| (query.as_str(), r#"e.Provider == "Sysmon""#, *expected)).collect());
    assert_eq!(eval(store, r#"Client("all", all_time()).get_communications(#{ top: 3 }).count()"#), 3);
    let head = eval(
        store,
        r#"[Client("all", all_time()).get_communications(#{ top: 3 }).column("RecordId"), Client("all", all_time()).get_communications().head(3).column("RecordId")]"#,
    );
    assert_eq!(head[0], head[1]);
}

#[test]
fn options_of_executions() {
    let Some(filled) = stores::real(SHIRE) else { return };
    let store = &filled.store;
    let raw = Raw::of(store, "Sysmon", "1", &["Image", "CommandLine", "User", "Hashes", "Hostname"]);
    let system = raw.count(|field| field("User") == r"nt authority\system");
    let pgustavo = raw.count(|field| field("User").ends_with(r"\pgustavo"));
    let shire = raw.count(|field| field("User") == r"theshire\pgustavo");
    let by_name = |wanted: &str| raw.count(|field| name(&field("Image")) == wanted);
    let (powershell, cmd) = (by_name("powershell.exe"), by_name("cmd.exe"));
    let path = raw.count(|field| field("Image") == r"c:\windows\system32\cmd.exe");
    let one = raw.0.iter().find(|row| row["Image"].as_str().unwrap().to_lowercase().ends_with("\\whoami.exe")).or(raw.0.first()).unwrap();
    let hash =
        |algorithm: &str| one["Hashes"].as_str().unwrap().split(',').find_map(|part| part.strip_prefix(&format!("{algorithm}="))).unwrap().to_lowercase();
    let with_hash = |digest: &str| raw.count(|field| field("Hashes").contains(digest));
    let encoded = raw.count(|field| field("CommandLine").contains("-enc"));
    let either = raw.count(|field| field("CommandLine").contains("-enc") || field("CommandLine").contains("/c"));
    assert!([system, pgustavo, shire, powershell, cmd, path, encoded].iter().all(|count| *count > 0) && pgustavo > shire && either > encoded);
    let (md5, sha1, sha256) = (hash("MD5"), hash("SHA1"), hash("SHA256"));
    let mut rows: Vec<(String, u64)> = vec![
        (r#"user: "pgustavo""#.into(), pgustavo),
        (r#"user: "PGUSTAVO""#.into(), pgustavo),
        (r#"users: "THESHIRE\\pgustavo""#.into(), shire),
        (r#"user: "theshire.local\\pgustavo""#.into(), shire),
        (r#"user: "pgustavo@theshire.local""#.into(), shire),
        (r#"user: ["pgustavo", "SYSTEM"]"#.into(), pgustavo + system),
        (r#"user: "pgustavo", users: "SYSTEM""#.into(), pgustavo + system),
        (r#"user: "gustavo""#.into(), 0),
        (r#"file: "PowerShell.exe""#.into(), powershell),
        (r#"file: ["powershell.exe", "cmd.exe"]"#.into(), powershell + cmd),
        (r#"file: "*shell.exe""#.into(), raw.count(|field| name(&field("Image")).ends_with("shell.exe"))),
        (r#"file: "C:\\Windows\\System32\\cmd.exe""#.into(), path),
        (r#"file: "c:\\windows\\*\\cmd.exe""#.into(), path),
        (format!(r#"file: "{md5}""#), with_hash(&md5)),
        (format!(r#"file: "{}""#, md5.to_uppercase()), with_hash(&md5)),
        (format!(r#"file: "{sha1}""#), with_hash(&sha1)),
        (format!(r#"file: ["{sha256}", "cmd.exe"]"#), raw.count(|field| field("Hashes").contains(&sha256) || name(&field("Image")) == "cmd.exe")),
        (r#"command: "-ENC""#.into(), encoded),
        (r#"command: ["-enc", "/c"]"#.into(), either),
        (
            r#"file: "powershell.exe", command: "-enc""#.into(),
            raw.count(|field| name(&field("Image")) == "powershell.exe" && field("CommandLine").contains("-enc")),
        ),
        (r#"muid: Machine("WORKSTATION5").muid"#.into(), raw.count(|field| field("Hostname").starts_with("workstation5"))),
        ("user: (), file: (), period: ()".into(), raw.count(|_| true)),
    ];
    rows.iter_mut().for_each(|(options, _)| *options = format!(r#"get_executions(#{{ operation: "create", {options} }})"#));
    check(store, rows.iter().map(|(query, expected)| (query.as_str(), r#"e.Provider == "Sysmon""#, *expected)).collect());
}

#[test]
fn operations_are_the_records_that_they_come_from() {
    let Some(filled) = stores::real(SHIRE) else { return };
    let store = &filled.store;
    let answer = eval(store, r#"Client("all", all_time()).get_raw_events().group_by(["Provider", "EventId"]).count()"#);
    let records = |provider: &str, ids: &[i64]| -> u64 {
        let rows = answer["rows"].as_array().unwrap().iter();
        rows.filter(|row| row["Provider"] == provider && ids.contains(&row["EventId"].as_i64().unwrap())).map(|row| row["Count"].as_u64().unwrap()).sum()
    };
    let sysmon = |ids: &[i64]| records("Sysmon", ids);
    let written = Raw::of(store, "Sysmon", "[2, 11, 15, 23, 26]", &["EventId", "TargetFilename"]);
    let extension = |file: &str| name(file).rsplit_once('.').map(|(_, extension)| extension.to_string()).unwrap_or_default();
    let scripts = ["ps1", "psm1", "psd1", "bat", "cmd", "vbs", "js", "hta", "py", "mof", "inf", "sct"];
    let script = written.count(|field| scripts.contains(&extension(&field("TargetFilename")).as_str()));
    let archives = ["zip", "rar", "7z", "gz", "tar", "cab", "iso", "jar", "msi"];
    let archive = written.count(|field| field("EventId") == "11" && archives.contains(&extension(&field("TargetFilename")).as_str()));
    let any = "true";
    let by_sysmon = r#"e.Provider == "Sysmon""#;
    assert!(script > 0);
    check(
        store,
        vec![
            (r#"get_executions(#{ operation: "create" })"#, any, sysmon(&[1]) + records("Security", &[4688])),
            (r#"get_executions(#{ operation: "Kill" })"#, any, sysmon(&[5]) + records("Security", &[4689])),
            (r#"get_executions(#{ operation: "thread" })"#, any, sysmon(&[8])),
            (r#"get_executions(#{ operation: "load" })"#, any, sysmon(&[6, 7])),
            (r#"get_executions(#{ operation: "access" })"#, by_sysmon, sysmon(&[10])),
            (r#"get_executions(#{ operation: ["thread", "kill"] })"#, by_sysmon, sysmon(&[5, 8])),
            ("get_executions()", any, sysmon(&[1, 5, 6, 7, 8]) + records("Security", &[4688, 4689])),
            (r#"get_files(#{ operation: "create" })"#, any, sysmon(&[11])),
            (r#"get_files(#{ operation: "modify" })"#, any, sysmon(&[2, 15])),
            (r#"get_files(#{ operation: "delete" })"#, any, sysmon(&[23, 26])),
            (r#"get_files(#{ operation: "access" })"#, "e.EventId in [9, 5140, 5145]", sysmon(&[9]) + records("Security", &[5140, 5145])),
            (r#"get_files(#{ operation: "rename" })"#, any, 0),
            (r#"get_files(#{ operation: "folder" })"#, any, 0),
            (r#"get_files(#{ operation: "script" })"#, by_sysmon, script),
            (r#"get_files(#{ operation: "newcmp" })"#, any, archive),
            (r#"get_files(#{ operation: ["newcmp", "delete"] })"#, any, archive + sysmon(&[23, 26])),
            (r#"get_files(#{ operation: "opencmp" })"#, r#"e.Operation != "access" || e.FileClass != "archive""#, 0),
            (r#"get_registry(#{ operation: "modify" })"#, by_sysmon, sysmon(&[13])),
            (r#"get_registry(#{ operation: "rename" })"#, any, sysmon(&[14])),
            ("get_registry()", by_sysmon, sysmon(&[12, 13, 14])),
        ],
    );
}

/// Any of the bits: as the columns themselves say it.
#[test]
fn attributes_are_joined_by_or() {
    let Some(filled) = stores::real(SHIRE) else { return };
    let columns = [("ATTR_REMOTE", "RemoteSession"), ("ATTR_EXTERNAL", "External"), ("ATTR_FRESHUNKNOWN", "FreshUnknown"), ("ATTR_LANSHARED", "LanShared")];
    for query in ["get_executions", "get_files"] {
        for bits in 1..16_usize {
            let chosen: Vec<_> = columns.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0).map(|(_, pair)| pair).collect();
            let words = chosen.iter().map(|(word, _)| *word).collect::<Vec<_>>();
            let condition = chosen.iter().map(|(_, column)| format!("e.{column}")).collect::<Vec<_>>().join(" || ");
            let expression = format!(
                r#"let all = Client("all", all_time());
                   [all.{query}(#{{ attributes: {} }}).count(), all.{query}(#{{ attributes: [{}] }}).count(), all.{query}().filter(|e| {condition}).count()]"#,
                words.join(" | "),
                words.join(", ")
            );
            let counts = eval(&filled.store, &expression);
            assert!(counts[0] == counts[1] && counts[1] == counts[2], "{query} {words:?}: {counts}");
        }
    }
}

#[test]
fn users_of_a_query_are_whole_names_and_of_get_users_parts() {
    let store = &stores::sample().store;
    let count = |expression: &str| eval(store, &format!(r#"Client("all", all_time()).{expression}.count()"#));
    assert_eq!(count(r#"get_users(#{ users: "linde" })"#), 1);
    assert_eq!(count(r#"get_users(#{ user: ["LINDE", "tobias"] })"#), 2);
    assert_eq!(count(r#"get_users(#{ user: "linde", users: "tobias" })"#), 2);
    assert_eq!(count(r#"get_executions(#{ user: "linde" })"#), 0);
    assert_eq!(
        eval(store, r#"Client("all", all_time()).get_users(#{ by: "machine" }).columns()"#),
        serde_json::json!(["LoggedUser", "IniDate", "EndDate", "NumDays", "Muid", "Machine"])
    );
}

/// Wrong keys, words, types and numbers, each at its place.
#[test]
fn what_an_option_does_not_take_is_said_there() {
    let store = &stores::sample().store;
    for (query, said, word) in [
        ("get_executions(#{ knd: \"interpreter\" })", "options::unknown: `get_executions` has no option `knd`", "knd"),
        ("get_files(#{ command: \"x\" })", "options::unknown: `get_files` has no option `command`", "command"),
        ("get_users(#{ file: \"x\" })", "options::unknown: `get_users` has no option `file`", "file"),
        ("get_executions(#{ kind: \"hackingtools\" })", "options::word: `hackingtools` is no value of `kind`", "\"hackingtools\""),
        ("get_files(#{ kind: [\"interpreter\", \"userallowed\"] })", "options::word: `userallowed` is no value of `kind`", "\"userallowed\""),
        ("get_registry(#{ operation: \"kill\" })", "options::word: `kill` is no value of `operation`", "\"kill\""),
        ("get_files(#{ operation: [\"create\", \"copy\"] })", "options::word: `copy` is no value of `operation`", "\"copy\""),
        ("get_communications(#{ direction: \"in\" })", "options::word: `in` is no value of `direction`", "\"in\""),
        ("get_communications(#{ iptype: \"Publik\" })", "options::word: `Publik` is no value of `iptype`", "\"Publik\""),
        ("get_communications(#{ protocol: \"SCTP\" })", "options::word: `SCTP` is no value of `protocol`", "\"SCTP\""),
        ("get_communications(#{ port: \"HTPS\" })", "options::port: `HTPS` is no port", "\"HTPS\""),
        ("get_communications(#{ port: 65536 })", "options::port: `65536` is no port", "65536"),
        ("get_communications(#{ port: 443.5 })", "options::wrong_type: `port` takes a port, and this is a fractional number", "443"),
        ("get_communications(#{ ips: \"10.1\" })", "options::address: `10.1` is no address", "\"10.1\""),
        ("get_communications(#{ ips: [\"10.0.0.1\", \"10.0.0.0/33\"] })", "options::address: `10.0.0.0/33` is no address", "\"10.0.0.0/33\""),
        ("get_communications(#{ top: 0 })", "options::range: `top` must be at least 1, and this is 0", "0"),
        ("get_communications(#{ top: \"5\" })", "options::wrong_type: `top` takes a number of rows, and this is a text", "\"5\""),
        ("get_executions(#{ attributes: 16 })", "options::attributes: 16 is no set of attributes", "16"),
        ("get_executions(#{ attributes: \"ATTR_REMOTE\" })", "options::wrong_type: `attributes` takes attributes, and this is a text", "\"ATTR_REMOTE\""),
        ("get_executions(#{ file: 5 })", "options::wrong_type: `file` takes a text, and this is a whole number", "5"),
        ("get_executions(#{ file: [] })", "options::empty: `file` is an empty array: nothing could match", "["),
        ("get_executions(#{ user: \" \" })", "options::wrong_type: `user` takes a text, and this is an empty text", "\" \""),
        ("get_executions(#{ command: true })", "options::wrong_type: `command` takes a text, and this is yes or no", "true"),
        ("get_executions(#{ muid: \"WKS01\" })", "options::machine: `WKS01` is the name of a machine, and `muid` takes its id", "\"WKS01\""),
        ("get_executions(#{ period: 7 })", "call::argument: a period is needed here, and this is a number", "7"),
        ("get_executions(#{ period: \"7 fortnights\" })", "period::unreadable: `7 fortnights` is no period", "\"7 fortnights\""),
        ("get_executions(#{ histogram: 7 })", "call::argument: a histogram can't be made of a number", "7"),
        ("get_executions(\"create\")", "call::argument: `get_executions` needs a map as `options`, and this is a text", "\"create\""),
    ] {
        let expression = format!(r#"Client("all", all_time()).{query}"#);
        assert_eq!(mistake(store, &expression, &[]), (said.to_string(), word.to_string()), "{query}");
    }
}
