//! The command line: arguments, environment, clock, stdout, exit code. No query logic.

mod args;
mod batch;
mod cache;
mod ceiling;
mod check;
mod config;
mod context;
mod coverage;
mod doc;
mod eval;
mod evidence;
mod ingest;
mod list;
mod memory;
mod output;
mod playbooks;
mod progress;
mod repl;
mod run;
mod signal;
mod source;
mod sources;
mod suppressions;
mod test;
mod upkeep;
mod usage;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;

use self::args::{Cli, Command, RAW};
use self::context::Context;
use self::output::Terminal;
use crate::diag::{Fault, defect};
use crate::ingest::Request;
use crate::present::Format;

/// The exit codes of the contract.
pub const DONE: u8 = 0;
pub const FOUND: u8 = 1;
pub const FAILED: u8 = 2;
pub const INCOMPLETE: u8 = 3;

/// Runs the program with the process' arguments; the exit code.
pub fn main() -> ExitCode {
    defect::keep_quiet();
    let cli = match Cli::try_parse_from(usage::words(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(usage::refuse(&error)),
    };
    let terminal = match Terminal::new(&cli.common) {
        Ok(terminal) => terminal,
        Err(fault) => {
            Terminal::plain().fault(&fault);
            return ExitCode::from(FAILED);
        }
    };
    let done = catch_unwind(AssertUnwindSafe(|| execute(cli, &terminal))).unwrap_or_else(|payload| Err(defect::fault(&*payload)));
    let code = match done {
        Ok(code) => code,
        Err(fault) => {
            terminal.fault(&fault);
            FAILED
        }
    };
    ExitCode::from(code)
}

fn execute(cli: Cli, terminal: &Terminal) -> Result<u8, Fault> {
    let context = Context::new(&cli.common, terminal)?;
    if context.is_since_last_run && !matches!(cli.command, Some(Command::Run(_))) {
        return Err(
            Fault::new("usage::value", "--period: only `huntsman run` with --state remembers a last run").with_help("name a period, such as --period 7d")
        );
    }
    match cli.command {
        Some(_) => signal::stop_on_signal(&context.interrupted)?,
        None => signal::interrupt_on_signal(&context.interrupted)?,
    }
    match cli.command {
        None => {
            context.formats("the prompt", Format::PLAIN)?;
            context.refuse_output("the prompt")?;
            repl::converse(&context)
        }
        Some(Command::Run(arguments)) => run::run(&context, &arguments),
        Some(Command::Eval { expression }) => {
            context.formats("eval", &[Format::PLAIN, &[Format::Markdown, Format::Html]].concat())?;
            eval::eval(&context, &expression)
        }
        Some(Command::Ingest { paths, store, report }) => {
            context.formats("ingest", Format::PLAIN)?;
            context.without_use("ingest", &["--source", "--period", "--now", "--geoip", "--allow-write"]);
            ingest::ingest(&context, Request { paths, store, report, ..ingest::asked(&context)? })
        }
        Some(Command::Forget(arguments)) => {
            context.formats("forget", Format::PLAIN)?;
            context.without_use("forget", &[&["--source", "--period", "--now", "--geoip", "--allow-write"][..], &RAW].concat());
            upkeep::forget(&context, &arguments)
        }
        Some(Command::Compact { store }) => {
            context.formats("compact", Format::PLAIN)?;
            context.without_use("compact", &[&["--source", "--client", "--period", "--now", "--geoip", "--allow-write"][..], &RAW].concat());
            upkeep::compact(&context, &store)
        }
        Some(Command::Coverage { paths, navigator }) => {
            context.formats("coverage", Format::PLAIN)?;
            context.without_use("coverage", &["--geoip", "--allow-write"]);
            coverage::coverage(&context, &paths, navigator.as_deref())
        }
        Some(Command::Check { paths, against }) => {
            context.formats("check", &[Format::PLAIN, &[Format::Sarif]].concat())?;
            context.without_use("check", &["--allow-write"]);
            check::check(&context, &paths, against.as_deref())
        }
        Some(Command::Test(arguments)) => {
            context.formats("test", &[Format::PLAIN, &[Format::Junit]].concat())?;
            context.without_use("test", &[&["--source", "--client", "--period", "--geoip", "--allow-write"][..], &RAW].concat());
            test::test(&context, &arguments)
        }
        Some(Command::List { paths }) => {
            context.formats("list", Format::PLAIN)?;
            context.without_use(
                "list",
                &[&["--source", "--client", "--period", "--now", "--geoip", "--allow-write", "--timeout", "--max-memory"][..], &RAW].concat(),
            );
            list::list(&context, &paths)
        }
        Some(Command::Doc { name }) => {
            context.formats("doc", Format::PLAIN)?;
            context.without_use(
                "doc",
                &[&["--source", "--client", "--period", "--now", "--geoip", "--allow-write", "--timeout", "--max-memory"][..], &RAW].concat(),
            );
            doc::doc(&context, name.as_deref())
        }
        Some(Command::Sources { verify }) => {
            context.formats("sources", Format::PLAIN)?;
            context.without_use("sources", &["--period", "--geoip", "--allow-write"]);
            sources::sources(&context, verify)
        }
        Some(Command::Sample { folder }) => {
            context.formats("sample", Format::PLAIN)?;
            context.refuse_output("sample")?;
            context.without_use(
                "sample",
                &[&["--source", "--client", "--period", "--now", "--geoip", "--allow-write", "--timeout", "--max-memory"][..], &RAW].concat(),
            );
            source::write_sample(&folder)
        }
    }
}
