//! Columns of text under headings, fitted to a screen.

use super::measure::{middle, pad, width, wrap};
use super::{Style, Tone, toned};

/// The least that a column of text is narrowed to, and the lines that one cell may take then.
const NARROWEST: usize = 12;
const LINES: usize = 4;
/// The least that a long text should have; with less, it goes below its row, behind so many blanks.
const COMFORTABLE: usize = 28;
const BELOW: usize = 4;
/// Columns of the words before what all rows have.
const EVERY: usize = 16;
/// The most that a column takes where nothing limits it; longer cells go over it.
const PLENTY: usize = 100;
/// The most that a cell takes on the line below its row that is shared by columns without room.
const SHARE: usize = 72;

/// Cells in rows; every cell is clean and one line.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    columns: Vec<GridColumn>,
    rows: Vec<Vec<String>>,
    /// Cells take as many lines as they need.
    whole: bool,
}

#[derive(Clone, Debug)]
struct GridColumn {
    heading: String,
    /// Numbers stand at the right.
    right: bool,
    /// Text that may be narrowed.
    flexible: bool,
}

impl Grid {
    pub fn text(mut self, heading: impl Into<String>) -> Grid {
        self.columns.push(GridColumn { heading: heading.into(), right: false, flexible: true });
        self
    }

    /// A column that is never narrowed, like a time.
    pub fn rigid(mut self, heading: impl Into<String>) -> Grid {
        self.columns.push(GridColumn { heading: heading.into(), right: false, flexible: false });
        self
    }

    pub fn number(mut self, heading: impl Into<String>) -> Grid {
        self.columns.push(GridColumn { heading: heading.into(), right: true, flexible: false });
        self
    }

    /// Nothing is cut, however narrow the screen: for explanations.
    pub fn whole(mut self) -> Grid {
        self.whole = true;
        self
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Lines with a newline each, every line behind `indent` blanks.
    pub fn render(&self, indent: usize, style: &Style) -> String {
        let layout = self.fit(indent, style);
        let margin = " ".repeat(indent);
        let mut text = String::new();
        let mut line = |cells: &[String], tone: Option<Tone>| {
            let last = cells.len().saturating_sub(1);
            let padded: Vec<String> = cells
                .iter()
                .zip(&layout.shown)
                .enumerate()
                .map(|(at, (cell, (column, width)))| {
                    let right = self.columns[*column].right;
                    if at == last && !right { cell.clone() } else { pad(cell, *width, right) }
                })
                .collect();
            let joined = padded.join("  ");
            let joined = joined.trim_end();
            text.push_str(&margin);
            text.push_str(&tone.map_or_else(|| joined.to_string(), |tone| toned(joined, tone, style)));
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        };
        let most = if self.whole { usize::MAX } else { LINES };
        let wrapped = |cell: &str, width: usize| if style.width.is_some() { wrap(cell, width, most, style.ellipsis()) } else { vec![cell.to_string()] };
        let headings: Vec<Vec<String>> = layout.shown.iter().map(|(column, width)| wrapped(&self.columns[*column].heading, *width)).collect();
        for at in 0..tallest(&headings) {
            line(&slice(&headings, at), Some(Tone::Heading));
        }
        let screen = style.width.unwrap_or(usize::MAX).saturating_sub(indent + BELOW);
        let constant = self.constant(&layout);
        let rule = if style.unicode { "─" } else { "-" };
        line(&layout.shown.iter().map(|(_, width)| rule.repeat(*width)).collect::<Vec<_>>(), Some(Tone::Faint));
        for row in &self.rows {
            let cell = |column: usize| row.get(column).map(String::as_str).unwrap_or_default();
            let cells: Vec<Vec<String>> = layout.shown.iter().map(|(column, width)| wrapped(cell(*column), *width)).collect();
            for at in 0..tallest(&cells) {
                line(&slice(&cells, at), None);
            }
            let parts = layout.below.iter().chain(&layout.aside).filter(|column| !constant.contains(column));
            let said = parts.filter(|column| !cell(**column).is_empty()).map(|column| {
                let is_shared = !self.whole && !layout.below.contains(column);
                let text = if is_shared { middle(cell(*column), SHARE, style.ellipsis()) } else { cell(*column).to_string() };
                (self.columns[*column].heading.as_str(), text)
            });
            for part in under(said, screen, most, style) {
                line(&[format!("{}{part}", " ".repeat(BELOW))], None);
            }
        }
        if let (false, Some(row)) = (constant.is_empty(), self.rows.first()) {
            let said = constant.iter().map(|column| (self.columns[*column].heading.as_str(), row[*column].clone()));
            let every = toned("each of these:", Tone::Faint, style);
            for (at, part) in under(said, screen.saturating_sub(EVERY), most, style).into_iter().enumerate() {
                let lead = if at == 0 { format!("{}{every}  ", " ".repeat(BELOW)) } else { " ".repeat(BELOW + EVERY) };
                line(&[lead + &part], None);
            }
        }
        text
    }

    /// Of the columns that have no room of their own, those that say the same in all of several rows: they are said once.
    fn constant(&self, layout: &Layout) -> Vec<usize> {
        let same = |column: &usize| {
            let mut cells = self.rows.iter().map(|row| row.get(*column).map(String::as_str).unwrap_or_default());
            let first = cells.next().unwrap_or_default();
            !first.is_empty() && cells.all(|cell| cell == first)
        };
        if self.whole || self.rows.len() < 2 { Vec::new() } else { layout.aside.iter().copied().filter(|column| same(column)).collect() }
    }

    /// Everything side by side where there is room; else long texts go below their row, each on its own lines, and what still has no
    /// room shares a line there.
    fn fit(&self, indent: usize, style: &Style) -> Layout {
        let natural: Vec<usize> = (0..self.columns.len())
            .map(|at| {
                let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max().unwrap_or(0);
                cells.max(width(&self.columns[at].heading)).max(1)
            })
            .collect();
        let mut shown: Vec<usize> = (0..natural.len()).collect();
        let Some(screen) = style.width else {
            // Nothing is cut, but one long text does not push its neighbours of all other rows aside.
            let widths = shown.into_iter().map(|at| (at, if self.columns[at].flexible { natural[at].min(PLENTY) } else { natural[at] }));
            return Layout { shown: widths.collect(), ..Layout::default() };
        };
        let room = |columns: &[usize]| screen.saturating_sub(indent + 2 * columns.len().saturating_sub(1));
        let comfortable = |columns: &[usize]| -> usize {
            columns.iter().map(|at| if self.columns[*at].flexible { natural[*at].min(COMFORTABLE) } else { natural[*at] }).sum()
        };
        let mut below = Vec::new();
        while comfortable(&shown) > room(&shown) {
            let longest = shown.iter().copied().filter(|at| self.columns[*at].flexible && natural[*at] > COMFORTABLE).max_by_key(|at| natural[*at]);
            let Some(longest) = longest.filter(|_| shown.len() > 1) else { break };
            shown.retain(|at| *at != longest);
            below.push(longest);
        }
        below.sort_unstable();
        let mut aside = Vec::new();
        loop {
            let widths = self.narrow(&shown, &natural, room(&shown));
            if shown.len() <= 1 || widths.iter().sum::<usize>() <= room(&shown) {
                return Layout { shown: shown.into_iter().zip(widths).collect(), below, aside };
            }
            aside.splice(0..0, shown.pop());
        }
    }

    /// Takes from the widest text columns until the sum fits, or all are at their narrowest.
    fn narrow(&self, shown: &[usize], natural: &[usize], room: usize) -> Vec<usize> {
        let least = |at: usize| width(&self.columns[at].heading).max(NARROWEST);
        let capped = |cap: usize| -> Vec<usize> {
            shown.iter().map(|at| if self.columns[*at].flexible { natural[*at].min(cap.max(least(*at))) } else { natural[*at] }).collect()
        };
        let widest = shown.iter().map(|at| natural[*at]).max().unwrap_or(0);
        let (mut low, mut high) = (0, widest);
        while low < high {
            let middle = (low + high).div_ceil(2);
            if capped(middle).iter().sum::<usize>() <= room { low = middle } else { high = middle - 1 }
        }
        let mut widths = capped(low);
        let mut spare = room.saturating_sub(widths.iter().sum());
        for (width, at) in widths.iter_mut().zip(shown) {
            let more = spare.min(natural[*at] - *width);
            *width += more;
            spare -= more;
        }
        widths
    }
}

/// Where each column goes.
#[derive(Default)]
struct Layout {
    /// Side by side, with their widths.
    shown: Vec<(usize, usize)>,
    /// On lines of their own, below the row.
    below: Vec<usize>,
    /// Together on a line, below the row.
    aside: Vec<usize>,
}

/// Named texts one after the other, as many on a line as fit; a long one has lines of its own. The names are faint, the texts are not: a
/// command line is what a hunter reads first.
fn under<'a>(parts: impl Iterator<Item = (&'a str, String)>, room: usize, most: usize, style: &Style) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = usize::MAX;
    for (heading, text) in parts {
        let name = toned(&format!("{heading}:"), Tone::Faint, style);
        let whole = width(heading) + 2 + width(&text);
        if used.saturating_add(2 + whole) <= room {
            if let Some(line) = lines.last_mut() {
                line.push_str(&format!("  {name} {text}"));
            }
            used += 2 + whole;
            continue;
        }
        let mut wrapped = wrap(&format!("{heading}: {text}"), room, most, style.ellipsis()).into_iter();
        let first = wrapped.next().unwrap_or_default();
        lines.push(first.strip_prefix(heading).and_then(|rest| rest.strip_prefix(':')).map_or(first.clone(), |rest| name + rest));
        lines.extend(wrapped);
        used = if whole <= room { whole } else { usize::MAX };
    }
    lines
}

fn tallest(cells: &[Vec<String>]) -> usize {
    cells.iter().map(Vec::len).max().unwrap_or(0)
}

fn slice(cells: &[Vec<String>], at: usize) -> Vec<String> {
    cells.iter().map(|lines| lines.get(at).cloned().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(width: Option<usize>) -> Style {
        Style { colour: false, unicode: false, width, zone: chrono_tz::UTC }
    }

    fn grid() -> Grid {
        let mut grid = Grid::default().rigid("Time").text("Command").number("N");
        grid.row(["12:00".into(), "powershell.exe -enc AAAA -w hidden".into(), "1".into()]);
        grid.row(["12:01".into(), "cmd".into(), "20".into()]);
        grid
    }

    #[test]
    fn all_of_it_when_there_is_room() {
        let expected = "Time   Command                              N\n-----  ----------------------------------  --\n12:00  powershell.exe -enc AAAA -w hidden   1\n12:01  cmd                                 20\n";
        assert_eq!(grid().render(0, &style(None)), expected);
    }

    #[test]
    fn text_gives_way_on_a_narrow_screen() {
        let narrow = grid().render(0, &style(Some(30)));
        assert_eq!(narrow, "Time    N\n-----  --\n12:00   1\n    Command: powershell.exe\n    -enc AAAA -w hidden\n12:01  20\n    Command: cmd\n");
        let tiny = grid().render(0, &style(Some(8)));
        assert!(tiny.starts_with("Time\n-----\n12:00\n") && tiny.contains("\n    N: 1\n12:01\n") && tiny.ends_with("\n    N:\n    20\n"), "{tiny}");
    }

    #[test]
    fn no_column_is_lost_on_a_narrow_screen() {
        let mut grid = Grid::default().rigid("Time").text("User").number("Type").text("Target").text("Ip");
        grid.row(["12:00:00".into(), "ACME\\mara".into(), "3".into(), "ACME\\tobias".into(), "10.0.0.1".into()]);
        grid.row(["12:00:01".into(), "ACME\\mara".into(), "3".into(), String::new(), "10.0.0.2".into()]);
        let text = grid.render(0, &style(Some(26)));
        assert!(text.contains("\n    Target: ACME\\tobias\n    Ip: 10.0.0.1\n") && text.ends_with("\n    Ip: 10.0.0.2\n"), "{text}");
        let text = grid.render(0, &style(Some(40)));
        assert!(text.contains("3  ACME\\tobias\n    Ip: 10.0.0.1\n"), "{text}");
    }

    #[test]
    fn what_all_rows_say_without_room_is_said_once() {
        let mut grid = Grid::default().rigid("Time").text("User").text("Target").text("Kind");
        grid.row(["12:00:00".into(), "ACME\\mara".into(), "ACME\\tobias".into(), "logon".into()]);
        grid.row(["12:00:01".into(), "ACME\\mara".into(), "ACME\\holt".into(), "logon".into()]);
        let text = grid.render(0, &style(Some(34)));
        assert!(text.ends_with("\n12:00:01  ACME\\mara  ACME\\holt\n    each of these:  Kind: logon\n"), "{text}");
        assert_eq!(text.matches("logon").count(), 1, "{text}");
    }

    #[test]
    fn the_end_of_a_long_text_is_seen() {
        let mut grid = Grid::default().text("Command");
        grid.row([format!("powershell.exe {} -OutFile C:\\x.exe", "A".repeat(200))]);
        let text = grid.render(0, &style(Some(40)));
        assert!(text.lines().nth(5).is_some_and(|line| line.starts_with("...AA") && line.ends_with(" -OutFile C:\\x.exe")), "{text}");
    }

    #[test]
    fn explanations_are_not_cut() {
        let mut grid = Grid::default().rigid("Name").text("Meaning").whole();
        grid.row(["a".into(), "word ".repeat(40).trim().into()]);
        let text = grid.render(0, &style(Some(30)));
        assert_eq!(text.matches("word").count(), 40, "{text}");
    }

    #[test]
    fn one_long_cell_does_not_widen_all_rows() {
        let mut grid = Grid::default().text("A").text("B");
        grid.row(["x".repeat(150), "1".into()]);
        grid.row(["y".into(), "2".into()]);
        let text = grid.render(0, &style(None));
        assert!(text.contains(&format!("{}  1\n", "x".repeat(150))) && text.contains(&format!("y{}2\n", " ".repeat(101))), "{text}");
    }
}
