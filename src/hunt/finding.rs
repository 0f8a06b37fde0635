//! Findings: what they are about, and how one is known again.

use std::collections::BTreeMap;

use miette::Diagnostic;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::frame::Frame;
use crate::plan::{Schema, Value, fold};

/// Why a finding can't be raised as written.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum FindingError {
    #[error("`{given}` is no technique of ATT&CK")]
    #[diagnostic(code(finding::technique), help("write `T` and four digits, and three more for a sub-technique: `T1059`, `T1059.001`"))]
    Technique { given: String },
}

/// The most entities of one type that a finding names.
pub const MOST_ENTITIES: usize = 20;

/// The form `T1234` or `T1234.001`, exactly.
///
/// # Errors
/// [`FindingError::Technique`].
pub fn check_technique(id: &str) -> Result<(), FindingError> {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let (main, sub) = id.split_once('.').map_or((id, None), |(main, sub)| (main, Some(sub)));
    let right = main.strip_prefix('T').is_some_and(|number| digits(number, 4)) && sub.is_none_or(|sub| digits(sub, 3));
    if right { Ok(()) } else { Err(FindingError::Technique { given: id.into() }) }
}

/// What the rows are about: type and name, sorted by type and by name, each once (case ignored, the spelling that sorts first), the first 20 of a type.
///
/// machine: `Machine`, else `Muid`. user: `LoggedUser`, `TargetUser`, `Account`. process: `ParentFilename`, and `ChildFilename` of rows that have a `ChildPid` and are
/// not about files. file: `ChildPath`, else `ChildFilename` where it is no process. ip: `RemoteIp`. domain: `Query`, and a `RemoteHost` with a dot. hash: of a row the
/// first known of `ChildSha256`, `ChildMd5`, `ChildSha1`.
pub fn entities(frame: &Frame) -> Vec<(String, String)> {
    let mut found = Entities::default();
    for (kind, columns) in sources(frame.schema()) {
        found.add(kind, columns, frame);
    }
    found.named()
}

/// What rows are about, as far as they were looked at.
#[derive(Default)]
pub struct Entities(BTreeMap<&'static str, BTreeMap<String, String>>);

impl Entities {
    /// The values of rows in the first of the columns that has one.
    pub fn add(&mut self, kind: &'static str, columns: &[&str], frame: &Frame) {
        let columns: Vec<_> = columns.iter().filter_map(|name| frame.data().column(name).ok()?.str().ok()).collect();
        for row in 0..frame.height() {
            let Some(name) = columns.iter().find_map(|column| column.get(row)) else { continue };
            if kind == "domain" && !is_domain(name) {
                continue;
            }
            let spelling = self.0.entry(kind).or_default().entry(fold(name).into_owned()).or_insert_with(|| name.to_string());
            if name < spelling.as_str() {
                *spelling = name.to_string();
            }
        }
    }

    /// Type and name of the first ones.
    pub fn named(self) -> Vec<(String, String)> {
        self.0.into_iter().flat_map(|(kind, names)| names.into_values().take(MOST_ENTITIES).map(move |name| (kind.to_string(), name))).collect()
    }
}

/// Type and columns: of a row the first known one counts.
pub fn sources(schema: &Schema) -> Vec<(&'static str, &'static [&'static str])> {
    let has = |column: &str| schema.position(column).is_some();
    let of = |kind: &'static str, columns: &'static [&'static str]| (kind, columns);
    // Of machines themselves the name is in a column of its own.
    let machine: &'static [&'static str] = match has("Machine") {
        true => &["Machine"],
        false if has("Muid") => &["Name", "Muid"],
        false => &["Muid"],
    };
    let mut sources = vec![of("machine", machine)];
    sources.extend([of("user", &["LoggedUser"]), of("user", &["TargetUser"]), of("user", &["Account"]), of("process", &["ParentFilename"])]);
    if has("ChildPid") && !has("FileClass") {
        sources.extend([of("process", &["ChildFilename"]), of("file", &["ChildPath"])]);
    } else {
        sources.push(of("file", &["ChildPath", "ChildFilename"]));
    }
    sources.extend([of("ip", &["RemoteIp"]), of("domain", &["Query"]), of("domain", &["RemoteHost"])]);
    sources.push(of("hash", &["ChildSha256", "ChildMd5", "ChildSha1"]));
    sources
}

fn is_domain(name: &str) -> bool {
    name.trim_matches('.').contains('.') && name.parse::<std::net::IpAddr>().is_err()
}

/// 32 hex digits by which a finding is known again in another run: the first half of SHA-256 over the title and
/// - the key, where the playbook gives one;
/// - else the techniques and the entities, each sorted, case of entities ignored: the same finding about the same things;
/// - without entities, the evidence in place of them: its rows, sorted, without `DateTime`, `RecordId` and `Source`, text folded.
///
/// Neither the order of rows nor the run's time, period or parameters count. Parts are told apart by their lengths, so that no text can pass for two.
pub fn fingerprint(title: &str, key: Option<&str>, technique: &[String], entities: &[(String, String)], evidence: &Frame) -> String {
    let mut digest = Sha256::new();
    let mut feed = |part: &str| {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    };
    feed(title);
    if let Some(key) = key {
        feed("key");
        feed(key);
    } else {
        let mut technique = technique.to_vec();
        technique.sort();
        technique.dedup();
        technique.iter().for_each(|id| feed(id));
        let mut parts: Vec<String> = match entities {
            [] => rows(evidence),
            some => some.iter().map(|(kind, name)| format!("{kind}\n{}", fold(name))).collect(),
        };
        parts.sort();
        parts.dedup();
        feed(if entities.is_empty() { "evidence" } else { "entities" });
        parts.iter().for_each(|part| feed(part));
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The rows as text, without what differs from one report of a thing to the next.
fn rows(evidence: &Frame) -> Vec<String> {
    let names: Vec<&str> = evidence.schema().names().collect();
    let lasting: Vec<usize> = (0..names.len()).filter(|column| !["DateTime", "RecordId", "Source"].contains(&names[*column])).collect();
    let cell = |row: usize, column: usize| match evidence.value(row, column) {
        Value::Text(text) => fold(&text).into_owned(),
        other => format!("{other:?}"),
    };
    (0..evidence.height()).map(|row| lasting.iter().map(|column| format!("{}={}\n", names[*column], cell(row, *column))).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunt::build::frame;
    use crate::telemetry::Type;

    fn evidence(machines: &[Value]) -> Frame {
        let users = machines.iter().map(|_| Value::text("ACME\\ann")).collect();
        let times = (0..machines.len()).map(|row| Value::Time(row as i64)).collect();
        frame(vec![("DateTime", Type::Time, times), ("Machine", Type::Text, machines.to_vec()), ("LoggedUser", Type::Text, users)])
    }

    #[test]
    fn entities_are_sorted_and_each_once() {
        let found = entities(&evidence(&[Value::text("ws2"), Value::text("WS1"), Value::text("WS2"), Value::Missing]));
        let expected = [("machine", "WS1"), ("machine", "WS2"), ("user", "ACME\\ann")];
        assert_eq!(found, expected.map(|(kind, name)| (kind.to_string(), name.to_string())));
    }

    #[test]
    fn many_entities_are_cut() {
        let machines: Vec<Value> = (0..50).map(|number| Value::text(format!("WS{number:02}"))).collect();
        let found = entities(&evidence(&machines));
        assert_eq!(found.iter().filter(|(kind, _)| kind == "machine").count(), MOST_ENTITIES);
        assert_eq!(found[0].1, "WS00");
    }

    #[test]
    fn a_fingerprint_stays() {
        let print = |rows: &[Value], key| {
            let evidence = evidence(rows);
            fingerprint("Encoded", key, &["T1059.001".into()], &entities(&evidence), &evidence)
        };
        let (a, b) = (Value::text("WS1"), Value::text("ws2"));
        let first = print(&[a.clone(), b.clone()], None);
        assert_eq!(first.len(), 32);
        assert_eq!(first, print(&[Value::text("WS2"), a.clone(), a.clone()], None));
        assert_ne!(first, print(std::slice::from_ref(&a), None));
        assert_eq!(print(std::slice::from_ref(&a), Some("k")), print(&[b], Some("k")));
        assert_ne!(fingerprint("x", None, &[], &[], &evidence(std::slice::from_ref(&a))), fingerprint("x", None, &[], &[], &evidence(&[Value::Missing])));
        assert_ne!(fingerprint("ab", Some("c"), &[], &[], &evidence(&[])), fingerprint("a", Some("bc"), &[], &[], &evidence(&[])));
    }

    #[test]
    fn techniques_have_one_form() {
        assert!(["T1059", "T1059.001"].iter().all(|id| check_technique(id).is_ok()));
        for id in ["", "T105", "t1059", "T1059.1", "T1059.0011", "TA0001", "T1059.001.1", "T١٠٥٩"] {
            assert!(check_technique(id).is_err(), "{id}");
        }
    }
}
