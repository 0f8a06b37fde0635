//! Rows of several tables together: in row order, and read piece by piece like the rows of one.

use super::picks::rows;
use super::*;
use crate::plan::{Aggregate, Comparison, Expr, Fold, Func, How, Keep, SortKey, Source};

/// A hundred rows in each of two tables, and a later day of one of them.
fn tables() -> (TempDir, Local) {
    let [first, second, mut later] = rows();
    for row in &mut later {
        row.insert("DateTime", Value::Time(200_000_000));
    }
    store(&[("process", first), ("file", second), ("process", later)])
}

fn dated(table: &'static str) -> Arc<Plan> {
    let undated = Expr::call(Func::IsMissing, vec![Expr::column("DateTime")]);
    Arc::new(plan(table, &[Step::Filter(Expr::negate(undated))]))
}

fn union(parts: Vec<Arc<Plan>>, steps: &[Step]) -> Plan {
    Plan { source: Source::Union(parts), steps: steps.to_vec() }
}

/// Time, machine, source and number of each row by hand.
fn by_hand(local: &Local) -> Vec<i64> {
    let mut all: Vec<(i64, String, i64)> = Vec::new();
    for table in ["process", "file"] {
        let frame = run(local, &dated(table));
        for row in 0..frame.height() {
            let (Value::Time(time), Value::Text(machine), Value::Int(record)) =
                (frame.named(row, "DateTime"), frame.named(row, "Machine"), frame.named(row, "RecordId"))
            else {
                panic!("{row}")
            };
            all.push((time, machine.to_string(), record));
        }
    }
    all.sort();
    all.into_iter().map(|(.., record)| record).collect()
}

#[test]
fn rows_of_several_tables_come_in_row_order() {
    let (_folder, local) = tables();
    let all = by_hand(&local);
    let ask = |steps: &[Step]| records(&run(&local, &union(vec![dated("process"), dated("file")], steps)));
    assert_eq!(ask(&[]), all);
    for count in [0, 1, 7, 150, all.len(), 400] {
        let most = count.min(all.len());
        assert_eq!(ask(&[Step::Limit(Keep::Head(count))]), all[..most], "head {count}");
        assert_eq!(ask(&[Step::Limit(Keep::Tail(count))]), all[all.len() - most..], "tail {count}");
    }
    let sample = ask(&[Step::Limit(Keep::Sample(20))]);
    let places: Vec<usize> = sample.iter().map(|record| all.iter().position(|known| known == record).unwrap()).collect();
    assert!(places.len() == 20 && places.is_sorted_by(|a, b| a < b), "{places:?}");
    let down = SortKey { column: "DateTime".into(), descending: true };
    assert_eq!(ask(&[Step::Sort(vec![down]), Step::Limit(Keep::Head(400))]).len(), all.len());
}

#[test]
fn the_first_row_of_a_key_is_the_first_of_all_tables() {
    let (_folder, local) = tables();
    let all = run(&local, &union(vec![dated("process"), dated("file")], &[]));
    let mut seen = std::collections::HashSet::new();
    let first: Vec<i64> =
        records(&all).into_iter().zip(cells(&all, "ChildPid")).filter(|(_, pid)| seen.insert(format!("{pid:?}"))).map(|(record, _)| record).collect();
    let unique = union(vec![dated("process"), dated("file")], &[Step::Distinct(names(&["ChildPid"]))]);
    assert_eq!(records(&run(&local, &unique)), first);
    assert_eq!(cells(&all, "Table").iter().filter(|table| **table == text("file")).count(), run(&local, &dated("file")).height());
}

#[test]
fn the_ends_of_several_days_are_those_of_all_tables() {
    let (_folder, local) = {
        let day = |number: i64| {
            let rows = (0..300_i64).map(|row| {
                let cells = [("DateTime", Value::Time(number * 86_400_000 + row)), ("RecordId", int(number * 1000 + row)), ("Muid", text("m"))];
                self::row(&cells)
            });
            rows.collect::<Vec<_>>()
        };
        store(&[("process", day(0)), ("file", day(0)), ("process", day(1)), ("file", day(1)), ("process", day(2)), ("file", day(2))])
    };
    let ask = |keep| run(&local, &union(vec![Arc::new(plan("process", &[])), Arc::new(plan("file", &[]))], &[Step::Limit(keep)]));
    assert_eq!(records(&ask(Keep::Head(4))), [0, 0, 1, 1]);
    assert_eq!(records(&ask(Keep::Tail(4))), [2298, 2298, 2299, 2299]);
}

/// Nothing of the rows is needed to count them, whatever order they are in.
#[test]
fn rows_without_an_order_are_counted_too() {
    let (_folder, local) = tables();
    let grouped = |table| Arc::new(dated(table).then(Step::Group { keys: names(&["ChildPid"]), aggregates: Vec::new() }));
    let groups = ["process", "file"].map(|table| run(&local, &grouped(table)).height() as i64);
    let count = Step::Group { keys: Vec::new(), aggregates: vec![Aggregate { name: "n".into(), fold: Fold::Count, column: None }] };
    let counted = run(&local, &union(vec![grouped("process"), grouped("file")], std::slice::from_ref(&count)));
    assert_eq!(cells(&counted, "n"), [int(groups[0] + groups[1])]);
    let counted = run(&local, &union(vec![dated("process"), dated("file")], &[count]));
    assert_eq!(cells(&counted, "n"), [int(by_hand(&local).len() as i64)]);
}

/// What one part lacks and another has is missing in the first, whatever is done with it: as if all rows came from files that have every column.
#[test]
fn columns_that_a_part_lacks_are_missing() {
    const OWN: [&[&str]; 2] = [&["DateTime", "Machine", "RecordId", "Muid", "ChildPid"], &["DateTime", "Machine", "RecordId", "Muid", "ChildPath"]];
    const ALL: [&str; 6] = ["DateTime", "Machine", "RecordId", "Muid", "ChildPid", "ChildPath"];
    let [first, second, _] = rows();
    let (_folder, apart) = store(&[("process", first.clone()), ("process", second.clone())]);
    let with = |rows: Vec<Row>, names: &[&str]| rows.into_iter().map(|row| row.into_iter().filter(|(name, _)| names.contains(name)).collect::<Row>()).collect();
    let (_other, together) = store(&[("process", with(first, OWN[0])), ("process", with(second, OWN[1]))]);
    let part = |own: &[&str], comparison: Comparison| {
        let of_part = Arc::new(Expr::Compare(comparison, Expr::column("RecordId"), Arc::new(Expr::Literal(int(100)))));
        Arc::new(plan("process", &[Step::Filter(of_part), Step::Select(names(own))]))
    };
    let parts = vec![part(OWN[0], Comparison::Less), part(OWN[1], Comparison::GreaterOrEqual)];
    let up = |name: &str| SortKey { column: name.into(), descending: false };
    let missing = |name: &str| Expr::call(Func::IsMissing, vec![Expr::column(name)]);
    let count = Aggregate { name: "Count".into(), fold: Fold::Count, column: None };
    let first_of = |name: &str| Aggregate { name: "First".into(), fold: Fold::First, column: Some(name.into()) };
    let whole = |steps: &[Step]| plan("process", &[&[Step::Select(names(&ALL))], steps].concat());
    let join = |how: How, on: &str, right: Plan| {
        let right = Arc::new(right.then(Step::Select(names(&ALL))));
        Step::Join { right, how, left_on: names(&[on]), right_on: names(&[on]), within: None }
    };
    let renamed = || Step::Rename(vec![("ChildPath".into(), "Path".into())]);
    let asked = |from: &dyn Fn(&[Step]) -> Plan| -> Vec<Vec<Step>> {
        vec![
            vec![],
            vec![Step::Filter(missing("ChildPath"))],
            vec![Step::Filter(Expr::negate(missing("ChildPid")))],
            vec![Step::Derive("IsLost".into(), missing("ChildPath")), Step::Filter(Expr::column("IsLost"))],
            vec![Step::Derive("Again".into(), Expr::column("ChildPath")), Step::Group { keys: names(&["Again"]), aggregates: vec![count.clone()] }],
            vec![renamed(), Step::Filter(missing("Path")), Step::Select(names(&["Path", "RecordId", "ChildPid"]))],
            vec![renamed(), Step::Sort(vec![up("Path")])],
            vec![Step::Drop(names(&["ChildPid"])), Step::Sort(vec![up("ChildPath"), up("Machine")]), Step::Limit(Keep::Tail(30))],
            vec![Step::Sort(vec![up("ChildPid")]), Step::Limit(Keep::Head(9))],
            vec![Step::Limit(Keep::Head(120)), Step::Select(names(&["ChildPath"]))],
            vec![Step::Limit(Keep::Tail(20))],
            vec![Step::Limit(Keep::Sample(20))],
            vec![Step::Distinct(names(&["ChildPath"]))],
            vec![Step::Distinct(names(&["ChildPid", "Machine"])), Step::Select(names(&["ChildPath", "ChildPid"]))],
            vec![Step::Distinct(Vec::new())],
            vec![Step::Group { keys: names(&["ChildPath", "Machine"]), aggregates: vec![count.clone(), first_of("ChildPid")] }],
            vec![Step::Previous { by: names(&["Machine"]), order: "RecordId".into(), cells: vec![("ChildPath".into(), "Before".into())] }],
            vec![join(How::Semi, "ChildPath", from(&[]))],
            vec![join(How::Anti, "ChildPid", from(&[Step::Limit(Keep::Head(40))]))],
            vec![join(How::Left, "ChildPid", from(&[Step::Distinct(names(&["ChildPid"]))]))],
            vec![join(How::Inner, "ChildPath", from(&[Step::Limit(Keep::Head(40))]))],
            vec![join(How::Outer, "ChildPid", from(&[Step::Limit(Keep::Head(40))]))],
        ]
    };
    let (from_parts, from_whole) = (|steps: &[Step]| union(parts.clone(), steps), whole);
    for (steps, same) in asked(&from_parts).into_iter().zip(asked(&from_whole)) {
        let (found, expected) = (run(&apart, &from_parts(&steps)), run(&together, &from_whole(&same)));
        assert!(expected.height() > 0, "{steps:?}");
        for (name, _) in expected.schema().columns() {
            assert_eq!(cells(&found, name), cells(&expected, name), "{name} after {steps:?}");
        }
    }
}
