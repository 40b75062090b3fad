//! Words of a shell script with their places: quotes, continuations, comments, here-documents, variables whose value is
//! written in the script, commands within commands. Enough for command lines as guides print them; what only a run would
//! know is kept as it is written.

use std::collections::BTreeMap;
use std::ops::Range;

/// A word and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) span: Range<usize>,
    /// True when any part of it was quoted: an option is not.
    pub(super) quoted: bool,
}

/// What a script has set so far.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Variables with their values, as far as they are written in the script.
    variables: BTreeMap<String, String>,
    /// Files that here-documents wrote, by their name without folders.
    pub(super) files: BTreeMap<String, String>,
    /// Commands within commands; each has a number of its own.
    substitutions: usize,
}

/// Longer values come from variables within variables.
const LONGEST_VALUE: usize = 1 << 16;

impl Known {
    /// The value of a variable that begins the text (after its `$`), and how long its name is written.
    fn expansion(&self, text: &str) -> Option<(String, usize)> {
        let name_of = |text: &str| text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
        if let Some(braced) = text.strip_prefix('{') {
            let inner = &braced[..braced.find('}')?];
            let (name, rest) = inner.split_at(name_of(inner));
            let default = rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'));
            let value = match (self.variables.get(name), default) {
                (Some(value), _) if rest.is_empty() || default.is_some() => value.clone(),
                (None, Some(default)) => default.trim_matches('"').to_string(),
                _ => return None,
            };
            return Some((value, inner.len() + 2));
        }
        let name = &text[..name_of(text)];
        self.variables.get(name).map(|value| (value.clone(), name.len()))
    }

    /// A text with its variables replaced.
    fn expanded(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            match self.expansion(after).filter(|_| out.len() < LONGEST_VALUE) {
                Some((value, length)) => {
                    out.push_str(&value);
                    rest = &after[length..];
                }
                None => {
                    out.push('$');
                    rest = after;
                }
            }
        }
        out + rest
    }
}

/// Simple commands: the words between separators, of a stretch of the text.
pub(super) fn lines(text: &str, within: Range<usize>, known: &mut Known) -> Vec<Vec<Word>> {
    let mut reader = Reader {
        text,
        at: within.start,
        end: within.end,
        commands: Vec::new(),
        words: Vec::new(),
        heredocs: Vec::new(),
        within: Vec::new(),
        known,
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
    /// Here-documents that begin after this line: the terminator, and whether variables are replaced.
    heredocs: Vec<(String, bool)>,
    /// What is read on when a parenthesis closes.
    within: Vec<Within>,
    known: &'t mut Known,
}

/// A parenthesis, or a substitution, that is open.
struct Within {
    /// The words of the command around it.
    around: Vec<Word>,
    /// True when it stands in double quotes.
    quoted: bool,
    /// True when a backquote closes it.
    backquote: bool,
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
                ';' | '&' | '|' => {
                    self.bump();
                    self.end_command();
                }
                '(' => {
                    self.bump();
                    // `A=(x y)`: a list, which is no value of ours.
                    if let Some(word) = self.words.last_mut().filter(|word| word.text.ends_with('=')) {
                        word.text.push('$');
                    }
                    self.end_command();
                    self.within.push(Within { around: Vec::new(), quoted: false, backquote: false });
                }
                ')' => self.close(),
                '`' if self.within.last().is_some_and(|within| within.backquote) => self.close(),
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
        if self.words.is_empty() {
            return;
        }
        let words = std::mem::take(&mut self.words);
        self.assign(&words);
        self.commands.push(words);
    }

    /// Remembers variables that a command of nothing but assignments sets.
    fn assign(&mut self, words: &[Word]) {
        let is_keyword =
            |word: &&Word| ["export", "local", "readonly", "declare", "typeset"].contains(&word.text.as_str());
        let assigned =
            words.iter().skip_while(is_keyword).map(|word| word.text.split_once('=')).collect::<Option<Vec<_>>>();
        for (name, value) in assigned.unwrap_or_default() {
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            // What a command would print is not known.
            if is_name && !value.contains(['$', '`']) {
                self.known.variables.insert(name.to_string(), value.to_string());
            } else {
                self.known.variables.remove(name);
            }
        }
    }

    /// A substitution begins: what stands before it in the word is given. The words inside become a command of their own,
    /// which begins with the name that takes its result: `VAR=$(`.
    fn open(&mut self, before: &str, start: usize, quoted: bool, backquote: bool) {
        let span = start..self.at;
        let (around, name) = if before.ends_with('=') && before.len() > 1 && !before.starts_with('-') {
            // Whatever it was before, now it is what a command prints.
            self.known.variables.remove(before.trim_end_matches('='));
            (Vec::new(), before.to_string())
        } else {
            self.known.substitutions += 1;
            let name = format!("substitution_{}", self.known.substitutions);
            let mut around = std::mem::take(&mut self.words);
            around.push(Word { text: format!("{before}${name}"), span: span.clone(), quoted });
            (around, format!("{name}="))
        };
        self.within.push(Within { around, quoted, backquote });
        self.words.push(Word { text: format!("{name}$("), span, quoted: false });
    }

    /// A parenthesis, or a backquote, closes.
    fn close(&mut self) {
        self.bump();
        self.end_command();
        let Some(within) = self.within.pop() else { return };
        self.words = within.around;
        // What follows belongs to the same word: `"web-$(date)-a"`.
        let before = self.words.pop();
        let is_assigned = before.is_none();
        let Word { mut text, span, quoted } =
            before.unwrap_or_else(|| Word { text: String::new(), span: self.at..self.at, quoted: false });
        if within.quoted && self.quoted_rest(&mut text) {
            return self.open(&text, span.start, true, false);
        }
        // A result that a variable takes is known by the variable's name.
        if !is_assigned {
            self.word_from(text, span.start, quoted);
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
            self.heredocs.push((word.text, !word.quoted));
        }
    }

    fn skip_heredocs(&mut self) {
        for (terminator, is_expanded) in std::mem::take(&mut self.heredocs) {
            let start = self.at;
            let mut content = self.end;
            while self.at < self.end {
                let line_end = self.text[self.at..self.end].find('\n').map_or(self.end, |i| self.at + i);
                let line = self.text[self.at..line_end].trim();
                let line_start = self.at;
                self.at = (line_end + 1).min(self.end);
                if line == terminator {
                    content = line_start;
                    break;
                }
            }
            // `cat > name <<EOF`, `tee name <<EOF`
            let writer = self.commands.last().filter(|words| ["cat", "tee"].contains(&words[0].text.as_str()));
            if let Some(name) =
                writer.and_then(|words| words[1..].iter().rev().find(|word| !word.text.starts_with('-')))
            {
                let text = &self.text[start..content];
                let text = if is_expanded { self.known.expanded(text) } else { text.to_string() };
                self.known.files.insert(file_name(&name.text).to_string(), text);
            }
        }
    }

    fn word(&mut self) {
        self.word_from(String::new(), self.at, false);
    }

    /// Reads a word on from what is known of it.
    fn word_from(&mut self, mut text: String, start: usize, mut quoted: bool) {
        while let Some(next) = self.peek() {
            match next {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' => break,
                '$' if self.text[self.at..self.end].starts_with("$(") => {
                    self.at += 2;
                    return self.open(&text, start, quoted, false);
                }
                '$' => self.variable(&mut text),
                '`' if self.within.last().is_some_and(|within| within.backquote) => break,
                '`' => {
                    self.bump();
                    return self.open(&text, start, quoted, true);
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
                    if self.double_quoted(&mut text) {
                        return self.open(&text, start, true, false);
                    }
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

    /// A variable: its value when the script says it, else as it is written.
    fn variable(&mut self, text: &mut String) {
        self.bump();
        match self.known.expansion(&self.text[self.at..self.end]).filter(|_| text.len() < LONGEST_VALUE) {
            Some((value, length)) => {
                text.push_str(&value);
                self.at += length;
            }
            None => text.push('$'),
        }
    }

    /// Reads up to the closing quote; true when a substitution begins before it.
    fn double_quoted(&mut self, text: &mut String) -> bool {
        self.bump();
        self.quoted_rest(text)
    }

    /// The same, after the opening quote.
    fn quoted_rest(&mut self, text: &mut String) -> bool {
        while let Some(next) = self.peek() {
            if next == '$' {
                if self.text[self.at..self.end].starts_with("$(") {
                    self.at += 2;
                    return true;
                }
                self.variable(text);
                continue;
            }
            self.bump();
            match next {
                '"' => return false,
                '\\' => match self.bump() {
                    Some('\n') | None => {}
                    Some(c @ ('"' | '\\' | '$' | '`')) => text.push(c),
                    Some(c) => text.extend(['\\', c]),
                },
                _ => text.push(next),
            }
        }
        false
    }
}

/// A path without its folders.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        let lines = lines(text, 0..text.len(), &mut Known::default());
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

    #[test]
    fn variables_that_the_script_sets_are_replaced() {
        assert_eq!(words("A=web\nb $A-x \"${A}\" '$A' ${C:-d} $E")[1], ["b", "web-x", "web", "$A", "d", "$E"]);
        assert_eq!(words("export A=1 B='x y'\nc \"$A $B\"")[1], ["c", "1 x y"]);
        // What a command would print is not known, also when the variable was set before.
        assert_eq!(words("A=1\nA=$(x)\nb $A").last().unwrap(), &["b", "$A"]);
    }

    #[test]
    fn commands_within_commands_are_commands() {
        assert_eq!(words("A=\"$(aws x y --q \"z w\")\"\nb"), [vec!["A=$(", "aws", "x", "y", "--q", "z w"], vec!["b"]]);
        assert_eq!(words("A=`aws x`\nb"), [vec!["A=$(", "aws", "x"], vec!["b"]]);
        assert_eq!(
            words("a --c \"$(aws x)\" --d 1"),
            [vec!["substitution_1=$(", "aws", "x"], vec!["a", "--c", "$substitution_1", "--d", "1"]]
        );
        assert_eq!(words("(a; b) && c"), [vec!["a"], vec!["b"], vec!["c"]]);
        assert_eq!(
            words("a --n \"x-$(d)-y\" --m z$(e)w --l 1"),
            [
                vec!["substitution_1=$(", "d"],
                vec!["substitution_2=$(", "e"],
                vec!["a", "--n", "x-$substitution_1-y", "--m", "z$substitution_2w", "--l", "1"]
            ]
        );
    }

    #[test]
    fn here_documents_are_files() {
        let mut known = Known::default();
        let text = "N=web\ncat > /tmp/a.json <<EOF\n{\"x\": \"$N\"}\nEOF\ncat <<'E' > b.json\n$N\nE\n";
        lines(text, 0..text.len(), &mut known);
        assert_eq!(known.files["a.json"], "{\"x\": \"web\"}\n");
        assert_eq!(known.files["b.json"], "$N\n");
    }
}
