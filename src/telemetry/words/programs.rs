//! Programs by sort, read from texts that anyone can edit: the one that is part of the program, and what a user adds to it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use crate::diag::did_you_mean;

/// What is part of the program. Its head says how such a text is written.
const BUILT_IN: &str = include_str!("programs.txt");

/// The sorts of programs that `kind:` knows by name.
pub const KINDS: [&str; 4] = ["interpreter", "remoteaccess", "admintool", "hackingtool"];

/// The section whose programs are of no sort.
const NONE: &str = "none";

/// A sort of program, known by its file names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    pub doc: String,
    pub programs: Vec<Program>,
}

/// File names of one program: as it is called on disk, and as its version information calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// In lower case; `*` stands for any characters, as in `python3*`.
    pub names: Vec<Arc<str>>,
    /// Empty where a user gives none.
    pub doc: String,
}

/// Every program whose sort is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Programs {
    kinds: [Kind; KINDS.len()],
    /// Where a name stands: its kind.
    known: HashMap<Arc<str>, usize>,
}

/// What is wrong with a text of programs, and where: bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramsError {
    pub span: Range<usize>,
    pub message: String,
    pub help: String,
}

impl Programs {
    /// Those that are part of the program.
    pub fn built_in() -> Arc<Programs> {
        static PROGRAMS: LazyLock<Arc<Programs>> = LazyLock::new(|| Arc::new(Programs::default().with(BUILT_IN).unwrap_or_default()));
        PROGRAMS.clone()
    }

    /// A kind by its word, case ignored.
    pub fn kind(&self, word: &str) -> Option<&Kind> {
        let index = KINDS.iter().position(|known| known.eq_ignore_ascii_case(word.trim()))?;
        self.kinds.get(index)
    }

    /// These, and after them what a text says.
    ///
    /// # Errors
    /// The first line that can't be read.
    pub fn with(&self, text: &str) -> Result<Programs, ProgramsError> {
        let mut all = self.clone();
        let mut section: Option<&str> = None;
        let mut offset = 0;
        for raw in text.split_inclusive('\n') {
            let line = Line { text: raw.trim(), from: offset + raw.len() - raw.trim_start().len() };
            offset += raw.len();
            if line.text.is_empty() || line.text.starts_with('#') {
                continue;
            }
            match line.text.strip_prefix('[') {
                Some(rest) => section = Some(all.begin(&line, rest)?),
                None => all.take(&line, section)?,
            }
        }
        Ok(all)
    }

    /// `[kind] what such programs do`.
    fn begin(&mut self, line: &Line<'_>, rest: &str) -> Result<&'static str, ProgramsError> {
        let (word, doc) = rest.split_once(']').ok_or_else(|| line.wrong("`]` is missing after the kind", SECTIONS))?;
        let sections = || KINDS.iter().copied().chain([NONE]);
        let Some(section) = sections().find(|known| known.eq_ignore_ascii_case(word.trim())) else {
            let near = did_you_mean(word.trim(), sections()).map(|near| format!("{near} ")).unwrap_or_default();
            return Err(line.wrong(&format!("`{}` is no kind of programs", word.trim()), &format!("{near}{SECTIONS}")));
        };
        if let Some(kind) = KINDS.iter().position(|known| *known == section).and_then(|index| self.kinds.get_mut(index))
            && !doc.trim().is_empty()
        {
            kind.doc = doc.trim().to_string();
        }
        Ok(section)
    }

    /// `name, name: what it is`.
    fn take(&mut self, line: &Line<'_>, section: Option<&str>) -> Result<(), ProgramsError> {
        let section = section.ok_or_else(|| line.wrong("this program is of no kind yet", SECTIONS))?;
        let (names, doc) = line.text.split_once(':').unwrap_or((line.text, ""));
        if doc.starts_with(['\\', '/']) {
            return Err(line.wrong("this is a path, and programs are known by their file names", LINES));
        }
        let names = names.split(',').map(|name| Arc::from(name.trim().to_lowercase())).collect::<Vec<Arc<str>>>();
        for name in &names {
            check_name(name).map_err(|message| line.wrong(&message, LINES))?;
            self.forget(name);
        }
        let Some(index) = KINDS.iter().position(|known| *known == section) else { return Ok(()) };
        self.known.extend(names.iter().map(|name| (name.clone(), index)));
        if let Some(kind) = self.kinds.get_mut(index) {
            kind.programs.push(Program { names, doc: doc.trim().to_string() });
        }
        Ok(())
    }

    /// A name is of one kind.
    fn forget(&mut self, name: &str) {
        let Some(kind) = self.known.remove(name).and_then(|index| self.kinds.get_mut(index)) else { return };
        kind.programs.iter_mut().for_each(|program| program.names.retain(|known| **known != *name));
        kind.programs.retain(|program| !program.names.is_empty());
    }
}

const SECTIONS: &str = "a section begins with [interpreter], [remoteaccess], [admintool], [hackingtool], or [none] for programs of no kind";
const LINES: &str = "write file names with commas between, and what the program is: tool.exe, tool64.exe: our tool";

struct Line<'a> {
    text: &'a str,
    /// Where it begins.
    from: usize,
}

impl Line<'_> {
    fn wrong(&self, message: &str, help: &str) -> ProgramsError {
        ProgramsError { span: self.from..self.from + self.text.len(), message: message.into(), help: help.into() }
    }
}

fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("a name is missing".into());
    }
    if name.contains(['\\', '/']) {
        return Err(format!("`{name}` is a path, and programs are known by their file names"));
    }
    if name.chars().all(|character| matches!(character, '*' | '.')) {
        return Err(format!("`{name}` is every program"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(programs: &Programs, kind: &str) -> Vec<String> {
        programs.kind(kind).unwrap().programs.iter().flat_map(|program| &program.names).map(ToString::to_string).collect()
    }

    #[test]
    fn what_comes_with_the_program_reads_and_says_every_name_once() {
        let programs = Programs::default().with(BUILT_IN).unwrap();
        let mut written = 0;
        for line in BUILT_IN.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '['])) {
            let (names, doc) = line.split_once(": ").unwrap();
            assert!(!doc.is_empty() && names == names.to_lowercase(), "{line}");
            written += names.split(", ").count();
        }
        for kind in KINDS {
            assert!(!programs.kind(kind).unwrap().doc.is_empty() && names(&programs, kind).len() > 50, "{kind}");
        }
        assert_eq!(written, programs.known.len(), "a name stands twice");
        assert!(names(&programs, "Interpreter").contains(&"powershell.exe".to_string()));
    }

    #[test]
    fn a_user_adds_moves_and_takes_away() {
        let ours = "\n# ours\n[admintool]\n  Fleet.exe, fleet*.dll: our own\nmshta.exe\n[none]\nwmic.exe\n";
        let built_in = Programs::built_in();
        let programs = built_in.with(ours).unwrap();
        assert!(names(&programs, "admintool").ends_with(&["fleet.exe".into(), "fleet*.dll".into(), "mshta.exe".into()]));
        assert!(!names(&programs, "interpreter").contains(&"mshta.exe".into()) && names(&built_in, "interpreter").contains(&"mshta.exe".into()));
        assert!(!names(&programs, "admintool").contains(&"wmic.exe".into()) && names(&built_in, "admintool").contains(&"wmic.exe".into()));
        assert_eq!(programs.kind("admintool").unwrap().doc, built_in.kind("admintool").unwrap().doc);
    }

    #[test]
    fn a_line_that_cant_be_read_is_named() {
        for (text, wrong) in [
            ("tool.exe: x", "this program is of no kind yet"),
            ("[admintol]", "`admintol` is no kind of programs"),
            ("[admintool", "`]` is missing after the kind"),
            ("[admintool]\n a.exe,, b.exe: x", "a name is missing"),
            ("[admintool]\n C:\\a.exe: x", "this is a path, and programs are known by their file names"),
            ("[admintool]\n bin/a.exe", "`bin/a.exe` is a path, and programs are known by their file names"),
            ("[admintool]\n *.*: x", "`*.*` is every program"),
        ] {
            let error = Programs::default().with(text).unwrap_err();
            assert_eq!(error.message, wrong, "{text}");
            assert!(text[error.span].trim() == text.lines().last().unwrap().trim(), "{text}");
        }
    }
}
