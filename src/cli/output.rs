//! The only place that writes to stdout, stderr and the files of `-o`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use terminal_size::{Height, Width, terminal_size_of};

use super::args::Common;
use crate::diag::{Fault, Severity, did_you_mean, reason};
use crate::present::{self, Format, Style};

/// Bytes that gather before they are written.
const BUFFER: usize = 64 << 10;

/// What stdout and stderr are, and how text for each looks.
pub struct Terminal {
    pub format: Format,
    pub out: Style,
    pub err: Style,
    pub err_is_terminal: bool,
    pub quiet: bool,
    pub verbose: bool,
}

impl Terminal {
    pub fn new(common: &Common) -> Result<Terminal, Fault> {
        let format = match common.format.as_deref() {
            None => Format::Table,
            Some(word) => Format::parse(word).ok_or_else(|| unknown_format(word))?,
        };
        let always = match common.color.as_deref() {
            None | Some("auto") => None,
            Some("always") => Some(true),
            Some("never") => Some(false),
            Some(word) => return Err(Fault::new("usage::value", format!("--color: `{word}` is not known")).with_help("auto, always or never")),
        };
        let zone = match common.tz.as_deref() {
            None => chrono_tz::UTC,
            Some(name) => zone(name)?,
        };
        Ok(Terminal::with(format, always, zone, common.quiet, common.verbose))
    }

    /// Before the arguments are understood; JSON diagnostics when they seem to be wanted.
    pub fn plain() -> Terminal {
        let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
        let json = words.windows(2).any(|pair| pair[0] == "--format" && matches!(pair[1].as_str(), "json" | "ndjson"))
            || words.iter().any(|word| word == "--format=json" || word == "--format=ndjson");
        let colour = words.windows(2).any(|pair| pair[0] == "--color" && pair[1] == "never") || words.iter().any(|word| word == "--color=never");
        Terminal::with(if json { Format::Json } else { Format::Table }, colour.then_some(false), chrono_tz::UTC, false, false)
    }

    fn with(format: Format, always: Option<bool>, zone: chrono_tz::Tz, quiet: bool, verbose: bool) -> Terminal {
        let (out_is_terminal, err_is_terminal) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let unicode = is_unicode();
        let colour = |terminal: bool| {
            always.unwrap_or_else(|| {
                terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && std::env::var("TERM").as_deref() != Ok("dumb")
            })
        };
        let columns = |size: Option<(Width, Height)>| size.map(|(Width(columns), _)| usize::from(columns).clamp(20, 1_000));
        Terminal {
            format,
            out: Style { colour: colour(out_is_terminal), unicode, width: columns(terminal_size_of(io::stdout())), zone },
            err: Style { colour: colour(err_is_terminal), unicode: unicode && err_is_terminal, width: columns(terminal_size_of(io::stderr())), zone },
            err_is_terminal,
            quiet,
            verbose,
        }
    }

    /// On stderr: drawn, or a line of JSON when the answer is JSON. Warnings only when they may.
    pub fn fault(&self, fault: &Fault) {
        if self.quiet && fault.severity != Severity::Error {
            return;
        }
        write_stderr(&self.rendered(fault));
    }

    /// As stderr has it.
    pub fn rendered(&self, fault: &Fault) -> String {
        match self.format {
            Format::Json | Format::Ndjson => present::fault_json(fault),
            Format::Table | Format::Csv | Format::Markdown | Format::Html | Format::Sarif | Format::Junit => present::fault(fault, &self.err),
        }
    }

    /// A line on stderr for who wants to know more.
    pub fn tell(&self, line: impl FnOnce() -> String) {
        if self.verbose {
            write_stderr(&format!("{}\n", present::clean::escape(&line())));
        }
    }
}

/// A zone by its name; case does not matter.
fn zone(name: &str) -> Result<chrono_tz::Tz, Fault> {
    let known = chrono_tz::TZ_VARIANTS.iter();
    known.clone().find(|zone| zone.name().eq_ignore_ascii_case(name)).copied().ok_or_else(|| {
        let last = |zone: &&'static str| zone.rsplit('/').next().unwrap_or(zone).eq_ignore_ascii_case(name.rsplit('/').next().unwrap_or(name));
        let names = || known.clone().map(|zone| zone.name());
        let help = names().find(last).map(|zone| format!("did you mean `{zone}`?")).or_else(|| did_you_mean(name, names()));
        Fault::new("usage::value", format!("--tz: there is no time zone `{name}`"))
            .with_help(help.unwrap_or_else(|| "a name like Europe/Berlin or America/New_York, or UTC".into()))
    })
}

fn unknown_format(word: &str) -> Fault {
    let words = Format::ALL.map(Format::word);
    let help = did_you_mean(word, words).unwrap_or_else(|| format!("the formats are {}", words.join(", ")));
    Fault::new("usage::value", format!("--format: `{word}` is not known")).with_help(help)
}

/// As the locale says.
fn is_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty());
    locale.is_some_and(|locale| locale.to_ascii_uppercase().replace('-', "").contains("UTF8"))
}

/// What a terminal of another encoding can draw: to some of them a byte of a letter is a command.
fn legible(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.is_ascii() || is_unicode() {
        return Cow::Borrowed(bytes);
    }
    Cow::Owned(present::clean::ascii(&String::from_utf8_lossy(bytes)).into_bytes())
}

/// Everything, or the fault that says why not. A reader that has gone away is no fault.
pub fn write_stdout(bytes: &[u8]) -> Result<(), Fault> {
    to_stdout(|out| out.write_all(bytes))
}

/// What is written as it comes, or the fault that says why not.
pub fn to_stdout(render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Fault> {
    let mut stdout = io::stdout().lock();
    let written = if stdout.is_terminal() {
        let mut bytes = Vec::new();
        render(&mut bytes).and_then(|()| stdout.write_all(&legible(&bytes))).and_then(|()| stdout.flush())
    } else {
        let mut buffered = BufWriter::with_capacity(BUFFER, stdout);
        render(&mut buffered).and_then(|()| buffered.flush())
    };
    match written {
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(unfinished(&error)),
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Fault::new("output::stdout", format!("stdout can't be written: {}", reason(&error)))
            .with_help("nothing is lost but the answer: make room, and run it again")),
        _ => Ok(()),
    }
}

/// Rows could not be read while they were written.
pub fn unfinished(error: &io::Error) -> Fault {
    Fault::new("output::unfinished", format!("what was written is not the whole answer: {}", reason(error))).with_help("run it again to have all rows")
}

/// Where nothing can be said about a failure, nothing is.
pub fn write_stderr(text: &str) {
    let mut stderr = io::stderr().lock();
    let bytes = if stderr.is_terminal() { legible(text.as_bytes()) } else { Cow::Borrowed(text.as_bytes()) };
    drop(stderr.write_all(&bytes).and_then(|()| stderr.flush()));
}

/// Text that is made at once, as what `Files` and stdout are given.
pub fn text(render: impl Fn(Format, &Style) -> String) -> impl Fn(&mut dyn Write, Format, &Style) -> io::Result<()> {
    move |out, format, style| out.write_all(render(format, style).as_bytes())
}

/// Drafts that are not yet in their place.
static DRAFTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// The program is about to end where it stands: no draft stays behind.
pub fn abandon() {
    let drafts = std::mem::take(&mut *DRAFTS.lock().unwrap_or_else(PoisonError::into_inner));
    drafts.iter().for_each(|draft| drop(std::fs::remove_file(draft)));
}

/// The files of `-o`, opened before anything runs, each put in its place whole.
pub struct Files {
    files: Vec<Target>,
}

struct Target {
    path: PathBuf,
    format: Format,
    file: std::fs::File,
    /// What is renamed to the path; absent for devices and pipes.
    draft: Option<PathBuf>,
}

impl Files {
    pub fn open(paths: &[PathBuf]) -> Result<Files, Fault> {
        let of_path = |path: &PathBuf| Format::of_path(path).map(|format| (path.clone(), format)).ok_or_else(|| unknown_ending(path));
        Files::open_as(&paths.iter().map(of_path).collect::<Result<Vec<_>, _>>()?)
    }

    /// Whatever their endings say.
    pub fn open_as(targets: &[(PathBuf, Format)]) -> Result<Files, Fault> {
        let mut files = Files { files: Vec::new() };
        for (at, (path, format)) in targets.iter().enumerate() {
            if targets.iter().take(at).any(|(known, _)| is_one_file(known, path)) {
                return Err(twice(path));
            }
            let format = *format;
            let refused = |error: io::Error| {
                Fault::new("output::file", format!("-o {}: {}", path.display(), reason(&error)))
                    .with_help("name a file in a folder that exists and can be written")
            };
            if path.is_dir() {
                return Err(Fault::new("output::file", format!("-o {} is a folder", path.display())).with_help("name a file"));
            }
            let is_special = path.metadata().is_ok_and(|metadata| !metadata.is_file());
            let (file, draft) = if is_special {
                (std::fs::File::options().write(true).open(path).map_err(refused)?, None)
            } else {
                let (file, draft) = new_draft(path).map_err(refused)?;
                (file, Some(draft))
            };
            DRAFTS.lock().unwrap_or_else(PoisonError::into_inner).extend(draft.clone());
            files.files.push(Target { path: path.clone(), format, file, draft });
        }
        Ok(files)
    }

    /// None of them is one of the others, which have another content.
    pub fn apart_from(self, others: &Files) -> Result<Files, Fault> {
        others.files.iter().try_for_each(|other| self.without(&other.path))?;
        Ok(self)
    }

    /// None of them is this file.
    pub fn without(&self, path: &Path) -> Result<(), Fault> {
        self.files.iter().find(|target| is_one_file(&target.path, path)).map_or(Ok(()), |target| Err(twice(&target.path)))
    }

    /// Writes all of them, in their formats.
    pub fn write(mut self, render: impl Fn(&mut dyn Write, Format, &Style) -> io::Result<()>, zone: chrono_tz::Tz) -> Result<(), Fault> {
        self.fill(render, zone)?;
        self.place()
    }

    /// Writes all of them beside their places, so that nothing is left to do but to rename them.
    pub fn fill(&mut self, render: impl Fn(&mut dyn Write, Format, &Style) -> io::Result<()>, zone: chrono_tz::Tz) -> Result<(), Fault> {
        let style = Style { colour: false, unicode: true, width: None, zone };
        for target in &mut self.files {
            let refused = |error: io::Error| match error.kind() {
                ErrorKind::InvalidData => unfinished(&error),
                _ => Fault::new("output::file", format!("-o {}: {}", target.path.display(), reason(&error)))
                    .with_help("make room, and run it again; what the file held before is still there"),
            };
            let mut buffered = BufWriter::with_capacity(BUFFER, &mut target.file);
            render(&mut buffered, target.format, &style).and_then(|()| buffered.flush()).map_err(refused)?;
            drop(buffered);
            if target.draft.is_some() {
                target.file.sync_all().map_err(refused)?;
            }
        }
        Ok(())
    }

    /// Puts what was written in its place.
    pub fn place(mut self) -> Result<(), Fault> {
        self.place_all()
    }

    /// The same; what could not be put there is still there.
    pub fn place_all(&mut self) -> Result<(), Fault> {
        for target in &mut self.files {
            let Some(draft) = &target.draft else { continue };
            std::fs::rename(draft, &target.path).map_err(|error| {
                Fault::new("output::file", format!("-o {}: {}", target.path.display(), reason(&error))).with_help("name a file in a folder that can be written")
            })?;
            target.draft = None;
        }
        Ok(())
    }

    /// From where to where they will be renamed, wherever the program is started.
    pub fn moves(&self) -> Vec<(PathBuf, PathBuf)> {
        let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        self.files.iter().filter_map(|target| Some((whole(target.draft.as_deref()?), whole(&target.path)))).collect()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        for draft in self.files.iter().filter_map(|target| target.draft.as_ref()) {
            DRAFTS.lock().unwrap_or_else(PoisonError::into_inner).remove(draft);
            drop(std::fs::remove_file(draft));
        }
    }
}

/// What a file name's ending should have been.
pub fn unknown_ending(path: &Path) -> Fault {
    Fault::new("output::format", format!("-o {}: the ending tells no format", path.display()))
        .with_help("the endings are .json .ndjson .csv .txt .md .html .sarif .xml (JUnit)")
}

fn twice(path: &Path) -> Fault {
    Fault::new("output::file", format!("{} is given twice", path.display())).with_help("name each file once")
}

/// Whether two paths mean one file, which need not be there yet.
fn is_one_file(left: &Path, right: &Path) -> bool {
    let place = |path: &Path| {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let folder = whole.parent().and_then(|folder| folder.canonicalize().ok());
        folder.zip(whole.file_name()).map_or(whole.clone(), |(folder, name)| folder.join(name))
    };
    place(left) == place(right)
}

/// A file beside the path that nobody else has, also none that was left by a process of this number.
fn new_draft(path: &Path) -> io::Result<(std::fs::File, PathBuf)> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut number = 0;
    loop {
        let draft = path.with_file_name(format!(".{name}.{}-{number}.draft", std::process::id()));
        match std::fs::File::options().write(true).create_new(true).open(&draft) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            opened => return opened.map(|file| (file, draft)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_that_is_there_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        let (mut first, one) = new_draft(&path).unwrap();
        first.write_all(b"whole").unwrap();
        let (_, other) = new_draft(&path).unwrap();
        assert_ne!(one, other);
        assert_eq!(std::fs::read(&one).unwrap(), b"whole");
    }
}
