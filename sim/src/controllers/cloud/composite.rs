//! Composite alarms: a rule over the states of other alarms. They report; CloudWatch lets them invoke no scaling action.
//!
//! Source: PutCompositeAlarm, AlarmRule: `ALARM(a) AND NOT (OK(b) OR INSUFFICIENT_DATA(c))`, `TRUE`, `FALSE`, and
//! `AT_LEAST(2, ALARM, (a, b, c))` or `AT_LEAST(50%, ...)`. `NOT` binds closest, then `AND`, then `OR`.

use std::collections::BTreeMap;
use std::fmt;

use windtunnel_traces::SimTime;

use crate::controllers::decision::{AlarmChange, AlarmState};

/// Why a rule cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RuleError {
    /// Something else was expected.
    #[error("after `{before}` comes {found}; expected {expected}")]
    Unexpected { before: String, found: String, expected: &'static str },
    /// Too deep, or too long.
    #[error("the rule has {0} characters; the API takes at most 10240")]
    TooLong(usize),
}

/// What a rule says.
#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Is(AlarmState, String),
    AtLeast(Share, AlarmState, Vec<String>),
    Constant(bool),
    Not(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
}

/// How many of several.
#[derive(Copy, Clone, Debug, PartialEq)]
enum Share {
    Count(usize),
    Percent(f64),
}

/// A rule that has been read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule(Expression);

/// A composite alarm at work.
#[derive(Clone, Debug)]
pub(crate) struct Composite {
    pub(crate) name: String,
    rule: Rule,
    state: AlarmState,
}

impl Composite {
    pub(crate) fn new(name: &str, rule: Rule) -> Self {
        Composite { name: name.to_string(), rule, state: AlarmState::InsufficientData }
    }
}

/// Evaluates composites in their order; each may look at those before it.
pub(crate) fn evaluate_all(
    composites: &mut [Composite],
    alarms: &[(&str, AlarmState)],
    now: SimTime,
    changes: &mut Vec<AlarmChange>,
) {
    let mut states: BTreeMap<String, AlarmState> = alarms.iter().map(|(name, s)| ((*name).to_string(), *s)).collect();
    for composite in composites {
        let to = if composite.rule.0.holds(&states) { AlarmState::Alarm } else { AlarmState::Ok };
        if to != composite.state {
            let from = std::mem::replace(&mut composite.state, to);
            let reason = format!("{} is {}", composite.rule, if to == AlarmState::Alarm { "TRUE" } else { "FALSE" });
            changes.push(AlarmChange { at: now, alarm: composite.name.clone(), from, to, reason });
        }
        states.insert(composite.name.clone(), to);
    }
}

impl Expression {
    fn holds(&self, states: &BTreeMap<String, AlarmState>) -> bool {
        match self {
            Expression::Is(state, alarm) => states.get(alarm) == Some(state),
            Expression::AtLeast(share, state, alarms) => {
                let count = alarms.iter().filter(|alarm| states.get(*alarm) == Some(state)).count();
                match share {
                    Share::Count(least) => count >= *least,
                    Share::Percent(percent) => count as f64 * 100.0 >= percent * alarms.len() as f64,
                }
            }
            Expression::Constant(value) => *value,
            Expression::Not(inner) => !inner.holds(states),
            Expression::And(all) => all.iter().all(|each| each.holds(states)),
            Expression::Or(any) => any.iter().any(|each| each.holds(states)),
        }
    }

    fn alarms<'e>(&'e self, names: &mut Vec<&'e str>) {
        match self {
            Expression::Is(_, alarm) => names.push(alarm),
            Expression::AtLeast(_, _, alarms) => names.extend(alarms.iter().map(String::as_str)),
            Expression::Constant(_) => {}
            Expression::Not(inner) => inner.alarms(names),
            Expression::And(several) | Expression::Or(several) => several.iter().for_each(|each| each.alarms(names)),
        }
    }
}

impl Rule {
    /// Reads a rule.
    pub(crate) fn parse(text: &str) -> Result<Rule, RuleError> {
        if text.chars().count() > 10_240 {
            return Err(RuleError::TooLong(text.chars().count()));
        }
        let mut reader = Reader { text, rest: text };
        let rule = reader.any_of()?;
        match reader.peek() {
            None => Ok(Rule(rule)),
            Some(_) => Err(reader.unexpected("AND, OR or the end")),
        }
    }

    /// The alarms that it names.
    pub(crate) fn alarms(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.0.alarms(&mut names);
        names
    }
}

/// Reads a rule word by word.
struct Reader<'t> {
    text: &'t str,
    rest: &'t str,
}

impl<'t> Reader<'t> {
    /// The next word: a name, a quoted name, or one of `(`, `)`, `,`.
    fn split(&self) -> (Option<&'t str>, &'t str) {
        let rest = self.rest.trim_start();
        let Some(first) = rest.chars().next() else { return (None, rest) };
        let length = match first {
            '(' | ')' | ',' => 1,
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            _ => rest.find(|c: char| c.is_whitespace() || "(),\"".contains(c)).unwrap_or(rest.len()),
        };
        (Some(&rest[..length]), &rest[length..])
    }

    fn peek(&self) -> Option<&'t str> {
        self.split().0
    }

    fn next(&mut self) -> Option<&'t str> {
        let (word, rest) = self.split();
        self.rest = rest;
        word
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|next| next.eq_ignore_ascii_case(word));
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, word: &str, expected: &'static str) -> Result<(), RuleError> {
        if self.takes(word) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn unexpected(&self, expected: &'static str) -> RuleError {
        let before = self.text[..self.text.len() - self.rest.len()].trim();
        let found = self.peek().map_or("the end".to_string(), |word| format!("`{word}`"));
        RuleError::Unexpected { before: before.to_string(), found, expected }
    }

    fn any_of(&mut self) -> Result<Expression, RuleError> {
        let mut several = vec![self.all_of()?];
        while self.takes("OR") {
            several.push(self.all_of()?);
        }
        Ok(if several.len() == 1 { several.remove(0) } else { Expression::Or(several) })
    }

    fn all_of(&mut self) -> Result<Expression, RuleError> {
        let mut several = vec![self.single()?];
        while self.takes("AND") {
            several.push(self.single()?);
        }
        Ok(if several.len() == 1 { several.remove(0) } else { Expression::And(several) })
    }

    fn single(&mut self) -> Result<Expression, RuleError> {
        // `NOT NOT a` is read in a loop, so that a long rule cannot exhaust the stack by it.
        let mut negated = false;
        while self.takes("NOT") {
            negated = !negated;
        }
        let inner = self.plain()?;
        Ok(if negated { Expression::Not(Box::new(inner)) } else { inner })
    }

    fn plain(&mut self) -> Result<Expression, RuleError> {
        const EXPECTED: &str = "ALARM(...), OK(...), INSUFFICIENT_DATA(...), AT_LEAST(...), TRUE, FALSE, NOT or (";
        if self.takes("(") {
            if self.text.matches('(').count() > 500 {
                return Err(self.unexpected("fewer parentheses"));
            }
            let inner = self.any_of()?;
            self.expect(")", "AND, OR or )")?;
            return Ok(inner);
        }
        if self.takes("TRUE") {
            return Ok(Expression::Constant(true));
        }
        if self.takes("FALSE") {
            return Ok(Expression::Constant(false));
        }
        if self.takes("AT_LEAST") {
            return self.at_least();
        }
        let Some(state) = self.state() else { return Err(self.unexpected(EXPECTED)) };
        self.expect("(", "( and the name of an alarm")?;
        let alarm = self.name()?;
        self.expect(")", ")")?;
        Ok(Expression::Is(state, alarm))
    }

    fn state(&mut self) -> Option<AlarmState> {
        [AlarmState::Alarm, AlarmState::Ok, AlarmState::InsufficientData]
            .into_iter()
            .find(|state| self.takes(&state.to_string()))
    }

    fn name(&mut self) -> Result<String, RuleError> {
        match self.peek() {
            Some(word) if !["(", ")", ","].contains(&word) => {
                self.next();
                Ok(word.trim_matches('"').to_string())
            }
            _ => Err(self.unexpected("the name of an alarm")),
        }
    }

    fn at_least(&mut self) -> Result<Expression, RuleError> {
        self.expect("(", "(")?;
        let word = self.peek().unwrap_or_default();
        let share = match word.strip_suffix('%') {
            Some(percent) => percent.parse().ok().filter(|p| (0.0..=100.0).contains(p)).map(Share::Percent),
            None => word.parse().ok().filter(|count| *count > 0).map(Share::Count),
        };
        let Some(share) = share else { return Err(self.unexpected("a number of alarms, or a percentage")) };
        self.next();
        self.expect(",", ",")?;
        let Some(state) = self.state() else { return Err(self.unexpected("ALARM, OK or INSUFFICIENT_DATA")) };
        self.expect(",", ",")?;
        self.expect("(", "( and names of alarms")?;
        let mut alarms = vec![self.name()?];
        while self.takes(",") {
            alarms.push(self.name()?);
        }
        self.expect(")", ", or )")?;
        self.expect(")", ")")?;
        Ok(Expression::AtLeast(share, state, alarms))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join =
            |several: &[Expression], word: &str| several.iter().map(ToString::to_string).collect::<Vec<_>>().join(word);
        match self {
            Expression::Is(state, alarm) => write!(f, "{state}({alarm})"),
            Expression::AtLeast(Share::Count(n), state, alarms) => {
                write!(f, "AT_LEAST({n}, {state}, ({}))", alarms.join(", "))
            }
            Expression::AtLeast(Share::Percent(p), state, alarms) => {
                write!(f, "AT_LEAST({p}%, {state}, ({}))", alarms.join(", "))
            }
            Expression::Constant(value) => f.write_str(if *value { "TRUE" } else { "FALSE" }),
            Expression::Not(inner) => write!(f, "NOT {inner}"),
            Expression::And(several) => write!(f, "({})", join(several, " AND ")),
            Expression::Or(several) => write!(f, "({})", join(several, " OR ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn holds(rule: &str) -> bool {
        let states = [("a", AlarmState::Alarm), ("b", AlarmState::Ok), ("c d", AlarmState::InsufficientData)];
        let states = states.into_iter().map(|(name, state)| (name.to_string(), state)).collect();
        Rule::parse(rule).unwrap_or_else(|error| panic!("{rule}: {error}")).0.holds(&states)
    }

    #[test]
    fn rules_read_as_the_api_documents() {
        for (rule, expected) in [
            ("ALARM(a)", true),
            ("ALARM(\"a\") AND OK(b)", true),
            ("NOT ALARM(a)", false),
            // AND binds closer than OR, NOT closest.
            ("TRUE OR FALSE AND FALSE", true),
            ("(TRUE OR FALSE) AND FALSE", false),
            ("NOT FALSE AND FALSE", false),
            ("INSUFFICIENT_DATA(\"c d\")", true),
            ("ALARM(nobody)", false),
            ("AT_LEAST(1, ALARM, (a, b))", true),
            ("AT_LEAST(2, ALARM, (a, b))", false),
            ("AT_LEAST(50%, OK, (a, b))", true),
            ("NOT NOT ALARM(a)", true),
        ] {
            assert_eq!(holds(rule), expected, "{rule}");
        }
    }

    #[test]
    fn what_is_no_rule_says_where() {
        for (rule, said) in [
            ("", "after `` comes the end; expected ALARM(...)"),
            ("ALARM(a) OK(b)", "after `ALARM(a)` comes `OK`; expected AND, OR or the end"),
            ("ALARM()", "after `ALARM(` comes `)`; expected the name of an alarm"),
            ("(ALARM(a)", "comes the end; expected AND, OR or )"),
            ("AT_LEAST(x, ALARM, (a))", "comes `x`; expected a number of alarms"),
        ] {
            let error = Rule::parse(rule).expect_err(rule).to_string();
            assert!(error.contains(said), "{rule}: {error}");
        }
        assert!(Rule::parse(&"(".repeat(10_000)).is_err());
    }
}
