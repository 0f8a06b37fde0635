//! Patterns of predicates, read once: regular expressions, `like`, networks.

use regex::{Regex, RegexBuilder};

use super::PlanError;
use crate::telemetry::address::Network;

/// A regular expression that ignores case unless `cased` (or its own `(?-i)`) says otherwise.
pub fn regex(pattern: &str, cased: bool) -> Result<Regex, PlanError> {
    RegexBuilder::new(pattern).case_insensitive(!cased).size_limit(4 << 20).build().map_err(|error| {
        let reason = match &error {
            regex::Error::CompiledTooBig(_) => "it grows too large".to_string(),
            other => other.to_string().lines().last().unwrap_or("syntax error").trim_start_matches("error: ").to_string(),
        };
        PlanError::Regex { reason }
    })
}

/// `like` as a regular expression over the whole text: `*` any run of characters (line ends too), `?` exactly one.
pub fn like(pattern: &str, cased: bool) -> Result<Regex, PlanError> {
    let mut expression = String::from("(?s)^");
    for character in pattern.chars() {
        match character {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push('$');
    regex(&expression, cased)
}

/// `10.0.0.0/8`, `fe80::/10`, or one address.
pub fn network(text: &str) -> Result<Network, PlanError> {
    Network::parse(text).ok_or_else(|| PlanError::Network { given: text.into() })
}
