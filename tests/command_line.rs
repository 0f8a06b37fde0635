//! What scripts around the program rely on: exit codes, the keys of JSON, files of answers, the same bytes again.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Answer, NOW, Place, files_below, stores};

/// One playbook for each way to end.
const PLAYBOOKS: [(&str, &str); 5] = [
    ("clean.rhai", r#"finding(#{ title: "None", severity: "high", evidence: Client("all").get_dns(#{ query: "nothing.example" }) });"#),
    ("low.rhai", r#"finding(#{ title: "Low", severity: "low", evidence: Client("all").get_system(#{ kind: "log" }) });"#),
    ("high.rhai", r#"finding(#{ title: "High", severity: "high", technique: "T1070.001", evidence: Client("all").get_system(#{ kind: "log" }) });"#),
    ("blind.rhai", r#"finding(#{ title: "Blind", severity: "high", evidence: Client("all").get_executions(#{ operation: "tamper" }) });"#),
    ("broken.rhai", r#"fail("no reason");"#),
];

fn place() -> Place {
    let place = Place::new();
    PLAYBOOKS.iter().for_each(|(name, text)| drop(place.write(name, text)));
    place
}

/// Over the sample, all of its time.
fn hunt(place: &Place, arguments: &[&str]) -> Answer {
    let mut call = place.huntsman(arguments);
    call.command.args(["--now", NOW, "--period", "all", "--source"]).arg(&stores::sample().store);
    call.run()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().map(String::as_str).collect()
}

#[test]
fn exit_codes_are_those_of_the_outcomes() {
    let place = place();
    let code = |arguments: &[&str]| hunt(&place, &[&["run", "-q"], arguments].concat()).code;
    for (arguments, expected) in [
        (&["clean.rhai"][..], 0),
        (&["low.rhai"], 1),
        (&["low.rhai", "--fail-on", "medium"], 0),
        (&["high.rhai", "--fail-on", "HIGH"], 1),
        (&["high.rhai", "--fail-on", "critical"], 0),
        (&["high.rhai", "--fail-on", "never"], 0),
        (&["blind.rhai"], 3),
        (&["blind.rhai", "--allow-partial"], 0),
        (&["blind.rhai", "--allow-partial=0"], 0),
        (&["blind.rhai", "--allow-partial=1"], 3),
        (&["broken.rhai"], 2),
        (&["nowhere.rhai"], 2),
        // 2 before 1 before 3 before 0.
        (&["clean.rhai", "blind.rhai"], 3),
        (&["blind.rhai", "low.rhai", "clean.rhai"], 1),
        (&["high.rhai", "broken.rhai", "blind.rhai"], 2),
        (&["low.rhai", "blind.rhai", "--fail-on", "high"], 3),
        (&["clean.rhai", "nowhere.rhai"], 2),
    ] {
        assert_eq!(code(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn a_report_has_its_keys() {
    let place = place();
    place.write(
        "all.rhai",
        r#"let days = param("days", 7, "how many days");
let rows = Client("all").get_system(#{ kind: "log" });
finding(#{ title: "High", severity: "high", technique: "T1070.001, T1562", confidence: "high", description: "d", evidence: rows });
rows.select(["Kind", "Machine"]).show();
rows.histogram("1d").show();
note("n");
print(5);
chart(Client("all").get_executions(#{ operation: "create" }).group_by("Machine").count(), #{ view: "share" });
"#,
    );
    let answer = hunt(&place, &["run", "all.rhai", "--format", "json", "--param", "days=3"]).expect(1);
    assert_eq!(answer.err, "");
    let report = answer.json();
    assert_eq!(keys(&report), ["playbook", "outcome", "findings", "items", "coverage", "params", "period", "version"].into());
    let finding = &report["findings"][0];
    let expected = ["title", "severity", "technique", "description", "confidence", "fingerprint", "count", "evidence", "entities"];
    assert_eq!(keys(finding), expected.into());
    assert_eq!(keys(&finding["evidence"]), ["columns", "rows", "total"].into());
    assert_eq!((&finding["technique"], &finding["count"]), (&json!(["T1070.001", "T1562"]), &json!(2)));
    let kinds: Vec<&str> = report["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["table", "bins", "note", "value", "chart"]);
    let coverage =
        ["need", "table", "operations", "period", "covered", "machines", "machine_days", "covered_machine_days", "rows", "not_examined", "silent", "rejected"];
    assert_eq!(keys(&report["coverage"][0]), coverage.into());
    assert_eq!(report["params"], json!({ "days": 3 }));
    assert_eq!(report["period"], json!({ "from": null, "to": null }));
    // A run that failed says why, in place of an outcome.
    let failed = hunt(&place, &["run", "broken.rhai", "--format", "json"]).expect(2).json();
    assert_eq!((&failed["outcome"], &failed["error"]["code"]), (&Value::Null, &json!("playbook::fail")));
}

#[test]
fn an_answer_is_the_value() {
    let place = place();
    let value = |expression: &str| hunt(&place, &["eval", expression, "--format", "json"]).expect(0).json();
    for (expression, expected) in [
        ("[1, 1.5, \"a\", true, ()]", json!([1, 1.5, "a", true, null])),
        ("#{ b: 1, a: [] }", json!({ "a": [], "b": 1 })),
        ("()", json!(null)),
        ("TimePeriod(\"2026-03-02\").from", json!("2026-03-02T00:00:00.000Z")),
        ("0.0 / 0.0", json!(null)),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
    let rows = value(r#"Client("all").get_system(#{ kind: "log" }).select(["DateTime", "Machine", "EventId", "Account"])"#);
    let column = |name: &str, kind: &str| json!({ "name": name, "type": kind });
    assert_eq!(rows["columns"], json!([column("DateTime", "time"), column("Machine", "text"), column("EventId", "int"), column("Account", "text")]));
    assert_eq!(rows["rows"][0], json!({ "DateTime": "2026-03-03T11:32:05.000Z", "Machine": "FILES01", "EventId": 1102, "Account": null }));
    assert_eq!((&rows["total"], keys(&rows)), (&json!(2), ["columns", "rows", "total"].into()));
    assert_eq!(keys(&value(r#"Client("all").get_executions(#{ histogram: "1d" })"#)), ["columns", "rows", "total"].into());
}

/// Twice into stores of their own, and again into the first: nothing is added.
#[test]
fn ingest_says_the_same_and_writes_the_same() {
    let place = Place::new();
    let ingest = |store: &str| {
        let mut call =
            place.huntsman(["ingest".as_ref(), stores::sample_folder().as_os_str(), "--format".as_ref(), "json".as_ref(), "--store".as_ref(), store.as_ref()]);
        call.command.args(["--timeout", "1h"]);
        call.run().expect(0)
    };
    let (first, second) = (ingest("first"), ingest("second"));
    assert_eq!(first.out, second.out);
    let summary = first.json();
    assert!(["files", "records", "rows", "rejected"].iter().all(|key| keys(&summary).contains(key)), "{summary}");
    assert_eq!(summary["records"], summary["rows"]["event"]);
    let files = |store: &str| files_below(&place.path(store), "").into_iter().filter(|path| !path.ends_with(".lock")).collect::<Vec<_>>();
    let (one, other) = (files("first"), files("second"));
    assert!(one.len() > 10 && one.len() == other.len());
    let below = |path: &Path, store: &str| path.strip_prefix(place.path(store)).unwrap().to_path_buf();
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(below(one, "first"), below(other, "second"));
        assert!(std::fs::read(one).unwrap() == std::fs::read(other).unwrap(), "{}", one.display());
    }
    let again = ingest("first").json();
    assert_eq!((&again["records"], &again["known"]), (&json!(0), &summary["files"]));
}

#[test]
fn an_ingest_that_takes_too_long_leaves_nothing() {
    let place = Place::new();
    let mut call = place.huntsman(["ingest".as_ref(), stores::sample_folder().as_os_str()]);
    call.command.args(["--store", "store", "--timeout", "1ms"]);
    let answer = call.run().expect(2);
    assert!(answer.err.contains("run::timeout") || answer.err.contains("query::timeout"), "{}", answer.err);
    assert!(!place.path("store").exists());
}

/// Every format of an answer is what stdout would have had, and another run gives the same bytes.
#[test]
fn files_of_an_answer_are_what_stdout_has() {
    let place = place();
    let endings = [("json", "json"), ("ndjson", "ndjson"), ("csv", "csv")];
    for round in ["one", "two"] {
        let names: Vec<String> = endings.iter().map(|(_, ending)| format!("{round}.{ending}")).collect();
        let files: Vec<&str> = names.iter().flat_map(|name| ["-o", name.as_str()]).collect();
        hunt(&place, &[&["run", "high.rhai", "blind.rhai", "-q"], files.as_slice()].concat()).expect(1);
    }
    for (format, ending) in endings {
        let read = |round: &str| std::fs::read_to_string(place.path(&format!("{round}.{ending}"))).unwrap();
        let shown = hunt(&place, &["run", "high.rhai", "blind.rhai", "-q", "--format", format]).expect(1);
        assert_eq!(shown.err, "");
        assert_eq!(read("one"), shown.out, "{format}");
        assert_eq!(read("one"), read("two"), "{format}");
    }
    // What can't be written is said before anything runs.
    let refused = hunt(&place, &["run", "high.rhai", "-o", "a.json", "-o", "a.pages"]).expect(2);
    assert!(refused.out.is_empty() && refused.err.contains("output::format") && refused.err.contains(".json"), "{}", refused.err);
    assert!(!place.path("a.json").exists());
}

#[test]
fn every_command_has_the_formats_of_an_answer() {
    let place = place();
    for command in [&["check", "high.rhai"][..], &["list", "high.rhai"], &["doc", "get_dns"], &["sources"], &["eval", "1"]] {
        for format in ["table", "json", "ndjson", "csv"] {
            let file = format!("out.{}", if format == "table" { "txt" } else { format });
            let mut call = place.huntsman([command, &["--format", format, "-o", &file]].concat());
            if command[0] == "sources" {
                call.command.args(["--now", NOW, "--source"]).arg(&stores::sample().store);
            }
            let answer = call.run().expect(0);
            assert!(!answer.out.is_empty() && answer.err.is_empty(), "{command:?} {format}: {}", answer.err);
            if format != "table" {
                assert_eq!(std::fs::read_to_string(place.path(&file)).unwrap(), answer.out, "{command:?} {format}");
            }
            if format == "json" {
                answer.json();
            }
        }
    }
}

/// `--source`, `HUNTSMAN_SOURCE`, and a name of `huntsman.toml`, relative to where it is started.
#[test]
fn a_source_is_named_in_three_ways() {
    let place = Place::new();
    std::os::unix::fs::symlink(&stores::sample().store, place.path("mine")).unwrap();
    place.write("huntsman.toml", "[sources]\nlab = \"mine\"\n");
    let count = |call: crate::support::Call| call.run().expect(0).out;
    let ask = || place.huntsman(["eval", "Client(\"all\", all_time()).get_raw_events().count()", "--now", NOW]);
    let mut by_name = ask();
    by_name.command.args(["--source", "lab"]);
    let mut by_path = ask();
    by_path.command.args(["--source", "mine"]);
    let mut by_variable = ask();
    by_variable.command.env("HUNTSMAN_SOURCE", "lab");
    let expected = count(by_path);
    assert_eq!((count(by_name), count(by_variable)), (expected.clone(), expected));
    ask().run().expect(2);
}

#[test]
fn colours_come_when_asked() {
    let place = place();
    let answer = |when: &str| hunt(&place, &["run", "high.rhai", "--color", when]).expect(1).out;
    assert!(answer("always").contains("\x1b["));
    assert_eq!(answer("never"), answer("auto"));
    assert!(!answer("never").contains('\x1b'));
    let mut quiet = place.huntsman(["run", "clean.rhai", "-v", "--now", NOW, "--period", "all", "--source"]);
    quiet.command.arg(&stores::sample().store);
    assert!(quiet.run().expect(0).err.contains("took "));
}

/// Whoever reads only the beginning of an answer has it.
#[test]
fn a_closed_pipe_is_no_error_of_any_command() {
    let place = place();
    for command in
        [&["run", "high.rhai", "--fail-on", "never"][..], &["check", "high.rhai"], &["list", "high.rhai"], &["doc"], &["sources"], &["--help"], &["--version"]]
    {
        let mut call = place.huntsman(command);
        if matches!(command[0], "run" | "sources") {
            call.command.args(["--now", NOW, "--source"]).arg(&stores::sample().store);
        }
        if command[0] == "run" {
            call.command.args(["--period", "all"]);
        }
        let mut child = call.start();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{command:?}");
    }
}
