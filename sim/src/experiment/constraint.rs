//! Constraints between parameters: `"ess.alarm.cpu-low.threshold < ess.alarm.cpu-high.threshold"`. Points that break
//! one are left out of the sweep.
//!
//! Names and operators stand apart by spaces, since names may hold a `-` of their own: `a - 5 < b`.

use super::quantity;

/// A chain of comparisons between sums: `0.5 * a + 3 < b <= c`.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    sides: Vec<Expression>,
    /// One between every two sides.
    comparisons: Vec<Comparison>,
    text: String,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Number(f64),
    Text(String),
    Key(String),
    Operation(Box<Expression>, char, Box<Expression>),
}

/// What a key stands for.
enum Operand {
    Number(f64),
    Text(String),
}

impl Constraint {
    /// Reads a constraint.
    ///
    /// # Errors
    /// Says what cannot be understood.
    pub fn parse(text: &str) -> Result<Constraint, String> {
        let mut tokens = tokens(text).into_iter().peekable();
        let mut sides = vec![sum(&mut tokens)?];
        let mut comparisons = Vec::new();
        while let Some(token) = tokens.next() {
            let comparison = comparison(&token)
                .ok_or_else(|| format!("`{token}` is none of < <= > >= == !=; operators need spaces around them"))?;
            comparisons.push(comparison);
            sides.push(sum(&mut tokens)?);
        }
        if comparisons.is_empty() {
            return Err("a constraint compares something, such as `a < b`".into());
        }
        Ok(Constraint { sides, comparisons, text: text.to_string() })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The keys that it names.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys = Vec::new();
        for side in &self.sides {
            side.collect_keys(&mut keys);
        }
        keys
    }

    /// Whether it holds, when keys have these values.
    ///
    /// # Errors
    /// When a key has no value that can be compared.
    pub fn holds(&self, value_of: &dyn Fn(&str) -> Option<toml::Value>) -> Result<bool, String> {
        let values: Vec<Operand> = self.sides.iter().map(|side| side.value(value_of)).collect::<Result<_, _>>()?;
        for (pair, comparison) in values.windows(2).zip(&self.comparisons) {
            if !compare(&pair[0], *comparison, &pair[1])? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn compare(left: &Operand, comparison: Comparison, right: &Operand) -> Result<bool, String> {
    match (left, right) {
        (Operand::Number(left), Operand::Number(right)) => Ok(match comparison {
            Comparison::Less => left < right,
            Comparison::LessOrEqual => left <= right,
            Comparison::Greater => left > right,
            Comparison::GreaterOrEqual => left >= right,
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
        }),
        (Operand::Text(left), Operand::Text(right)) => match comparison {
            Comparison::Equal => Ok(left == right),
            Comparison::NotEqual => Ok(left != right),
            _ => Err(format!("`{left}` and `{right}` are texts: they can be compared by == and != only")),
        },
        _ => Err("a number cannot be compared with a text".into()),
    }
}

impl Expression {
    fn collect_keys<'e>(&'e self, keys: &mut Vec<&'e str>) {
        match self {
            Expression::Key(key) => keys.push(key),
            Expression::Operation(left, _, right) => {
                left.collect_keys(keys);
                right.collect_keys(keys);
            }
            Expression::Number(_) | Expression::Text(_) => {}
        }
    }

    fn value(&self, value_of: &dyn Fn(&str) -> Option<toml::Value>) -> Result<Operand, String> {
        match self {
            Expression::Number(number) => Ok(Operand::Number(*number)),
            Expression::Text(text) => Ok(Operand::Text(text.clone())),
            Expression::Key(key) => match value_of(key) {
                None => Err(format!("`{key}` has no value")),
                Some(value) => match (quantity::number(&value), value) {
                    (Some(number), _) => Ok(Operand::Number(number)),
                    (None, toml::Value::String(text)) => Ok(Operand::Text(text)),
                    (None, other) => Err(format!("`{key}` is {other}, which cannot be compared")),
                },
            },
            Expression::Operation(left, operator, right) => {
                let (Operand::Number(left), Operand::Number(right)) = (left.value(value_of)?, right.value(value_of)?)
                else {
                    return Err(format!("`{operator}` needs numbers on both sides"));
                };
                Ok(Operand::Number(match operator {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ => left / right,
                }))
            }
        }
    }
}

fn comparison(token: &str) -> Option<Comparison> {
    Some(match token {
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        "==" | "=" => Comparison::Equal,
        "!=" => Comparison::NotEqual,
        _ => return None,
    })
}

/// Words between spaces; comparisons need none, since no name holds a `<`, `>`, `=` or `!`.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let is_sign = |c: char| matches!(c, '<' | '>' | '=' | '!');
    let mut word = String::new();
    let mut was_sign = false;
    for letter in text.chars() {
        let breaks = letter.is_whitespace() || (!word.is_empty() && is_sign(letter) != was_sign);
        if breaks && !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        if !letter.is_whitespace() {
            word.push(letter);
            was_sign = is_sign(letter);
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    tokens
}

type Tokens = std::iter::Peekable<std::vec::IntoIter<String>>;

fn sum(tokens: &mut Tokens) -> Result<Expression, String> {
    let mut left = product(tokens)?;
    while let Some(operator) = tokens.next_if(|token| token == "+" || token == "-") {
        let right = product(tokens)?;
        left = Expression::Operation(Box::new(left), if operator == "+" { '+' } else { '-' }, Box::new(right));
    }
    Ok(left)
}

fn product(tokens: &mut Tokens) -> Result<Expression, String> {
    let mut left = operand(tokens)?;
    while let Some(operator) = tokens.next_if(|token| token == "*" || token == "/") {
        let right = operand(tokens)?;
        left = Expression::Operation(Box::new(left), if operator == "*" { '*' } else { '/' }, Box::new(right));
    }
    Ok(left)
}

fn operand(tokens: &mut Tokens) -> Result<Expression, String> {
    let token = tokens.next().ok_or("a constraint ends where a name or a number is expected")?;
    if comparison(&token).is_some() || ["+", "-", "*", "/"].contains(&token.as_str()) {
        return Err(format!("a name or a number is expected before `{token}`"));
    }
    if let Some(text) = token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Ok(Expression::Text(text.to_string()));
    }
    if let Some(text) = token.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Ok(Expression::Text(text.to_string()));
    }
    if token.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') {
        let number = quantity::number(&toml::Value::String(token.clone()));
        return number.map(Expression::Number).ok_or_else(|| format!("`{token}` is not a number or a quantity"));
    }
    Ok(Expression::Key(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn holds(text: &str) -> bool {
        let value_of = |key: &str| match key {
            "in" => Some(toml::Value::Integer(30)),
            "out-high" => Some(toml::Value::Integer(70)),
            "cooldown" => Some(toml::Value::String("5m".into())),
            "statistic" => Some(toml::Value::String("average".into())),
            _ => None,
        };
        Constraint::parse(text).unwrap().holds(&value_of).unwrap()
    }

    #[test]
    fn constraints_compare_keys_numbers_and_quantities() {
        assert!(holds("in < out-high"));
        assert!(holds("in<out-high"));
        assert!(!holds("out-high <= in"));
        assert!(holds("20 < in < out-high"));
        assert!(!holds("20 < in < 25"));
        assert!(holds("cooldown >= 300s"));
        assert!(holds("in + 2 * 20 == out-high"));
        assert!(holds("out-high - in > 39"));
        assert!(holds("statistic == 'average'"));
    }

    #[test]
    fn what_is_no_constraint_says_why() {
        for text in ["in", "in <", "< in", "in & out", "in < 3x"] {
            assert!(Constraint::parse(text).is_err(), "{text}");
        }
        let missing = Constraint::parse("nothing < 3").unwrap().holds(&|_| None).unwrap_err();
        assert_eq!(missing, "`nothing` has no value");
    }
}
