//! What rows are about, and where they lead: processes and their kin, files, users, addresses, domains, hashes. Questions as plans, and what their answers
//! tell.

mod kind;
mod process;
mod sightings;
mod starts;
mod thing;

pub use kind::RowType;
pub use process::{active, among, children, history, kin, life, named, nobody, of_row};
pub use sightings::sightings;
pub use thing::{Entity, EntityError, Narrow, Thing, columns};
