//! What each step does to rows with missing values, several spellings, and no order on disk.

use super::*;
use crate::plan::{Aggregate, Expr, Fold, Func, How, Keep, Pattern, SortKey, Source};

fn event(number: i64, seconds: i64, path: Value, user: Value, pid: Value) -> Row {
    row(&[
        ("DateTime", Value::Time(1_000_000 + seconds * 1000)),
        ("Machine", text("A")),
        ("Source", text("s")),
        ("RecordId", int(number)),
        ("ChildPath", path),
        ("LoggedUser", user),
        ("ChildPid", pid),
        ("Muid", text("m")),
    ])
}

/// Two files whose times overlap, neither in order.
fn small() -> (TempDir, Local) {
    let first = vec![
        event(3, 30, text("b.exe"), Value::Missing, int(7)),
        event(1, 10, text("A.EXE"), text("bob"), int(5)),
        event(2, 20, text("a.exe"), text("BOB"), Value::Missing),
    ];
    let second = vec![event(5, 25, Value::Missing, text("eve"), int(9)), event(4, 15, text("B.EXE"), text("Bob"), int(1))];
    store(&[("process", first), ("process", second)])
}

fn group(keys: &[&str], aggregates: &[(&str, Fold, Option<&str>)]) -> Step {
    let aggregates = aggregates.iter().map(|(name, fold, column)| Aggregate { name: Arc::from(*name), fold: *fold, column: column.map(Arc::from) });
    Step::Group { keys: names(keys), aggregates: aggregates.collect() }
}

fn by(column: &str, descending: bool) -> SortKey {
    SortKey { column: column.into(), descending }
}

#[test]
fn rows_come_in_row_order() {
    let (_folder, local) = small();
    assert_eq!(records(&run(&local, &plan("process", &[]))), [1, 4, 2, 5, 3]);
    assert_eq!(records(&run(&local, &plan("process", &[Step::Limit(Keep::Head(2))]))), [1, 4]);
    assert_eq!(records(&run(&local, &plan("process", &[Step::Limit(Keep::Tail(2))]))), [5, 3]);
    assert_eq!(records(&run(&local, &plan("process", &[Step::Select(names(&["RecordId"])), Step::Limit(Keep::Head(3))]))), [1, 4, 2]);
    let sample = run(&local, &plan("process", &[Step::Limit(Keep::Sample(3))]));
    assert_eq!(records(&sample), records(&run(&local, &plan("process", &[Step::Limit(Keep::Sample(3))]))));
    assert_eq!(sample.height(), 3);
}

#[test]
fn sorting_ignores_case_and_puts_missing_last() {
    let (_folder, local) = small();
    assert_eq!(records(&run(&local, &plan("process", &[Step::Sort(vec![by("ChildPath", false)])]))), [1, 2, 4, 3, 5]);
    assert_eq!(records(&run(&local, &plan("process", &[Step::Sort(vec![by("ChildPath", true)])]))), [4, 3, 1, 2, 5]);
    assert_eq!(records(&run(&local, &plan("process", &[Step::Sort(vec![by("ChildPid", true)]), Step::Limit(Keep::Head(2))]))), [5, 3]);
}

#[test]
fn groups_fold_case_and_keep_missing() {
    let (_folder, local) = small();
    let folds = [
        ("n", Fold::Count, None),
        ("sum", Fold::Sum, Some("ChildPid")),
        ("users", Fold::NUnique, Some("LoggedUser")),
        ("first", Fold::First, Some("LoggedUser")),
        ("last", Fold::Last, Some("RecordId")),
        ("list", Fold::List, Some("LoggedUser")),
        ("least", Fold::Min, Some("LoggedUser")),
        ("mean", Fold::Mean, Some("ChildPid")),
        ("std", Fold::Std, Some("ChildPid")),
        ("median", Fold::Quantile(0.5), Some("ChildPid")),
        ("seen", Fold::Max, Some("DateTime")),
    ];
    let frame = run(&local, &plan("process", &[group(&["ChildPath"], &folds)]));
    assert_eq!(cells(&frame, "ChildPath"), [text("A.EXE"), text("B.EXE"), Value::Missing]);
    assert_eq!(cells(&frame, "n"), [int(2), int(2), int(1)]);
    assert_eq!(cells(&frame, "sum"), [int(5), int(8), int(9)]);
    assert_eq!(cells(&frame, "users"), [int(1), int(1), int(1)]);
    assert_eq!(cells(&frame, "first"), [text("bob"), text("Bob"), text("eve")]);
    assert_eq!(cells(&frame, "last"), [int(2), int(3), int(5)]);
    assert_eq!(cells(&frame, "list"), [Value::List(vec![text("BOB")].into()), Value::List(vec![text("Bob")].into()), Value::List(vec![text("eve")].into())]);
    assert_eq!(cells(&frame, "least"), [text("BOB"), text("Bob"), text("eve")]);
    assert_eq!(cells(&frame, "std"), [Value::Float(0.0), Value::Float(3.0), Value::Float(0.0)]);
    assert_eq!(cells(&frame, "median"), [Value::Float(5.0), Value::Float(4.0), Value::Float(9.0)]);
    assert_eq!(cells(&frame, "seen"), [20, 30, 25].map(|seconds| Value::Time(1_000_000 + seconds * 1000)));
    let streamed = run(&local, &plan("process", &[group(&["ChildPath", "LoggedUser"], &[("n", Fold::Count, None), ("l", Fold::List, Some("ChildPid"))])]));
    assert_eq!(cells(&streamed, "LoggedUser"), [text("BOB"), text("Bob"), Value::Missing, text("eve")]);
    let all = run(&local, &plan("process", &[group(&[], &[("n", Fold::Count, None)])]));
    assert_eq!(cells(&all, "n"), [int(5)]);
    let nothing = [Step::Filter(Expr::literal(Value::Bool(false))), group(&[], &[("n", Fold::Count, None), ("s", Fold::Sum, Some("ChildPid"))])];
    let none = run(&local, &plan("process", &nothing));
    assert_eq!((cells(&none, "n"), cells(&none, "s")), (vec![int(0)], vec![Value::Missing]));
}

#[test]
fn shares_are_parts_of_the_whole() {
    let (_folder, local) = small();
    let steps = [group(&["ChildPath"], &[("Count", Fold::Count, None)]), Step::Share { of: "Count".into(), name: "Share".into() }];
    assert_eq!(cells(&run(&local, &plan("process", &steps)), "Share"), [Value::Float(0.4), Value::Float(0.4), Value::Float(0.2)]);
}

#[test]
fn distinct_keeps_the_first_row() {
    let (_folder, local) = small();
    assert_eq!(records(&run(&local, &plan("process", &[Step::Distinct(names(&["ChildPath"]))]))), [1, 4, 5]);
    assert_eq!(records(&run(&local, &plan("process", &[Step::Distinct(Vec::new())]))).len(), 5);
}

#[test]
fn columns_are_chosen_renamed_and_derived() {
    let (_folder, local) = small();
    let steps = [
        Step::Rename(vec![("ChildPath".into(), "*".into()), ("LoggedUser".into(), "^x$".into())]),
        Step::Derive("Name".into(), Expr::call(Func::Upper, vec![Expr::column("*")])),
        Step::Filter(Expr::call(Pattern::Contains, vec![Expr::column("*"), Expr::text("B")])),
        Step::Select(names(&["^x$", "Name", "*"])),
        Step::Drop(names(&["^x$"])),
    ];
    let frame = run(&local, &plan("process", &steps));
    assert_eq!(frame.schema().names().collect::<Vec<_>>(), ["Name", "*"]);
    assert_eq!(cells(&frame, "Name"), [text("B.EXE"), text("B.EXE")]);
}

fn join(how: How, within: Option<i64>) -> Step {
    let right = plan(
        "process",
        &[Step::Filter(Expr::equal(Expr::column("ChildPath"), Expr::text("a.exe"))), Step::Select(names(&["LoggedUser", "RecordId", "DateTime"]))],
    );
    Step::Join { right: Arc::new(right), how, left_on: names(&["LoggedUser"]), right_on: names(&["LoggedUser"]), within }
}

#[test]
fn joins_give_all_pairs_and_missing_joins_nothing() {
    let (_folder, local) = small();
    let pairs = |how, within| {
        let frame = run(&local, &plan("process", &[Step::Drop(names(&["ChildPid"])), join(how, within)]));
        let right = if frame.schema().kind("RecordId_right").is_some() { cells(&frame, "RecordId_right") } else { Vec::new() };
        (records(&frame), right)
    };
    assert_eq!(pairs(How::Inner, None), (vec![1, 1, 4, 4, 2, 2], vec![int(1), int(2), int(1), int(2), int(1), int(2)]));
    assert_eq!(pairs(How::Inner, Some(5000)), (vec![1, 4, 4, 2], vec![int(1), int(1), int(2), int(2)]));
    assert_eq!(pairs(How::Left, Some(0)), (vec![1, 4, 2, 5, 3], vec![int(1), Value::Missing, int(2), Value::Missing, Value::Missing]));
    assert_eq!(pairs(How::Semi, None).0, [1, 4, 2]);
    assert_eq!(pairs(How::Anti, None).0, [5, 3]);
    assert_eq!(pairs(How::Semi, Some(0)).0, [1, 2]);
    let left = plan("process", &[Step::Filter(Expr::equal(Expr::column("LoggedUser"), Expr::text("EVE"))), join(How::Outer, None)]);
    let frame = run(&local, &left);
    assert_eq!(cells(&frame, "LoggedUser"), [text("eve"), text("bob"), text("BOB")]);
    assert_eq!(cells(&frame, "RecordId"), [int(5), Value::Missing, Value::Missing]);
}

#[test]
fn unions_stand_in_row_order_and_name_their_table() {
    let dns = vec![row(&[("DateTime", Value::Time(1_012_000)), ("RecordId", int(50)), ("Query", text("example.org"))])];
    let processes = vec![event(1, 10, text("a"), Value::Missing, int(1)), event(2, 20, text("b"), Value::Missing, int(2))];
    let (_folder, local) = store(&[("process", processes), ("dns", dns)]);
    let union = Plan { source: Source::Union(vec![Arc::new(plan("process", &[])), Arc::new(plan("dns", &[]))]), steps: Vec::new() };
    let frame = run(&local, &union);
    assert_eq!(records(&frame), [1, 50, 2]);
    assert_eq!(cells(&frame, "Table"), [text("process"), text("dns"), text("process")]);
    assert_eq!(records(&run(&local, &union.then(Step::Limit(Keep::Head(2))))), [1, 50]);
}

#[test]
fn a_hash_is_fresh_on_its_first_day_on_few_machines() {
    let day = 86_400_000;
    let seen = |number: i64, at: i64, muid: &str, hash: Value| {
        row(&[("DateTime", Value::Time(at)), ("RecordId", int(number)), ("Muid", text(muid)), ("ChildMd5", hash)])
    };
    let rows = vec![
        seen(1, 0, "a", text("old")),
        seen(2, 8 * day, "a", text("OLD")),
        seen(3, 8 * day + 1, "a", text("new")),
        seen(4, 8 * day + 2, "a", Value::Missing),
        seen(5, 9 * day + 2, "b", text("new")),
        seen(6, 9 * day + 3, "a", text("spread")),
        seen(7, 9 * day + 4, "b", text("spread")),
        seen(8, 9 * day + 5, "c", text("spread")),
    ];
    let (_folder, local) = store(&[("process", rows)]);
    let frame = run(&local, &plan("process", &[]));
    let (yes, no) = (Value::Bool(true), Value::Bool(false));
    assert_eq!(cells(&frame, "FreshUnknown"), [Value::Missing, no.clone(), yes, Value::Missing, no.clone(), no.clone(), no.clone(), no]);
}

#[test]
fn the_row_before_is_that_of_the_same_keys() {
    let (_folder, local) = small();
    let previous = Step::Previous { by: names(&["LoggedUser"]), order: "RecordId".into(), cells: vec![("RecordId".into(), "Before".into())] };
    let frame = run(&local, &plan("process", &[previous, Step::Select(names(&["RecordId", "Before"]))]));
    let pairs: Vec<(Value, Value)> = (0..frame.height()).map(|row| (frame.value(row, 0), frame.value(row, 1))).collect();
    // bob (whose spellings are one), then eve, then nobody.
    let wanted = [(1, None), (2, Some(1)), (4, Some(2)), (5, None), (3, None)];
    assert_eq!(pairs, wanted.map(|(own, before)| (int(own), before.map_or(Value::Missing, int))));
}
