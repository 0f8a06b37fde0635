//! What came of tests of playbooks: as text, as JSON, as JUnit.

use serde_json::{Value as Json, json};

use super::fault::{fault as drawn, object, place as place_object};
use super::junit::{Case, Ending as Junit, Group};
use super::{Style, Tone, clean, to_json, toned};
use crate::diag::{Fault, Place};
use crate::report::{Ending, Filter, Suite, Trial};

/// How it is called in every format.
fn word(ending: &Ending) -> &'static str {
    match ending {
        Ending::Passed => "passed",
        Ending::Failed(_) => "failed",
        Ending::Broken(_) => "error",
    }
}

/// What the tests left out about a filter.
fn lack(filter: &Filter) -> Option<&'static str> {
    match (filter.was_true, filter.was_false) {
        (true, true) => None,
        (true, false) => Some("never false"),
        (false, true) => Some("never true"),
        (false, false) => Some("never asked of a row"),
    }
}

/// The verdict of one file, a line for each test.
pub fn suite(suite: &Suite, style: &Style) -> String {
    let mut text = toned(&clean::escape(&suite.file), Tone::Heading, style) + "\n";
    if suite.fault.is_some() {
        text.push_str(&format!("  {}\n", toned("could not be run", Tone::Bad, style)));
    }
    for trial in &suite.trials {
        let tone = if trial.ending.fault().is_some() { Tone::Bad } else { Tone::Good };
        text.push_str(&format!("  {}  {}\n", toned(&format!("{:<6}", word(&trial.ending)), tone, style), clean::escape(&trial.name)));
    }
    text
}

/// What all tests came to, and the filters that no test looked at.
pub fn summary(suites: &[Suite], filters: &[Filter], style: &Style) -> String {
    let trials = || suites.iter().flat_map(|suite| &suite.trials);
    let count = |wanted: &str| trials().filter(|trial| word(&trial.ending) == wanted).count();
    let all = trials().count();
    let mut parts = vec![format!("{} passed", count("passed"))];
    parts.extend([("failed", count("failed")), ("error", count("error"))].into_iter().filter(|(_, count)| *count > 0).map(|(word, count)| {
        match (word, count) {
            ("error", 1) => "1 error".into(),
            ("error", count) => format!("{count} errors"),
            (word, count) => format!("{count} {word}"),
        }
    }));
    let broken = suites.iter().filter(|suite| suite.fault.is_some()).count();
    if broken > 0 {
        parts.push(format!("{broken} file{} could not be run", if broken == 1 { "" } else { "s" }));
    }
    let lacking: Vec<(&Filter, &str)> = filters.iter().filter_map(|filter| lack(filter).map(|lack| (filter, lack))).collect();
    let mut text = format!("{all} test{}: {}\n", if all == 1 { "" } else { "s" }, parts.join(", "));
    if filters.is_empty() {
        return text;
    }
    text.push_str(&format!("{} of {} filters were true and false\n", filters.len() - lacking.len(), filters.len()));
    for (filter, lack) in lacking {
        let (line, _) = super::fault::line_and_column(&filter.place.source.text, filter.place.span.start);
        let name = clean::escape(&filter.place.source.name).into_owned();
        text.push_str(&format!("  {}  {}:{line}  {}\n", toned(lack, Tone::Warning, style), name, clean::escape(condition(&filter.place))));
    }
    text
}

/// The closure, up to the end of its line.
fn condition(place: &Place) -> &str {
    let rest = place.source.text[place.span.start..].lines().next().unwrap_or_default();
    let mut depth = 0;
    let end = rest.char_indices().find(|(_, sign)| {
        depth += match sign {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth < 0
    });
    rest[..end.map_or(rest.len(), |(at, _)| at)].trim_end()
}

/// Everything on one page, with what is wrong drawn below each file.
pub fn text(suites: &[Suite], filters: &[Filter], style: &Style) -> String {
    let mut text = String::new();
    for suite in suites {
        text.push_str(&self::suite(suite, style));
        suite.fault.iter().chain(suite.trials.iter().filter_map(|trial| trial.ending.fault())).for_each(|fault| text.push_str(&drawn(fault, style)));
    }
    text + &summary(suites, filters, style)
}

fn suite_object(suite: &Suite) -> Json {
    let trial = |trial: &Trial| {
        let line = trial.place.as_ref().map(|place| super::fault::line_and_column(&place.source.text, place.span.start).0);
        json!({ "name": trial.name, "line": line, "result": word(&trial.ending), "error": trial.ending.fault().map(object) })
    };
    json!({ "file": suite.file, "tests": suite.trials.iter().map(trial).collect::<Vec<_>>(), "error": suite.fault.as_ref().map(object) })
}

fn filter_object(filter: &Filter) -> Json {
    let mut object = place_object(&filter.place);
    object["was_true"] = filter.was_true.into();
    object["was_false"] = filter.was_false.into();
    object
}

/// One object.
pub fn json(suites: &[Suite], filters: &[Filter]) -> String {
    let suites: Vec<Json> = suites.iter().map(suite_object).collect();
    let filters: Vec<Json> = filters.iter().map(filter_object).collect();
    to_json(&json!({ "suites": suites, "filters": filters })) + "\n"
}

/// A line for each test and each filter.
pub fn lines(suites: &[Suite], filters: &[Filter]) -> String {
    let mut text = String::new();
    for suite in suites {
        let object = suite_object(suite);
        let trials = object["tests"].as_array().cloned().unwrap_or_default();
        let broken = suite.fault.as_ref().map(|fault| json!({ "name": null, "line": null, "result": "error", "error": self::object(fault) }));
        for mut trial in trials.into_iter().chain(broken) {
            trial["kind"] = "test".into();
            trial["file"] = suite.file.as_str().into();
            text.push_str(&(to_json(&trial) + "\n"));
        }
    }
    for filter in filters {
        let mut object = filter_object(filter);
        object["kind"] = "filter".into();
        text.push_str(&(to_json(&object) + "\n"));
    }
    text
}

/// A row for each test.
pub fn rows(suites: &[Suite]) -> Vec<Vec<String>> {
    let row = |suite: &Suite, name: &str, result: &str, fault: Option<&Fault>| {
        vec![suite.file.clone(), name.to_string(), result.to_string(), fault.map(|fault| fault.message.clone()).unwrap_or_default()]
    };
    let of_suite = |suite: &Suite| {
        let trials = suite.trials.iter().map(|trial| row(suite, &trial.name, word(&trial.ending), trial.ending.fault()));
        trials.chain(suite.fault.iter().map(|fault| row(suite, "", "error", Some(fault)))).collect::<Vec<_>>()
    };
    suites.iter().flat_map(of_suite).collect()
}

/// A suite for each file, a case for each test.
pub fn groups(suites: &[Suite], zone: chrono_tz::Tz) -> Vec<Group> {
    let style = Style { colour: false, unicode: true, width: None, zone };
    let case = |suite: &Suite, name: &str, place: Option<&Place>, ending: Junit| Case {
        name: name.into(),
        class: suite.file.trim_end_matches(".test.rhai").into(),
        file: suite.file.clone(),
        line: place.map(|place| super::fault::line_and_column(&place.source.text, place.span.start).0),
        ending,
        output: String::new(),
    };
    let group = |suite: &Suite| {
        let trials = suite.trials.iter().map(|trial| {
            let ending = match &trial.ending {
                Ending::Passed => Junit::Passed,
                Ending::Failed(fault) => Junit::Failed(vec![(fault.message.clone(), drawn(fault, &style))]),
                Ending::Broken(fault) => Junit::Error(fault.message.clone(), drawn(fault, &style)),
            };
            case(suite, &trial.name, trial.place.as_ref(), ending)
        });
        let broken = suite.fault.iter().map(|fault| case(suite, "could not be run", None, Junit::Error(fault.message.clone(), drawn(fault, &style))));
        Group { name: suite.file.clone(), cases: trials.chain(broken).collect() }
    };
    suites.iter().map(group).collect()
}
