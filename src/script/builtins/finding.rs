//! Findings: what a playbook raises, and how it gives up.

use std::sync::Arc;

use rhai::{Array, Dynamic, Map};

use super::call::texts_of;
use super::named::Found;
use super::{Answer, Call, Collection, Declared, Kind, Machine, free, suppressed};
use crate::diag::{Fault, did_you_mean};
use crate::frame::Frame;
use crate::hunt::finding::{self, Entities};
use crate::plan::{Schema, Step};
use crate::report::{Confidence, Finding, Table, Weight};
use crate::script::value::type_word;
use crate::script::{fault, technique};

const KEYS: [&str; 8] = ["title", "severity", "technique", "evidence", "description", "confidence", "entities", "key"];

pub(super) fn declared() -> Vec<Declared> {
    vec![
        free(
            "finding",
            &[("finding", Kind::Map)],
            1,
            "Raises a finding when its evidence has rows, and says whether it did: #{title, severity: info|low|medium|high|critical, technique, evidence, description, confidence: low|medium|high, entities, key: a text by which it is known again}. Without the key `evidence` the author states it, and it is always raised; `evidence: ()` is no evidence, and it never is",
            "finding(#{title: \"Encoded PowerShell\", severity: \"high\", technique: \"T1059.001\", evidence: Client(\"all\", all_time()).get_executions(#{command: \"-enc\"})})",
            raise,
        ),
        free(
            "fail",
            &[("why", Kind::Text)],
            1,
            "Ends the run as one that could not be done, past any `try`",
            "if 1 > 2 { fail(\"no telemetry of logons\") }",
            |call| {
                // Without rows a guard of them is always reached, and it is no mistake.
                if call.run.checking {
                    return Ok(Dynamic::UNIT);
                }
                let fault = Fault::new("playbook::fail", call.text(0)).with_help("the playbook itself ended the run with `fail`");
                Err(fault::stop(fault, call.context.call_position()))
            },
        ),
    ]
}

/// The keys as they were given.
struct Asked {
    title: String,
    severity: Weight,
    technique: Vec<String>,
    evidence: Evidence,
    description: Option<String>,
    confidence: Option<Confidence>,
    entities: Option<Vec<(String, String)>>,
    key: Option<String>,
    /// The suppression that took the last of its rows.
    suppressed: Option<usize>,
}

/// What a finding rests on.
enum Evidence {
    /// The author's word.
    Stated,
    /// `()`, as a query or a row that gave nothing.
    Nothing,
    /// With the query that has all rows, where these are only the first.
    Rows(Box<Table>, Option<Collection>),
}

fn raise(call: &Call) -> Answer<Dynamic> {
    call.known_keys(0, &KEYS)?;
    let asked = read(call)?;
    let (evidence, of) = match asked.evidence {
        Evidence::Stated => (None, None),
        Evidence::Rows(table, of) if table.total > 0 => (Some(*table), of),
        Evidence::Rows(..) | Evidence::Nothing => return Ok(false.into()),
    };
    let none = Frame::empty(Schema::default());
    let rows = evidence.as_ref().map_or(&none, |table| &table.frame);
    let entities = match (asked.entities, &of) {
        (Some(named), _) => named,
        (None, Some(of)) => all_entities(call, of)?,
        (None, None) => finding::entities(rows),
    };
    // What is about nothing is known again by its rows, by all of them.
    let all = match &of {
        Some(of) if entities.is_empty() && asked.key.is_none() => Some(of.frame(call.run).map_err(|fault| call.fail(fault))?),
        _ => None,
    };
    let fingerprint = finding::fingerprint(&asked.title, asked.key.as_deref(), &asked.technique, &entities, all.as_deref().unwrap_or(rows));
    let answered = asked.suppressed.and_then(|number| suppressed::answered(call, number)).or_else(|| suppressed::of_finding(call, &fingerprint));
    let is_raised = answered.is_none();
    call.run.state().findings.push(Finding {
        title: asked.title,
        severity: asked.severity,
        technique: asked.technique,
        description: asked.description,
        confidence: asked.confidence,
        fingerprint,
        evidence,
        entities,
        place: call.place_here(),
        answered,
        standing: None,
        kept: None,
    });
    Ok(is_raised.into())
}

/// What all rows of a query are about, without holding them.
fn all_entities(call: &Call, of: &Collection) -> Answer<Vec<(String, String)>> {
    let mut found = Entities::default();
    for (kind, columns) in finding::sources(&of.schema) {
        let keys: Vec<Arc<str>> = columns.iter().filter(|name| of.schema.kind(name).is_some()).map(|name| Arc::from(*name)).collect();
        if !keys.is_empty() {
            let asked = of.then(Step::Group { keys, aggregates: Vec::new() }).map_err(|error| call.fail_plan(&error))?;
            found.add(kind, columns, &*asked.frame(call.run).map_err(|fault| call.fail(fault))?);
        }
    }
    Ok(found.named())
}

fn read(call: &Call) -> Answer<Asked> {
    let mut asked = Asked {
        title: String::new(),
        severity: Weight::Medium,
        technique: Vec::new(),
        evidence: Evidence::Stated,
        description: None,
        confidence: None,
        entities: None,
        key: None,
        suppressed: None,
    };
    for (key, value) in call.options(0) {
        let wrong = |wants: &str| {
            let found = type_word(call.context.engine(), &value);
            let help = "write `finding(#{title: \"…\", severity: \"high\", evidence: hits})`";
            call.fail_at_value(0, &key, Fault::new("options::type", format!("`{key}` takes {wants}, and this is {found}")).with_help(help))
        };
        if value.is_unit() {
            if key == "evidence" {
                asked.evidence = Evidence::Nothing;
            }
            continue;
        }
        if matches!(key.as_str(), "title" | "severity" | "description" | "confidence") && !value.is_string() {
            return Err(wrong("a text"));
        }
        match key.as_str() {
            "title" => asked.title = value.to_string(),
            "severity" => {
                asked.severity = word(&value, Weight::parse, "severity", Weight::ALL.map(Weight::word)).map_err(|fault| call.fail_at_value(0, &key, fault))?
            }
            "description" => asked.description = Some(value.to_string()),
            "confidence" => {
                let words = Confidence::ALL.map(Confidence::word);
                asked.confidence = Some(word(&value, Confidence::parse, "confidence", words).map_err(|fault| call.fail_at_value(0, &key, fault))?);
            }
            "key" if value.is_string() || value.is_int() => asked.key = Some(value.to_string()),
            "key" => return Err(wrong("a text or a number")),
            "technique" if Kind::Words.accepts(&value) => {
                asked.technique = texts_of(&value).iter().flat_map(|text| text.split(',').map(|id| id.trim().to_string()).collect::<Vec<_>>()).collect();
                for id in &asked.technique {
                    finding::check_technique(id).map_err(|error| call.fail_at_value(0, &key, Fault::from(&error)))?;
                    if let Some(mut warning) = technique::unknown(id) {
                        warning.places.extend(call.place_of_value(0, &key));
                        call.run.warn(warning);
                    }
                }
            }
            "technique" => return Err(wrong("a text or a list of texts")),
            "evidence" => {
                let (left, used) = suppressed::without_rows(call, &value)?;
                let rows_of = |value: &Dynamic| super::show::evidence_of(call.run, value).map_err(|fault| call.fail_at_value(0, &key, fault));
                let mut given = rows_of(&left)?;
                if let (Some(last), Some((table, _))) = (used.last(), &given)
                    && table.total == 0
                {
                    asked.suppressed = Some(*last);
                    given = rows_of(&value)?;
                }
                let (table, of) = given.ok_or_else(|| wrong("a collection, bins or rows"))?;
                asked.evidence = Evidence::Rows(Box::new(table), of);
            }
            _ => asked.entities = Some(entities(&value).ok_or_else(|| wrong("a map of type and names, as #{machine: \"WKS01\"}"))?),
        }
    }
    if asked.title.trim().is_empty() {
        return Err(call.fail_at(
            0,
            Fault::new("finding::title", "a finding needs a title").with_help("write `finding(#{title: \"…\", severity: \"high\", evidence: hits})`"),
        ));
    }
    Ok(asked)
}

/// One of a few words, case ignored.
fn word<T>(given: &Dynamic, parse: impl Fn(&str) -> Option<T>, what: &str, words: impl IntoIterator<Item = &'static str> + Clone) -> Result<T, Fault> {
    let given = given.to_string();
    parse(given.trim()).ok_or_else(|| {
        let list = format!("the words are {}", words.clone().into_iter().collect::<Vec<_>>().join(" "));
        let help = did_you_mean(&given, words).map_or(list.clone(), |near| format!("{near} {list}"));
        Fault::new("options::word", format!("`{given}` is no {what}")).with_help(help)
    })
}

fn entities(value: &Dynamic) -> Option<Vec<(String, String)>> {
    let map = value.read_lock::<Map>()?;
    let mut found = Vec::new();
    for (kind, names) in map.iter() {
        let names = names.clone().flatten();
        let items = names.read_lock::<Array>().map_or_else(|| vec![names.clone()], |items| items.clone());
        found.extend(items.iter().flat_map(names_of).map(|name| (kind.to_string(), name)));
    }
    Some(found)
}

/// A text; or the names of what stands for machines, files, users, addresses …
fn names_of(value: &Dynamic) -> Vec<String> {
    if let Some(machine) = value.read_lock::<Machine>() {
        return machine.machines.iter().map(|known| known.name.to_string()).collect();
    }
    match Found::from_dynamic(value) {
        Some(found) => found.entity.values.iter().map(ToString::to_string).collect(),
        None => vec![value.to_string()],
    }
}
