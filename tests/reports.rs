//! Reports for people: what was not looked at and why, which rows say a thing twice, and where the rows are that are not shown.

use crate::support::{NOW, Place, stores};

const HUNT: &str = r#"//! Programs.
//!
//! # Needs
//! Sysmon/25
let all = Client("all", TimePeriod("2026-03-01", "2026-03-04")).get_executions(#{ operation: "create" });
show(all);
finding(#{ title: "Programs", severity: "low", evidence: all });
"#;

/// The Markdown and the page of a run with these options.
fn reports(options: &[&str]) -> [String; 2] {
    let place = Place::new();
    place.write("hunt.rhai", HUNT);
    let mut call = place.huntsman(["run", "hunt.rhai", "--now", NOW, "-q", "-o", "out.md", "-o", "out.html", "--source"]);
    call.command.arg(&stores::sample().store).args(options);
    call.run().expect(1);
    ["out.md", "out.html"].map(|name| std::fs::read_to_string(place.path(name)).unwrap())
}

#[test]
fn what_is_missing_is_said_with_its_reason() {
    for text in reports(&[]) {
        for said in ["Not everything was looked at", "Sysmon/25", "second reports of what another sensor tells"] {
            assert!(text.contains(said), "{said}\n{text}");
        }
    }
}

#[test]
fn cut_tables_say_where_the_rest_is() {
    let [markdown, page] = reports(&[]);
    assert!(markdown.contains("more; `-o FILE.json` has all rows") && markdown.contains("more; `--evidence DIR` writes all rows"), "{markdown}");
    assert!(page.contains("-o FILE.json has all rows") && page.contains("--evidence DIR writes all rows"), "{page}");
    let [markdown, page] = reports(&["--evidence", "kept"]);
    assert!(markdown.contains("more; `kept/hunt-") && markdown.contains(".parquet` has all rows"), "{markdown}");
    assert!(page.contains("All rows: <code>kept/hunt-") && !page.contains("--evidence DIR"), "{page}");
}

/// Rows over time as a picture: of evidence without being asked, of what lasts as long as it does, and nothing of telemetry is markup in it.
#[test]
fn rows_are_drawn_over_time() {
    let place = Place::new();
    let line = |number: u64, command: &str| {
        let record = serde_json::json!({ "@timestamp": format!("2026-03-02T10:0{number}:00.000Z"), "Hostname": format!("HOST{}", number % 2), "Channel": "Security",
            "EventID": 4688, "RecordNumber": number, "NewProcessName": "C:\\<b>&.exe", "CommandLine": command });
        format!("{record}\n")
    };
    place.write("logs/one.ndjson", &(0..6).map(|number| line(number, "</title><script>x</script>\u{1b}[2J")).collect::<String>());
    place.write(
        "hunt.rhai",
        "//! x\nlet all = Client(\"all\", all_time()).get_executions();\nfinding(#{ title: \"x\", evidence: all });\nshow(all.stack(\"ChildFilename\"), #{ view: \"timeline\" });\nshow(all, #{ view: \"timeline\", by: \"Machine\" });\n",
    );
    let answer = place.huntsman(["run", "hunt.rhai", "--source", "logs", "--now", NOW, "-o", "out.html", "-o", "out.md"]).run().expect(1);
    let page = std::fs::read_to_string(place.path("out.html")).unwrap();
    assert_eq!(page.matches("<figcaption>Rows over time").count(), 4, "{page}");
    assert!(page.contains("Rows over time by Machine</figcaption>") && page.contains("<title>2026-03-02 10:00:00: create"), "{page}");
    assert!(page.contains("2026-03-02 10:00:00 to 2026-03-02 10:05:00: "), "a mark as long as the rows last\n{page}");
    assert!(!page.contains("<script") && !page.contains("<b>&.exe") && !page.contains('\u{1b}'), "{page}");
    for text in [&answer.out, &std::fs::read_to_string(place.path("out.md")).unwrap()] {
        assert!(text.contains("2026-03-02 10:00") && text.contains("2026-03-02 10:05") && !text.contains('\u{1b}'), "{text}");
    }
    let answer =
        place.huntsman(["eval", "show(machines(all_time()).select([\"Name\"]), #{ view: \"timeline\" })", "--source", "logs", "--now", NOW]).run().expect(2);
    assert!(answer.err.contains("view::impossible") && answer.err.contains("a column of times"), "{}", answer.err);
}
