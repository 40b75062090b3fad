//! A stream as lines, from one buffer that is used over and over: no line is copied, none can grow beyond the buffer.

use std::io::{self, Read};
use std::ops::Range;

/// The buffer, and so the longest line: nobody writes a log line of a mebibyte.
const BUFFER: usize = 1 << 20;

/// Lines of a stream, without their ends (`\n` or `\r\n`) and without a byte order mark.
pub(super) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    /// What of the buffer is read and not yet handed out.
    filled: Range<usize>,
    /// Where to go on looking for the end of the line.
    searched: usize,
    number: u64,
    at_end: bool,
}

/// A line of the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'b> {
    /// Its bytes.
    Text(&'b [u8]),
    /// It is longer than a mebibyte; its bytes are gone.
    TooLong,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Lines { reader, buffer: vec![0; BUFFER], filled: 0..0, searched: 0, number: 0, at_end: false }
    }

    /// The number of the latest line, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next line.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let Some(line) = self.advance()? else { return Ok(None) };
        self.number += 1;
        let Some(line) = line else { return Ok(Some(Line::TooLong)) };
        let mut text = &self.buffer[line];
        if self.number == 1 {
            text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        }
        Ok(Some(Line::Text(text.strip_suffix(b"\r").unwrap_or(text))))
    }

    /// Where in the buffer the next line is; `Some(None)` for one that was too long for it.
    fn advance(&mut self) -> io::Result<Option<Option<Range<usize>>>> {
        let mut too_long = false;
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.buffer[self.searched..self.filled.end]) {
                let line = self.filled.start..self.searched + end;
                self.filled.start = line.end + 1;
                self.searched = self.filled.start;
                return Ok(Some((!too_long).then_some(line)));
            }
            self.searched = self.filled.end;
            if self.at_end {
                let line = std::mem::replace(&mut self.filled, 0..0);
                self.searched = 0;
                return Ok((too_long || !line.is_empty()).then(|| (!too_long).then_some(line)));
            }
            if self.filled.len() == BUFFER {
                too_long = true;
                self.filled = 0..0;
                self.searched = 0;
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.filled.end == BUFFER {
            self.buffer.copy_within(self.filled.clone(), 0);
            self.searched -= self.filled.start;
            self.filled = 0..self.filled.len();
        }
        loop {
            match self.reader.read(&mut self.buffer[self.filled.end..]) {
                Ok(count) => {
                    self.filled.end += count;
                    self.at_end = count == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a few bytes at a time.
    struct Drops<'t>(&'t [u8], usize);
    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(self.1).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn lines(text: &[u8], drop: usize) -> Vec<Option<String>> {
        let mut lines = Lines::new(Drops(text, drop));
        let mut seen = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            seen.push(match line {
                Line::Text(text) => Some(String::from_utf8(text.to_vec()).unwrap()),
                Line::TooLong => None,
            });
        }
        seen
    }

    fn text(line: &str) -> Option<String> {
        Some(line.to_string())
    }

    #[test]
    fn ends_of_lines_and_marks_are_no_part_of_them() {
        for drop in [1, 2, 3, 1000] {
            let seen = lines(b"\xef\xbb\xbfone\r\n\ntwo\nthree", drop);
            assert_eq!(seen, [text("one"), text(""), text("two"), text("three")]);
        }
        assert!(lines(b"", 1).is_empty());
        assert_eq!(lines(b"\n", 1), [text("")]);
    }

    #[test]
    fn a_line_of_ten_megabytes_is_passed_over() {
        let mut content = b"before\n".to_vec();
        content.extend(std::iter::repeat_n(b'x', 10_000_000));
        content.extend(b"\nafter\n");
        assert_eq!(lines(&content, 70_000), [text("before"), None, text("after")]);
        content.truncate(9_000_000);
        assert_eq!(lines(&content, 1 << 22), [text("before"), None]);
        let exact = vec![b'y'; BUFFER - 1];
        assert_eq!(lines(&[&exact[..], b"\nz"].concat(), 1 << 21).len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn lines_are_those_of_the_standard_library(content in "[ab\n\r]{0,60}", drop in 1usize..9) {
            let wanted: Vec<Option<String>> = content
                .split_inclusive('\n')
                .map(|line| { let line = line.strip_suffix('\n').unwrap_or(line); text(line.strip_suffix('\r').unwrap_or(line)) })
                .collect();
            proptest::prop_assert_eq!(lines(content.as_bytes(), drop), wanted);
        }
    }
}
