//! A place to run the executable in, and what came of a run.

pub mod golden;
pub mod mmdb;
pub mod pack;
pub mod stores;
pub mod transcript;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// The clock of every run that isn't told another: the day after the sample's two.
pub const NOW: &str = "2026-03-04T00:00:00Z";

/// The project's root.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder of its own, with its own configuration and cache, gone when it is dropped.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn huntsman<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(&self, arguments: I) -> Call {
        let mut command = Command::new(env!("CARGO_BIN_EXE_huntsman"));
        let home = self.path(".home");
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("HOME", &home).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, folder) in [("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache"), ("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state")] {
            command.env(name, home.join(folder));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Call { command, input: None }
    }
}

/// One run, before it begins.
pub struct Call {
    pub command: Command,
    input: Option<String>,
}

impl Call {
    pub fn input(mut self, text: &str) -> Call {
        self.input = Some(text.into());
        self.command.stdin(Stdio::piped());
        self
    }

    pub fn start(&mut self) -> Child {
        self.command.spawn().unwrap()
    }

    pub fn run(mut self) -> Answer {
        let mut child = self.start();
        if let Some(text) = self.input {
            // A program that doesn't read all of its input is not at fault.
            let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
        }
        Answer::from(child.wait_with_output().unwrap())
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Answer {
    /// -1 when a signal ended it.
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Answer {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is not UTF-8");
        Answer { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Answer {
    /// The answer of a run that must have ended with this exit code.
    pub fn expect(self, code: i32) -> Answer {
        assert_eq!(self.code, code, "\n--- stdout\n{}\n--- stderr\n{}", self.out, self.err);
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n--- stdout\n{}\n--- stderr\n{}", self.out, self.err))
    }
}

/// All files below a folder with this ending, sorted.
pub fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}
