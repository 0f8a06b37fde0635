//! `--evidence`: all rows of each finding in a file of its own, since a report shows only the first.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::args::Run;
use crate::diag::{Fault, did_you_mean, reason};
use crate::export::{self, Format};
use crate::report::{Finding, Report};

/// The folder that evidence goes to.
pub struct Folder {
    path: PathBuf,
    format: Format,
    /// Names that findings of this run have already.
    taken: BTreeSet<String>,
}

/// The folder that the run names, made where there is none.
pub fn open(arguments: &Run) -> Result<Option<Folder>, Fault> {
    let format = match arguments.evidence_format.as_deref() {
        None | Some("parquet") => Format::Parquet,
        Some("csv") => Format::Csv,
        Some(word) => {
            let help = did_you_mean(word, ["parquet", "csv"]).unwrap_or_else(|| "parquet or csv".into());
            return Err(Fault::new("usage::value", format!("--evidence-format: `{word}` is not known")).with_help(help));
        }
    };
    let Some(path) = arguments.evidence.clone() else { return Ok(None) };
    std::fs::create_dir_all(&path).map_err(|error| refused(&path, &reason(&error)))?;
    Ok(Some(Folder { path, format, taken: BTreeSet::new() }))
}

fn refused(path: &Path, why: &str) -> Fault {
    Fault::new("evidence::folder", format!("--evidence {}: {why}", path.display())).with_help("name a folder that can be written, on a disk with room")
}

impl Folder {
    /// Writes the evidence of every finding, and tells the finding where.
    pub fn keep(&mut self, report: &mut Report) -> Result<(), Fault> {
        let stem = stem(&report.playbook);
        for finding in report.findings.iter_mut().filter(|finding| finding.evidence.is_some()) {
            finding.kept = Some(self.write(&stem, finding)?);
        }
        Ok(())
    }

    /// The same finding has the same file in every run; a second one of a fingerprint has a number.
    fn write(&mut self, stem: &str, finding: &Finding) -> Result<String, Fault> {
        let Some(evidence) = &finding.evidence else { return Ok(String::new()) };
        let plain = format!("{stem}-{}", finding.fingerprint);
        let mut name = plain.clone();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{plain}-{number}");
            number += 1;
        }
        let path = self.path.join(format!("{name}.{}", self.format.ending()));
        export::save(&path, self.format, evidence.frame.schema(), evidence.pieces()).map_err(|why| refused(&path, &why))?;
        Ok(path.display().to_string())
    }
}

/// The playbook's path in letters that every file system takes: of a long one its end.
fn stem(playbook: &str) -> String {
    let path = playbook.trim_start_matches("./").trim_end_matches(".rhai");
    let mut letters: Vec<char> =
        path.chars().rev().map(|letter| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '_' }).take(100).collect();
    letters.reverse();
    if letters.is_empty() { "playbook".into() } else { letters.into_iter().collect() }
}
