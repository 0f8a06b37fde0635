//! What begins with a colon: words to the prompt itself.

use crate::cli::doc;
use crate::cli::output::{Terminal, unfinished};
use crate::diag::{Fault, did_you_mean};
use crate::present::clean::escape_lines;
use crate::present::{Format, Grid, Style, period, prose, reply};
use crate::report::Reply;
use crate::script::Session;
use crate::telemetry::{self, TABLES, TIMELINE};

/// Whether the prompt goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Stay,
    Leave,
}

/// Name, what follows it, what it does.
pub const COMMANDS: &[(&str, &str, &str)] = &[
    ("help", "[NAME]", "what there is; or a method, type, table, column or option"),
    ("schema", "[TABLE]", "the tables, or the columns of one"),
    ("explain", "EXPRESSION", "what would run, and where"),
    ("period", "[PERIOD]", "what today means: all, 7d, 2020-09-21..2020-09-23; alone, which it is"),
    ("quit", "", "leave; so does Ctrl-D"),
];

/// Obeys one; what it says.
pub fn obey(words: &str, session: &mut Session, terminal: &Terminal) -> Result<(String, Next), Fault> {
    let words = words.trim();
    let (name, rest) = words.split_once(char::is_whitespace).map_or((words, ""), |(name, rest)| (name, rest.trim()));
    let style = &terminal.out;
    let said = match (name, rest) {
        ("quit" | "q" | "exit", _) => return Ok((String::new(), Next::Leave)),
        ("help" | "h" | "?", "") => help(style),
        ("help" | "h" | "?", name) => match name.strip_prefix(':').and_then(|name| COMMANDS.iter().find(|(known, ..)| *known == name)) {
            Some((name, takes, does)) => format!(":{name} {takes}\n  {does}\n"),
            None => doc::text(&doc::find(name)?, style),
        },
        ("schema", "") => doc::overview(style),
        ("schema", table) => doc::schema(find_table(table)?, style),
        ("explain", "") => return Err(Fault::new("repl::command", ":explain of what?").with_help(":explain Client(\"all\").get_executions().count()")),
        ("explain", expression) => steps(&session.explain(expression)?, style),
        ("period", "") => format!("{}\n", period(&session.period(), style)),
        ("period", words) => {
            let quoted = words.trim_matches('"').replace('\\', "\\\\").replace('"', "\\\"");
            answer(session, &format!("set_period(TimePeriod(\"{quoted}\"));"), style)?
        }
        (name, _) => {
            let names: Vec<String> = COMMANDS.iter().map(|(name, ..)| format!(":{name}")).collect();
            let near = did_you_mean(&format!(":{name}"), names.iter().map(String::as_str));
            let help = near.unwrap_or_else(|| format!("there are {}", names.join(" ")));
            return Err(Fault::new("repl::command", format!("there is no `:{name}`")).with_help(help));
        }
    };
    Ok((said, Next::Stay))
}

fn answer(session: &mut Session, text: &str, style: &Style) -> Result<String, Fault> {
    let said = session.input(text)?;
    written(&said, Format::Table, style)
}

/// A reply as it is written to the terminal.
pub fn written(said: &Reply, format: Format, style: &Style) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    reply(&mut bytes, said, format, style).map_err(|error| unfinished(&error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn find_table(name: &str) -> Result<&'static telemetry::Table, Fault> {
    let tables = || TABLES.iter().copied().chain([&TIMELINE]);
    tables().find(|table| table.name.eq_ignore_ascii_case(name) || table.query == name).ok_or_else(|| {
        let names = tables().map(|table| table.name);
        let help = did_you_mean(name, names.clone()).unwrap_or_else(|| format!("the tables are {}", names.collect::<Vec<_>>().join(" ")));
        Fault::new("schema::unknown", format!("there is no table `{name}`")).with_help(help)
    })
}

fn help(style: &Style) -> String {
    let mut grid = Grid::default().rigid("Say").text("for").whole();
    COMMANDS.iter().for_each(|(name, takes, does)| grid.row([format!(":{name} {takes}").trim_end().to_string(), does.to_string()]));
    grid.row(["Tab".into(), "names, methods, options and columns that fit".into()]);
    grid.row(["Ctrl-C".into(), "stop what runs, or clear the line".into()]);
    grid.row([".verb(…)".into(), "go on from the last answer, which is also `it`".into()]);
    format!(
        "{}\nTry: Client(\"all\", all_time()).get_executions(#{{ operation: \"create\" }}).stack([\"ParentFilename\", \"ChildFilename\"])\n",
        grid.render(0, style)
    )
}

/// One step of the plan a line, or on more behind blanks.
fn steps(text: &str, style: &Style) -> String {
    escape_lines(text.trim_end_matches('\n')).lines().map(|line| prose(line, 4, style.width) + "\n").collect()
}
