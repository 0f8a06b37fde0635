//! Rows as a table: the short view's columns, the first rows, and how many more there are.

use maud::{Markup, html};

use super::super::table::{asides, visible};
use super::super::{Precision, Style, cell};
use super::seen;
use crate::plan::Value;
use crate::report::Table;
use crate::telemetry::Type;

/// Rows that a page shows of one table.
const ROWS: usize = 200;
/// Where the rows are that it does not show.
pub const REST: &str = "-o FILE.json has all rows";
/// Characters of a cell that stay on one line, that are seen without opening it, and that are there at all.
const WORDS: usize = 32;
const FOLDED: usize = 300;
const CELL: usize = 20_000;

/// `rest` says where the rows are that it does not show.
pub fn table(table: &Table, caption: &str, rest: Option<&str>, style: &Style) -> Markup {
    if table.total == 0 {
        return html! { p class="faint" { "no rows" } };
    }
    let kinds = table.frame.schema().columns();
    let shown = table.frame.height().min(ROWS);
    let columns: Vec<(usize, &str, Type, Precision)> = visible(table)
        .into_iter()
        .filter_map(|at| kinds.get(at).map(|(name, kind)| (at, &**name, *kind)))
        .map(|(at, name, kind)| {
            let times = (0..shown).filter_map(|row| match table.frame.value(row, at) {
                Value::Time(time) => Some(time),
                _ => None,
            });
            (at, name, kind, Precision::of(times, style.zone))
        })
        .collect();
    let more = table.total.saturating_sub(shown as u64);
    let said = if more > 0 {
        let rest = rest.map(|rest| format!("; {rest}")).unwrap_or_default();
        format!("{caption}: the first {shown} of {} rows{rest}", table.total)
    } else {
        format!("{caption}: {} row{}", table.total, super::plural(shown))
    };
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (said) }
                thead { tr { @for (_, name, kind, _) in &columns { th scope="col" class=[class_of(*kind)] { (seen(name)) } } } }
                tbody {
                    @for row in 0..shown {
                        tr { @for (at, _, kind, precision) in &columns { (cell(&cell::text(&table.frame.value(row, *at), *kind, *precision, style.zone), *kind)) } }
                    }
                }
            }
        }
        @for said in asides(table) { p class="faint" { (said) } }
    }
}

fn class_of(kind: Type) -> Option<&'static str> {
    match kind {
        Type::Int | Type::Hex | Type::Float | Type::Duration => Some("number"),
        Type::Text | Type::List | Type::Time | Type::Bool => None,
    }
}

/// A short one stays on its line, a long one is broken, and of a very long one the beginning is seen until it is opened.
fn cell(text: &str, kind: Type) -> Markup {
    let length = text.chars().count();
    let first = |count: usize| text.chars().take(count).chain(['…']).collect::<String>();
    let class = if length > WORDS { Some("long") } else { class_of(kind) };
    html! {
        td class=[class] {
            @if length <= FOLDED { (text) } @else {
                details {
                    summary { (first(FOLDED / 2)) }
                    @if length <= CELL { (text) } @else { (first(CELL)) }
                }
            }
        }
    }
}
