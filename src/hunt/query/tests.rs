//! Options become the plans that the contract says, and wrong ones say what is right.

use std::sync::Arc;

use chrono_tz::Tz;
use miette::Diagnostic;

use super::*;
use crate::hunt::build::{inventory, machine, part};
use crate::plan::{Period, Schema, Scope, explain};
use crate::telemetry::words::{ATTR_LANSHARED, ATTR_REMOTE, Programs};

fn source() -> Inventory {
    let mut source = inventory(
        vec![machine("000000", "DC1"), machine("000000", "WS1")],
        vec![
            part("event", "", "Sysmon/1", "WS1", "2020-09-21T10:00:00Z", 2),
            part("event", "", "Sysmon/7", "WS1", "2020-09-21T12:00:00Z", 0),
            part("process", "create", "Sysmon/7", "WS1", "2020-09-21T12:00:00Z", 0),
            part("event", "", "Security/4624", "DC1", "2020-09-21T10:00:00Z", 2),
            part("logon", "logon", "Security/4625", "DC1", "2020-09-21T10:00:00Z", 2),
        ],
    );
    source.raw_fields.insert(("Security/Operational".into(), Some(4624)), vec!["LogonGuid".into(), "IpAddress".into()]);
    source.raw_fields.insert(("Sysmon/Operational".into(), Some(1)), vec!["Image".into(), "IpAddress".into()]);
    source
}

fn ask(name: &str, options: &[(&str, Given)]) -> Result<Plan, OptionError> {
    let source = source();
    let options: Vec<(String, Given)> = options.iter().map(|(key, given)| (key.to_string(), given.clone())).collect();
    let target = Target { scope: Scope::Everything, period: Period::ALL };
    plan(query(name).unwrap(), &target, &options, &Context { zone: Tz::UTC, now: 0, inventory: &source, programs: &Programs::built_in(), checking: false })
}

fn text(text: &str) -> Given {
    Given::Text(text.into())
}

fn explained(name: &str, options: &[(&str, Given)]) -> String {
    let plan = ask(name, options).unwrap();
    Schema::of(&plan).unwrap();
    explain(&plan)
}

fn columns(name: &str, options: &[(&str, Given)]) -> Vec<String> {
    Schema::of(&ask(name, options).unwrap()).unwrap().names().map(str::to_string).collect()
}

#[test]
fn every_query_has_a_plan_that_checks_and_every_option_is_declared_once() {
    for query in QUERIES {
        let schema = Schema::of(&ask(query.name, &[]).unwrap()).unwrap();
        assert!(schema.columns().len() > 1, "{}", query.name);
        for common in ["muid", "top", "period"] {
            assert!(query.options.iter().any(|option| option.name == common), "{} has no {common}", query.name);
        }
        let mut names: Vec<&str> = query.options.iter().map(|option| option.name).collect();
        names.sort();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all, "{}", query.name);
        assert!(query.example.contains(query.name));
    }
}

#[test]
fn every_query_has_a_plan_that_checks_where_nothing_is_known() {
    let (target, nothing) = (Target { scope: Scope::Everything, period: Period::ALL }, Inventory::default());
    let context = Context { zone: Tz::UTC, now: 0, checking: true, programs: &Programs::built_in(), inventory: &nothing };
    for query in QUERIES {
        let by_machine = query.options.iter().any(|option| option.name == "by").then(|| ("by".to_string(), text("machine")));
        for options in [Vec::new(), by_machine.into_iter().collect()] {
            let planned = plan(query, &target, &options, &context).unwrap();
            assert!(Schema::of(&planned).is_ok(), "{} {:?}", query.name, Schema::of(&planned));
        }
    }
}

#[test]
fn executions_give_what_is_common_unless_named() {
    assert_eq!(explained("executions", &[]), "scan process operations create kill thread load\n");
    assert_eq!(explained("get_executions", &[("operation", text("Access"))]), "scan process operations access\n");
    let both = explained("executions", &[("operation", Given::List(vec![text("thread"), text("create")]))]);
    assert_eq!(both, "scan process operations create thread\n");
    assert_eq!(explained("registry", &[]), "scan registry\n");
}

#[test]
fn the_published_columns_come_first() {
    let executions = columns("get_executions", &[]);
    assert_eq!(executions[..4], ["DateTime", "Muid", "LoggedUser", "ChildFilename"]);
    assert_eq!(executions[14..18], ["RemoteSession", "External", "FreshUnknown", "LanShared"]);
    let processes = columns("get_processes", &[]);
    let published = "DateTime Muid LoggedUser ChildFilename ChildPath ChildMd5 ChildPid ParentFilename ParentPath ParentMd5 ParentPid Operation";
    assert_eq!(processes[..12].join(" "), published);
    assert!(!processes.contains(&"Table".to_string()));
    assert_eq!(columns("get_users", &[]), ["LoggedUser", "IniDate", "EndDate", "NumDays"]);
    assert_eq!(columns("get_users", &[("by", text("machine"))]), ["LoggedUser", "IniDate", "EndDate", "NumDays", "Muid", "Machine"]);
}

#[test]
fn sums_have_the_published_columns_and_machines_apart_when_asked() {
    let by = |name: &str, word: &str| columns(name, &[("by", text(word))]).join(" ");
    assert_eq!(columns("get_bandwidth", &[]).join(" "), "Date Outgoing Incoming Connections Stated");
    assert_eq!(by("bandwidth", "machine"), "Date Outgoing Incoming Connections Stated Muid Machine");
    assert_eq!(columns("get_timetable", &[]).join(" "), "LoggedUser Weekday Hour AvgActions StdActions");
    assert_eq!(by("timetable", "Machine"), "LoggedUser Weekday Hour AvgActions StdActions Muid Machine");
    assert_eq!(columns("get_events", &[]).join(" "), "Date Count");
    assert_eq!(by("get_events", "type"), "Date Type Count");
    assert_eq!(by("get_events", "classif"), "Date Classif Count");
    let all = columns("get_events", &[("by", Given::List(vec![text("machine"), text("classif"), text("type")]))]);
    assert_eq!(all.join(" "), "Date Type Classif Count Muid Machine");
    assert_eq!(columns("get_profiles", &[]).join(" "), "Muid Machine Profile Evidence Count");
    assert!(matches!(ask("get_events", &[("by", text("hour"))]), Err(OptionError::Word { .. })));
}

#[test]
fn alerts_have_the_published_columns() {
    let published = "DateTime ClientId Muid LoggedUser ChildMd5 ChildPath ChildFilename ParentMd5 ParentPath ParentFilename WinningTech DetectionId Action";
    assert_eq!(columns("get_detections", &[])[..13].join(" "), published);
    assert_eq!(columns("get_blocked", &[]), columns("get_detections", &[]));
    let published = "alertDateTime clientId critical details excluded huntingRule id lastHourEvidenceCount mitre muid severity status timeStamp weight";
    let ioas = columns("get_ioas", &[]);
    assert_eq!(ioas[..14].join(" "), published);
    assert!(!ioas.iter().any(|name| name.starts_with("ioa:")), "{ioas:?}");
    assert!(explained("get_blocked", &[]).ends_with("filter Action in [\"blocked\", \"quarantined\", \"removed\"]\n"));
    assert!(
        explained("get_ioas", &[("rules", Given::List(vec![text("lsass"), text("run")]))])
            .contains("filter huntingRule.contains(\"lsass\") || huntingRule.contains(\"run\")\n")
    );
}

#[test]
fn a_timetable_divides_by_the_dates_that_telemetry_covers() {
    let plan = explained("get_timetable", &[]);
    // 2020-09-21, a Monday; the machines' sensors wrote on that day alone.
    assert!(plan.contains("derive Dates = if Weekday == 1 { 1 } else { 0 }\n"), "{plan}");
    assert!(
        plan.contains("scan process operations create kill thread tamper\n") && plan.contains("scan registry\n  filter Operation != \"access\"\n"),
        "{plan}"
    );
    let apart = explained("get_timetable", &[("by", text("machine"))]);
    let [dc1, ws1] = [0, 1].map(|place: usize| source().machines[place].muid.to_string());
    assert!(apart.contains(&format!("derive Dates = if Muid in [\"{dc1}\", \"{ws1}\"] {{ if Weekday == 1 {{ 1 }} else {{ 0 }} }} else {{ 0 }}\n")), "{apart}");
}

#[test]
fn answers_are_drawn_as_the_published_reference_says() {
    use crate::hunt::picture::View;
    let view = |name: &str| View::of(&Schema::of(&ask(name, &[]).unwrap()).unwrap());
    assert_eq!(view("get_bandwidth"), View::Area);
    assert_eq!(view("get_timetable"), View::Heat);
    // Of one day parts of all, of more days bars.
    assert_eq!(view("get_ioas"), View::Bars);
    assert_eq!(view("get_events"), View::Table);
}

#[test]
fn records_that_nothing_was_made_of_are_events() {
    let events = explained("get_events", &[("by", text("type"))]);
    assert!(
        events.contains("filter ((Channel == \"Security/Operational\") && (EventId == 4624)) || ((Channel == \"Sysmon/Operational\") && (EventId == 1))\n"),
        "{events}"
    );
    assert_eq!(ask("get_events", &[]).unwrap().scans().iter().filter(|scan| scan.needs != Some(Vec::new())).count(), 1);
}

#[test]
fn a_file_is_what_it_looks_like() {
    let md5 = "0123456789ABCDEF0123456789abcdef";
    for (given, filter) in [
        ("cmd.exe", "ChildFilename == \"cmd.exe\""),
        ("*.ps1", "ChildFilename.like(\"*.ps1\")"),
        ("C:\\Windows\\cmd.exe", "ChildPath == \"C:\\\\Windows\\\\cmd.exe\""),
        (md5, "ChildMd5 == \"0123456789abcdef0123456789abcdef\""),
    ] {
        let plan = explained("get_executions", &[("file", text(given))]);
        assert!(plan.ends_with(&format!("filter {filter}\n")), "{plan}");
    }
    assert!(explained("get_dns", &[("file", text("a.exe"))]).ends_with("filter ParentFilename == \"a.exe\"\n"));
    assert!(explained("get_files", &[("actor", text("a.exe"))]).ends_with("filter ParentFilename == \"a.exe\"\n"));
    let by_hash = explained("get_dns", &[("file", Given::List(vec![text("a.exe"), text(md5)]))]);
    assert!(by_hash.contains("left join on Muid, ParentPath = ChildPath") && by_hash.contains("scan process operations create load"), "{by_hash}");
    // The actor's own hash, and where its start was not seen, what is known of its path.
    let own = format!("(ParentMd5 == \"{}\") || (ParentMd5.is_missing() && file: has hash)", md5.to_lowercase());
    assert!(by_hash.ends_with(&format!("filter (ParentFilename == \"a.exe\") || ({own})\ndrop file: has hash\n")), "{by_hash}");
    assert!(explained("get_detections", &[("file", text(md5))]).contains("left join on Muid, ChildPath"));
    assert!(!columns("get_dns", &[("file", text(md5))]).contains(&by_hash::HAS_HASH.to_string()));
}

#[test]
fn a_user_has_a_domain_or_not() {
    assert!(explained("get_logons", &[("user", text("ann"))]).ends_with("filter (LoggedUser == \"ann\") || LoggedUser.ends_with(\"\\\\ann\")\n"));
    assert!(explained("get_logons", &[("users", text("ann@acme.local"))]).ends_with("filter LoggedUser == \"acme\\\\ann\"\n"));
    assert!(explained("get_users", &[("users", text("adm"))]).contains("filter LoggedUser.contains(\"adm\")\n"));
    // One option under two names: any of what both say.
    let both = explained("get_logons", &[("user", text("ann")), ("users", Given::List(vec![text("bob"), text("eve")]))]);
    assert_eq!(both, explained("get_logons", &[("user", Given::List(vec![text("ann"), text("bob"), text("eve")]))]));
}

#[test]
fn file_words_select_by_class() {
    let script = explained("get_files", &[("operation", text("script"))]);
    assert_eq!(script, "scan file\nfilter FileClass == \"script\"\n");
    let both = explained("get_files", &[("operation", Given::List(vec![text("newcmp"), text("delete")]))]);
    assert_eq!(both, "scan file operations create delete\nfilter ((Operation == \"create\") && (FileClass == \"archive\")) || (Operation == \"delete\")\n");
}

#[test]
fn attributes_are_any_of_them() {
    let plan = explained("get_files", &[("attributes", Given::Int(ATTR_REMOTE | ATTR_LANSHARED))]);
    assert!(plan.ends_with("filter RemoteSession || LanShared\n"), "{plan}");
    assert!(matches!(ask("get_files", &[("attributes", Given::Int(16))]), Err(OptionError::Attributes { .. })));
    assert!(matches!(ask("get_files", &[("attributes", Given::Int(0))]), Err(OptionError::Attributes { .. })));
}

#[test]
fn connections_by_port_protocol_and_address() {
    let by_name = explained("get_communications", &[("port", text("rdp"))]);
    let by_number = explained("get_communications", &[("port", Given::Int(3389))]);
    assert_eq!(by_name, by_number);
    assert!(by_name.contains("RemotePort in [3389]") && by_name.contains("LocalPort in [3389]"), "{by_name}");
    assert!(explained("get_communications", &[("protocol", text("RDP"))]).contains("Service == \"rdp\""));
    let ips = explained("get_communications", &[("ips", Given::List(vec![text("10.1.2.3"), text("192.168.0.0/16")]))]);
    assert!(ips.ends_with("filter (RemoteIp in [\"10.1.2.3\"]) || RemoteIp.in_cidr(\"192.168.0.0/16\")\n"), "{ips}");
    assert!(matches!(ask("get_communications", &[("ips", text("10.0.0.0/33"))]), Err(OptionError::Address { .. })));
    let error = ask("get_communications", &[("port", text("HTPS"))]).unwrap_err();
    assert!(error.help().unwrap().to_string().contains("did you mean `HTTPS`"), "{error:?}");
    assert!(matches!(ask("get_communications", &[("port", Given::Int(70_000))]), Err(OptionError::Port { .. })));
}

#[test]
fn kinds_go_by_both_names_and_user_allowed_by_what_protection_said() {
    let plan = explained("get_executions", &[("kind", text("interpreter"))]);
    assert!(plan.contains("ChildFilename in [\"powershell.exe\"") && plan.contains("OriginalFilename in ["), "{plan}");
    let plan = explained("get_registry", &[("kind", text("userallowed"))]);
    assert!(plan.contains("left join on Muid, ParentPath = ChildPath") && plan.ends_with("drop UserAllowed\n"), "{plan}");
    assert!(matches!(ask("get_files", &[("kind", text("userallowed"))]), Err(OptionError::Word { .. })));
}

#[test]
fn raw_events_bring_the_fields_of_their_kinds() {
    let plan = ask("get_raw_events", &[("channel", text("security/operational")), ("event_id", Given::Int(4624))]).unwrap();
    assert_eq!(explain(&plan), "scan event channels \"Security/Operational\" event ids 4624\n");
    assert_eq!(plan.scans()[0].raw_fields, [Arc::from("LogonGuid"), Arc::from("IpAddress")]);
    let by_sensor = ask("get_raw_events", &[("channel", text("sysmon"))]).unwrap();
    assert_eq!(by_sensor.scans()[0].channels, [Arc::from("Sysmon/Operational")]);
    assert_eq!(ask("get_raw_events", &[]).unwrap().scans()[0].raw_fields.len(), 3);
}

#[test]
fn a_channel_that_nobody_knows_is_a_slip() {
    // What Windows is known to have may be absent, and coverage tells.
    for known in ["Microsoft-Windows-NTLM/Operational", "defender", "Microsoft-Windows-DNSServer/Audit"] {
        assert_eq!(ask("get_raw_events", &[("channel", text(known))]).unwrap().scans()[0].channels, [Arc::from(known)]);
    }
    let error = ask("get_raw_events", &[("channel", Given::List(vec![text("Sysmon"), text("Securty")]))]).unwrap_err();
    assert_eq!((error.option(), error.is_key()), ("channel", false));
    assert_eq!(error.help().unwrap().to_string(), "did you mean `Security`? the source has Security/Operational, Sysmon/Operational");
    // A source without any channel, as that of a check, does not know.
    let (nothing, programs) = (Inventory::default(), Programs::built_in());
    let context = Context { zone: Tz::UTC, now: 0, inventory: &nothing, programs: &programs, checking: true };
    let target = Target { scope: Scope::Everything, period: Period::ALL };
    plan(query("get_raw_events").unwrap(), &target, &[("channel".into(), text("Securty"))], &context).unwrap();
}

#[test]
fn a_machine_of_the_target_can_be_picked() {
    let source = source();
    let ws1 = source.machines[1].muid.to_string();
    let plan = ask("get_dns", &[("muid", text(&ws1.to_uppercase()))]).unwrap();
    assert_eq!(plan.scans()[0].scope, Scope::Machines(vec![ws1.as_str().into()]));
    let error = ask("get_dns", &[("muid", text("ws1"))]).unwrap_err();
    assert_eq!(error.to_string(), "`ws1` is the name of a machine, and `muid` takes its id");
    assert_eq!(error.help().unwrap().to_string(), format!("write `Machine(\"ws1\")` for what is asked, or muid: \"{ws1}\""));
    assert!(explained("get_dns", &[("top", Given::Int(5))]).ends_with("head 5\n"));
    assert!(matches!(ask("get_dns", &[("top", Given::Int(0))]), Err(OptionError::Range { .. })));
}

#[test]
fn what_is_wrong_says_what_is_right() {
    let error = ask("get_executions", &[("opration", text("create"))]).unwrap_err();
    assert!(error.is_key() && error.option() == "opration");
    assert!(error.help().unwrap().to_string().starts_with("did you mean `operation`? `get_executions` takes file actor"));
    let error = ask("get_executions", &[("operation", text("creat"))]).unwrap_err();
    assert_eq!(error.help().unwrap().to_string(), "did you mean `create`? the words are create kill thread load access tamper");
    let error = ask("get_executions", &[("command", Given::Int(1))]).unwrap_err();
    assert_eq!(error.to_string(), "`command` takes a text, and this is a whole number");
    assert!(matches!(ask("get_executions", &[("file", Given::List(vec![]))]), Err(OptionError::Empty { .. })));
    assert!(matches!(ask("get_executions", &[("file", Given::List(vec![Given::Missing]))]), Err(OptionError::Type { .. })));
    assert_eq!(explained("get_executions", &[("file", Given::Missing)]), explained("get_executions", &[]));
    assert!(matches!(ask("get_executions", &[("file", text(" "))]), Err(OptionError::Type { .. })));
}

#[test]
fn a_histogram_of_users_counts_their_rows() {
    let source = source();
    let target = Target { scope: Scope::Everything, period: Period::ALL };
    let programs = Programs::built_in();
    let context = Context { zone: Tz::UTC, now: 0, inventory: &source, programs: &programs, checking: false };
    let events = plan_narrowed(&users::QUERY, &target, &[], &context, true, |plan| plan).unwrap();
    assert_eq!(Schema::of(&events).unwrap().names().next(), Some("DateTime"));
    assert_eq!(plan_narrowed(&dns::QUERY, &target, &[], &context, true, |plan| plan), plan(&dns::QUERY, &target, &[], &context));
}

#[test]
fn a_service_is_not_shown_by_a_pipe() {
    let plan = ask("get_system", &[("kind", text("service")), ("operation", text("create"))]).unwrap();
    let needs = plan.scans()[0].needs.clone().unwrap();
    assert_eq!(needs.len(), 1);
    assert_eq!((&*needs[0].label, needs[0].any_of.join(" ").as_str()), ("system.service.create", "Security/4697 System/7045"));
}
