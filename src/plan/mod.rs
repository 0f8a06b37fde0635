//! What to ask: a small, closed, comparable value tree. No IO, no Polars, no Rhai, no clock.
//!
//! Every question of a hunt is a [`Plan`]: a source and steps over its rows. A backend answers it; `check` refuses it before
//! anything is read; `explain` writes it down in one canonical way.

mod always;
mod check;
mod eval;
mod explain;
mod expr;
mod family;
mod func;
mod kin;
mod life;
pub mod number;
pub mod pattern;
mod required;
mod simplify;
mod step;
pub mod text;
pub mod time;
mod value;

pub use always::{always, never};
pub use check::{PlanError, Schema};
pub use eval::{apply, apply_as, compare, compare_as, holds, holds_for, is_cased, order, uncased, written};
pub use explain::{duration_text, explain, expression, time_text, zoned_text};
pub use expr::{Comparison, Expr};
pub use family::{Past, Relative, Teller, family};

pub use func::{Arithmetic, Func, Pattern};
pub use kin::{ACTIVE, ASKED, Among, DEPTH, GENERATIONS, Kin, Relation, Whom, active, telling, told};
pub use life::{Known, Life, Seen, Side};
pub use required::{Needed, required};
pub use simplify::{simplify, without};
pub use step::{Aggregate, Fold, How, Keep, Need, Place, Plan, Scan, Scope, SortKey, Source, Step};
pub use value::{Period, Value};

pub use crate::telemetry::fold::{equals_folded, fold, folded_equal};
