//! Functions over whole columns: what Polars can't say, or not as fast. Their meaning is that of `plan`, cell by cell.

mod codes;
mod compact;
mod fingerprint;
mod glob;
mod memo;
mod number;
mod search;
mod test;
mod texts;
mod values;

pub use codes::{Codes, Known};
pub use compact::{compact, held_bytes, stacked};
pub use fingerprint::{Seed, fingerprint_of, fingerprints, numbered};
pub use number::{arithmetic, negate, square_roots, test_bits};
pub use test::TextTest;
pub use texts::{compare_texts, dates, fitting_texts, fold_texts, map_texts, map_times, test_texts, text_lengths};
pub use values::{Texts, by_value, hashes, rendered, to_series, to_value, value_at_row};
