//! The axes of a sweep: which keys vary, and over which values.

use crate::scenario::document::{ScenarioError, Written};

/// Keys that vary together, and what they vary over.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The addresses of the keys; more than one when they are linked.
    pub keys: Vec<String>,
    /// What they vary over.
    pub levels: Levels,
    /// Where the axis was written, for errors about it.
    pub written: Written,
}

/// What an axis varies over.
#[derive(Clone, Debug)]
pub enum Levels {
    /// One value per key and level.
    Listed(Vec<Vec<Written>>),
    /// Everything between two numbers.
    Continuous(Range),
}

/// Everything between two quantities of one unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    from: f64,
    to: f64,
    unit: Unit,
    /// Evenly in the logarithm rather than in the number.
    is_log: bool,
    /// Both ends are whole numbers of their unit: then so is everything between.
    is_whole: bool,
}

/// How a number becomes a value again.
#[derive(Clone, Debug, PartialEq)]
enum Unit {
    Number,
    /// A text: the number followed by this.
    Suffix(String),
}

impl Axis {
    /// The axis's name: its first key.
    pub fn name(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }

    /// How many levels there are; nothing when there are infinitely many.
    pub fn len(&self) -> Option<usize> {
        match &self.levels {
            Levels::Listed(levels) => Some(levels.len()),
            Levels::Continuous(_) => None,
        }
    }

    /// Never: an axis without values is refused when it is read.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// The values of all keys at a place between 0 and 1 (1 excluded). Listed levels take equal shares.
    pub fn at(&self, place: f64) -> Vec<Written> {
        match &self.levels {
            Levels::Listed(levels) => {
                let index = (place * levels.len() as f64) as usize;
                levels[index.min(levels.len() - 1)].clone()
            }
            Levels::Continuous(range) => vec![self.written.derived(range.at(place))],
        }
    }

    /// The values of all keys at a level.
    pub fn level(&self, index: usize) -> Vec<Written> {
        match &self.levels {
            Levels::Listed(levels) => levels[index.min(levels.len() - 1)].clone(),
            Levels::Continuous(_) => self.at(index as f64),
        }
    }
}

/// Reads what one key varies over: a list, or a table with `from`, `to` and `step` or `points`.
///
/// # Errors
/// When it is neither, or empty.
pub fn read(key: &str, written: &Written) -> Result<Axis, ScenarioError> {
    let levels = match written.elements() {
        Some(elements) if elements.is_empty() => {
            return Err(written
                .error(format!("the axis `{key}` has no values"))
                .with_help("give at least one value")
                .into());
        }
        Some(elements) => Levels::Listed(elements.into_iter().map(|element| vec![element]).collect()),
        None => read_range(key, written)?,
    };
    Ok(Axis { keys: vec![key.to_string()], levels, written: written.clone() })
}

/// Puts axes that move together into one.
///
/// # Errors
/// When they have different numbers of values, or one of them is continuous.
pub fn link(axes: Vec<Axis>, written: &Written) -> Result<Axis, ScenarioError> {
    let mut keys = Vec::new();
    let mut linked: Vec<Vec<Written>> = Vec::new();
    for axis in axes {
        let Levels::Listed(levels) = axis.levels else {
            return Err(axis
                .written
                .error("linked keys need values that can be counted")
                .with_help("add a `step` or `points`")
                .into());
        };
        if linked.is_empty() {
            linked = levels.iter().map(|_| Vec::new()).collect();
        }
        if levels.len() != linked.len() {
            let message =
                format!("linked keys need equally many values: {} here, {} before", levels.len(), linked.len());
            return Err(axis.written.error(message).into());
        }
        for (all, one) in linked.iter_mut().zip(levels) {
            all.extend(one);
        }
        keys.extend(axis.keys);
    }
    if linked.is_empty() {
        return Err(written.error("linked keys are missing").with_help("write \"ess.min\" = [2, 3] and so on").into());
    }
    Ok(Axis { keys, levels: Levels::Listed(linked), written: written.clone() })
}

/// True for a table that says a range, rather than for keys of a scenario.
pub fn is_range(written: &Written) -> bool {
    let Some(entries) = written.entries() else { return false };
    let is_plain = |name: &str| {
        entries.iter().any(|(key, value)| key == name && value.elements().is_none() && value.entries().is_none())
    };
    is_plain("from") && is_plain("to")
}

const RANGE_HELP: &str =
    "write a list, { from = 50, to = 80, step = 5 }, or { from = 50, to = 80, points = 4, log = true }";
/// More levels are a slip of the pen.
const MOST_LEVELS: f64 = 1e6;

fn read_range(key: &str, written: &Written) -> Result<Levels, ScenarioError> {
    let wrong =
        |message: String| ScenarioError::from(written.error(format!("`{key}`: {message}")).with_help(RANGE_HELP));
    let Some(entries) = written.entries().filter(|_| is_range(written)) else {
        return Err(wrong("neither a list of values nor a range".into()));
    };
    let get = |name: &str| entries.iter().find(|(key, _)| key == name).map(|(_, value)| value.to_toml());
    if let Some((unknown, _)) =
        entries.iter().find(|(key, _)| !["from", "to", "step", "points", "log"].contains(&key.as_str()))
    {
        return Err(wrong(format!("a range has no key `{unknown}`")));
    }
    let (Some(from), Some(to)) = (get("from"), get("to")) else {
        return Err(wrong("`from` or `to` is missing".into()));
    };
    let is_log = match get("log") {
        None => false,
        Some(toml::Value::Boolean(is_log)) => is_log,
        Some(other) => return Err(wrong(format!("`log` is true or false, not {other}"))),
    };
    let quantities: Vec<toml::Value> = [Some(from), Some(to), get("step")].into_iter().flatten().collect();
    let (numbers, unit, is_whole) = common_unit(&quantities).map_err(wrong)?;
    let range = Range { from: numbers[0], to: numbers[1], unit, is_log, is_whole };
    if range.from > range.to {
        return Err(wrong("an empty range: `from` is above `to`".into()));
    }
    if is_log && range.from <= 0.0 {
        return Err(wrong("a logarithmic range begins above zero".into()));
    }
    let listed = |values: Vec<f64>| {
        Levels::Listed(values.into_iter().map(|value| vec![written.derived(range.value(value))]).collect())
    };
    match (numbers.get(2), get("points")) {
        (None, None) => Ok(Levels::Continuous(range)),
        (Some(_), Some(_)) => Err(wrong("`step` and `points` exclude each other".into())),
        (Some(_), None) if is_log => Err(wrong("a logarithmic range has `points` rather than a `step`".into())),
        (Some(&step), None) => {
            if step <= 0.0 {
                return Err(wrong("`step` has to be above zero".into()));
            }
            // A step that is reached but for rounding counts.
            let count = (range.to - range.from) / step + 1e-9;
            if count > MOST_LEVELS {
                return Err(wrong("that many steps are a slip of the pen".into()));
            }
            Ok(listed((0..=count as usize).map(|i| range.from + i as f64 * step).collect()))
        }
        (None, Some(toml::Value::Integer(points))) if points >= 2 && (points as f64) <= MOST_LEVELS => {
            let share = |i: i64| i as f64 / (points - 1) as f64;
            Ok(listed((0..points).map(|i| range.between(share(i))).collect()))
        }
        (None, Some(other)) => Err(wrong(format!("`points` is a whole number from 2 on, not {other}"))),
    }
}

impl Range {
    /// The number at a share of the way from one end to the other, both included.
    fn between(&self, share: f64) -> f64 {
        if self.is_log {
            libm::exp(libm::log(self.from) + share * (libm::log(self.to) - libm::log(self.from)))
        } else {
            self.from + share * (self.to - self.from)
        }
    }

    /// The value at a place between 0 and 1. Whole numbers of a linear range are equally likely, the ends included.
    fn at(&self, place: f64) -> toml::Value {
        if self.is_whole && !self.is_log {
            let number = self.from + libm::floor(place * (self.to - self.from + 1.0));
            return self.value(number.min(self.to));
        }
        self.value(self.between(place))
    }

    fn value(&self, number: f64) -> toml::Value {
        // Twelve digits: a step of 0.1 is written as 0.3, not as 0.30000000000000004.
        let number = if self.is_whole { libm::round(number) } else { twelve_digits(number) };
        match &self.unit {
            Unit::Number if self.is_whole => toml::Value::Integer(number as i64),
            Unit::Number => toml::Value::Float(number),
            Unit::Suffix(suffix) => toml::Value::String(format!("{number}{suffix}")),
        }
    }
}

fn twelve_digits(number: f64) -> f64 {
    format!("{number:.11e}").parse().unwrap_or(number)
}

/// The numbers of quantities in one unit, and whether they are all whole. Durations of different units meet in seconds.
fn common_unit(values: &[toml::Value]) -> Result<(Vec<f64>, Unit, bool), String> {
    let split: Vec<(f64, Option<String>, bool)> = values.iter().map(quantity).collect::<Result<_, _>>()?;
    let is_whole = split.iter().all(|(_, _, is_whole)| *is_whole);
    let numbers = split.iter().map(|(number, ..)| *number).collect();
    let first = &split[0].1;
    if split.iter().all(|(_, suffix, _)| suffix == first) {
        let unit = first.clone().map_or(Unit::Number, Unit::Suffix);
        return Ok((numbers, unit, is_whole));
    }
    let seconds: Option<Vec<f64>> = values.iter().map(super::quantity::seconds).collect();
    let seconds = seconds.ok_or("`from`, `to` and `step` need one unit")?;
    let is_whole = seconds.iter().all(|seconds| seconds.fract() == 0.0);
    Ok((seconds, Unit::Suffix("s".into()), is_whole))
}

/// A number, its unit where it has one, and whether it is a whole number.
fn quantity(value: &toml::Value) -> Result<(f64, Option<String>, bool), String> {
    match value {
        toml::Value::Integer(number) => Ok((*number as f64, None, true)),
        toml::Value::Float(number) if number.is_finite() => Ok((*number, None, false)),
        toml::Value::String(text) => {
            let text = text.trim();
            let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(text.len());
            let number: f64 = text[..end].parse().map_err(|_| format!("`{text}` does not begin with a number"))?;
            let suffix = text[end..].trim();
            // "1h30m" is several numbers: only as seconds it is one.
            if suffix.contains(|c: char| c.is_ascii_digit()) {
                let seconds = super::quantity::seconds(value).ok_or_else(|| format!("`{text}` is not one quantity"))?;
                return Ok((seconds, Some("s".into()), seconds.fract() == 0.0));
            }
            Ok((number, Some(suffix.to_string()), !text[..end].contains('.')))
        }
        other => Err(format!("{other} is not a number or a quantity")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Document;

    #[track_caller]
    fn axis(text: &str) -> Result<Axis, String> {
        let document = Document::parse_apart("sweep.toml", &format!("x = {text}")).unwrap();
        read("x", &document.written("x").unwrap()).map_err(|error| error.diagnostics[0].message.clone())
    }

    #[track_caller]
    fn levels(text: &str) -> Vec<String> {
        let axis = axis(text).unwrap();
        (0..axis.len().unwrap()).map(|i| axis.level(i)[0].typed()).collect()
    }

    #[test]
    fn lists_and_ranges_become_levels() {
        assert_eq!(levels("['60s', '5m']"), ["60s", "5m"]);
        assert_eq!(levels("{ from = 50, to = 60, step = 5 }"), ["50", "55", "60"]);
        assert_eq!(levels("{ from = 50, to = 62, step = 5 }"), ["50", "55", "60"], "the end is not overshot");
        assert_eq!(levels("{ from = 0.1, to = 0.4, step = 0.1 }"), ["0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(levels("{ from = '60s', to = '5m', step = '2m' }"), ["60s", "180s", "300s"]);
        assert_eq!(levels("{ from = '10s', to = '1000s', points = 3, log = true }"), ["10s", "100s", "1000s"]);
        assert_eq!(levels("{ from = '50%', to = '70%', points = 3 }"), ["50%", "60%", "70%"]);
        assert_eq!(levels("{ from = '250m', to = '1000m', points = 2 }"), ["250m", "1000m"], "thousandths of a core");
    }

    #[test]
    fn whole_ends_give_whole_values_with_equal_chances() {
        let axis = axis("{ from = 1, to = 4 }").unwrap();
        let drawn: Vec<String> = (0..8).map(|i| axis.at((f64::from(i) + 0.5) / 8.0)[0].typed()).collect();
        assert_eq!(drawn, ["1", "1", "2", "2", "3", "3", "4", "4"]);
        let log = super::tests::axis("{ from = '60s', to = '600s', log = true }").unwrap();
        assert_eq!(log.at(0.5)[0].typed(), "190s");
    }

    #[test]
    fn what_is_no_axis_is_refused() {
        for (text, message) in [
            ("[]", "has no values"),
            ("5", "neither a list of values nor a range"),
            ("{ from = 5, to = 3, step = 1 }", "an empty range"),
            ("{ from = 1, to = 3, step = 0 }", "`step` has to be above zero"),
            ("{ from = 0, to = 3, points = 3, log = true }", "begins above zero"),
            ("{ from = 1, to = 3, points = 1 }", "from 2 on"),
            ("{ from = 1, to = 3, stepp = 1 }", "no key `stepp`"),
            ("{ from = '1s', to = 3 }", "one unit"),
            ("{ from = 'a', to = 'b' }", "does not begin with a number"),
            ("{ from = 0, to = 1e9, step = 0.5 }", "slip of the pen"),
        ] {
            let error = axis(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
