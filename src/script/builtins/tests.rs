//! Every declaration's example runs.

use super::all;
use crate::script::testing::{session, setup};
use crate::script::{Session, Setup};

#[test]
fn every_example_runs() {
    let folder = std::env::temp_dir().join(format!("huntsman-examples-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let name = {
        let mut session = session();
        let answer = session.input("machines().column(\"Name\").map(|n| `${n}`)").unwrap().answer;
        format!("{answer:?}")
    };
    let names: Vec<String> = name.split('"').skip(1).step_by(2).map(str::to_string).collect();
    let mut wrong = Vec::new();
    let mut session = Session::new(Setup { writable: vec![folder.clone()], ..setup() });
    for declared in all() {
        if declared.example.is_empty() {
            continue;
        }
        let example = declared.example.replace("WORKSTATION5", &names[0]).replace("WORKSTATION6", &names[1]);
        if let Err(fault) = session.input(&example) {
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
