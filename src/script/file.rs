//! Playbooks and modules as files: their text, and names near one that is not there.

use std::path::Path;

use crate::diag::{Fault, did_you_mean_file, reason};

/// The largest text that is read as a module or playbook.
const LARGEST: u64 = 4 << 20;

/// The text of a playbook or module; `shown` is what people call it.
pub(super) fn read(file: &Path, shown: &str) -> Result<String, Fault> {
    let refused = |reason: String| unreadable(file, shown, &reason);
    let size = std::fs::metadata(file).map_err(|error| refused(reason_of(&error)))?.len();
    if size > LARGEST {
        return Err(refused(format!("{size} bytes are too much for a playbook")));
    }
    let bytes = std::fs::read(file).map_err(|error| refused(reason_of(&error)))?;
    let text = String::from_utf8(bytes).map_err(|error| refused(format!("byte {} is no UTF-8", error.utf8_error().valid_up_to())))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text))
}

/// A folder of playbooks that can't be listed.
pub(super) fn unlisted(folder: &Path, error: &std::io::Error) -> Fault {
    unreadable(folder, &folder.display().to_string(), &reason_of(error))
}

fn unreadable(file: &Path, shown: &str, reason: &str) -> Fault {
    let help = near(file).unwrap_or_else(|| "name a playbook (a text file in UTF-8), or a folder of playbooks, that can be read".into());
    Fault::new("playbook::unreadable", format!("{shown}: {reason}")).with_help(help)
}

/// Playbooks and folders beside a path that is not there, with a name like it.
fn near(file: &Path) -> Option<String> {
    if file.exists() {
        return None;
    }
    did_you_mean_file(file, |entry| entry.is_dir() || entry.extension().is_some_and(|extension| extension == "rhai"), [])
}

fn reason_of(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".into(),
        std::io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => reason(error),
    }
}
