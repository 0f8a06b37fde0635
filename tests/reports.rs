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
