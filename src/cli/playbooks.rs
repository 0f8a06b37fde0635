//! The playbooks that paths mean: files as they are named, folders with all that is in them.

use std::path::{Path, PathBuf};

use crate::diag::Fault;
use crate::script::unlisted_playbooks;

/// In the order in which they are named, those of a folder sorted; tests are no playbooks.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Fault> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            walk(path, &is_playbook, &mut found).map_err(|error| unlisted_playbooks(path, &error))?;
            if found.len() == before {
                return Err(
                    Fault::new("playbook::none", format!("there is no playbook in {}", path.display())).with_help("playbooks are files that end in .rhai")
                );
            }
        } else {
            found.push(path.clone());
        }
    }
    Ok(each_once(found))
}

/// The same without tests that are named, as a shell names them for `*.rhai`.
pub fn find_hunts(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Fault> {
    let mut found = find(paths)?;
    let first = found.first().cloned();
    found.retain(|path| !is_tests(&path.to_string_lossy()));
    match (found.is_empty(), first) {
        (true, Some(tests)) => {
            Err(Fault::new("playbook::tests", format!("{} has tests of a playbook", tests.display())).with_help("`huntsman test` runs them"))
        }
        (true, None) | (false, _) => Ok(found),
    }
}

/// The files of tests that paths mean: those that are named, those beside playbooks that are named, all below a folder.
pub fn find_tests(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Fault> {
    let mut found = Vec::new();
    for path in paths {
        let before = found.len();
        let beside = path.with_extension(TESTS.trim_start_matches('.'));
        if path.is_dir() {
            walk(path, &is_tests, &mut found).map_err(|error| unlisted_playbooks(path, &error))?;
        } else if is_tests(&path.to_string_lossy()) || !path.exists() {
            found.push(path.clone());
        } else if beside.is_file() {
            found.push(beside);
        }
        if found.len() == before {
            let message = format!("there is no test for {}", path.display());
            return Err(Fault::new("trial::none", message).with_help("tests of `name.rhai` are functions `fn test_…()` in `name.test.rhai` beside it"));
        }
    }
    Ok(each_once(found))
}

/// The ending of files of tests.
const TESTS: &str = ".test.rhai";

fn is_tests(name: &str) -> bool {
    name.ends_with(TESTS)
}

fn is_playbook(name: &str) -> bool {
    name.ends_with(".rhai") && !is_tests(name) && !name.ends_with(".d.rhai")
}

fn each_once(found: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut once = Vec::new();
    found.into_iter().for_each(|path| {
        if !once.contains(&path) {
            once.push(path);
        }
    });
    once
}

fn walk(folder: &Path, is_wanted: &dyn Fn(&str) -> bool, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() && !name.starts_with('.') {
            walk(&path, is_wanted, found)?;
        } else if is_wanted(&name) {
            found.push(path);
        }
    }
    Ok(())
}
