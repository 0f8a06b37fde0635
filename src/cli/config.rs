//! `huntsman.toml`, in the folder where Huntsman is started: names for sources, and a text of programs of one's own.
//!
//! Only this much of TOML is read: comments, sections, and `name = "text"` below them. Paths are relative to the file's folder.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::diag::{Fault, Place, SourceText, did_you_mean, reason};
use crate::telemetry::words::Programs;

const FILE: &str = "huntsman.toml";

/// What the file says; everything is empty without a file.
#[derive(Debug, Default)]
struct Config {
    /// `[sources]`: names, and what they stand for.
    sources: BTreeMap<String, String>,
    /// `[kinds]` `programs`: a file, and where that is said.
    programs: Option<(String, Place)>,
}

/// Names of sources and what they stand for.
pub fn sources() -> Result<BTreeMap<String, String>, Fault> {
    read().map(|config| config.sources)
}

/// Which programs are of which kind: those that are part of the program, and after them the user's own.
pub fn programs() -> Result<Arc<Programs>, Fault> {
    let built_in = Programs::built_in();
    let Some((path, place)) = read()?.programs else { return Ok(built_in) };
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Fault::new("config::programs", format!("{path}: {}", reason(&error))).with_help("name a text file of programs that can be read").at(place)
    })?;
    built_in.with(&text).map(Arc::new).map_err(|error| {
        let place = Place { source: Arc::new(SourceText { name: path, text }), span: error.span, label: None };
        Fault::new("config::programs", error.message).with_help(error.help).at(place)
    })
}

fn read() -> Result<Config, Fault> {
    match std::fs::read_to_string(Path::new(FILE)) {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Config::default()),
        Err(error) => {
            Err(Fault::new("config::unreadable", format!("{FILE}: {}", reason(&error)))
                .with_help("make it a text file in UTF-8 that can be read, or take it away"))
        }
    }
}

const FORM: &str = "[sources]\nname = \"a store, or a folder of raw logs\"\n\n[kinds]\nprograms = \"a text of programs of your own\"";
const SECTIONS: [&str; 2] = ["sources", "kinds"];
const PROGRAMS: &str = "programs";

fn parse(text: &str) -> Result<Config, Fault> {
    let source = Arc::new(SourceText { name: FILE.into(), text: text.into() });
    let place = |span: Range<usize>| Place { source: source.clone(), span, label: None };
    let wrong = |span: Range<usize>, message: &str| Fault::new("config::syntax", message).with_help(FORM).at(place(span));
    let mut config = Config::default();
    let mut section = None;
    let mut offset = 0;
    for raw in text.split_inclusive('\n') {
        let line = raw.trim();
        let start = offset + raw.len() - raw.trim_start().len();
        let span = start..start + line.len();
        offset += raw.len();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.strip_suffix(']').unwrap_or(rest);
            section = SECTIONS.into_iter().find(|known| *known == name && rest.ends_with(']'));
            if section.is_none() {
                return Err(wrong(span, "only [sources] and [kinds] are known here"));
            }
            continue;
        }
        let pair = line.split_once('=').map(|(name, value)| (name.trim().trim_matches('"'), value.trim()));
        let (Some((name, value)), Some(section)) = (pair, section) else {
            return Err(wrong(span, "a name, `=` and a text below [sources] or [kinds] was expected"));
        };
        let quoted =
            value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).or_else(|| value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')));
        let Some(path) = quoted else { return Err(wrong(span, "the value must be a text in quotes")) };
        match (section, name) {
            ("kinds", PROGRAMS) => config.programs = Some((path.to_string(), place(span))),
            ("kinds", _) => {
                let near = did_you_mean(name, [PROGRAMS]).map(|near| format!("{near} ")).unwrap_or_default();
                return Err(wrong(span, &format!("[kinds] has no `{name}`")).with_help(format!("{near}{FORM}")));
            }
            _ => {
                config.sources.insert(name.to_string(), path.to_string());
            }
        }
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_mistakes() {
        let config = parse("# mine\n[sources]\nlab = \"stores/lab\"\n\"old\" = '/logs/old'\n[kinds]\nprograms = \"ours.txt\"\n").unwrap();
        assert_eq!(config.sources["lab"], "stores/lab");
        assert_eq!(config.sources["old"], "/logs/old");
        assert_eq!(config.programs.unwrap().0, "ours.txt");
        let fault = parse("[sources]\n  lab = stores/lab\n").unwrap_err();
        assert_eq!(fault.places[0].span, 12..28);
        assert!(parse("[kinds]\nprogram = \"x\"\n").unwrap_err().help.unwrap().starts_with("did you mean `programs`?"));
        assert!(parse("[sources\nx = \"y\"\n").is_err() && parse("x = \"y\"\n").is_err());
    }
}
