//! One page of HTML: no script, no network, light and dark, on paper too. Everything that is not markup of ours is text: `maud` escapes it.

mod chart;
mod course;
mod note;
mod plot;
mod rows;

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Ended, Style, clean, report as text};
use crate::diag::Fault;
use crate::hunt::Outcome;
use crate::report::{Answer, Drawing, Finding, Item, Report};

/// Nothing may be loaded and nothing run, whatever got into the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// All playbooks of a run: outcomes and coverage first.
pub fn write(out: &mut dyn Write, runs: &[Ended], style: &Style) -> io::Result<()> {
    let found: usize = runs.iter().map(|(report, _)| report.open_findings().count()).sum();
    let title = format!("Huntsman: {found} finding{} of {} playbook{}", plural(found), runs.len(), plural(runs.len()));
    let body = html! {
        header { h1 { (title) } }
        main {
            (summary(runs, style))
            @for (at, (report, fault)) in runs.iter().enumerate() { (playbook(at, report, fault.as_ref(), style)) }
        }
        footer class="faint" { p { "Huntsman " (env!("CARGO_PKG_VERSION")) } }
    };
    page(out, &title, &body)
}

/// What one expression showed, raised and answered.
pub fn write_reply(out: &mut dyn Write, items: &[Item], findings: &[Finding], answer: &Answer, style: &Style) -> io::Result<()> {
    let body = html! {
        main {
            h1 { "Answer" }
            @for shown in items { (item(shown, style)) }
            @for found in findings { (finding(found, style)) }
            @if !matches!(answer, Answer::Nothing) { (item(&Item::Value(answer.clone()), style)) }
        }
    };
    page(out, "Huntsman", &body)
}

fn page(out: &mut dyn Write, title: &str, body: &Markup) -> io::Result<()> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body { (body) }
        }
    };
    out.write_all(page.into_string().as_bytes())?;
    out.write_all(b"\n")
}

pub(super) fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// As it may be shown: what hides or turns text around is written out.
pub(super) fn seen(text: &str) -> String {
    clean::escape(text).into_owned()
}

fn summary(runs: &[Ended], style: &Style) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="region" aria-label="Outcomes" {
            table {
                caption { "Outcome of each playbook" }
                thead { tr { th scope="col" { "Playbook" } th scope="col" { "Outcome" } th scope="col" { "Findings" } th scope="col" { "Looked at" } } }
                tbody {
                    @for (at, (report, fault)) in runs.iter().enumerate() {
                        @let word = text::ended(report, fault.as_ref());
                        tr {
                            th scope="row" { a href={ "#playbook-" (at) } { (seen(report.title.as_deref().unwrap_or(&report.playbook))) } }
                            td { span class={ "outcome " (word) } { (word.replace('_', " ")) } }
                            td { (text::counts(&report.findings)) }
                            td { (text::looked_at(report, style)) }
                        }
                    }
                }
            }
        }
    }
}

fn playbook(at: usize, report: &Report, fault: Option<&Fault>, style: &Style) -> Markup {
    let word = text::ended(report, fault);
    html! {
        section aria-labelledby={ "playbook-" (at) } {
            h2 id={ "playbook-" (at) } { (seen(report.title.as_deref().unwrap_or(&report.playbook))) }
            p class="path faint" { (seen(&report.playbook)) }
            p {
                span class={ "outcome " (word) } { (word.replace('_', " ")) } ": "
                @match fault {
                    Some(fault) => { (seen(&fault.message)) }
                    None => { (text::meaning(report.outcome)) }
                }
            }
            @if let Some(why) = text::lacking(report, style) { p class="partial" { "Not everything was looked at: " (seen(&why)) } }
            @if let Some(fault) = fault { pre { (clean::escape_lines(&super::fault(fault, &plain(style)))) } }
            @for found in &report.findings { (finding(found, style)) }
            @for gone in report.gone.iter().flatten() { p { (seen(&text::gone_text(gone, style))) } }
            @for shown in &report.items { (item(shown, style)) }
            (coverage(report, style))
            @if !report.sections.is_empty() {
                details {
                    summary { "What the playbook is about" }
                    @for (heading, words) in &report.sections { h3 { (seen(heading)) } p { (clean::escape_lines(words)) } }
                }
            }
        }
    }
}

fn coverage(report: &Report, style: &Style) -> Markup {
    let mut lines: Vec<String> = report.coverage.iter().map(|coverage| text::coverage_lines(coverage, &plain(style))).collect();
    lines.dedup();
    let is_open = matches!(report.outcome, Outcome::Partial | Outcome::NotExamined);
    html! {
        @if !lines.is_empty() {
            details open[is_open] {
                summary { "What was looked at" }
                pre { (lines.concat()) }
            }
        }
    }
}

/// For what is drawn as text.
pub(super) fn plain(style: &Style) -> Style {
    Style { colour: false, unicode: true, width: Some(100), ..*style }
}

fn finding(finding: &Finding, style: &Style) -> Markup {
    html! {
        article class={ "finding " (finding.severity.word()) } {
            h3 { span class={ "severity " (finding.severity.word()) } { (finding.severity.word()) } " " (seen(&finding.title)) }
            @if let Some(answered) = &finding.answered { p class="partial" { (seen(&text::answered_text(answered))) } }
            @if let Some(description) = &finding.description { p { (clean::escape_lines(description)) } }
            dl {
                @if !finding.technique.is_empty() {
                    dt { "technique" }
                    dd { (seen(&finding.technique.join(", "))) }
                }
                @if let Some(confidence) = finding.confidence {
                    dt { "confidence" }
                    dd { (confidence.word()) }
                }
                @for (kind, names) in text::by_kind(&finding.entities) {
                    dt { (seen(kind)) }
                    dd { (text::named(&names)) }
                }
                @if let Some(standing) = finding.standing {
                    dt { "status" }
                    dd { (text::standing_text(standing, style)) }
                }
                dt { "fingerprint" }
                dd { code { (seen(&finding.fingerprint)) } }
            }
            @if let Some(kept) = &finding.kept { p { "All rows: " code { (seen(kept)) } } }
            @if let Some(evidence) = &finding.evidence { (chart::over_time(evidence, style)) (rows::table(evidence, "Evidence", finding.kept.is_none().then_some("--evidence DIR writes all rows"), style)) }
        }
    }
}

fn item(item: &Item, style: &Style) -> Markup {
    match item {
        Item::Note(said) => note::html(said),
        Item::Table(shown) | Item::Value(Answer::Table(shown)) => rows::table(shown, "Rows", Some(rows::REST), style),
        Item::Bins(bins) | Item::Value(Answer::Bins(bins)) => chart::bins(bins, style),
        Item::Picture(Drawing { rows, view, by }) => chart::picture(rows, *view, by.as_deref(), style),
        Item::Value(_) => html! { pre { (super::answer::item(item, 0, &plain(style))) } },
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::{frame, style, table};
    use super::*;
    use crate::telemetry::Type;

    #[test]
    fn telemetry_is_text() {
        let hostile = "</td><script>alert(1)</script><img src=x onerror=y> \"'&\u{202e}\x1b";
        let rows = table(frame(&[("Name", Type::Text)], &[&[hostile]]));
        let mut bytes = Vec::new();
        let items = [Item::Note(format!("**b** {hostile} [x](javascript:y) ![z](http://a)")), Item::Table(rows)];
        write_reply(&mut bytes, &items, &[], &Answer::Nothing, &style()).unwrap();
        let page = String::from_utf8(bytes).unwrap();
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("href=\"java") && !page.contains("src=\""), "{page}");
        assert!(page.contains("<strong>b</strong>") && !page.chars().any(|character| clean::is_hidden(character) && character != '\n'), "{page}");
    }
}
