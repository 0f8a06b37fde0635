//! Everything that can be called comes with an example, and every example runs.

use std::sync::Mutex;

use crate::support::{NOW, Place, mmdb, stores};

/// What the examples of tests run.
const SHELL: &str = r#"//! A shell that Word started.
let program = param("program", "cmd.exe", "the shell");
let hits = Client("all").get_executions(#{ operation: "create" }).filter(|e| e.ChildFilename == program && e.ParentFilename == "winword.exe");
finding(#{ title: "Word started a shell", severity: "high", evidence: hits });
"#;

#[test]
fn every_example_runs() {
    let builtins: serde_json::Value = Place::new().huntsman(["doc", "--format", "json"]).run().expect(0).json();
    let mut examples: Vec<&str> =
        builtins.as_array().unwrap().iter().filter_map(|entry| entry["example"].as_str()).filter(|example| !example.is_empty()).collect();
    assert!(examples.len() > 50, "{} examples", examples.len());
    examples.sort();
    examples.dedup();
    let failures = Mutex::new(Vec::new());
    let half = examples.len() / 2;
    std::thread::scope(|scope| {
        for examples in [&examples[..half], &examples[half..]] {
            let failures = &failures;
            scope.spawn(move || {
                for example in examples {
                    let place = Place::new();
                    let mut call = place.huntsman(["eval", example, "--period", "all", "--now", NOW, "--allow-write", ".", "--geoip", "City.mmdb", "--source"]);
                    std::fs::write(place.path("City.mmdb"), mmdb::cities()).unwrap();
                    place.write("shell.rhai", SHELL);
                    call.command.arg(&stores::sample().store);
                    let answer = call.run();
                    // `fail` ends a run, and says so.
                    if answer.code != 0 && !example.starts_with("fail(") {
                        failures.lock().unwrap().push(format!("{example}\n{}", answer.err));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {}\n{}", failures.len(), examples.len(), failures.join("\n"));
}

#[test]
fn everything_is_documented() {
    let builtins: serde_json::Value = Place::new().huntsman(["doc", "--format", "json"]).run().expect(0).json();
    let bare: Vec<String> = builtins
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["kind"] == "builtin" && entry["doc"].as_str().unwrap_or_default().is_empty())
        .map(|entry| entry["signature"].to_string())
        .collect();
    assert!(bare.is_empty(), "{bare:?}");
}
