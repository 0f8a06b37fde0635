//! `get_blocked`: detections that were stopped.

use std::sync::Arc;

use super::given::Asked;
use super::options::*;
use super::{Context, OptionError, Query, Shape, Target, filters};
use crate::plan::{Expr, Plan, Step, Value};
use crate::telemetry::words::STOPPED;

pub(super) const QUERY: Query = Query {
    name: "get_blocked",
    table: "detection",
    doc: "What protection products stopped: the rows of get_detections whose Action is blocked, quarantined or removed. A detection without an action, one that \
          the user allowed, and an action that failed stopped nothing",
    options: &[FILE, ACTOR, USER, USERS, MUID, TOP, PERIOD, HISTOGRAM],
    example: r#"Client("all", all_time()).get_blocked()"#,
    shape: Shape::Blocked,
};

pub(super) fn plan(query: &Query, target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Result<Plan, OptionError> {
    let stopped: Arc<[Value]> = STOPPED.iter().map(Value::text).collect();
    Ok(filters::rows(query, target, asked, context)?.then(Step::Filter(Arc::new(Expr::In(Expr::column("Action"), stopped)))))
}
