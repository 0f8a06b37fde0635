//! A run as JUnit tells it: a case for each playbook, by what its outcome means to whoever ran it.

use std::io::{self, Write};

use super::junit::{self, Case, Ending, Group};
use super::{Ended, Style, report};
use crate::diag::Fault;
use crate::report::{Report, Verdict};

/// Columns of what is told of a case: no cell makes a line longer.
const WIDTH: usize = 140;

pub fn write(out: &mut dyn Write, runs: &[Ended], zone: chrono_tz::Tz) -> io::Result<()> {
    let style = Style { colour: false, unicode: true, width: Some(WIDTH), zone };
    let cases = runs.iter().map(|(report, fault)| case(report, fault.as_ref(), &style)).collect();
    junit::write(out, "huntsman run", &[Group { name: "playbooks".into(), cases }])
}

fn case(report: &Report, fault: Option<&Fault>, style: &Style) -> Case {
    let whole = || report::text(report, fault, style);
    let path = report.playbook.trim_end_matches(".rhai");
    let (ending, output) = match (report.verdict, fault) {
        (Verdict::Broken, Some(fault)) => (Ending::Error(fault.message.clone(), super::fault(fault, style)), whole()),
        (Verdict::Broken, None) => (Ending::Error("could not be run".into(), whole()), String::new()),
        (Verdict::Failed, _) => (Ending::Failed(vec![(report::counts(&report.findings), whole())]), String::new()),
        (Verdict::Incomplete, _) => (Ending::Skipped(format!("{}: {}", report.outcome.word(), report::meaning(report.outcome))), whole()),
        (Verdict::Passed, _) => (Ending::Passed, whole()),
    };
    Case {
        name: report.title.clone().unwrap_or_else(|| path.to_string()),
        class: path.replace(['/', '\\'], "."),
        file: report.playbook.clone(),
        line: None,
        ending,
        output,
    }
}
