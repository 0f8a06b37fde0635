//! Text that attackers wrote reaches nobody raw: not the terminal, not a spreadsheet, not a JSON reader.

use serde_json::json;

use crate::support::{NOW, Place};

/// Escape sequences, a bell, a bidirectional override, a zero-width space, a line break, a C1 control.
const HOSTILE: &str = "=cmd|'/c calc'!A1 \u{1b}[2J\u{1b}]0;owned\u{7} \u{202e}txt.exe \u{200b} \r\nDateTime \u{9b}31m \u{0}end";

#[test]
fn tables_show_no_control_characters() {
    for format in ["table", "csv"] {
        let shown = ask(format);
        let raw: Vec<char> = shown.chars().filter(|sign| is_dangerous(*sign)).collect();
        assert!(raw.is_empty(), "{format}: {raw:?}\n{shown:?}");
        assert!(shown.contains("owned"), "{format}: the text itself is there: {shown:?}");
    }
}

#[test]
fn spreadsheets_run_no_cell() {
    let shown = ask("csv");
    let mut reader = csv::Reader::from_reader(shown.as_bytes());
    for record in reader.records() {
        for cell in record.unwrap().iter() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        }
    }
}

#[test]
fn json_keeps_every_character() {
    let answer: serde_json::Value = serde_json::from_str(&ask("json")).unwrap();
    let expected = HOSTILE.trim();
    assert_eq!(answer["rows"][0]["CommandLine"], json!(expected));
    let lines: Vec<serde_json::Value> = ask("ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1);
}

#[test]
fn faults_show_no_control_characters() {
    let place = Place::new();
    let answer = place.huntsman(["eval", "let x = \u{202e}\u{1b}[31m 5;", "--now", NOW]).run().expect(2);
    let raw: Vec<char> = answer.err.chars().filter(|sign| is_dangerous(*sign)).collect();
    assert!(raw.is_empty(), "{raw:?}\n{:?}", answer.err);
    let answer = place.huntsman(["run", "no\u{1b}[31m\u{202e}.rhai", "--now", NOW]).run().expect(2);
    let raw: Vec<char> = answer.err.chars().chain(answer.out.chars()).filter(|sign| is_dangerous(*sign)).collect();
    assert!(raw.is_empty(), "{raw:?}\n{:?}", answer.err);
}

fn ask(format: &str) -> String {
    let place = Place::new();
    let record = json!({
        "@timestamp": "2026-03-02T10:00:00.000Z", "UtcTime": "2026-03-02 10:00:00.000", "Hostname": "WKS01.acme.example",
        "Channel": "Microsoft-Windows-Sysmon/Operational", "SourceName": "Microsoft-Windows-Sysmon", "EventID": 1, "RecordNumber": 1,
        "ProcessGuid": "{4c1d0a11-0001-0001-0001-000000000400}", "ProcessId": "4242", "Image": "C:\\Windows\\System32\\cmd.exe", "CommandLine": HOSTILE,
        "ParentProcessGuid": "{4c1d0a11-0001-0001-0002-000000000400}", "ParentProcessId": "1", "ParentImage": HOSTILE, "User": "ACME\\mara.linde",
    });
    place.write("logs/one.ndjson", &format!("{record}\n"));
    let expression = r#"Client("all", all_time()).get_executions().select(["CommandLine", "ParentPath", "LoggedUser"])"#;
    place.huntsman(["eval", expression, "--source", "logs", "--now", NOW, "--format", format]).run().expect(0).out
}

/// What a terminal or a reader's eye obeys instead of showing.
fn is_dangerous(sign: char) -> bool {
    (sign.is_control() && sign != '\n') || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Names of fields are a stranger's words too, also where they head a file.
#[test]
fn saved_files_show_no_control_characters() {
    let place = Place::new();
    let record = json!({
        "@timestamp": "2026-03-02T10:00:00.000Z", "Hostname": "WKS01", "Channel": "Security", "EventID": 4634, "RecordNumber": 1,
        "=cmd|'/c calc'!A1": "x", "Field\u{1b}[31m\u{202e}": "y", "TargetUserName": HOSTILE,
    });
    place.write("bad\u{1b}[31m\nname.ndjson", &format!("{record}\n{{broken\n"));
    std::fs::create_dir(place.path("out")).unwrap();
    let expression = r#"Client("all", all_time()).get_raw_events().to_csv("rows.csv")"#;
    let answer = place.huntsman(["eval", expression, "--source", ".", "--now", NOW, "--allow-write", "out"]).run().expect(0);
    let saved = std::fs::read_to_string(place.path("out/rows.csv")).unwrap();
    for text in [&saved, &answer.out, &answer.err] {
        let raw: Vec<char> = text.chars().filter(|sign| is_dangerous(*sign)).collect();
        assert!(raw.is_empty(), "{raw:?}\n{text:?}");
    }
    let first = saved.lines().next().unwrap();
    assert!(first.split(',').all(|cell| !cell.trim_matches('"').starts_with(['=', '+', '-', '@'])), "{first}");
    assert!(answer.err.contains(r"bad\x1b[31m\nname.ndjson"), "{}", answer.err);
}

/// A file that a playbook saves, one of evidence, and the answer on stdout have the same rows in the same words.
#[test]
fn rows_are_written_in_one_way() {
    let place = Place::new();
    let line = |number: u64, command: &str| {
        let record = json!({ "@timestamp": format!("2026-03-02T10:00:0{number}.000Z"), "Hostname": "WKS01", "Channel": "Security", "EventID": 4688, "RecordNumber": number,
            "NewProcessName": "C:\\a.exe", "NewProcessId": "0x1f", "SubjectLogonId": "0x3e7", "CommandLine": command });
        format!("{record}\n")
    };
    let commands = [HOSTILE, "a;b|c", "'quoted' \"twice\"", " -5"];
    place.write("logs/one.ndjson", &commands.iter().zip(1..).map(|(command, number)| line(number, command)).collect::<String>());
    std::fs::create_dir(place.path("out")).unwrap();
    let query = r#"Client("all", all_time()).get_executions().sort("RecordId")"#;
    let ask = |expression: &str, format: &str| {
        place.huntsman(["eval", expression, "--source", "logs", "--now", NOW, "--allow-write", "out", "-q", "--format", format]).run().expect(0).out
    };
    for (format, verb, file) in [("csv", "to_csv", "rows.csv"), ("ndjson", "to_json", "rows.ndjson")] {
        ask(&format!("{query}.{verb}({file:?})"), "table");
        assert_eq!(std::fs::read_to_string(place.path("out").join(file)).unwrap(), ask(query, format), "{format}");
    }
    place.write("hunt.rhai", &format!("//! x\nfinding(#{{ title: \"x\", evidence: {query} }});\n"));
    place.huntsman(["run", "hunt.rhai", "--source", "logs", "--now", NOW, "--evidence", "kept", "--evidence-format", "csv", "-q"]).run().expect(1);
    let kept = std::fs::read_dir(place.path("kept")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(std::fs::read_to_string(kept).unwrap(), ask(query, "csv"));
}

/// Markup, escapes, formulas, ten megabytes of a command line and broken Unicode go through every format of a run, and do no harm in any of them.
#[test]
fn every_format_of_a_run_is_harmless() {
    let place = Place::new();
    let line = |number: u64, command: &str, file: &str| {
        let record = json!({ "@timestamp": format!("2026-03-02T10:00:0{number}.000Z"), "Hostname": "WKS01", "Channel": "Security", "EventID": 4688,
            "RecordNumber": number, "NewProcessName": file, "CommandLine": command, "SubjectUserName": HOSTILE });
        format!("{record}\n").into_bytes()
    };
    let markup = "</td><script>alert(1)</script> [a](javascript:x) ![b](http://x/y.png) | `` ]]> &lt; <!-- @team #1";
    let mut logs = [line(1, HOSTILE, "C:\\a.exe"), line(2, markup, markup), line(3, &"A".repeat(10 << 20), "=1+1.exe")].concat();
    logs.extend(String::from_utf8(line(4, "BROKEN", "C:\\b.exe")).unwrap().replace("BROKEN", "lone \\ud800 half").into_bytes());
    logs.extend(line(5, "raw ?", "C:\\c.exe").into_iter().map(|byte| if byte == b'?' { 0xff } else { byte }));
    std::fs::create_dir(place.path("logs")).unwrap();
    std::fs::write(place.path("logs/one.ndjson"), logs).unwrap();
    place.write(
        "hunt.rhai",
        "//! Hunt.\nlet all = Client(\"all\", all_time()).get_executions();\nfor row in all { finding(#{ title: `started ${row.ChildFilename}`, description: row.CommandLine, evidence: all }); break; }\nfinding(#{ title: \"all\", evidence: all, entities: #{ file: all.column(\"ChildFilename\") } });\nshow(all);\nshow(all.stack(\"ChildFilename\"), #{ view: \"bars\" });\n",
    );
    let endings = ["txt", "json", "ndjson", "csv", "md", "html", "sarif", "xml"];
    let mut call = place.huntsman(["run", "hunt.rhai", "--source", "logs", "--now", NOW, "-q"]);
    call.command.args(endings.iter().flat_map(|ending| ["-o".to_string(), format!("out.{ending}")]));
    let answer = call.run().expect(1);
    let written: Vec<(&str, String)> = endings.iter().map(|ending| (*ending, std::fs::read_to_string(place.path(&format!("out.{ending}"))).unwrap())).collect();
    for (ending, text) in written.iter().map(|(ending, text)| (*ending, text)).chain([("stdout", &answer.out)]) {
        let raw: Vec<char> = text.chars().filter(|sign| is_dangerous(*sign)).take(5).collect();
        assert!(raw.is_empty(), "{ending}: {raw:?}");
        let has_every_row = ["json", "ndjson"].contains(&ending);
        assert!(has_every_row || text.len() < 4 << 20, "{ending}: {} bytes", text.len());
    }
    let of = |wanted: &str| written.iter().find(|(ending, _)| *ending == wanted).map(|(_, text)| text.as_str()).unwrap();
    for json in [of("json"), of("sarif")].into_iter().chain(of("ndjson").lines()) {
        serde_json::from_str::<serde_json::Value>(json).unwrap();
    }
    assert!(!of("html").contains("<script") && !of("html").contains("<img") && !of("html").contains("href=\"java"));
    for cell in csv::Reader::from_reader(of("csv").as_bytes()).records().flat_map(|record| record.unwrap().iter().map(String::from).collect::<Vec<_>>()) {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
    }
    // As a reader of Markdown takes it: nothing of a stranger's is a tag, a link or a picture.
    for event in pulldown_cmark::Parser::new_ext(of("md"), pulldown_cmark::Options::ENABLE_TABLES) {
        use pulldown_cmark::{Event, Tag};
        match event {
            Event::Html(tag) | Event::InlineHtml(tag) => assert!(tag.contains("details>") || tag.contains("summary>"), "{tag}"),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => panic!("{dest_url}"),
            _ => {}
        }
    }
    let mut xml = quick_xml::Reader::from_str(of("xml"));
    while !matches!(xml.read_event().unwrap(), quick_xml::events::Event::Eof) {}
}
