//! Every dependency may be used, changed and passed on freely.

use std::process::Command;

use serde_json::Value;

use crate::support::project;

/// Permissive licences, and public-domain dedications.
const PERMISSIVE: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "ISC",
    "Zlib",
    "bzip2-1.0.6",
    "BSL-1.0",
    "Unicode-3.0",
    "Unlicense",
    "CC0-1.0",
];

/// Not permissive, and taken all the same: the MPL binds the crate's own files only, which are used as published.
const EXCEPTIONS: &[(&str, &str)] = &[("smartstring", "MPL-2.0+")];

#[test]
fn dependencies_are_permissively_licensed() {
    let wrong: Vec<String> = packages()
        .iter()
        .map(|package| (text(&package["name"]), text(&package["license"])))
        .filter(|(name, licence)| !is_permissive(licence) && !EXCEPTIONS.contains(&(name.as_str(), licence.as_str())))
        .map(|(name, licence)| format!("{name}: {licence}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn licence_expressions_are_understood() {
    for (expression, permissive) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
        ("Apache-2.0/MIT", true),
        ("", false),
    ] {
        assert_eq!(is_permissive(expression), permissive, "{expression}");
    }
}

/// What is compiled into the program on this machine, tests included.
fn packages() -> Vec<Value> {
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let arguments = ["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(project()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let is_used = |package: &&Value| nodes.iter().any(|node| node["id"] == package["id"]);
    metadata["packages"].as_array().unwrap().iter().filter(is_used).cloned().collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

/// An SPDX expression, in which `/` is the old spelling of `OR`; parentheses bind first, then AND.
fn is_permissive(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    match (expression.find('('), expression.find(')')) {
        (Some(open), Some(close)) if open < close => {
            let inner = if is_permissive(&expression[open + 1..close]) { "MIT" } else { "none" };
            is_permissive(&format!("{}{inner}{}", &expression[..open], &expression[close + 1..]))
        }
        _ => expression.split(" OR ").any(|choice| choice.split(" AND ").all(|licence| PERMISSIVE.contains(&licence.trim()))),
    }
}
