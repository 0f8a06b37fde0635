//! The techniques of ATT&CK: ids and names, read from a data file.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::diag::nearest;

static NAMES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| read(include_str!("attack.txt")));

/// A line is `T1003 Name: 001 Sub; 002 Sub`; a sub-technique is named with its technique, as `OS Credential Dumping: LSASS Memory`.
fn read(text: &str) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with('T')) {
        let Some((id, rest)) = line.split_once(' ') else { continue };
        let (name, subs) = rest.split_once(": ").unwrap_or((rest, ""));
        names.insert(id.to_string(), name.to_string());
        for (number, sub) in subs.split("; ").filter_map(|sub| sub.split_once(' ')) {
            names.insert(format!("{id}.{number}"), format!("{name}: {sub}"));
        }
    }
    names
}

/// The name of a technique; none where the list does not know the id.
pub fn name(id: &str) -> Option<&'static str> {
    NAMES.get(id).map(String::as_str)
}

/// What an id that the list does not know was probably meant to be: ids beside it with their names.
pub fn near(id: &str) -> Option<String> {
    // Of a technique that is known, the sub-techniques; else ids that differ by a slip.
    let main = id.split('.').next().unwrap_or(id);
    let named = |id: &str| name(id).map(|name| format!("{id} {name}"));
    let subs = || NAMES.keys().filter(|known| known.starts_with(&format!("{main}."))).map(String::as_str);
    let candidates = if id.contains('.') && name(main).is_some() {
        nearest(id, subs())
    } else {
        nearest(id, NAMES.keys().filter(|known| !known.contains('.')).map(String::as_str))
    };
    let found: Vec<String> = candidates.into_iter().filter_map(named).collect();
    (!found.is_empty()).then(|| format!("did you mean {}?", found.join(", or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_names() {
        assert_eq!(name("T1059"), Some("Command and Scripting Interpreter"));
        assert_eq!(name("T1059.001"), Some("Command and Scripting Interpreter: PowerShell"));
        // What versions 18 and 19 brought, and what 19 replaced.
        assert_eq!(name("T1059.013"), Some("Command and Scripting Interpreter: Container CLI/API"));
        assert_eq!(name("T1685.005"), Some("Disable or Modify Tools: Clear Windows Event Logs"));
        assert_eq!(name("T1070.001"), Some("Indicator Removal: Clear Windows Event Logs"));
        assert_eq!((name("T1059.099"), name("T9999"), name("")), (None, None, None));
        assert!(near("T1059.01").is_some_and(|said| said.contains("T1059.001")));
        assert!(NAMES.keys().all(|id| crate::hunt::finding::check_technique(id).is_ok()));
        assert!(NAMES.len() > 600, "{}", NAMES.len());
    }
}
