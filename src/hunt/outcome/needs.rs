//! What a scan needs the source to show.

use std::sync::Arc;

use crate::plan::{Comparison, Expr, Need, Plan, Scan, Source, Step, Value, folded_equal};
use crate::telemetry::{Kind, table, words};

/// Tables of hits: that there are none is told by a sensor that wrote anything else.
const ALERTS: [&str; 2] = ["detection", "ioa"];

/// One thing that must be shown.
pub(super) enum Evidence {
    Need(Need),
    /// Raw records of any of these channels (of every one where none is named), of an event id or of every one.
    Raw {
        channels: Vec<Arc<str>>,
        event_id: Option<i64>,
    },
}

/// What the scan says itself; else each of its operations, or any row of a table that has none. Empty for a scan that only adds to an answer.
pub(super) fn needs(scan: &Scan) -> Vec<Evidence> {
    if let Some(needs) = &scan.needs {
        return needs.iter().cloned().map(Evidence::Need).collect();
    }
    if scan.table == "event" {
        return raw_needs(scan);
    }
    let declared = table(scan.table).map(|table| table.operations).unwrap_or_default();
    let wanted = declared.iter().filter(|operation| scan.operations.as_ref().is_none_or(|words| words.iter().any(|word| **word == *operation.word)));
    let by_operation: Vec<Evidence> = wanted.map(|operation| need(format!("{}.{}", scan.table, operation.word), operation.from)).collect();
    if by_operation.is_empty() { vec![need(scan.table.into(), words::sources(scan.table))] } else { by_operation }
}

fn need(label: String, from: &[&str]) -> Evidence {
    Evidence::Need(Need { label: label.into(), any_of: from.iter().map(|kind| Arc::from(*kind)).collect() })
}

/// Each event id in any of the channels, since no channel has all of them; and each of several channels.
fn raw_needs(scan: &Scan) -> Vec<Evidence> {
    let raw = |channels: &[Arc<str>], event_id: Option<i64>| Evidence::Raw { channels: channels.to_vec(), event_id };
    let mut found: Vec<Evidence> = scan.event_ids.iter().map(|id| raw(&scan.channels, Some(*id))).collect();
    match scan.channels.as_slice() {
        [] if found.is_empty() => found.push(raw(&[], None)),
        [] => {}
        [_] if !found.is_empty() => {}
        channels => found.extend(channels.iter().map(|channel| raw(std::slice::from_ref(channel), None))),
    }
    found
}

/// The name of the view that a scan belongs to, when any telemetry at all shows what it needs.
pub(super) fn anything(scan: &Scan) -> Option<&Arc<str>> {
    scan.needs.iter().flatten().find(|need| need.is_anything()).map(|need| &need.label)
}

impl Evidence {
    /// Whether these rows show it.
    ///
    /// A need that names a sensor alone (`Defender`) is shown by anything that it wrote. One that names an operation of the table (`process.create`) is shown
    /// by rows of that operation too, whichever sensor gave them; one that names the table alone, by any row of it.
    pub(super) fn is_shown_by(&self, shown: &Kind, scan: &Scan) -> bool {
        match self {
            Evidence::Need(need) if need.is_anything() => true,
            Evidence::Need(need) => {
                let of_table = *shown.table == *scan.table;
                let by_kind = need.any_of.iter().any(|kind| match kind.split_once('/') {
                    Some((provider, id)) => of_table && *shown.provider == *provider && shown.event_id.is_some_and(|known| id.parse() == Ok(known)),
                    None => *shown.provider == **kind && (of_table || ALERTS.contains(&scan.table)),
                });
                let by_word = match need.label.split_once('.') {
                    None => *need.label == *scan.table,
                    Some((table, word)) => *table == *scan.table && *shown.operation == *word,
                };
                by_kind || (of_table && by_word)
            }
            Evidence::Raw { channels, event_id } => {
                &*shown.table == "event"
                    && (channels.is_empty() || channels.iter().any(|channel| folded_equal(channel, &shown.channel)))
                    && event_id.is_none_or(|id| shown.event_id == Some(id))
            }
        }
    }

    /// As coverage names it: `process.access (Sysmon/10, Security/4656, Security/4663)`.
    pub(super) fn describe(&self) -> String {
        match self {
            Evidence::Need(need) if need.any_of.is_empty() => need.label.to_string(),
            Evidence::Need(need) if need.is_anything() => format!("{} (any telemetry)", need.label),
            Evidence::Need(need) => format!("{} ({})", need.label, need.any_of.join(", ")),
            Evidence::Raw { channels, event_id } => {
                let channel = if channels.is_empty() { "any channel".to_string() } else { channels.join(" or ") };
                event_id.map_or_else(|| format!("event ({channel})"), |id| format!("event ({channel}/{id})"))
            }
        }
    }

    /// Whether it asks for this operation of a table, of whatever kind of thing.
    pub(super) fn is_of(&self, table: &str, operation: &str) -> bool {
        let Evidence::Need(need) = self else { return false };
        need.label.split_once('.').is_some_and(|(of, word)| of == table && word.rsplit('.').next() == Some(operation))
    }
}

/// The scans of a plan. Where a query named no operation, but the filters right behind it let only some through, these are what it needs.
pub(super) fn narrowed_scans(plan: &Plan) -> Vec<Scan> {
    let mut scans: Vec<Scan> = match &plan.source {
        Source::Scan(scan) => vec![narrowed(scan, &plan.steps)],
        Source::Union(plans) => plans.iter().flat_map(|plan| narrowed_scans(plan)).collect(),
    };
    scans.extend(plan.steps.iter().flat_map(Step::plans).flat_map(|plan| narrowed_scans(plan)));
    scans
}

fn narrowed(scan: &Scan, steps: &[Step]) -> Scan {
    let unasked = scan.needs.as_ref().is_some_and(|needs| matches!(needs.as_slice(), [need] if *need.label == *scan.table));
    let Some(table) = table(scan.table).filter(|table| unasked && !table.operations.is_empty()) else { return scan.clone() };
    let mut named: Option<Vec<Arc<str>>> = None;
    for step in steps {
        let Step::Filter(condition) = step else { break };
        for found in parts(condition).into_iter().filter_map(words_of) {
            named = Some(match named {
                None => found,
                Some(known) => known.into_iter().filter(|word| found.iter().any(|other| folded_equal(word, other))).collect(),
            });
        }
    }
    let operations = named.map(|named| {
        table.operations.iter().map(|known| known.word).filter(|word| named.iter().any(|name| folded_equal(name, word))).map(Arc::from).collect::<Vec<_>>()
    });
    match operations.filter(|operations| !operations.is_empty()) {
        Some(operations) => Scan { operations: Some(operations), needs: None, ..scan.clone() },
        None => scan.clone(),
    }
}

/// The conditions that all must hold.
fn parts(condition: &Expr) -> Vec<&Expr> {
    match condition {
        Expr::And(all) => all.iter().flat_map(|part| parts(part)).collect(),
        other => vec![other],
    }
}

/// The words of `Operation` that a condition lets through, where it says so plainly.
fn words_of(condition: &Expr) -> Option<Vec<Arc<str>>> {
    let is_operation = |expr: &Expr| matches!(expr, Expr::Column(name) if &**name == "Operation");
    let text = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    match condition {
        Expr::Compare(Comparison::Equal, left, right) => match (&**left, &**right) {
            (column, Expr::Literal(value)) | (Expr::Literal(value), column) if is_operation(column) => text(value).map(|word| vec![word]),
            _ => None,
        },
        Expr::In(inner, values) if is_operation(inner) => values.iter().map(text).collect(),
        Expr::Or(any) => any.iter().map(|part| words_of(part)).collect::<Option<Vec<_>>>().map(|words| words.concat()),
        _ => None,
    }
}
