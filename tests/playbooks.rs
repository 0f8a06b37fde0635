//! The playbooks find the real attacks, all of them, and nothing in captures that have none.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::golden::Golden;
use crate::support::{NOW, Place, files_below, project, stores};

const CAPTURES: [&str; 3] = ["mordor-theshire-2020", "mordor-pandalab-lsass", "evtx-to-mitre-attack/all-280.tar.gz"];

/// Captures without what these playbooks look for.
const BENIGN: [&str; 4] = ["mordor-eventlog-tamper-2022", "mordor-shire-2019", "evtx-velocidex", "mordor-pandalab-ntds-2023"];

/// `tests/cases/playbooks/<playbook>.txt`: per capture, how many rows of which kind. Counts and names only.
#[test]
fn playbooks_find_the_real_attacks() {
    let golden = Golden::default();
    for playbook in playbooks() {
        let mut text = String::new();
        for name in CAPTURES {
            let Some(filled) = stores::real(name) else { return };
            let report = run(&playbook, &filled.store);
            text.push_str(&format!("{name}: {}\n", report["outcome"].as_str().unwrap()));
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            for finding in report["findings"].as_array().unwrap() {
                let rows = finding["evidence"]["rows"].as_array().unwrap();
                assert_eq!(finding["count"], rows.len(), "the evidence is whole");
                for row in rows {
                    *counts.entry(summary(row)).or_default() += 1;
                }
            }
            text.extend(counts.iter().map(|(summary, count)| format!("{count:>5}  {summary}\n")));
        }
        let file = project().join("tests/cases/playbooks").join(playbook.with_extension("txt").file_name().unwrap());
        golden.compare(&file, &text);
    }
    golden.finish();
}

#[test]
fn playbooks_find_nothing_in_benign_captures() {
    for name in BENIGN {
        let Some(filled) = stores::real(name) else { return };
        for playbook in playbooks() {
            assert_eq!(run(&playbook, &filled.store)["findings"], serde_json::json!([]), "{} in {name}", playbook.display());
        }
    }
}

#[test]
fn playbooks_pass_their_tests_and_no_filter_goes_untested() {
    let place = Place::new();
    let mut call = place.huntsman(["test", "--format", "json"]);
    call.command.arg(project().join("scripts"));
    let told = call.run().expect(0).json();
    let suites = told["suites"].as_array().unwrap();
    assert_eq!(suites.len(), playbooks().len(), "every playbook has tests");
    for filter in told["filters"].as_array().unwrap() {
        assert!(filter["was_true"] == true && filter["was_false"] == true, "{filter}");
    }
}

#[test]
fn playbooks_have_no_mistakes() {
    let place = Place::new();
    let mut call = place.huntsman(["check"]);
    call.command.arg(project().join("scripts"));
    let answer = call.run().expect(0);
    assert_eq!(answer.err, "");
}

fn playbooks() -> Vec<std::path::PathBuf> {
    let mut found = files_below(&project().join("scripts"), ".rhai");
    found.retain(|file| !file.to_string_lossy().ends_with(".test.rhai"));
    found
}

fn run(playbook: &Path, store: &Path) -> Value {
    let place = Place::new();
    let mut call = place.huntsman(["run".as_ref(), playbook.as_os_str(), "--source".as_ref(), store.as_os_str()]);
    call.command.args(["--period", "all", "--now", NOW, "--format", "json", "--fail-on", "never", "--allow-partial"]);
    call.run().expect(0).json()
}

/// Names of what acted on what, cut to a length at which nothing of a capture's text is left.
fn summary(row: &Value) -> String {
    let part = |column: &str| row[column].as_str().map(|text| text.rsplit('\\').next().unwrap_or(text).chars().take(24).collect::<String>());
    let first = |columns: &[&str]| columns.iter().find_map(|column| part(column)).unwrap_or_else(|| "-".into());
    let actor = first(&["ParentFilename"]);
    let target = first(&["ChildFilename", "Value"]);
    let target = if row["Kind"].is_string() { "service".to_string() } else { target };
    let access = row["GrantedAccess"].as_str().map(|access| format!(" {access}")).unwrap_or_default();
    format!("{} {}/{} {actor} > {target}{access}", row["Machine"].as_str().unwrap_or("-"), row["Provider"].as_str().unwrap_or("-"), row["EventId"])
}
