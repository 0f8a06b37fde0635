//! What two sensors report, counted once; and how many of the rows that are shown are second reports.

use rhai::Dynamic;

use super::{Answer, Call, Collection, Declared, Kind, method};
use crate::diag::Fault;
use crate::hunt::query::one_sensor::{Reported, Unknown, is_once, is_repeated, most_rows};
use crate::plan::{Fold, Value};
use crate::report::Table;
use crate::script::run::Run;

/// Second reports are only counted unasked where a query reads at most so many rows.
const COUNTED: u64 = 2_000_000;

pub(super) fn declared() -> Vec<Declared> {
    vec![method(
        Kind::Collection,
        "one_sensor",
        &[],
        0,
        "Processes and connections without second reports: of the rows that tell of one thing within five seconds the one that tells more stays. Rows are one \
         thing where machine, operation, pid and file name agree (of an access also the accessing pid), or machine, protocol and both ends. A connection whose \
         bytes are known is kept before Sysmon's, a process of Sysmon before one with a GUID, and both before the rest. Only rows that the collection has \
         count: put it before `head` to count all",
        "Client(\"all\", all_time()).get_executions(#{operation: \"create\"}).one_sensor().count()",
        one_sensor,
    )]
}

fn one_sensor(call: &Call) -> Answer<Dynamic> {
    let collection = call.receiver::<Collection>()?;
    let reported = Reported::of(&collection.plan, &collection.schema).map_err(|unknown| call.fail(refused(&unknown)))?;
    let inventory = call.run.inventory().map_err(|fault| call.fail(fault))?;
    if is_once(&collection.plan) || !is_repeated(&collection.plan, &inventory) {
        return Ok(Dynamic::from(collection));
    }
    collection.with_plan(reported.once(&collection.plan)).map(Dynamic::from).map_err(|error| call.fail_plan(&error))
}

fn refused(unknown: &Unknown) -> Fault {
    match unknown {
        Unknown::Rows => Fault::new("sensor::rows", "second reports are known of rows of processes and of connections, and these are neither")
            .with_help("ask it of `get_executions()` or `get_communications()`, and sum up behind it"),
        Unknown::Column(name) => Fault::new("sensor::column", format!("without the column `{name}` nobody knows which rows tell of one thing"))
            .with_help("write `.one_sensor()` before `select`, `drop`, `rename` and `derive` change it"),
    }
}

/// How many rows of a table for people are second reports; `None` where there can be none, where nobody can say, and where it would cost too much.
pub(super) fn second_reports(run: &Run, collection: &Collection, table: &Table) -> Result<Option<u64>, Fault> {
    let Ok(reported) = Reported::of(&collection.plan, &collection.schema) else { return Ok(None) };
    if table.is_whole() && (1..table.frame.height()).all(|row| table.frame.named(row, "Provider") == table.frame.named(0, "Provider")) {
        return Ok(None);
    }
    let inventory = run.inventory()?;
    if is_once(&collection.plan) || !is_repeated(&collection.plan, &inventory) || most_rows(&collection.plan, &inventory) > COUNTED {
        return Ok(None);
    }
    let once = collection.with_plan(reported.once(&collection.plan).quiet()).map_err(|error| Fault::from(&error))?;
    Ok(match once.fold(run, Fold::Count, None)? {
        Value::Int(count) => Some(table.total.saturating_sub(count.unsigned_abs())),
        _ => None,
    })
}
