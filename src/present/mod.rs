//! A report, a reply or a fault as text: pure functions, one file a format.
