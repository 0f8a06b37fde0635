//! What is wrong with an option, and which ones there are.

use miette::Diagnostic;
use thiserror::Error;

use super::{Query, Takes};
use crate::diag::did_you_mean;

/// Why options mean no plan. Every variant knows the key at fault.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum OptionError {
    #[error("`{query}` has no option `{option}`")]
    #[diagnostic(code(options::unknown))]
    Unknown {
        option: String,
        query: &'static str,
        #[help]
        help: String,
    },
    #[error("`{given}` is no value of `{option}`")]
    #[diagnostic(code(options::word))]
    Word {
        option: String,
        given: String,
        #[help]
        help: String,
    },
    #[error("`{option}` takes {wanted}, and this is {found}")]
    #[diagnostic(code(options::wrong_type))]
    Type {
        option: String,
        wanted: String,
        found: String,
        #[help]
        help: String,
    },
    #[error("`{option}` is an empty array: nothing could match")]
    #[diagnostic(code(options::empty), help("leave the option out to ask for everything"))]
    Empty { option: String },
    #[error("`{given}` is no port")]
    #[diagnostic(code(options::port))]
    Port {
        option: String,
        given: String,
        #[help]
        help: String,
    },
    #[error("`{given}` is no address")]
    #[diagnostic(code(options::address), help("write an address as \"10.1.2.3\", or a network as \"10.0.0.0/8\""))]
    Address { option: String, given: String },
    #[error("{given} is no set of attributes")]
    #[diagnostic(code(options::attributes), help("join ATTR_REMOTE, ATTR_EXTERNAL, ATTR_FRESHUNKNOWN and ATTR_LANSHARED with `|`"))]
    Attributes { option: String, given: String },
    #[error("the source has no channel `{given}`, and none of that name is known")]
    #[diagnostic(code(options::channel))]
    Channel {
        option: String,
        given: String,
        #[help]
        help: String,
    },
    #[error("`{option}` must be at least {least}, and this is {given}")]
    #[diagnostic(code(options::range), help("leave the option out to ask for everything"))]
    Range { option: String, least: i64, given: String },
    #[error("`{given}` is no machine that this query asks")]
    #[diagnostic(code(options::machine))]
    Machine {
        option: String,
        given: String,
        #[help]
        help: String,
    },
    #[error("`{given}` is the name of a machine, and `{option}` takes its id")]
    #[diagnostic(code(options::machine), help("write `Machine(\"{given}\")` for what is asked, or {option}: \"{muid}\""))]
    Name { option: String, given: String, muid: String },
    #[error("`{option}` must be given to `{query}` by its caller")]
    #[diagnostic(code(options::caller), help("this is a defect of Huntsman"))]
    Caller { option: String, query: &'static str },
}

impl OptionError {
    /// The key at fault.
    pub fn option(&self) -> &str {
        match self {
            OptionError::Unknown { option, .. }
            | OptionError::Word { option, .. }
            | OptionError::Type { option, .. }
            | OptionError::Empty { option }
            | OptionError::Port { option, .. }
            | OptionError::Address { option, .. }
            | OptionError::Attributes { option, .. }
            | OptionError::Channel { option, .. }
            | OptionError::Range { option, .. }
            | OptionError::Machine { option, .. }
            | OptionError::Name { option, .. }
            | OptionError::Caller { option, .. } => option,
        }
    }

    /// Whether the key itself is wrong, rather than its value.
    pub fn is_key(&self) -> bool {
        matches!(self, OptionError::Unknown { .. })
    }

    pub(super) fn unknown(option: &str, query: &Query) -> OptionError {
        let names = query.options.iter().map(|option| option.name);
        let allowed = format!("`{}` takes {}", query.name, names.clone().collect::<Vec<_>>().join(" "));
        let help = did_you_mean(option, names).map_or(allowed.clone(), |near| format!("{near} {allowed}"));
        OptionError::Unknown { option: option.into(), query: query.name, help }
    }

    pub(super) fn word(option: &str, given: &str, words: &[&str]) -> OptionError {
        let allowed = format!("the words are {}", words.join(" "));
        let help = did_you_mean(given, words.iter().copied()).map_or(allowed.clone(), |near| format!("{near} {allowed}"));
        OptionError::Word { option: option.into(), given: given.into(), help }
    }

    pub(super) fn kind(option: &str, takes: Takes, found: impl Into<String>) -> OptionError {
        let (wanted, example) = match takes {
            Takes::Text | Takes::TextList => ("a text".to_string(), format!("{option}: \"…\", or an array of texts")),
            Takes::Number => ("a whole number".into(), format!("{option}: 1, or an array of numbers")),
            Takes::Values => ("a text or a whole number".into(), format!("{option}: \"…\", {option}: 443, or an array of them")),
            Takes::YesNo => ("true or false".into(), format!("{option}: true")),
            Takes::Words(words) => (format!("one of {}", words.join(" ")), format!("{option}: \"{}\"", words.first().copied().unwrap_or_default())),
            Takes::Attributes => ("attributes".into(), format!("{option}: ATTR_REMOTE | ATTR_LANSHARED")),
            Takes::Ports => ("a port".into(), format!("{option}: 443, or {option}: \"RDP\", or an array of them")),
            Takes::Addresses => ("an address".into(), format!("{option}: \"10.0.0.0/8\", or an array of them")),
            Takes::Machines => ("a muid".into(), format!("{option}: machine.muid, or an array of them")),
            Takes::Count => ("a number of rows".into(), format!("{option}: 10")),
            Takes::Period => ("a period".into(), format!("{option}: last(7.days)")),
            Takes::Histogram => ("a histogram".into(), format!("{option}: Histogram(\"1h\")")),
        };
        OptionError::Type { option: option.into(), wanted, found: found.into(), help: format!("write {example}") }
    }
}
