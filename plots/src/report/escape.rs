//! Text that others wrote, made harmless for HTML, for a script element and for Markdown.

use crate::typeface::clean;

/// For text and attributes in double quotes.
pub(super) fn html(text: &str) -> String {
    visible(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// The same for text of several lines, such as a scenario.
pub(super) fn lines(text: &str) -> String {
    text.lines()
        .map(|line| {
            let indent: String = line.chars().take_while(|c| *c == ' ').collect();
            format!("{indent}{}\n", html(line))
        })
        .collect()
}

/// JSON for a script element: nothing in it can end the element.
pub(super) fn script(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// For a cell of a Markdown table: no markup, no mentions, no links.
pub(super) fn markdown(text: &str) -> String {
    let mut safe = String::new();
    for c in visible(text).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '\\' => {
                safe.push('\\');
                safe.push(c);
            }
            '@' => safe.push_str("&#64;"),
            c => safe.push(c),
        }
    }
    safe
}

/// Without control characters and marks that would reorder the line; words may have several spaces between them.
fn visible(text: &str) -> String {
    text.split(' ').map(clean).collect::<Vec<_>>().join(" ").trim_start().to_owned()
}

/// At most so many characters, with an ellipsis.
pub(super) fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_others_is_text() {
        assert_eq!(
            html("<script>alert('x')</script>&\""),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"
        );
        assert_eq!(html("a\u{0}b\u{202e}c"), "abc");
        assert_eq!(script("</script><!--"), "\\u003c/script>\\u003c!--");
        assert_eq!(markdown("a|b @me [x](y) <b>`"), "a\\|b &#64;me \\[x\\](y) &lt;b&gt;\\`");
        assert_eq!(lines("[a]\n  b = 1  # default"), "[a]\n  b = 1  # default\n");
        assert_eq!(short(&"x".repeat(300), 5), "xxxx…");
    }
}
