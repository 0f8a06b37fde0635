//! Golden cases: playbooks with the answer they must give, and sessions written down whole.

use std::path::Path;

use crate::support::golden::{Golden, cases};
use crate::support::{NOW, Place, stores, transcript};

/// `tests/cases/<topic>/<name>.rhai`, run over the sample; stdout is in `.out`, stderr in `.err`.
///
/// Lines of the form `// key: value` at the top say what differs: `args` (more arguments), `exit` (the exit code, else 0),
/// `source` (a real data set).
#[test]
fn playbooks_answer_as_they_did() {
    let golden = Golden::default();
    for case in cases(".rhai").iter().filter(|case| !case.components().any(|part| part.as_os_str() == "library")) {
        let text = std::fs::read_to_string(case).unwrap();
        let said = |key: &str| text.lines().take_while(|line| line.starts_with("//")).find_map(|line| line.strip_prefix(&format!("// {key}: ")));
        let Some(source) = source(said("source")) else { continue };
        let place = Place::new();
        let mut call = place.huntsman(["run".as_ref(), case.file_name().unwrap(), "--source".as_ref(), source.as_os_str()]);
        call.command.current_dir(case.parent().unwrap());
        call.command.args(["--now", NOW, "--fail-on", "never", "--allow-partial"]);
        if !text.contains("--period") {
            call.command.args(["--period", "all"]);
        }
        call.command.args(transcript::words(said("args").unwrap_or_default()));
        let answer = call.run();
        golden.compare(&case.with_extension("out"), &answer.out);
        golden.compare(&case.with_extension("err"), &answer.err);
        assert_eq!(answer.code.to_string(), said("exit").unwrap_or("0"), "{}\n{}", case.display(), answer.err);
    }
    golden.finish();
}

fn source(name: Option<&str>) -> Option<std::path::PathBuf> {
    match name {
        Some(name) => stores::real(name).map(|filled| filled.store.clone()),
        None => Some(stores::sample().store.clone()),
    }
}

/// `tests/cases/<topic>/<name>.console`: each in a place of its own, with the sample as the folder `sample`.
#[test]
fn sessions_go_as_they_did() {
    let golden = Golden::default();
    for case in cases(".console") {
        let place = Place::new();
        link(stores::sample_folder(), &place.path("logs"));
        link(&stores::sample().store, &place.path("store"));
        let text = std::fs::read_to_string(&case).unwrap();
        golden.compare(&case, &transcript::rewrite(&place, &text));
    }
    golden.finish();
}

fn link(from: &Path, to: &Path) {
    std::os::unix::fs::symlink(from, to).unwrap();
}
