//! The cells of one line of a CSV file, split in place.

use std::ops::Range;

use super::damage::Damage;
use super::number;

/// Where the cells of a line are; used over and over.
#[derive(Debug, Default)]
pub(super) struct Cells {
    ranges: Vec<Range<usize>>,
}

impl Cells {
    /// Splits a line. A cell in quotes may hold the delimiter, but no end of line.
    pub(super) fn split(&mut self, line: &[u8], delimiter: u8) {
        self.ranges.clear();
        let mut start = 0;
        loop {
            let cell = &line[start..];
            let (range, next) = match cell.first() {
                Some(b'"') => {
                    let close = closing_quote(&cell[1..]).map_or(line.len(), |close| start + 1 + close);
                    let after = memchr::memchr(delimiter, &line[close.min(line.len())..]).map(|end| close + end + 1);
                    ((start + 1).min(close)..close, after)
                }
                _ => match memchr::memchr(delimiter, cell) {
                    Some(end) => (start..start + end, Some(start + end + 1)),
                    None => (start..line.len(), None),
                },
            };
            self.ranges.push(range);
            match next {
                Some(next) => start = next,
                None => return,
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// A cell without white space around it; none when the line ends before it.
    pub(super) fn get<'l>(&self, line: &'l [u8], column: usize) -> Option<&'l [u8]> {
        self.ranges.get(column).map(|range| line[range.clone()].trim_ascii())
    }

    /// A cell that must be there.
    pub(super) fn needed<'l>(&self, line: &'l [u8], column: usize, name: &str) -> Result<&'l [u8], Damage> {
        self.get(line, column).ok_or_else(|| {
            Damage::new(format!("it has {} columns, and the {name} is in column {}", self.len(), column + 1))
        })
    }

    /// A number of requests, or a rate.
    pub(super) fn amount(&self, line: &[u8], column: usize, name: &str) -> Result<f64, Damage> {
        let cell = self.needed(line, column, name)?;
        number::amount(cell).map_err(|problem| Damage::found(&format!("column {}: {problem}", column + 1), cell))
    }

    /// All cells as text, for headers.
    pub(super) fn texts(&self, line: &[u8]) -> Vec<String> {
        self.ranges.iter().map(|range| String::from_utf8_lossy(line[range.clone()].trim_ascii()).into_owned()).collect()
    }
}

fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let quote = from + memchr::memchr(b'"', &text[from..])?;
        if text.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        from = quote + 2;
        if from > text.len() {
            return None;
        }
    }
}

/// The cells of a header, lower case.
pub(super) fn header(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut cells = Cells::default();
    cells.split(line, delimiter);
    cells.texts(line).into_iter().map(|name| name.to_ascii_lowercase()).collect()
}

/// Where a column is, by its lower-case name.
pub(super) fn column(header: &[String], name: &str) -> Option<usize> {
    header.iter().position(|column| column == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(line: &str, delimiter: u8) -> Vec<String> {
        let mut cells = Cells::default();
        cells.split(line.as_bytes(), delimiter);
        cells.texts(line.as_bytes())
    }

    #[test]
    fn lines_fall_into_cells() {
        assert_eq!(cells("a,b,,d", b','), ["a", "b", "", "d"]);
        assert_eq!(cells("\"a,b\",c", b','), ["a,b", "c"]);
        assert_eq!(cells("\"say \"\"x\"\"\", 2 ", b','), ["say \"\"x\"\"", "2"]);
        assert_eq!(cells("a;b,c", b';'), ["a", "b,c"]);
        assert_eq!(cells("", b','), [""]);
        assert_eq!(cells("\"open", b','), ["open"]);
        assert_eq!(cells("\"", b','), [""]);
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_a_panic(line in "[\",a ]{0,20}") {
            proptest::prop_assert!(!cells(&line, b',').is_empty());
        }
    }
}
