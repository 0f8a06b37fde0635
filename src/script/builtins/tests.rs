//! Every declaration's example runs.

use super::all;
use crate::script::testing::setup;
use crate::script::{Session, Setup};

#[test]
fn every_example_runs() {
    let folder = std::env::temp_dir().join(format!("huntsman-examples-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut wrong = Vec::new();
    for declared in all() {
        if declared.example.is_empty() {
            continue;
        }
        let example = declared.example;
        let mut session = Session::new(Setup { writable: vec![folder.clone()], ..setup() });
        if let Err(fault) = session.input(example) {
            wrong.push(format!("{}: {example}\n   {} {} {:?}", declared.signature(), fault.code, fault.message, fault.help));
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_declared_twice() {
    let mut seen = std::collections::BTreeSet::new();
    for declared in all() {
        assert!(
            seen.insert((declared.receiver.map(super::Kind::shown), declared.name, declared.params.len(), declared.is_property)),
            "{}",
            declared.signature()
        );
        assert!(!declared.doc.is_empty(), "{}", declared.signature());
    }
}
