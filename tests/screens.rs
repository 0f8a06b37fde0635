//! How answers look on screens of 40, 80 and 160 columns, with and without Unicode: looked at once, and kept.

use std::sync::Arc;

use huntsman::backend::local::{Local, Places};
use huntsman::present::{self, Format, Style};
use huntsman::report::Reply;
use huntsman::script::{Session, Setup};

use crate::support::golden::Golden;
use crate::support::{mmdb, project, stores};

const STARTS: &str = "let c = Client(\"all\", all_time()); let starts = c.executions(#{ operation: \"create\" }); let comms = c.communications();\n";

/// A name, and what is shown.
const SCREENS: &[(&str, &str)] = &[
    ("table", "starts.filter(|e| e.ParentFilename == \"powershell.exe\").head(4)"),
    ("long", "starts.filter(|e| e.CommandLine.contains(\"-enc\")).head(2)"),
    ("connections", "comms.filter(|e| e.RemoteIp == \"192.88.99.77\").head(3)"),
    ("bars", "starts.histogram(\"ChildFilename\")"),
    ("hours", "comms.histogram(Histogram(#{ by: \"ParentFilename\", interval: \"1h\", top: 4 }))"),
    ("share", "show(starts.group_by(\"ParentFilename\").count(), #{ view: \"share\" })"),
    ("parts", "show(starts.group_by([\"Machine\", \"ParentFilename\"]).count().filter(|e| e.Count > 3), #{ view: \"bars\", by: \"Machine\" })"),
    ("area", "show(comms.derive(\"Date\", |e| e.DateTime.date()).group_by(\"Date\").agg(#{ Outgoing: count(), Incoming: n_unique(\"RemoteIp\") }))"),
    ("days", "show(comms.derive(\"Date\", |e| e.DateTime.date()).group_by([\"Date\", \"Machine\"]).count(), #{ view: \"area\", by: \"Machine\" })"),
    (
        "heat",
        "show(starts.derive(\"Weekday\", |e| e.DateTime.weekday()).derive(\"Hour\", |e| e.DateTime.hour()).group_by([\"Weekday\", \"Hour\"]).count(), #{ view: \"heat\" })",
    ),
    ("map", "show(comms)"),
    ("tree", "starts.filter(|e| e.ChildFilename == \"powershell.exe\").tree().show()"),
    (
        "finding",
        "finding(#{ title: \"PowerShell was started by a program of the Office suite and asked the domain for its controllers\", severity: \"high\", technique: [\"T1059.001\", \"T1018\"], description: \"Look at what the document was, who sent it, and what else the process did before and after it looked around.\", evidence: starts.filter(|e| e.ChildFilename == \"nltest.exe\").head(2) })",
    ),
];

fn drawn(reply: &Reply, style: &Style) -> String {
    let mut bytes = Vec::new();
    present::reply(&mut bytes, reply, Format::Table, style).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn answers_fit_every_screen() {
    let golden = Golden::default();
    let database = std::env::temp_dir().join(format!("huntsman-screens-{}.mmdb", std::process::id()));
    std::fs::write(&database, mmdb::cities()).unwrap();
    let store = Local::open(&stores::sample().store, "sample").unwrap().with_places(Places::open(std::slice::from_ref(&database)).unwrap());
    let setup = Setup::of(Arc::new(store), 1_772_582_400_000);
    let escape = regex::Regex::new("\x1b\\[[0-9;]*m").unwrap();
    for (name, shown) in SCREENS {
        let reply = Session::new(setup.clone()).input(&format!("{STARTS}{shown}")).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        let mut all = String::new();
        for (width, unicode) in [(40, true), (80, true), (80, false), (160, true)] {
            let style = Style { colour: false, unicode, width: Some(width), zone: chrono_tz::UTC };
            let text = drawn(&reply, &style);
            all.push_str(&format!("{:=<width$}\n{text}", ""));
            // A hash is one word, however narrow the screen.
            let too_wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > width && line.trim().contains(' ')).collect();
            assert!(too_wide.is_empty(), "{name} at {width}:\n{}", too_wide.join("\n"));
            assert!(unicode || text.is_ascii(), "{name} without Unicode:\n{text}");
            // Colours change nothing but the colour.
            let coloured = drawn(&reply, &Style { colour: true, ..style });
            assert_eq!(escape.replace_all(&coloured, ""), text, "{name} at {width}");
        }
        golden.compare(&project().join(format!("tests/screens/{name}.txt")), &all);
    }
    std::fs::remove_file(database).unwrap();
    golden.finish();
}
