//! The layers hold: who imports whom, who owns which crate, one idea and few lines per file, and a map that names every folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::support::{files_below, project};

/// What a layer may import of ours; `upkeep` of `ingest` that one file only.
const LAYERS: &[(&str, &[&str])] = &[
    ("diag", &[]),
    ("telemetry", &["diag"]),
    ("plan", &["diag", "telemetry"]),
    ("frame", &["diag", "plan", "telemetry"]),
    ("export", &["diag", "telemetry", "plan", "frame"]),
    ("store", &["diag", "telemetry"]),
    ("sample", &[]),
    ("rewrite", &["diag", "telemetry", "frame", "store"]),
    ("ingest", &["diag", "telemetry", "frame", "store", "rewrite"]),
    ("upkeep", &["diag", "telemetry", "frame", "store", "rewrite"]),
    ("backend", &["diag", "telemetry", "plan", "frame", "store"]),
    ("hunt", &["diag", "telemetry", "plan", "frame"]),
    ("report", &["diag", "frame", "hunt", "plan", "telemetry"]),
    ("script", &["diag", "telemetry", "plan", "frame", "store", "ingest", "backend", "hunt", "export", "report"]),
    ("present", &["diag", "telemetry", "frame", "hunt", "export", "report", "plan"]),
    ("cli", &["diag", "telemetry", "plan", "frame", "store", "sample", "ingest", "upkeep", "backend", "hunt", "export", "report", "script", "present"]),
    ("main", &["cli"]),
];

/// Outside crates that only some places may name.
const OWNERS: &[(&str, &[&str])] = &[
    ("polars", &["frame.rs", "backend/local/", "ingest/", "rewrite/", "upkeep/", "hunt/"]),
    ("polars_arrow", &["ingest/"]),
    ("polars_parquet", &["ingest/"]),
    ("rhai", &["script/"]),
    ("ratatui", &["present/"]),
    ("quick_xml", &["present/"]),
    ("maud", &["present/html/"]),
    ("pulldown_cmark", &["present/html/"]),
    ("tempfile", &["cli/output.rs", "script/builtins/", "backend/local/testing.rs", "backend/local/tests/"]),
    ("clap", &["cli/"]),
    ("rustyline", &["cli/"]),
    ("indicatif", &["cli/"]),
    ("signal_hook", &["cli/"]),
    ("maxminddb", &["backend/local/"]),
    ("evtx", &["ingest/"]),
    ("zip", &["ingest/"]),
    ("tar", &["ingest/"]),
    ("flate2", &["ingest/"]),
    ("bzip2", &["ingest/"]),
    ("lzma_rust2", &["ingest/"]),
    ("zstd", &["ingest/"]),
    ("encoding_rs", &["ingest/"]),
    ("toml", &["cli/", "telemetry/mapping/"]),
];

/// The door to the outside: clock, environment and streams are the command line's, which hands them down.
const OUTSIDE: &str = r"SystemTime::now|Utc::now|Local::now|\benv::(var|args|current_dir)|\be?println!|\be?print!|io::(stdout|stderr|stdin)\(";

#[test]
fn layers_import_what_they_may() {
    let import = Regex::new(r"\bcrate::(?:(\w+)(?:::(\w+))?|\{([^}]*)\})").unwrap();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let layer = path.split(['/', '.']).next().unwrap();
        if layer == "lib" || path.ends_with("/testing.rs") {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            wrong.push(format!("{path}: the layer {layer} is not in the table"));
            continue;
        };
        for (number, line) in code_lines(&text) {
            for found in import.captures_iter(line) {
                let group = |number| found.get(number).map_or("", |part: regex::Match<'_>| part.as_str());
                let names = match found.get(3) {
                    Some(list) => list.as_str().split(',').map(|name| name.trim().to_string()).filter(|name| !name.is_empty()).collect(),
                    None => vec![format!("{}::{}", group(1), group(2))],
                };
                for name in names {
                    let first = name.split("::").next().unwrap();
                    let is_allowed = first == layer || allowed.iter().any(|allowed| *allowed == first || name.starts_with(allowed) && allowed.contains("::"));
                    if !is_allowed && LAYERS.iter().any(|(layer, _)| *layer == first) {
                        wrong.push(format!("{path}:{number}: {layer} may not use {first}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn outside_crates_have_owners() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (name, owners) in OWNERS {
            if owners.iter().any(|owner| path.starts_with(owner)) {
                continue;
            }
            let named = Regex::new(&format!(r"(^|[^\w:]){name}::")).unwrap();
            wrong
                .extend(code_lines(&text).filter(|(_, line)| named.is_match(line)).map(|(number, _)| format!("{path}:{number}: {name} belongs to {owners:?}")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_outside_is_reached_through_the_command_line() {
    let outside = Regex::new(OUTSIDE).unwrap();
    let mut wrong = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| !path.starts_with("cli/")) {
        wrong.extend(code_lines(&text).filter(|(_, line)| outside.is_match(line)).map(|(number, line)| format!("{path}:{number}: {}", line.trim())));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_say_their_idea_and_stay_short() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "benches"] {
        // What a package of tests built for itself lies below it.
        let is_built = |file: &PathBuf| file.strip_prefix(project()).unwrap().components().any(|part| part.as_os_str() == "target");
        for file in files_below(&project().join(folder), ".rs").into_iter().filter(|file| !is_built(file)) {
            let text = std::fs::read_to_string(&file).unwrap();
            if !text.starts_with("//! ") {
                wrong.push(format!("{}: has no `//!` line", file.display()));
            }
            if text.lines().count() > 500 {
                wrong.push(format!("{}: {} lines", file.display(), text.lines().count()));
            }
        }
    }
    for file in files_below(&project().join("scripts"), ".rhai").iter().chain(&files_below(&project().join("stdlib"), ".rhai")) {
        if !std::fs::read_to_string(file).unwrap().starts_with("//! ") {
            wrong.push(format!("{}: has no `//!` title", file.display()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_map_names_every_folder() {
    let map = std::fs::read_to_string(project().join("src/README.md")).unwrap();
    let folders: BTreeSet<PathBuf> = files_below(&project().join("src"), ".rs").iter().map(|file| file.parent().unwrap().to_path_buf()).collect();
    let missing: Vec<String> =
        folders.iter().map(|folder| relative(folder)).filter(|folder| !folder.is_empty() && !map.contains(&format!("`{folder}/`"))).collect();
    assert!(missing.is_empty(), "src/README.md does not name {missing:?}");
}

#[test]
fn the_top_level_has_what_the_design_says() {
    let known = ["Cargo.toml", "Cargo.lock", "src", "scripts", "stdlib", "tests", "benches", "README.md", "rustfmt.toml", "clippy.toml", "target"];
    let found = std::fs::read_dir(project()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let strange: Vec<String> = found.filter(|name| !name.starts_with('.') && !known.contains(&name.as_str())).collect();
    assert!(strange.is_empty(), "a new top-level entry needs a reason in the README and a place here: {strange:?}");
}

/// Every source file: its path below `src`, and its text.
fn sources() -> Vec<(String, String)> {
    files_below(&project().join("src"), ".rs").iter().map(|file| (relative(file), std::fs::read_to_string(file).unwrap())).collect()
}

fn relative(path: &Path) -> String {
    path.strip_prefix(project().join("src")).unwrap().to_string_lossy().into_owned()
}

/// Lines that are no comment, numbered from 1.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whoever is told what is wrong is told what to do: a fault is made with its help, and so is every variant of our own errors.
#[test]
fn every_diagnostic_says_what_to_do() {
    let made = Regex::new(r"\bFault::new\(").unwrap();
    let variant = Regex::new(r"#\[diagnostic\(").unwrap();
    let (mut wrong, mut faults, mut variants) = (Vec::new(), 0, 0);
    for (path, text) in sources() {
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        for found in made.find_iter(&text) {
            faults += 1;
            let rest = text[closing(&text, found.end() - 1) + 1..].trim_start();
            if !rest.starts_with(".with_help(") && !path.ends_with("diag/mod.rs") {
                wrong.push(format!("{path}:{}: a fault without `.with_help(…)` right behind it", line(found.start())));
            }
        }
        for found in variant.find_iter(&text) {
            variants += 1;
            let end = closing(&text, found.end() - 1);
            // The fields of the variant follow its attributes.
            let fields = ["#[error(", "\n}"].iter().filter_map(|next| text[end..].find(next)).min().map_or(text.len(), |next| end + next);
            let attribute = &text[found.start()..end];
            // What is transparent has the help of what it holds.
            if !attribute.contains("help(") && !attribute.contains("transparent") && !text[end..fields].contains("#[help]") {
                wrong.push(format!("{path}:{}: an error without help", line(found.start())));
            }
        }
    }
    assert!(faults > 100 && variants > 30, "{faults} faults and {variants} errors: the test looks past them");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Where the bracket that stands there is closed; texts and signs in quotes do not count.
fn closing(text: &str, open: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, open);
    while at < bytes.len() {
        match bytes[at] {
            b'(' => depth += 1,
            b')' if depth == 1 => return at,
            b')' => depth -= 1,
            b'\'' if bytes.get(at + 2) == Some(&b'\'') => at += 2,
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            _ => {}
        }
        at += 1;
    }
    text.len() - 1
}
