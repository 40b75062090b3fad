//! Recorded traffic: a rate series or request stamps, read from CSV.

pub(crate) mod binary;
pub(crate) mod columns;
pub(crate) mod header;
mod rows;
mod series;
mod stamps;

pub use header::Censored;
pub(crate) use series::{Series, SeriesOptions};
pub(crate) use stamps::Stamps;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::SimDuration;

/// What a recording's missing intervals mean.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gaps {
    /// A missing interval is refused.
    #[default]
    Error,
    /// Nothing arrived.
    Zero,
    /// The count went in a straight line from the value before the gap to the one after it.
    Interpolate,
    /// Every value holds until the next row, whatever their distance. This also admits rows at irregular distances.
    Keep,
}

/// What a recording's numbers are.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Values {
    /// Requests in the interval that starts at the row's time.
    Count,
    /// Requests per second.
    Rate,
}

/// The gaps that a recording had, and that `gaps` gave a meaning to.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct GapSummary {
    /// How many there are.
    pub count: u64,
    /// How long they are together.
    pub total: SimDuration,
    /// How long the longest is.
    pub longest: SimDuration,
}

impl GapSummary {
    fn add(&mut self, length: SimDuration) {
        self.count += 1;
        self.total = self.total + length;
        self.longest = self.longest.max(length);
    }
}

/// A 64-bit FNV-1a hash of a recording's content: stable across machines, compression and file names.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) const fn new() -> Self {
        Digest(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    pub(crate) fn add_u64(&mut self, number: u64) {
        self.add(&number.to_le_bytes());
    }

    pub(crate) fn hex(self) -> String {
        format!("{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests;
