//! The embedded library: no function of it goes untested.

use crate::support::project;

#[test]
fn every_function_of_the_library_is_run_by_a_case() {
    let case = std::fs::read_to_string(project().join("tests/cases/language/library.rhai")).unwrap();
    let mut missed = Vec::new();
    for entry in std::fs::read_dir(project().join("stdlib")).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let names = text.lines().filter_map(|line| line.strip_prefix("fn ")).filter_map(|rest| rest.split('(').next());
        missed.extend(names.map(|name| format!("{module}::{name}")).filter(|name| !case.contains(&format!("{name}("))));
    }
    assert!(missed.is_empty(), "no case of tests/cases/language/library.rhai runs {}", missed.join(", "));
}
