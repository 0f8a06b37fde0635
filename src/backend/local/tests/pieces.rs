//! Stretches of time: every row is in exactly one, and none cuts a time in two.

use std::collections::HashSet;

use super::*;
use crate::backend::local::expr::column;
use crate::backend::local::pieces::Pieces;
use crate::backend::local::scan::{Reading, Times};
use crate::backend::local::stage::{Order, Part, Rows, Stage, Transform};

/// Files that overlap in part, rows of the same times, and some without one.
fn mixed() -> (TempDir, Local) {
    let rows = |file: i64, from: i64, undated: i64| {
        let one = |number: i64| {
            let mut row = row(&[("RecordId", int(file * 1000 + number)), ("Muid", text("m1"))]);
            if number < 100 - undated {
                row.insert("DateTime", Value::Time(from + (number / 3) * 1000));
            }
            row
        };
        (0..100).map(one).collect::<Vec<_>>()
    };
    store(&[
        ("process", rows(1, 0, 0)),
        ("process", rows(2, 20_000, 0)),
        ("process", rows(3, 90_000_000, 7)),
        ("network", rows(4, 10_000, 0)),
        ("network", rows(5, 200_000_000, 0)),
    ])
}

fn parts(local: &Local, with_undated: bool) -> Vec<Part> {
    let part = |table: &'static str| {
        let files = local.shared.store.manifest().files.iter().filter(|file| file.table == table && (with_undated || file.from != i64::MIN));
        let (store, limits) = (local.shared.store.clone(), Limits::default());
        let reading = Reading { store, scan: Arc::new(scan(table)), limits, fresh: None, window: (None, None), times: None };
        let narrow: Transform = Arc::new(|frame| frame.select([column("RecordId"), column("DateTime")]));
        Part { reading: Box::new(reading), files: files.cloned().collect(), transforms: vec![narrow], blank: Arc::default(), is_wide: false }
    };
    vec![part("process"), part("network")]
}

/// Record and time of each row.
fn read(parts: &[Part]) -> Vec<(i64, Option<i64>)> {
    let rows = Rows::of(parts, Part::rows).unwrap().collect().unwrap();
    let times = rows.column("DateTime").unwrap().datetime().unwrap().physical().clone();
    let mut all: Vec<_> = rows.column("RecordId").unwrap().i64().unwrap().iter().map(Option::unwrap).zip(times.iter()).collect();
    all.sort_unstable();
    all
}

#[test]
fn every_row_is_in_one_piece_and_no_time_in_two() {
    let (_folder, local) = mixed();
    for with_undated in [false, true] {
        let parts = parts(&local, with_undated);
        let all = read(&parts);
        assert_eq!(all.len(), if with_undated { 500 } else { 400 });
        for (rows, from_end) in [(1, false), (20, false), (60, true), (20, true), (150, false), (1_000, true)] {
            let mut pieces = Pieces::of(&local.shared.store, &parts, |_| 1);
            let (mut found, mut seen, mut count) = (Vec::new(), HashSet::new(), 0);
            while let Some(piece) = if from_end { pieces.next_back(rows) } else { pieces.next(rows) } {
                let own = read(&piece.parts);
                let times: HashSet<_> = own.iter().map(|(_, time)| *time).collect();
                let bounds = |all: &HashSet<Option<i64>>| {
                    let known = || all.iter().map(|time| time.unwrap_or(i64::MAX));
                    (known().min(), known().max())
                };
                if let ((Some(from), Some(to)), (Some(first), Some(last))) = (bounds(&times), bounds(&seen)) {
                    assert!(if from_end { to < first } else { from > last }, "{rows} {from_end}");
                }
                seen.extend(times);
                found.extend(own);
                count += 1;
            }
            found.sort_unstable();
            assert_eq!(found, all, "{rows} {from_end}");
            assert!(count >= if rows <= 60 { 7 } else { 1 }, "{rows}: {count} pieces");
        }
    }
}

#[test]
fn rows_of_some_times_are_found() {
    let (_folder, local) = mixed();
    let parts = parts(&local, true);
    let all = read(&parts);
    for wanted in [vec![Some(0)], vec![Some(21_000), Some(200_033_000), Some(5)], vec![None, Some(90_001_000)], Vec::new()] {
        let times = Times::of(wanted.iter().copied());
        let stage = Stage { source: Rows::Files(parts.clone()), schema: crate::plan::Schema::default(), order: Order::Rows };
        let Rows::Files(found) = stage.at(&times).source else { panic!("files stay files") };
        let expected: Vec<_> = all.iter().filter(|(_, time)| wanted.contains(time)).copied().collect();
        assert_eq!(read(&found), expected, "{wanted:?}");
    }
}
