//! Columns of text under headings, fitted to a screen.

use super::measure::{pad, width, wrap};
use super::{Style, Tone, toned};

/// The least that a column of text is narrowed to, and the lines that one cell may take then.
const NARROWEST: usize = 12;
const LINES: usize = 4;

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
        let (widths, left_out) = self.fit(indent, style);
        let margin = " ".repeat(indent);
        let mut text = String::new();
        let mut line = |cells: &[String], tone: Option<Tone>| {
            let last = cells.len().saturating_sub(1);
            let padded: Vec<String> = cells
                .iter()
                .zip(&widths)
                .zip(&self.columns)
                .enumerate()
                .map(|(at, ((cell, width), column))| if at == last && !column.right { cell.clone() } else { pad(cell, *width, column.right) })
                .collect();
            let joined = padded.join("  ");
            let joined = joined.trim_end();
            text.push_str(&margin);
            text.push_str(&tone.map_or_else(|| joined.to_string(), |tone| toned(joined, tone, style)));
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        };
        let headings: Vec<Vec<String>> =
            self.columns.iter().zip(&widths).map(|(column, width)| wrap(&column.heading, *width, LINES, style.ellipsis())).collect();
        for at in 0..tallest(&headings) {
            line(&slice(&headings, at), Some(Tone::Heading));
        }
        let rule = if style.unicode { "─" } else { "-" };
        line(&widths.iter().map(|width| rule.repeat(*width)).collect::<Vec<_>>(), Some(Tone::Faint));
        for row in &self.rows {
            let cells: Vec<Vec<String>> = row.iter().zip(&widths).map(|(cell, width)| wrap(cell, *width, LINES, style.ellipsis())).collect();
            for at in 0..tallest(&cells) {
                line(&slice(&cells, at), None);
            }
        }
        if !left_out.is_empty() {
            let said = format!("{} too narrow for: {}", style.ellipsis(), left_out.join(" "));
            text.push_str(&format!("{margin}{}\n", toned(&said, Tone::Faint, style)));
        }
        text
    }

    /// The width of each column that is shown, and the headings of those for which there is no room.
    fn fit(&self, indent: usize, style: &Style) -> (Vec<usize>, Vec<&str>) {
        let natural: Vec<usize> = (0..self.columns.len())
            .map(|at| {
                let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max().unwrap_or(0);
                cells.max(width(&self.columns[at].heading)).max(1)
            })
            .collect();
        let Some(screen) = style.width else { return (natural, Vec::new()) };
        let mut shown = natural.len();
        loop {
            let room = screen.saturating_sub(indent + 2 * shown.saturating_sub(1));
            let widths = self.narrow(&natural[..shown], room);
            if shown <= 1 || widths.iter().sum::<usize>() <= room {
                return (widths, self.columns[shown..].iter().map(|column| column.heading.as_str()).collect());
            }
            shown -= 1;
        }
    }

    /// Takes from the widest text columns until the sum fits, or all are at their narrowest.
    fn narrow(&self, natural: &[usize], room: usize) -> Vec<usize> {
        let capped = |cap: usize| -> Vec<usize> {
            natural.iter().zip(&self.columns).map(|(width, column)| if column.flexible { (*width).min(cap) } else { *width }).collect()
        };
        let widest = natural.iter().copied().max().unwrap_or(0);
        let (mut low, mut high) = (NARROWEST.min(widest), widest);
        while low < high {
            let middle = (low + high).div_ceil(2);
            if capped(middle).iter().sum::<usize>() <= room { low = middle } else { high = middle - 1 }
        }
        let mut widths = capped(low);
        let mut spare = room.saturating_sub(widths.iter().sum());
        for (width, wanted) in widths.iter_mut().zip(natural) {
            let more = spare.min(wanted - *width);
            *width += more;
            spare -= more;
        }
        widths
    }
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
        assert!(narrow.lines().all(|line| width(line) <= 30), "{narrow}");
        assert!(narrow.contains("-w hidden"), "{narrow}");
        let tiny = grid().render(0, &style(Some(12)));
        assert!(tiny.contains("too narrow for: Command N"), "{tiny}");
    }
}
