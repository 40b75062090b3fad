//! Aligned columns: the first to the left, the others to the right.

use anstyle::Style;

/// A cell and how it is drawn.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A plain cell. Control characters, which could steer the terminal, become question marks.
    pub(crate) fn new(text: impl AsRef<str>) -> Cell {
        let text = text.as_ref().chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        Cell { text, style: Style::new() }
    }

    /// The same in a style.
    pub(crate) fn styled(self, style: Style) -> Cell {
        Cell { style, ..self }
    }

    /// Without a style there are no escape codes either, so that trailing spaces can be trimmed.
    fn shown(&self) -> String {
        if self.style == Style::new() {
            self.text.clone()
        } else {
            format!("{}{}{}", self.style, self.text, self.style.render_reset())
        }
    }

    fn width(&self) -> usize {
        self.text.chars().map(width).sum()
    }
}

/// How many columns a letter takes: two for East Asian wide ones, none for combining marks.
fn width(letter: char) -> usize {
    match u32::from(letter) {
        0x0300..=0x036F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// Rows of cells, the first column to the left and the others to the right; an empty row is an empty line.
pub(crate) fn render(rows: &[Vec<Cell>]) -> String {
    rendered(rows, |column| column > 0)
}

/// Rows of cells, all columns to the left: for texts rather than figures.
pub(crate) fn render_left(rows: &[Vec<Cell>]) -> String {
    rendered(rows, |_| false)
}

fn rendered(rows: &[Vec<Cell>], is_right: impl Fn(usize) -> bool) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width_of = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(Cell::width).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width_of).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let gap = if column > 0 { "   " } else { "" };
            let padding = " ".repeat(widths[column] - cell.width());
            let shown = cell.shown();
            line.push_str(&if is_right(column) {
                format!("{gap}{padding}{shown}")
            } else {
                format!("{gap}{shown}{padding}")
            });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_whatever_the_letters() {
        let rows = [vec![Cell::new("成本"), Cell::new("1")], vec![Cell::new("cost\u{1b}"), Cell::new("234")]];
        assert_eq!(render(&rows), "成本      1\ncost?   234\n");
    }
}
