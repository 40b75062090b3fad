//! Numbers as people read them: sensible digits, units, never a naked NaN.

/// What stands where there is no number.
const NOTHING: &str = "–";

/// A number to three significant digits, with k, M or G from ten thousand on.
pub(crate) fn quantity(value: f64) -> String {
    if !value.is_finite() {
        return NOTHING.to_owned();
    }
    let magnitude = value.abs();
    for (from, unit, suffix) in [(1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")] {
        if magnitude >= from * 0.999_5 {
            return format!("{}{suffix}", significant(value / unit));
        }
    }
    if magnitude >= 1000.0 { minus(format!("{value:.0}")) } else { significant(value) }
}

/// Three significant digits without trailing zeros.
fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let before_point = value.abs().log10().floor() as i32 + 1;
    let decimals = (3 - before_point).clamp(0, 6) as usize;
    trimmed(value, decimals)
}

/// At most this many decimals, without trailing zeros.
fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    minus(if text == "-0" { "0".to_owned() } else { text })
}

/// The minus sign that is as wide as a plus.
fn minus(text: String) -> String {
    if text.starts_with('-') { text.replacen('-', "−", 1) } else { text }
}

/// An amount of money, with two decimals where they matter.
pub(crate) fn money(amount: f64, currency: &str) -> String {
    if !amount.is_finite() {
        return NOTHING.to_owned();
    }
    let digits = match amount.abs() {
        below_ten if below_ten < 0.1 => significant(amount),
        below_thousand if below_thousand < 1000.0 => minus(format!("{amount:.2}")),
        below_ten_thousand if below_ten_thousand < 10_000.0 => minus(format!("{amount:.0}")),
        _ => quantity(amount),
    };
    format!("{digits} {currency}")
}

/// A share as a percentage.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        _ if !percent.is_finite() => NOTHING.to_owned(),
        0.0 => "0 %".to_owned(),
        tiny if tiny.abs() < 0.001 => "< 0.001 %".to_owned(),
        small if small.abs() < 1.0 => format!("{} %", trimmed(small, if small.abs() < 0.1 { 3 } else { 2 })),
        below_hundred if below_hundred.abs() < 99.95 => format!("{} %", trimmed(below_hundred, 1)),
        whole => format!("{} %", trimmed(whole, 2)),
    }
}

/// A length of time: microseconds, milliseconds, seconds, minutes or hours.
pub(crate) fn seconds(length: f64) -> String {
    match length {
        _ if !length.is_finite() => NOTHING.to_owned(),
        0.0 => "0 s".to_owned(),
        _ if length < 0.999_5e-3 => format!("{} µs", significant(length * 1e6)),
        _ if length < 0.999_5 => format!("{} ms", significant(length * 1e3)),
        _ if length < 600.0 => format!("{} s", significant(length)),
        _ if length < 36_000.0 => format!("{} min", significant(length / 60.0)),
        _ => format!("{} h", significant(length / 3600.0)),
    }
}

/// The label of a tick on an axis that goes up to `high` in steps of `step`.
pub(crate) fn tick(value: f64, step: f64, high: f64) -> String {
    let (unit, suffix) = match high {
        billions if billions >= 1e10 => (1e9, "G"),
        millions if millions >= 1e7 => (1e6, "M"),
        thousands if thousands >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let decimals = (-(step / unit).log10()).ceil().clamp(0.0, 9.0) as usize;
    let text = trimmed(value / unit, decimals + 1);
    if text == "0" { text } else { format!("{text}{suffix}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_carry_three_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.012_345, "0.0123"),
            (7.0, "7"),
            (12.345, "12.3"),
            (999.6, "1000"),
            (1234.4, "1234"),
            (12_345.0, "12.3k"),
            (1_000_000.0, "1M"),
            (35_000_000.0, "35M"),
            (-3.0, "−3"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(quantity(value), text);
        }
    }

    #[test]
    fn shares_are_percentages() {
        for (share, text) in [
            (0.0, "0 %"),
            (0.000_001, "< 0.001 %"),
            (0.000_123, "0.012 %"),
            (0.001_23, "0.12 %"),
            (0.034_56, "3.5 %"),
            (0.5, "50 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(percent(share), text);
        }
    }

    #[test]
    fn lengths_choose_their_unit() {
        for (length, text) in [
            (0.000_25, "250 µs"),
            (0.0123, "12.3 ms"),
            (0.5, "500 ms"),
            (1.0, "1 s"),
            (300.0, "300 s"),
            (1800.0, "30 min"),
        ] {
            assert_eq!(seconds(length), text);
        }
    }

    #[test]
    fn amounts_of_money() {
        assert_eq!(money(12.3, "CNY"), "12.30 CNY");
        assert_eq!(money(1234.56, "USD"), "1235 USD");
        assert_eq!(money(0.0, "USD"), "0 USD");
    }

    #[test]
    fn ticks_of_one_axis_agree() {
        assert_eq!(tick(0.5, 0.25, 1.0), "0.5");
        assert_eq!(tick(5000.0, 5000.0, 20_000.0), "5k");
        assert_eq!(tick(0.0, 5000.0, 20_000.0), "0");
        assert_eq!(tick(2500.0, 2500.0, 10_000.0), "2.5k");
    }
}
