//! Columns of text under headings, fitted to a screen.

use super::measure::{pad, width, wrap};
use super::{Style, Tone, toned};

/// The least that a column of text is narrowed to, and the lines that one cell may take then.
const NARROWEST: usize = 12;
const LINES: usize = 4;
/// The least that a long text should have; with less, it goes below its row, behind so many blanks.
const COMFORTABLE: usize = 28;
const BELOW: usize = 4;
/// The most that a column takes where nothing limits it; longer cells go over it.
const PLENTY: usize = 100;

/// Cells in rows; every cell is clean and one line.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    columns: Vec<GridColumn>,
    rows: Vec<Vec<String>>,
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
        let wrapped = |cell: &str, width: usize| if style.width.is_some() { wrap(cell, width, LINES, style.ellipsis()) } else { vec![cell.to_string()] };
        let headings: Vec<Vec<String>> = layout.shown.iter().map(|(column, width)| wrapped(&self.columns[*column].heading, *width)).collect();
        for at in 0..tallest(&headings) {
            line(&slice(&headings, at), Some(Tone::Heading));
        }
        let rule = if style.unicode { "─" } else { "-" };
        line(&layout.shown.iter().map(|(_, width)| rule.repeat(*width)).collect::<Vec<_>>(), Some(Tone::Faint));
        for row in &self.rows {
            let cell = |column: usize| row.get(column).map(String::as_str).unwrap_or_default();
            let cells: Vec<Vec<String>> = layout.shown.iter().map(|(column, width)| wrapped(cell(*column), *width)).collect();
            for at in 0..tallest(&cells) {
                line(&slice(&cells, at), None);
            }
            for column in layout.below.iter().filter(|column| !cell(**column).is_empty()) {
                let said = format!("{}: {}", self.columns[*column].heading, cell(*column));
                let room = style.width.unwrap_or(usize::MAX).saturating_sub(indent + BELOW);
                wrapped(&said, room).into_iter().for_each(|part| line(&[format!("{}{part}", " ".repeat(BELOW))], Some(Tone::Faint)));
            }
        }
        if !layout.left_out.is_empty() {
            let names: Vec<&str> = layout.left_out.iter().map(|column| self.columns[*column].heading.as_str()).collect();
            let said = format!("{} too narrow for: {}", style.ellipsis(), names.join(" "));
            text.push_str(&format!("{margin}{}\n", toned(&said, Tone::Faint, style)));
        }
        text
    }

    /// Everything side by side where there is room; else long texts go below their row, and what still has none is left out.
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
        let mut left_out = Vec::new();
        loop {
            let widths = self.narrow(&shown, &natural, room(&shown));
            if shown.len() <= 1 || widths.iter().sum::<usize>() <= room(&shown) {
                return Layout { shown: shown.into_iter().zip(widths).collect(), below, left_out };
            }
            left_out.splice(0..0, shown.pop());
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
    left_out: Vec<usize>,
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
        let tiny = grid().render(0, &style(Some(6)));
        assert!(tiny.contains("too narrow for: N"), "{tiny}");
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
