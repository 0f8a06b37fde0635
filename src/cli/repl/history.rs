//! What was typed, for the next session; never what looks like a secret.

use std::path::PathBuf;
use std::sync::LazyLock;

use regex::Regex;

/// `XDG_STATE_HOME/huntsman/history`, or that below the home folder; the folder is made.
pub fn file() -> Option<PathBuf> {
    let absolute = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")))?;
    let folder = base.join("huntsman");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

/// An address with a password in it, or a text that is assigned to something called like a secret. What begins with a blank is not
/// kept either.
pub fn is_secret(input: &str) -> bool {
    static SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let address = r"\w://[^\s/@:]*:[^\s/@]+@";
        let assigned = r#"(?:password|passwd|passphrase|secret|token|api_?key|credentials?)\w*["`]?\s*[:=]\s*["`]"#;
        let inside = r#"["`?&;\s](?:password|passwd|secret|token|api_?key)=[^\s"`]"#;
        Regex::new(&format!("(?i){address}|{assigned}|{inside}")).ok()
    });
    input.starts_with(' ') || SECRET.as_ref().is_some_and(|secret| secret.is_match(input))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_kept() {
        for secret in [
            "let password = \"hunter2\";",
            "let api_key=`abc`",
            "#{ user: \"x\", token: \"abc\" }",
            "let s = \"clickhouse://default:pass@host/db\";",
            "let t = \"password=abc\"",
            " let quiet = 1",
        ] {
            assert!(is_secret(secret), "{secret}");
        }
        for harmless in [
            "c.filter(|e| e.CommandLine.contains(\"password\"))",
            "c.filter(|e| e.CommandLine == \"net user /add\")",
            "let tokens = 3;",
            "c.filter(|e| e.CommandLine.contains(\"https://host:8080/x\"))",
            ":period all",
        ] {
            assert!(!is_secret(harmless), "{harmless}");
        }
    }
}
