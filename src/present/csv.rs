//! Rows for a spreadsheet: everything, in UTC, and nothing that it would run.

use std::io::{self, Write};

use super::json::inline;
use super::{Ended, report, unread};
use crate::export::csv::{cell, heading, line, quoted, records};
use crate::hunt::memory::Standing;
use crate::report::{Answer, Columns, Drawing, Item, Table};
use crate::telemetry::Type;

/// Rows of the answer; where there is none, of what was shown.
pub fn reply(out: &mut dyn Write, items: &[Item], answer: &Answer) -> io::Result<()> {
    let Answer::Nothing = answer else { return self::answer(out, answer) };
    for (at, shown) in items.iter().enumerate() {
        if at > 0 {
            out.write_all(b"\n")?;
        }
        item(out, shown)?;
    }
    Ok(())
}

/// A line for each finding of all reports.
pub fn reports(runs: &[Ended]) -> String {
    let heads = ["Playbook", "Outcome", "Severity", "Title", "Technique", "Count", "Entities", "Fingerprint", "Description", "Status", "Suppressed"];
    let mut text = line(heads.map(String::from));
    for (report, fault) in runs {
        let outcome = report::ended(report, fault.as_ref());
        for finding in &report.findings {
            let entities: Vec<String> = finding.entities.iter().map(|(kind, name)| format!("{kind} {name}")).collect();
            text.push_str(&line([
                quoted(&report.playbook),
                outcome.into(),
                finding.severity.word().into(),
                quoted(&finding.title),
                quoted(&finding.technique.join(", ")),
                finding.evidence.as_ref().map(|evidence| evidence.total.to_string()).unwrap_or_default(),
                quoted(&entities.join(", ")),
                quoted(&finding.fingerprint),
                quoted(finding.description.as_deref().unwrap_or_default()),
                finding.standing.map(Standing::word).unwrap_or_default().into(),
                quoted(finding.answered.as_ref().map(|answered| answered.reason.as_str()).unwrap_or_default()),
            ]));
        }
    }
    text
}

/// Headings and cells of any text.
pub fn lines(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut text = line(headings.iter().map(|heading| quoted(heading)));
    for row in rows {
        text.push_str(&line(row.iter().map(|cell| if cell.parse::<f64>().is_ok() { cell.clone() } else { quoted(cell) })));
    }
    text
}

fn item(out: &mut dyn Write, item: &Item) -> io::Result<()> {
    match item {
        Item::Table(table) | Item::Picture(Drawing { rows: table, .. }) => rows(out, table),
        Item::Bins(bins) => rows(out, &bins.table()),
        Item::Note(text) => out.write_all(lines(&["note"], [vec![text.clone()]]).as_bytes()),
        Item::Value(value) => answer(out, value),
    }
}

fn answer(out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    let text = match answer {
        Answer::Nothing => String::new(),
        Answer::Table(table) => return rows(out, table),
        Answer::Bins(bins) => return rows(out, &bins.table()),
        Answer::Row(row) => return rows(out, &Table::whole(row.clone(), Columns::All)),
        Answer::List(parts) => line([quoted("value")]) + &parts.iter().map(|part| line([single(part)])).collect::<String>(),
        Answer::Map(parts) | Answer::Entity { fields: parts, .. } => line(parts.keys().map(|name| quoted(name))) + &line(parts.values().map(single)),
        value @ Answer::Value(_) => line([quoted("value")]) + &line([single(value)]),
    };
    out.write_all(text.as_bytes())
}

/// Anything in one cell; what has parts is JSON there.
fn single(answer: &Answer) -> String {
    match answer {
        Answer::Nothing => String::new(),
        Answer::Value(value) => cell(value, Type::Text),
        Answer::Entity { text, .. } => quoted(text),
        parts => quoted(&inline(parts)),
    }
}

/// Every row and column, with a line of headings.
///
/// # Errors
/// What the stream said, or that rows could not be read (`InvalidData`).
fn rows(out: &mut dyn Write, table: &Table) -> io::Result<()> {
    out.write_all(heading(table.frame.schema()).as_bytes())?;
    for piece in table.pieces() {
        records(out, &piece.map_err(unread)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::{frame as rows, table};
    use super::*;

    #[test]
    fn formulas_and_numbers() {
        let frame = rows(&[("A", Type::Text), ("N", Type::Int)], &[&["=cmd|' /C calc'!A0", "-5"], &["a,\"b\"\n\x1b", "-"]]);
        let mut text = Vec::new();
        reply(&mut text, &[], &Answer::Table(table(frame))).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "A,N\n\"'=cmd|' /C calc'!A0\",-5\n\"a,\"\"b\"\"\\n\\x1b\",\n");
    }
}
