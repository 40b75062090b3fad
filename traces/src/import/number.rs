//! Numbers from bytes, exactly where they are decimals.

/// A decimal: its whole part and nanos of one, both with the sign.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) whole: i64,
    pub(super) nanos: i64,
}

impl Decimal {
    /// Times `per_unit`, a power of ten up to 10^9; none when that does not fit.
    pub(super) fn scaled(self, per_unit: i64) -> Option<i64> {
        self.whole.checked_mul(per_unit)?.checked_add(self.nanos / (1_000_000_000 / per_unit))
    }

    pub(super) fn as_f64(self) -> f64 {
        self.whole as f64 + self.nanos as f64 / 1e9
    }
}

/// `1700158623.4567890129`, `-0.5`, `1.5e9`.
pub(super) fn decimal(text: &[u8]) -> Option<Decimal> {
    let (sign, unsigned) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    let point = unsigned.iter().position(|byte| *byte == b'.').unwrap_or(unsigned.len());
    let (whole, fractional) = (&unsigned[..point], unsigned.get(point + 1..).unwrap_or_default());
    if (whole.is_empty() && fractional.is_empty()) || !fractional.iter().all(u8::is_ascii_digit) {
        return with_exponent(text);
    }
    let Some(whole) = (if whole.is_empty() { Some(0) } else { digits(whole) }) else { return with_exponent(text) };
    Some(Decimal { whole: sign * whole, nanos: sign * fraction(fractional) })
}

#[cold]
fn with_exponent(text: &[u8]) -> Option<Decimal> {
    if !text.iter().any(|byte| matches!(byte, b'e' | b'E')) {
        return None;
    }
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    if number.is_nan() || number.abs() >= 9e18 {
        return None;
    }
    let whole = libm::trunc(number);
    Some(Decimal { whole: whole as i64, nanos: libm::round((number - whole) * 1e9) as i64 })
}

/// Up to 18 digits and nothing else.
pub(super) fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    text.iter().try_fold(0i64, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 { None } else { number.checked_mul(10)?.checked_add(i64::from(digit)) }
    })
}

/// Exactly two digits.
#[inline]
pub(super) fn two_digits(text: &[u8]) -> Option<u8> {
    let [tens, units] = text else { return None };
    let (tens, units) = (tens.wrapping_sub(b'0'), units.wrapping_sub(b'0'));
    (tens < 10 && units < 10).then(|| tens * 10 + units)
}

/// The digits after a point as billionths; what is beyond the ninth is cut off.
pub(super) fn fraction(digits: &[u8]) -> i64 {
    (0..9).fold(0, |nanos, place| {
        nanos * 10 + digits.get(place).map_or(0, |digit| i64::from(digit.wrapping_sub(b'0') % 10))
    })
}

/// What is said about values that are none, as Prometheus writes them for nothing divided by nothing.
pub(super) fn left_out_note(count: u64) -> String {
    match count {
        1 => "one value is NaN or infinite, and was left out".to_string(),
        count => format!("{count} values are NaN or infinite, and were left out"),
    }
}

/// A number of requests, or a rate: finite and not negative.
pub(super) fn amount(text: &[u8]) -> Result<f64, &'static str> {
    /// Beyond this a real number no longer counts.
    const MOST: f64 = 9_007_199_254_740_992.0;
    if text.is_empty() {
        return Err("the number is missing");
    }
    let number: f64 = match digits(text) {
        Some(whole) => whole as f64,
        None => std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or("this is no number, such as 12.5")?,
    };
    match number {
        _ if number.is_nan() => Err("this is not a number"),
        _ if number < 0.0 => Err("this is negative; a number of requests cannot be"),
        _ if number > MOST => Err("this is more than can be counted"),
        _ => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_are_digits() {
        assert_eq!(two_digits(b"07"), Some(7));
        for text in [&b"\0\0"[..], b"a1", b"1", b"123", b"\xff\xff"] {
            assert_eq!(two_digits(text), None);
        }
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(decimal(b"0.1"), Some(Decimal { whole: 0, nanos: 100_000_000 }));
        assert_eq!(decimal(b"-2.5"), Some(Decimal { whole: -2, nanos: -500_000_000 }));
        assert_eq!(decimal(b".5"), Some(Decimal { whole: 0, nanos: 500_000_000 }));
        assert_eq!(decimal(b"1.5e9"), Some(Decimal { whole: 1_500_000_000, nanos: 0 }));
        for text in ["", "-", ".", "1.2.3", "1x", "nan", "inf", "1e300", "99999999999999999999"] {
            assert_eq!(decimal(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn amounts_can_be_counted() {
        assert_eq!(amount(b"17"), Ok(17.0));
        assert_eq!(amount(b"94.0"), Ok(94.0));
        for text in ["", "-1", "nan", "inf", "1e300", "99999999999999999999", "x"] {
            assert!(amount(text.as_bytes()).is_err(), "{text}");
        }
    }
}
