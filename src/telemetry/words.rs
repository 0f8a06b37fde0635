//! The words that options take.
