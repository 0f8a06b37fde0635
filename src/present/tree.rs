//! Processes as a tree: time, pid and user at the left, each process behind its parent, then what it was started with.

use super::measure::{cut, middle, pad, width};
use super::{Precision, Style, Tone, clean, table, time, toned};
use crate::frame::Frame;
use crate::plan::{ACTIVE, ASKED, DEPTH, Value, folded_equal};
use crate::report::Table;

/// The most that a user's name takes.
const USER: usize = 14;
/// The least that is left for the tree where the user is shown as well.
const COMFORTABLE: usize = 40;

/// A process that is drawn.
struct Branch {
    depth: usize,
    /// For each level from the first below a root to its own: whether a later process follows there.
    follows: Vec<bool>,
    is_asked: bool,
    /// Its start is not recorded.
    is_active: bool,
    machine: String,
    at: Option<i64>,
    pid: String,
    user: String,
    name: String,
    arguments: String,
}

/// Lines with a newline each.
pub fn text(rows: &Table, indent: usize, style: &Style) -> String {
    if rows.total == 0 {
        return table::text(rows, indent, style);
    }
    let mut branches = branches(&rows.frame);
    // Where all of them are what was asked about, none stands out.
    let marks = branches.iter().any(|branch| branch.is_asked) && !branches.iter().all(|branch| branch.is_asked);
    branches.truncate(table::ROWS);
    let screen = style.width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(20));
    let mut lines = Vec::new();
    for part in branches.chunk_by_mut(|a, b| folded_equal(&a.machine, &b.machine)) {
        // Of a tree that is shown from some depth on, that is where it begins.
        let least = part.iter().map(|branch| branch.depth).min().unwrap_or(0);
        for branch in part.iter_mut() {
            branch.depth -= least;
            branch.follows.drain(..least.min(branch.follows.len()));
        }
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(drawn(part, marks, screen, style));
    }
    let mut notes: Vec<String> = Vec::new();
    let more = rows.total.saturating_sub(branches.len() as u64);
    if more > 0 {
        notes.push(format!("{} and {more} more", style.ellipsis()));
    }
    if branches.iter().any(|branch| branch.is_active) {
        notes.push("< ran already: its start is not recorded".into());
    }
    lines.extend(notes.iter().map(|note| toned(&cut(note, screen, style.ellipsis()), Tone::Faint, style)));
    let margin = " ".repeat(indent);
    lines.into_iter().map(|line| format!("{}\n", format!("{margin}{line}").trim_end())).collect()
}

fn branches(frame: &Frame) -> Vec<Branch> {
    let text = |row: usize, name: &str| match frame.named(row, name) {
        Value::Text(text) => clean::escape(&text).into_owned(),
        Value::Int(number) => number.to_string(),
        _ => String::new(),
    };
    let one = |row: usize| {
        let name = [text(row, "ChildFilename"), text(row, "ChildPath")].into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "?".into());
        Branch {
            depth: if let Value::Int(depth) = frame.named(row, DEPTH) { usize::try_from(depth).unwrap_or(0) } else { 0 },
            follows: Vec::new(),
            is_asked: frame.named(row, ASKED) == Value::Bool(true),
            is_active: text(row, "Operation") == ACTIVE,
            machine: [text(row, "Machine"), text(row, "Muid")].into_iter().find(|name| !name.is_empty()).unwrap_or_default(),
            at: if let Value::Time(at) = frame.named(row, "DateTime") { Some(at) } else { None },
            pid: text(row, "ChildPid"),
            user: text(row, "LoggedUser").rsplit('\\').next().unwrap_or_default().to_string(),
            arguments: arguments(&text(row, "CommandLine"), &name).to_string(),
            name,
        }
    };
    let mut all: Vec<Branch> = (0..frame.height()).map(one).collect();
    let mut open: Vec<bool> = Vec::new();
    for branch in all.iter_mut().rev() {
        open.resize(open.len().max(branch.depth + 1), false);
        branch.follows = open[1.min(branch.depth)..=branch.depth].to_vec();
        open.truncate(branch.depth + 1);
        open[branch.depth] = true;
    }
    all
}

/// What a command line says beside the program's name.
fn arguments<'a>(command: &'a str, name: &str) -> &'a str {
    let command = command.trim();
    let (program, rest) = match command.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
        Some(parts) => parts,
        None => command.split_once(char::is_whitespace).unwrap_or((command, "")),
    };
    let program = program.rsplit(['\\', '/']).next().unwrap_or_default();
    let bare = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_string();
    if folded_equal(program, name) || folded_equal(program, &bare(name)) { rest.trim_start() } else { command }
}

/// The processes of one machine, under its name.
fn drawn(part: &[Branch], marks: bool, screen: usize, style: &Style) -> Vec<String> {
    let times: Vec<String> = part.iter().map(|branch| branch.at.map_or_else(String::new, |at| time(at, Precision::Seconds, style.zone))).collect();
    let day = |time: &str| time.split_once(' ').map(|(day, _)| day.to_string());
    let day = times.iter().find_map(|time| day(time)).filter(|first| times.iter().all(|time| time.is_empty() || time.starts_with(first.as_str())));
    let machine = part.first().map_or("", |branch| &branch.machine);
    let heading = [machine, day.as_deref().unwrap_or_default()].join("  ");
    let mut lines = Vec::new();
    if !heading.trim().is_empty() {
        lines.push(toned(&middle(heading.trim(), screen, style.ellipsis()), Tone::Heading, style));
    }
    let active = part.iter().any(|branch| branch.is_active);
    let stamp = |branch: &Branch, time: &str| {
        let short = day.as_ref().map_or(time, |day| time.strip_prefix(day.as_str()).unwrap_or(time).trim_start());
        format!(
            "{}{short}",
            if branch.is_active {
                "<"
            } else if active {
                " "
            } else {
                ""
            }
        )
    };
    let stamps: Vec<String> = part.iter().zip(&times).map(|(branch, time)| stamp(branch, time)).collect();
    let users: Vec<String> = part.iter().map(|branch| cut(&branch.user, USER, style.ellipsis())).collect();
    let widest = |cells: &mut dyn Iterator<Item = &String>| cells.map(|cell| width(cell)).max().unwrap_or(0);
    let (time_width, pid_width) = (widest(&mut stamps.iter()), widest(&mut part.iter().map(|branch| &branch.pid)));
    let mark_width = if marks { 2 } else { 0 };
    let left = mark_width + [time_width, pid_width].into_iter().filter(|width| *width > 0).map(|width| width + 2).sum::<usize>();
    let user_width = Some(widest(&mut users.iter())).filter(|width| *width > 0 && left + width + 2 + COMFORTABLE <= screen).unwrap_or(0);
    let room = screen.saturating_sub(left + if user_width > 0 { user_width + 2 } else { 0 }).max(8);
    for ((branch, stamp), user) in part.iter().zip(&stamps).zip(&users) {
        let mark = match (marks, branch.is_asked) {
            (false, _) => String::new(),
            (true, true) => toned(if style.unicode { "▶ " } else { "> " }, Tone::Part, style),
            (true, false) => "  ".into(),
        };
        let mut cells = vec![pad(stamp, time_width, false), pad(&branch.pid, pid_width, true)];
        if user_width > 0 {
            cells.push(pad(user, user_width, false));
        }
        cells.retain(|cell| !cell.is_empty());
        let cells = cells.join("  ");
        let gap = if cells.is_empty() { "" } else { "  " };
        lines.push(format!("{mark}{}{gap}{}", toned(&cells, Tone::Faint, style), process(branch, marks, room, style)));
    }
    lines
}

/// Branches, name and arguments.
fn process(branch: &Branch, marks: bool, room: usize, style: &Style) -> String {
    let art = twigs(branch, room / 2, style);
    let room = room.saturating_sub(width(&art));
    let name = middle(&branch.name, room, style.ellipsis());
    let left = room.saturating_sub(width(&name) + 2);
    let name = if marks && branch.is_asked { toned(&name, Tone::Part, style) } else { name };
    let arguments = if left < 4 { String::new() } else { middle(&branch.arguments, left, style.ellipsis()) };
    let gap = if arguments.is_empty() { "" } else { "  " };
    format!("{}{name}{gap}{arguments}", toned(&art, Tone::Faint, style))
}

/// The lines from its ancestors to a process; of one that is too deep for the screen the last of them.
fn twigs(branch: &Branch, room: usize, style: &Style) -> String {
    if branch.depth == 0 {
        return String::new();
    }
    let (through, open, corner, last) = if style.unicode { ("│  ", "   ", "├─ ", "└─ ") } else { ("|  ", "   ", "|- ", "`- ") };
    let levels = branch.follows.len();
    let art = |(level, follows): (usize, &bool)| match (level + 1 == levels, follows) {
        (true, true) => corner,
        (true, false) => last,
        (false, true) => through,
        (false, false) => open,
    };
    let shown = (room.saturating_sub(width(style.ellipsis())) / 3).max(1);
    let lead = if levels > shown { style.ellipsis() } else { "" };
    lead.to_string() + &branch.follows.iter().enumerate().map(art).skip(levels.saturating_sub(shown)).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::{frame, style, table};
    use super::*;
    use crate::telemetry::Type;

    fn tree(rows: &[&[&str]], screen: usize, unicode: bool) -> String {
        let headings = [
            ("Depth", Type::Int),
            ("Machine", Type::Text),
            ("DateTime", Type::Time),
            ("ChildPid", Type::Int),
            ("LoggedUser", Type::Text),
            ("ChildFilename", Type::Text),
            ("CommandLine", Type::Text),
            ("Operation", Type::Text),
        ];
        let text = text(&table(frame(&headings, rows)), 0, &Style { width: Some(screen), unicode, ..style() });
        assert!(text.lines().all(|line| width(line) <= screen), "{text}");
        text
    }

    #[test]
    fn each_process_hangs_on_its_parent() {
        let rows: [&[&str]; 6] = [
            &["0", "A", "1000", "4", "-", "init", "-", "active"],
            &["1", "A", "2000", "10", r"X\root", "sh.exe", r#""C:\bin\sh.exe" -c a"#, "create"],
            &["2", "A", "3000", "11", r"X\root", "a", "a", "create"],
            &["1", "A", "4000", "12", r"X\root", "b", "other -x", "create"],
            &["2", "A", "5000", "13", r"X\root", "c\x1b[2J", "-", "create"],
            &["0", "B", "5000", "7", "-", "d", "-", "create"],
        ];
        let expected = "A  1970-01-01\n<00:00:01   4        init\n 00:00:02  10  root  |- sh.exe  -c a\n 00:00:03  11  root  |  `- a\n 00:00:04  12  root  `- b  other -x\n 00:00:05  13  root     `- c\\x1b[2J\n\nB  1970-01-01\n00:00:05  7  d\n< ran already: its start is not recorded\n";
        assert_eq!(tree(&rows, 80, false), expected);
        let narrow = tree(&rows, 40, true);
        assert!(narrow.contains("├─ sh.exe  -c a\n") && !narrow.contains("root"), "{narrow}");
    }

    #[test]
    fn a_deep_tree_fits_a_narrow_screen() {
        let depths: Vec<String> = (0..60).map(|depth: usize| depth.to_string()).collect();
        let rows: Vec<Vec<&str>> = depths.iter().map(|depth| vec![depth.as_str(), "A", "0", "1", "-", "name.exe", "name.exe -a -b -c", "create"]).collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let text = tree(&rows, 60, true);
        assert!(text.contains("…") && text.ends_with("… and 10 more\n"), "{text}");
        assert!(text.lines().filter(|line| line.contains("name.exe")).count() == 50, "{text}");
    }
}
