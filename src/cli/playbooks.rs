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
            walk(path, &mut found).map_err(|error| unlisted_playbooks(path, &error))?;
            if found.len() == before {
                return Err(
                    Fault::new("playbook::none", format!("there is no playbook in {}", path.display())).with_help("playbooks are files that end in .rhai")
                );
            }
        } else {
            found.push(path.clone());
        }
    }
    let mut once = Vec::new();
    found.into_iter().for_each(|path| {
        if !once.contains(&path) {
            once.push(path);
        }
    });
    Ok(once)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() && !name.starts_with('.') {
            walk(&path, found)?;
        } else if name.ends_with(".rhai") && !name.ends_with(".test.rhai") && !name.ends_with(".d.rhai") {
            found.push(path);
        }
    }
    Ok(())
}
