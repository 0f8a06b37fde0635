//! Wrong arguments become a fault like any other: one line, near names, the usage, exit code 2.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::output::{Terminal, write_stdout};
use super::{DONE, FAILED};
use crate::diag::Fault;

/// Shows help or version, or says what is wrong; the exit code.
pub fn refuse(error: &clap::Error) -> u8 {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand) {
        return match write_stdout(error.render().to_string().as_bytes()) {
            Ok(()) => DONE,
            Err(fault) => {
                Terminal::plain().fault(&fault);
                FAILED
            }
        };
    }
    Terminal::plain().fault(&fault(error));
    FAILED
}

fn fault(error: &clap::Error) -> Fault {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim_end);
    let mut message = lines.next().unwrap_or_default().trim_start_matches("error: ").to_string();
    if error.kind() == ErrorKind::MissingRequiredArgument {
        message = message.replace("were not provided:", "are missing:");
        if let Some(ContextValue::Strings(names)) = error.get(ContextKind::InvalidArg) {
            message = format!("missing: {}", names.join(" "));
        }
    }
    let code = match error.kind() {
        ErrorKind::UnknownArgument => "usage::unknown_option",
        ErrorKind::InvalidSubcommand => "usage::unknown_command",
        ErrorKind::MissingRequiredArgument => "usage::missing",
        ErrorKind::ArgumentConflict => "usage::conflict",
        _ => "usage::value",
    };
    let mut help: Vec<String> = Vec::new();
    let mut previous_blank = true;
    for line in lines.map(|line| line.trim()).filter(|line| !line.starts_with('<') || error.kind() != ErrorKind::MissingRequiredArgument) {
        if line.is_empty() && previous_blank {
            continue;
        }
        previous_blank = line.is_empty();
        if !line.is_empty() {
            help.push(line.trim_start_matches("tip: ").to_string());
        }
    }
    Fault::new(code, message).with_help(help.join("\n"))
}
