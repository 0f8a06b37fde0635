//! SARIF 2.1.0: what CI servers and editors show beside the code. A playbook is a rule, a finding a result that lies in the playbook's file; the rows that
//! show it are related locations.

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::Ended;
use super::clean::escape;
use super::fault::line_and_column;
use super::json::coverage as coverage_object;
use super::to_json;
use super::{Precision, cell};
use crate::diag::{Fault, Place, Severity};
use crate::frame::Frame;
use crate::hunt::Coverage;
use crate::hunt::Outcome;
use crate::hunt::memory::Standing;
use crate::plan::Value;
use crate::report::{Finding, Gone, Report, Weight};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Rows of the evidence that become locations.
const RELATED: usize = 20;
/// Characters of the message of a row.
const MESSAGE: usize = 1_000;
/// The fingerprint's name; its number rises when what makes two findings the same changes.
const FINGERPRINT: &str = "huntsmanFinding/v1";

/// All playbooks of a run as one run of the tool.
pub fn write(out: &mut dyn Write, runs: &[Ended]) -> io::Result<()> {
    let rules: Vec<Json> = runs.iter().map(|(report, _)| rule(report)).collect();
    let results = runs.iter().enumerate().flat_map(|(at, (report, _))| {
        let gone = report.gone.iter().flatten().map(move |gone| absent(report, at, gone));
        report.findings.iter().map(move |finding| result(report, at, finding)).chain(gone)
    });
    let results: Vec<Json> = results.collect();
    let notifications: Vec<Json> = runs.iter().enumerate().flat_map(|(at, (report, fault))| notifications(report, at, fault.as_ref())).collect();
    let coverage: Vec<Json> = runs
        .iter()
        .map(|(report, _)| json!({ "playbook": report.playbook, "coverage": report.coverage.iter().map(coverage_object).collect::<Vec<_>>() }))
        .collect();
    let invocation = json!({ "executionSuccessful": runs.iter().all(|(_, fault)| fault.is_none()), "toolExecutionNotifications": notifications });
    document(out, &rules, &results, &invocation, json!({ "coverage": coverage }))
}

/// Problems of playbooks, as `check` finds them.
///
/// With each playbook what a source lacks of its needs, where it was checked against one.
pub fn write_problems(out: &mut dyn Write, checked: &[(String, Vec<Fault>, Vec<Coverage>)]) -> io::Result<()> {
    let mut codes: Vec<&str> = checked.iter().flat_map(|(_, faults, _)| faults.iter().map(|fault| fault.code.as_str())).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Json> = codes.iter().map(|code| json!({ "id": code, "shortDescription": { "text": code } })).collect();
    let problem = |playbook: &str, fault: &Fault| {
        let text = fault.help.as_ref().map_or_else(|| fault.message.clone(), |help| format!("{}\n{help}", fault.message));
        let related: Vec<Json> = fault.related.iter().enumerate().map(|(at, (message, place))| located(place, Some((at, message)))).collect();
        let mut object = json!({
            "ruleId": fault.code,
            "ruleIndex": codes.iter().position(|code| *code == fault.code),
            "level": level_of(fault.severity),
            "message": { "text": message(&text) },
            "locations": [fault.places.first().map_or_else(|| in_file(playbook, None), |place| located(place, None))],
        });
        if !related.is_empty() {
            object["relatedLocations"] = related.into();
        }
        object
    };
    let results: Vec<Json> = checked.iter().flat_map(|(playbook, faults, _)| faults.iter().map(move |fault| problem(playbook, fault))).collect();
    let notification = |playbook: &str, coverage: &Coverage| {
        let need = coverage.need.as_deref().unwrap_or(&coverage.table);
        let missing = if coverage.not_examined.is_empty() { String::new() } else { format!(": the source never shows {}", coverage.not_examined.join("; ")) };
        let text = format!("{}, {} of {} machine-days{}", escape(need), coverage.covered_machine_days, coverage.machine_days, escape(&missing));
        json!({ "level": "warning", "descriptor": { "id": "coverage" }, "message": { "text": message(&text) }, "locations": [in_file(playbook, None)] })
    };
    let lacking: Vec<Json> = checked.iter().flat_map(|(playbook, _, lacking)| lacking.iter().map(move |coverage| notification(playbook, coverage))).collect();
    let mut invocation = json!({ "executionSuccessful": true });
    if !lacking.is_empty() {
        invocation["toolExecutionNotifications"] = lacking.into();
    }
    document(out, &rules, &results, &invocation, json!({}))
}

fn document(out: &mut dyn Write, rules: &[Json], results: &[Json], invocation: &Json, properties: Json) -> io::Result<()> {
    let driver = json!({ "name": "Huntsman", "version": env!("CARGO_PKG_VERSION"), "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules });
    let run = json!({
        "tool": { "driver": driver },
        "invocations": [invocation],
        "results": results,
        "columnKind": "unicodeCodePoints",
        "properties": properties,
    });
    out.write_all(to_json(&json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] })).as_bytes())?;
    out.write_all(b"\n")
}

/// The path without its ending: what is shown as the rule's id, and stays when the title changes.
fn rule_id(report: &Report) -> String {
    report.playbook.trim_end_matches(".rhai").to_string()
}

fn rule(report: &Report) -> Json {
    let id = rule_id(report);
    let name = id.rsplit(['/', '\\']).next().unwrap_or(&id).to_string();
    let title = report.title.clone().unwrap_or_else(|| name.clone());
    let said = report.sections.iter().filter(|(_, text)| !text.is_empty());
    let plain: Vec<String> = said.clone().map(|(heading, text)| format!("{heading}: {}", text.split_whitespace().collect::<Vec<_>>().join(" "))).collect();
    let marked: Vec<String> = said.map(|(heading, text)| format!("## {heading}\n\n{text}")).collect();
    let techniques = techniques(report);
    let tags: Vec<String> =
        std::iter::once("security".to_string()).chain(techniques.iter().map(|id| format!("external/attack/{}", id.to_lowercase()))).collect();
    let worst = report.findings.iter().map(|finding| finding.severity).max();
    let mut rule = json!({
        "id": id,
        "name": name,
        "shortDescription": { "text": escape(&title) },
        "fullDescription": { "text": escape(report.section("Hypothesis").map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or(title.clone()).as_str()) },
        "help": { "text": if plain.is_empty() { title } else { plain.join("\n") } },
        "defaultConfiguration": { "level": level(worst.unwrap_or(Weight::Medium)) },
        "properties": { "tags": tags, "techniques": techniques },
    });
    if let Some(least) = report.findings.iter().filter_map(|finding| finding.confidence).min() {
        rule["properties"]["precision"] = least.word().into();
    }
    if !marked.is_empty() {
        rule["help"]["markdown"] = marked.join("\n\n").into();
    }
    if let Some(worst) = worst {
        rule["properties"]["security-severity"] = score(worst).into();
    }
    rule
}

/// Those of the heading, and those of its findings.
fn techniques(report: &Report) -> Vec<String> {
    let mut all: Vec<String> = report.techniques.iter().chain(report.findings.iter().flat_map(|finding| &finding.technique)).cloned().collect();
    all.sort();
    all.dedup();
    all
}

fn level(weight: Weight) -> &'static str {
    match weight {
        Weight::Critical | Weight::High => "error",
        Weight::Medium => "warning",
        Weight::Low | Weight::Info => "note",
    }
}

/// As code scanning ranks results: a number from 0 to 10.
fn score(weight: Weight) -> &'static str {
    match weight {
        Weight::Critical => "9.5",
        Weight::High => "8.0",
        Weight::Medium => "5.5",
        Weight::Low => "2.5",
        Weight::Info => "0.0",
    }
}

fn level_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

fn result(report: &Report, index: usize, finding: &Finding) -> Json {
    let rows = finding.evidence.as_ref().map(|evidence| evidence.total);
    let mut text = escape(&finding.title).into_owned();
    for (kind, name) in finding.entities.iter().filter(|(kind, _)| kind == "machine").take(5) {
        text.push_str(&format!(", {} {}", escape(kind), escape(name)));
    }
    if let Some(description) = &finding.description {
        text.push_str(&format!(". {}", super::clean::escape_lines(description)));
    }
    let main = match &finding.place {
        Some(place) if place.source.name == report.playbook => located(place, None),
        Some(_) | None => in_file(&report.playbook, None),
    };
    let entities: Vec<Json> = finding.entities.iter().map(|(kind, name)| json!({ "type": kind, "name": name })).collect();
    let mut object = json!({
        "ruleId": rule_id(report),
        "ruleIndex": index,
        "kind": "fail",
        "level": level(finding.severity),
        "message": { "text": message(&text) },
        "locations": [with_logical(main, finding)],
        "partialFingerprints": { FINGERPRINT: finding.fingerprint },
        "properties": {
            "severity": finding.severity.word(),
            "techniques": finding.technique,
            "entities": entities,
            "count": rows,
            "evidenceFile": finding.kept,
            "confidence": finding.confidence.map(|confidence| confidence.word()),
        },
    });
    if let Some(standing) = finding.standing {
        object["baselineState"] = match standing {
            Standing::New => "new",
            Standing::Known(_) => "unchanged",
        }
        .into();
    }
    if let Some(answered) = &finding.answered {
        object["suppressions"] = json!([{ "kind": "external", "status": "accepted", "justification": format!("{} ({})", answered.reason, answered.owner) }]);
    }
    let related: Vec<Json> =
        finding.evidence.iter().flat_map(|evidence| (0..evidence.frame.height().min(RELATED)).map(|row| evidence_location(&evidence.frame, row))).collect();
    if !related.is_empty() {
        object["relatedLocations"] = related.into();
    }
    object
}

/// A finding of earlier runs that is there no more.
fn absent(report: &Report, index: usize, gone: &Gone) -> Json {
    json!({
        "ruleId": rule_id(report),
        "ruleIndex": index,
        "kind": "fail",
        "level": level(Weight::parse(&gone.severity).unwrap_or(Weight::Medium)),
        "message": { "text": message(&escape(&gone.title)) },
        "locations": [in_file(&report.playbook, None)],
        "partialFingerprints": { FINGERPRINT: gone.fingerprint },
        "baselineState": "absent",
    })
}

/// The machines that a finding is about, as places that are no files.
fn with_logical(mut location: Json, finding: &Finding) -> Json {
    let machines: Vec<Json> = finding
        .entities
        .iter()
        .filter(|(kind, _)| kind == "machine")
        .map(|(_, name)| json!({ "name": name, "fullyQualifiedName": name, "kind": "machine" }))
        .collect();
    if !machines.is_empty() {
        location["logicalLocations"] = machines.into();
    }
    location
}

/// A row: what it says in one line, the machine, and the raw log that it came from.
fn evidence_location(frame: &Frame, row: usize) -> Json {
    let columns = frame.schema().columns().iter().enumerate();
    let short = crate::hunt::short::short(frame.schema());
    let cells = columns.filter(|(at, _)| short.get(*at).is_some_and(|short| *short)).filter_map(|(at, (name, kind))| {
        let text = cell::text(&frame.value(row, at), *kind, Precision::Milliseconds, chrono_tz::UTC);
        (!text.is_empty()).then(|| format!("{} {text}", escape(name)))
    });
    let text = cut(cells.collect::<Vec<_>>().join(", "));
    let named = |column: &str| match frame.named(row, column) {
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    };
    let mut location = json!({ "id": row, "message": { "text": if text.is_empty() { "a row".to_string() } else { message(&text) } } });
    if let Some(source) = named("Source") {
        location["physicalLocation"] = json!({ "artifactLocation": { "uri": uri(&source) } });
    }
    if let Some(machine) = named("Machine") {
        location["logicalLocations"] = json!([{ "name": machine, "fullyQualifiedName": machine, "kind": "machine" }]);
    }
    if let Value::Int(record) = frame.named(row, "RecordId") {
        location["properties"] = json!({ "recordId": record });
    }
    location
}

/// A message is read by people: rows are whole elsewhere.
fn cut(text: String) -> String {
    if text.chars().count() <= MESSAGE { text } else { text.chars().take(MESSAGE).chain(['…']).collect() }
}

/// Text as a message has it, in which brackets would make a link and braces a placeholder.
fn message(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '[' | ']' => written.extend(['\\', character]),
            '{' | '}' => written.extend([character; 2]),
            other => written.push(other),
        }
    }
    written
}

fn located(place: &Place, message: Option<(usize, &str)>) -> Json {
    let (text, span) = (&place.source.text, &place.span);
    let (line, column) = line_and_column(text, span.start);
    let (end_line, end_column) = line_and_column(text, span.end);
    let region = json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column });
    let mut location = in_file(&place.source.name, Some(region));
    if let Some((id, message)) = message {
        location["id"] = id.into();
        location["message"] = json!({ "text": self::message(message) });
    }
    location
}

fn in_file(path: &str, region: Option<Json>) -> Json {
    let region = region.unwrap_or_else(|| json!({ "startLine": 1 }));
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(path) }, "region": region } })
}

/// A path as a relative reference: everything but letters, digits and a few signs in percent.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let mut text = if path.starts_with('/') { "file://".to_string() } else { String::new() };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// What a reader must know besides the findings: what was not looked at, and what could not be run.
fn notifications(report: &Report, index: usize, fault: Option<&Fault>) -> Vec<Json> {
    let rule = json!({ "id": rule_id(report), "index": index });
    let notification = |level: &str, id: &str, text: String, location: Json| json!({ "level": level, "descriptor": { "id": id }, "associatedRule": rule, "message": { "text": message(&text) }, "locations": [location] });
    if let Some(fault) = fault {
        let place = fault.places.first().map_or_else(|| in_file(&report.playbook, None), |place| located(place, None));
        return vec![notification("error", &fault.code, escape(&fault.message).into_owned(), place)];
    }
    let text = match report.outcome {
        Outcome::NotExamined => "not examined: the telemetry that it needs was not there",
        Outcome::Partial => "partial: not everything could be looked at",
        Outcome::Clean | Outcome::Found => return Vec::new(),
    };
    let missing: Vec<&str> = report.coverage.iter().flat_map(|coverage| coverage.not_examined.iter().map(String::as_str)).collect();
    let text = if missing.is_empty() { text.to_string() } else { format!("{text} ({})", escape(&missing.join("; "))) };
    vec![notification("warning", "coverage", text, in_file(&report.playbook, None))]
}
