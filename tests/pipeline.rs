//! What a pipeline reads of a run: SARIF, JUnit, Markdown, HTML, evidence, coverage.

use serde_json::Value;

use crate::support::{Answer, NOW, Place, stores};

/// One that finds, one that can't look, one that is broken, one that is clean.
fn place() -> Place {
    let place = Place::new();
    place.write(
        "hunts/found.rhai",
        "//! Encoded *PowerShell* <b>.\n//!\n//! # Hypothesis\n//! Someone hides a script.\n//! # Technique\n//! T1059.001\n//! # Needs\n//! process.create\n//! # False positives\n//! Agents.\nlet hits = Client(\"all\").get_executions(#{ operation: \"create\", command: \"-enc\" });\nfinding(#{ title: \"Encoded\", severity: \"high\", technique: \"T1059.001\", evidence: hits, description: \"Decode it.\" });\nchart(Client(\"all\").get_executions(#{ histogram: Histogram(#{ interval: \"6h\" }) }));\nnote(\"**bold** <img src=x>\");\n",
    );
    place.write(
        "hunts/tamper.rhai",
        "//! Tampering.\nfinding(#{ title: \"t\", severity: \"high\", evidence: Client(\"all\").get_executions(#{ operation: \"tamper\" }) });\n",
    );
    place.write("hunts/broken.rhai", "//! Broken.\nfail(\"not today\");\n");
    place.write("hunts/clean.rhai", "//! Clean.\nfinding(#{ title: \"t\", severity: \"high\", evidence: Client(\"all\").get_executions(#{ operation: \"create\", file: \"nothing.exe\" }) });\n");
    place
}

fn run(place: &Place, arguments: &[&str]) -> Answer {
    let mut call = place.huntsman(["run", "hunts", "--now", NOW, "--period", "all", "-q", "--source"]);
    call.command.arg(&stores::sample().store).args(arguments);
    call.run()
}

#[test]
fn sarif_has_a_rule_for_each_playbook_and_a_result_for_each_finding() {
    let place = place();
    let answer = run(&place, &["--format", "sarif"]).expect(2);
    let told = answer.json();
    let run_of = &told["runs"][0];
    assert_eq!((told["version"].as_str(), run_of["tool"]["driver"]["name"].as_str()), (Some("2.1.0"), Some("Huntsman")));
    let rules: Vec<&str> = run_of["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(rules, ["hunts/broken", "hunts/clean", "hunts/found", "hunts/tamper"]);
    let rule = &run_of["tool"]["driver"]["rules"][2];
    assert_eq!(rule["fullDescription"]["text"], "Someone hides a script.");
    assert!(rule["help"]["markdown"].as_str().unwrap().contains("## False positives"), "{rule}");
    let [result] = run_of["results"].as_array().unwrap().as_slice() else { panic!("{run_of}") };
    assert_eq!((result["ruleId"].as_str(), result["ruleIndex"].as_u64(), result["level"].as_str()), (Some("hunts/found"), Some(2), Some("error")));
    let place_of = &result["locations"][0]["physicalLocation"];
    assert_eq!((place_of["artifactLocation"]["uri"].as_str(), place_of["region"]["startLine"].as_u64()), (Some("hunts/found.rhai"), Some(12)));
    assert_eq!(result["partialFingerprints"]["huntsmanFinding/v1"].as_str().unwrap().len(), 32);
    assert!(!result["relatedLocations"].as_array().unwrap().is_empty());
    let notes: Vec<&str> =
        run_of["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().iter().map(|note| note["descriptor"]["id"].as_str().unwrap()).collect();
    assert_eq!(notes, ["playbook::fail", "coverage"]);
    assert_eq!(run_of["invocations"][0]["executionSuccessful"], false);
    assert_eq!(run(&place, &["--format", "sarif"]).out, answer.out, "the same bytes");
}

#[test]
fn junit_has_a_case_for_each_playbook() {
    let place = place();
    let text = run(&place, &["--format", "junit"]).expect(2).out;
    assert!(text.contains("tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\""), "{text}");
    assert!(text.contains("<failure message=\"1 finding: 1 high\">") && text.contains("<error message=\"not today\">"), "{text}");
    assert!(text.contains("<skipped message=\"not_examined: the telemetry that it needs was not there\"/>"), "{text}");
    // What is below the bar is no failure, and what is allowed to be missing is not skipped.
    let text = run(&place, &["--format", "junit", "--fail-on", "critical", "--allow-partial"]).expect(2).out;
    assert!(text.contains("tests=\"4\" failures=\"0\" errors=\"1\" skipped=\"0\""), "{text}");
}

#[test]
fn markdown_is_a_summary_first() {
    let text = run(&place(), &["--format", "markdown"]).expect(2).out;
    assert!(text.starts_with("# Huntsman\n\n| | playbook | outcome | findings | looked at |\n"), "{text}");
    assert!(text.contains("| 🚨 | Encoded \\*PowerShell\\* &lt;b\\>. | found | 1 finding: 1 high | 8 of 8 machine-days, "), "{text}");
    assert!(text.contains("> **bold** &lt;img src=x>") && text.contains("**not\\_examined**"), "{text}");
}

#[test]
fn html_is_one_page_without_script_or_network() {
    let place = place();
    run(&place, &["-o", "report.html", "-o", "report.md", "-o", "report.sarif", "-o", "report.xml", "-o", "report.csv"]).expect(2);
    let page = std::fs::read_to_string(place.path("report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    for forbidden in ["<script", "src=\"", "@import", "url(", "onload=", "<img"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(
        page.contains("prefers-color-scheme: dark") && page.contains("@media print") && page.contains("<svg") && page.contains("<title>2026-03-02"),
        "{page}"
    );
    assert!(page.find("Outcome of each playbook").unwrap() < page.find("class=\"finding high\"").unwrap());
    assert!(page.contains("Encoded *PowerShell* &lt;b&gt;."), "the title is text");
    for file in ["report.md", "report.sarif", "report.xml", "report.csv"] {
        assert!(std::fs::metadata(place.path(file)).unwrap().len() > 100, "{file}");
    }
}

/// Markup, escapes, formulas and what is no XML, in rows and in the playbook's own words.
#[test]
fn hostile_text_is_harmless_in_every_format() {
    let hostile = "=cmd|' /C calc'!A0 </td><script>alert(1)</script> ]]> ``` | [x](javascript:y) \\x00\\x1b[2J\\u202e\\uffff";
    let place = Place::new();
    place.write("h.rhai", &format!("//! H.\nlet bad = \"{hostile}\";\nlet rows = Client(\"all\").get_executions(#{{ operation: \"create\" }}).head(1).derive(\"CommandLine\", |e| bad);\nfinding(#{{ title: bad, severity: \"high\", description: bad, entities: #{{ user: bad }}, evidence: rows }});\nnote(bad);\nshow(rows);\n"));
    for format in ["table", "json", "ndjson", "csv", "markdown", "html", "sarif", "junit"] {
        let mut call = place.huntsman(["run", "h.rhai", "--now", NOW, "--period", "all", "-q", "--format", format, "--source"]);
        call.command.arg(&stores::sample().store);
        let out = call.run().expect(1).out;
        assert!(!out.contains(['\0', '\u{1b}', '\u{202e}']), "{format}");
        match format {
            "html" | "junit" => assert!(!out.contains("<script>") && !out.contains("</td><script"), "{format}\n{out}"),
            "csv" => assert!(out.contains("'=cmd|"), "{out}"),
            "markdown" => assert!(out.contains("&lt;/td>&lt;script>alert(1)&lt;/script>") && out.contains("````"), "{out}"),
            "json" => assert!(serde_json::from_str::<Value>(&out).is_ok()),
            "sarif" => {
                let told: Value = serde_json::from_str(&out).unwrap();
                let result = &told["runs"][0]["results"][0];
                for said in [&result["message"], &result["relatedLocations"][0]["message"]] {
                    let text = said["text"].as_str().unwrap();
                    assert!(text.contains("\\[x\\](javascript:y)") && !text.contains(" [x]"), "a link: {text}");
                }
            }
            _ => {}
        }
        assert!(format != "junit" || !out.contains('\u{ffff}'), "{out}");
    }
}

#[test]
fn evidence_is_kept_whole_in_files() {
    let place = place();
    let told = run(&place, &["--evidence", "rows", "--evidence-format", "csv", "--format", "json"]).expect(2).json();
    let finding = &told[2]["findings"][0];
    let file = finding["evidence_file"].as_str().unwrap();
    let text = std::fs::read_to_string(place.path(file)).unwrap();
    assert_eq!(text.lines().count() as u64, finding["count"].as_u64().unwrap() + 1);
    let told = run(&place, &["--evidence", "rows"]).expect(2);
    assert!(told.out.contains("all rows: rows/hunts_found-"), "{}", told.out);
    let names: Vec<String> = std::fs::read_dir(place.path("rows")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names.iter().filter(|name| name.ends_with(".parquet")).count(), 1, "{names:?}");
    assert_eq!(names.len(), 2, "no draft is left: {names:?}");
}

/// Two findings of one fingerprint, or two playbooks of one name, do not write over each other.
#[test]
fn each_finding_has_a_file_of_its_own() {
    let place = Place::new();
    let twice = |first: &str, second: &str| {
        let raise = |machine: &str| {
            format!(
                "finding(#{{ title: \"t\", key: \"k\", severity: \"low\", evidence: Client(\"all\").get_executions(#{{ operation: \"create\" }}).filter(|e| e.Machine == \"{machine}\") }});\n"
            )
        };
        format!("//! Twice.\n{}{}", raise(first), raise(second))
    };
    place.write("a/hunt.rhai", &twice("WKS01", "WKS02"));
    place.write("b/hunt.rhai", &twice("DC01", "FILES01"));
    let mut call =
        place.huntsman(["run", "a", "b", "--now", NOW, "--period", "all", "-q", "--format", "json", "--evidence", "rows", "--evidence-format", "csv"]);
    call.command.arg("--source").arg(&stores::sample().store);
    let told = call.run().expect(1).json();
    let findings: Vec<&Value> = told.as_array().unwrap().iter().flat_map(|run| run["findings"].as_array().unwrap()).collect();
    assert_eq!(findings.len(), 4);
    for finding in findings {
        let text = std::fs::read_to_string(place.path(finding["evidence_file"].as_str().unwrap())).unwrap();
        let machine = finding["entities"].as_array().unwrap().iter().find(|entity| entity["type"] == "machine").unwrap()["name"].as_str().unwrap();
        assert_eq!(text.matches(&format!(",{machine},")).count() as u64, finding["count"].as_u64().unwrap(), "{machine}");
    }
    let alone = place.huntsman(["run", "a", "--evidence-format", "csv"]).run().expect(2);
    assert!(alone.err.contains("--evidence"), "{}", alone.err);
}

/// Who stops a run reads of every playbook that it did not begin.
#[test]
fn an_interrupted_run_names_what_it_left_out() {
    let place = Place::new();
    place.write("a.rhai", "//! Endless.\nloop {}\n");
    place.write("b.rhai", "//! Next.\nnote(\"b\");\n");
    let mut call = place.huntsman(["run", "a.rhai", "b.rhai", "--source", "sample", "--now", NOW, "-v", "--format", "json"]);
    call.command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = call.start();
    let mut told = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("playbook 1 of 2") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut told, &mut line).unwrap() > 0, "the first playbook was never begun");
    }
    std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    let rest = std::io::read_to_string(told).unwrap();
    let answer = child.wait_with_output().unwrap();
    let runs: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(answer.status.code(), Some(2), "{rest}");
    let ended = |run: &Value| (run["playbook"].as_str().unwrap().to_string(), run["error"]["code"].as_str().unwrap_or_default().to_string());
    let ended: Vec<_> = runs.as_array().unwrap().iter().map(ended).collect();
    assert_eq!(ended, [("a.rhai".to_string(), "run::interrupted".to_string()), ("b.rhai".to_string(), "run::interrupted".to_string())]);
    assert!(rest.contains("before this playbook began"), "{rest}");
}

#[test]
fn check_tells_what_can_be_hunted_where() {
    let place = place();
    place.write("hunts/tamper.rhai", "//! Tampering.\n//!\n//! # Hypothesis\n//! x\n//! # Technique\n//! T1055.012, T1059.999\n//! # Needs\n//! process.tamper\n//! # False positives\n//! x\nnote(\"x\");\n");
    let mut call = place.huntsman(["check", "hunts/tamper.rhai", "hunts/found.rhai", "--now", NOW, "--period", "all", "--against"]);
    call.command.arg(&stores::sample().store);
    let answer = call.run().expect(3);
    assert!(
        answer.out.contains("hunts/tamper.rhai: 1 problem, can't hunt here") && answer.out.contains("hunts/found.rhai: ok, can hunt here"),
        "{}",
        answer.out
    );
    assert!(answer.err.contains("technique::unknown") && answer.err.contains("T1059.999"), "{}", answer.err);
    for (format, expected) in [("sarif", "0 of 8 machine-days"), ("csv", "hunts/tamper.rhai,verdict,against,,,\"can't hunt here\",")] {
        let mut call = place.huntsman(["check", "hunts/tamper.rhai", "--now", NOW, "--period", "all", "--format", format, "--against"]);
        call.command.arg(&stores::sample().store);
        let out = call.run().expect(3).out;
        assert!(out.contains(expected), "{format}: {out}");
    }
    let told = place.huntsman(["check", "hunts", "--format", "sarif"]).run().expect(0).json();
    let result = &told["runs"][0]["results"][0];
    assert_eq!((result["ruleId"].as_str(), result["level"].as_str()), (Some("technique::unknown"), Some("warning")));
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 6);
}

#[test]
fn coverage_is_a_matrix_and_a_layer() {
    let place = place();
    place.write("hunts/tamper.rhai", "//! Tampering.\n//!\n//! # Technique\n//! T1055.012\n//! # Needs\n//! process.tamper\nnote(\"x\");\n");
    let coverage = |arguments: &[&str]| {
        let mut call = place.huntsman(["coverage", "hunts", "--now", NOW, "--period", "all", "--source"]);
        call.command.arg(&stores::sample().store).args(arguments);
        call.run().expect(0)
    };
    let text = coverage(&["--navigator", "layer.json"]).out;
    let line = |start: &str| {
        text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{text}")).split_whitespace().map(str::to_string).collect::<Vec<_>>()
    };
    assert_eq!(line("T1055.012").iter().rev().take(5).rev().collect::<Vec<_>>(), ["0/8", "0/2", "0/2", "0/2", "0/2"]);
    assert_eq!(line("T1059.001").iter().rev().take(5).rev().collect::<Vec<_>>(), ["8/8", "2/2", "2/2", "2/2", "2/2"]);
    let layer: Value = serde_json::from_str(&std::fs::read_to_string(place.path("layer.json")).unwrap()).unwrap();
    assert_eq!(layer["domain"], "enterprise-attack");
    assert_eq!(layer["techniques"][1]["techniqueID"], "T1059.001");
    assert_eq!(layer["techniques"][1]["score"], 100);
    let told = coverage(&["--format", "json"]).json();
    let machine = told.as_array().unwrap().iter().find(|hunted| hunted["technique"] == "T1059.001").unwrap()["machines"][0].clone();
    assert_eq!(machine, serde_json::json!({ "machine": "DC01", "days": [{ "day": "2026-03-02", "covered": true }, { "day": "2026-03-03", "covered": true }] }));
}

#[test]
fn formats_that_say_nothing_are_refused() {
    let place = place();
    for arguments in [
        ["doc", "--format", "sarif"].as_slice(),
        &["eval", "1", "--format", "junit"],
        &["list", "hunts", "-o", "x.html"],
        &["check", "hunts", "--format", "html"],
    ] {
        let answer = place.huntsman(arguments).run().expect(2);
        assert!(answer.err.contains("usage::format"), "{arguments:?}\n{}", answer.err);
    }
    assert_eq!(place.huntsman(["eval", "1 + 1", "--format", "markdown"]).run().expect(0).out, "```text\n2\n```\n");
}
