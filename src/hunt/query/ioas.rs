//! `get_ioas`: indicators of attack, and how many of the same rule came together.

use std::sync::Arc;

use super::given::Asked;
use super::options::*;
use super::scan::supporting;
use super::{Context, OptionError, Query, Shape, Takes, Target, filters, names};
use crate::plan::{Aggregate, Comparison, Expr, Fold, Func, How, Period, Plan, Step};

pub(super) const QUERY: Query = Query {
    name: "get_ioas",
    table: "ioa",
    doc: "Indicators of attack: alerts of products and matches of rules. lastHourEvidenceCount is what the product says, else the alerts of this rule on this \
          machine from an hour before up to this one, itself included. A machine is examined on the days on which the product that alerts logged anything",
    options: &[own("rules", Takes::TextList, "text that the rule's name (huntingRule) contains"), MUID, TOP, PERIOD],
    example: r#"Client("all", all_time()).get_ioas(#{ rules: ["lsass", "powershell"] })"#,
    shape: Shape::Ioas,
};

/// One rule on one machine, at one moment.
const MOMENT: [&str; 3] = ["Muid", "huntingRule", "DateTime"];
const HOUR: i64 = 3_600_000;

/// Helper columns, dropped again.
const TOGETHER: &str = "ioa: together";
const EVIDENCE: &str = "ioa: evidence";

pub(super) fn plan(query: &Query, target: &Target, asked: &Asked<'_>, context: &Context<'_>) -> Result<Plan, OptionError> {
    const COUNT: &str = "lastHourEvidenceCount";
    let rows = filters::rows(query, target, asked, context)?;
    let counted = Step::Join { right: Arc::new(evidence(target, context)), how: How::Left, left_on: names(&MOMENT), right_on: names(&MOMENT), within: None };
    let count = Expr::call(Func::OrElse, vec![Expr::column(COUNT), Expr::column(EVIDENCE)]);
    Ok(rows.then(counted).then(Step::Derive(COUNT.into(), count)).then(Step::Drop(names(&[EVIDENCE]))))
}

/// For each moment of the period, how many alerts of its rule and machine lie in the hour up to it; also those before the period began.
fn evidence(target: &Target, context: &Context<'_>) -> Plan {
    let hour_before = Period { from: target.period.from.map(|from| from.saturating_sub(HOUR)), to: target.period.to };
    let before = Target { scope: target.scope.clone(), period: hour_before };
    let total = |name: &str, fold, column: Option<&str>| Aggregate { name: name.into(), fold, column: column.map(Arc::from) };
    let moments = |target: &Target| Plan::scan(supporting("ioa", &[], target, context)).then(Step::Select(names(&MOMENT)));
    let alerts = moments(&before).then(Step::Group { keys: names(&MOMENT), aggregates: vec![total(TOGETHER, Fold::Count, None)] });
    let rule = names(&["Muid", "huntingRule"]);
    let near = Step::Join { right: Arc::new(alerts), how: How::Inner, left_on: rule.clone(), right_on: rule, within: Some(HOUR) };
    let earlier = Arc::new(Expr::Compare(Comparison::LessOrEqual, Expr::column("DateTime_right"), Expr::column("DateTime")));
    moments(target)
        .then(Step::Distinct(Vec::new()))
        .then(near)
        .then(Step::Filter(earlier))
        .then(Step::Group { keys: names(&MOMENT), aggregates: vec![total(EVIDENCE, Fold::Sum, Some(TOGETHER))] })
}
