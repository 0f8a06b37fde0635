//! `huntsman ingest`: raw telemetry into a store, and what became of it.

use std::path::PathBuf;

use super::DONE;
use super::context::Context;
use super::output::{Files, write_stdout};
use super::progress::Bar;
use crate::diag::{Fault, Severity};
use crate::ingest::{self, Rejection, Request, Summary};
use crate::present::clean::escape;
use crate::present::{Format, Grid, Style, to_json};
use crate::telemetry::identity::DEFAULT_CLIENT;

pub fn ingest(context: &Context, paths: Vec<PathBuf>, store: PathBuf) -> Result<u8, Fault> {
    let files = Files::open(&context.common.outputs)?;
    let client = context.common.client.clone().unwrap_or_else(|| DEFAULT_CLIENT.into());
    let request = Request { paths, store, client };
    let bar = Bar::new(context.terminal.err_is_terminal && !context.terminal.quiet);
    let result = ingest::ingest(&request, &bar, &context.interrupted);
    drop(bar);
    let summary = result.map_err(|error| Fault::from(&error))?;
    context.terminal.tell(|| format!("took {:.1} s", context.elapsed().as_secs_f64()));
    let render = |format: Format, style: &Style| shown(&summary, format, style);
    files.write(render, context.zone)?;
    write_stdout(render(context.terminal.format, &context.terminal.out).as_bytes())?;
    Ok(DONE)
}

/// Records that could not be read, as a warning.
pub fn rejected(rejection: &Rejection) -> Fault {
    let place = rejection.offset.map(|offset| format!(", first at byte {offset}")).unwrap_or_default();
    let records = if rejection.count == 1 { "1 record".to_string() } else { format!("{} records", rejection.count) };
    let mut fault = Fault::new("ingest::rejected", format!("{}: {records} could not be read: {}{place}", escape(&rejection.file), escape(&rejection.reason)))
        .with_help("the rest of the file was taken; a hunt over this store is partial because of them");
    fault.severity = Severity::Warning;
    fault
}

fn shown(summary: &Summary, format: Format, style: &Style) -> String {
    match format {
        Format::Table => text(summary, style),
        Format::Json | Format::Ndjson => to_json(summary) + "\n",
        Format::Csv => {
            let rows: String = summary.rows.iter().map(|(table, rows)| format!("{table},{rows}\n")).collect();
            format!("Table,Rows\n{rows}")
        }
    }
}

fn text(summary: &Summary, style: &Style) -> String {
    let mut text = format!("{} files, {} records\n", summary.files, summary.records);
    if summary.known > 0 {
        text.push_str(&format!("{} of the files were in the store already\n", summary.known));
    }
    if summary.raw_only > 0 {
        text.push_str(&format!("{} of the records are only in `event`\n", summary.raw_only));
    }
    if !summary.rows.is_empty() {
        let mut grid = Grid::default().rigid("Table").number("Rows");
        summary.rows.iter().for_each(|(table, rows)| grid.row([escape(table).into_owned(), rows.to_string()]));
        text.push_str(&format!("\n{}", grid.render(0, style)));
    }
    if !summary.rejected.is_empty() {
        let mut grid = Grid::default().text("Rejected").number("Records").number("FirstOffset").text("Reason");
        for rejection in &summary.rejected {
            let offset = rejection.offset.map(|offset| offset.to_string()).unwrap_or_default();
            grid.row([escape(&rejection.file).into_owned(), rejection.count.to_string(), offset, escape(&rejection.reason).into_owned()]);
        }
        text.push_str(&format!("\n{}", grid.render(0, style)));
    }
    if !summary.offsets.is_empty() {
        let mut grid = Grid::default().text("LocalClock").text("Host").number("Seconds").number("Records");
        for offset in &summary.offsets {
            grid.row([escape(&offset.file).into_owned(), escape(&offset.host).into_owned(), format!("{:+}", offset.seconds), offset.records.to_string()]);
        }
        text.push_str(&format!("\n{}", grid.render(0, style)));
    }
    text
}
