//! Words of a shell script with their places: quotes, continuations, comments, here-documents. Enough for command lines
//! as guides print them; expansions are kept as they are written.

use std::ops::Range;

/// A word and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) span: Range<usize>,
    /// True when any part of it was quoted: an option is not.
    pub(super) quoted: bool,
}

/// Simple commands: the words between separators, of a stretch of the text.
pub(super) fn lines(text: &str, within: Range<usize>) -> Vec<Vec<Word>> {
    let mut reader = Reader {
        text,
        at: within.start,
        end: within.end,
        commands: Vec::new(),
        words: Vec::new(),
        heredocs: Vec::new(),
    };
    reader.run();
    reader.commands
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    commands: Vec<Vec<Word>>,
    words: Vec<Word>,
    /// Terminators of here-documents that begin after this line.
    heredocs: Vec<String>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..self.end].chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn run(&mut self) {
        while let Some(next) = self.peek() {
            match next {
                '\n' => {
                    self.bump();
                    self.end_command();
                    self.skip_heredocs();
                }
                '\\' if self.is_continued() => self.skip_continuation(),
                ' ' | '\t' | '\r' => {
                    self.bump();
                }
                '#' => self.skip_line(),
                ';' | '&' | '|' | '(' | ')' => {
                    self.bump();
                    self.end_command();
                }
                '<' if self.text[self.at..self.end].starts_with("<<") => self.heredoc(),
                _ => self.word(),
            }
        }
        self.end_command();
    }

    fn is_continued(&self) -> bool {
        let rest = &self.text[self.at + 1..self.end];
        rest.starts_with('\n') || rest.starts_with("\r\n")
    }

    fn skip_continuation(&mut self) {
        while self.bump().is_some_and(|c| c != '\n') {}
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|c| c != '\n') {
            self.bump();
        }
    }

    fn end_command(&mut self) {
        if !self.words.is_empty() {
            self.commands.push(std::mem::take(&mut self.words));
        }
    }

    fn heredoc(&mut self) {
        self.at += 2;
        if self.peek() == Some('<') {
            // A here-string: its word follows.
            self.bump();
            return;
        }
        if self.peek() == Some('-') {
            self.bump();
        }
        let before = self.words.len();
        while self.peek().is_some_and(|c| c == ' ') {
            self.bump();
        }
        self.word();
        if self.words.len() > before
            && let Some(word) = self.words.pop()
        {
            self.heredocs.push(word.text);
        }
    }

    fn skip_heredocs(&mut self) {
        for terminator in std::mem::take(&mut self.heredocs) {
            while self.at < self.end {
                let line_end = self.text[self.at..self.end].find('\n').map_or(self.end, |i| self.at + i);
                let line = self.text[self.at..line_end].trim();
                self.at = (line_end + 1).min(self.end);
                if line == terminator {
                    break;
                }
            }
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let mut text = String::new();
        let mut quoted = false;
        while let Some(next) = self.peek() {
            match next {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | ')' | '<' | '>' => break,
                '(' if !text.ends_with('$') => break,
                '(' => {
                    // VAR=$(command): the words inside are a command of their own.
                    self.bump();
                    text.push('(');
                    break;
                }
                '\'' => {
                    quoted = true;
                    self.bump();
                    while let Some(c) = self.bump().filter(|c| *c != '\'') {
                        text.push(c);
                    }
                }
                '"' => {
                    quoted = true;
                    self.double_quoted(&mut text);
                }
                '\\' if self.is_continued() => break,
                '\\' => {
                    self.bump();
                    text.extend(self.bump());
                }
                _ => text.extend(self.bump()),
            }
        }
        if self.at == start {
            // A redirection or another sign of its own: no part of a word.
            self.bump();
            return;
        }
        self.words.push(Word { text, span: start..self.at, quoted });
    }

    fn double_quoted(&mut self, text: &mut String) {
        self.bump();
        while let Some(next) = self.bump() {
            match next {
                '"' => return,
                '\\' => match self.bump() {
                    Some('\n') | None => {}
                    Some(c @ ('"' | '\\' | '$' | '`')) => text.push(c),
                    Some(c) => text.extend(['\\', c]),
                },
                _ => text.push(next),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        let lines = lines(text, 0..text.len());
        lines.into_iter().map(|line| line.into_iter().map(|word| word.text).collect()).collect()
    }

    #[test]
    fn words_are_split_as_a_shell_does() {
        assert_eq!(words("a 'b c' \"d \\\" e\" f\\ g # no\nh"), [vec!["a", "b c", "d \" e", "f g"], vec!["h"]]);
        assert_eq!(words("a \\\n  --b 1 \\\r\n --c"), [vec!["a", "--b", "1", "--c"]]);
        assert_eq!(words("a; b && c | d"), [vec!["a"], vec!["b"], vec!["c"], vec!["d"]]);
        assert_eq!(words("cat > x <<EOF\naliyun ess X\nEOF\nb"), [vec!["cat", "x"], vec!["b"]]);
        assert_eq!(
            words("A=$(aws x y --q 1 | jq .)\nb \"$A\""),
            [vec!["A=$(", "aws", "x", "y", "--q", "1"], vec!["jq", "."], vec!["b", "$A"]]
        );
        assert_eq!(words("'unclosed"), [vec!["unclosed"]]);
    }
}
