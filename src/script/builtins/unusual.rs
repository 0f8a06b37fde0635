//! What is new, and what is unusual, among rows.

use rhai::Dynamic;

use super::{Answer, Call, Collection, Declared, Kind, method};
use crate::diag::Fault;
use crate::hunt::outliers::{BEYOND, outliers};
use crate::plan::{Expr, Func, Step};

pub(super) fn declared() -> Vec<Declared> {
    vec![
        method(
            Kind::Collection,
            "first_seen",
            &[("columns", Kind::Words)],
            1,
            "The first row of each tuple of these columns, in time; rows that have none of them are left out",
            "Client(\"all\", all_time()).get_executions().first_seen([\"Machine\", \"ChildFilename\"]).tail(5)",
            first_seen,
        ),
        method(
            Kind::Collection,
            "outliers",
            &[("column", Kind::Text), ("options", Kind::Map)],
            1,
            "The rows whose number is far from what is usual, most unusual first: those whose Score, the modified z-score of Iglewicz and Hoaglin (1993), is beyond 3.5 \
             or below -3.5. It is (value - Median) / (1.4826 * Deviation), with Median and Deviation (median absolute deviation, in units of the column) of all rows, or of \
             the row's group. Where over half of a group are its median, 1.2533 times the mean absolute deviation divides; where all are, nothing is unusual. \
             Options: by, columns that make groups (rows without them are left out); beyond, another limit than 3.5",
            "Client(\"all\", all_time()).get_dns().group_by([\"Machine\", \"Query\"]).count().outliers(\"Count\", #{by: \"Machine\"})",
            unusual,
        ),
    ]
}

fn first_seen(call: &Call) -> Answer<Dynamic> {
    let collection = call.receiver::<Collection>()?;
    let names = call.names(0);
    if names.is_empty() {
        let fault = Fault::new("call::argument", "without a column there is nothing to be seen first")
            .with_help("write `.first_seen([\"Machine\", \"ChildFilename\"])`");
        return Err(call.fail_at(0, fault));
    }
    let known = names.iter().map(|name| Expr::negate(Expr::call(Func::IsMissing, vec![Expr::column(name)]))).reduce(Expr::or);
    let steps = known.map(Step::Filter).into_iter().chain([Step::Distinct(names)]);
    let found = steps.into_iter().try_fold(collection, |collection, step| collection.then(step));
    found.map(Dynamic::from).map_err(|error| call.fail_plan(&error))
}

fn unusual(call: &Call) -> Answer<Dynamic> {
    let collection = call.receiver::<Collection>()?;
    let (mut by, mut beyond) = (Vec::new(), BEYOND);
    if call.given() > 1 {
        call.known_keys(1, &["by", "beyond"])?;
        for (key, value) in call.options(1) {
            let number = value.as_float().ok().or_else(|| value.as_int().ok().map(|number| number as f64)).filter(|number| *number > 0.0);
            match (key.as_str(), number) {
                ("by", _) if Kind::Words.accepts(&value) => by = super::call::texts_of(&value),
                ("beyond", Some(number)) => beyond = number,
                (key, _) => {
                    let wants = if key == "by" { "a column's name or a list of them" } else { "a number above 0" };
                    let fault = Fault::new("options::type", format!("`{key}` takes {wants}")).with_help("write #{ by: \"Machine\", beyond: 3.5 }");
                    return Err(call.fail_at_value(1, key, fault));
                }
            }
        }
    }
    let plan = outliers(&collection.plan, &collection.schema, &call.text(0), &by, beyond).map_err(|error| call.fail_plan(&error))?;
    collection.with_plan(plan).map(Dynamic::from).map_err(|error| call.fail_plan(&error))
}
