//! `--max-memory`: who takes more ends with one clear word, and leaves nothing behind.

use crate::support::{NOW, Place, stores};

/// Every record beside every other: gigabytes.
const ALL_PAIRS: &str = r#"Client("all", all_time()).get_raw_events().derive("K", |e| 1)"#;

fn is_watched() -> bool {
    let is_watched = std::path::Path::new("/proc/self/statm").exists();
    if !is_watched {
        eprintln!("skipped: this system does not tell how much memory a program holds");
    }
    is_watched
}

#[test]
fn a_run_that_takes_too_much_ends() {
    if !is_watched() {
        return;
    }
    let place = Place::new();
    place.write(
        "pairs.rhai",
        &format!("//! Pairs.\nlet all = {ALL_PAIRS};\nfinding(#{{ title: \"x\", evidence: all.join(all, #{{ on: \"K\" }}).sort(\"RecordId\") }});\n"),
    );
    place.write("out.json", "as it was");
    let mut call = place.huntsman(["run", "pairs.rhai", "--now", NOW, "--max-memory", "500M", "-o", "out.json", "--state", "state.json", "--source"]);
    call.command.arg(&stores::sample().store);
    let answer = call.run().expect(2);
    assert_eq!(answer.err.matches("took more memory than --max-memory allows").count(), 1, "{}", answer.err);
    // Stopped in time it is reported as failed; else the file is as it was. No draft of it stays.
    let written = std::fs::read_to_string(place.path("out.json")).unwrap();
    assert!(written == "as it was" || written.contains("\"run::memory\""), "{written}");
    let left: Vec<String> = std::fs::read_dir(place.path("")).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(!left.iter().any(|name| name.ends_with(".draft")), "{left:?}");
}

#[test]
fn answers_and_tests_have_the_same_ceiling() {
    if !is_watched() {
        return;
    }
    let place = Place::new();
    let expression = format!("let all = {ALL_PAIRS}; all.join(all, #{{ on: \"K\" }}).sort(\"RecordId\").count()");
    let mut call = place.huntsman(["eval", &expression, "--now", NOW, "--max-memory", "500M", "--format", "json", "--source"]);
    call.command.arg(&stores::sample().store);
    let answer = call.run().expect(2);
    assert!(answer.out.is_empty() && answer.err.contains("::memory"), "{}{}", answer.out, answer.err);
    place.write("a.test.rhai", "fn test_a() { let all = #{}; loop { all[all.len().to_string()] = fixture(\"process\", [#{ CommandLine: big() }]); } }\nfn big() { let text = \"x\"; for number in 0..22 { text += text; } text }\n");
    let answer = place.huntsman(["test", "a.test.rhai", "--max-memory", "500M"]).run();
    assert!(matches!(answer.code, 1 | 2) && answer.err.contains("memory"), "{}{}", answer.out, answer.err);
}

#[test]
fn a_run_that_fits_notices_nothing() {
    let place = Place::new();
    let ask = |options: &[&str]| {
        let mut call = place.huntsman(["eval", r#"Client("all", all_time()).get_raw_events().count()"#, "--now", NOW, "--source"]);
        call.command.arg(&stores::sample().store).args(options);
        call.run()
    };
    if is_watched() {
        assert_eq!(ask(&["--max-memory", "4GiB"]).expect(0).out, ask(&[]).expect(0).out);
    }
    let answer = ask(&["--max-memory", "much"]).expect(2);
    assert!(answer.err.contains("usage::value") && answer.err.contains("512M"), "{}", answer.err);
}
