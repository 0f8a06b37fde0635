//! Findings: what they are about, and how one is known again.

use miette::Diagnostic;
use thiserror::Error;

use crate::frame::Frame;

/// Why a finding can't be raised as written.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum FindingError {
    #[error("`{given}` is no technique of ATT&CK")]
    #[diagnostic(code(finding::technique), help("write `T` and four digits, and three more for a sub-technique: `T1059`, `T1059.001`"))]
    Technique { given: String },
}

/// The form `T1234` or `T1234.001`, exactly.
///
/// # Errors
/// [`FindingError::Technique`].
pub fn check_technique(id: &str) -> Result<(), FindingError> {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let (main, sub) = id.split_once('.').map_or((id, None), |(main, sub)| (main, Some(sub)));
    let right = main.strip_prefix('T').is_some_and(|number| digits(number, 4)) && sub.is_none_or(|sub| digits(sub, 3));
    if right { Ok(()) } else { Err(FindingError::Technique { given: id.into() }) }
}

/// What the rows are about: type and name.
pub fn entities(frame: &Frame) -> Vec<(String, String)> {
    let _ = frame;
    Vec::new()
}

/// 32 hex digits by which a finding is known again in another run.
pub fn fingerprint(title: &str, key: Option<&str>, technique: &[String], entities: &[(String, String)], evidence: &Frame) -> String {
    let _ = (title, key, technique, entities, evidence);
    String::new()
}
