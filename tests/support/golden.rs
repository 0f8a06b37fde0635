//! Texts that were looked at once and must stay: a difference fails, `UPDATE=1` accepts it.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Differences are gathered, so that one run shows all of them.
#[derive(Default)]
pub struct Golden {
    differences: Mutex<Vec<String>>,
}

impl Golden {
    /// Compares a text with the file's; no file is the empty text.
    pub fn compare(&self, file: &Path, actual: &str) {
        let expected = std::fs::read_to_string(file).unwrap_or_default();
        if expected == actual {
            return;
        }
        if updating() {
            if actual.is_empty() {
                std::fs::remove_file(file).unwrap();
            } else {
                std::fs::write(file, actual).unwrap();
            }
            return;
        }
        self.differences.lock().unwrap().push(format!("{}\n{}", file.display(), difference(&expected, actual)));
    }

    pub fn finish(self) {
        let differences = self.differences.into_inner().unwrap();
        assert!(differences.is_empty(), "{} differ; look, and accept with UPDATE=1\n\n{}", differences.len(), differences.join("\n\n"));
    }
}

pub fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// The lines around the first that differs.
pub fn difference(expected: &str, actual: &str) -> String {
    let (expected, actual): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let same = expected.iter().zip(&actual).take_while(|(left, right)| left == right).count();
    let show = |lines: &[&str], sign: &str| lines.iter().skip(same).take(12).map(|line| format!("{sign} {line}\n")).collect::<String>();
    format!("line {}:\n{}{}", same + 1, show(&expected, "-"), show(&actual, "+"))
}

/// The cases of a topic with this ending.
pub fn cases(ending: &str) -> Vec<PathBuf> {
    super::files_below(&super::project().join("tests/cases"), ending)
}
