//! What runs remember, and what they are told to suppress.

use serde_json::{Value, json};

use crate::support::{Answer, NOW, Place, stores};

/// Failed logons by machine: each machine is a finding of its own.
const LOGONS: &str = r#"//! Failed logons.
for machine in machines(all_time()).rows() {
    let hits = Client("all").get_logons(#{ operation: "logon" }).filter(|e| e.Machine == machine.Name && e.Outcome == "failure");
    finding(#{ title: `Failed logon on ${machine.Name}`, severity: "low", evidence: hits });
}
"#;

fn run(place: &Place, arguments: &[&str]) -> Answer {
    let mut call = place.huntsman(["run", "logons.rhai", "--format", "json", "-q"]);
    call.command.args(arguments).arg("--source").arg(&stores::sample().store);
    if !arguments.contains(&"--now") {
        call.command.args(["--now", NOW]);
    }
    if !arguments.contains(&"--period") {
        call.command.args(["--period", "all"]);
    }
    call.run()
}

fn place() -> Place {
    let place = Place::new();
    place.write("logons.rhai", LOGONS);
    place
}

fn statuses(report: &Value) -> Vec<(String, String)> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_string();
    report["findings"].as_array().unwrap().iter().map(|finding| (text(finding, "title"), text(finding, "status"))).collect()
}

#[test]
fn findings_are_new_then_known_then_gone() {
    let place = place();
    let state = ["--state", "state.json"];
    let first = run(&place, &state).expect(1).json();
    let pair = |title: &str, status: &str| (title.to_string(), status.to_string());
    assert_eq!(statuses(&first), [pair("Failed logon on WKS01", "new"), pair("Failed logon on WKS02", "new")]);
    assert_eq!(first["gone"], json!([]));
    let second = run(&place, &["--state", "state.json", "--now", "2026-03-05"]).expect(1).json();
    assert_eq!(statuses(&second), [pair("Failed logon on WKS01", "known"), pair("Failed logon on WKS02", "known")]);
    assert_eq!(second["findings"][0]["first_found"], "2026-03-04T00:00:00.000Z");
    // Only what is new counts.
    let quiet = run(&place, &["--state", "state.json", "--only-new"]).expect(0).json();
    assert_eq!((quiet["findings"].clone(), quiet["outcome"].clone()), (json!([]), json!("clean")));
    // On the first day nobody failed: that says nothing of the second.
    let monday = run(&place, &["--state", "state.json", "--period", "2026-03-02"]).expect(0).json();
    assert_eq!(monday["gone"], json!([]));
    // What is looked for in vain is gone, said once, and new when it comes back.
    place.write("logons.rhai", &LOGONS.replace("\"failure\"", "\"nothing\""));
    let gone = run(&place, &state).expect(0).json();
    let titles: Vec<&str> = gone["gone"].as_array().unwrap().iter().map(|gone| gone["title"].as_str().unwrap()).collect();
    assert_eq!(titles.len(), 2, "{gone}");
    assert_eq!(run(&place, &state).expect(0).json()["gone"], json!([]));
    place.write("logons.rhai", LOGONS);
    assert!(statuses(&run(&place, &state).expect(1).json()).iter().all(|(_, status)| status == "new"));
}

/// What a playbook compares with is of another time than what it looks for.
#[test]
fn a_baseline_of_all_time_makes_nothing_gone() {
    let place = place();
    place.write(
        "logons.rhai",
        &LOGONS.replacen("//! Failed logons.\n", "//! Failed logons.\nlet usual = Client(\"all\", all_time()).get_logons().count();\n", 1),
    );
    let found = run(&place, &["--state", "state.json", "--period", "2026-03-03"]).expect(1).json();
    assert_eq!(statuses(&found).len(), 2);
    let monday = run(&place, &["--state", "state.json", "--period", "2026-03-02"]).expect(0).json();
    assert_eq!(monday["gone"], json!([]));
    let again = run(&place, &["--state", "state.json", "--period", "2026-03-03"]).expect(1).json();
    assert!(statuses(&again).iter().all(|(_, status)| status == "known"), "{again}");
}

#[test]
fn since_the_last_run_only_what_came_later_is_looked_at() {
    let place = place();
    place.write("late.rhai", "//! Late.\nlet p = since_last_run(1.hours);\nnote(`${p.from} to ${p.to}`);\n");
    let late = |now: &str| {
        let mut call = place.huntsman(["run", "late.rhai", "--state", "state.json", "--format", "json", "-q", "--now", now, "--source"]);
        call.command.arg(&stores::sample().store);
        call.run().expect(0).json()["items"][0]["text"].as_str().unwrap().to_string()
    };
    assert_eq!(late("2026-03-03T12:00:00Z"), " to 2026-03-03T12:00:00.000Z");
    assert_eq!(late("2026-03-05T12:00:00Z"), "2026-03-03T11:00:00.000Z to 2026-03-05T12:00:00.000Z");
    // The source ends on the evening of the third: what is written into it later, of that night, is still to come.
    assert!(late("2026-03-06T12:00:00Z").starts_with("2026-03-03T22:4"));
    // As the run's period, with nothing to tell that something is gone.
    let first = run(&place, &["--state", "other.json", "--period", "since last run"]).expect(1).json();
    assert_eq!(first["findings"].as_array().unwrap().len(), 2);
    let second = run(&place, &["--state", "other.json", "--period", "since last run", "--now", "2026-03-04T06:00:00Z"]).json();
    assert_eq!((second["findings"].clone(), second["gone"].clone()), (json!([]), json!([])));
    assert_eq!(second["period"]["from"].as_str().unwrap()[..14].to_string(), "2026-03-03T22:");
}

/// Jobs over other sources, clients or parameters share a state file, and none takes the other's findings for gone or for known.
#[test]
fn jobs_that_share_a_state_do_not_meddle() {
    let place = Place::new();
    place.write("logons.rhai", &LOGONS.replace("\"failure\"", "param(\"outcome\", \"failure\", \"of the logon\")"));
    for name in ["wks01", "wks02"] {
        std::fs::copy(stores::sample_folder().join(format!("{name}.ndjson")), place.write(&format!("{name}/log.ndjson"), "")).unwrap();
    }
    let job = |options: &[&str]| {
        let mut call = place.huntsman(["run", "logons.rhai", "--state", "state.json", "--allow-partial", "--format", "json", "-q", "--period", "all"]);
        call.command.args(options);
        let report = call.run().json();
        assert_eq!(report["gone"], json!([]), "{options:?}");
        statuses(&report)
    };
    let found = |machine: &str, status: &str| [(format!("Failed logon on {machine}"), status.to_string())];
    let (first, second) = (["--now", NOW, "--source", "wks01"], ["--now", NOW, "--source", "./wks02/"]);
    assert_eq!(job(&first), found("WKS01", "new"));
    assert_eq!(job(&second), found("WKS02", "new"));
    assert_eq!(job(&["--now", NOW, "--source", "wks01", "--param", "outcome=nothing"]), []);
    assert_eq!(job(&["--now", NOW, "--source", "wks01", "--client", "default"]).len(), 1);
    assert_eq!(job(&first), found("WKS01", "known"));
    assert_eq!(job(&["--now", NOW, "--source", "wks02"]), found("WKS02", "known"));
    // Both at once: nothing of it is new.
    assert_eq!(job(&["--now", NOW, "--source", "wks02", "--source", "wks01"]), [found("WKS01", "known"), found("WKS02", "known")].concat());
}

/// What a run over one day did not look at is still to be looked at.
#[test]
fn the_mark_goes_on_only_where_nothing_is_left_out() {
    let place = place();
    let begins = |state: &str| {
        let next = run(&place, &["--state", state, "--period", "since last run"]).expect(1).json();
        (next["period"]["from"].clone(), next["findings"].as_array().unwrap().len())
    };
    run(&place, &["--state", "first.json", "--period", "2026-03-02"]).expect(0);
    assert_eq!(begins("first.json"), (json!("2026-03-02T23:00:00.000Z"), 2));
    // Of the first day nothing was seen when the second was: all of it is new.
    run(&place, &["--state", "second.json", "--period", "2026-03-03"]).expect(1);
    assert_eq!(begins("second.json"), (Value::Null, 2));
}

#[test]
fn a_state_is_one_runs_at_a_time_and_whole() {
    let place = place();
    // Two at once: what one finds new, the other knows.
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..2).map(|_| scope.spawn(|| run(&place, &["--state", "state.json"]).expect(1).json())).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let mut all: Vec<String> = answers.iter().flat_map(|report| statuses(report).into_iter().map(|(_, status)| status)).collect();
    all.sort();
    assert_eq!(all, ["known", "known", "new", "new"]);
    // A run that is told to write where it can't remembers nothing.
    std::os::unix::fs::symlink("/dev/full", place.path("full.json")).unwrap();
    let full = run(&place, &["--state", "other.json", "-o", "full.json"]).expect(2);
    assert!(full.err.contains("output::file") && !place.path("other.json").exists(), "{}", full.err);
    // Neither does one that fails.
    place.write("logons.rhai", &format!("{LOGONS}\nfail(\"no\");\n"));
    run(&place, &["--state", "failed.json"]).expect(2);
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(place.path("failed.json")).unwrap()).unwrap();
    assert_eq!(kept["playbooks"], json!({}));
    for (version, age) in [(99, "a newer"), (1, "an older")] {
        place.write("bad.json", &format!("{{\"version\": {version}}}"));
        let refused = run(&place, &["--state", "bad.json"]).expect(2);
        assert!(refused.err.contains("state::damaged") && refused.err.contains(age), "{}", refused.err);
    }
}

#[test]
fn suppressed_findings_do_not_count() {
    let place = place();
    let first = run(&place, &[]).expect(1).json();
    let fingerprint = first["findings"][0]["fingerprint"].as_str().unwrap();
    place.write(
        "suppressions.toml",
        &format!(
            "[[suppress]]\nfingerprint = \"{fingerprint}\"\nowner = \"soc@acme.example\"\nreason = \"typed wrong\"\n\n[[suppress]]\nwhere = 'e.Machine == \"WKS02\" && e.TargetUser.contains(\"tobias\")'\nplaybook = \"logons.rhai\"\nowner = \"soc@acme.example\"\nreason = \"test account\"\nexpires = 2026-04-01\n"
        ),
    );
    let second = run(&place, &["--suppressions", "suppressions.toml"]).expect(0).json();
    assert_eq!(second["outcome"], "clean");
    let told: Vec<&Value> = second["findings"].as_array().unwrap().iter().map(|finding| &finding["suppressed"]["reason"]).collect();
    assert_eq!(told, ["typed wrong", "test account"]);
    // After its end it counts again, and that is said.
    let mut late = place.huntsman(["run", "logons.rhai", "--suppressions", "suppressions.toml", "--now", "2026-04-01", "--period", "all", "--source"]);
    late.command.arg(&stores::sample().store);
    let late = late.run().expect(1);
    assert!(late.err.contains("suppressions::expired") && late.err.contains("suppressions.toml:6:"), "{}", late.err);
    assert!(late.out.contains("outcome: found (1 finding: 1 low)") && late.out.contains("suppressed: 1"), "{}", late.out);
}

#[test]
fn suppressions_that_are_wrong_or_of_no_use_are_told() {
    let place = place();
    let head = "[[suppress]]\nowner = \"a\"\nreason = \"b\"\n";
    for (text, code) in [
        ("[[suppress]]\nfingerprint = \"x\"\n", "suppressions::syntax"),
        ("[[suppres]]\n", "suppressions::syntax"),
        (head, "suppressions::what"),
        (&format!("{head}fingerprint = \"a\"\nwhere = \"e.A == 1\"\n"), "suppressions::what"),
        (&format!("{head}where = \"e.A ==\"\n"), "suppressions::condition"),
        // What can be read, and asked of no rows.
        (&format!("{head}where = \"e.Machine\"\n"), "types::condition"),
        (&format!("{head}where = \"e.Machine.startswith('W')\"\n"), "predicate::function"),
        (&format!("{head}where = 'e.ChildPid == \"many\"'\n"), "types::mixed"),
        (&format!("{head}where = 'nonsense(e.Machine)'\n"), "predicate::function"),
        ("[[suppress]]\nfingerprint = \"x\"\nowner = \"\"\nreason = \"r\"\n", "suppressions::why"),
    ] {
        place.write("s.toml", text);
        let answer = run(&place, &["--suppressions", "s.toml"]).expect(2);
        assert!(answer.err.contains(code), "{text}\n{}", answer.err);
    }
    place.write("s.toml", &format!("{head}where = \"e.NoSuchColumn == 1\"\n\n{head}fingerprint = \"0\"\nplaybook = \"other.rhai\"\n"));
    let mut unused = place.huntsman(["run", "logons.rhai", "--suppressions", "s.toml", "--now", NOW, "--period", "all", "--source"]);
    unused.command.arg(&stores::sample().store);
    let unused = unused.run().expect(1);
    assert_eq!(unused.err.matches("suppressions::unused").count(), 1, "{}", unused.err);
}

/// A mistake that only the rows show ends the run, and no `try` hides it.
#[test]
fn a_suppression_that_does_not_fit_its_rows_ends_the_run() {
    let place = Place::new();
    place.write(
        "logons.rhai",
        "//! Logons.\nlet hits = Client(\"all\").get_logons().derive(\"Mark\", |e| 1);\ntry { finding(#{ title: \"Logon\", evidence: hits }); } catch {}\n",
    );
    place.write("s.toml", "[[suppress]]\nwhere = 'e.Mark.contains(\"a\")'\nowner = \"a\"\nreason = \"b\"\n");
    let mut call = place.huntsman(["run", "logons.rhai", "--suppressions", "s.toml", "--now", NOW, "--period", "all", "--source"]);
    call.command.arg(&stores::sample().store);
    let answer = call.run().expect(2);
    assert!(answer.err.contains("types::argument") && answer.err.contains("s.toml:1:"), "{}", answer.err);
}

/// Telemetry comes in machine by machine: each finding is new once.
#[test]
fn growing_telemetry_is_reported_once() {
    let place = place();
    let logs = |name: &str| std::fs::copy(stores::sample_folder().join(name), place.write(&format!("logs/{name}"), "")).unwrap();
    let mut all = Vec::new();
    for name in ["wks01.ndjson", "wks02.ndjson", "dc01.ndjson"] {
        logs(name);
        let mut call = place.huntsman([
            "run",
            "logons.rhai",
            "--state",
            "state.json",
            "--only-new",
            "--period",
            "since last run",
            "--allow-partial",
            "--format",
            "json",
            "-q",
        ]);
        call.command.args(["--source", "logs", "--now", NOW]);
        all.extend(statuses(&call.run().json()));
    }
    assert_eq!(all, [("Failed logon on WKS01".into(), "new".to_string()), ("Failed logon on WKS02".into(), "new".to_string())]);
}

/// Killed at any instant: over telemetry that grows, every finding is new in one whole report, and in no other.
#[test]
fn killed_runs_lose_and_repeat_nothing() {
    let place = place();
    let mut told = Vec::new();
    for (round, name) in ["wks01.ndjson", "wks02.ndjson", "dc01.ndjson"].iter().enumerate() {
        std::fs::copy(stores::sample_folder().join(name), place.write(&format!("logs/{name}"), "")).unwrap();
        // The last run of a round is left alone.
        for looks in [0, 100, 300, 1_000, 2_000, 3_000, 4_000, 5_000, 7_000, 10_000, usize::MAX] {
            let now = format!("2026-03-0{}", 4 + round);
            let mut call = place.huntsman(["run", "logons.rhai", "--state", "state.json", "--only-new", "--allow-partial", "-q", "-o", "report.json"]);
            call.command.args(["--period", "all", "--source", "logs", "--now", &now]).stdout(std::process::Stdio::null());
            let mut child = call.start();
            for _ in 0..looks {
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                std::thread::yield_now();
            }
            let _ = child.kill();
            child.wait().unwrap();
            if let Ok(text) = std::fs::read_to_string(place.path("report.json")) {
                told.extend(statuses(&serde_json::from_str(&text).expect("a report is there whole")));
                std::fs::remove_file(place.path("report.json")).unwrap();
            }
        }
    }
    assert_eq!(told, [("Failed logon on WKS01".to_string(), "new".to_string()), ("Failed logon on WKS02".into(), "new".into())]);
}

/// Killed when a file has appeared: the lock, the report that is begun, what is left to be done, the report that is done, the state. What is told in no whole
/// report is new in the next.
#[test]
fn a_killed_run_is_as_if_it_had_not_been() {
    for sign in [".state.json.lock", "draft", ".state.json.commit", "report.json", ".state.json.draft", "state.json"] {
        let place = place();
        let mut call = place.huntsman(["run", "logons.rhai", "--state", "state.json", "-o", "report.json", "--period", "all", "--now", NOW, "--source"]);
        call.command.arg(&stores::sample().store).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = call.start();
        let has = || {
            std::fs::read_dir(place.path(""))
                .unwrap()
                .any(|entry| entry.unwrap().file_name().to_str().is_some_and(|name| name == sign || (sign == "draft" && name.ends_with("draft"))))
        };
        while !has() && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let is_told = place.path("report.json").exists();
        let next = run(&place, &["--state", "state.json"]).expect(1).json();
        let expected = if is_told { "known" } else { "new" };
        assert!(statuses(&next).len() == 2 && statuses(&next).iter().all(|(_, status)| status == expected), "killed at {sign}: {:?}", statuses(&next));
    }
}
