//! Markdown for job summaries and tickets. What telemetry says stands in code spans, in which nothing is obeyed; what a playbook says loses links and markup of
//! HTML, since it may quote telemetry.

use std::io::{self, Write};

use super::table::visible;
use super::{Ended, Precision, Style, clean, report, time};
use crate::diag::Fault;
use crate::frame::Frame;
use crate::plan::Value;
use crate::report::{Answer, Drawing, Finding, Item, Report, Table, Verdict};
use crate::telemetry::Type;

/// Rows of evidence that a summary shows.
const ROWS: usize = 10;
/// Where the rows are that it does not show.
const REST: &str = "`-o FILE.json` has all rows";
/// A job summary takes a mebibyte; a run that has more to say is cut, and says so.
const LARGEST: usize = 900 << 10;
/// The longest cell, in characters.
const CELL: usize = 200;

/// All playbooks of a run: what came of each first, then what each found and showed.
pub fn write(out: &mut dyn Write, runs: &[Ended], style: &Style) -> io::Result<()> {
    let mut text = String::from("# Huntsman\n\n");
    text.push_str(&summary(runs, style));
    let mut left = 0;
    for (report, fault) in runs {
        // One that has too much to say does not silence the others.
        let sections = [playbook(report, fault.as_ref(), style), brief(report)];
        match sections.iter().find(|section| text.len() + section.len() <= LARGEST) {
            Some(section) => text.push_str(section),
            None => left += 1,
        }
    }
    if left > 0 {
        text.push_str(&format!("\n{left} more {} too long for a summary; the report has them.\n", if left == 1 { "playbook is" } else { "playbooks are" }));
    }
    out.write_all(text.as_bytes())
}

/// What one expression showed, raised and answered.
pub fn write_reply(out: &mut dyn Write, items: &[Item], findings: &[Finding], answer: &Answer, style: &Style) -> io::Result<()> {
    let mut blocks: Vec<String> = items.iter().map(|shown| item(shown, style)).collect();
    blocks.extend(findings.iter().map(|found| finding(found, style)));
    if !matches!(answer, Answer::Nothing) {
        blocks.push(item(&Item::Value(answer.clone()), style));
    }
    out.write_all(blocks.join("\n").as_bytes())
}

fn summary(runs: &[Ended], style: &Style) -> String {
    let mut text = String::from("| | playbook | outcome | findings | looked at |\n|---|---|---|---|---|\n");
    for (report, fault) in runs {
        let (outcome, found) = (report::ended(report, fault.as_ref()), report::counts(&report.findings));
        let (title, looked_at) = (plain(report.title.as_deref().unwrap_or(&report.playbook)), report::looked_at(report, style));
        text.push_str(&format!("| {} | {title} | {outcome} | {found} | {looked_at} |\n", sign(report.verdict)));
    }
    text
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "✅",
        Verdict::Failed => "🚨",
        Verdict::Broken => "❌",
        Verdict::Incomplete => "⚠️",
    }
}

fn playbook(report: &Report, fault: Option<&Fault>, style: &Style) -> String {
    let mut text = format!("\n## {} {}\n\n{}\n", sign(report.verdict), plain(report.title.as_deref().unwrap_or(&report.playbook)), code(&report.playbook));
    match fault {
        Some(fault) => text.push_str(&format!("\n**failed**: {} ({})\n\n{}", plain(&fault.message), code(&fault.code), fenced(&super::fault(fault, style)))),
        None => text.push_str(&format!("\n**{}**: {}\n", report.outcome.word().replace('_', "\\_"), report::meaning(report.outcome))),
    }
    if let Some(why) = report::lacking(report, style) {
        text.push_str(&format!("\nNot everything was looked at: {}\n", plain(&why)));
    }
    report.findings.iter().for_each(|found| text.push_str(&format!("\n{}", finding(found, style))));
    let gone: String = report.gone.iter().flatten().map(|gone| format!("- {}\n", plain(&report::gone_text(gone, style)))).collect();
    if !gone.is_empty() {
        text.push_str(&format!("\n{gone}"));
    }
    report.items.iter().for_each(|shown| text.push_str(&format!("\n{}", item(shown, style))));
    let plain_style = Style { colour: false, width: None, ..*style };
    let mut lines: Vec<String> = report.coverage.iter().map(|coverage| report::coverage_lines(coverage, &plain_style)).collect();
    lines.dedup();
    if !lines.is_empty() {
        text.push_str(&format!("\n<details><summary>What was looked at</summary>\n\n{}\n</details>\n", fenced(&lines.concat())));
    }
    text
}

/// A playbook that has too much to say: its findings alone.
fn brief(report: &Report) -> String {
    let mut text = format!("\n## {}\n\n", plain(report.title.as_deref().unwrap_or(&report.playbook)));
    for finding in &report.findings {
        text.push_str(&format!("- {}: {}\n", finding.severity.word().to_uppercase(), plain(&finding.title)));
    }
    text + "\nIt has more to say than fits into a summary; the report has all of it.\n"
}

fn finding(finding: &Finding, style: &Style) -> String {
    let mut text = format!("### {}: {}\n\n", finding.severity.word().to_uppercase(), plain(&finding.title));
    if let Some(description) = &finding.description {
        let lines: Vec<String> = description.lines().map(plain).collect();
        text.push_str(&format!("{}\n\n", lines.join("  \n")));
    }
    if !finding.technique.is_empty() {
        let ids: Vec<String> = finding.technique.iter().map(|id| code(id)).collect();
        text.push_str(&format!("- technique: {}\n", ids.join(", ")));
    }
    for (kind, names) in report::by_kind(&finding.entities) {
        let named: Vec<String> = names.iter().take(5).map(|name| code(name)).collect();
        let more = if names.len() > 5 { format!(" and {} more", names.len() - 5) } else { String::new() };
        text.push_str(&format!("- {}: {}{more}\n", plain(kind), named.join(", ")));
    }
    if let Some(standing) = finding.standing {
        text.push_str(&format!("- {}\n", report::standing_text(standing, style)));
    }
    if let Some(answered) = &finding.answered {
        text.push_str(&format!("- {}\n", plain(&report::answered_text(answered))));
    }
    if let Some(confidence) = finding.confidence {
        text.push_str(&format!("- confidence: {}\n", confidence.word()));
    }
    text.push_str(&format!("- fingerprint: {}\n", code(&finding.fingerprint)));
    if let Some(kept) = &finding.kept {
        text.push_str(&format!("- all rows: {}\n", code(kept)));
    }
    if let Some(evidence) = &finding.evidence {
        let rest = match &finding.kept {
            Some(kept) => format!("{} has all rows", code(kept)),
            None => "`--evidence DIR` writes all rows".into(),
        };
        text.push_str(&format!("\n{}", table(evidence, &rest, style)));
    }
    text
}

fn item(item: &Item, style: &Style) -> String {
    match item {
        Item::Note(said) => note(said),
        Item::Table(shown) | Item::Value(Answer::Table(shown)) => table(shown, REST, style),
        Item::Bins(_) | Item::Picture(Drawing { .. }) => fenced(&super::answer::item(item, 0, &drawn(style))),
        Item::Value(_) => fenced(&super::answer::item(item, 0, &drawn(style))),
    }
}

/// Pictures are drawn for a column of text.
fn drawn(style: &Style) -> Style {
    Style { colour: false, unicode: true, width: Some(100), ..*style }
}

/// The first rows, how many more, and where those are.
fn table(table: &Table, rest: &str, style: &Style) -> String {
    if table.total == 0 {
        return "no rows\n".into();
    }
    let (columns, shown) = (visible(table), table.frame.height().min(ROWS));
    let kinds = table.frame.schema().columns();
    let heads: Vec<String> = columns.iter().filter_map(|column| kinds.get(*column)).map(|(name, _)| plain(name)).collect();
    let rules: Vec<&str> = columns.iter().filter_map(|column| kinds.get(*column)).map(|(_, kind)| rule(*kind)).collect();
    let mut text = format!("| {} |\n|{}|\n", heads.join(" | "), rules.join("|"));
    for row in 0..shown {
        let cells: Vec<String> =
            columns.iter().filter_map(|column| kinds.get(*column).map(|(_, kind)| cell(&table.frame, row, *column, *kind, style))).collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    let more = table.total.saturating_sub(shown as u64);
    if more > 0 {
        text.push_str(&format!("\n… and {more} more; {rest}\n"));
    }
    super::table::asides(table).iter().for_each(|said| text.push_str(&format!("\n{}\n", plain(said))));
    text
}

fn rule(kind: Type) -> &'static str {
    match kind {
        Type::Int | Type::Hex | Type::Float | Type::Duration => "---:",
        Type::Text | Type::List | Type::Time | Type::Bool => "---",
    }
}

fn cell(frame: &Frame, row: usize, column: usize, kind: Type, style: &Style) -> String {
    match frame.value(row, column) {
        Value::Missing => String::new(),
        Value::Time(at) => time(at, Precision::of([at], style.zone).max(Precision::Seconds), style.zone),
        // A bar would end the cell, even in a code span.
        value @ (Value::Text(_) | Value::List(_)) => code(&super::cell::text(&value, kind, Precision::Milliseconds, style.zone)).replace('|', "\\|"),
        value => super::cell::text(&value, kind, Precision::Milliseconds, style.zone),
    }
}

/// Text of strangers: one line in a code span, between more backticks than it has in a row.
fn code(text: &str) -> String {
    let clean = clean::escape(text);
    let cut: String = if clean.chars().count() > CELL { clean.chars().take(CELL - 1).chain(['…']).collect() } else { clean.into_owned() };
    if cut.trim().is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&cut) + 1);
    let room = if cut.starts_with(['`', ' ']) || cut.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{room}{cut}{room}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// Lines as they are.
fn fenced(text: &str) -> String {
    let clean = clean::escape_lines(text);
    let fence = "`".repeat((longest_run(&clean) + 1).max(3));
    format!("{fence}text\n{}\n{fence}\n", clean.trim_end_matches('\n'))
}

/// Words of a playbook in one line: every sign that Markdown or HTML would obey is escaped.
fn plain(text: &str) -> String {
    escaped(&clean::escape(text), "\\`*_{}[]#|~!:@$>")
}

/// Markdown of a playbook, quoted: emphasis, lists and code stay; links, pictures and HTML become text.
fn note(text: &str) -> String {
    escaped(&clean::escape_lines(text), "[]").lines().map(|line| format!("> {line}\n")).collect()
}

/// With a backslash before these signs; what begins a tag, an entity or a link is always escaped.
fn escaped(text: &str, signs: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + character.len_utf8()..]);
        let links = match character {
            ':' => after.starts_with('/'),
            '.' => before.len() >= 3 && before.is_char_boundary(before.len() - 3) && before[before.len() - 3..].eq_ignore_ascii_case("www"),
            '@' => before.ends_with(char::is_alphanumeric),
            _ => false,
        };
        match character {
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            _ if links || signs.contains(character) => safe.extend(['\\', character]),
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::{frame, style};
    use super::*;
    use crate::report::Columns;

    #[test]
    fn nothing_of_telemetry_is_obeyed() {
        let rows = frame(&[("Name", Type::Text)], &[&["``` [x](http://a) | <script> ` ** \n# h"]]);
        let text = table(&Table::whole(rows, Columns::All), REST, &style());
        assert_eq!(text, "| Name |\n|---|\n| ````` ``` [x](http://a) \\| <script> ` ** \\n# h ````` |\n".replace("`````", "````"));
        assert_eq!(plain("a*b_c[d](e)<f>|g"), "a\\*b\\_c\\[d\\](e)&lt;f\\>\\|g");
        assert_eq!(note("**b** [x](y) <img> http://a www.b `c:d`\n# t"), "> **b** \\[x\\](y) &lt;img> http\\://a www\\.b `c:d`\n> # t\n");
        assert_eq!(fenced("a\n````\nb"), "`````text\na\n````\nb\n`````\n");
    }
}
