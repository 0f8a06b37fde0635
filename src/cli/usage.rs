//! Wrong arguments become a fault like any other: one line, near names, the usage, exit code 2.

use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::args::Cli;
use super::output::{Terminal, write_stdout};
use super::{DONE, FAILED};
use crate::diag::{Fault, did_you_mean};

/// The process' arguments, an expression that begins with a minus (`-7.days`) behind the mark that it is no option.
pub fn words(given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = given.collect();
    let is_negative = |word: &OsString| {
        let text = word.to_string_lossy();
        text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit() || matches!(first, ' ' | '(')))
    };
    let is_eval = words.iter().skip(1).any(|word| word == "eval") && !words.iter().any(|word| word == "--");
    if let Some(at) = words.iter().position(is_negative).filter(|_| is_eval) {
        let expression = words.remove(at);
        words.extend(["--".into(), expression]);
    }
    words
}

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
    let given = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(" ")),
        _ => None,
    };
    let argument = given(ContextKind::InvalidArg).unwrap_or_default();
    let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_string();
    let (code, message) = match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => ("usage::unknown_option", format!("there is no option {argument}")),
        ErrorKind::UnknownArgument => ("usage::unexpected", format!("`{argument}` is one argument too many")),
        ErrorKind::InvalidSubcommand => {
            ("usage::unknown_command", format!("there is no command `{}`", given(ContextKind::InvalidSubcommand).unwrap_or_default()))
        }
        ErrorKind::MissingRequiredArgument => ("usage::missing", format!("missing: {argument}")),
        ErrorKind::ArgumentConflict => ("usage::conflict", first),
        _ => ("usage::value", first),
    };
    let commands = Cli::command();
    let commands = || commands.get_subcommands().map(clap::Command::get_name);
    let wrong = given(ContextKind::InvalidSubcommand);
    let by_name = || {
        wrong.as_deref().map(|word| did_you_mean(word, commands()).unwrap_or_else(|| format!("the commands are {}", commands().collect::<Vec<_>>().join(", "))))
    };
    let near =
        given(ContextKind::SuggestedArg).or_else(|| given(ContextKind::SuggestedSubcommand)).map(|near| format!("did you mean `{near}`?")).or_else(by_name);
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => Some(usage.to_string()),
        _ => None,
    };
    let help: Vec<String> = near.into_iter().chain(usage).chain(["`--help` tells what there is".to_string()]).collect();
    Fault::new(code, message).with_help(help.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minus_may_begin_an_expression() {
        let words = |given: &[&str]| words(given.iter().map(OsString::from)).into_iter().map(|word| word.into_string().unwrap()).collect::<Vec<_>>();
        assert_eq!(words(&["huntsman", "eval", "-7.days", "-v"]), ["huntsman", "eval", "-v", "--", "-7.days"]);
        assert_eq!(words(&["huntsman", "eval", "--bogus", "1"]), ["huntsman", "eval", "--bogus", "1"]);
        assert_eq!(words(&["huntsman", "run", "-1"]), ["huntsman", "run", "-1"]);
    }
}
