//! Periods, times and durations: every form, in time zones whose days have 23 and 25 hours, and which period holds.

use serde_json::json;

use super::{ask, eval, mistake, rows};
use crate::support::stores;

const MADRID: [&str; 2] = ["--tz", "Europe/Madrid"];

fn in_zone(zone: &[&str], expression: &str) -> serde_json::Value {
    ask(&stores::sample().store, expression, &[&["--now", "2026-03-04T10:00:00Z"], zone].concat()).expect(0).json()
}

fn utc(expression: &str) -> serde_json::Value {
    in_zone(&[], expression)
}

/// Both ends, as stored.
fn ends(period: &str, zone: &[&str]) -> String {
    let value = in_zone(zone, period);
    let end = |key: &str| value[key].as_str().unwrap_or("…").replace(":00.000Z", "Z");
    format!("{} {}", end("from"), end("to"))
}

#[test]
fn a_period_in_every_form() {
    for (period, expected) in [
        ("TimePeriod()", "2026-03-04T00:00Z 2026-03-05T00:00Z"),
        (r#"TimePeriod("2026-03-02")"#, "2026-03-02T00:00Z 2026-03-03T00:00Z"),
        (r#"TimePeriod("36h")"#, "2026-03-02T22:00Z 2026-03-04T10:00Z"),
        (r#"TimePeriod("2026-03-01..2026-03-03")"#, "2026-03-01T00:00Z 2026-03-03T00:00Z"),
        (r#"TimePeriod("yesterday")"#, "2026-03-03T00:00Z 2026-03-04T00:00Z"),
        (r#"TimePeriod("2026-03-02", "2026-03-04")"#, "2026-03-02T00:00Z 2026-03-04T00:00Z"),
        (r#"TimePeriod("2026-03-02T08:30:00+02:00", "2026-03-02 12:00")"#, "2026-03-02T06:30Z 2026-03-02T12:00Z"),
        (r#"TimePeriod(now() - 1.hour, now())"#, "2026-03-04T09:00Z 2026-03-04T10:00Z"),
        (r#"TimePeriod(#{ from: "2026-03-02", to: "2026-03-04" })"#, "2026-03-02T00:00Z 2026-03-04T00:00Z"),
        (r#"TimePeriod(#{ to: now(), from: "2026-03-04" })"#, "2026-03-04T00:00Z 2026-03-04T10:00Z"),
        (r#"TimePeriod(#{ from: "2026-03-02" })"#, "2026-03-02T00:00Z …"),
        (r#"TimePeriod(#{ to_date: "2026-03-03", num_days: 7 })"#, "2026-02-25T00:00Z 2026-03-04T00:00Z"),
        (r#"TimePeriod(#{ to_date: "2026-03-03" })"#, "2026-03-03T00:00Z 2026-03-04T00:00Z"),
        (r#"TimePeriod(#{ to_date: time("2026-03-03 18:00"), num_days: 1 })"#, "2026-03-03T00:00Z 2026-03-04T00:00Z"),
        (r#"TimePeriod(#{ num_days: 2 })"#, "2026-03-03T00:00Z 2026-03-05T00:00Z"),
        ("last(7.days)", "2026-02-25T10:00Z 2026-03-04T10:00Z"),
        ("last(1.5.hours)", "2026-03-04T08:30Z 2026-03-04T10:00Z"),
        ("all_time()", "… …"),
        (r#"TimePeriod("2026-03-02").shift(-12.hours)"#, "2026-03-01T12:00Z 2026-03-02T12:00Z"),
        (r#"TimePeriod("2026-03-02", "2026-03-04").previous()"#, "2026-02-28T00:00Z 2026-03-02T00:00Z"),
        (r#"TimePeriod("2026-03-02").before(30.days)"#, "2026-01-31T00:00Z 2026-03-02T00:00Z"),
        (r#"TimePeriod("2026-03-02", "2026-03-04").intersect("2026-03-03..2026-03-09")"#, "2026-03-03T00:00Z 2026-03-04T00:00Z"),
        (r#"all_time().intersect("2026-03-03")"#, "2026-03-03T00:00Z 2026-03-04T00:00Z"),
    ] {
        assert_eq!(ends(period, &[]), expected, "{period}");
    }
    // Periods that do not meet share no time, and a query of it says that it looked at nothing.
    assert_eq!(utc(r#"TimePeriod("2026-03-02").intersect("2026-03-04").duration == 0.days"#), true);
}

#[test]
fn what_a_period_tells() {
    assert_eq!(
        utc(r#"let p = TimePeriod("2026-03-02", "2026-03-04");
               [p.ini("%d.%m.%Y %H:%M"), p.end("%s %%"), p.ini(), p.from == time("2026-03-02"), p.to - p.from == p.duration, p.duration.hours, all_time().from, all_time().ini("%Y")]"#),
        json!(["02.03.2026 00:00", "1772582400 %", "2026-03-02T00:00:00+00:00", true, true, 48, null, null])
    );
    assert_eq!(
        utc(r#"let p = TimePeriod("2026-03-02"); ["2026-03-02", "2026-03-02T23:59:59.999Z", "2026-03-03", "2026-03-01 23:59"].map(|t| p.contains(t))"#),
        json!([true, true, false, false])
    );
    assert_eq!(
        utc(r#"let days = []; for day in TimePeriod("2026-03-02 18:00", "2026-03-04 06:00") { days.push(day.ini("%d %H") + "-" + day.end("%d %H")); } days"#),
        json!(["02 18-03 00", "03 00-04 00", "04 00-04 06"])
    );
    assert_eq!(utc(r#"TimePeriod("2026-03-02").split(9.hours).map(|p| p.ini("%H") + "-" + p.end("%H"))"#), json!(["00-09", "09-18", "18-00"]));
}

/// Midnight is the zone's, days have 23 and 25 hours, and everything that counts days agrees on them.
#[test]
fn days_are_those_of_the_time_zone() {
    for (period, expected) in [
        (r#"TimePeriod("2026-03-29")"#, "2026-03-28T23:00Z 2026-03-29T22:00Z"),
        (r#"TimePeriod("2026-10-25")"#, "2026-10-24T22:00Z 2026-10-25T23:00Z"),
        (r#"TimePeriod(#{ to_date: "2026-10-25", num_days: 2 })"#, "2026-10-23T22:00Z 2026-10-25T23:00Z"),
        // An hour that does not exist is the next that does; of an hour that comes twice it is the first.
        (r#"TimePeriod("2026-03-29 02:30", "2026-10-25 02:30")"#, "2026-03-29T01:00Z 2026-10-25T00:30Z"),
        ("TimePeriod()", "2026-03-03T23:00Z 2026-03-04T23:00Z"),
    ] {
        assert_eq!(ends(period, &MADRID), expected, "{period}");
    }
    let hours = |walk: &str| in_zone(&MADRID, &format!(r#"let hours = []; {walk} hours"#));
    for (from, to, expected) in [("2026-03-28", "2026-03-31", [24, 23, 24]), ("2026-10-24", "2026-10-27", [24, 25, 24])] {
        let period = format!(r#"TimePeriod("{from}", "{to}")"#);
        for walk in [period.clone(), format!("{period}.days()"), format!("{period}.split(1.days)")] {
            assert_eq!(hours(&format!("for day in {walk} {{ hours.push(day.duration.hours); }}")), json!(expected), "{walk}");
        }
    }
    let shown = |zone: &[&str]| in_zone(zone, r#"`${TimePeriod("2026-03-29")} ${time("2026-03-29T12:00:00Z").format("%H:%M %z")}`"#);
    assert_eq!(shown(&MADRID), "2026-03-29T00:00:00.000+01:00..2026-03-30T00:00:00.000+02:00 14:00 +0200");
    assert_eq!(shown(&[]), "2026-03-29T00:00:00.000Z..2026-03-30T00:00:00.000Z 12:00 +0000");
}

/// `Date`, bins, users' days and the hours of predicates in a zone far from UTC, counted here from the rows' own times.
#[test]
fn rows_count_by_the_days_of_the_time_zone() {
    let zone = ["--tz", "Pacific/Auckland"];
    let rows_of = |expression: &str| rows(&in_zone(&zone, expression));
    let times = utc(r#"Client("all", all_time()).get_communications().column("DateTime")"#);
    let mut expected = std::collections::BTreeMap::new();
    for time in times.as_array().unwrap() {
        let utc = chrono::DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap();
        let local = utc.with_timezone(&chrono_tz::Pacific::Auckland);
        *expected.entry(local.format("%Y-%m-%d").to_string()).or_insert(0) += 1;
    }
    let expected: Vec<String> = expected.into_iter().map(|(date, count)| format!("{date} {count}")).collect();
    assert!(expected.len() > 1, "{expected:?}");
    assert_eq!(rows_of(r#"Client("all", all_time()).get_communications().group_by("Date").count()"#), expected);
    let by_bins = in_zone(
        &zone,
        r#"Client("all", all_time()).get_communications(#{ histogram: Histogram("1d") }).rows().map(|bin| `${bin.Bin.format("%Y-%m-%d %H")} ${bin.Count}`)"#,
    );
    assert_eq!(by_bins, json!(expected.iter().map(|line| line.replacen(' ', " 00 ", 1)).collect::<Vec<_>>()));
    for line in &expected {
        let (date, count) = line.split_once(' ').unwrap();
        let asked = [
            format!(r#"Client("all", "{date}").get_communications().count()"#),
            format!(r#"Client("all", all_time()).get_communications().filter(|e| e.DateTime.date() == "{date}").count()"#),
            format!(r#"Client("all", all_time()).get_communications().filter(|e| TimePeriod("{date}").contains(e.DateTime)).count()"#),
        ];
        for expression in asked {
            assert_eq!(in_zone(&zone, &expression).to_string(), count, "{expression}");
        }
    }
    let first = in_zone(&zone, r#"Client("all", all_time()).get_users(#{ users: "mara" }).first().IniDate"#);
    let seen = utc(r#"Client("all", all_time()).get_logons(#{ user: "mara.linde" }).first().DateTime"#);
    let seen = chrono::DateTime::parse_from_rfc3339(seen.as_str().unwrap()).unwrap().with_timezone(&chrono_tz::Pacific::Auckland);
    assert_eq!(first, seen.format("%Y-%m-%d").to_string());
}

#[test]
fn the_nearest_period_holds() {
    let monday = 227;
    let tuesday = 255;
    let store = &stores::sample().store;
    let count = |expression: &str, more: &[&str]| ask(store, &format!("{expression}.count()"), more).expect(0).json();
    let asked = ["--period", "2026-03-02"];
    for (expression, expected) in [
        (r#"Client("all").get_executions()"#, monday),
        (r#"Client("all", "2026-03-03").get_executions()"#, tuesday),
        (r#"Client("all", "2026-03-02").get_executions(#{ period: "2026-03-03" })"#, tuesday),
        (r#"Client("all", "2026-03-03").get_executions(#{ period: () })"#, tuesday),
        (r#"Client("all", TimePeriod("2026-03-03")).get_executions(#{ period: all_time() })"#, monday + tuesday),
        (r#"Machine(["WKS01", "WKS02", "DC01", "FILES01"], "2026-03-03").get_executions()"#, tuesday),
        (r#"Machine(#{ name: ["WKS01", "WKS02", "DC01", "FILES01"], period: "2026-03-03" }).get_executions()"#, tuesday),
        (r#"set_period("2026-03-03"); Client("all").get_executions()"#, tuesday),
    ] {
        assert_eq!(count(expression, &asked), expected, "{expression}");
    }
    // Nothing said, it is today: the day of the run's clock, in its zone.
    assert_eq!(count(r#"Client("all").get_executions()"#, &["--now", "2026-03-02T23:00:00Z"]), monday);
    let there = count(r#"Client("all").get_executions()"#, &["--now", "2026-03-02T23:00:00Z", "--tz", "Pacific/Auckland"]);
    let same = count(r#"Client("all", "2026-03-02T11:00Z..2026-03-03T11:00Z").get_executions()"#, &[]);
    assert!(there == same && there != monday && there != tuesday, "{there} {same}");
    // Days one by one are what the whole is.
    let days = eval(store, r#"let all = []; for day in TimePeriod("2026-03-02", "2026-03-04") { all.push(Client("all", day).get_executions().count()); } all"#);
    assert_eq!(days, json!([monday, tuesday]));
}

/// Without telemetry in its period a query has examined nothing, and says what there is.
#[test]
fn a_period_without_telemetry_is_not_examined() {
    let place = crate::support::Place::new();
    for (name, period) in [("call", r#"#{ period: "2020-01-01" }"#), ("apart", r#"#{ period: TimePeriod("2026-03-02").intersect("2026-03-03") }"#)] {
        place.write(&format!("{name}.rhai"), &format!(r#"note(`${{Client("all").get_executions({period}).count()}} rows`);"#));
        let file = format!("{name}.rhai");
        let mut call = place.huntsman(["run", &file, "--now", "2026-03-04", "--source"]);
        call.command.arg(&stores::sample().store);
        let report = call.run().expect(3).out;
        for said in ["outcome: not_examined", "no machine has telemetry in this period", "the source covers 2026-03-02 01:20:00 to 2026-03-03 21:00:35"] {
            assert!(report.contains(said), "{name}: {report}");
        }
    }
    // At the prompt and in one line, too.
    let answer = crate::support::Place::new();
    let expression = r#"Client("all", "2020-01-01").get_executions().count()"#;
    let mut call = answer.huntsman(["eval", expression, "--tz", "Europe/Madrid", "--now", "2026-03-04", "--source"]);
    call.command.arg(&stores::sample().store);
    let said = call.run().expect(0).err;
    for part in ["period::empty", "(2020-01-01 to 2020-01-02)", "2026-03-02 02:20:00+01:00 to 2026-03-03 22:00:35+01:00"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_bad_time_format_is_an_error_and_no_panic() {
    let store = &stores::sample().store;
    for format in ["%", "%Q", "%Y %!", "%:::::z", "%.9", "%-", "%E", "%#z", "%1", "%3", "%_"] {
        for form in ["ini", "end"] {
            let (said, word) = mistake(store, &format!("TimePeriod(\"2026-03-02\").{form}(\"{format}\")"), &[]);
            assert!(said.starts_with("period::format: ") && word.starts_with('"'), "{format}: {said} at {word}");
        }
        let (said, _) = mistake(store, &format!("now().format(\"{format}\")"), &[]);
        assert!(said.starts_with("period::format: "), "{format}: {said}");
    }
    for (format, text) in [
        ("", ""),
        ("%%", "%"),
        ("%Y-%m-%dT%H:%M:%S%.3f%:z", "2026-03-02T00:00:00.000+00:00"),
        ("%A %j %U %Z %s", "Monday 061 09 UTC 1772409600"),
        ("día %d", "día 02"),
    ] {
        assert_eq!(utc(&format!("TimePeriod(\"2026-03-02\").ini(\"{format}\")")), text, "{format}");
    }
}

#[test]
fn durations_and_times_add_up() {
    for (expression, expected) in [
        ("7.days + 2.hours == 170.hours", json!(true)),
        ("(7.days - 8.days).hours", json!(-24)),
        ("[1.day, 1.week, 36.hours, 5.minutes, 30.seconds, 250.milliseconds].map(|d| d.seconds)", json!([86_400, 604_800, 129_600, 300, 30, 0.25])),
        ("[1.5.hours.minutes, (2 * 1.days).hours, (1.days * 2).hours, (0.5 * 1.days).hours, (1.days / 2).hours]", json!([90, 48, 48, 12, 12])),
        ("1.days / 2.hours", json!(12.0)),
        ("(-(7.days)).days", json!(-7)),
        ("now() + 1.days - 2.hours", json!("2026-03-05T08:00:00.000Z")),
        ("1.days + now()", json!("2026-03-05T10:00:00.000Z")),
        ("(now() - time(\"2026-03-01\")).hours", json!(82)),
        ("[1.days > 23.hours, 1.days == 24.hours, 1.days != 24.hours, 1.days <= 1.day]", json!([true, true, false, true])),
        (r#"[now() > "2026-03-01", "2026-03-05" > now(), now() == "2026-03-04T11:00:00+01:00", now() >= time("2026-03-04")]"#, json!([true, true, true, true])),
        ("[now() == (), 1.days < (), () != now()]", json!([false, false, true])),
    ] {
        assert_eq!(utc(expression), expected, "{expression}");
    }
}

#[test]
fn what_does_not_go_together_is_said() {
    let store = &stores::sample().store;
    for (expression, said, word) in [
        ("1.days > 5", "types::mixed: a duration and a number can't be compared", ">"),
        ("5 == 1.days", "types::mixed: a number and a duration can't be compared", "=="),
        (r#"1.days == "1d""#, "types::mixed: a duration and a text can't be compared", "=="),
        ("now() < 1.days", "types::mixed: a time and a duration can't be compared", "<"),
        ("now() != 5", "types::mixed: a time and a number can't be compared", "!="),
        ("now() == true", "types::mixed: a time and true or false can't be compared", "=="),
        (r#"now() > "soon""#, "period::time: `soon` is no time", ">"),
        (r#"TimePeriod() == "2026-03-04""#, "types::mixed: a TimePeriod and a text can't be compared", "=="),
        ("TimePeriod() == now()", "types::mixed: a TimePeriod and a time can't be compared", "=="),
        ("now() + now()", "types::operator: `+` can't be done with a time and a time", "+"),
        ("1.days + 5", "types::operator: `+` can't be done with a duration and a number", "+"),
        ("1.days * 1.days", "types::operator: `*` can't be done with a duration and a duration", "*"),
        ("1.days - now()", "types::operator: `-` can't be done with a duration and a time", "-"),
        ("1.days / 0", "value::arithmetic: nothing can be divided by 0", "0"),
        ("1.days / 0.hours", "value::arithmetic: nothing can be divided by 0", "0"),
        ("now() + 99999999.weeks", "period::beyond: this time lies beyond the calendar", "+"),
        ("99999999.weeks + now()", "period::beyond: this time lies beyond the calendar", "+"),
        ("9223372036854775807.days", "value::arithmetic: this duration is too long", "days"),
        ("1e300.days", "value::arithmetic: this duration is too long", "days"),
        ("200000 * 999999999.days", "value::arithmetic: this duration is too long", "*"),
        ("last(99999999.weeks)", "period::beyond: this time lies beyond the calendar", "99999999"),
        ("TimePeriod().shift(99999999.weeks)", "period::beyond: this time lies beyond the calendar", "99999999"),
    ] {
        assert_eq!(mistake(store, expression, &[]), (said.to_string(), word.to_string()), "{expression}");
    }
}
