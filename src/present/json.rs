//! The stable JSON shapes; every value of ours is written in the order in which it is declared.

use std::io::{self, Write};

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Value as Json, json};

use super::{fault, unread};
use crate::diag::Fault;
use crate::export::json::{Cell, Row, records, to_json, write};
use crate::frame::Frame;
use crate::hunt::Coverage;
use crate::hunt::memory::Standing;
use crate::plan::{Period, time_text};
use crate::report::{Answer, Drawing, Finding, Gone, Item, Report, Table};
use crate::telemetry::Type;

fn write_line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    write(out, value)?;
    out.write_all(b"\n")
}

/// One report, one object.
pub fn report(out: &mut dyn Write, report: &Report, fault: Option<&Fault>) -> io::Result<()> {
    write(out, &ReportJson { report, fault, parts: true })
}

/// A line for each finding and item, and one for the outcome.
pub fn report_lines(out: &mut dyn Write, report: &Report, fault: Option<&Fault>) -> io::Result<()> {
    for finding in &report.findings {
        write_line(out, &FindingJson { finding, of: Some(&report.playbook) })?;
    }
    for item in &report.items {
        write_line(out, &ItemJson { item, of: Some(&report.playbook) })?;
    }
    write_line(out, &ReportJson { report, fault, parts: false })
}

/// The answer; where there is none, what was shown instead.
pub fn reply(out: &mut dyn Write, items: &[Item], answer: &Answer) -> io::Result<()> {
    match (answer, items) {
        (Answer::Nothing, [item]) => write(out, &Shown(item)),
        (Answer::Nothing, [_, _, ..]) => write(out, &items.iter().map(Shown).collect::<Vec<_>>()),
        _ => write(out, &AnswerJson(answer)),
    }
}

/// Anything on one line.
pub fn inline(answer: &Answer) -> String {
    to_json(&AnswerJson(answer))
}

/// A line for each row or element.
pub fn reply_lines(out: &mut dyn Write, items: &[Item], answer: &Answer) -> io::Result<()> {
    match answer {
        Answer::Table(table) => rows(out, table),
        Answer::Bins(bins) => rows(out, &bins.table()),
        Answer::List(parts) => parts.iter().try_for_each(|part| write_line(out, &AnswerJson(part))),
        Answer::Nothing => items.iter().try_for_each(|item| match item {
            Item::Table(table) | Item::Picture(Drawing { rows: table, .. }) => rows(out, table),
            Item::Bins(bins) => rows(out, &bins.table()),
            Item::Note(_) | Item::Value(_) => write_line(out, &Shown(item)),
        }),
        Answer::Value(_) | Answer::Row(_) | Answer::Map(_) | Answer::Entity { .. } => write_line(out, &AnswerJson(answer)),
    }
}

fn rows(out: &mut dyn Write, table: &Table) -> io::Result<()> {
    for piece in table.pieces() {
        records(out, &piece.map_err(unread)?)?;
    }
    Ok(())
}

/// An end that is open is null.
pub fn period(period: &Period) -> Json {
    json!({ "from": period.from.map(time_text), "to": period.to.map(time_text) })
}

/// What one query looked at.
pub fn coverage(coverage: &Coverage) -> Json {
    json!({
        "need": coverage.need,
        "table": coverage.table,
        "operations": coverage.operations,
        "period": period(&coverage.period),
        "covered": coverage.covered.map(|(from, to)| json!({ "from": time_text(from), "to": time_text(to) })),
        "machines": coverage.machines,
        "machine_days": coverage.machine_days,
        "covered_machine_days": coverage.covered_machine_days,
        // What is only declared was not read.
        "rows": coverage.need.is_none().then_some(coverage.rows),
        "not_examined": coverage.not_examined,
        "silent": coverage.silent.iter().map(|(machine, day)| json!({ "machine": machine, "day": day_text(*day) })).collect::<Vec<_>>(),
        "rejected": coverage.rejected,
    })
}

/// A day since 1970 as a date.
pub fn day_text(day: i32) -> String {
    chrono::DateTime::from_timestamp(i64::from(day) * 86_400, 0).map_or_else(|| day.to_string(), |time| time.format("%Y-%m-%d").to_string())
}

fn gone_object(gone: &Gone) -> Json {
    json!({ "title": gone.title, "severity": gone.severity, "fingerprint": gone.fingerprint, "first_found": time_text(gone.first), "last_found": time_text(gone.last) })
}

struct ReportJson<'a> {
    report: &'a Report,
    fault: Option<&'a Fault>,
    /// Findings and items, or only what the run as a whole was.
    parts: bool,
}

impl Serialize for ReportJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.report;
        let mut map = serializer.serialize_map(None)?;
        if !self.parts {
            map.serialize_entry("kind", "outcome")?;
        }
        map.serialize_entry("playbook", &report.playbook)?;
        map.serialize_entry("outcome", &self.fault.is_none().then(|| report.outcome.word()))?;
        if self.parts {
            map.serialize_entry("findings", &report.findings.iter().map(|finding| FindingJson { finding, of: None }).collect::<Vec<_>>())?;
            map.serialize_entry("items", &report.items.iter().map(|item| ItemJson { item, of: None }).collect::<Vec<_>>())?;
        }
        if let Some(gone) = &report.gone {
            map.serialize_entry("gone", &gone.iter().map(gone_object).collect::<Vec<_>>())?;
        }
        map.serialize_entry("coverage", &report.coverage.iter().map(coverage).collect::<Vec<_>>())?;
        map.serialize_entry("params", &Params(report))?;
        map.serialize_entry("period", &period(&report.period))?;
        map.serialize_entry("version", env!("CARGO_PKG_VERSION"))?;
        if let Some(fault) = self.fault {
            map.serialize_entry("error", &fault::object(fault))?;
        }
        map.end()
    }
}

struct Params<'a>(&'a Report);

impl Serialize for Params<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.params.iter().map(|(name, value)| (name, Cell(value, Type::Text))))
    }
}

struct FindingJson<'a> {
    finding: &'a Finding,
    /// The playbook, where a line stands alone.
    of: Option<&'a str>,
}

impl Serialize for FindingJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let finding = self.finding;
        let mut map = serializer.serialize_map(None)?;
        if let Some(playbook) = self.of {
            map.serialize_entry("kind", "finding")?;
            map.serialize_entry("playbook", playbook)?;
        }
        map.serialize_entry("title", &finding.title)?;
        map.serialize_entry("severity", finding.severity.word())?;
        map.serialize_entry("technique", &finding.technique)?;
        map.serialize_entry("description", &finding.description)?;
        if let Some(confidence) = &finding.confidence {
            map.serialize_entry("confidence", confidence.word())?;
        }
        map.serialize_entry("fingerprint", &finding.fingerprint)?;
        if let Some(standing) = finding.standing {
            let first = match standing {
                Standing::New => None,
                Standing::Known(first) => Some(time_text(first)),
            };
            map.serialize_entry("status", standing.word())?;
            map.serialize_entry("first_found", &first)?;
        }
        if let Some(answered) = &finding.answered {
            map.serialize_entry("suppressed", &json!({ "owner": answered.owner, "reason": answered.reason, "expires": answered.until }))?;
        }
        map.serialize_entry("count", &finding.evidence.as_ref().map(|evidence| evidence.total))?;
        map.serialize_entry("evidence", &finding.evidence.as_ref().map(Rows))?;
        if let Some(kept) = &finding.kept {
            map.serialize_entry("evidence_file", kept)?;
        }
        let entities: Vec<Json> = finding.entities.iter().map(|(kind, name)| json!({ "type": kind, "name": name })).collect();
        map.serialize_entry("entities", &entities)?;
        map.end()
    }
}

struct ItemJson<'a> {
    item: &'a Item,
    of: Option<&'a str>,
}

impl Serialize for ItemJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let kind = match self.item {
            Item::Table(_) => "table",
            Item::Picture(..) => "chart",
            Item::Bins(_) => "bins",
            Item::Note(_) => "note",
            Item::Value(_) => "value",
        };
        map.serialize_entry("kind", kind)?;
        if let Some(playbook) = self.of {
            map.serialize_entry("playbook", playbook)?;
        }
        match self.item {
            Item::Table(table) | Item::Picture(Drawing { rows: table, .. }) => table_entries(&mut map, table)?,
            Item::Bins(bins) => table_entries(&mut map, &bins.table())?,
            Item::Note(text) => map.serialize_entry("text", text)?,
            Item::Value(answer) => map.serialize_entry("value", &AnswerJson(answer))?,
        }
        map.end()
    }
}

/// What was shown, as if it were the answer.
struct Shown<'a>(&'a Item);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Item::Table(table) | Item::Picture(Drawing { rows: table, .. }) => Rows(table).serialize(serializer),
            Item::Bins(bins) => Rows(&bins.table()).serialize(serializer),
            Item::Note(text) => serializer.serialize_str(text),
            Item::Value(answer) => AnswerJson(answer).serialize(serializer),
        }
    }
}

struct AnswerJson<'a>(&'a Answer);

impl Serialize for AnswerJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Answer::Nothing => serializer.serialize_unit(),
            Answer::Value(value) => Cell(value, Type::Text).serialize(serializer),
            Answer::List(parts) => serializer.collect_seq(parts.iter().map(AnswerJson)),
            Answer::Row(frame) => Row { frame, row: 0 }.serialize(serializer),
            Answer::Map(parts) | Answer::Entity { fields: parts, .. } => serializer.collect_map(parts.iter().map(|(name, part)| (name, AnswerJson(part)))),
            Answer::Table(table) => Rows(table).serialize(serializer),
            Answer::Bins(bins) => Rows(&bins.table()).serialize(serializer),
        }
    }
}

/// `{"columns":[{"name","type"}],"rows":[{…}],"total":n}`.
struct Rows<'a>(&'a Table);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        table_entries(&mut map, self.0)?;
        map.end()
    }
}

fn table_entries<M: SerializeMap>(map: &mut M, table: &Table) -> Result<(), M::Error> {
    map.serialize_entry("columns", &ColumnsJson(&table.frame))?;
    map.serialize_entry("rows", &AllRows(table))?;
    map.serialize_entry("total", &table.total)
}

struct ColumnsJson<'a>(&'a Frame);

impl Serialize for ColumnsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Column<'a> {
            name: &'a str,
            r#type: &'a str,
        }
        serializer.collect_seq(self.0.schema().columns().iter().map(|(name, kind)| Column { name, r#type: kind.word() }))
    }
}

struct AllRows<'a>(&'a Table);

impl Serialize for AllRows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(None)?;
        for piece in self.0.pieces() {
            let frame = &piece.map_err(|fault| S::Error::custom(fault.message))?;
            (0..frame.height()).try_for_each(|row| rows.serialize_element(&Row { frame, row }))?;
        }
        rows.end()
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::{frame, table};
    use super::*;

    #[test]
    fn rows_have_their_shape() {
        let frame = frame(&[("DateTime", Type::Time), ("GrantedAccess", Type::Hex), ("Name", Type::Text)], &[&["1600725484123", "4112", "-"]]);
        let expected = r#"{"columns":[{"name":"DateTime","type":"time"},{"name":"GrantedAccess","type":"hex"},{"name":"Name","type":"text"}],"rows":[{"DateTime":"2020-09-21T21:58:04.123Z","GrantedAccess":"0x1010","Name":null}],"total":1}"#;
        assert_eq!(inline(&Answer::Table(table(frame))), expected);
    }
}
