//! What to ask: a small, closed, comparable value tree. No IO, no Polars, no Rhai, no clock.
//!
//! Every question of a hunt is a [`Plan`]: a source and steps over its rows. A backend answers it; `check` refuses it before
//! anything is read; `explain` writes it down in one canonical way.

mod check;
pub mod clock;
mod explain;
mod expr;
mod fold;
mod func;
pub mod pattern;
mod step;
mod value;

pub use check::{PlanError, Schema};
pub use explain::{duration_text, explain, time_text};
pub use expr::{Comparison, Expr};
pub use fold::{fold, folded_equal};
pub use func::Func;
pub use step::{Aggregate, Fold, How, Keep, Need, Plan, Scan, Scope, SortKey, Source, Step};
pub use value::{Period, Value};
