//! Rows as people see them: the short view, fifty rows, and how many more.

use super::{Grid, Precision, Style, Tone, cell, clean, prose, toned};
use crate::frame::Frame;
use crate::hunt::short::short;
use crate::plan::{Schema, Value};
use crate::report::{Columns, Table};
use crate::telemetry::Type;

/// The rows that a table shows.
pub const ROWS: usize = 50;

/// Characters of a cell.
const CELL: usize = 20_000;

/// Lines with a newline each.
pub fn text(table: &Table, indent: usize, style: &Style) -> String {
    let margin = " ".repeat(indent);
    let note = |said: String| format!("{margin}{}\n", toned(&said, Tone::Faint, style));
    if table.total == 0 {
        return note("no rows".into());
    }
    let shown = table.frame.height().min(ROWS);
    let mut text = grid(&table.frame, &visible(table), shown, style).render(indent, style);
    let more = table.total.saturating_sub(shown as u64);
    if more > 0 {
        text.push_str(&note(format!("{} and {more} more", style.ellipsis())));
    }
    for said in asides(table) {
        push_lines(&mut text, &prose(&format!("{margin}{said}"), indent, style.width), style);
    }
    text
}

/// What people should know of rows beside them: how many are second reports, and why no picture is drawn of them. Nothing in it is obeyed by a terminal.
pub fn asides(table: &Table) -> Vec<String> {
    let seconds = table.second_reports.filter(|count| *count > 0).map(|seconds| {
        let (are, reports) = if seconds == 1 { ("is", "a second report") } else { ("are", "second reports") };
        let rows = if table.total == 1 { "row" } else { "rows" };
        format!("{seconds} of {} {rows} {are} {reports} of what another sensor tells; .one_sensor() counts each once", table.total)
    });
    let why = table.why.as_ref().map(|why| clean::escape(why).into_owned());
    [seconds, why].into_iter().flatten().collect()
}

fn push_lines(text: &mut String, said: &str, style: &Style) {
    said.lines().for_each(|line| text.push_str(&format!("{}\n", toned(line, Tone::Faint, style))));
}

/// The first rows of some columns.
pub fn grid(frame: &Frame, columns: &[usize], rows: usize, style: &Style) -> Grid {
    let kinds = frame.schema().columns();
    let mut grid = Grid::default();
    let mut precisions = Vec::new();
    for &column in columns {
        let Some((name, kind)) = kinds.get(column) else { continue };
        let heading = clean::escape(name);
        grid = match kind {
            Type::Text | Type::List => grid.text(heading),
            Type::Time | Type::Bool => grid.rigid(heading),
            Type::Int | Type::Hex | Type::Float | Type::Duration => grid.number(heading),
        };
        let times = (0..rows).filter_map(|row| match frame.value(row, column) {
            Value::Time(time) if *kind == Type::Time => Some(time),
            _ => None,
        });
        precisions.push((column, *kind, Precision::of(times, style.zone)));
    }
    for row in 0..rows {
        grid.row(precisions.iter().map(|(column, kind, precision)| readable(cell::text(&frame.value(row, *column), *kind, *precision, style.zone), style)));
    }
    grid
}

/// Also where no screen cuts it, a cell is no longer than anyone reads; data formats have all of it.
fn readable(text: String, style: &Style) -> String {
    match text.char_indices().nth(CELL) {
        Some((end, _)) => format!("{}{}", &text[..end], style.ellipsis()),
        None => text,
    }
}

/// Positions of the columns that people see.
pub fn visible(table: &Table) -> Vec<usize> {
    let frame = &table.frame;
    let all = 0..frame.schema().columns().len();
    match &table.columns {
        Columns::All => all.collect(),
        Columns::Named(names) => names.iter().filter_map(|name| frame.schema().position(name)).collect(),
        Columns::Short => {
            let short = short(frame.schema());
            let name = |at: usize| frame.schema().columns().get(at).map_or("", |(name, _)| name);
            let is_missing = |at: usize| frame.is_column_missing(at) && !table.later.contains(name(at));
            let has_machine = frame.schema().position("Machine").is_some_and(|at| !is_missing(at));
            let is_seen = |at: usize| if name(at) == "Muid" { !has_machine } else { short.get(at).is_some_and(|short| *short) };
            let kept: Vec<usize> = all.clone().filter(|at| !is_missing(*at) && is_seen(*at)).collect();
            machine_for_muid(frame.schema(), if kept.is_empty() { all.collect() } else { kept })
        }
    }
}

/// Machine stands where Muid would.
fn machine_for_muid(schema: &Schema, mut columns: Vec<usize>) -> Vec<usize> {
    let (Some(muid), Some(machine)) = (schema.position("Muid"), schema.position("Machine")) else { return columns };
    if let Some(at) = columns.iter().position(|column| *column == machine && machine > muid) {
        columns.remove(at);
        let place = columns.iter().position(|column| *column > muid).unwrap_or(columns.len());
        columns.insert(place, machine);
    }
    columns
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::plan::Value;
    use crate::telemetry;

    pub fn style() -> Style {
        Style { colour: false, unicode: true, width: None, zone: chrono_tz::UTC }
    }

    /// A frame of text cells, `-` being missing, with the types named in the headings as `Name:int`.
    pub fn frame(headings: &[(&str, Type)], rows: &[&[&str]]) -> Frame {
        let schema = Schema::new(headings.iter().map(|(name, kind)| ((*name).into(), *kind)).collect());
        let cell = |text: &str, kind: Type| match (text, kind) {
            ("-", _) => Value::Missing,
            (text, Type::Int | Type::Hex) => Value::Int(text.parse().unwrap()),
            (text, Type::Time) => Value::Time(text.parse().unwrap()),
            (text, _) => Value::text(text),
        };
        let rows: Vec<Vec<Value>> = rows.iter().map(|row| row.iter().zip(headings).map(|(text, (_, kind))| cell(text, *kind)).collect()).collect();
        Frame::of_rows(schema, &rows).unwrap()
    }

    pub fn table(frame: Frame) -> Table {
        Table::whole(frame, Columns::Short)
    }

    #[test]
    fn hostile_cells_are_shown_not_obeyed() {
        let frame = frame(&[("Name", Type::Text), ("N", Type::Int)], &[&["a\x1b[2J\u{202e}b\nc", "1"], &["-", "-"]]);
        assert_eq!(text(&table(frame), 0, &style()), "Name                  N\n────────────────────  ─\na\\x1b[2J\\u{202e}b\\nc  1\n\n");
    }

    #[test]
    fn a_whole_table_is_shown_short() {
        let process = telemetry::table("process").unwrap();
        let headings: Vec<(&str, Type)> = process.columns.iter().map(|column| (column.name, Type::Text)).collect();
        let cells: Vec<&str> = process.columns.iter().map(|column| if column.name == "CommandLine" { "-" } else { column.name }).collect();
        let frame = frame(&headings, &[&cells]);
        let names: Vec<&str> = visible(&table(frame.clone())).into_iter().map(|at| &*frame.schema().columns()[at].0).collect();
        assert_eq!(names, ["DateTime", "Machine", "LoggedUser", "ChildFilename", "ChildPid", "ParentFilename", "Operation", "GrantedAccess"]);
    }

    #[test]
    fn selected_columns_are_all_shown() {
        let frame = frame(&[("Muid", Type::Text), ("ChildPath", Type::Text), ("Mine", Type::Text)], &[&["m", "c", "x"]]);
        assert_eq!(visible(&table(frame)), [0, 1, 2]);
    }

    #[test]
    fn more_than_fifty_rows_are_counted() {
        let rows: Vec<&[&str]> = (0..60).map(|_| &["1"][..]).collect();
        let text = text(&table(frame(&[("N", Type::Int)], &rows)), 0, &style());
        assert!(text.ends_with("… and 10 more\n"), "{text}");
        assert_eq!(text.lines().count(), 53);
    }
}
