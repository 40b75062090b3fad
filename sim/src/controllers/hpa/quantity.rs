//! Kubernetes quantities: `500m`, `1.5Gi`, `2e3`, `0.1`.

use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A quantity: digits, a power of ten, and for binary suffixes a power of two.
///
/// The text is kept, so that a manifest is written back as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    text: String,
    digits: i128,
    ten: i32,
    two: u32,
}

/// Text that is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a quantity such as 500m, 2, 1.5Gi or 1e3")]
pub struct NotAQuantity(String);

/// More digits than this are not told apart; the API server stops at 18 or so too.
const MAX_DIGITS: usize = 30;

impl Quantity {
    /// Reads a quantity (apimachinery resource.ParseQuantity).
    ///
    /// # Errors
    /// When the text is not one.
    pub fn parse(text: &str) -> Result<Self, NotAQuantity> {
        let text = text.trim();
        parse(text).ok_or_else(|| NotAQuantity(text.to_owned()))
    }

    /// Thousandths, rounded away from zero (resource.Quantity.MilliValue), saturating.
    #[must_use]
    pub fn milli(&self) -> i64 {
        let scaled = self.digits.saturating_mul(1_i128 << self.two);
        let ten = self.ten.saturating_add(3);
        let exact = if ten >= 0 {
            scaled.saturating_mul(power_of_ten(ten.unsigned_abs()))
        } else {
            divide_away_from_zero(scaled, power_of_ten(ten.unsigned_abs()))
        };
        exact.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    /// Digits × 10^exponent in binary64 (resource.Quantity.AsApproximateFloat64): `0.3` is 3 × 0.1.
    #[must_use]
    pub fn approximate(&self) -> f64 {
        let base = self.digits as f64 * (1_i128 << self.two) as f64;
        match self.ten {
            0 => base,
            ten => base * ten_to(ten),
        }
    }

    /// Whether it is above zero.
    #[must_use]
    pub const fn is_positive(&self) -> bool {
        self.digits > 0
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(&self) -> bool {
        self.digits < 0
    }
}

fn power_of_ten(exponent: u32) -> i128 {
    10_i128.checked_pow(exponent).unwrap_or(i128::MAX)
}

/// The power of ten nearest in binary64, as Go's math.Pow10 gives it.
fn ten_to(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(f64::INFINITY)
}

fn divide_away_from_zero(value: i128, by: i128) -> i128 {
    let whole = value / by;
    match value % by {
        0 => whole,
        rest => whole + rest.signum(),
    }
}

fn parse(text: &str) -> Option<Quantity> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let (ten, two) = scale_of(suffix)?;
    let all = format!("{}{fraction}", whole.trim_start_matches('0'));
    let kept = &all[..all.len().min(MAX_DIGITS)];
    let dropped = i32::try_from(all.len() - kept.len()).ok()?;
    let digits: i128 = if kept.is_empty() { 0 } else { kept.parse().ok()? };
    Some(Quantity {
        text: text.to_owned(),
        digits: if negative { -digits } else { digits },
        ten: ten.saturating_sub(i32::try_from(fraction.len()).ok()?).saturating_add(dropped),
        two,
    })
}

/// Powers of ten and two of a suffix (apimachinery quantitySuffixer).
fn scale_of(suffix: &str) -> Option<(i32, u32)> {
    Some(match suffix {
        "n" => (-9, 0),
        "u" => (-6, 0),
        "m" => (-3, 0),
        "" => (0, 0),
        "k" => (3, 0),
        "M" => (6, 0),
        "G" => (9, 0),
        "T" => (12, 0),
        "P" => (15, 0),
        "E" => (18, 0),
        "Ki" => (0, 10),
        "Mi" => (0, 20),
        "Gi" => (0, 30),
        "Ti" => (0, 40),
        "Pi" => (0, 50),
        "Ei" => (0, 60),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            (exponent.clamp(-400, 400), 0)
        }
    })
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuantityVisitor)
    }
}

/// Takes a string or, as the API does, a bare number.
struct QuantityVisitor;

impl Visitor<'_> for QuantityVisitor {
    type Value = Quantity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quantity such as 500m, 2 or 1.5Gi")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Quantity, E> {
        Quantity::parse(text).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Quantity, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Quantity, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Quantity, E> {
        if value.is_finite() { self.visit_str(&value.to_string()) } else { Err(E::custom("a quantity must be finite")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milli(text: &str) -> i64 {
        Quantity::parse(text).map_or(i64::MIN, |quantity| quantity.milli())
    }

    #[test]
    fn suffixes() {
        assert_eq!(milli("500m"), 500);
        assert_eq!(milli("2"), 2_000);
        assert_eq!(milli("1k"), 1_000_000);
        assert_eq!(milli("1.5Gi"), 1_610_612_736_000);
        assert_eq!(milli("2e3"), 2_000_000);
        assert_eq!(milli("2E"), 2_000_000_000_000_000_000_i64.saturating_mul(1_000));
        assert_eq!(milli("1e-2"), 10);
        assert_eq!(milli(".5"), 500);
        assert_eq!(milli("5."), 5_000);
    }

    #[test]
    fn thousandths_round_up() {
        assert_eq!(milli("1n"), 1);
        assert_eq!(milli("1000001n"), 2);
        assert_eq!(milli("0.0001"), 1);
        assert_eq!(milli("-1n"), -1);
        assert_eq!(milli("0"), 0);
    }

    #[test]
    fn too_much_saturates() {
        assert_eq!(milli("99999999999999999999999999999999999999999999"), i64::MAX);
        assert_eq!(milli("1e400"), i64::MAX);
        assert_eq!(milli("1e-400"), 1);
    }

    #[test]
    fn approximate_multiplies_digits_by_a_power_of_ten() {
        let value = |text| Quantity::parse(text).map_or(f64::NAN, |quantity| quantity.approximate());
        assert_eq!(value("0.3"), 3.0 * 0.1);
        assert_ne!(value("0.3"), 0.3);
        assert_eq!(value("200m"), 200.0 * 0.001);
        assert_eq!(value("0"), 0.0);
    }

    #[test]
    fn not_quantities() {
        for text in ["", "m", "1.2.3", "1x", "1 Gi", "--1", "1e", "ten"] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_and_strings_are_both_read() {
        let read = |json| serde_json::from_str::<Quantity>(json).map(|quantity| quantity.milli());
        assert_eq!(read("\"250m\"").ok(), Some(250));
        assert_eq!(read("3").ok(), Some(3_000));
        assert_eq!(read("0.25").ok(), Some(250));
        assert!(read("true").is_err());
    }
}
