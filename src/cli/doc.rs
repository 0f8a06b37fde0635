//! `huntsman doc` and `:help`: what can be called, the library, the tables and their columns, the options of the queries.

use serde_json::{Value as Json, json};

use super::DONE;
use super::context::Context;
use super::output::{self, Files};
use crate::diag::{Fault, did_you_mean};
use crate::hunt::query::{QUERIES, Query, Takes};
use crate::present::clean::{escape, escape_lines};
use crate::present::{Format, Grid, Style, Tone, csv_lines, prose, to_json, toned};
use crate::script::{Builtin, builtins, library_functions};
use crate::telemetry::{self, TABLES, TIMELINE, Table, Type};

pub fn doc(context: &Context, name: Option<&str>) -> Result<u8, Fault> {
    let files = Files::open(&context.common.outputs)?;
    let entries = match name {
        Some(name) => find(name)?,
        None => Vec::new(),
    };
    let render = |format: Format, style: &Style| match (format, name) {
        (Format::Table | Format::Markdown | Format::Html | Format::Sarif | Format::Junit, None) => overview(style),
        (Format::Table | Format::Markdown | Format::Html | Format::Sarif | Format::Junit, Some(_)) => text(&entries, style),
        (Format::Json, None) => to_json(&everything().iter().map(Entry::object).collect::<Vec<_>>()) + "\n",
        (Format::Json, Some(_)) => to_json(&entries.iter().map(Entry::object).collect::<Vec<_>>()) + "\n",
        (Format::Ndjson, None) => everything().iter().map(|entry| to_json(&entry.object()) + "\n").collect(),
        (Format::Ndjson, Some(_)) => entries.iter().map(|entry| to_json(&entry.object()) + "\n").collect(),
        (Format::Csv, _) => {
            let shown = if name.is_some() { entries.clone() } else { everything() };
            csv_lines(&["Kind", "Name", "Doc"], shown.iter().map(Entry::line))
        }
    };
    context.answer(files, output::text(render))?;
    Ok(DONE)
}

/// One thing that has a name.
#[derive(Clone)]
pub enum Entry {
    Builtin(Builtin),
    Table(&'static Table),
    /// A column of a table.
    Column(&'static Table, &'static telemetry::Column),
    /// An option of queries: the query, the option's name, its doc, what it takes.
    Option(&'static Query, &'static str, &'static str, &'static Takes),
}

/// Everything of that name; near names when there is none.
pub fn find(name: &str) -> Result<Vec<Entry>, Fault> {
    let all = everything();
    let found = |wanted: &dyn Fn(&str, &str) -> bool| -> Vec<Entry> {
        all.iter().filter(|entry| entry.names().iter().any(|known| wanted(known, name))).cloned().collect()
    };
    let exact = found(&|known, name| known == name);
    let near = if exact.is_empty() { found(&|known, name| known.eq_ignore_ascii_case(name)) } else { exact };
    if !near.is_empty() {
        return Ok(near);
    }
    let names: Vec<String> = all.iter().flat_map(Entry::names).filter(|known| name.contains('.') || !known.contains('.')).collect();
    let help = did_you_mean(name, names.iter().map(String::as_str)).unwrap_or_else(|| "`huntsman doc` lists everything".into());
    Err(Fault::new("doc::unknown", format!("nothing is called `{name}`")).with_help(help))
}

fn everything() -> Vec<Entry> {
    let mut all: Vec<Entry> = builtins().into_iter().chain(library_functions()).map(Entry::Builtin).collect();
    for table in TABLES.iter().copied().chain([&TIMELINE]) {
        all.push(Entry::Table(table));
        all.extend(table.columns.iter().map(|column| Entry::Column(table, column)));
    }
    for query in QUERIES {
        all.extend(query.options.iter().map(|option| Entry::Option(query, option.name, option.doc, &option.takes)));
    }
    all
}

impl Entry {
    /// What it may be asked for by.
    fn names(&self) -> Vec<String> {
        match self {
            Entry::Builtin(builtin) if builtin.receiver.is_empty() => vec![builtin.name.clone()],
            Entry::Builtin(builtin) => vec![builtin.name.clone(), format!("{}.{}", builtin.receiver, builtin.name), builtin.receiver.clone()],
            Entry::Table(table) => vec![table.name.into(), table.query.into()],
            Entry::Column(table, column) => vec![column.name.into(), format!("{}.{}", table.name, column.name)],
            Entry::Option(query, name, ..) => vec![(*name).into(), format!("{}.{name}", query.name)],
        }
    }

    fn object(&self) -> Json {
        match self {
            Entry::Builtin(builtin) => {
                json!({ "kind": callable(builtin), "name": builtin.name, "receiver": builtin.receiver, "signature": builtin.signature, "doc": builtin.doc, "example": builtin.example })
            }
            Entry::Table(table) => json!({
                "kind": "table", "name": table.name, "query": table.query, "doc": table.doc,
                "columns": table.columns.iter().map(|column| json!({ "name": column.name, "type": column.kind.word(), "doc": column.doc })).collect::<Vec<_>>(),
                "operations": table.operations.iter().map(|operation| json!({ "name": operation.word, "doc": operation.doc, "from": operation.from, "default": operation.default })).collect::<Vec<_>>(),
            }),
            Entry::Column(table, column) => {
                json!({ "kind": "column", "name": column.name, "table": table.name, "type": column.kind.word(), "doc": column.doc })
            }
            Entry::Option(query, name, doc, takes) => json!({ "kind": "option", "name": name, "query": query.name, "takes": taken(takes), "doc": doc }),
        }
    }

    fn line(&self) -> Vec<String> {
        match self {
            Entry::Builtin(builtin) => vec![callable(builtin).into(), builtin.signature.clone(), builtin.doc.clone()],
            Entry::Table(table) => vec!["table".into(), table.name.into(), table.doc.into()],
            Entry::Column(table, column) => vec!["column".into(), format!("{}.{}", table.name, column.name), column.doc.into()],
            Entry::Option(query, name, doc, _) => vec!["option".into(), format!("{}.{name}", query.name), (*doc).into()],
        }
    }
}

/// Part of the language, or of the library that a playbook imports.
fn callable(builtin: &Builtin) -> &'static str {
    if builtin.receiver.starts_with("std/") { "library" } else { "builtin" }
}

/// What is there, by where it belongs.
pub fn overview(style: &Style) -> String {
    let mut receivers: Vec<(String, Vec<String>)> = Vec::new();
    for builtin in builtins().into_iter().chain(library_functions()) {
        match receivers.iter_mut().find(|(receiver, _)| *receiver == builtin.receiver) {
            Some((_, names)) if !names.contains(&builtin.name) => names.push(builtin.name),
            Some(_) => (),
            None => receivers.push((builtin.receiver, vec![builtin.name])),
        }
    }
    receivers.sort();
    let mut grid = Grid::default().rigid("Of").text("Can be called").whole();
    for (receiver, mut names) in receivers {
        names.sort();
        let of = if receiver.is_empty() { "(anything)".into() } else { receiver };
        if style.width.is_some() {
            grid.row([of, names.join(" ")]);
            continue;
        }
        for (at, names) in names.chunks(8).enumerate() {
            grid.row([if at == 0 { of.clone() } else { String::new() }, names.join(" ")]);
        }
    }
    let mut tables = Grid::default().rigid("Table").rigid("Query").text("Holds").whole();
    TABLES.iter().copied().chain([&TIMELINE]).for_each(|table| tables.row([table.name.to_string(), table.query.to_string(), table.doc.to_string()]));
    format!("{}\n{}\nhuntsman doc NAME tells more: a method, a type, a table, a column, an option.\n", tables.render(0, style), grid.render(0, style))
}

pub fn text(entries: &[Entry], style: &Style) -> String {
    let mut parts = Vec::new();
    for entry in entries {
        match entry {
            Entry::Builtin(builtin) => {
                let mut part = format!("{}\n{}", toned(&escape(&builtin.signature), Tone::Heading, style), indented_prose(&builtin.doc, style));
                if let Some(query) = QUERIES.iter().find(|query| query.name == builtin.name) {
                    part.push_str(&options(query, style));
                }
                if !builtin.example.is_empty() {
                    for (at, line) in escape_lines(&builtin.example).trim_end().lines().enumerate() {
                        let lead = if at == 0 { "  example: " } else { "           " };
                        part.push_str(&(prose(&format!("{lead}{line}"), 11, style.width) + "\n"));
                    }
                }
                parts.push(part);
            }
            Entry::Table(table) => parts.push(schema(table, style)),
            Entry::Column(..) | Entry::Option(..) => (),
        }
    }
    let mut columns = Grid::default().rigid("Column").rigid("Table").rigid("Type").text("Meaning").whole();
    let mut options = Grid::default().rigid("Option").rigid("Query").text("Takes").text("Meaning").whole();
    for entry in entries {
        match entry {
            Entry::Column(table, column) => {
                columns.row([column.name.to_string(), table.name.to_string(), column.kind.word().to_string(), column.doc.to_string()])
            }
            Entry::Option(query, name, doc, takes) => options.row([name.to_string(), query.name.to_string(), taken(takes), doc.to_string()]),
            Entry::Builtin(_) | Entry::Table(_) => (),
        }
    }
    parts.extend([columns, options].iter().filter(|grid| !grid.is_empty()).map(|grid| grid.render(0, style)));
    parts.join("\n")
}

/// A doc text below its heading, every line of it on as many lines as it needs.
fn indented_prose(doc: &str, style: &Style) -> String {
    escape_lines(doc).lines().map(|line| prose(&format!("  {line}"), 2, style.width) + "\n").collect()
}

/// `:schema TABLE`.
pub fn schema(table: &Table, style: &Style) -> String {
    let doc = prose(&format!("  {}", table.doc), 2, style.width);
    let mut text = format!("{}  {}\n{doc}\n", toned(table.name, Tone::Heading, style), table.query);
    let mut columns = Grid::default().rigid("Column").rigid("Type").text("Meaning").whole();
    table.columns.iter().for_each(|column| columns.row([column.name.to_string(), kind(column.kind), column.doc.to_string()]));
    text.push_str(&columns.render(2, style));
    if !table.operations.is_empty() {
        let mut operations = Grid::default().rigid("Operation").text("Meaning").text("From").whole();
        table.operations.iter().for_each(|operation| {
            let meaning = if operation.default { operation.doc.to_string() } else { format!("{} (only when named)", operation.doc) };
            operations.row([operation.word.to_string(), meaning, operation.from.join(" ")]);
        });
        text.push_str(&format!("\n{}", operations.render(2, style)));
    }
    if let Some(query) = QUERIES.iter().find(|query| query.name == table.query) {
        text.push_str(&format!("\n{}", options(query, style)));
    }
    text
}

fn options(query: &Query, style: &Style) -> String {
    let mut grid = Grid::default().rigid("Option").text("Takes").text("Meaning").whole();
    query.options.iter().for_each(|option| grid.row([option.name.to_string(), taken(&option.takes), option.doc.to_string()]));
    grid.render(2, style)
}

fn kind(kind: Type) -> String {
    kind.word().to_string()
}

fn taken(takes: &Takes) -> String {
    match takes {
        Takes::Text | Takes::TextList => "text".into(),
        Takes::Number => "number".into(),
        Takes::Values => "text or number".into(),
        Takes::YesNo => "true or false".into(),
        Takes::Words(words) => words.join(" "),
        Takes::Attributes => "ATTR_REMOTE ATTR_EXTERNAL ATTR_FRESHUNKNOWN ATTR_LANSHARED".into(),
        Takes::Ports => "number or FTP SSH TELNET SMTP HTTP POP3 HTTPS RDP".into(),
        Takes::Addresses => "address or network".into(),
        Takes::Machines => "muid or Machine".into(),
        Takes::Count => "number of rows".into(),
        Takes::Period => "period".into(),
        Takes::Histogram => "Histogram".into(),
    }
}
