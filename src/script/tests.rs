//! Sessions as the prompt has them: what stays, what is whole, what could stand at the cursor.

use super::testing::{answer, fault, session};
use super::{Paint, about, is_complete, paint};
use crate::plan::Value;
use crate::report::Answer;

#[test]
fn what_an_input_leaves_is_there_for_the_next() {
    let mut session = session();
    let mut last =
        |text: &str| session.input(text).map(|reply| format!("{:?}", reply.answer)).unwrap_or_else(|fault| format!("{}: {}", fault.code, fault.message));
    last("let names = [\"cmd.exe\", \"powershell.exe\"];");
    last("let c = Client(\"all\", all_time()).get_executions().filter(|e| e.ChildFilename in names);");
    let count = last("c.count()");
    assert_eq!(last("c"), last("c"));
    assert_eq!(last(".head(0)").split("total: ").nth(1).and_then(|rest| rest.split(',').next()), Some("0"));
    assert_eq!(last("it.count()"), last("0"));
    last("fn is_shell(c) { c == \"cmd.exe\" || c == \"powershell.exe\" }");
    let by_helper = "Client(\"all\", all_time()).get_executions().filter(|e| is_shell(e.ChildFilename)).count()";
    assert_eq!(last(by_helper), count);
    last("let k = |e| is_shell(e.ChildFilename);");
    assert_eq!(last("Client(\"all\", all_time()).get_executions().filter(k).count()"), count);
    last("fn is_shell(c) { c == \"nothing.exe\" }");
    assert_eq!(last(by_helper), last("0"));
    assert!(last("let bad = c.filter(|e| e.Tt == 1);").starts_with("column::unknown"));
    assert!(last("bad").starts_with("name::unknown"));
    last("import \"std/lsass\" as lsass;");
    assert_ne!(last("lsass::usual().len()"), last("0"));
    last("fn via(c) { lsass::reads(c).count() }");
    assert!(last("via(Client(\"all\", all_time()).get_executions(#{operation: \"access\"}))").contains("Int("));
    assert!(last("c.filter(|e| lsass::is_read(e)).count()").contains("Int("));
    last("const N = 4;");
    assert!(last("c.filter(|e| e.ChildPid == N).count()").contains("Int("));
    assert!(last("let x = ;").starts_with("syntax::"));
    assert_eq!(last("names.len()"), last("2"));
}

#[test]
fn a_statement_is_whole_or_waits() {
    for text in [
        "fn f() {",
        "let x = [1,",
        "let s = `abc",
        "let s = `a ${x",
        "if x {",
        "x +",
        "a.",
        "#{a: 1,",
        "/* abc",
        "events()\n  .filter(",
        "|e| e.x >",
        "#\"raw",
        "|e|",
        "x == 1 ||",
        "return",
        "\"a\\",
        "import \"x\" as",
    ] {
        assert!(!is_complete(text), "{text}");
    }
    for text in [
        "",
        "let s = \"abc",
        "let s = `abc\ndef`",
        "1 +* 2",
        "foo)",
        "}",
        "#\"raw\"#",
        "#\"C:\\x\"#",
        "a // x",
        "`${1+1}`",
        "\"}\"",
        "|e|\n\n",
        "events()",
        "let s = \"a`b\";",
        "// it's",
        "c.filter(|e| e.T == \"it's\")",
    ] {
        assert!(is_complete(text), "{text}");
    }
}

#[test]
fn the_cursor_is_offered_what_fits() {
    let mut session = session();
    session.input("let c = Client(\"all\", all_time()).get_executions(); let narrow = c.select([\"DateTime\", \"Muid\"]); fn mine(c) { c }").unwrap();
    let mut offered = |text: &str| session.complete(text, text.len()).1.into_iter().map(|candidate| candidate.replacement).collect::<Vec<_>>();
    assert_eq!(offered("nar"), ["narrow"]);
    assert_eq!(offered("min"), ["min", "mine"]);
    assert_eq!(offered("c.gro"), ["group_by"]);
    assert!(offered("Client(\"all\").get_exe").contains(&"get_executions".to_string()));
    assert_eq!(offered("c.filter(|e| e.ChildFile"), ["ChildFilename"]);
    assert_eq!(offered("narrow.filter(|e| e."), ["DateTime", "Muid"]);
    assert_eq!(offered("Machine(\"A\").get_executions(#{ oper"), ["operation"]);
    assert_eq!(offered("Client(\"all\").get_info(#{ "), ["muid", "period"]);
    assert_eq!(offered("Client(\"all\").get_events(#{ by: \"cl"), ["classif"]);
    assert_eq!(offered("Client(\"all\").get_band"), ["get_bandwidth"]);
    assert_eq!(offered("Machine(\"WKS01\").get_timetable().filter(|e| e.Avg"), ["AvgActions"]);
    assert_eq!(offered("import \"std/off"), ["std/office"]);
    assert_eq!(offered("ATTR_L"), ["ATTR_LANSHARED"]);
    assert_eq!(offered("Client(\"all\").get_executions(#{ operation: \"cr"), ["create"]);
    assert_eq!(offered("Client(\"all\").get_executions(#{ kind: [\"interpreter\", \"rem"), ["remoteaccess"]);
    assert_eq!(offered("Client(\"al"), ["all"]);
    assert_eq!(offered("Machine(\"WKS"), ["WKS01", "WKS02"]);
    assert_eq!(offered("narrow.select([\"DateTime\", \""), ["DateTime", "Muid"]);
    assert_eq!(offered("narrow.sort(\"-Dat"), ["DateTime"]);
    assert!(offered("let x = \"").is_empty() && offered("note(\"fi").is_empty() && offered("c.filter(|e| e.ChildFilename == \"").is_empty());
    assert_eq!(session.complete("let ä = c.hea", 14).0, 11);
}

#[test]
fn a_line_is_painted_piece_by_piece() {
    let text = "let ä = c.filter(|e| e.T == \"x${1}\") + `a ${b} c` + #\"C:\\x\"# + 1.5; // end";
    let pieces = paint(text);
    let shown = |paint: Paint| pieces.iter().filter(|(_, kind)| *kind == paint).map(|(span, _)| &text[span.clone()]).collect::<Vec<_>>();
    assert_eq!(shown(Paint::Keyword), ["let"]);
    assert_eq!(shown(Paint::Call), ["filter"]);
    assert_eq!(shown(Paint::Number), ["1.5"]);
    assert_eq!(shown(Paint::Comment), ["// end"]);
    assert_eq!(shown(Paint::Text), ["\"x${1}\"", "`a ${", " c`", "#\"C:\\x\"#"]);
    for text in ["\"", "`", "`${", "#\"", "ä\"ö", "/*", "|e| e.\u{1F600}", "'"] {
        let pieces = paint(text);
        assert!(pieces.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start), "{text}");
        assert!(pieces.iter().all(|(span, _)| text.get(span.clone()).is_some()), "{text}");
    }
}

#[test]
fn a_playbook_speaks_for_itself() {
    let text = "#!/usr/bin/env huntsman\n//! Title\n//! goes on.\n//!\n//! More.\n//! # Needs\n//! process\n\nlet d = param(\"days\", 7, \"how long\");\nlet n = param(\"names\", [\"a\", \"b\"], \"who\");\nlet s = param(\"since\", 36.hours, \"s\");\nfinding(#{title: \"T\", evidence: d});";
    let about = about(text).unwrap();
    assert_eq!(about.title, "Title goes on.");
    assert_eq!(about.sections, [("Needs".to_string(), "process".to_string())]);
    assert_eq!(
        about.params.iter().map(|param| (param.name.as_str(), param.default.as_str())).collect::<Vec<_>>(),
        [("days", "7"), ("names", "[\"a\", \"b\"]"), ("since", "36.hours")]
    );
    assert_eq!(about.findings, ["T"]);
}

#[test]
fn silent_traps_are_loud() {
    let executions = "let hits = Client(\"all\", all_time()).get_executions();";
    for (text, code, at) in [
        ("\"C:\\Windows\"", "syntax::backslash", "Windows"),
        ("5 == \"x\"", "types::mixed", "=="),
        ("true == 1", "types::mixed", "=="),
        ("now() > 5", "types::mixed", ">"),
        ("1.days == 86400", "types::mixed", "=="),
        ("machines() > 3", "types::mixed", ">"),
        ("fn f() { x } let x = 3; f()", "name::outer", "x"),
        ("fn count() { 1 }", "name::builtin", "count"),
        ("exit(3)", "call::forbidden", "exit"),
        ("sleep(1)", "call::forbidden", "sleep"),
        ("eval(\"1\")", "call::forbidden", "eval"),
        ("try { fail(\"why\") } catch { 1 }", "playbook::fail", "fail"),
        ("fn r(n) { r(n + 1) } r(0)", "run::recursion", "r"),
        ("let a = 1\nlet b = 2;", "syntax::missing", "1"),
        ("param(\"days\", 7).foo", "property::unknown", "foo"),
        ("match = 3", "name::unknown", "match"),
    ] {
        let (found, word, message) = fault(text);
        assert_eq!((found.as_str(), word.as_str()), (code, at), "{text}: {message}");
    }
    for (rest, code, at) in [
        ("hits.count", "call::brackets", "count"),
        ("hits.ChildFilename", "property::unknown", "ChildFilename"),
        ("hits.filter(|e| e.ChildPid == hits.count())", "closure::self", "hits"),
        ("hits.first().Nope", "column::unknown", "Nope"),
        ("hits.head(-1)", "value::range", "-"),
        ("hits.first().events()", "row::events", "events"),
    ] {
        let (found, word, message) = fault(&format!("{executions} {rest}"));
        assert_eq!((found.as_str(), word.as_str()), (code, at), "{rest}: {message}");
    }
}

#[test]
fn words_are_free_where_only_a_name_can_stand() {
    for text in [
        "#{ as: 1, until: 2, in: 3, default: 4, match: 5 }.until",
        "let match = 2; match",
        "do { 2 } until true; 2",
        "let new = 2; `${new}`; new",
        "#{ if: 2 }[\"if\"]",
    ] {
        assert!(matches!(answer(text), Ok(Answer::Value(Value::Int(2)))) || text.starts_with("#{ if"), "{text}: {:?}", answer(text));
    }
}

#[test]
fn chains_and_sums_may_be_long() {
    let chain = ".filter(|e| e.ChildPid != 7)".repeat(400);
    assert!(matches!(answer(&format!("Client(\"all\", all_time()).get_executions(){chain}.explain().len() > 0")), Ok(Answer::Value(Value::Bool(true)))));
    let sum = (0..200).map(|n| n.to_string()).collect::<Vec<_>>().join(" + ");
    assert!(matches!(answer(&sum), Ok(Answer::Value(Value::Int(19900)))));
}
