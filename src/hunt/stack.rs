//! Stacking: how often each value occurs, on how many machines, and the way back to the rows behind it.

use std::sync::Arc;

use chrono_tz::Tz;

use crate::plan::{Aggregate, Comparison, Expr, Fold, Func, Keep, Plan, PlanError, Schema, SortKey, Step, Value};

/// What groups are counted in.
pub const COUNT: &str = "Count";

/// The columns, `Count`, `Share` (part of all rows, 0 to 1), `Machines`, `FirstSeen`, `LastSeen`; rarest first. Ties: fewer machines first, then the values in
/// their order. `Machines`, `FirstSeen` and `LastSeen` are left out where the rows have no `Muid` or `DateTime`.
///
/// # Errors
/// An unknown column, a column named twice or like one of the above, no column at all.
pub fn stack(plan: &Plan, schema: &Schema, columns: &[Arc<str>]) -> Result<Plan, PlanError> {
    let order = |machines: bool| {
        let mut keys = vec![ascending(COUNT)];
        keys.extend(machines.then(|| ascending("Machines")));
        keys
    };
    stacked(plan, schema, columns, order)
}

/// The `n` most frequent values of a column, most frequent first; ties in the order of the values. Columns as [`stack`].
///
/// # Errors
/// As [`stack`].
pub fn top(plan: &Plan, schema: &Schema, column: &str, n: usize) -> Result<Plan, PlanError> {
    let order = |_| vec![SortKey { column: COUNT.into(), descending: true }];
    Ok(stacked(plan, schema, &[column.into()], order)?.then(Step::Limit(Keep::Head(n))))
}

/// The `n` rarest values of a column, rarest first. Columns and ties as [`stack`].
///
/// # Errors
/// As [`stack`].
pub fn rare(plan: &Plan, schema: &Schema, column: &str, n: usize) -> Result<Plan, PlanError> {
    Ok(stack(plan, schema, &[column.into()])?.then(Step::Limit(Keep::Head(n))))
}

/// The columns and `Count`, sorted by the columns.
///
/// # Errors
/// As [`stack`].
pub fn count_by(plan: &Plan, schema: &Schema, columns: &[Arc<str>]) -> Result<Plan, PlanError> {
    let group = Step::Group { keys: columns.to_vec(), aggregates: vec![count()] };
    schema.after(&group)?;
    Ok(plan.then(group))
}

/// The rows behind one row of a group, a stack or a histogram: every key has this value (missing is a value of its own), and the time lies in the
/// bin (its start and interval, milliseconds) where there is one.
pub fn events_behind(plan: &Plan, keys: &[(Arc<str>, Value)], bin: Option<(i64, i64)>, zone: Tz) -> Plan {
    let mut condition = Expr::literal(Value::Bool(true));
    if let Some((start, interval)) = bin {
        let time = Expr::column("DateTime");
        let start = Expr::literal(Value::Time(start));
        let floor = Expr::call(Func::Floor(zone), vec![time.clone(), Expr::literal(Value::Duration(interval))]);
        condition = Expr::and(condition, Arc::new(Expr::Compare(Comparison::GreaterOrEqual, time, start.clone())));
        condition = Expr::and(condition, Expr::equal(floor, start));
    }
    for (name, value) in keys {
        let column = Expr::column(name);
        let same = if value.is_missing() { Expr::call(Func::IsMissing, vec![column]) } else { Expr::equal(column, Expr::literal(value.clone())) };
        condition = Expr::and(condition, same);
    }
    plan.then(Step::Filter(condition))
}

/// The aggregate that counts rows.
pub fn count() -> Aggregate {
    Aggregate { name: COUNT.into(), fold: Fold::Count, column: None }
}

fn stacked(plan: &Plan, schema: &Schema, columns: &[Arc<str>], order: impl Fn(bool) -> Vec<SortKey>) -> Result<Plan, PlanError> {
    if columns.is_empty() {
        let message = "a stack needs at least one column".to_string();
        return Err(PlanError::Impossible { message, help: "write `stack([\"ParentFilename\", \"ChildFilename\"])`".into() });
    }
    let over = |name: &str, fold, column: &str| Aggregate { name: name.into(), fold, column: Some(column.into()) };
    let mut aggregates = vec![count()];
    let machine = ["Muid", "Machine"].into_iter().find(|name| schema.kind(name).is_some());
    aggregates.extend(machine.map(|column| over("Machines", Fold::NUnique, column)));
    if schema.kind("DateTime").is_some() {
        aggregates.extend([over("FirstSeen", Fold::Min, "DateTime"), over("LastSeen", Fold::Max, "DateTime")]);
    }
    let mut shown: Vec<Arc<str>> = columns.to_vec();
    shown.extend([Arc::from(COUNT), Arc::from("Share")]);
    shown.extend(aggregates.iter().skip(1).map(|aggregate| aggregate.name.clone()));
    let mut sort = order(machine.is_some());
    sort.extend(columns.iter().map(|column| ascending(column)));
    let steps =
        [Step::Group { keys: columns.to_vec(), aggregates }, Step::Share { of: COUNT.into(), name: "Share".into() }, Step::Select(shown), Step::Sort(sort)];
    let mut stacked = plan.clone();
    let mut now = schema.clone();
    for step in steps {
        now = now.after(&step)?;
        stacked.steps.push(step);
    }
    Ok(stacked)
}

fn ascending(column: &str) -> SortKey {
    SortKey { column: column.into(), descending: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunt::build::scan;
    use crate::plan::explain;

    fn names(texts: &[&str]) -> Vec<Arc<str>> {
        texts.iter().map(|text| Arc::from(*text)).collect()
    }

    #[test]
    fn a_stack_has_the_columns_of_the_contract_and_rarest_first() {
        let plan = scan("process");
        let schema = Schema::of(&plan).unwrap();
        let stacked = stack(&plan, &schema, &names(&["ParentFilename", "ChildFilename"])).unwrap();
        let columns = Schema::of(&stacked).unwrap();
        assert_eq!(columns.names().collect::<Vec<_>>(), ["ParentFilename", "ChildFilename", "Count", "Share", "Machines", "FirstSeen", "LastSeen"]);
        assert!(explain(&stacked).ends_with("sort Count Machines ParentFilename ChildFilename\n"));
        assert!(explain(&top(&plan, &schema, "ChildFilename", 3).unwrap()).ends_with("sort -Count ChildFilename\nhead 3\n"));
    }

    #[test]
    fn a_wrong_column_is_refused_before_anything_is_read() {
        let plan = scan("process");
        let schema = Schema::of(&plan).unwrap();
        assert!(matches!(stack(&plan, &schema, &names(&["ChildFilenam"])), Err(PlanError::UnknownColumn { .. })));
        assert!(stack(&plan, &schema, &names(&["Muid", "Muid"])).is_err());
        assert!(stack(&plan, &schema, &[]).is_err());
    }

    #[test]
    fn the_way_back_keeps_missing_apart() {
        let plan = scan("process");
        let behind = events_behind(&plan, &[("LoggedUser".into(), Value::Missing), ("ChildFilename".into(), Value::text("cmd.exe"))], None, Tz::UTC);
        assert!(explain(&behind).ends_with("filter LoggedUser.is_missing() && (ChildFilename == \"cmd.exe\")\n"), "{}", explain(&behind));
        let behind = events_behind(&plan, &[], Some((3_600_000, 3_600_000)), Tz::UTC);
        assert!(explain(&behind).contains("DateTime.floor(1.hours) == time(\"1970-01-01T01:00:00.000Z\")"), "{}", explain(&behind));
        Schema::of(&behind).unwrap();
    }
}
