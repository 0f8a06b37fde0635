//! `huntsman test`: fixtures, what they become, expectations, exit codes, and what filters no test looked at.

use crate::support::golden::Golden;
use crate::support::{Place, project, stores};

const SHELL: &str = r#"//! A shell that Word started.
//!
//! # Needs
//! process.create
let program = param("program", "cmd.exe", "the shell");
let hits = Client("all", last(7.days))
    .get_executions(#{ operation: "create" })
    .filter(|e| e.ChildFilename == program)
    .filter(|e| e.ParentFilename == "winword.exe");
finding(#{ title: "Word started a shell", severity: "high", technique: "T1059", evidence: hits });
note("done");
"#;

/// A place with the playbook, and a file of tests with these functions.
fn place(tests: &str) -> Place {
    let place = Place::new();
    place.write("hunts/shell.rhai", SHELL);
    place.write("hunts/shell.test.rhai", tests);
    place
}

const HIT: &str =
    r#"#{ DateTime: "2026-03-03T09:00:00Z", Machine: "wks01.acme.example", ChildPath: "C:\\Windows\\System32\\cmd.exe", ParentFilename: "WINWORD.EXE" }"#;

#[test]
fn a_test_sees_everything_that_a_report_says() {
    let tests = r#"
        fn hit() { HIT }
        fn run(rows, more) { more.source = fixture("process", rows); run_playbook("shell.rhai", more) }
        fn test_a_report() {
            let report = run([hit()], #{ now: "2026-03-03T10:00:00Z", params: #{ program: "CMD.EXE" } });
            assert_eq(report.outcome, "found");
            assert_eq(report.title, "A shell that Word started.");
            assert_eq(report.params, #{ program: "CMD.EXE" });
            assert_eq(report.notes, ["done"]);
            assert_eq(report.findings.len(), 1);
            let found = assert_finding(report, #{ title: "word started a shell", severity: "high", technique: ["T1059"], count: 1, entities: #{ machine: "WKS01" }, rows: [#{ Machine: "WKS01", ChildFilename: "cmd.exe" }] });
            assert_eq(found.rows[0].DateTime, "2026-03-03T09:00:00Z");
            assert_eq(found.evidence.total, 1);
            assert_eq(found.fingerprint.len(), 32);
            assert_eq(report.coverage[0].covered_machine_days, 1);
        }
        fn test_a_clean_control() {
            let other = hit();
            other.ParentFilename = "explorer.exe";
            assert_clean(run([other, #{ ChildFilename: "notepad.exe" }], #{}));
        }
        fn test_a_silent_day_is_partial() {
            let other = hit();
            other.ParentFilename = "explorer.exe";
            let report = run([other], #{ now: "2026-03-05T10:00:00Z" });
            assert_outcome(report, "partial");
            assert_eq(report.coverage[0].silent, [#{ machine: "WKS01", day: "2026-03-04" }, #{ machine: "WKS01", day: "2026-03-05" }]);
        }
        fn test_rows_without_a_time_just_happened() {
            let row = hit();
            row.remove("DateTime");
            assert_finding(run([row], #{ now: "2026-06-01T12:00:00Z" }));
            assert_finding(run([row], #{}));
        }
        fn test_all_rows_are_there() {
            let rows = [];
            for number in 0..300 { let row = hit(); row.ChildPid = number; rows.push(row); }
            let report = run(rows, #{});
            assert_eq(report.findings[0].rows.len(), 300);
            assert_eq(report.findings[0].rows[299].ChildPid, 299);
        }
        fn test_a_failed_run_can_be_caught() {
            let code = "";
            try { run_playbook("shell.rhai", #{ source: fixture("process", []), params: #{ program: 1, programme: 2 } }) } catch (error) { code = error.code; }
            assert_eq(code, "param::unknown");
        }
    "#;
    let place = place(&tests.replace("HIT", HIT));
    let answer = place.huntsman(["test", "hunts"]).run().expect(0);
    assert_eq!(answer.err, "");
    assert!(answer.out.ends_with("6 tests: 6 passed\n2 of 2 filters were true and false\n"), "{}", answer.out);
    // A playbook stands for its tests, and a part of a name for the tests that have it.
    let answer = place.huntsman(["test", "hunts/shell.rhai", "--only", "clean"]).run().expect(0);
    assert!(answer.out.contains("1 test: 1 passed") && answer.out.contains("never true"), "{}", answer.out);
}

/// `tests/cases/trials/*.txt`: what is said of tests that do not pass.
#[test]
fn what_goes_wrong_is_said_at_its_place() {
    let golden = Golden::default();
    let cases = [
        (
            "failed",
            "fn test_nothing() { assert_clean(run_playbook(\"shell.rhai\", #{ source: fixture(\"process\", [HIT]) })); }\nfn test_sum() { assert_eq(1 + 1, 3, \"sums\"); }\nfn test_title() {\n    let report = run_playbook(\"shell.rhai\", #{ source: fixture(\"process\", [HIT]) });\n    assert_finding(report, #{ severity: \"low\", rows: [#{ Machine: \"WKS02\" }] });\n}\nfn test_passes() { assert(true); }\n",
            1,
        ),
        (
            "broken",
            "fn test_column() { fixture(\"process\", [#{ ChildFilenam: \"a\" }]) }\nfn test_table() { fixture(\"proces\", []) }\nfn test_time() { fixture(\"process\", [#{ DateTime: \"yesterday\" }]) }\nfn test_playbook() { run_playbook(\"shel.rhai\", #{ source: fixture(\"process\", []) }) }\nfn test_outside() { run_playbook(\"../../etc/passwd\", #{ source: fixture(\"process\", []) }) }\nfn test_source() { run_playbook(\"shell.rhai\", #{}) }\nfn test_option() { run_playbook(\"shell.rhai\", #{ sources: 1 }) }\nfn test_file() { fixture(\"nothing.evtx\") }\nfn given() { #{ source: fixture(\"process\", [#{ ChildFilename: \"a\" }]) } }\nfn test_a_source_of_another_type() { run_playbook(\"shell.rhai\", #{ source: \"sample\" }) }\nfn test_client_is_a_text() { let with = given(); with.client = 5; run_playbook(\"shell.rhai\", with) }\nfn test_period_is_one() { let with = given(); with.period = 7; run_playbook(\"shell.rhai\", with) }\nfn test_params_are_values() { let with = given(); with.params = #{ program: |e| e }; run_playbook(\"shell.rhai\", with) }\nfn test_params_are_a_map() { let with = given(); with.params = [\"a\"]; run_playbook(\"shell.rhai\", with) }\n",
            1,
        ),
        ("syntax", "fn test_a() { assert(true }\n", 2),
        ("none", "fn helper() { 1 }\n", 2),
    ];
    for (name, tests, code) in cases {
        let place = place(&tests.replace("HIT", HIT));
        let answer = place.huntsman(["test", "hunts/shell.test.rhai"]).run();
        assert_eq!(answer.code, code, "{name}\n{}{}", answer.out, answer.err);
        golden.compare(&project().join(format!("tests/cases/trials/{name}.txt")), &(answer.out + &answer.err));
    }
    golden.finish();
}

#[test]
fn a_mistake_in_the_playbook_is_shown_in_the_playbook() {
    let place = place("fn test_a() { run_playbook(\"broken.rhai\", #{ source: fixture(\"process\", []) }) }\n");
    place.write("hunts/broken.rhai", "//! Broken.\nClient(\"all\").get_executions().filter(|e| e.Nope == 1).count();\n");
    let answer = place.huntsman(["test", "hunts"]).run().expect(1);
    assert!(answer.err.contains("broken.rhai:2:") && answer.err.contains("no column `Nope`") && answer.err.contains("shell.test.rhai:1:"), "{}", answer.err);
    assert!(answer.out.contains("1 test: 0 passed, 1 error"), "{}", answer.out);
}

#[test]
fn fixtures_are_files_too() {
    let tests = r#"
        fn test_rows() {
            for file in ["rows.json", "rows.ndjson", "rows.csv", "answer.json"] {
                assert_finding(run_playbook("shell.rhai", #{ source: fixture("process", file) }), #{ rows: [#{ Machine: "WKS01", ChildPid: 42 }] });
            }
        }
        fn test_raw_logs() {
            let logs = fixture("logs");
            assert(logs.count() > 3000);
            assert_eq(logs.machines(), ["DC01", "FILES01", "WKS01", "WKS02"]);
            let report = run_playbook("shell.rhai", #{ source: logs, now: "2026-03-04", params: #{ program: "powershell.exe" } });
            assert_finding(report, #{ entities: #{ machine: "WKS01" } });
            let moved = logs.shift(30.days).on(#{ WKS01: "LAPTOP7" });
            let report = run_playbook("shell.rhai", #{ source: moved, now: "2026-04-03", params: #{ program: "powershell.exe" } });
            assert_finding(report, #{ entities: #{ machine: "LAPTOP7" } });
            assert_clean(run_playbook("shell.rhai", #{ source: moved, now: "2026-04-03" }));
        }
        fn test_an_answer_is_a_fixture() {
            let answered = fixture("network", "network.json");
            assert(answered.count() > 10);
            assert_outcome(run_playbook("shell.rhai", #{ source: answered }), "not_examined");
        }
        fn test_several_tables() {
            let both = fixture(#{ process: [#{ ChildFilename: "cmd.exe", ParentFilename: "winword.exe" }], dns: [#{ Query: "a.example" }] }) + fixture("registry", [#{ Key: "HKLM\\x" }]);
            assert_eq(both.count(), 3);
            assert_finding(run_playbook("shell.rhai", #{ source: both }));
        }
    "#;
    let place = place(tests);
    place.write(
        "hunts/rows.json",
        r#"[{"DateTime":"2026-03-03T09:00:00Z","Machine":"WKS01","ChildFilename":"cmd.exe","ParentFilename":"winword.exe","ChildPid":42}]"#,
    );
    place.write(
        "hunts/answer.json",
        r#"{"columns":[],"rows":[{"Machine":"WKS01","ChildFilename":"cmd.exe","ParentFilename":"winword.exe","ChildPid":42}],"total":1}"#,
    );
    place.write("hunts/rows.ndjson", "{\"Machine\":\"WKS01\",\"ChildFilename\":\"cmd.exe\",\"ParentFilename\":\"winword.exe\",\"ChildPid\":42}\n\n");
    place.write("hunts/rows.csv", "Machine,ChildFilename,ParentFilename,ChildPid\nWKS01,cmd.exe,winword.exe,42\n");
    let mut ask =
        place.huntsman(["eval", "Client(\"all\", all_time()).get_communications().head(20)", "--format", "json", "-q", "-o", "hunts/network.json", "--source"]);
    ask.command.arg(&stores::sample().store);
    ask.run().expect(0);
    std::fs::create_dir(place.path("hunts/logs")).unwrap();
    for entry in std::fs::read_dir(stores::sample_folder()).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, place.path("hunts/logs").join(path.file_name().unwrap())).unwrap();
    }
    let answer = place.huntsman(["test", "hunts"]).run();
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{}", answer.out);
}

#[test]
fn tests_are_told_as_junit_and_json() {
    let place = place(&"fn test_a() { assert(true) }\nfn test_b() { assert(1 > 2, \"<b>&\\x1b[2J\"); }\nfn test_c() { nothing() }\nfn test_d() { assert_finding(run_playbook(\"shell.rhai\", #{ source: fixture(\"process\", [HIT]) })); }\n".replace("HIT", HIT));
    let answer = place.huntsman(["test", "hunts", "--junit", "out.xml", "--format", "json", "-o", "again.xml"]).run().expect(1);
    let told = answer.json();
    let results: Vec<&str> = told["suites"][0]["tests"].as_array().unwrap().iter().map(|test| test["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["passed", "failed", "error", "passed"]);
    assert_eq!(told["suites"][0]["tests"][2]["line"], 3);
    let filters = told["filters"].as_array().unwrap();
    assert!(filters.iter().all(|filter| filter["was_true"] == true && filter["was_false"] == false && filter["source"] == "hunts/shell.rhai"), "{filters:?}");
    let text = std::fs::read_to_string(place.path("out.xml")).unwrap();
    assert_eq!(text, std::fs::read_to_string(place.path("again.xml")).unwrap());
    assert!(text.contains("<testsuites name=\"huntsman test\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"0\">"), "{text}");
    assert!(text.contains("&lt;b&gt;&amp;\\x1b[2J") && !text.contains('\u{1b}'), "{text}");
    // Twice the same bytes.
    assert_eq!(place.huntsman(["test", "hunts", "--format", "junit"]).run().expect(1).out, text);
}

/// However many there are: no process and no file is made for a test.
#[test]
fn many_tests_are_one_process() {
    let mut tests = String::new();
    for number in 0..200 {
        tests.push_str(&format!("fn test_{number:03}() {{ assert_finding(run_playbook(\"shell.rhai\", #{{ source: fixture(\"process\", [HIT]) }})); }}\n"));
    }
    let place = place(&tests.replace("HIT", HIT));
    let answer = place.huntsman(["test", "hunts", "-v"]).run().expect(0);
    assert!(answer.out.contains("200 tests: 200 passed"), "{}", answer.out);
}

/// One engine runs the playbooks of a test one after the other: none of them finds what another left, also where that failed.
#[test]
fn playbooks_of_a_test_know_nothing_of_each_other() {
    let tests = r#"
        fn test_all() {
            let given = |rows, now| #{ source: fixture("process", rows), now: now };
            let code_of = |playbook| {
                let code = "none";
                try { run_playbook(playbook, #{ source: fixture("process", [#{ ChildFilename: "a.exe" }]) }); } catch (error) { code = error.code; }
                code
            };
            let one = run_playbook("first.rhai", given.call([#{ DateTime: "2026-03-03T09:00:00Z", ChildFilename: "a.exe" }], "2026-03-03T10:00:00Z") + #{ params: #{ word: "one" } });
            assert_eq(one.notes, ["one 1 2026-03-03T10:00:00.000Z 7"]);
            assert_eq(code_of.call("fails.rhai"), "playbook::fail");
            let codes = [];
            for playbook in ["variable.rhai", "function.rhai", "module.rhai"] { codes.push(code_of.call(playbook)); }
            assert_eq(codes, ["name::unknown", "call::unknown", "module::unknown"]);
            let two = run_playbook("second.rhai", given.call([#{ DateTime: "2026-03-05T09:00:00Z", ChildFilename: "b.exe" }], "2026-03-05T10:00:00Z"));
            assert_eq(two.notes, ["b.exe 2026-03-05T10:00:00.000Z 2026-03-05T00:00:00.000Z"]);
            assert_eq([two.findings.len(), two.items.len(), two.params, two.warnings], [0, 1, #{}, []]);
            let again = run_playbook("first.rhai", given.call([#{ DateTime: "2026-03-03T09:00:00Z", ChildFilename: "a.exe" }], "2026-03-03T10:00:00Z"));
            assert_eq(again.notes, ["none 1 2026-03-03T10:00:00.000Z 7"]);
        }
    "#;
    let place = place(tests);
    let books = [
        ("lib", "//! x\nfn seven() { 7 }\n"),
        (
            "first",
            "//! x\nimport \"lib\" as other;\nfn helper() { 1 }\nlet word = param(\"word\", \"none\", \"a word\");\nset_period(all_time());\nlet leaked = Client(\"all\").get_executions();\nfinding(#{ title: \"t\", evidence: leaked });\nnote(`${word} ${helper()} ${now()} ${other::seven()}`);\n",
        ),
        ("fails", "//! x\nlet leaked = 1;\nfail(\"no\");\n"),
        ("variable", "//! x\nnote(leaked.to_string());\n"),
        ("function", "//! x\nnote(helper().to_string());\n"),
        ("module", "//! x\nnote(other::seven().to_string());\n"),
        ("second", "//! x\nlet rows = Client(\"all\").get_executions();\nnote(`${rows.first().ChildFilename} ${now()} ${TimePeriod().from}`);\n"),
    ];
    books.iter().for_each(|(name, text)| drop(place.write(&format!("hunts/{name}.rhai"), text)));
    let answer = place.huntsman(["test", "hunts"]).run();
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{}", answer.out);
}

/// Files of tests lie below their folder, or below the one where the program was started, whatever links and dots say.
#[test]
fn tests_read_nothing_outside() {
    let outside = Place::new();
    let secret = outside.write("secret.json", "[{\"ChildFilename\": \"a\"}]");
    outside.write("secret.rhai", "//! x\n");
    let tests = format!(
        "fn test_a() {{ fixture(\"process\", \"link.json\") }}\nfn test_b() {{ fixture(\"process\", {:?}) }}\nfn test_c() {{ run_playbook(\"link.rhai\", #{{ source: fixture(\"process\", []) }}) }}\nfn test_d() {{ fixture(\"../{}\") }}\n",
        secret.display().to_string(),
        "../".repeat(12) + &secret.display().to_string()[1..]
    );
    let place = place(&tests);
    std::os::unix::fs::symlink(&secret, place.path("hunts/link.json")).unwrap();
    std::os::unix::fs::symlink(outside.path("secret.rhai"), place.path("hunts/link.rhai")).unwrap();
    let answer = place.huntsman(["test", "hunts"]).run().expect(1);
    assert_eq!(answer.err.matches("file::outside").count(), 4, "{}", answer.err);
}

/// A playbook that a test runs is given nothing but its fixture: it writes nothing, runs no other, and ends with the limits of the run.
/// Parameters of a test arrive as the values that they are.
#[test]
fn parameters_arrive_as_they_are_given() {
    let place = Place::new();
    place.write(
        "hunt.rhai",
        "//! Hunt.\nlet s = param(\"span\", 1.days, \"how long\");\nlet t = param(\"at\", now(), \"when\");\nlet l = param(\"words\", [\"x\"], \"which\");\nlet n = param(\"many\", [1], \"how many\");\nnote(`${s} ${t} ${l.len()} ${l} ${n}`);\n",
    );
    place.write(
        "hunt.test.rhai",
        r#"fn test_values() {
            let words = ["a\"b,c", " d ", ""];
            let given = #{ source: fixture("process", []), params: #{ span: 36.hours, at: time("2026-03-02T01:02:03Z"), words: words, many: [1, 2] } };
            let report = run_playbook("hunt.rhai", given);
            assert_eq(report.notes, [`${36.hours} ${time("2026-03-02T01:02:03Z")} 3 ${words} ${[1, 2]}`]);
        }"#,
    );
    let said = place.huntsman(["test", "hunt.rhai"]).run().expect(0);
    assert!(said.out.contains("1 passed"), "{}", said.out);
}

#[test]
fn a_tested_playbook_is_given_nothing_else() {
    let place = place(
        "fn test_writes() { run_playbook(\"writes.rhai\", #{ source: fixture(\"process\", [#{ ChildFilename: \"a\" }]) }) }\nfn test_runs() { run_playbook(\"runs.rhai\", #{ source: fixture(\"process\", []) }) }\nfn test_loops() { run_playbook(\"loops.rhai\", #{ source: fixture(\"process\", []) }) }\n",
    );
    place.write("hunts/writes.rhai", "//! x\nClient(\"all\").get_executions().to_csv(\"x.csv\");\n");
    place.write("hunts/runs.rhai", "//! x\nrun_playbook(\"runs.rhai\", #{ source: fixture(\"process\", []) });\n");
    place.write("hunts/loops.rhai", "//! x\nloop { }\n");
    let answer = place.huntsman(["test", "hunts", "--allow-write", ".", "--timeout", "2s"]).run().expect(1);
    for code in ["write::refused", "trial::nested", "run::timeout"] {
        assert!(answer.err.contains(code), "{code}\n{}", answer.err);
    }
}
