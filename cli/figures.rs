//! Figures as people read them: sensible digits, with their unit.

use windtunnel_sim::outcome::Summary;

/// A figure with its unit and, where it has one, the half width of its confidence interval: `12.3 ± 0.4 ms`.
pub(crate) fn with_interval(summary: Summary, unit: &str, currency: &str) -> String {
    let scale = Scale::of(summary.mean, unit, currency);
    format!("{}{}", scale.interval(summary), scale.suffix)
}

/// A difference with its sign and, where it has one, its interval. Shares differ by percentage points.
pub(crate) fn difference(summary: Summary, unit: &str, currency: &str) -> String {
    let scale = Scale::of(summary.mean, unit, currency);
    let sign = if summary.mean > 0.0 { "+" } else { "" };
    let suffix = if matches!(unit, "1" | "%") { " % points" } else { &scale.suffix };
    format!("{sign}{}{suffix}", scale.interval(summary))
}

/// How figures of one size are written: multiplied by a factor, with some decimals, before a unit.
struct Scale {
    factor: f64,
    decimals: Option<usize>,
    suffix: String,
}

impl Scale {
    fn of(value: f64, unit: &str, currency: &str) -> Scale {
        let scale = |factor: f64, suffix: &str| Scale { factor, decimals: None, suffix: suffix.to_string() };
        match (unit, value.abs()) {
            ("seconds", 0.0) => scale(1.0, " s"),
            ("seconds", size) if size < 1e-3 => scale(1e6, " µs"),
            ("seconds", size) if size < 1.0 => scale(1e3, " ms"),
            ("seconds", size) if size < 600.0 => scale(1.0, " s"),
            ("seconds", _) => scale(1.0 / 60.0, " min"),
            // Small shares matter here: 0.0004 of all requests is 0.04 %, not 0.0 %.
            ("1", _) => scale(100.0, " %"),
            ("%", _) => scale(1.0, " %"),
            ("currency", _) => Scale { factor: 1.0, decimals: Some(2), suffix: format!(" {currency}") },
            ("hours", _) => scale(1.0, " h"),
            ("1/h", _) => scale(1.0, " /h"),
            _ => scale(1.0, ""),
        }
    }

    fn number(&self, value: f64) -> String {
        self.decimals.map_or_else(|| digits(value * self.factor), |decimals| grouped(value * self.factor, decimals))
    }

    fn interval(&self, summary: Summary) -> String {
        let half_width = summary.high - summary.mean;
        // Rounding errors of equal figures are no interval.
        if half_width.is_finite() && half_width > summary.mean.abs() * 1e-9 {
            format!("{} ± {}", self.number(summary.mean), two_digits(half_width * self.factor))
        } else {
            self.number(summary.mean)
        }
    }
}

/// Two significant digits: an interval is never known better.
fn two_digits(value: f64) -> String {
    match value.abs() {
        size if size >= 9.95 => grouped(value, 0),
        size if size >= 0.995 => format!("{value:.1}"),
        size if size >= 0.0995 => format!("{value:.2}"),
        size if size >= 0.00995 => format!("{value:.3}"),
        _ => format!("{value:.1e}"),
    }
}

/// Three significant digits below a thousand, whole numbers with separators above.
pub(crate) fn digits(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "-".into(),
        // Counts keep all their digits.
        size if size.fract() == 0.0 || size >= 999.5 => grouped(value, 0),
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => format!("{value:.1}"),
        size if size >= 0.9995 => format!("{value:.2}"),
        size if size >= 0.09995 => format!("{value:.3}"),
        size if size >= 1e-5 => trimmed(&format!("{value:.5}")),
        _ => format!("{value:.1e}"),
    }
}

fn trimmed(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// With a comma between thousands.
fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |rest| ("-", rest));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match fraction {
        Some(fraction) => format!("{sign}{grouped}.{fraction}"),
        None => format!("{sign}{grouped}"),
    }
}

/// A large number in few letters: `12.3 M`.
pub(crate) fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.1} M", value / 1e6),
        value if value >= 1e3 => format!("{:.1} k", value / 1e3),
        value => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_unit(value: f64, unit: &str, currency: &str) -> String {
        with_interval(Summary { mean: value, low: value, high: value }, unit, currency)
    }

    #[test]
    fn figures_have_sensible_digits_and_units() {
        assert_eq!(with_unit(0.012_345, "seconds", ""), "12.3 ms");
        assert_eq!(with_unit(0.000_4, "1", ""), "0.04 %");
        assert_eq!(with_unit(0.0, "1", ""), "0 %");
        assert_eq!(with_unit(1234.567, "currency", "CNY"), "1,234.57 CNY");
        assert_eq!(with_unit(34_560_123.0, "requests", ""), "34,560,123");
        assert_eq!(with_unit(6.543, "instances", ""), "6.54");
        assert_eq!(with_unit(0.0, "seconds", ""), "0 s");
        assert_eq!(digits(f64::NAN), "-");
        assert_eq!(digits(999.7), "1,000");
    }

    #[test]
    fn a_difference_has_its_sign() {
        let summary = |mean: f64| Summary { mean, low: mean, high: mean };
        assert_eq!(difference(summary(-0.5), "seconds", ""), "-500 ms");
        assert_eq!(difference(summary(12.0), "instances", ""), "+12");
        assert_eq!(difference(summary(0.01), "1", ""), "+1 % points");
        let rounding = Summary { mean: 0.3, low: 0.3 - 1e-17, high: 0.3 + 1e-16 };
        assert_eq!(difference(rounding, "hours", ""), "+0.300 h");
    }

    #[test]
    fn an_interval_is_shown_where_there_is_one() {
        let summary = Summary { mean: 0.1, low: 0.09, high: 0.11 };
        assert_eq!(with_interval(summary, "seconds", ""), "100 ± 10 ms");
        assert_eq!(with_interval(Summary { mean: 3.0, low: 3.0, high: 3.0 }, "requests", ""), "3");
    }
}
