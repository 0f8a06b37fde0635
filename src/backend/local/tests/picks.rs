//! Picking and counting rows in several files that overlap, beside doing it by hand over all rows.

use std::collections::{BTreeMap, HashSet};

use super::*;
use crate::backend::local::stage::WIDE;
use crate::plan::{Aggregate, Expr, Fold, How, Keep, Schema, SortKey, Source, fold};

const PATHS: [&str; 5] = ["C:\\a.exe", "C:\\A.EXE", "C:\\Straße.exe", "C:\\STRASSE.exe", "c:\\b.exe"];

/// Three files of a hundred rows each, with equal times, rows without a time, and texts in several spellings.
pub(super) fn rows() -> [Vec<Row>; 3] {
    let mut state = 7u64;
    let mut roll = move |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    [0, 1, 2].map(|file| {
        let mut rows: Vec<Row> = (0..100)
            .map(|number| {
                let mut row = row(&[("Machine", text(["A", "B"][roll(2) as usize])), ("RecordId", int(file * 100 + number)), ("Operation", text("create"))]);
                row.insert("Muid", text(["m1", "m2", "m3"][roll(3) as usize]));
                row.insert("ChildPid", int(roll(9) as i64));
                if roll(20) > 0 {
                    row.insert("DateTime", Value::Time(1_000_000 + (roll(40) * 1000) as i64));
                }
                if roll(10) > 0 {
                    row.insert("ChildPath", text(PATHS[roll(5) as usize]));
                }
                row
            })
            .collect();
        rows.sort_by_key(|row| match row.get("DateTime") {
            Some(Value::Time(time)) => *time,
            _ => i64::MAX,
        });
        rows
    })
}

pub fn many() -> (TempDir, Local) {
    let [a, b, c] = rows();
    store(&[("process", a), ("process", b), ("process", c)])
}

fn key(frame: &Frame, row: usize, names: &[&str]) -> Vec<String> {
    let shown = |name: &&str| match frame.named(row, name) {
        Value::Text(text) => fold(&text).into_owned(),
        other => format!("{other:?}"),
    };
    names.iter().map(shown).collect()
}

#[test]
fn ends_are_those_of_all_rows() {
    let (_folder, local) = many();
    let all = records(&run(&local, &plan("process", &[])));
    for count in [0, 1, 7, 150, 300, 400] {
        let head = records(&run(&local, &plan("process", &[Step::Limit(Keep::Head(count))])));
        assert_eq!(head, all[..count.min(300)], "head {count}");
        let tail = records(&run(&local, &plan("process", &[Step::Limit(Keep::Tail(count))])));
        assert_eq!(tail, all[300 - count.min(300)..], "tail {count}");
    }
}

/// A log may have a line twice: rows of one place that are alike in everything. They lie in one file, in two, or in two parts of a union.
#[test]
fn lines_that_a_log_has_twice_are_one_row() {
    let [a, b, _] = rows();
    let again = |rows: &[Row], every: usize| rows.iter().step_by(every).cloned().collect::<Vec<_>>();
    let twice: Vec<Row> = a.iter().flat_map(|row| [row.clone(), row.clone()]).collect();
    let (_folder, local) = store(&[("process", twice), ("process", again(&a, 7)), ("process", b.clone()), ("process", again(&b, 3))]);
    let unique = |source: Source| Plan { source, steps: vec![Step::Distinct(Vec::new())] };
    let scan = plan("process", &[]);
    let both = Source::Union(vec![Arc::new(scan.clone()), Arc::new(scan.clone())]);
    for plan in [unique(scan.source.clone()), unique(both)] {
        assert!(Schema::of(&plan).unwrap().columns().len() > WIDE, "as many columns as make the rows not be held");
        let found = run(&local, &plan);
        let mut expected: Vec<i64> = (0..200).collect();
        expected.sort_unstable();
        let sorted = |frame: &Frame| {
            let mut numbers = records(frame);
            numbers.sort_unstable();
            numbers
        };
        assert_eq!(sorted(&found), expected);
        let preview = local.preview(&plan, &Wanted { rows: 5, columns: Vec::new(), all: false }, &Limits::default()).unwrap();
        assert_eq!(preview.total, 200);
        let pieces = local.pieces(&plan, &Limits::default()).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        let mut given: Vec<i64> = pieces.iter().flat_map(records).collect();
        given.sort_unstable();
        assert_eq!(given, expected);
    }
}

/// Rows of a log without times and record numbers all have one place: the first of them is the first in the file, however it is read.
#[test]
fn the_first_row_of_one_place_is_the_first_in_the_file() {
    let one = |number: i64| row(&[("Source", text("log.csv")), ("ChildFilename", text(["a", "A", "b"][number as usize % 3])), ("ChildPid", int(number))]);
    let (_folder, local) = store(&[("process", (0..4_000).map(one).collect())]);
    for _ in 0..3 {
        let found = run(&local, &plan("process", &[Step::Distinct(names(&["ChildFilename"]))]));
        assert_eq!(cells(&found, "ChildPid"), [int(0), int(2)]);
    }
}

/// What is read of the chosen rows is what later steps need, and that is right.
#[test]
fn narrow_answers_are_those_of_all_rows() {
    let (_folder, local) = many();
    for keep in [Keep::Head(9), Keep::Tail(9), Keep::Sample(9)] {
        let all = run(&local, &plan("process", &[Step::Limit(keep)]));
        let narrow = run(&local, &plan("process", &[Step::Limit(keep), Step::Select(names(&["Muid", "RecordId"]))]));
        assert_eq!((records(&narrow), cells(&narrow, "Muid")), (records(&all), cells(&all, "Muid")), "{keep:?}");
    }
}

/// A left join whose rows have one partner at most is looked up where the files are read.
#[test]
fn left_joins_give_every_row() {
    let (_folder, local) = many();
    let of_pid = |pids: &[i64]| {
        let chosen = Expr::In(Expr::column("ChildPid"), pids.iter().map(|pid| int(*pid)).collect::<Vec<_>>().into());
        let right = plan("process", &[Step::Filter(Arc::new(chosen)), Step::Select(names(&["ChildPid", "Machine"])), Step::Distinct(names(&["ChildPid"]))]);
        let step =
            |right: Plan| Step::Join { right: Arc::new(right), how: How::Left, left_on: names(&["ChildPid"]), right_on: names(&["ChildPid"]), within: None };
        (run(&local, &plan("process", &[step(right.clone())])), run(&local, &right))
    };
    let all = run(&local, &plan("process", &[]));
    let (joined, right) = of_pid(&[1, 2, 3]);
    assert_eq!(records(&joined), records(&all));
    for row in 0..all.height() {
        let partner = (0..right.height()).find(|other| right.named(*other, "ChildPid") == all.named(row, "ChildPid"));
        assert_eq!(joined.named(row, "Machine_right"), partner.map_or(Value::Missing, |other| right.named(other, "Machine")));
        assert_eq!(joined.named(row, "Machine"), all.named(row, "Machine"));
    }
}

#[test]
fn a_sample_is_the_same_again_and_in_order() {
    let (_folder, local) = many();
    let all = records(&run(&local, &plan("process", &[])));
    for count in [0, 1, 40, 300, 400] {
        let sample = records(&run(&local, &plan("process", &[Step::Limit(Keep::Sample(count))])));
        assert_eq!(sample, records(&run(&local, &plan("process", &[Step::Limit(Keep::Sample(count))]))));
        assert_eq!(sample.len(), count.min(300));
        let places: Vec<usize> = sample.iter().map(|record| all.iter().position(|known| known == record).unwrap()).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
    }
}

#[test]
fn distinct_rows_are_the_first_of_their_key() {
    let (_folder, local) = many();
    let all = run(&local, &plan("process", &[]));
    for keys in [&["ChildPath"][..], &["ChildPath", "Muid"], &["ChildPid", "Machine"], &["RecordId"]] {
        let mut seen = HashSet::new();
        let first: Vec<i64> = records(&all).into_iter().enumerate().filter(|(row, _)| seen.insert(key(&all, *row, keys))).map(|(_, record)| record).collect();
        assert_eq!(records(&run(&local, &plan("process", &[Step::Distinct(names(keys))]))), first, "{keys:?}");
        let counted = [Step::Distinct(names(keys)), Step::Select(names(&["Machine"])), Step::Filter(Expr::equal(Expr::column("Machine"), Expr::text("a")))];
        let of_a = (0..all.height()).filter(|row| all.named(*row, "Machine") == text("A") && first.contains(&records(&all)[*row])).count();
        assert_eq!(run(&local, &plan("process", &counted)).height(), of_a);
    }
}

#[derive(Default)]
struct Group {
    rows: i64,
    values: HashSet<Vec<String>>,
    pids: Vec<Value>,
    times: Vec<Value>,
}

#[test]
fn counts_are_those_of_a_count_by_hand() {
    let (_folder, local) = many();
    let all = run(&local, &plan("process", &[]));
    for keys in [&["ChildPath"][..], &["ChildPath", "Machine", "Muid"], &["ChildPid"], &["ChildPid", "ChildPath"], &["DateTime"]] {
        for distinct in ["Muid", "ChildPath", "ChildPid"] {
            let fold = |name: &str, fold, of: Option<&str>| Aggregate { name: name.into(), fold, column: of.map(Arc::from) };
            let aggregates = vec![
                fold("n", Fold::Count, None),
                fold("distinct", Fold::NUnique, Some(distinct)),
                fold("least", Fold::Min, Some("ChildPid")),
                fold("last", Fold::Max, Some("DateTime")),
            ];
            let groups = run(&local, &plan("process", &[Step::Group { keys: names(keys), aggregates }]));
            let mut wanted: BTreeMap<Vec<String>, Group> = BTreeMap::new();
            for row in 0..all.height() {
                let group = wanted.entry(key(&all, row, keys)).or_default();
                group.rows += 1;
                if all.named(row, distinct) != Value::Missing {
                    group.values.insert(key(&all, row, &[distinct]));
                }
                group.pids.push(all.named(row, "ChildPid"));
                group.times.push(all.named(row, "DateTime"));
            }
            assert_eq!(groups.height(), wanted.len(), "{keys:?}");
            for row in 0..groups.height() {
                let Group { rows, values, pids, times } = &wanted[&key(&groups, row, keys)];
                let number = |value: &Value| match value {
                    Value::Int(number) | Value::Time(number) => Some(*number),
                    _ => None,
                };
                assert_eq!(groups.named(row, "n"), int(*rows), "{keys:?}");
                assert_eq!(groups.named(row, "distinct"), int(values.len() as i64), "{keys:?} {distinct}");
                assert_eq!(number(&groups.named(row, "least")), pids.iter().filter_map(number).min());
                assert_eq!(number(&groups.named(row, "last")), times.iter().filter_map(number).max());
            }
        }
    }
    let paths = run(&local, &plan("process", &[Step::Group { keys: names(&["ChildPath"]), aggregates: Vec::new() }]));
    assert_eq!(cells(&paths, "ChildPath"), [text("C:\\A.EXE"), text("c:\\b.exe"), text("C:\\STRASSE.exe"), Value::Missing]);
}

/// Few rows of a sort are found by their keys alone, and are those of the sort of all.
#[test]
fn ends_of_a_sort_are_those_of_all_rows() {
    let (_folder, local) = many();
    let keys = |names: &[&str]| {
        let key = |name: &&str| match name.strip_prefix('-') {
            Some(name) => SortKey { column: name.into(), descending: true },
            None => SortKey { column: (*name).into(), descending: false },
        };
        Step::Sort(names.iter().map(key).collect())
    };
    for by in [&["ChildPath"][..], &["-ChildPath", "Muid"], &["DateTime"], &["-DateTime", "ChildPid"], &["-RecordId"]] {
        let all = records(&run(&local, &plan("process", &[keys(by)])));
        assert_eq!(all.len(), 300);
        for count in [0, 1, 7, 150, 300, 400] {
            for narrow in [Vec::new(), vec![Step::Select(names(&["RecordId", "Machine"]))]] {
                let steps = |keep| [vec![keys(by)], narrow.clone(), vec![Step::Limit(keep)]].concat();
                assert_eq!(records(&run(&local, &plan("process", &steps(Keep::Head(count))))), all[..count.min(300)], "{by:?} head {count}");
                assert_eq!(records(&run(&local, &plan("process", &steps(Keep::Tail(count))))), all[300 - count.min(300)..], "{by:?} tail {count}");
            }
        }
    }
    let one = Aggregate { name: "n".into(), fold: Fold::Count, column: None };
    let counted =
        run(&local, &plan("process", &[keys(&["ChildPath"]), Step::Select(names(&["Muid"])), Step::Group { keys: Vec::new(), aggregates: vec![one] }]));
    assert_eq!(cells(&counted, "n"), [int(300)]);
}
