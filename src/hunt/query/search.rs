//! Looking for a text wherever it may be: in every text column of every table, and in the raw fields of records that no table shows it of.

use std::sync::Arc;

use super::line::told;
use super::timeline::EVENT;
use super::{Context, names};
use crate::plan::{Expr, Func, How, Pattern, Plan, Scan, Source, Step, Value};
use crate::telemetry::mapping::ENVELOPE;
use crate::telemetry::{Table, Type};

/// The column that holds what was looked for.
pub(super) const COLUMN: &str = "Column";

/// The names of all columns that hold it. No column of a table or field of a record is called so.
const HELD_BY: &str = "(held by)";

/// Columns that say where a row comes from, not what happened.
const ORIGIN: [&str; 8] = ["Muid", "muid", "ClientId", "clientId", "Machine", "Provider", "Channel", "Source"];

/// What is looked for.
pub(super) struct Search {
    /// A text must fit any of them.
    pub patterns: Vec<String>,
    pub test: Pattern,
    pub cased: bool,
    /// Numbers that a column of numbers must be equal to.
    pub numbers: Vec<i64>,
}

impl Search {
    /// The rows of a table that hold it, as lines with one row for each column that does, or for the first of them.
    pub(super) fn lines(&self, table: &'static Table, scan: Scan, each: bool) -> Option<Plan> {
        let line = table.line?;
        Some(told(&self.named(&self.hits(table, scan), &columns(table), each), table, &line, &[COLUMN]))
    }

    /// Records that hold it in a field, as lines of `event` with the field and its text: those of which no row of the other tables holds it.
    /// `shown` are the other tables, with what is read of them.
    pub(super) fn records(&self, table: &'static Table, scan: Scan, shown: &[(&'static Table, Scan)], context: &Context<'_>, each: bool) -> Option<Plan> {
        let line = table.line?;
        let says = |field: &str| !ENVELOPE.contains(&field.strip_suffix("_raw").unwrap_or(field));
        let mut fields: Vec<Arc<str>> = context.inventory.raw_fields.values().flatten().filter(|field| says(field)).cloned().collect();
        fields.sort();
        fields.dedup();
        if fields.is_empty() {
            return None;
        }
        let texts: Vec<&str> = fields.iter().map(|field| &**field).collect();
        let held = self.held_by(&texts.iter().map(|name| (*name, Type::Text)).collect::<Vec<_>>());
        let scan = Scan { raw_fields: fields.clone(), ..scan };
        let mut rows = Plan::scan(scan).then(Step::Filter(known(held)));
        if !shown.is_empty() {
            rows = unshown(rows, self.places(shown), &PLACE, &PLACE);
        }
        // The row of a script has the text of all its parts, and the number of the first.
        let scripts = shown.iter().filter(|(table, _)| table.name == "script").cloned().collect::<Vec<_>>();
        if texts.contains(&BLOCK) && !scripts.is_empty() {
            rows = unshown(rows, self.places(&scripts), &[PLACE[0], BLOCK], &[PLACE[0], "BlockId"]);
        }
        let rows = self.named(&rows, &texts.iter().map(|name| (*name, Type::Text)).collect::<Vec<_>>(), each);
        Some(told(&rows, table, &line, &[COLUMN, "Detail"]))
    }

    /// The rows of a table that hold it.
    fn hits(&self, table: &'static Table, scan: Scan) -> Plan {
        let texts: Vec<(&str, Type)> = columns(table).into_iter().filter(|(_, kind)| *kind == Type::Text).collect();
        let mut condition = known(self.held_by(&texts));
        for (name, _) in columns(table).into_iter().filter(|(_, kind)| *kind != Type::Text && !self.numbers.is_empty()) {
            let numbers = self.numbers.iter().map(|number| Value::Int(*number)).collect();
            condition = Expr::or(condition, Arc::new(Expr::In(Expr::column(name), numbers)));
        }
        Plan::scan(scan).then(Step::Filter(condition))
    }

    /// Rows that hold it, with the column that does; of a record, `Detail` is its text.
    fn named(&self, rows: &Plan, columns: &[(&str, Type)], each: bool) -> Plan {
        let plan = rows.then(Step::Derive(HELD_BY.into(), self.held_by(columns)));
        let plan = if each {
            plan.then(Step::Explode(HELD_BY.into()))
        } else {
            plan.then(Step::Derive(HELD_BY.into(), Expr::call(Func::Item, vec![Expr::column(HELD_BY), Expr::literal(Value::Int(0))])))
        };
        // A record's field may be called Column or Detail: its text is taken first, and its name last.
        let is_record = rows.scans().first().is_some_and(|scan| scan.table == EVENT);
        let plan = if is_record {
            let texts = columns.iter().map(|(name, _)| Expr::column(name));
            let arguments = [Expr::column(HELD_BY), called(columns)].into_iter().chain(texts).collect();
            plan.then(Step::Derive("Detail".into(), Expr::call(Func::Named, arguments)))
        } else {
            plan
        };
        plan.then(Step::Derive(COLUMN.into(), Expr::column(HELD_BY)))
    }

    /// The names of the columns that hold it, a list; missing where none does.
    fn held_by(&self, columns: &[(&str, Type)]) -> Arc<Expr> {
        let patterns = match self.patterns.as_slice() {
            [only] => Expr::text(only),
            several => Expr::literal(Value::List(several.iter().map(Value::text).collect())),
        };
        let text = |(place, (name, kind)): (usize, &(&str, Type))| match kind {
            Type::Text if place == 0 && self.cased => Expr::call(Func::Cased, vec![Expr::column(name)]),
            Type::Text => Expr::column(name),
            Type::Hex => Expr::call(Func::Hex, vec![Expr::column(name)]),
            Type::Int | Type::Float | Type::Bool | Type::Time | Type::Duration | Type::List => Expr::call(Func::Concat, vec![Expr::column(name)]),
        };
        let wanted = columns.iter().filter(|(_, kind)| *kind == Type::Text || !self.numbers.is_empty()).collect::<Vec<_>>();
        let texts = wanted.iter().copied().enumerate().map(text);
        Expr::call(Func::Fitting(self.test), [patterns, called_of(wanted.iter().map(|(name, _)| *name))].into_iter().chain(texts).collect())
    }

    /// By what the records of the hits of these tables are known.
    fn places(&self, shown: &[(&'static Table, Scan)]) -> Plan {
        let part = |(table, scan): &(&'static Table, Scan)| {
            // They only say what to leave out.
            let rows = placed(self.hits(table, Scan { needs: Some(Vec::new()), ..scan.clone() }));
            let block = (table.name == "script").then_some("BlockId");
            Arc::new(rows.then(Step::Select(PLACE.into_iter().chain(block).map(Arc::from).collect())))
        };
        Plan { source: Source::Union(shown.iter().map(part).collect()), steps: Vec::new() }
    }
}

/// The text columns of a table that say what happened, and those of whole numbers.
fn columns(table: &Table) -> Vec<(&'static str, Type)> {
    let says = |name: &str| !ORIGIN.contains(&name) && !["EventId", "RecordId"].contains(&name);
    let found = table.columns.iter().filter(|column| !column.derived && says(column.name));
    found.filter(|column| matches!(column.kind, Type::Text | Type::Int | Type::Hex)).map(|column| (column.name, column.kind)).collect()
}

/// Raw field of the parts of a script.
const BLOCK: &str = "ScriptBlockId";

/// What a record is known by beside its file: machine, channel, number; its time, where it has no number.
const PLACE: [&str; 5] = ["(machine)", "(channel)", "(number)", "(moment)", "Source"];

/// Rows with what their records are known by. What is missing agrees too.
fn placed(rows: Plan) -> Plan {
    let or = |name: &str, other: Value| Expr::call(Func::OrElse, vec![Expr::column(name), Expr::literal(other)]);
    let moment = Expr::If(Expr::call(Func::IsMissing, vec![Expr::column("RecordId")]), or("DateTime", Value::Time(0)), Expr::literal(Value::Time(0)));
    let [machine, channel, number, time, source] = PLACE;
    rows.then(Step::Derive(machine.into(), or("Muid", Value::text(""))))
        .then(Step::Derive(channel.into(), or("Channel", Value::text(""))))
        .then(Step::Derive(number.into(), or("RecordId", Value::Int(-1))))
        .then(Step::Derive(time.into(), Arc::new(moment)))
        .then(Step::Derive(source.into(), or("Source", Value::text(""))))
}

/// The rows that agree with none of the others.
fn unshown(rows: Plan, others: Plan, own: &[&str], theirs: &[&str]) -> Plan {
    placed(rows).then(Step::Join { right: Arc::new(others), how: How::Anti, left_on: names(own), right_on: names(theirs), within: None })
}

fn known(expr: Arc<Expr>) -> Arc<Expr> {
    Expr::negate(Expr::call(Func::IsMissing, vec![expr]))
}

fn called(columns: &[(&str, Type)]) -> Arc<Expr> {
    called_of(columns.iter().map(|(name, _)| *name))
}

fn called_of<'a>(names: impl Iterator<Item = &'a str>) -> Arc<Expr> {
    Expr::literal(Value::List(names.map(Value::text).collect()))
}
