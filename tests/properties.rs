//! What must hold of every query and every option, over the sample and over real captures: a histogram counts its rows, machines add up to their client,
//! parts of a period to the whole, and every option narrows.

use std::fmt::Write;
use std::path::Path;

use chrono_tz::Tz;
use huntsman::hunt::query::{self, Context, Leads, OptionSpec, QUERIES, Query, Takes, Target};
use huntsman::plan::{Period, Schema, Scope};
use huntsman::telemetry::Inventory;
use huntsman::telemetry::words::Programs;

use crate::support::{NOW, Place, stores};

#[test]
fn queries_are_whole_over_the_sample() {
    hold(&stores::sample().store, CLIENT, true);
}

#[test]
fn queries_are_whole_over_a_capture() {
    let Some(filled) = stores::real("mordor-shire-2019") else { return };
    hold(&filled.store, CLIENT, true);
}

#[test]
fn queries_are_whole_over_an_archive_of_many_machines_and_years() {
    let Some(filled) = stores::real("evtx-to-mitre-attack/all-280.tar.gz") else { return };
    let some = r#"Machine(["DHCP01", "EXCHANGE01", "FS03VULN", "MSSQL01", "PKI01", "ROOTDC1", "WIN10-02", "WIN10-CLIENT01"], span)"#;
    hold(&filled.store, some, false);
}

/// Every machine of the source.
const CLIENT: &str = r#"Client("all", span)"#;

/// How much of a query's answer adds up: its rows, or a column of it.
#[derive(Clone, Copy, PartialEq)]
enum Measure {
    Rows,
    Sum(&'static str),
    /// Rows by machine; parts of a period do not add up.
    RowsByMachine,
}

fn measure(query: &Query) -> Measure {
    match query.name {
        "get_bandwidth" => Measure::Sum("Connections"),
        "get_events" => Measure::Sum("Count"),
        "get_users" | "get_timetable" | "get_profiles" | "get_gaps" => Measure::RowsByMachine,
        _ => Measure::Rows,
    }
}

/// A playbook that asks all of it and notes pairs of numbers, which are compared here.
fn hold(store: &Path, whole: &str, every_option: bool) {
    let mut playbook = format!(
        r#"
let known = Client("all");
let span = TimePeriod(known.first_seen, known.last_seen + 1.seconds);
let parts = span.split(span.duration * 0.37);
let all = {whole};
let muids = all.muid;
"#
    );
    playbook.push_str(
        r#"
fn added(values) { let sum = 0; for value in values { if value != () { sum += value; } } sum }
"#,
    );
    // What is looked for comes first in the brackets of the others, which have tests of their own.
    for query in QUERIES.iter().filter(|query| !matches!(query.leads(), Leads::Option(_))) {
        histograms(&mut playbook, query);
        machines(&mut playbook, query, whole);
        periods(&mut playbook, query, whole);
        if every_option {
            options(&mut playbook, query);
        }
    }
    let place = Place::new();
    place.write("properties.rhai", &format!("//! Numbers that must agree.\n{playbook}"));
    let mut call = place.huntsman(["run", "properties.rhai", "--now", NOW, "--format", "json", "--allow-partial", "--fail-on", "never", "-q", "--source"]);
    call.command.arg(store);
    let report = call.run().expect(0).json();
    let notes: Vec<&str> = report["items"].as_array().unwrap().iter().filter_map(|item| item["text"].as_str()).collect();
    assert!(notes.len() > 3 * (QUERIES.len() - 2), "{} checks", notes.len());
    let wrong: Vec<&&str> = notes.iter().filter(|note| !holds(note)).collect();
    assert!(wrong.is_empty(), "{} of {} do not hold\n{wrong:#?}", wrong.len(), notes.len());
}

/// `what: number = number`, or `<=`.
fn holds(note: &str) -> bool {
    let (_, numbers) = note.rsplit_once(": ").unwrap();
    let words: Vec<&str> = numbers.split(' ').collect();
    let number = |word: &str| word.parse::<f64>().unwrap_or_else(|_| panic!("no number in {note}"));
    let (left, right) = (number(words[0]), number(words[2]));
    let near = (left - right).abs() <= 1e-6 * left.abs().max(1.0);
    near || (words[1] == "<=" && left < right)
}

fn note(playbook: &mut String, what: &str, left: &str, sign: &str, right: &str) {
    writeln!(playbook, "note(`{what}: ${{{left}}} {sign} ${{{right}}}`);").unwrap();
}

/// How much an answer is, as an expression.
fn amount(query: &Query, call: &str) -> String {
    match measure(query) {
        Measure::Rows | Measure::RowsByMachine => format!("{call}.count()"),
        Measure::Sum(column) => format!("({call}.sum(\"{column}\") ?? 0)"),
    }
}

fn histograms(playbook: &mut String, query: &Query) {
    if !query.options.iter().any(|option| option.name == "histogram") {
        return;
    }
    let name = query.name;
    for histogram in [r#""1d""#, r#"Histogram(#{ by: "Machine", interval: "7d", top: 2 })"#, r#"Histogram("Provider")"#] {
        let bins = format!("all.{name}(#{{ histogram: {histogram} }})");
        let what = format!("{name} by {}", histogram.replace('`', "'"));
        note(playbook, &what, &format!("added({bins}.column(\"Count\"))"), "=", &format!("{bins}.events().count()"));
        if measure(query) == Measure::Rows {
            note(playbook, &what, &format!("{bins}.events().count()"), "=", &format!("all.{name}().count()"));
        }
    }
}

fn machines(playbook: &mut String, query: &Query, whole: &str) {
    let name = query.name;
    let each = amount(query, &format!("Machine(muid, span).{name}()"));
    let by_option = amount(query, &format!("all.{name}(#{{ muid: muid }})"));
    writeln!(playbook, "let sum = 0; for muid in muids {{ sum += {each}; }}").unwrap();
    writeln!(playbook, "for muid in muids.extract(0, 3) {{").unwrap();
    note(playbook, &format!("{name} by muid"), &by_option, "=", &each);
    writeln!(playbook, "}}").unwrap();
    let apart = query.options.iter().any(|option| option.name == "by");
    let by_machine = if apart { r#"#{ by: "machine" }"# } else { "" };
    let together = amount(query, &format!("all.{name}({by_machine})"));
    // Rows that name no machine are of none.
    let nobody =
        if apart || measure(query) == Measure::Rows { amount(query, &format!("all.{name}({by_machine}).filter(|e| e.Muid == ())")) } else { "0".into() };
    note(playbook, &format!("{name} of all machines"), "sum", "=", &format!("{together} - {nobody}"));
    if whole == CLIENT {
        let client = amount(query, &format!("Client(\"000000\", span).{name}({by_machine})"));
        note(playbook, &format!("{name} of the only client"), &client, "=", &format!("{together} - {nobody}"));
    }
    if name == "get_timetable" {
        for column in ["AvgActions", "StdActions"] {
            writeln!(playbook, "sum = 0.0; for muid in muids {{ sum += Machine(muid, span).{name}().sum(\"{column}\") ?? 0.0; }}").unwrap();
            note(
                playbook,
                &format!("{column} of all machines"),
                "sum",
                "=",
                &format!("all.{name}({by_machine}).filter(|e| e.Muid != ()).sum(\"{column}\") ?? 0.0"),
            );
        }
    }
}

fn periods(playbook: &mut String, query: &Query, whole: &str) {
    let name = query.name;
    // A process that started in one part acts in the next ones as well.
    let started = if name == "get_processes" { r#".filter(|e| e.Operation == "create")"# } else { "" };
    let of = |period: &str| amount(query, &format!("{}.{name}(){started}", whole.replace("span", period)));
    if measure(query) != Measure::RowsByMachine {
        writeln!(playbook, "sum = 0; for part in parts {{ sum += {}; }}", of("part")).unwrap();
        note(playbook, &format!("{name} by parts of the period"), "sum", "=", &of("span"));
    }
}

fn options(playbook: &mut String, query: &Query) {
    let name = query.name;
    for option in query.options.iter().filter(|option| !matches!(option.name, "by" | "period" | "histogram")) {
        let values = values(query, option);
        // Without these not everything is returned, and everything can be named.
        let base = match option.takes {
            Takes::Words(words) if matches!(option.name, "operation" | "tables") => format!("#{{ {}: {words:?} }}", option.name),
            _ => String::new(),
        };
        let base = amount(query, &format!("all.{name}({base})"));
        let with = |value: &str| amount(query, &format!("all.{name}(#{{ {}: {value} }})", option.name));
        writeln!(
            playbook,
            "let base = {base}; let values = []; for list in [{}] {{ for value in list {{ if value != () {{ values.push(value); }} }} }}",
            values.join(", ")
        )
        .unwrap();
        writeln!(playbook, "let most = 0; let sum = 0; for value in values {{ let one = {}; if one > most {{ most = one; }} sum += one;", with("value"))
            .unwrap();
        note(playbook, &format!("{name} {} ${{value}}", option.name), "one", "<=", "base");
        writeln!(playbook, "}} if values.len() > 1 {{ let any = {};", with("values")).unwrap();
        if option.name != "top" && option.name != "attributes" {
            note(playbook, &format!("{name} {} any of", option.name), "most", "<=", "any");
            note(playbook, &format!("{name} {} any of", option.name), "any", "<=", "sum");
        }
        note(playbook, &format!("{name} {} any of", option.name), "any", "<=", "base");
        writeln!(playbook, "}}").unwrap();
    }
}

/// Lists of values to give to an option, as expressions: words that it takes, and what the query's own rows have.
fn values(query: &Query, option: &OptionSpec) -> Vec<String> {
    let (rows, schema) = source_of(query);
    let of = |columns: &[&str]| -> Vec<String> {
        let known = columns.iter().filter(|column| schema.kind(column).is_some());
        known.map(|column| format!("{rows}.filter(|e| e.{column} != ()).top(\"{column}\", 2).column(\"{column}\")")).collect()
    };
    let literally = |values: &[&str]| vec![format!("[{}]", values.join(", "))];
    match (option.name, option.takes) {
        // `event` has every record again, so it adds.
        ("tables", _) => literally(&["\"process\"", "\"network\""]),
        (_, Takes::Words(words)) => vec![format!("{words:?}")],
        ("file", _) => of(&["ChildFilename", "ChildPath", "ChildMd5", "ChildSha256", "ParentFilename", "ParentPath"]),
        ("actor", _) => of(&["ParentFilename", "ParentPath", "ParentMd5"]),
        ("user" | "users", _) => [of(&["LoggedUser"]), literally(&["\"SYSTEM\"", "\"mara.linde\""])].concat(),
        ("ips", _) => [of(&["RemoteIp"]), literally(&["\"10.0.0.0/8\""])].concat(),
        ("port", _) => [of(&["RemotePort"]), literally(&["\"HTTPS\""])].concat(),
        ("channel", _) => of(&["Channel"]),
        ("event_id", _) => of(&["EventId"]),
        ("type", _) => of(&["LogonType"]),
        ("muid", _) => vec!["muids.extract(0, 2)".into()],
        ("top", _) => literally(&["1", "3"]),
        ("attributes", _) => literally(&["ATTR_REMOTE", "ATTR_EXTERNAL", "ATTR_FRESHUNKNOWN", "ATTR_LANSHARED"]),
        ("command" | "query" | "text" | "name" | "rules", _) => literally(&["\"e\"", "\"exe\"", "\"-\""]),
        (name, _) => panic!("no values for the option `{name}` of {}", query.name),
    }
}

/// The rows that a query is made of, and their columns.
fn source_of(query: &Query) -> (String, Schema) {
    let name = match query.name {
        "get_bandwidth" => "get_communications",
        "get_users" => "get_executions",
        name => name,
    };
    let target = Target { scope: Scope::Everything, period: Period::ALL };
    let context = Context { zone: Tz::UTC, now: 0, checking: false, programs: &Programs::built_in(), inventory: &Inventory::default() };
    let plan = query::plan(query::query(name).unwrap(), &target, &[], &context).unwrap();
    (format!("all.{name}()"), Schema::of(&plan).unwrap())
}
