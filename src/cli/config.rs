//! `huntsman.toml`: names for sources, in the folder where Huntsman is started.
//!
//! Only this much of TOML is read: comments, `[sources]`, and `name = "path"` below it. Paths are relative to the file's folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::diag::{Fault, Place, SourceText, reason};

const FILE: &str = "huntsman.toml";

/// Names and what they stand for; empty without a file.
pub fn sources() -> Result<BTreeMap<String, String>, Fault> {
    match std::fs::read_to_string(Path::new(FILE)) {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => {
            Err(Fault::new("config::unreadable", format!("{FILE}: {}", reason(&error)))
                .with_help("make it a text file in UTF-8 that can be read, or take it away"))
        }
    }
}

fn parse(text: &str) -> Result<BTreeMap<String, String>, Fault> {
    let source = Arc::new(SourceText { name: FILE.into(), text: text.into() });
    let wrong = |span: std::ops::Range<usize>, message: &str| {
        Fault::new("config::syntax", message).with_help("[sources]\nname = \"a store, or a folder of raw logs\"").at(Place {
            source: source.clone(),
            span,
            label: None,
        })
    };
    let mut names = BTreeMap::new();
    let mut in_sources = false;
    let mut offset = 0;
    for raw in text.split_inclusive('\n') {
        let line = raw.trim();
        let start = offset + raw.len() - raw.trim_start().len();
        let span = start..start + line.len();
        offset += raw.len();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('[') {
            in_sources = line == "[sources]";
            if !in_sources {
                return Err(wrong(span, "only [sources] is known here"));
            }
            continue;
        }
        let pair = line.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
        let Some((name, value)) = pair.filter(|_| in_sources) else { return Err(wrong(span, "a name, `=` and a text below [sources] was expected")) };
        let quoted =
            value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).or_else(|| value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')));
        let Some(path) = quoted else { return Err(wrong(span, "the source must be a text in quotes")) };
        names.insert(name.trim_matches('"').to_string(), path.to_string());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_mistakes() {
        let names = parse("# mine\n[sources]\nlab = \"stores/lab\"\n\"old\" = '/logs/old'\n").unwrap();
        assert_eq!(names["lab"], "stores/lab");
        assert_eq!(names["old"], "/logs/old");
        let fault = parse("[sources]\n  lab = stores/lab\n").unwrap_err();
        assert_eq!(fault.places[0].span, 12..28);
    }
}
