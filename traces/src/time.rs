//! Simulated time: integer nanoseconds, in two types that cannot be mixed.
//!
//! Floating point seconds drift and compare badly; integers make equal times equal on every machine.
//!
//! ```compile_fail
//! use windtunnel_traces::{SimDuration, SimTime};
//! // An instant is not a length: adding two instants has no meaning.
//! let _ = SimTime::ZERO + SimTime::ZERO;
//! ```

use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Rem, Sub};
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// An instant of simulated time: nanoseconds since the start of the run.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SimTime(u64);

/// A length of simulated time in nanoseconds.
#[derive(Copy, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimDuration(u64);

impl SimTime {
    /// The start of the run.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than any instant of a run: "never".
    pub const NEVER: SimTime = SimTime(u64::MAX);

    /// The instant `nanos` nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        SimTime(nanos)
    }

    /// The instant `seconds` after the start.
    pub const fn from_secs(seconds: u64) -> Self {
        SimTime(seconds * NANOS_PER_SECOND)
    }

    /// Nanoseconds since the start.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start, for output.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND as f64
    }

    /// The length since `earlier`, zero when `earlier` is later.
    pub const fn saturating_since(self, earlier: SimTime) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }

    /// This instant, `length` earlier; the start when that would lie before it.
    pub const fn saturating_sub(self, length: SimDuration) -> SimTime {
        SimTime(self.0.saturating_sub(length.0))
    }

    /// This instant plus `length`, or [`SimTime::NEVER`] past the end of time.
    pub const fn saturating_add(self, length: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(length.0))
    }

    /// The latest multiple of `grid` that is not after this instant. A zero grid leaves the instant as it is.
    pub const fn floor_to(self, grid: SimDuration) -> SimTime {
        if grid.0 == 0 { self } else { SimTime(self.0 - self.0 % grid.0) }
    }

    /// The earliest multiple of `grid` strictly after this instant. A zero grid is refused by a panic in debug builds.
    pub const fn next_multiple(self, grid: SimDuration) -> SimTime {
        debug_assert!(grid.0 > 0);
        SimTime(self.0 - self.0 % grid.0 + grid.0)
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: SimDuration = SimDuration(0);
    /// The longest length.
    pub const MAX: SimDuration = SimDuration(u64::MAX);

    /// `nanos` nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        SimDuration(nanos)
    }

    /// `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        SimDuration(millis * 1_000_000)
    }

    /// `seconds` seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        SimDuration(seconds * NANOS_PER_SECOND)
    }

    /// `minutes` minutes.
    pub const fn from_mins(minutes: u64) -> Self {
        SimDuration(minutes * 60 * NANOS_PER_SECOND)
    }

    /// `hours` hours.
    pub const fn from_hours(hours: u64) -> Self {
        SimDuration(hours * 3600 * NANOS_PER_SECOND)
    }

    /// The nearest whole nanosecond to `seconds`; negative and not-a-number become zero, too large saturates.
    pub fn from_secs_f64(seconds: f64) -> Self {
        // `as` saturates and maps NaN to 0, which is what is promised above.
        SimDuration((seconds * NANOS_PER_SECOND as f64 + 0.5) as u64)
    }

    /// Nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds, for output and for rates.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND as f64
    }

    /// Whole seconds, rounded down.
    pub const fn as_secs(self) -> u64 {
        self.0 / NANOS_PER_SECOND
    }

    /// True for a length of zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// This length minus `other`, not below zero.
    pub const fn saturating_sub(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_sub(other.0))
    }

    /// This length times a non-negative factor, rounded to the nearest nanosecond.
    pub fn mul_f64(self, factor: f64) -> SimDuration {
        SimDuration((self.0 as f64 * factor + 0.5) as u64)
    }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    fn add(self, length: SimDuration) -> SimTime {
        SimTime(self.0 + length.0)
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, length: SimDuration) {
        self.0 += length.0;
    }
}

impl Sub<SimTime> for SimTime {
    type Output = SimDuration;
    fn sub(self, earlier: SimTime) -> SimDuration {
        debug_assert!(self >= earlier, "time ran backwards");
        SimDuration(self.0 - earlier.0)
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    fn add(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_add(other.0))
    }
}

impl Sub for SimDuration {
    type Output = SimDuration;
    fn sub(self, other: SimDuration) -> SimDuration {
        debug_assert!(self >= other, "a length below zero");
        SimDuration(self.0 - other.0)
    }
}

impl Mul<u64> for SimDuration {
    type Output = SimDuration;
    fn mul(self, times: u64) -> SimDuration {
        SimDuration(self.0.saturating_mul(times))
    }
}

impl Div<SimDuration> for SimDuration {
    type Output = u64;
    fn div(self, part: SimDuration) -> u64 {
        self.0 / part.0
    }
}

impl Div<u64> for SimDuration {
    type Output = SimDuration;
    fn div(self, parts: u64) -> SimDuration {
        SimDuration(self.0 / parts)
    }
}

impl Rem<SimDuration> for SimDuration {
    type Output = SimDuration;
    fn rem(self, part: SimDuration) -> SimDuration {
        SimDuration(self.0 % part.0)
    }
}

impl std::iter::Sum for SimDuration {
    fn sum<I: Iterator<Item = SimDuration>>(lengths: I) -> SimDuration {
        lengths.fold(SimDuration::ZERO, Add::add)
    }
}

/// The units of a duration as it is written, longest name first where one is a prefix of another.
const UNITS: [(&str, u64); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", NANOS_PER_SECOND),
    ("m", 60 * NANOS_PER_SECOND),
    ("h", 3_600 * NANOS_PER_SECOND),
    ("d", 86_400 * NANOS_PER_SECOND),
    ("w", 604_800 * NANOS_PER_SECOND),
];

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// A number without its unit.
    #[error("`{0}` has no unit; write for example \"{0}s\" (units: ns, us, ms, s, m, h, d, w)")]
    NoUnit(String),
    /// A unit that is not one of time.
    #[error("`{unit}` in `{text}` is not a unit of time (units: ns, us, ms, s, m, h, d, w)")]
    UnknownUnit {
        /// What stood where the unit should.
        unit: String,
        /// The whole text.
        text: String,
    },
    /// A sign where none may be.
    #[error("`{0}` is negative; a duration cannot be")]
    Negative(String),
    /// Something else.
    #[error("`{0}` is not a duration; write for example \"300s\", \"5m\" or \"1h30m\"")]
    Malformed(String),
    /// More than 584 years.
    #[error("`{0}` is longer than can be simulated (about 584 years)")]
    TooLong(String),
}

impl FromStr for SimDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let trimmed = text.trim();
        let malformed = || DurationError::Malformed(text.to_string());
        if trimmed.starts_with('-') {
            return Err(DurationError::Negative(text.to_string()));
        }
        let mut rest = trimmed;
        let mut total: u128 = 0;
        if rest.is_empty() {
            return Err(malformed());
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let (number, after) = rest.split_at(digits);
            if number.is_empty() {
                return Err(malformed());
            }
            let letters = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
            let (unit, next) = after.split_at(letters);
            let unit = unit.trim();
            if unit.is_empty() {
                return Err(if trimmed == number { DurationError::NoUnit(number.to_string()) } else { malformed() });
            }
            let scale = UNITS
                .iter()
                .find(|(name, _)| *name == unit)
                .ok_or_else(|| DurationError::UnknownUnit { unit: unit.to_string(), text: text.to_string() })?
                .1;
            total += scaled(number, scale).ok_or_else(malformed)?;
            rest = next;
        }
        u64::try_from(total).map(SimDuration).map_err(|_| DurationError::TooLong(text.to_string()))
    }
}

/// `number` (decimal digits with at most one point) times `scale`, rounded to the nearest whole; exact, no floats.
fn scaled(number: &str, scale: u64) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || whole.len() > 20 {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction = &fraction[..fraction.len().min(15)];
    let part: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let denominator = 10u128.pow(u32::try_from(fraction.len()).ok()?);
    Some(whole * u128::from(scale) + (part * u128::from(scale) + denominator / 2) / denominator)
}

impl fmt::Display for SimDuration {
    /// The form that parses back to the same value: whole hours as `24h`, else seconds, else a smaller unit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0;
        let (unit, scale) = match nanos {
            0 => ("s", NANOS_PER_SECOND),
            n if n % (3_600 * NANOS_PER_SECOND) == 0 => ("h", 3_600 * NANOS_PER_SECOND),
            n if n % NANOS_PER_SECOND == 0 => ("s", NANOS_PER_SECOND),
            n if n % 1_000_000 == 0 => ("ms", 1_000_000),
            n if n % 1_000 == 0 => ("us", 1_000),
            _ => ("ns", 1),
        };
        write!(f, "{}{unit}", nanos / scale)
    }
}

impl fmt::Debug for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SimTime {
    /// Days, hours, minutes and seconds since the start: `1d 02:03:04` or `02:03:04`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / NANOS_PER_SECOND;
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        if days > 0 {
            write!(f, "{days}d ")?;
        }
        write!(f, "{:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60)
    }
}

impl Serialize for SimDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SimDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = SimDuration;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration with its unit, such as \"300s\" or \"5m\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<SimDuration, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl schemars::JsonSchema for SimDuration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A duration with its unit: ns, us, ms, s, m, h, d, w; parts add up, as in 1h30m.",
            "pattern": "^([0-9.]+(ns|us|µs|ms|s|m|h|d|w))+$",
            "examples": ["300s", "5m", "1h30m"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn parses(text: &str, nanos: u64) {
        assert_eq!(text.parse::<SimDuration>(), Ok(SimDuration(nanos)), "{text}");
    }

    #[test]
    fn durations_are_read_with_their_units() {
        parses("300s", 300 * NANOS_PER_SECOND);
        parses("5m", 300 * NANOS_PER_SECOND);
        parses("1h30m", 5_400 * NANOS_PER_SECOND);
        parses("0.5s", NANOS_PER_SECOND / 2);
        parses("250ms", 250_000_000);
        parses("1.5us", 1_500);
        parses("0s", 0);
        parses("2d", 172_800 * NANOS_PER_SECOND);
    }

    #[test]
    fn what_is_not_a_duration_says_why() {
        assert_eq!("300".parse::<SimDuration>(), Err(DurationError::NoUnit("300".into())));
        assert!(matches!("5 parsecs".parse::<SimDuration>(), Err(DurationError::UnknownUnit { .. })));
        assert!(matches!("-5s".parse::<SimDuration>(), Err(DurationError::Negative(_))));
        assert!(matches!("".parse::<SimDuration>(), Err(DurationError::Malformed(_))));
        assert!(matches!("1.2.3s".parse::<SimDuration>(), Err(DurationError::Malformed(_))));
        assert!(matches!("999999w".parse::<SimDuration>(), Err(DurationError::TooLong(_))));
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(nanos in 0u64..u64::MAX / 2) {
            let duration = SimDuration(nanos);
            proptest::prop_assert_eq!(duration.to_string().parse::<SimDuration>(), Ok(duration));
        }
    }

    #[test]
    fn grids_floor_and_advance() {
        let minute = SimDuration::from_secs(60);
        let t = SimTime::from_secs(61);
        assert_eq!(t.floor_to(minute), SimTime::from_secs(60));
        assert_eq!(t.next_multiple(minute), SimTime::from_secs(120));
        assert_eq!(SimTime::from_secs(60).next_multiple(minute), SimTime::from_secs(120));
    }
}
