//! Scans of one table, with the operations that were asked for.

use std::sync::Arc;

use super::given::{Asked, known_word};
use super::{Context, Target};
use crate::plan::{Expr, Need, Scan, Value};
use crate::telemetry::{Table, words};

/// Everything that the table holds of the target.
pub(super) fn scan(table: &'static str, target: &Target, context: &Context<'_>) -> Scan {
    Scan { period: target.period, scope: target.scope.clone(), ..Scan::of(table, context.zone) }
}

/// The same, for rows that only add to an answer: their absence leaves no gap.
pub(super) fn supporting(table: &'static str, operations: &[&str], target: &Target, context: &Context<'_>) -> Scan {
    let operations = (!operations.is_empty()).then(|| operations.iter().map(|word| Arc::from(*word)).collect());
    Scan { operations, needs: Some(Vec::new()), ..scan(table, target, context) }
}

/// The scan of a table with the operations asked for, or those that it returns unasked; and what remains to be filtered of `operation`.
pub(super) fn asked_scan(table: &'static Table, target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> (Scan, Option<Arc<Expr>>) {
    let mut scan = scan(table.name, target, context);
    let given = asked.texts("operation");
    if given.is_empty() {
        let words: Vec<Arc<str>> = table.operations.iter().filter(|operation| operation.default).map(|operation| Arc::from(operation.word)).collect();
        scan.operations = (words.len() < table.operations.len()).then_some(words);
        scan.needs = Some(anything(table, asked));
        return (scan, None);
    }
    let mut words: Vec<&'static str> = Vec::new();
    let mut conditions = Vec::new();
    let mut every = false;
    for word in given {
        let class = words::FILE_CLASSES.iter().find(|(class_word, ..)| table.name == "file" && class_word.eq_ignore_ascii_case(word.trim()));
        let condition = match class {
            Some((_, class, needed)) => {
                every |= needed.is_none();
                words.extend(needed);
                let is_class = Expr::equal(Expr::column("FileClass"), Expr::text(class));
                needed.map_or(is_class.clone(), |operation| Expr::and(is_operation(operation), is_class))
            }
            None => {
                let known: Vec<&'static str> = table.operations.iter().map(|operation| operation.word).collect();
                let Some(word) = known_word(word, &known) else { continue };
                words.push(word);
                is_operation(word)
            }
        };
        conditions.push((class.is_some(), condition));
    }
    scan.needs = if every { Some(anything(table, asked)) } else { system_needs(table, asked, &words) };
    if !every {
        // In the order in which the table declares them, so that equal questions are equal plans.
        let wanted = table.operations.iter().map(|operation| operation.word).filter(|word| words.contains(word));
        scan.operations = Some(wanted.map(Arc::from).collect());
    }
    let remains = conditions.iter().any(|(is_class, _)| *is_class);
    let any = conditions.into_iter().map(|(_, condition)| condition).reduce(Expr::or);
    (scan, any.filter(|_| remains))
}

fn is_operation(word: &str) -> Arc<Expr> {
    Expr::equal(Expr::column("Operation"), Expr::literal(Value::text(word)))
}

/// In `system` one word of `operation` says different things of different kinds: a service's start is not shown by a pipe's. So what the source must
/// show follows from both, where a kind is asked for. Else it follows from the operations.
fn system_needs(table: &Table, asked: &Asked<'_>, operations: &[&str]) -> Option<Vec<Need>> {
    let kinds = asked.texts("kind");
    let needs = (table.name == "system" && !kinds.is_empty()).then(|| words::system_words(&kinds, operations));
    needs.map(|words| words.map(|word| need(format!("system.{}.{}", word.kind, word.operation), word.from)).collect())
}

/// A query that names no operation asks for whatever the table holds: any of its records will do.
pub(super) fn anything(table: &Table, asked: &Asked<'_>) -> Vec<Need> {
    let kinds = asked.texts("kind");
    if table.name == "system" && !kinds.is_empty() {
        let froms = |kind: &str| words::system_words(&[kind], &[]).flat_map(|word| word.from.iter().copied()).collect::<Vec<_>>();
        return kinds.iter().map(|kind| need(format!("system.{}", kind.trim().to_lowercase()), &froms(kind))).collect();
    }
    vec![anything_of(table)]
}

/// That any record of a table is there.
pub(crate) fn anything_of(table: &Table) -> Need {
    let all: Vec<&str> = table.operations.iter().flat_map(|operation| operation.from.iter().copied()).collect();
    need(table.name.into(), if all.is_empty() { words::sources(table.name) } else { &all })
}

fn need(label: String, from: &[&str]) -> Need {
    let mut any_of: Vec<Arc<str>> = from.iter().map(|kind| Arc::from(*kind)).collect();
    any_of.sort();
    any_of.dedup();
    Need { label: label.into(), any_of }
}
