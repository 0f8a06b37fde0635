//! `huntsman ingest`: raw telemetry into a store, and what became of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regex::Regex;

use super::args::Raw;
use super::context::Context;
use super::output::{self, Files};
use super::progress::Bar;
use super::{DONE, source};
use crate::diag::{Fault, Place, Severity, SourceText, reason};
use crate::ingest::{self, IngestError, KindReport, Rejection, Request, Summary, ZoneOf};
use crate::plan::pattern::network;
use crate::present::clean::escape;
use crate::present::{Format, Grid, Style, to_json};
use crate::telemetry::address::Network;
use crate::telemetry::identity::DEFAULT_CLIENT;
use crate::telemetry::mapping::own::Own;

pub fn ingest(context: &Context, request: Request) -> Result<u8, Fault> {
    source::folder_of(&request.store)?;
    let files = Files::open(&context.common.outputs)?;
    let summary = take_in(context, &request)?;
    context.terminal.tell(|| format!("took {:.1} s", context.elapsed().as_secs_f64()));
    let render = |format: Format, style: &Style| shown(&summary, format, style);
    context.answer(files, output::text(render))?;
    Ok(DONE)
}

/// A request with what the options say of raw logs, and nothing else.
pub fn asked(context: &Context) -> Result<Request, Fault> {
    let Raw { zones, local_nets, mappings } = &context.common.raw;
    let client = context.common.client.clone().unwrap_or_else(|| DEFAULT_CLIENT.into());
    let zones = zones.iter().map(|text| zone_of(text)).collect::<Result<Vec<ZoneOf>, Fault>>()?;
    let network =
        |text: &String| network(text).map_err(|error| Fault::new("options::local_net", error.to_string()).with_help("write --local-net 198.51.100.0/24"));
    let local_nets = local_nets.iter().map(network).collect::<Result<Vec<Network>, Fault>>()?;
    let own = mappings.iter().try_fold(Own::default(), |own, path| Ok::<Own, Fault>(own.and(mapping(path)?)))?;
    Ok(Request { zones, local_nets, own, ..Request::of(Vec::new(), PathBuf::new(), client) })
}

fn mapping(path: &Path) -> Result<Own, Fault> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Fault::new("mapping::unreadable", format!("{}: {}", escape(&name), reason(&error))).with_help("name a text file in TOML that can be read")
    })?;
    Own::parse(&text).map_err(|wrong| {
        let place = Place { source: Arc::new(SourceText { name, text }), span: wrong.span, label: None };
        Fault::new("mapping::wrong", wrong.message).with_help(wrong.help).at(place)
    })
}

/// `*.csv=Europe/Berlin`. The glob is of the whole name of a file, or of its last part.
fn zone_of(text: &str) -> Result<ZoneOf, Fault> {
    let wrong = |message: String| Fault::new("options::tz_of", message).with_help("write --tz-of GLOB=ZONE, such as --tz-of '*.csv=Europe/Berlin'");
    let Some((glob, zone)) = text.split_once('=').filter(|(glob, _)| !glob.is_empty()) else {
        return Err(wrong(format!("`--tz-of {}` names no files and their zone", escape(text))));
    };
    let zone = zone.parse().map_err(|_| wrong(format!("`{}` is no time zone", escape(zone))))?;
    let pattern = regex::escape(glob).replace(r"\*", ".*").replace(r"\?", ".");
    let files = Regex::new(&format!("^(?:.*/)?{pattern}$")).map_err(|error| wrong(error.to_string()))?;
    Ok(ZoneOf { files, zone })
}

/// Takes it in, with a bar for who watches. When it may not go on, it stops as by Ctrl-C: the store is as it was.
pub fn take_in(context: &Context, request: &Request) -> Result<Summary, Fault> {
    let bar = Bar::new(context.terminal.err_is_terminal && !context.terminal.quiet);
    context.within_limits(|| ingest::ingest(request, &bar, &context.interrupted), |error| matches!(error, IngestError::Interrupted))
}

/// Records that could not be read, as a warning.
pub fn rejected(rejection: &Rejection) -> Fault {
    if rejection.is_whole {
        let mut fault = Fault::new("ingest::unopened", format!("{}: {}: nothing of it was taken", escape(&rejection.file), escape(&rejection.reason)))
            .with_help("make it readable and ingest again; until then a hunt over this store is partial because of it");
        fault.severity = Severity::Warning;
        return fault;
    }
    let place = rejection.offset.map(|offset| format!(", first at byte {offset}")).unwrap_or_default();
    let records = if rejection.count == 1 { "1 record".to_string() } else { format!("{} records", rejection.count) };
    let mut fault = Fault::new("ingest::rejected", format!("{}: {records} could not be read: {}{place}", escape(&rejection.file), escape(&rejection.reason)))
        .with_help("the rest of the file was taken; a hunt over this store is partial because of them");
    fault.severity = Severity::Warning;
    fault
}

fn shown(summary: &Summary, format: Format, style: &Style) -> String {
    match format {
        Format::Table | Format::Markdown | Format::Html | Format::Sarif | Format::Junit => text(summary, style),
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
    match summary.replaced {
        0 => {}
        1 => text.push_str("what 1 file held before it changed was replaced\n"),
        count => text.push_str(&format!("what {count} files held before they changed was replaced\n")),
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
    summary.report.iter().flatten().for_each(|kind| text.push_str(&fields(kind, style)));
    text
}

/// The fields of one kind of records.
fn fields(kind: &KindReport, style: &Style) -> String {
    let name = |part: &Option<String>| escape(part.as_deref().unwrap_or("(none)")).into_owned();
    let id = kind.event_id.map_or(String::new(), |id| format!("/{id}"));
    let mut grid = Grid::default().text("Field").number("Records").text("Types").text("To");
    for field in &kind.fields {
        let types: Vec<String> = field.types.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let to: Vec<&str> = field.to.iter().map(String::as_str).collect();
        let to = if to.is_empty() { "event".to_string() } else { to.join(", ") };
        grid.row([escape(&field.name).into_owned(), field.records.to_string(), types.join(", "), to]);
    }
    format!("\n{}: {}{id}, {} records\n{}", name(&kind.provider), name(&kind.channel), kind.records, grid.render(0, style))
}
