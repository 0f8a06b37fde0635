//! The short view: which columns of rows people see, where they did not say.

use crate::plan::Schema;
use crate::telemetry::{self, TABLES, TIMELINE};

/// For each column of the schema, whether the short view has it: those that their tables mark, and all that are not of a table.
pub fn short(schema: &Schema) -> Vec<bool> {
    let known = tables_within(schema);
    schema.names().map(|name| is_short(name, &known)).collect()
}

/// The tables whose columns are there nearly whole: rows as a query gave them, not what a hunter selected or computed.
fn tables_within(schema: &Schema) -> Vec<&'static telemetry::Table> {
    let whole = |table: &&'static telemetry::Table| {
        let there = table.columns.iter().filter(|column| schema.position(column.name).is_some()).count();
        there * 5 >= table.columns.len() * 3
    };
    // Every table has most columns of a timeline; these are its own.
    if whole(&&TIMELINE) && ["Actor", "Target", "Detail"].iter().all(|name| schema.position(name).is_some()) {
        return vec![&TIMELINE];
    }
    let found: Vec<_> = TABLES.iter().copied().filter(whole).collect();
    let fits = |table: &telemetry::Table| table.columns.iter().filter(|column| schema.position(column.name).is_some()).count();
    let best = found.iter().map(|table| fits(table)).max().unwrap_or(0);
    let is_union = schema.position("Table").is_some();
    found.into_iter().filter(|table| is_union || fits(table) == best).collect()
}

fn is_short(name: &str, known: &[&telemetry::Table]) -> bool {
    let name = name.strip_suffix("_right").unwrap_or(name);
    let declared: Vec<_> = known.iter().filter_map(|table| table.column(name)).collect();
    declared.is_empty() || declared.iter().any(|column| column.short)
}
