//! The file of `--suppressions`: findings that somebody answers for, each with an owner, a reason, and mostly an end.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::context::Context;
use super::source::Nowhere;
use crate::diag::{Fault, Place, Severity, SourceText, reason};
use crate::hunt::period;
use crate::hunt::suppression::{Suppressed, Suppression};
use crate::script::check_condition;

const FORM: &str = "[[suppress]]\nfingerprint = \"…\"   # or: where = \"e.Machine == \\\"WKS01\\\"\"\nplaybook = \"scripts/office.rhai\"   # may be left out\nowner = \"soc@acme.example\"\nreason = \"what it really is\"\nexpires = 2026-12-31   # may be left out";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    suppress: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    fingerprint: Option<String>,
    r#where: Option<Spanned<String>>,
    playbook: Option<String>,
    owner: String,
    reason: String,
    expires: Option<Spanned<Until>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Until {
    Day(toml::value::Datetime),
    Text(String),
}

/// Reads the file; what is wrong in it stops the run before it begins.
pub fn read(context: &Context, path: &Path) -> Result<Vec<Suppression>, Fault> {
    let setup = context.setup(Arc::new(Nowhere), BTreeMap::new())?;
    let text = std::fs::read_to_string(path).map_err(|error| {
        Fault::new("suppressions::unreadable", format!("--suppressions {}: {}", path.display(), reason(&error)))
            .with_help("name a text file in TOML that can be read")
    })?;
    let source = Arc::new(SourceText { name: path.display().to_string(), text });
    let at = |span: std::ops::Range<usize>| Place { source: source.clone(), span, label: None };
    let file: File = toml::from_str(&source.text).map_err(|error| {
        let fault = Fault::new("suppressions::syntax", error.message().to_string()).with_help(FORM);
        error.span().map_or(fault.clone(), |span| fault.at(at(span)))
    })?;
    let mut listed = Vec::new();
    for entry in file.suppress {
        let span = entry.span();
        let head = span.start..source.text[span.clone()].find('\n').map_or(span.end, |end| span.start + end);
        let entry = entry.into_inner();
        let what = match (entry.fingerprint, entry.r#where) {
            (Some(fingerprint), None) => Suppressed::Finding(fingerprint.trim().to_lowercase()),
            (None, Some(condition)) => {
                check_condition(&setup, condition.get_ref()).map_err(|fault| Fault { places: vec![at(condition.span())], ..fault })?;
                Suppressed::Rows(condition.into_inner())
            }
            (Some(_), Some(_)) | (None, None) => {
                return Err(Fault::new("suppressions::what", "a suppression has either a `fingerprint` or a `where`").with_help(FORM).at(at(head)));
            }
        };
        if entry.owner.trim().is_empty() || entry.reason.trim().is_empty() {
            return Err(Fault::new("suppressions::why", "a suppression needs an owner and a reason")
                .with_help("say who answers for it, and why it is harmless")
                .at(at(head)));
        }
        let (mut expires, mut until) = (None, None);
        if let Some(given) = entry.expires {
            let text = match given.get_ref() {
                Until::Day(day) => day.to_string(),
                Until::Text(text) => text.clone(),
            };
            expires = Some(period::parse_time(&text, context.zone).map_err(|error| Fault { places: vec![at(given.span())], ..Fault::from(&error) })?);
            until = Some(text);
        }
        listed.push(Suppression { what, playbook: entry.playbook, owner: entry.owner, reason: entry.reason, expires, until, place: at(head) });
    }
    Ok(listed)
}

/// Warnings: entries whose time is over, and entries for playbooks of this run that changed nothing.
pub fn stale(listed: &[Suppression], used: &[usize], playbooks: &[&str], now: i64) -> Vec<Fault> {
    let mut warnings = Vec::new();
    for (at, suppression) in listed.iter().enumerate() {
        let fault = if suppression.has_expired(now) {
            let until = suppression.until.as_deref().unwrap_or_default();
            Fault::new("suppressions::expired", format!("the suppression {} expired on {until}", suppression.describe()))
                .with_help(format!("ask {} whether it still holds; take it out, or set a later `expires`", suppression.owner))
        } else if !used.contains(&at) && playbooks.iter().any(|playbook| suppression.is_for(playbook)) {
            Fault::new("suppressions::unused", format!("the suppression {} suppressed nothing", suppression.describe()))
                .with_help(format!("what it was for may be gone: ask {}, and take it out", suppression.owner))
        } else {
            continue;
        };
        warnings.push(Fault { severity: Severity::Warning, places: vec![suppression.place.clone()], ..fault });
    }
    warnings
}
