//! Reports as the tools take them that they are for: SARIF by its published schema, JUnit by a reader of it.
//!
//! A package of its own, so that what only these tests need is no dependency of the program:
//! `cargo build && cargo test --manifest-path tests/tools/Cargo.toml`.

#![cfg(test)]

use std::path::{Path, PathBuf};
use std::process::Command;

use boon::{Compiler, Schemas};
use serde_json::Value;

/// A folder of its own, in which the executable runs.
struct Place(tempfile::TempDir);

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Runs the executable that was built last, which must end with this code.
    fn huntsman(&self, arguments: &[&str], code: i32) {
        let built = ["release", "debug"].map(|profile| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(profile).join("huntsman"));
        let age = |path: &PathBuf| path.metadata().and_then(|metadata| metadata.modified()).ok();
        let program = std::env::var_os("HUNTSMAN").map(PathBuf::from).or_else(|| built.into_iter().max_by_key(age)).unwrap();
        let mut command = Command::new(&program);
        command.args(arguments).current_dir(self.0.path()).env("XDG_CACHE_HOME", self.path(".cache")).env("XDG_CONFIG_HOME", self.path(".config"));
        let output = command.output().unwrap_or_else(|error| panic!("{}: {error}; build it first", program.display()));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

const FOUND: &str = r#"//! Programs that were started.
//!
//! # Hypothesis
//! Something <was> started & ended.
//! # Technique
//! T1059.001, T1204
//! # Needs
//! process.create
let hits = Client("all", all_time()).get_executions(#{ operation: "create" }).filter(|e| e.ChildFilename == param("program", "powershell.exe", "the program"));
finding(#{ title: "A shell \u001b[31m<b>", severity: "high", technique: "T1059.001", confidence: "low", description: "many\nlines", evidence: hits });
finding(#{ title: "Stated", severity: "info" });
"#;

/// Playbooks of every ending, over the sample: the second time some of what was found is gone.
fn batch() -> Place {
    let place = Place(tempfile::tempdir().unwrap());
    place.write("hunts/found.rhai", FOUND);
    place.write("hunts/clean.rhai", "//! Clean.\nlet none = Client(\"all\", all_time()).get_executions().filter(|e| e.ChildFilename == \"no.exe\");\nfinding(#{ title: \"x\", evidence: none });\n");
    place.write("hunts/partial.rhai", "//! Partial.\n//!\n//! # Needs\n//! Sysmon/25, process\nClient(\"all\", all_time()).get_executions().count();\n");
    place.write("hunts/failed.rhai", "//! Failed.\nClient(\"all\").get_executions().filter(|e| e.Nope == 1).count();\n");
    place.write("hunts/syntax.rhai", "let x = ;\n");
    place.write("hunts/with spaces & ü.rhai", "note(\"x\");\n");
    place.write("suppressions.toml", "[[suppress]]\nwhere = 'e.Machine == \"WKS02\"'\nowner = \"soc@acme.example\"\nreason = \"known\"\n");
    place
}

fn run(place: &Place, options: &[&str]) {
    let fixed = ["run", "hunts", "--source", "sample", "--now", "2026-03-04", "--state", "state.json", "-q", "-o", "out.sarif", "-o", "out.xml"];
    place.huntsman(&[&fixed[..], options].concat(), 2);
}

#[test]
fn sarif_is_as_its_schema_says() {
    let place = batch();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let schema = compiler.compile(schema_of_sarif().to_str().unwrap(), &mut schemas).unwrap();
    let check = |name: &str| {
        let document: Value = serde_json::from_str(&std::fs::read_to_string(place.path(name)).unwrap()).unwrap();
        if let Err(error) = schemas.validate(&document, schema) {
            panic!("{name}: {error:#}");
        }
        document
    };
    run(&place, &[]);
    let first = check("out.sarif");
    assert_eq!(first["runs"][0]["results"].as_array().unwrap().len(), 2);
    run(&place, &["--suppressions", "suppressions.toml", "--evidence", "kept"]);
    check("out.sarif");
    place.write("hunts/found.rhai", &FOUND.replace("finding(#{ title: \"Stated\"", "// finding(#{ title: \"Stated\""));
    run(&place, &[]);
    assert!(check("out.sarif").to_string().contains("\"absent\""), "what is gone is told");
    // Problems of playbooks, and what a source lacks for them.
    place.huntsman(&["check", "hunts", "--against", "sample", "--now", "2026-03-04", "-q", "-o", "problems.sarif"], 2);
    check("problems.sarif");
    // The schema itself would not take anything.
    let mut wrong = first;
    wrong["runs"][0]["results"][0]["level"] = "grave".into();
    assert!(schemas.validate(&wrong, schema).is_err());
}

/// That of the crate which was made from it: it is read where cargo keeps that, and not copied.
fn schema_of_sarif() -> PathBuf {
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let arguments = ["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = metadata["packages"].as_array().unwrap().iter().find(|package| package["name"] == "serde-sarif").unwrap();
    PathBuf::from(package["manifest_path"].as_str().unwrap()).with_file_name("src").join("schema.json")
}

#[test]
fn junit_is_read_by_a_reader_of_it() {
    let place = batch();
    run(&place, &[]);
    let read = |name: &str| {
        let text = std::fs::read(place.path(name)).unwrap();
        junit_parser::from_reader(text.as_slice()).unwrap_or_else(|error| panic!("{name}: {error}\n{}", String::from_utf8_lossy(&text)))
    };
    let suites = read("out.xml");
    assert_eq!((suites.tests, suites.failures, suites.errors, suites.skipped), (6, 1, 2, 1));
    let cases = &suites.suites[0].cases;
    let ended = |name: &str| &cases.iter().find(|case| case.classname.as_deref() == Some(name)).unwrap().status;
    assert!(ended("hunts.found").is_failure() && ended("hunts.clean").is_success());
    assert!(ended("hunts.partial").is_skipped() && ended("hunts.failed").is_error() && ended("hunts.syntax").is_error());
    let told = ended("hunts.found").failure_as_ref();
    assert!(told.message.starts_with("2 findings: 1 high, 1 info") && told.text.contains("A shell \\x1b[31m"), "{told:?}");
    place.write("hunts/found.test.rhai", "fn test_a() { assert(true) }\nfn test_b() { assert(1 > 2, \"<b>&\\x1b[2J\"); }\nfn test_c() { nothing() }\n");
    place.huntsman(&["test", "hunts", "--junit", "tests.xml"], 1);
    let suites = read("tests.xml");
    assert_eq!((suites.tests, suites.failures, suites.errors, suites.skipped), (3, 1, 1, 0));
}
