//! All rows of an answer for whoever writes them: a piece at a time where each piece can be told by itself.

use super::job::{Job, all_of, conform};
use super::stage::{Order, Rows, Stage};
use crate::backend::BackendError;
use crate::frame::Frame;
use crate::plan::{Plan, Schema};

/// Gives the rows of a plan in their order, as long as they are taken.
pub fn stream(job: &mut Job, plan: &Plan, mut take: impl FnMut(Frame) -> bool) -> Result<(), BackendError> {
    let schema = Schema::of(plan)?;
    let needed = all_of(&schema);
    let stage = job.stage(plan, &needed)?.blanked(&needed);
    let read = job.read;
    let mut give = |rows| Ok(take(Frame::new(schema.clone(), conform(rows, &schema)?, read)));
    match stage {
        Stage { source: Rows::Files(parts), order: Order::Rows, schema } => job.pieces(&parts, &schema, give).map(drop),
        held => give(job.materialise(held)?).map(drop),
    }
}
