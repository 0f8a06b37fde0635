//! What a table shows of an answer is the beginning of it, its number of rows, and the columns that have something to say.

use std::collections::BTreeSet;

use super::picks::many;
use super::*;
use crate::plan::{Aggregate, Expr, Fold, Func, Keep, SortKey};

const COLUMNS: [&str; 7] = ["DateTime", "Machine", "ChildPath", "ChildPid", "CommandLine", "Late", "Zone"];

/// Has a value in the row of one record only.
fn late(record: i64) -> Step {
    let is_it = Arc::new(Expr::Compare(crate::plan::Comparison::Equal, Expr::column("RecordId"), Expr::literal(int(record))));
    Step::Derive("Late".into(), Arc::new(Expr::If(is_it, Expr::text("here"), Expr::literal(Value::Missing))))
}

fn sort(column: &str, descending: bool) -> Step {
    Step::Sort(vec![SortKey { column: column.into(), descending }])
}

#[test]
fn a_preview_is_the_beginning_of_the_answer() {
    let (_folder, local) = many();
    let known = Step::Filter(Expr::negate(Expr::call(Func::IsMissing, vec![Expr::column("ChildPath")])));
    let select = Step::Select(names(&["RecordId", "Machine", "ChildPath"]));
    let count =
        Step::Group { keys: names(&["RecordId"]), aggregates: vec![Aggregate { name: "Late".into(), fold: Fold::Max, column: Some("ChildPath".into()) }] };
    let questions = [
        vec![],
        vec![known.clone()],
        vec![late(7), select.clone()],
        vec![late(299)],
        vec![late(7), sort("RecordId", false)],
        vec![late(7), sort("RecordId", true)],
        vec![sort("ChildPath", true), late(150), known.clone()],
        vec![sort("ChildPath", false), late(150), Step::Drop(names(&["ChildPath"]))],
        vec![known.clone(), sort("ChildPid", false), select.clone()],
        vec![sort("RecordId", true), Step::Limit(Keep::Head(200))],
        vec![Step::Limit(Keep::Tail(250))],
        vec![Step::Limit(Keep::Sample(100)), late(7)],
        vec![Step::Distinct(names(&["ChildPid"]))],
        vec![Step::Filter(Expr::equal(Expr::column("RecordId"), Expr::literal(int(3))))],
        vec![Step::Filter(Expr::equal(Expr::column("RecordId"), Expr::literal(int(-3))))],
        vec![count],
    ];
    let (mut many, mut in_pieces) = (0, 0);
    for steps in questions {
        let plan = plan("process", &steps);
        let whole = run(&local, &plan);
        let columns: Vec<Arc<str>> = names(&COLUMNS).into_iter().filter(|name| whole.schema().kind(name).is_some()).collect();
        let pieces = local.pieces(&plan, &Limits::default()).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        let rows_of = |frame: &Frame| (0..frame.height()).map(|row| frame.row(row)).collect::<Vec<_>>();
        assert_eq!(pieces.iter().flat_map(rows_of).collect::<Vec<_>>(), rows_of(&whole), "{steps:?}");
        in_pieces += usize::from(pieces.len() > 1);
        for rows in [1, 5] {
            let preview = local.preview(&plan, &Wanted { rows, columns: columns.clone(), all: false }, &Limits::default()).unwrap();
            let shown = preview.frame.height();
            assert_eq!(preview.total, whole.height() as u64, "{steps:?}");
            assert!(shown == whole.height() || shown == rows, "{steps:?}: {shown} rows");
            assert_eq!((0..shown).map(|row| preview.frame.row(row)).collect::<Vec<_>>(), (0..shown).map(|row| whole.row(row)).collect::<Vec<_>>(), "{steps:?}");
            let has = |frame: &Frame, name: &str| cells(frame, name).iter().any(|value| *value != Value::Missing);
            let later: BTreeSet<Arc<str>> = columns.iter().filter(|name| has(&whole, name) && !has(&preview.frame, name)).cloned().collect();
            assert_eq!(preview.later, later, "{steps:?}");
            assert_eq!(preview.frame.read, whole.read, "{steps:?}");
            let kept = local.preview(&plan, &Wanted { rows, columns: Vec::new(), all: true }, &Limits::default()).unwrap();
            assert_eq!((kept.total, kept.frame.row(0)), (preview.total, preview.frame.row(0)), "{steps:?}");
            many += usize::from(shown < whole.height());
        }
    }
    assert!(many >= 16, "{many} of the answers were cut");
    assert!(in_pieces >= 4, "{in_pieces} of the answers came in pieces");
}
