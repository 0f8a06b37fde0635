//! Every form both ways: the query that a closure becomes says of each row what running the closure says.

use crate::report::Answer;
use crate::script::testing::{answer, fault, session};

const EVENTS: &str = r#"let events = Client("all", all_time()).get_executions(#{operation: ["create", "access", "thread", "load"]}).unique(["ChildPid", "ChildFilename", "ParentPid"]);"#;

/// Closures over text, number, hex, yes/no and time columns, many of them with missing cells.
const AGREE: &[&str] = &[
    r#"|e| e.ChildPid == 4"#,
    r#"|e| e.ChildPid != 4"#,
    r#"|e| !(e.ChildPid == 4)"#,
    r#"|e| !(e.ParentPid < 2000 && e.ChildFilename == "cmd.exe")"#,
    r#"|e| !(e.ChildPid < 2000) || !(e.ParentPid >= 900)"#,
    r#"|e| e.ChildPid == ()"#,
    r#"|e| () != e.ChildPid"#,
    r#"|e| e.CommandLine == () && e.ChildFilename != ()"#,
    r#"|e| e.ChildFilename in ["cmd.exe", "POWERSHELL.EXE"] || e.ParentFilename in ["explorer.exe"]"#,
    r#"|e| e.ParentFilename !in ["explorer.exe", "SERVICES.exe"]"#,
    r#"|e| !(e.ChildFilename in [])"#,
    r#"|e| e.CommandLine.contains("A") && !e.ParentFilename.contains("b")"#,
    r#"|e| e.CommandLine.contains(["-enc", "WHOAMI"])"#,
    r#"|e| "exe" in e.CommandLine"#,
    r#"|e| e.ChildFilename in "cmd.exe powershell.exe""#,
    r#"|e| e.ChildPid in 0..3000"#,
    r#"|e| e.ChildPid in 0..=3000 && e.ParentPid in 1..5000"#,
    r#"|e| e.ChildFilename in #{ "cmd.exe": 1, "powershell.exe": 2 }"#,
    r#"|e| e.ChildPid + 1 > e.ParentPid"#,
    r#"|e| (e.ChildPid - e.ParentPid) * 2 < 100"#,
    r#"|e| -e.ChildPid < -3000"#,
    r#"|e| e.ChildPid.sqrt() > 60 || (e.ParentPid - 3000).sqrt() == ()"#,
    r#"|e| (e.ChildPid ?? 9) > 2000"#,
    r#"|e| (e.CommandLine ?? e.ChildFilename ?? "none") == "none""#,
    r#"|e| `${e.ChildPid}-${e.ChildFilename}` == "4-x""#,
    r#"|e| `${e.CommandLine}` == """#,
    r#"|e| "<" + e.ChildFilename + ">" == "<cmd.exe>""#,
    r#"|e| if e.ChildPid > 3000 { e.ParentFilename == "cmd.exe" } else { e.ChildFilename == "cmd.exe" }"#,
    r#"|e| if e.ChildPid > 3000 { true } else { false }"#,
    r#"|e| if e.ChildPid > 2000 { if e.ParentPid > 2000 { true } else { e.ChildFilename == "cmd.exe" } } else if e.ParentPid > 900 { false } else { !(e.ParentFilename == "explorer.exe") }"#,
    r#"|e| { if e.ChildFilename == "cmd.exe" { return e.ParentPid > 3; } if e.ParentFilename == "explorer.exe" { return false; } e.ChildPid > 100 }"#,
    r#"|e| { if e.ChildPid > 2000 { if e.ParentPid > 2000 { return true; } if e.ChildFilename.contains("a") { return false; } } e.ParentFilename.contains("e") }"#,
    r#"|e| { let x = 0; if e.ChildPid > 2000 { x = 1; if e.ParentPid > 2000 { x = 5; return e.ChildFilename.contains("c"); } x += 1; } else { x = 7; } x > 1 && x < 7 }"#,
    r#"|e| switch e.ChildPid { 4 => e.ParentPid == 0, 0..3000 => e.ChildFilename.contains("e"), _ => e.ParentFilename.contains("e") }"#,
    r#"|e| (switch e.ParentPid { 0..2000 => 1, 2000..4000 if e.ChildPid > 10 => 2, _ => 3 }) == 2"#,
    r#"|e| switch e.CommandLine { () => true, _ => false }"#,
    r#"|e| { let p = false; for x in ["cmd", "power"] { p = p || e.ChildFilename.contains(x) && e.ParentFilename != x; } p }"#,
    r#"|e| { let p = false; for x in ["cmd", "power"] { p |= e.ChildFilename.contains(x); } p }"#,
    r#"|e| { for x in ["cmd", "power"] { if e.ChildFilename.contains(x) { return e.ParentFilename.contains("e"); } } false }"#,
    r#"|e| { for (x, i) in ["cmd", "power"] { if i == 1 { continue; } if e.ChildFilename.contains(x) { return true; } } false }"#,
    r#"|e| { let n = 0; for x in [1, 2, 5] { if e.ChildPid > x * 1000 { n += x; } if e.ParentPid > x { n += 1; } } n > 2 }"#,
    r#"|e| { let s = 0; if e.ChildPid > 3000 { s += 2; } if e.CommandLine.contains("a") { s += 3; } if e.ParentPid > 2000 { s *= 2; } s >= 5 }"#,
    r#"|e| { let s = 1; if e.ChildPid > 3000 { s += 2; } if e.ParentPid > 3000 { s += 4; } else { s += 8; } if e.ChildFilename == "cmd.exe" { s = s * 2; } s in [3, 7, 11, 14, 18, 22] }"#,
    r#"|e| ["cmd.exe", "explorer.exe"].some(|x| e.ChildFilename == x || e.ParentFilename == x)"#,
    r#"|e| ["e", "x"].all(|x| e.ChildFilename.contains(x))"#,
    r#"|e| ["a", "b"].map(|x| e.CommandLine.contains(x)).some(|b| b)"#,
    r#"|e| { let f = |c, v| c == v || c == (); f.call(e.ChildFilename, "cmd.exe") && !f.call(e.ParentFilename, "b") }"#,
    r#"|e| [e.ParentFilename, e.ChildFilename] in [["explorer.exe", "CMD.exe"], ["cmd.exe", "whoami.exe"]]"#,
    r#"|e| [e.ParentFilename, e.ChildFilename] == ["explorer.exe", "cmd.exe"]"#,
    r#"|e| [e.ParentFilename, e.ChildFilename] != ["explorer.exe", "cmd.exe"]"#,
    r#"|e| e.LanShared == true || e.External == false"#,
    r#"|e| e.Signed != true"#,
    r#"|e| { let x = e.ChildPid; { let x = 3; } x > 3000 }"#,
    r#"|e| { let x = e.ChildPid; let x = e.ParentPid; x > 3000 }"#,
    r#"|e| { let m = #{ k: e.ChildPid }; if e.ParentPid > 2000 { m.k > 3000 } else { m["k"] > 1000 } }"#,
    r#"|e| { let t = e.CommandLine; if t == () { t = "none"; } t == "none" || t.contains("-") }"#,
    r#"|e| e.ChildFilename < "d""#,
    r#"|e| !(e.ChildFilename < "d")"#,
    r#"|e| { let p = e.ChildPid > 3000; if e.ChildFilename == "cmd.exe" { p = p || e.ParentPid == 2; } if e.ParentFilename == "explorer.exe" { p = !p; } p }"#,
    r#"|e| { let t = ""; if e.ChildFilename == "cmd.exe" { t += "x"; } if e.ParentFilename == "explorer.exe" { t += "y"; } t == "xy" || t == "" }"#,
    r#"|e| (e.ChildPid > 3000) == (e.ParentPid > 3000)"#,
    r#"|e| (e.ChildPid > 3000) != (e.ParentPid > 3000)"#,
    r#"|e| e.GrantedAccess.has_bits(0x10) && e.ChildFilename == "LSASS.exe""#,
    r#"|e| e.GrantedAccess.any_bits("0x1010")"#,
    r#"|e| e.GrantedAccess == 0x1010 || e.GrantedAccess == "0x1410""#,
    r#"|e| e.CommandLine.like("*\\system32\\*.exe*") || e.ChildFilename.like("cm?.exe")"#,
    r#"|e| e.CommandLine.matches("[-/](e|k)") && e.CommandLine.len() > 20"#,
    r#"|e| e.ChildFilename.cased() == "cmd.exe""#,
    r#"|e| e.ChildFilename in ["CMD.EXE", "cmd.exe"].cased()"#,
    r#"|e| e.ChildPath.dirname().ends_with("SYSTEM32") && e.ChildPath.extension() == "exe""#,
    r#"|e| e.ChildPath.basename() == e.ChildFilename"#,
    r#"|e| e.CommandLine.lower().starts_with("\"c:") || e.CommandLine.upper().cased().contains("CMD")"#,
    r#"|e| e.ChildFilename.replace(".exe", "").levenshtein("scvhost") < 3"#,
    r#"|e| e.CommandLine.before(" ").len() > 10 && e.CommandLine.after(" ").is_missing()"#,
    r#"|e| e.CommandLine.split(" ").len() > 2"#,
    r#"|e| e.ChildFilename.entropy() > 2.5"#,
    r#"|e| e.CommandLine.or_else("none").between("c", "m") == "" || e.CommandLine.is_missing()"#,
    r#"|e| e.RemoteIp.is_private() || e.RemoteIp.in_cidr("10.0.0.0/8")"#,
    r#"|e| e.DateTime.hour() in 8..18 && e.DateTime.weekday() < 6"#,
    r#"|e| e.DateTime > "2020-01-01" && e.DateTime.date() != "2020-01-01""#,
    r#"|e| e.DateTime.floor(1.hours) == e.DateTime.floor(60.minutes)"#,
    r#"|e| e.DateTime + 5.minutes > e.DateTime"#,
    r#"|e| ["e", "x"].filter(|x| x == "e").some(|x| e.ChildFilename.contains(x))"#,
    r#"|e| { let l = []; for x in ["cmd.exe", "b"] { l.push(e.ChildFilename == x); } l.some(|b| b) }"#,
    r#"|e| e["ChildFilename"] == "cmd.exe""#,
    r#"|e| true"#,
    r#"|e| helper(e.ChildFilename) && !helper(e.ParentFilename)"#,
    r#"|e| score(e) > 2"#,
    r#"|e| kind(e.ChildFilename) == 1"#,
    r#"|e| down(e.ChildPid, 3)"#,
];

const HELPERS: &str = r#"
fn helper(c) { if c == "cmd.exe" { return true; } for x in ["power", "who"] { if c.contains(x) { return true; } } false }
fn score(e) { let s = 0; if e.ChildPid > 3000 { s += 1; } if e.CommandLine.contains("a") { s += 2; } s }
fn kind(c) { if c in ["cmd.exe", "powershell.exe"] { 1 } else { 0 } }
fn down(c, n) { if n == 0 { c == 4 } else { c == n || down(c, n - 1) } }
"#;

#[test]
fn a_query_says_what_the_closure_says() {
    let mut session = session();
    session.input(HELPERS).unwrap();
    session.input(EVENTS).unwrap();
    let mut wrong = Vec::new();
    for closure in AGREE {
        let both =
            format!("let f = {closure}; [events.filter(f), events.filter_rows(f), events.exclude(f).count() + events.filter(f).count() == events.count()]");
        match session.input(&both).map(|reply| reply.answer) {
            Ok(Answer::List(parts)) => {
                let [Answer::Table(query), Answer::Table(run), Answer::Value(crate::plan::Value::Bool(splits))] = parts.as_slice() else { panic!("{parts:?}") };
                let rows = |table: &crate::report::Table| (0..table.frame.height()).map(|row| table.frame.row(row)).collect::<Vec<_>>();
                if rows(query) != rows(run) || !splits {
                    wrong.push(format!("{closure}: the query has {} rows, the closure {}; splits {splits}", query.total, run.total));
                }
            }
            Ok(other) => wrong.push(format!("{closure}: {other:?}")),
            Err(fault) => wrong.push(format!("{closure}: {} {}", fault.code, fault.message)),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), AGREE.len(), wrong.join("\n"));
}

/// Closure, code of the fault, the word that it stands at.
const REFUSED: &[(&str, &str, &str)] = &[
    (r#"|e| e.Imge == "x" && true"#, "column::unknown", "Imge"),
    (r#"|e| e.ChildPid"#, "types::condition", "e"),
    (r#"|e| e.ChildPid == "4""#, "types::mixed", "\"4\""),
    (r#"|e| 1 < e.ChildPid < 5"#, "plan::impossible", "5"),
    (r#"|e| e.ChildFilename in [1, 2]"#, "types::mixed", "in"),
    (r#"|e| e.ChildPid.contains("x")"#, "types::argument", "contains"),
    (r#"|e| e.ChildFilename.foo()"#, "predicate::function", "foo"),
    (r#"|e| e.ChildFilename.foo"#, "property::unknown", "foo"),
    (r#"|e| e.ChildFilename.matches("(")"#, "pattern::regex", "matches"),
    (r#"|e| if e.ChildPid == 1 { e.ParentPid == 2 }"#, "predicate::hole", "if"),
    (r#"|e| { while e.ChildPid > 1 { } true }"#, "predicate::untranslatable", ">"),
    (r#"|e| { for x in e.ChildFilename { } true }"#, "predicate::untranslatable", "e"),
    (r#"|e| { try { e.ChildPid == 1 } catch { false } }"#, "predicate::untranslatable", "try"),
    (r#"|e| { let l = []; if e.ChildPid == 1 { l.push("a"); } e.ChildFilename in l }"#, "predicate::untranslatable", "if"),
    (r#"|e| ["a"].index_of(e.ChildFilename) >= 0"#, "predicate::untranslatable", "index_of"),
    (r#"|e| { let p = false; ["a"].for_each(|x| { p = p || e.ChildFilename == x; }); p }"#, "predicate::untranslatable", "for_each"),
    (r#"|e| { print(e.ChildPid); true }"#, "predicate::function", "print"),
    (r#"|e| parse_int(e.ChildFilename) > 3"#, "predicate::function", "parse_int"),
    (r#"|e| max(e.ChildPid, 3) > 3"#, "predicate::function", "max"),
    (r#"|e| e == e"#, "predicate::row", "=="),
    (r#"|e| e"#, "predicate::row", "e"),
    (r#"|a, b| a.ChildPid == b.ChildPid"#, "predicate::parameters", "filter"),
    (r#"|| true"#, "predicate::parameters", "filter"),
    (r#"|e| { e.ChildPid = 3; true }"#, "predicate::untranslatable", "e"),
    (r#"|e| e.GrantedAccess & 0x10 != 0"#, "predicate::bits", "&"),
    (r#"|e| { let p = true; for x in 0..100000 { p = p && e.ChildPid != x; } p }"#, "predicate::rounds", "for"),
    (r#"|e| events.filter(|f| f.ChildPid == e.ChildPid).count() > 0"#, "predicate::query", "filter"),
    (r#"|e| other.filter(|f| f.ChildPid == e.ChildPid).count() > 0"#, "predicate::query", "filter"),
    (r#"|e| { n += 1; e.ChildPid == n }"#, "predicate::outside", "n"),
    (r#"|e| { list.push(e.ChildPid); true }"#, "predicate::outside", "push"),
    (r#"|e| rec(e.ChildFilename)"#, "predicate::recursion", "rec"),
    (r#"|e| e.ChildFilename.helper()"#, "call::dotted", "helper"),
];

#[test]
fn what_can_not_be_asked_is_refused_at_its_word() {
    let mut session = session();
    session.input(HELPERS).unwrap();
    session.input("fn rec(c) { rec(c) && true } let n = 0; let list = []; let other = Client(\"all\", all_time()).get_files();").unwrap();
    session.input(EVENTS).unwrap();
    let mut wrong = Vec::new();
    for (closure, code, word) in REFUSED {
        match session.input(&format!("Client(\"all\", all_time()).get_executions().filter({closure})")) {
            Ok(_) => wrong.push(format!("{closure}: not refused")),
            Err(fault) => {
                let at = fault.places.first().map(|place| place.source.text[place.span.clone()].to_string()).unwrap_or_default();
                if fault.code != *code || at != *word {
                    wrong.push(format!("{closure}: {} at `{at}`: {}", fault.code, fault.message));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), REFUSED.len(), wrong.join("\n"));
}

#[test]
fn a_predicate_stays_bounded() {
    let many = "let l = []; for i in 0..1000 { l.push(`w${i}`); }";
    let events = "Client(\"all\", all_time()).get_executions()";
    for closure in [
        "|e| { for x in l { if e.CommandLine.contains(x) { return true; } } false }",
        "|e| { let p = false; for x in l { p = p || e.CommandLine.contains(x); } p }",
        "|e| e.CommandLine in l",
    ] {
        answer(&format!("{many} {events}.filter({closure}).count()")).unwrap();
    }
    let doubling: String = (0..40).map(|i| format!("if t == \"x{i}\" {{ t = \"y{i}\"; }} ")).collect();
    let (code, ..) = fault(&format!("{events}.derive(\"N\", |e| {{ let t = e.CommandLine; {doubling} t }})"));
    assert_eq!(code, "predicate::large");
}
