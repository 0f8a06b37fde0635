//! A file that is named by a hash. Where a row does not have the hash of its file, that is known by its path, from the rows that tell both.

use std::sync::Arc;

use super::scan::supporting;
use super::{Context, Target, names};
use crate::plan::{Expr, Func, How, Period, Plan, Source, Step, Value};
use crate::telemetry::Table;

/// The column that marks these rows; dropped again after the filter.
pub(super) const HAS_HASH: &str = "file: has hash";

/// Where hashes of files stand beside their paths, and on which operations.
const KNOWN: [(&str, &[&str]); 2] = [("process", &["create", "load"]), ("file", &[])];

/// The end of the column that holds hashes of this form: `Md5`, `Sha1`, `Sha256`. None where the text is no hash.
pub(super) fn kind(text: &str) -> Option<&'static str> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.len() {
        32 if is_hex => Some("Md5"),
        40 if is_hex => Some("Sha1"),
        64 if is_hex => Some("Sha256"),
        _ => None,
    }
}

/// Whether a side's own column can answer alone. Protection products name files, and hardly ever their hashes; an actor has those of its start, where that
/// was seen.
pub(super) fn is_own(table: &Table, side: &str, kind: &str) -> bool {
    side == "Child" && table.name != "detection" && table.column(&format!("{side}{kind}")).is_some()
}

/// Rows that have the hash; where they have none, those that are marked.
pub(super) fn condition(hash: &str, kind: &str, side: &str, table: &Table) -> Arc<Expr> {
    let name = format!("{side}{kind}");
    let marked = || Expr::call(Func::IsTrue, vec![Expr::column(HAS_HASH)]);
    if table.column(&name).is_none() {
        return marked();
    }
    let same = Expr::equal(Expr::column(name.as_str()), Expr::text(hash.to_ascii_lowercase()));
    if is_own(table, side, kind) {
        return same;
    }
    let unknown = Expr::call(Func::IsMissing, vec![Expr::column(name)]);
    Expr::or(same, Expr::and(unknown, marked()))
}

/// Marks the rows whose file lies where, on the same machine and at any time up to the period's end, a file with one of these hashes was seen.
pub(super) fn mark(plan: Plan, side: &str, hashes: &[&str], target: &Target, context: &Context<'_>) -> Plan {
    let until = Target { scope: target.scope.clone(), period: Period { from: None, to: target.period.to } };
    let parts = KNOWN.iter().map(|(table, operations)| {
        let any = ["Md5", "Sha1", "Sha256"].into_iter().filter_map(|suffix| {
            let same: Arc<[Value]> = hashes.iter().filter(|hash| kind(hash) == Some(suffix)).map(|hash| Value::text(hash.to_ascii_lowercase())).collect();
            (!same.is_empty()).then(|| Arc::new(Expr::In(Expr::column(format!("Child{suffix}")), same)))
        });
        let any = any.reduce(Expr::or).unwrap_or_else(|| Expr::literal(Value::Bool(false)));
        let rows = Plan::scan(supporting(table, operations, &until, context)).then(Step::Filter(any));
        Arc::new(rows.then(Step::Select(names(&["Muid", "ChildPath"]))))
    });
    let right = Plan { source: Source::Union(parts.collect()), steps: Vec::new() }
        .then(Step::Select(names(&["Muid", "ChildPath"])))
        .then(Step::Distinct(Vec::new()))
        .then(Step::Derive(HAS_HASH.into(), Expr::literal(Value::Bool(true))));
    let mine = vec![Arc::from("Muid"), Arc::from(format!("{side}Path"))];
    plan.then(Step::Join { right: Arc::new(right), how: How::Left, left_on: mine, right_on: names(&["Muid", "ChildPath"]), within: None })
}
