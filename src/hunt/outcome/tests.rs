//! What counts as examined, machine by machine and day by day.

use std::sync::Arc;

use super::*;
use crate::frame::Read;
use crate::hunt::build::{Part, inventory, machine, part, scan, time};
use crate::plan::{Expr, How, Need, Plan, Scan, Scope, Source, Step};
use crate::telemetry::Inventory;

const NOW: &str = "2020-09-25T00:00:00Z";

fn asked(table: &'static str, operations: &[&str]) -> Scan {
    let plan = scan(table);
    let Source::Scan(scan) = plan.source else { unreachable!() };
    let operations = (!operations.is_empty()).then(|| operations.iter().map(|word| Arc::from(*word)).collect());
    let period = Period { from: Some(time("2020-09-21T00:00:00Z")), to: Some(time("2020-09-23T00:00:00Z")) };
    Scan { operations, period, ..scan }
}

fn covered(scan: &Scan, source: &Inventory) -> Coverage {
    cover(scan, source, time(NOW), &Read::default())
}

/// Two machines with Sysmon on two days; one of them started a remote thread.
fn parts() -> Vec<Part> {
    let mut parts = Vec::new();
    for name in ["WS1", "WS2"] {
        for day in ["2020-09-21T08:00:00Z", "2020-09-22T08:00:00Z"] {
            parts.push(part("process", "create", "Sysmon/1", name, day, 8));
        }
    }
    parts.push(part("process", "thread", "Sysmon/8", "WS1", "2020-09-21T09:00:00Z", 0));
    parts
}

fn source() -> Inventory {
    inventory(vec![machine("000000", "WS1"), machine("000000", "WS2")], parts())
}

#[test]
fn a_day_without_the_rare_thing_is_covered_while_its_sensor_works() {
    let coverage = covered(&asked("process", &["create", "thread"]), &source());
    assert_eq!((coverage.machines, coverage.machine_days, coverage.covered_machine_days), (2, 4, 4));
    assert_eq!(coverage.covered, Some((time("2020-09-21T08:00:00Z"), time("2020-09-22T16:00:00Z"))));
    assert_eq!(outcome(false, std::slice::from_ref(&coverage)), Outcome::Clean);
    assert_eq!(outcome(true, &[coverage]), Outcome::Found);
}

#[test]
fn what_the_source_never_shows_is_not_examined() {
    let coverage = covered(&asked("process", &["access"]), &source());
    assert_eq!(coverage.not_examined, ["process.access (Sysmon/10, Security/4656, Security/4663)"]);
    assert_eq!((coverage.machine_days, coverage.covered_machine_days), (4, 0));
    let whole = covered(&asked("process", &["create"]), &source());
    assert_eq!(outcome(false, &[whole, coverage]), Outcome::NotExamined);
    let half = covered(&asked("process", &["create", "access"]), &source());
    assert_eq!(outcome(false, &[half]), Outcome::Partial);
    assert_eq!(outcome(false, &[covered(&asked("dns", &[]), &source())]), Outcome::NotExamined);
    assert_eq!(outcome(false, &[covered(&asked("process", &["create"]), &Inventory::default())]), Outcome::NotExamined);
}

#[test]
fn a_day_on_which_a_machine_sent_nothing_is_silent() {
    let whole = source();
    let parts = parts().into_iter().filter(|part| !(part.first == time("2020-09-22T08:00:00Z") && part.name == "WS2"));
    let source = Inventory { machines: whole.machines, ..inventory(vec![machine("000000", "WS1"), machine("000000", "WS2")], parts.collect()) };
    let coverage = covered(&asked("process", &["create"]), &source);
    assert_eq!(coverage.silent, [("WS2".to_string(), 18_527)]);
    assert_eq!(outcome(false, &[coverage]), Outcome::Partial);
}

#[test]
fn days_count_from_the_first_sight_up_to_now() {
    let mut source = source();
    source.machines[1].first_seen = time("2020-09-22T08:00:00Z");
    assert_eq!(covered(&asked("process", &["create"]), &source).machine_days, 3);
    let today = cover(&asked("process", &["create"]), &source, time("2020-09-21T12:00:00Z"), &Read::default());
    assert_eq!((today.machine_days, today.covered_machine_days), (1, 1));
    let all = covered(&Scan { period: Period::ALL, ..asked("process", &["create"]) }, &source);
    assert_eq!((all.machine_days, all.covered_machine_days), (3, 3));
    let before = Period { from: Some(0), to: Some(1000) };
    let coverage = covered(&Scan { period: before, ..asked("process", &["create"]) }, &source);
    assert_eq!(coverage.not_examined, ["process (no machine has telemetry in this period)"]);
    assert_eq!(outcome(false, &[coverage]), Outcome::NotExamined);
}

#[test]
fn another_log_of_the_machine_does_not_stand_in() {
    let mut parts = parts();
    parts.push(part("logon", "logon", "Security/4624", "DC1", "2020-09-21T08:00:00Z", 8));
    parts.push(part("process", "create", "Security/4688", "WS1", "2020-09-21T08:00:00Z", 8));
    let source = inventory(vec![machine("000000", "DC1"), machine("000000", "WS1"), machine("000000", "WS2")], parts);
    let coverage = covered(&asked("process", &["create"]), &source);
    assert_eq!(coverage.silent.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["DC1", "DC1"]);
    let one = covered(&Scan { scope: Scope::Machines(vec![source.machines[1].muid.clone()]), ..asked("process", &["create"]) }, &source);
    assert!(one.is_whole());
}

#[test]
fn rejected_records_make_it_partial() {
    let mut source = source();
    source.rejected.push(("a.evtx".into(), "damaged chunk".into(), 3));
    let coverage = covered(&asked("process", &["create"]), &source);
    assert_eq!((coverage.rejected, outcome(false, &[coverage])), (3, Outcome::Partial));
    assert_eq!(outcome(false, &[]), Outcome::Clean);
}

#[test]
fn a_filter_on_the_operation_says_what_is_needed() {
    let anything = Need { label: "process".into(), any_of: vec!["Sysmon/1".into(), "Sysmon/10".into()] };
    let scan = Scan { needs: Some(vec![anything]), ..asked("process", &["create", "kill", "thread", "load"]) };
    let source = source();
    let covers = |plan: &Plan| cover_scans(&examined_scans(plan), &source, time(NOW), &Read::default());
    assert!(covers(&Plan::scan(scan.clone()))[0].is_whole());
    let killed = Plan::scan(scan.clone()).then(Step::Filter(Expr::equal(Expr::column("Operation"), Expr::text("Kill"))));
    assert_eq!(covers(&killed)[0].not_examined, ["process.kill (Sysmon/5, Security/4689)"]);
    let supporting = Scan { needs: Some(Vec::new()), ..asked("dns", &[]) };
    let keys = vec![Arc::from("Muid")];
    let right = Arc::new(Plan::scan(supporting));
    let joined = Plan::scan(scan).then(Step::Join { right, how: How::Semi, left_on: keys.clone(), right_on: keys, within: None });
    assert_eq!(covers(&joined).len(), 1);
}

#[test]
fn a_raw_record_is_in_one_of_the_channels() {
    let parts = ["Sysmon/1", "PowerShell/4104"].map(|from| part("event", "", from, "WS1", "2020-09-21T08:00:00Z", 8));
    let source = inventory(vec![machine("000000", "WS1")], parts.to_vec());
    let raw = |channels: &[&str], event_ids: &[i64]| {
        let channels = channels.iter().map(|channel| Arc::from(*channel)).collect();
        covered(&Scan { channels, event_ids: event_ids.to_vec(), ..asked("event", &[]) }, &source).not_examined
    };
    let both = ["Sysmon/Operational", "PowerShell/Operational"];
    assert!(raw(&both, &[1, 4104]).is_empty());
    assert_eq!(raw(&both, &[4688]), ["event (Sysmon/Operational or PowerShell/Operational/4688)"]);
    assert_eq!(raw(&[both[0], "Securty"], &[1]), ["event (Securty)"]);
    assert_eq!(raw(&["Securty"], &[1]), ["event (Securty/1)"]);
    assert_eq!(raw(&[], &[7]), ["event (any channel/7)"]);
}

#[test]
fn spans_run_over_days_in_a_row() {
    let mut parts = parts();
    parts.push(part("process", "create", "Sysmon/1", "WS1", "2020-09-24T08:00:00Z", 1));
    let source = inventory(vec![machine("000000", "WS1"), machine("000000", "WS2")], parts);
    let spans = covered_spans(&scan("process"), &source);
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[0], Period { from: Some(time("2020-09-21T08:00:00Z")), to: Some(time("2020-09-22T16:00:00Z") + 1) });
}

#[test]
fn covered_dates_are_those_of_the_zone_on_which_the_sensors_wrote_anything() {
    let source = source();
    let dates = |scan: Scan, zone: chrono_tz::Tz| covered_dates(&[scan], &source, zone);
    let day = |date: &str| chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").unwrap().signed_duration_since(chrono::NaiveDate::default()).num_days();
    let both = [day("2020-09-21"), day("2020-09-22")].into();
    let utc = dates(asked("process", &["create"]), chrono_tz::Tz::UTC);
    assert_eq!(utc, [(Some(0), both), (Some(1), [day("2020-09-21"), day("2020-09-22")].into())].into());
    // From eight in the morning for eight hours: in Auckland until four in the morning of the next date.
    let auckland = dates(asked("process", &["create"]), chrono_tz::Pacific::Auckland);
    assert_eq!(auckland[&Some(0)], [day("2020-09-21"), day("2020-09-22"), day("2020-09-23")].into());
    let morning = Period { from: Some(time("2020-09-22T00:00:00Z")), to: Some(time("2020-09-22T09:00:00Z")) };
    assert_eq!(dates(Scan { period: morning, ..asked("process", &["create"]) }, chrono_tz::Tz::UTC)[&Some(1)], [day("2020-09-22")].into());
    assert!(dates(asked("dns", &[]), chrono_tz::Tz::UTC).is_empty());
    let thread = dates(asked("process", &["thread"]), chrono_tz::Tz::UTC);
    assert_eq!(thread.keys().copied().collect::<Vec<_>>(), [Some(0), Some(1)]);
}
