//! `gaps`: record ids that no record of the source has, channel by channel.
//!
//! Windows numbers the records of a channel one by one, so that a number that is not there was lost, deleted, or left out by whoever exported or forwarded the log.
//! Which of these it was follows from the rest of the file: of a whole log nearly every record follows right upon the one before (`Consecutive` near 1), of a
//! filtered export hardly any does. A share of steps, and not of ids, since one large hole must not make a whole log look like a filtered one.

use std::sync::Arc;

use super::given::Asked;
use super::options::*;
use super::scan::{scan, supporting};
use super::sum::{count, fold, is_known};
use super::{Context, Query, Shape, Target, names};
use crate::plan::{Arithmetic, Comparison, Expr, Fold, How, Need, Plan, Scan, SortKey, Step, Value};

pub(super) const QUERY: Query = Query {
    name: "get_gaps",
    table: "event",
    doc: "Lost record ids, one row for each gap in a channel of a machine: DateTime and AfterId of the record behind it, BeforeTime and BeforeId of the one before, \
          Lost ids between them. Consecutive is the share of that file's records of the channel (Records) that follow right upon the one before: near 1 the log is \
          whole and a gap stands out, near 0 it is a filtered export and its gaps tell nothing. BeforeSource is the file of the record before, where it is another: \
          perhaps nobody collected what was between. ClearedAt is when Security 1102 or System 104 says that the channel was cleared in between. Both ends lie in the period; ids \
          that go back in time by more than an hour are a new numbering, and no gap. Most telling first: gaps inside a file, by Consecutive downwards, then Machine, Channel, AfterId",
    options: &[MUID, TOP, PERIOD],
    example: r#"Client("all", all_time()).get_gaps().filter(|e| e.Consecutive > 0.9)"#,
    shape: Shape::Gaps,
};

/// Two records may be written in another order than they happened; what goes further back, in milliseconds, is of another numbering.
const DISORDER: i64 = 3_600_000;

/// Helper columns, not shown.
const FOLLOWS: &str = "gaps: follows";
const CLEARED: &str = "gaps: cleared";
const APART: &str = "gaps: apart";

pub(super) fn plan(target: &Target, _: &Asked<'_>, context: &Context<'_>) -> Plan {
    let column = |name: &str| Expr::column(name);
    let choose = |condition, yes, no| Arc::new(Expr::If(condition, yes, no));
    let missing = || Expr::literal(Value::Missing);
    let whole = |number| Expr::literal(Value::Int(number));
    let compare = |comparison, left, right| Arc::new(Expr::Compare(comparison, left, right));
    let minus = |left, right| Expr::call(Arithmetic::Subtract, vec![left, right]);
    let numbered = ["Muid", "Channel", "RecordId", "DateTime"].map(is_known).into_iter().reduce(Expr::and).unwrap_or_else(|| Expr::literal(Value::Bool(true)));
    let cells = [("RecordId", "BeforeId"), ("DateTime", "BeforeTime"), ("Source", "BeforeSource")];
    let previous = Step::Previous {
        by: names(&["Muid", "Channel"]),
        order: "RecordId".into(),
        cells: cells.iter().map(|(of, name)| (Arc::from(*of), Arc::from(*name))).collect(),
    };
    let need = Need::anything(QUERY.name.trim_start_matches("get_"));
    let records = Plan::scan(Scan { needs: Some(vec![need]), ..scan(QUERY.table, target, context) })
        .then(Step::Filter(numbered))
        .then(Step::Select(names(&["DateTime", "Muid", "Machine", "Channel", "RecordId", "Source", "ClientId"])))
        .then(previous)
        .then(Step::Derive("Lost".into(), minus(minus(column("RecordId"), column("BeforeId")), whole(1))));

    // Of each file, how many steps from record to record skip nothing.
    let file = ["Muid", "Channel", "Source"];
    let follows = choose(compare(Comparison::LessOrEqual, column("Lost"), whole(0)), Expr::literal(Value::Float(1.0)), Expr::literal(Value::Float(0.0)));
    let same_file = || Expr::equal(column("BeforeSource"), column("Source"));
    let in_file = choose(same_file(), follows, missing());
    let aggregates = vec![fold("Consecutive", Fold::Mean, FOLLOWS), count("Records")];
    let files = records.quiet().then(Step::Derive(FOLLOWS.into(), in_file)).then(Step::Group { keys: names(&file), aggregates });

    let clears = Plan::scan(supporting("system", &["clear"], target, context))
        .then(Step::Filter(Expr::equal(column("Kind"), Expr::text("log"))))
        .then(Step::Select(names(&["DateTime", "Muid", "Name"])))
        .then(Step::Rename(vec![("DateTime".into(), CLEARED.into())]));
    let back = minus(column("BeforeTime"), column("DateTime"));
    let is_gap =
        Expr::and(compare(Comparison::Greater, column("Lost"), whole(0)), compare(Comparison::LessOrEqual, back, Expr::literal(Value::Duration(DISORDER))));
    let between = Expr::and(
        compare(Comparison::GreaterOrEqual, column(CLEARED), column("BeforeTime")),
        compare(Comparison::LessOrEqual, column(CLEARED), column("DateTime")),
    );
    let keyed = |right: Plan, left: &[&str], right_on: &[&str]| Step::Join {
        right: Arc::new(right),
        how: How::Left,
        left_on: names(left),
        right_on: names(right_on),
        within: None,
    };
    let shown = [
        "DateTime",
        "Muid",
        "Machine",
        "Channel",
        "BeforeTime",
        "BeforeId",
        "AfterId",
        "Lost",
        "ClearedAt",
        "Consecutive",
        "Records",
        "Source",
        "BeforeSource",
        "ClientId",
    ];
    let one = |name: &str| fold(name, Fold::Min, name);
    let kept = ["DateTime", "Machine", "BeforeTime", "Lost", "ClearedAt", "Consecutive", "Records", "Source", "BeforeSource", "ClientId"];
    let steps = [
        Step::Filter(is_gap),
        Step::Rename(vec![("RecordId".into(), "AfterId".into())]),
        keyed(files, &file, &file),
        // A log may have been cleared several times: one row for each clearing, then one for each gap.
        keyed(clears, &["Muid", "Channel"], &["Muid", "Name"]),
        Step::Derive("ClearedAt".into(), choose(between, column(CLEARED), missing())),
        Step::Group { keys: names(&["Muid", "Channel", "BeforeId", "AfterId"]), aggregates: kept.map(one).into() },
        Step::Derive(APART.into(), choose(same_file(), whole(0), whole(1))),
        Step::Derive("BeforeSource".into(), choose(same_file(), missing(), column("BeforeSource"))),
        Step::Sort(
            [(APART, false), ("Consecutive", true), ("Machine", false), ("Channel", false), ("AfterId", false)]
                .map(|(column, descending)| SortKey { column: column.into(), descending })
                .into(),
        ),
        Step::Select(names(&shown)),
    ];
    steps.into_iter().fold(records, |plan, step| plan.then(step))
}
