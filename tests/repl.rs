//! The prompt, fed through a pipe: state stays between inputs, statements may span lines, a mistake costs only itself.

use crate::support::{NOW, Place, stores};

#[test]
fn variables_functions_and_answers_stay() {
    let (out, err) = session("let x = 20\nfn twice(n) { n * 2 }\ntwice(x) + 2\n");
    assert_eq!(out, "42\n");
    assert_eq!(err, "");
}

#[test]
fn a_statement_may_span_lines() {
    let (out, _) = session("let sum = 0;\nfor n in [1, 2, 3] {\n  sum += n;\n}\nsum\n");
    assert!(out.ends_with("6\n"), "{out}");
}

#[test]
fn a_mistake_costs_only_itself() {
    let place = Place::new();
    let answer = start(&place).input("let x = 1\nnonsense(3)\nx + 1\n").run().expect(2);
    assert_eq!(answer.out, "2\n");
    assert!(answer.err.contains("nonsense"), "{}", answer.err);
}

#[test]
fn commands_work() {
    let (out, _) = session(":schema logon\n:explain Client(\"all\", all_time()).get_dns().head(3)\n:help stack\n");
    for expected in ["TicketEncryption", "dns", "rarest first"] {
        assert!(out.contains(expected), "{expected} is not in\n{out}");
    }
}

#[test]
fn quitting_ends_at_once() {
    let (out, _) = session("1\n:quit\n2\n");
    assert_eq!(out, "1\n");
}

fn session(input: &str) -> (String, String) {
    let place = Place::new();
    let answer = start(&place).input(input).run().expect(0);
    (answer.out, answer.err)
}

fn start(place: &Place) -> crate::support::Call {
    let mut call = place.huntsman(["--period", "all", "--now", NOW, "--source"]);
    call.command.arg(&stores::sample().store);
    call
}

/// Raw logs are read as the options say at the prompt too.
#[test]
fn raw_logs_are_read_as_was_said() {
    let place = Place::new();
    place.write("in/clock.csv", "timestamp,Name\n2026-03-02 10:00:00,first\n");
    let arguments = ["--source", "in", "--tz-of", "*.csv=Asia/Tokyo", "--now", NOW, "--format", "json"];
    let answer = place.huntsman(arguments).input("Client(\"all\", all_time()).get_raw_events().column(\"DateTime\")\n").run().expect(0);
    assert!(answer.out.contains("2026-03-02T01:00:00.000Z"), "{}", answer.out);
}
