//! Time as the controller reads it: integer nanoseconds, possibly before the origin.

/// A point in time, in nanoseconds from an origin the caller chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(i64);

/// A length of time in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Decimal seconds to nanoseconds, by way of whole microseconds: Unix times are exact there in a binary64.
fn nanos_of(seconds: f64) -> i64 {
    ((seconds * 1e6).round() as i64).saturating_mul(1_000)
}

impl Instant {
    /// The instant so many nanoseconds after the origin.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// The instant so many seconds after the origin, to the microsecond.
    #[must_use]
    pub fn from_seconds(seconds: f64) -> Self {
        Self(nanos_of(seconds))
    }

    /// Nanoseconds after the origin.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Seconds after the origin, for people.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND as f64
    }

    /// This instant moved later.
    #[must_use]
    pub const fn after(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// This instant moved earlier.
    #[must_use]
    pub const fn before(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Span {
    /// So many nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// So many whole seconds.
    #[must_use]
    pub const fn from_whole_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// So many seconds, to the microsecond.
    #[must_use]
    pub fn from_seconds(seconds: f64) -> Self {
        Self(nanos_of(seconds))
    }

    /// Nanoseconds.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds, truncated.
    #[must_use]
    pub const fn whole_seconds(self) -> i64 {
        self.0 / NANOS_PER_SECOND
    }

    /// Seconds, for people.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND as f64
    }
}
