//! A playbook's run as text for people: what it showed, what it found, how it ended, what was looked at.

use super::answer::{items, told};
use super::json::day_text;
use super::{Precision, Style, Tone, clean, table, time, toned};
use crate::diag::Fault;
use crate::hunt::memory::Standing;
use crate::hunt::{Coverage, Outcome, outcome};
use crate::plan::Period;
use crate::report::{Answered, Finding, Gone, Report, Weight};

/// Machines and days that a line names before it only counts.
const NAMED: usize = 5;

/// The whole report; how a fault looks is for stderr, here only that there was one.
pub fn text(report: &Report, fault: Option<&Fault>, style: &Style) -> String {
    let mut head = toned(&clean::escape(&report.playbook), Tone::Heading, style);
    if let Some(title) = &report.title {
        head.push_str(&format!("  {}", clean::escape(title)));
    }
    let mut blocks = vec![told(&head, 0, style)];
    blocks.extend(items(&report.items, 2, style));
    blocks.extend(report.findings.iter().map(|finding| self::finding(finding, 2, style)));
    blocks.push(end(report, fault, style));
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n")
}

/// One finding behind that many blanks, with a newline at the end.
pub fn finding(finding: &Finding, indent: usize, style: &Style) -> String {
    let tone = match finding.severity {
        Weight::Critical | Weight::High => Tone::Bad,
        Weight::Medium => Tone::Warning,
        Weight::Low | Weight::Info => Tone::Faint,
    };
    let mut first = format!("{}  {}", toned(&finding.severity.word().to_uppercase(), tone, style), toned(&clean::escape(&finding.title), Tone::Heading, style));
    if !finding.technique.is_empty() {
        first.push_str(&format!("  [{}]", clean::escape(&finding.technique.join(", "))));
    }
    let rows = finding.evidence.as_ref().map(|evidence| if evidence.total == 1 { "1 row".into() } else { format!("{} rows", evidence.total) });
    let confidence = finding.confidence.map(|confidence| format!("confidence {}", confidence.word()));
    let said: Vec<String> = [rows, confidence].into_iter().flatten().collect();
    if !said.is_empty() {
        first.push_str(&format!("  {}", said.join(", ")));
    }
    if let Some(standing) = &finding.standing {
        first.push_str(&format!("  {}", standing_text(*standing, style)));
    }
    let (mut text, below) = (told(&first, indent, style), indent + 2);
    if let Some(answered) = &finding.answered {
        text.push_str(&told(&toned(&clean::escape(&answered_text(answered)), Tone::Warning, style), below, style));
    }
    if let Some(description) = &finding.description {
        text.push_str(&told(&clean::escape_lines(description), below, style));
    }
    for (kind, names) in by_kind(&finding.entities) {
        let kind = toned(&format!("{}:", clean::escape(kind)), Tone::Faint, style);
        text.push_str(&told(&format!("{kind} {}", named(&names)), below, style));
    }
    text.push_str(&told(&toned(&format!("fingerprint {}", clean::escape(&finding.fingerprint)), Tone::Faint, style), below, style));
    if let Some(kept) = &finding.kept {
        text.push_str(&told(&toned(&format!("all rows: {}", clean::escape(kept)), Tone::Faint, style), below, style));
    }
    text + &finding.evidence.as_ref().map(|evidence| table::text(evidence, below, style)).unwrap_or_default()
}

/// What a finding is to earlier runs.
pub fn standing_text(standing: Standing, style: &Style) -> String {
    match standing {
        Standing::New => "new".into(),
        Standing::Known(first) => format!("known since {}", time(first, Precision::of([first], style.zone), style.zone)),
    }
}

/// Who answers for a finding, and why.
pub fn answered_text(answered: &Answered) -> String {
    let until = answered.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
    format!("suppressed{until} by {}: {}", answered.owner, answered.reason)
}

/// A finding of earlier runs that is there no more.
pub fn gone_text(gone: &Gone, style: &Style) -> String {
    let last = time(gone.last, Precision::of([gone.last], style.zone), style.zone);
    format!("gone: {} ({}), last found {last}, fingerprint {}", gone.title, gone.severity, gone.fingerprint)
}

/// Names of entities by their type, in the order in which types first come.
pub fn by_kind(entities: &[(String, String)]) -> Vec<(&str, Vec<&str>)> {
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for (kind, name) in entities {
        match kinds.iter_mut().find(|(known, _)| known == kind) {
            Some((_, names)) => names.push(name),
            None => kinds.push((kind, vec![name])),
        }
    }
    kinds
}

/// The first names, and how many more.
pub fn named(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(NAMED).map(|name| clean::escape(name)).collect();
    let more = names.len().saturating_sub(NAMED);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

fn end(report: &Report, fault: Option<&Fault>, style: &Style) -> String {
    let tone = match (fault, report.outcome) {
        (Some(_), _) | (None, Outcome::Found) => Tone::Bad,
        (None, Outcome::Clean) => Tone::Good,
        (None, Outcome::NotExamined | Outcome::Partial) => Tone::Warning,
    };
    let mut line = format!("outcome: {}", toned(ended(report, fault), tone, style));
    match (fault, report.outcome) {
        (Some(fault), _) => line.push_str(&format!(" ({})", clean::escape(&fault.message))),
        (None, Outcome::Found) => line.push_str(&format!(" ({})", counts(&report.findings))),
        (None, Outcome::NotExamined | Outcome::Partial) => line.push_str(&format!(" ({})", meaning(report.outcome))),
        (None, Outcome::Clean) => (),
    }
    let mut text = told(&line, 2, style);
    let answered = report.findings.len() - report.open_findings().count();
    if answered > 0 {
        text.push_str(&told(&toned(&format!("suppressed: {answered}"), Tone::Warning, style), 2, style));
    }
    for gone in report.gone.iter().flatten() {
        text.push_str(&told(&clean::escape(&gone_text(gone, style)), 2, style));
    }
    let mut said: Vec<String> = Vec::new();
    for coverage in &report.coverage {
        let lines = coverage_lines(coverage, style);
        if !said.contains(&lines) {
            text.push_str(&lines);
            said.push(lines);
        }
    }
    text
}

/// How a run ended, in the one word that programs and people read.
pub fn ended(report: &Report, fault: Option<&Fault>) -> &'static str {
    if fault.is_some() { "failed" } else { report.outcome.word() }
}

/// How much was looked at, by the query that lacks most.
pub fn looked_at(report: &Report, style: &Style) -> String {
    match outcome::least_covered(&report.coverage) {
        Some(least) => format!("{} of {} machine-days, {}", least.covered_machine_days, least.machine_days, period_text(&least.period, style)),
        None => "nothing asked".into(),
    }
}

/// Why not everything was looked at, in a line; nothing where it was.
pub fn lacking(report: &Report, style: &Style) -> Option<String> {
    let mut absent: Vec<&str> = report.coverage.iter().flat_map(|coverage| &coverage.not_examined).map(String::as_str).collect();
    absent.sort_unstable();
    absent.dedup();
    let mut silent: Vec<_> = report.coverage.iter().flat_map(|coverage| &coverage.silent).collect();
    silent.sort_unstable();
    silent.dedup();
    // Every query of a table counts the same records.
    let rejected = report.coverage.iter().map(|coverage| coverage.rejected).max().unwrap_or_default();
    let uncovered = report.coverage.iter().filter(|coverage| coverage.covered_machine_days == 0 && coverage.not_examined.is_empty());
    let mut why = Vec::new();
    if !absent.is_empty() {
        why.push(format!("the source never shows {}", named(&absent)));
    }
    if let Some((first, last)) = uncovered.filter_map(|coverage| coverage.covered).reduce(|left, right| (left.0.min(right.0), left.1.max(right.1))) {
        why.push(format!("the source covers only {} to {}", time(first, Precision::Seconds, style.zone), time(last, Precision::Seconds, style.zone)));
    }
    if !silent.is_empty() {
        let days: Vec<String> = silent.iter().map(|(machine, day)| format!("{machine} on {}", day_text(*day))).collect();
        why.push(format!("silent: {}", named(&days.iter().map(String::as_str).collect::<Vec<_>>())));
    }
    if rejected > 0 {
        why.push(format!("records that could not be read: {rejected}"));
    }
    (!why.is_empty()).then(|| why.join("; "))
}

/// What a reader who knows only the word should know of it.
pub fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Clean => "everything that was needed could be looked at, and nothing was found",
        Outcome::Found => "something was found",
        Outcome::NotExamined => "the telemetry that it needs was not there",
        Outcome::Partial => "nothing found, but not everything could be looked at",
    }
}

/// `3 findings: 1 high, 2 low`.
pub fn counts(findings: &[Finding]) -> String {
    let open: Vec<&Finding> = findings.iter().filter(|finding| finding.answered.is_none()).collect();
    if open.is_empty() {
        return "none".into();
    }
    let by_weight: Vec<String> = Weight::ALL
        .into_iter()
        .rev()
        .map(|weight| (weight, open.iter().filter(|finding| finding.severity == weight).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(weight, count)| format!("{count} {}", weight.word()))
        .collect();
    format!("{} finding{}: {}", open.len(), if open.len() == 1 { "" } else { "s" }, by_weight.join(", "))
}

/// What one query looked at, and what of it was missing.
pub fn coverage_lines(coverage: &Coverage, style: &Style) -> String {
    let what = match &coverage.need {
        Some(need) => format!("needed: {}", clean::escape(need)),
        None if coverage.operations.is_empty() => format!("covered: {}", clean::escape(&coverage.table)),
        None => format!("covered: {} ({})", clean::escape(&coverage.table), clean::escape(&coverage.operations.join(" "))),
    };
    let mut line = format!(
        "{what}, {}; {} machine{}, {} of {} machine-days",
        period_text(&coverage.period, style),
        coverage.machines,
        if coverage.machines == 1 { "" } else { "s" },
        coverage.covered_machine_days,
        coverage.machine_days,
    );
    // What was only declared was not read.
    if coverage.need.is_none() {
        line.push_str(&format!("; {} rows examined", coverage.rows));
    }
    let mut text = told(&line, 2, style);
    if !coverage.not_examined.is_empty() {
        let names: Vec<&str> = coverage.not_examined.iter().map(String::as_str).collect();
        text.push_str(&told(&toned(&format!("not examined: {}", named(&names)), Tone::Warning, style), 4, style));
    }
    if coverage.covered_machine_days == 0
        && let Some((first, last)) = coverage.covered
    {
        let span = format!("the source covers {} to {}", time(first, Precision::Seconds, style.zone), time(last, Precision::Seconds, style.zone));
        text.push_str(&told(&toned(&span, Tone::Warning, style), 4, style));
    }
    if !coverage.silent.is_empty() {
        let days: Vec<String> = coverage.silent.iter().map(|(machine, day)| format!("{machine} on {}", day_text(*day))).collect();
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        text.push_str(&told(&toned(&format!("silent: {}", named(&days)), Tone::Warning, style), 4, style));
    }
    if coverage.rejected > 0 {
        text.push_str(&told(&toned(&format!("records that could not be read: {}", coverage.rejected), Tone::Warning, style), 4, style));
    }
    text
}

/// `2020-09-21 00:00 to 2020-09-23 00:00`, or which end is open.
pub fn period_text(period: &Period, style: &Style) -> String {
    let precision = Precision::of(period.from.into_iter().chain(period.to), style.zone);
    let shown = |at: i64| time(at, precision, style.zone);
    match (period.from, period.to) {
        (None, None) => "all time".into(),
        (Some(from), None) => format!("from {}", shown(from)),
        (None, Some(to)) => format!("up to {}", shown(to)),
        (Some(from), Some(to)) => format!("{} to {}", shown(from), shown(to)),
    }
}
