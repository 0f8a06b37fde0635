//! What may stop a run, and what is said of a store that is not as its manifest says.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::*;
use crate::backend::BackendError;
use crate::plan::{Expr, Func};

fn some() -> Vec<Row> {
    (0..10).map(|number| row(&[("DateTime", Value::Time(number * 1000)), ("RecordId", int(number)), ("CommandLine", text("x"))])).collect()
}

#[test]
fn an_interrupted_query_has_no_answer() {
    let (_folder, local) = store(&[("process", some())]);
    let limits = Limits::default();
    limits.interrupted.store(true, Ordering::Relaxed);
    assert!(matches!(local.run(&plan("process", &[]), &limits), Err(BackendError::Interrupted)));
    let limits = Limits { deadline: Some(Instant::now()), ..Limits::default() };
    assert!(matches!(local.run(&plan("process", &[]), &limits), Err(BackendError::Timeout)));
}

#[test]
fn a_file_that_is_gone_or_damaged_is_named() {
    let (folder, local) = store(&[("process", some()), ("process", some())]);
    std::fs::write(folder.path().join("process/1.parquet"), b"PAR1 nothing PAR1").unwrap();
    let damaged = local.run(&plan("process", &[]), &Limits::default()).unwrap_err().to_string();
    assert!(damaged.contains("1.parquet") && damaged.contains("damaged"), "{damaged}");
    std::fs::remove_file(folder.path().join("process/1.parquet")).unwrap();
    let gone = local.run(&plan("process", &[]), &Limits::default()).unwrap_err().to_string();
    assert!(gone.contains("1.parquet") && gone.contains("gone"), "{gone}");
}

#[test]
fn only_the_files_of_a_period_are_read() {
    let later: Vec<Row> = (0..10).map(|number| row(&[("DateTime", Value::Time(86_400_000 + number)), ("RecordId", int(100 + number))])).collect();
    let (_folder, local) = store(&[("process", some()), ("process", later)]);
    let mut wanted = scan("process");
    wanted.period.from = Some(86_400_000);
    let plan = Plan::scan(wanted);
    let frame = run(&local, &plan);
    assert_eq!((frame.read.files, frame.read.files_read, frame.read.rows, frame.height()), (2, 1, 10, 10));
    assert!(local.explain(&plan).unwrap().contains("reads 1 of 2 files"), "{}", local.explain(&plan).unwrap());
}

#[test]
fn a_table_without_files_gives_no_rows() {
    let (_folder, local) = store(&[("process", some())]);
    let frame = run(&local, &plan("network", &[Step::Filter(Expr::call(Func::IsPublic, vec![Expr::column("RemoteIp")]))]));
    assert_eq!(frame.height(), 0);
    assert!(frame.schema().kind("Date").is_some());
}
