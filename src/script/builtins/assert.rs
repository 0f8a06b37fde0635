//! What a test expects: an expectation that does not hold ends the test.

use rhai::{Array, Dynamic, EvalAltResult, Map};

use super::call::texts_of;
use super::show::text_of;
use super::{Answer, Call, Declared, Kind, free};
use crate::diag::Fault;
use crate::plan::folded_equal;

const FINDING_KEYS: [&str; 6] = ["title", "severity", "technique", "count", "entities", "rows"];

pub(super) fn declared() -> Vec<Declared> {
    vec![
        free(
            "assert",
            &[("condition", Kind::Any), ("message", Kind::Text)],
            1,
            "Ends a test unless the condition is true",
            "assert(1 < 2, \"numbers have an order\")",
            assert,
        ),
        free(
            "assert_eq",
            &[("left", Kind::Any), ("right", Kind::Any), ("message", Kind::Text)],
            2,
            "Ends a test unless both are equal, as `==` compares; lists and maps part by part",
            "assert_eq([1, \"a\"], [1, \"A\"])",
            |call| equal(call, true),
        ),
        free(
            "assert_ne",
            &[("left", Kind::Any), ("right", Kind::Any), ("message", Kind::Text)],
            2,
            "Ends a test if both are equal",
            "assert_ne(1, 2)",
            |call| equal(call, false),
        ),
        free(
            "assert_finding",
            &[("report", Kind::Map), ("finding", Kind::MapOrText)],
            1,
            "Ends a test unless the report has a finding: any; of this title; or with all of #{title, severity, technique, count, entities: #{machine: \"WKS01\"}, rows: [#{Column: value}]}, where each row must be among those of the evidence. Gives the finding",
            "assert_finding(run_playbook(\"shell.rhai\", #{source: fixture(\"process\", [#{ChildFilename: \"cmd.exe\", ParentFilename: \"winword.exe\"}])}))",
            finding,
        ),
        free(
            "assert_clean",
            &[("report", Kind::Map)],
            1,
            "Ends a test unless the outcome is clean: nothing found, and everything that is needed was there",
            "assert_clean(run_playbook(\"shell.rhai\", #{source: fixture(\"process\", [#{ChildFilename: \"cmd.exe\", ParentFilename: \"explorer.exe\"}])}))",
            |call| outcome(call, "clean"),
        ),
        free(
            "assert_outcome",
            &[("report", Kind::Map), ("outcome", Kind::Text)],
            2,
            "Ends a test unless the outcome is this one: clean, found, partial or not_examined",
            "assert_outcome(run_playbook(\"shell.rhai\", #{source: fixture(\"dns\", [#{Query: \"a.example\"}])}), \"not_examined\")",
            |call| outcome(call, &call.text(1)),
        ),
    ]
}

fn failed(call: &Call, message: String, said: Option<usize>, help: impl Into<String>) -> Box<EvalAltResult> {
    let said = said.filter(|index| call.given() > *index).map(|index| call.text(index));
    let message = said.map_or(message.clone(), |said| format!("{said}: {message}"));
    call.fail(Fault::new("assert::failed", message).with_help(help))
}

fn assert(call: &Call) -> Answer<Dynamic> {
    match call.value(0).as_bool() {
        Ok(true) => Ok(Dynamic::UNIT),
        Ok(false) => Err(failed(call, "this is not so".into(), Some(1), "`assert_eq(left, right)` shows what both sides are")),
        Err(_) => {
            let message = format!("`assert` needs true or false, and this is {}", shown(call, &call.value(0)));
            Err(call.fail_at(0, Fault::new("types::condition", message).with_help("write a comparison")))
        }
    }
}

fn equal(call: &Call, wanted: bool) -> Answer<Dynamic> {
    let (left, right) = (call.value(0), call.value(1));
    if same(call, &left, &right) == wanted {
        return Ok(Dynamic::UNIT);
    }
    let message = match wanted {
        true => format!("left is {}, right is {}", shown(call, &left), shown(call, &right)),
        false => format!("both are {}", shown(call, &left)),
    };
    Err(failed(call, message, Some(2), "the playbook or the expectation is wrong: look at which"))
}

fn shown(call: &Call, value: &Dynamic) -> String {
    if value.is_string() {
        return format!("{:?}", value.to_string());
    }
    if value.is_unit() {
        return "()".into();
    }
    let text = text_of(call.run, value);
    if text.chars().count() > 200 { format!("{}…", text.chars().take(200).collect::<String>()) } else { text }
}

/// As `==` compares; lists and maps part by part, values of other types are never equal.
fn same(call: &Call, left: &Dynamic, right: &Dynamic) -> bool {
    let (left, right) = (left.clone().flatten(), right.clone().flatten());
    if let (Some(left), Some(right)) = (left.read_lock::<Array>(), right.read_lock::<Array>()) {
        return left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| same(call, left, right));
    }
    if let (Some(left), Some(right)) = (left.read_lock::<Map>(), right.read_lock::<Map>()) {
        return left.len() == right.len() && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| same(call, value, other)));
    }
    let (mut left, mut right) = (left, right);
    call.context.call_native_fn_raw("==", false, &mut [&mut left, &mut right]).is_ok_and(|answer| answer.as_bool() == Ok(true))
}

fn report(call: &Call) -> Answer<Map> {
    let report = call.value(0).try_cast::<Map>().unwrap_or_default();
    if report.contains_key("outcome") && report.contains_key("findings") {
        return Ok(report);
    }
    let message = format!("`{}` needs a report, and this map is none", call.declared.name);
    Err(call.fail_at(0, Fault::new("call::argument", message).with_help("give it what `run_playbook` gives")))
}

fn list(map: &Map, name: &str) -> Array {
    map.get(name).and_then(|value| value.read_lock::<Array>().map(|items| items.clone())).unwrap_or_default()
}

fn text(map: &Map, name: &str) -> String {
    map.get(name).map(ToString::to_string).unwrap_or_default()
}

fn outcome(call: &Call, wanted: &str) -> Answer<Dynamic> {
    const WORDS: [&str; 4] = ["clean", "found", "partial", "not_examined"];
    if !WORDS.contains(&wanted) {
        let fault = Fault::new("options::word", format!("`{wanted}` is no outcome")).with_help(format!("the outcomes are {}", WORDS.join(" ")));
        return Err(call.fail_at(1, fault));
    }
    let report = report(call)?;
    let found = text(&report, "outcome");
    if found == wanted {
        return Ok(Dynamic::UNIT);
    }
    Err(failed(call, format!("the outcome is {found}, not {wanted}{}", why(&report)), None, "`report.findings` and `report.coverage` tell more"))
}

/// What made an outcome: titles of findings, else what was missing.
fn why(report: &Map) -> String {
    let titles: Vec<String> = list(report, "findings").iter().filter_map(|finding| finding.read_lock::<Map>().map(|finding| text(&finding, "title"))).collect();
    let mut missing: Vec<String> = Vec::new();
    for coverage in list(report, "coverage") {
        let Some(coverage) = coverage.read_lock::<Map>() else { continue };
        missing.extend(list(&coverage, "not_examined").iter().map(|what| format!("not examined {what}")));
        let silent = list(&coverage, "silent");
        let day = silent.first().and_then(|day| day.read_lock::<Map>().map(|day| format!("silent {} on {}", text(&day, "machine"), text(&day, "day"))));
        missing.extend(day.filter(|_| list(&coverage, "not_examined").is_empty()));
    }
    missing.dedup();
    let said = if titles.is_empty() { missing } else { titles };
    if said.is_empty() { String::new() } else { format!(" ({})", said.join("; ")) }
}

fn finding(call: &Call) -> Answer<Dynamic> {
    let report = report(call)?;
    if call.value(1).is::<Map>() {
        call.known_keys(1, &FINDING_KEYS)?;
    }
    let findings = list(&report, "findings");
    if findings.is_empty() {
        let message = format!("nothing was found, the outcome is {}{}", text(&report, "outcome"), why(&report));
        return Err(failed(call, message, None, "see that the rows of the fixture are what the playbook asks for"));
    }
    let wanted = call.options(1);
    let mut nearest: Option<Vec<String>> = None;
    for found in &findings {
        let Some(map) = found.read_lock::<Map>() else { continue };
        let wrong: Vec<String> = match call.get(1) {
            None => Vec::new(),
            Some(title) if title.is_string() => differs(call, &map, "title", title).into_iter().collect(),
            Some(_) => wanted.iter().filter_map(|(key, value)| differs(call, &map, key, value)).collect(),
        };
        if wrong.is_empty() {
            return Ok(found.clone());
        }
        if nearest.as_ref().is_none_or(|known| wrong.len() < known.len()) {
            nearest = Some(wrong);
        }
    }
    let message = format!("no finding is as expected: {}", nearest.unwrap_or_default().join("; "));
    Err(failed(call, message, None, "`report.findings` has all of them"))
}

/// How a finding is not what was expected of it under one key.
fn differs(call: &Call, finding: &Map, key: &str, wanted: &Dynamic) -> Option<String> {
    let found = finding.get(key).cloned().unwrap_or_default();
    let is_right = match key {
        "technique" => {
            let known = texts_of(&found);
            texts_of(wanted).iter().all(|id| known.iter().any(|known| folded_equal(known, id)))
        }
        "entities" => wanted.read_lock::<Map>().is_some_and(|map| map.iter().all(|(kind, names)| has_entities(&found, kind, names))),
        "rows" => wanted.read_lock::<Array>().is_some_and(|rows| rows.iter().all(|row| has_row(call, &found, row))),
        _ => same(call, &found, wanted),
    };
    let brief = |value: &Dynamic| match key {
        "rows" => match value.read_lock::<Array>().map_or(0, |rows| rows.len()) {
            1 => "1 row".into(),
            count => format!("{count} rows"),
        },
        _ => shown(call, value),
    };
    let (is, not) = if key == "rows" { ("has", "none of them with") } else { ("is", "not") };
    (!is_right).then(|| format!("`{key}` {is} {}, {not} {}", brief(&found), shown(call, wanted)))
}

fn has_entities(found: &Dynamic, kind: &str, names: &Dynamic) -> bool {
    let Some(entities) = found.read_lock::<Array>() else { return false };
    let known = |name: &str| {
        entities.iter().filter_map(|entity| entity.read_lock::<Map>()).any(|entity| text(&entity, "type") == kind && folded_equal(&text(&entity, "name"), name))
    };
    texts_of(names).iter().all(|name| known(name))
}

/// Whether a row has all of these cells.
fn has_row(call: &Call, found: &Dynamic, wanted: &Dynamic) -> bool {
    let (Some(rows), Some(wanted)) = (found.read_lock::<Array>(), wanted.read_lock::<Map>()) else { return false };
    rows.iter().filter_map(|row| row.read_lock::<Map>()).any(|row| wanted.iter().all(|(name, value)| row.get(name).is_some_and(|cell| same(call, cell, value))))
}
