//! The sample: small, the same every time, and its story is found where the documentation says, and nowhere else.

use crate::support::{Place, files_below, project, stores};

#[test]
fn the_sample_is_small_and_always_the_same() {
    let place = Place::new();
    huntsman::sample::write(&place.path("again")).unwrap();
    let (mut bytes, mut lines) = (0, 0);
    for file in files_below(stores::sample_folder(), ".ndjson") {
        let text = std::fs::read(&file).unwrap();
        assert_eq!(text, std::fs::read(place.path("again").join(file.file_name().unwrap())).unwrap(), "{}", file.display());
        bytes += text.len();
        lines += text.iter().filter(|byte| **byte == b'\n').count();
    }
    assert!(bytes < 3_000_000, "{bytes} bytes");
    assert!((2_000..6_000).contains(&lines), "{lines} records");
    assert_eq!(stores::sample().summary["records"], lines);
    assert_eq!(stores::sample().summary["rejected"], serde_json::json!([]));
}

/// Monday is an ordinary day: no playbook finds anything in it.
#[test]
fn nothing_is_found_in_an_ordinary_day() {
    for playbook in files_below(&project().join("scripts"), ".rhai") {
        let place = Place::new();
        let mut call = place.huntsman(["run".as_ref(), playbook.as_os_str(), "--source".as_ref(), stores::sample().store.as_os_str()]);
        call.command.args(["--period", "2026-03-02", "--now", "2026-03-03T00:00:00Z", "--format", "json", "--allow-partial"]);
        let answer = call.run().expect(0);
        assert_eq!(answer.json()["findings"], serde_json::json!([]), "{}", playbook.display());
    }
}
