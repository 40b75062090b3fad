//! Lines that cannot be read: counted, the first few kept to be shown, and too many of them an error.

use std::borrow::Cow;
use std::fmt;

/// Why a line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage(Cow<'static, str>);

impl Damage {
    pub(super) fn new(problem: impl Into<Cow<'static, str>>) -> Self {
        Damage(problem.into())
    }

    /// A problem with the text that has it.
    #[cold]
    pub(super) fn found(problem: &str, text: &[u8]) -> Self {
        Damage(format!("{problem}: `{}`", shown(text)).into())
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The beginning of a text, as it can be printed.
pub(super) fn shown(text: &[u8]) -> String {
    const LETTERS: usize = 60;
    let start = String::from_utf8_lossy(&text[..text.len().min(4 * LETTERS)]);
    let mut letters = start.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter });
    let shown: String = letters.by_ref().take(LETTERS).collect();
    if letters.next().is_some() { format!("{shown}...") } else { shown }
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedLine {
    /// The line, from 1.
    pub line: u64,
    /// How it begins.
    pub text: String,
    /// What is wrong with it.
    pub problem: String,
}

/// The lines of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineCount {
    /// Lines with something in them.
    pub lines: u64,
    /// Those that could not be read.
    pub damaged: u64,
    /// The first of them.
    pub first: Vec<DamagedLine>,
}

impl LineCount {
    /// Damaged lines that are shown.
    const SHOWN: usize = 5;

    pub(super) fn damaged(&mut self, line: u64, text: &[u8], damage: &Damage) {
        self.damaged += 1;
        if self.first.len() < Self::SHOWN {
            self.first.push(DamagedLine { line, text: shown(text), problem: damage.to_string() });
        }
    }

    /// The first damaged lines, one below the other.
    pub fn listing(&self) -> String {
        let line = |line: &DamagedLine| match line.text.as_str() {
            "" => format!("\n  line {}: {}", line.line, line.problem),
            text => format!("\n  line {}: {}: `{text}`", line.line, line.problem),
        };
        let rest = self.damaged.saturating_sub(self.first.len() as u64);
        let more = if rest > 0 { format!("\n  and {rest} more") } else { String::new() };
        self.first.iter().map(line).collect::<String>() + &more
    }
}
