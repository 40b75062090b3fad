//! Figures as people read them: sensible digits, with their unit.

use windtunnel_sim::outcome::Summary;

/// A figure with its unit, such as `12.3 ms`, `0.42 %` or `1,234`.
pub(crate) fn with_unit(value: f64, unit: &str, currency: &str) -> String {
    match unit {
        "seconds" => seconds(value),
        "1" => format!("{} %", share_in_percent(value)),
        "%" => format!("{} %", digits(value)),
        "currency" => format!("{} {currency}", grouped(value, 2)),
        "hours" => format!("{} h", digits(value)),
        "1/h" => format!("{} /h", digits(value)),
        _ => digits(value),
    }
}

/// The same with the half width of its confidence interval, where it has one.
pub(crate) fn with_interval(summary: Summary, unit: &str, currency: &str) -> String {
    let half_width = summary.high - summary.mean;
    let figure = with_unit(summary.mean, unit, currency);
    if half_width > 0.0 { format!("{figure} ± {}", with_unit(half_width, unit, currency)) } else { figure }
}

/// A difference: the same with its sign.
pub(crate) fn signed(value: f64, unit: &str, currency: &str) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", with_unit(value, unit, currency))
}

fn seconds(value: f64) -> String {
    match value.abs() {
        0.0 => "0 s".into(),
        size if size < 1e-3 => format!("{} µs", digits(value * 1e6)),
        size if size < 1.0 => format!("{} ms", digits(value * 1e3)),
        size if size < 600.0 => format!("{} s", digits(value)),
        _ => format!("{} min", digits(value / 60.0)),
    }
}

/// Small shares matter here: 0.0004 of all requests is 0.04 %, not 0.0 %.
fn share_in_percent(share: f64) -> String {
    digits(share * 100.0)
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

    #[test]
    fn figures_have_sensible_digits_and_units() {
        assert_eq!(with_unit(0.012_345, "seconds", ""), "12.3 ms");
        assert_eq!(with_unit(0.000_4, "1", ""), "0.04 %");
        assert_eq!(with_unit(0.0, "1", ""), "0 %");
        assert_eq!(with_unit(1234.567, "currency", "CNY"), "1,234.57 CNY");
        assert_eq!(with_unit(34_560_123.0, "requests", ""), "34,560,123");
        assert_eq!(with_unit(6.543, "instances", ""), "6.54");
        assert_eq!(signed(-0.5, "seconds", ""), "-500 ms");
        assert_eq!(signed(12.0, "instances", ""), "+12");
        assert_eq!(digits(f64::NAN), "-");
        assert_eq!(digits(999.7), "1,000");
    }

    #[test]
    fn an_interval_is_shown_where_there_is_one() {
        let summary = Summary { mean: 0.1, low: 0.09, high: 0.11 };
        assert_eq!(with_interval(summary, "seconds", ""), "100 ms ± 10.0 ms");
        assert_eq!(with_interval(Summary { mean: 3.0, low: 3.0, high: 3.0 }, "requests", ""), "3");
    }
}
