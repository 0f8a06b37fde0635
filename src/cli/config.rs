//! `huntsman.toml`: names for sources and geo databases, in the folder where Huntsman is started.
//!
//! Only this much of TOML is read: comments, `geoip = "path"` or a list of them, `[sources]`, and `name = "path"` below it. Paths are relative to
//! the file's folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diag::{Fault, Place, SourceText, reason};

const FILE: &str = "huntsman.toml";

/// What the file says; nothing without one.
#[derive(Debug, Default)]
pub struct Config {
    /// Names and what they stand for.
    pub sources: BTreeMap<String, String>,
    /// What `--geoip` would name.
    pub geoip: Vec<PathBuf>,
}

pub fn read() -> Result<Config, Fault> {
    match std::fs::read_to_string(Path::new(FILE)) {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Config::default()),
        Err(error) => {
            Err(Fault::new("config::unreadable", format!("{FILE}: {}", reason(&error)))
                .with_help("make it a text file in UTF-8 that can be read, or take it away"))
        }
    }
}

fn parse(text: &str) -> Result<Config, Fault> {
    let source = Arc::new(SourceText { name: FILE.into(), text: text.into() });
    let wrong = |span: std::ops::Range<usize>, message: &str| {
        Fault::new("config::syntax", message).with_help("geoip = \"a database\"\n[sources]\nname = \"a store, or a folder of raw logs\"").at(Place {
            source: source.clone(),
            span,
            label: None,
        })
    };
    let mut config = Config::default();
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
        match pair {
            Some((name, value)) if in_sources => {
                let path = quoted(value).ok_or_else(|| wrong(span, "the source must be a text in quotes"))?;
                config.sources.insert(name.trim_matches('"').to_string(), path.to_string());
            }
            Some(("geoip", value)) => {
                let paths = listed(value).ok_or_else(|| wrong(span, "geoip takes a text in quotes, or a list of them on one line"))?;
                config.geoip.extend(paths.into_iter().map(PathBuf::from));
            }
            Some(_) | None => {
                let expected = if in_sources { "a name, `=` and a text below [sources] was expected" } else { "`geoip = ` or [sources] was expected" };
                return Err(wrong(span, expected));
            }
        }
    }
    Ok(config)
}

fn quoted(value: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
}

/// One text, or the texts between brackets.
fn listed(value: &str) -> Option<Vec<&str>> {
    let Some(inner) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return quoted(value).map(|one| vec![one]) };
    inner.split(',').map(str::trim).filter(|part| !part.is_empty()).map(quoted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_mistakes() {
        let config = parse("# mine\ngeoip = [\"City.mmdb\", 'Asn.mmdb']\n[sources]\nlab = \"stores/lab\"\n\"old\" = '/logs/old'\n").unwrap();
        assert_eq!(config.sources["lab"], "stores/lab");
        assert_eq!(config.sources["old"], "/logs/old");
        assert_eq!(config.geoip, [PathBuf::from("City.mmdb"), PathBuf::from("Asn.mmdb")]);
        assert_eq!(parse("geoip = \"City.mmdb\"").unwrap().geoip.len(), 1);
        assert_eq!(parse("geoip = City.mmdb").unwrap_err().places[0].span, 0..17);
        assert_eq!(parse("geo = \"x\"").unwrap_err().message, "`geoip = ` or [sources] was expected");
        let fault = parse("[sources]\n  lab = stores/lab\n").unwrap_err();
        assert_eq!(fault.places[0].span, 12..28);
    }
}
