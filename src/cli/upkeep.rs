//! `huntsman forget` and `huntsman compact`: what becomes of a store that is there.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::args::Forget as Arguments;
use super::context::{Context, option};
use super::output::{self, Files};
use super::{DONE, source};
use crate::backend::Backend;
use crate::backend::local::Local;
use crate::diag::{Fault, Severity};
use crate::hunt::machine::{Wanted, client_of, find};
use crate::hunt::period;
use crate::present::clean::escape;
use crate::present::{Format, Grid, Style, csv_lines, to_json};
use crate::store::Left;
use crate::upkeep::{self, Compacted, Forget, Forgotten, UpkeepError};

pub fn forget(context: &Context, arguments: &Arguments) -> Result<u8, Fault> {
    source::folder_of(&arguments.store)?;
    if arguments.before.is_none() && arguments.machines.is_empty() {
        return Err(Fault::new("usage::missing", "missing: --before DATE, --machine MACHINE, or both")
            .with_help("say which rows are to be forgotten; rows of which both hold, where both are given"));
    }
    let files = Files::open(&context.common.outputs)?;
    let before = arguments.before.as_deref().map(|text| period::parse_time(text, context.zone)).transpose();
    let before = before.map_err(|error| option("--before", &error))?;
    let machines = machines(context, &arguments.store, &arguments.machines)?;
    let forgotten = done(context, || upkeep::forget(&arguments.store, &Forget { before, machines }, &context.interrupted))?;
    warn_of_left(context, forgotten.files);
    context.answer(files, output::text(|format: Format, style: &Style| shown(&forgotten, format, style)))?;
    Ok(DONE)
}

pub fn compact(context: &Context, store: &Path) -> Result<u8, Fault> {
    source::folder_of(store)?;
    let files = Files::open(&context.common.outputs)?;
    let compacted = done(context, || upkeep::compact(store, &context.interrupted))?;
    warn_of_left(context, compacted.files);
    context.answer(files, output::text(|format: Format, style: &Style| merged(&compacted, format, style)))?;
    Ok(DONE)
}

/// The muids of the machines that were named, or of the client's; none where neither was.
fn machines(context: &Context, store: &Path, named: &[String]) -> Result<Option<BTreeSet<String>>, Fault> {
    let local = Local::open(store, &store.display().to_string()).map_err(|error| Fault::from(&error))?;
    let inventory = local.inventory().map_err(|error| Fault::from(&error))?;
    let client = context.common.client.as_deref();
    if !named.is_empty() {
        let wanted = Wanted { words: named.to_vec(), client_id: client.map(String::from), ..Wanted::default() };
        let found = find(&inventory, &wanted, &[]).map_err(|error| option("--machine", &error))?;
        return Ok(Some(found.iter().map(|machine| machine.muid.to_string()).collect()));
    }
    let client = client.map(|client| client_of(&inventory, client)).transpose().map_err(|error| option("--client", &error))?.flatten();
    let of = |client: &str| inventory.machines.iter().filter(|machine| *machine.client_id == *client).map(|machine| machine.muid.to_string()).collect();
    Ok(client.map(|client| of(&client)))
}

/// Does it. When it may not go on, it stops as by Ctrl-C: the store is as it was.
fn done<T>(context: &Context, work: impl FnOnce() -> Result<T, UpkeepError>) -> Result<T, Fault> {
    context.within_limits(work, |error| matches!(error, UpkeepError::Interrupted))
}

/// Old files that could not be removed yet.
fn warn_of_left(context: &Context, left: Left) {
    match left {
        Left::Nothing => {}
        Left::UntilNobodyReads => {
            let mut fault = Fault::new("store::in_use", "the store is as was asked, but somebody still reads it as it was: the old files are not gone yet")
                .with_help("they go with the next `ingest`, `forget` or `compact` into this store");
            fault.severity = Severity::Warning;
            context.terminal.fault(&fault);
        }
    }
}

fn shown(forgotten: &Forgotten, format: Format, style: &Style) -> String {
    let rows = forgotten.rows.iter().map(|(table, rows)| (table.as_str(), [rows.removed, rows.left]));
    counts(["Removed", "Left"], &rows.collect::<Vec<_>>(), || to_json(&json!({ "tables": forgotten.rows })), format, style)
}

fn merged(compacted: &Compacted, format: Format, style: &Style) -> String {
    let files = compacted.tables.iter().map(|(table, files)| (table.as_str(), [files.before, files.after]));
    counts(["FilesBefore", "FilesAfter"], &files.collect::<Vec<_>>(), || to_json(&json!({ "tables": compacted.tables })), format, style)
}

/// Two counts of each table.
fn counts(names: [&str; 2], tables: &[(&str, [u64; 2])], json: impl Fn() -> String, format: Format, style: &Style) -> String {
    match format {
        Format::Json | Format::Ndjson => json() + "\n",
        Format::Csv => {
            let row = |(table, [first, second]): &(&str, [u64; 2])| vec![(*table).to_string(), first.to_string(), second.to_string()];
            csv_lines(&["Table", names[0], names[1]], tables.iter().map(row))
        }
        Format::Table | Format::Markdown | Format::Html | Format::Sarif | Format::Junit => {
            let mut grid = Grid::default().rigid("Table").number(names[0]).number(names[1]);
            tables.iter().for_each(|(table, [first, second])| grid.row([escape(table).into_owned(), first.to_string(), second.to_string()]));
            grid.render(0, style)
        }
    }
}
