//! How raw records become rows.
