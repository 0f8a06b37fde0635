//! The README's tables of the published reference page: every method, parameter, value and column is there, for machines and for clients.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::support::{NOW, Place, project, stores};

/// A machine and a client whose period is everything.
const ENTITIES: [&str; 2] = [r#"Machine("WKS01", all_time())"#, r#"Client("all", all_time())"#];

#[test]
fn every_method_takes_the_parameters_of_the_page_and_has_its_columns() {
    let rows = table("| method | parameters | columns |");
    assert_eq!(rows.len(), 16, "methods of the page");
    let mut asked = String::new();
    for row in &rows {
        let (method, parameters, columns) = (code(&row[0]), &row[1], &row[2]);
        for entity in ENTITIES {
            for name in [method.as_str(), method.trim_start_matches("get_")] {
                if has_columns(columns) {
                    writeln!(asked, "note(`{name}: ${{{entity}.{name}().columns()}}`);").unwrap();
                } else {
                    writeln!(asked, "{entity}.{name}();").unwrap();
                }
            }
            for parameter in parameters.split_whitespace() {
                let value = value_of(parameter, &method);
                writeln!(asked, "{entity}.{method}(#{{ {parameter}: {value} }});").unwrap();
            }
        }
    }
    let notes = notes(&asked);
    for row in rows.iter().filter(|row| has_columns(&row[2])) {
        let method = code(&row[0]);
        let wanted: Vec<&str> = row[2].split_whitespace().collect();
        for name in [method.as_str(), method.trim_start_matches("get_")] {
            let answers = &notes[name];
            assert_eq!(answers.len(), ENTITIES.len(), "{name}");
            for answer in answers {
                let columns: Vec<String> = serde_json::from_str(answer).unwrap();
                let first: Vec<&str> = columns.iter().map(String::as_str).filter(|column| method != "get_events" || wanted.contains(column)).collect();
                assert_eq!(first[..wanted.len().min(first.len())], wanted, "{name}");
            }
        }
    }
}

#[test]
fn every_value_of_the_page_is_taken() {
    let rows = table("| parameter | values of the page |");
    assert!(rows.len() > 10, "{} parameters with values", rows.len());
    let mut asked = String::new();
    for row in &rows {
        let words: Vec<&str> = row[0].split('`').collect();
        let (parameter, method) = (words[1], words[3]);
        for value in row[1].split_whitespace() {
            let value = if parameter == "attributes" { value.to_string() } else { format!("\"{value}\"") };
            for entity in ENTITIES {
                writeln!(asked, "{entity}.{method}(#{{ {parameter}: {value} }}).count();").unwrap();
            }
        }
    }
    notes(&asked);
}

#[test]
fn everything_else_of_the_page_runs() {
    let rows = table("| of the page | here |");
    assert!(rows.len() > 10, "{} rows", rows.len());
    for row in &rows {
        let parts: Vec<&str> = row[1].split('`').collect();
        let expressions: Vec<&str> = parts.iter().skip(1).step_by(2).copied().collect();
        assert!(!expressions.is_empty(), "{row:?}");
        for expression in expressions {
            let answer = eval(expression);
            if expression.contains(" == ") {
                assert_eq!(answer, "true\n", "{expression}");
            }
            // What is drawn unasked is what the page says.
            if let Some((shown, _)) = expression.split_once(", #{ view:") {
                assert_eq!(answer, eval(&format!("{shown})")), "{expression}");
            }
        }
    }
}

/// The cells of the table with this head, row by row.
fn table(head: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(project().join("README.md")).unwrap();
    let rows = text.lines().skip_while(|line| *line != head).skip(2).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| {
        let line = line.replace("\\|", "\u{1}");
        line.trim_matches('|').split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
    };
    rows.map(cells).collect()
}

fn code(cell: &str) -> String {
    cell.trim_matches('`').to_string()
}

/// What is in brackets is no column.
fn has_columns(cell: &str) -> bool {
    !cell.starts_with('(')
}

fn value_of(parameter: &str, method: &str) -> &'static str {
    match parameter {
        "file" => r#"["cmd.exe", "C:\\Windows\\explorer.exe", "0123456789abcdef0123456789abcdef"]"#,
        "user" | "users" => r#"["mara.linde", "ACME\\tobias.kern"]"#,
        "kind" => r#""interpreter""#,
        "operation" => r#""create""#,
        "command" => r#"["-enc", "whoami"]"#,
        "attributes" => "ATTR_REMOTE | ATTR_EXTERNAL",
        "period" => "last(7.days)",
        "histogram" => r#"Histogram("1h")"#,
        "protocol" => r#""TCP""#,
        "port" => r#"[443, "RDP"]"#,
        "iptype" => r#""Public""#,
        "direction" => r#""Outgoing""#,
        "ips" => r#"["10.0.0.0/8", "192.88.99.77"]"#,
        "top" => "3",
        "rules" => r#"["lsass", "run key"]"#,
        "muid" => r#"Machine("WKS01").muid"#,
        "by" => r#""type""#,
        other => panic!("no value for `{other}` of {method}"),
    }
}

/// Runs lines of a playbook over the sample; what it notes, `name: text`, by name.
fn notes(lines: &str) -> BTreeMap<String, Vec<String>> {
    let place = Place::new();
    place.write("page.rhai", &format!("//! The reference page.\n{lines}"));
    let mut call = place.huntsman(["run", "page.rhai", "--now", NOW, "--format", "json", "--allow-partial", "-q", "--source"]);
    call.command.arg(&stores::sample().store);
    let report = call.run().expect(0).json();
    let mut notes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, text) in report["items"].as_array().unwrap().iter().filter_map(|item| item["text"].as_str()?.split_once(": ")) {
        notes.entry(name.into()).or_default().push(text.into());
    }
    notes
}

fn eval(expression: &str) -> String {
    let place = Place::new();
    let mut call = place.huntsman(["eval", expression, "--now", NOW, "-q", "--source"]);
    call.command.arg(&stores::sample().store);
    call.run().expect(0).out
}
