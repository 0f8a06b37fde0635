//! Rows of any table in the one shape of a timeline.

use std::sync::Arc;

use super::names;
use crate::plan::{Expr, Func, Plan, Source, Step, Value};
use crate::telemetry::{Line, TIMELINE, Table, Told, Type};

/// The rows of one table as lines; columns after those of a timeline (`further`) stay. A table without lines gives none.
pub(super) fn told(rows: &Plan, table: &Table, line: &Line, further: &[&str]) -> Plan {
    let mut plan = rows.clone();
    for (name, told) in [("Operation", line.operation), ("Actor", line.actor), ("Target", line.target), ("Detail", line.detail)] {
        let is_there = matches!(told, Told::Column(column) if column == name);
        // What a search has put there says more.
        if !is_there && !further.contains(&name) {
            plan.steps.push(Step::Derive(name.into(), text(table, told)));
        }
    }
    if table.column("LoggedUser").is_none() {
        plan.steps.push(Step::Derive("LoggedUser".into(), Expr::literal(Value::Missing)));
    }
    let shown = TIMELINE.columns.iter().map(|column| column.name).filter(|name| *name != "Table");
    let further = further.iter().copied().filter(|name| TIMELINE.column(name).is_none());
    plan.then(Step::Select(shown.chain(further).map(Arc::from).collect()))
}

/// Lines of several tables together, in row order.
pub(super) fn together(parts: Vec<Arc<Plan>>, further: &[&str]) -> Plan {
    let mut shown: Vec<&str> = TIMELINE.columns.iter().map(|column| column.name).collect();
    // Behind what the line says, before where it comes from.
    let place = shown.iter().position(|name| *name == "Detail").map_or(shown.len(), |place| place + 1);
    shown.splice(place..place, further.iter().copied());
    Plan { source: Source::Union(parts), steps: vec![Step::Select(names(&shown))] }
}

/// What is told, as a text.
fn text(table: &Table, told: Told) -> Arc<Expr> {
    match told {
        Told::Missing => Expr::literal(Value::Missing),
        Told::Always(text) => Expr::text(text),
        Told::Column(name) => match table.column(name).map(|column| column.kind) {
            Some(Type::Text) => Expr::column(name),
            Some(Type::Hex) => Expr::call(Func::Hex, vec![Expr::column(name)]),
            Some(Type::Int | Type::Float | Type::Bool | Type::Time | Type::Duration | Type::List) => Expr::call(Func::Concat, vec![Expr::column(name)]),
            None => Expr::literal(Value::Missing),
        },
        Told::Labelled(label, name) => Expr::call(Func::Concat, vec![Expr::text(label), text(table, Told::Column(name))]),
        Told::First(parts) => Expr::call(Func::OrElse, parts.iter().map(|part| text(table, *part)).collect()),
        Told::Joined(between, parts) => {
            Expr::call(Func::Joined, std::iter::once(Expr::text(between)).chain(parts.iter().map(|part| text(table, *part))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunt::build::scan;
    use crate::plan::{Schema, explain};
    use crate::telemetry::{TABLES, table};

    #[test]
    fn every_line_is_made_of_columns_that_are_there_and_is_text() {
        for table in TABLES {
            let Some(line) = table.line else { continue };
            for told in [line.operation, line.actor, line.target, line.detail] {
                for name in told.columns() {
                    assert!(table.column(name).is_some(), "{} has no {name}", table.name);
                }
            }
            let schema = Schema::of(&told(&scan(table.name), table, &line, &[])).unwrap();
            for name in ["LoggedUser", "Operation", "Actor", "Target", "Detail"] {
                assert_eq!(schema.kind(name), Some(Type::Text), "{} {name}", table.name);
            }
        }
    }

    #[test]
    fn numbers_that_people_read_in_hexadecimal_are_written_so() {
        let process = table("process").unwrap();
        let plan = explain(&told(&scan("process"), process, &process.line.unwrap(), &[]));
        assert!(plan.contains("\"access \" + GrantedAccess.hex()"), "{plan}");
    }
}
