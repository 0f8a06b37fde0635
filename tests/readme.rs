//! What the README says is true: its sessions are played, its playbooks checked.

use crate::support::golden::{difference, updating};
use crate::support::{Place, files_below, project, transcript};

#[test]
fn sessions_of_the_readme_go_as_written() {
    let path = project().join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let place = Place::new();
    std::os::unix::fs::symlink(project().join("scripts"), place.path("scripts")).unwrap();
    for (name, block) in blocks(&text, "rhai").into_iter().filter_map(|block| Some((name_of(block)?, block))) {
        place.write(name, block);
    }
    let mut played = text.clone();
    for block in blocks(&text, "console").into_iter().filter(|block| !block.starts_with("$ cargo test")) {
        let now = transcript::rewrite(&place, block);
        played = played.replacen(block, &now, 1);
    }
    if updating() {
        std::fs::write(path, played).unwrap();
    } else {
        assert!(text == played, "README.md is not true; look, and accept with UPDATE=1\n{}", difference(&text, &played));
    }
}

#[test]
fn playbooks_of_the_readme_have_no_mistakes() {
    let text = std::fs::read_to_string(project().join("README.md")).unwrap();
    for block in blocks(&text, "rhai") {
        let place = Place::new();
        place.write("block.rhai", block);
        let answer = place.huntsman(["check", "block.rhai"]).run();
        assert_eq!(answer.code, 0, "{block}\n{}{}", answer.out, answer.err);
    }
}

/// The commands of recipes, with the sample as their source.
#[test]
fn recipes_of_the_readme_run() {
    let text = std::fs::read_to_string(project().join("README.md")).unwrap();
    let mut commands = 0;
    for block in blocks(&text, "yaml").into_iter().chain(blocks(&text, "ini")) {
        let place = Place::new();
        std::os::unix::fs::symlink(project().join("scripts"), place.path("scripts")).unwrap();
        for line in block.lines() {
            let Some(at) = ["run: huntsman ", "- huntsman ", "ExecStart=huntsman "].iter().find_map(|start| line.find(start).map(|at| at + start.len())) else {
                continue;
            };
            let mut call = place.huntsman(transcript::words(&line[at..]));
            call.command.args(["--now", crate::support::NOW]).env("HUNTSMAN_SOURCE", "sample");
            let answer = call.run();
            // The sample has an intrusion on the day before.
            let expected = i32::from(!line.contains("huntsman test") && !line.contains("--fail-on never"));
            assert_eq!(answer.code, expected, "{line}\n{}{}", answer.out, answer.err);
            let files = transcript::words(&line[at..])
                .windows(2)
                .filter(|pair| ["-o", "--junit"].contains(&pair[0].as_str()))
                .map(|pair| pair[1].clone())
                .collect::<Vec<_>>();
            assert!(!files.is_empty() && files.iter().all(|file| place.path(file).is_file()), "{line}");
            commands += 1;
        }
    }
    assert_eq!(commands, 4);
}

#[test]
fn the_library_has_no_mistakes() {
    for module in files_below(&project().join("stdlib"), ".rhai") {
        let place = Place::new();
        let name = module.file_stem().unwrap().to_string_lossy().into_owned();
        let answer = place.huntsman(["eval", &format!("import \"std/{name}\" as it; 1")]).run();
        assert_eq!((answer.code, answer.out.as_str()), (0, "1\n"), "{name}\n{}", answer.err);
    }
}

/// The texts of the fenced blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// A block that is a file says so in its first line: `// hunts/name.rhai`.
fn name_of(block: &str) -> Option<&str> {
    block.lines().next()?.strip_prefix("// ").filter(|name| name.ends_with(".rhai"))
}
