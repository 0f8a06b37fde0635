//! The playbooks that paths mean: files as they are named, folders with all that is in them.

use std::path::{Path, PathBuf};

use crate::diag::{Fault, did_you_mean, reason};

/// In the order in which they are named, those of a folder sorted; tests are no playbooks.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Fault> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            walk(path, &mut found).map_err(|error| unreadable(path, &error))?;
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

/// The text of a playbook.
pub fn read(path: &Path) -> Result<String, Fault> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|_| Fault::new("playbook::encoding", format!("{} is not UTF-8 text", path.display())).with_help("save it as UTF-8"))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new("playbook::unreadable", format!("{}: {}", path.display(), reason(error)))
        .with_help(near(path).unwrap_or_else(|| "name a playbook, or a folder of playbooks, that can be read".into()))
}

/// Playbooks beside a path that is not there, with a name like it.
fn near(path: &Path) -> Option<String> {
    let folder = path.parent()?;
    let shown = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(shown).ok()?.flatten().take(1_000).map(|entry| entry.path());
    let names: Vec<String> = entries
        .filter(|entry| entry.is_dir() || entry.extension().is_some_and(|extension| extension == "rhai"))
        .filter_map(|entry| entry.file_name().map(|name| folder.join(name).display().to_string()))
        .collect();
    did_you_mean(&path.display().to_string(), names.iter().map(String::as_str))
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
