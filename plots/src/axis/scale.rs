//! The scale of values: linear, logarithmic, or logarithmic with a place for zero.

use crate::number;

/// Where zero ends and the logarithm begins, as a share of an axis that shows both.
const ZERO_BAND: f64 = 0.12;
/// Where zero lies on such an axis: clear of its foot, so that its marks are whole.
const ZERO: f64 = 0.045;

/// A tick of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    /// Absent where only the grid line is drawn.
    pub(crate) label: Option<String>,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Kind {
    Linear,
    Log,
    /// Logarithmic above `low`, with zero at the foot of the axis.
    LogAboveZero,
}

/// What an axis spans.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    step: f64,
    kind: Kind,
}

impl Scale {
    /// From zero to a round number that holds `most`, with about `ticks` ticks.
    pub(crate) fn from_zero(most: f64, ticks: usize) -> Scale {
        let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
        let step = round_step(most / ticks.max(1) as f64);
        Scale { low: 0.0, high: (most / step - 1e-9).ceil().max(1.0) * step, step, kind: Kind::Linear }
    }

    /// The same for things that are counted: no ticks between whole numbers.
    pub(crate) fn counts_from_zero(most: f64, ticks: usize) -> Scale {
        let scale = Scale::from_zero(most, ticks);
        if scale.step.fract() == 0.0 {
            return scale;
        }
        let step = if scale.step < 1.0 { 1.0 } else { scale.step * 2.0 }; // 2.5 instances are none
        let most = if most.is_finite() { most } else { 1.0 };
        Scale { high: (most / step - 1e-9).ceil().max(1.0) * step, step, ..scale }
    }

    /// Between round numbers around `low` and `high`.
    pub(crate) fn around(low: f64, high: f64, ticks: usize) -> Scale {
        if !(low.is_finite() && high.is_finite() && high > low) {
            return Scale::from_zero(high, ticks);
        }
        let step = round_step((high - low) / ticks.max(1) as f64);
        Scale {
            low: (low / step + 1e-9).floor() * step,
            high: (high / step - 1e-9).ceil() * step,
            step,
            kind: Kind::Linear,
        }
    }

    /// Logarithmic, between round numbers around `low` and `high`.
    pub(crate) fn log(low: f64, high: f64) -> Scale {
        let usable = |value: f64| value.is_finite() && value > 0.0;
        let (low, high) = match (usable(low), usable(high)) {
            (true, true) => (low.min(high), low.max(high)),
            _ => (0.1, 1.0),
        };
        let (low, mut high) = (round_125(low, false), round_125(high, true));
        if high / low < 9.0 {
            high = round_125(low * 9.0, true);
        }
        Scale { low, high, step: 1.0, kind: Kind::Log }
    }

    /// Logarithmic with zero at its foot.
    pub(crate) fn log_above_zero(low: f64, high: f64) -> Scale {
        Scale { kind: Kind::LogAboveZero, ..Scale::log(low, high) }
    }

    /// True where zero is the foot of a linear axis.
    pub(crate) fn starts_at_zero(&self) -> bool {
        self.kind == Kind::LogAboveZero || self.low == 0.0
    }

    /// True for the logarithmic kinds.
    pub(crate) fn is_log(&self) -> bool {
        self.kind != Kind::Linear
    }

    /// Where a value lies: 0 at the foot of the axis, 1 at its top, never beyond.
    pub(crate) fn share(&self, value: f64) -> f64 {
        let log_share = || (value / self.low).ln() / (self.high / self.low).ln();
        let share = match self.kind {
            Kind::Linear => (value - self.low) / (self.high - self.low),
            Kind::Log if value <= 0.0 => 0.0,
            Kind::Log => log_share(),
            Kind::LogAboveZero if value <= 0.0 => ZERO,
            Kind::LogAboveZero => ZERO_BAND + (1.0 - ZERO_BAND) * log_share().max(0.0),
        };
        if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
    }

    /// The ticks, labelled by `label` or as plain numbers; at most about `most` of a logarithmic axis carry labels.
    pub(crate) fn ticks(&self, most: usize, label: Option<fn(f64) -> String>) -> Vec<Tick> {
        match self.kind {
            Kind::Linear => self.linear_ticks(label),
            Kind::Log => self.log_ticks(most, label.unwrap_or(number::quantity)),
            Kind::LogAboveZero => {
                let label = label.unwrap_or(number::quantity);
                let mut ticks = vec![Tick { value: 0.0, label: Some(label(0.0)) }];
                ticks.extend(self.log_ticks(most, label));
                ticks
            }
        }
    }

    fn linear_ticks(&self, label: Option<fn(f64) -> String>) -> Vec<Tick> {
        let count = ((self.high - self.low) / self.step).round().clamp(1.0, 100.0) as usize;
        (0..=count)
            .map(|i| {
                let value = self.low + self.step * i as f64;
                let text = label.map_or_else(|| number::tick(value, self.step, self.high), |label| label(value));
                Tick { value, label: Some(text) }
            })
            .collect()
    }

    /// Labels on 1-2-5 where there is room, else on 1, else on every second or third decade.
    fn log_ticks(&self, most: usize, label: fn(f64) -> String) -> Vec<Tick> {
        let decades = (self.high / self.low).log10();
        let every = (decades / most.max(1) as f64).ceil().max(1.0) as i32;
        let all_labelled = decades * 3.0 <= most as f64;
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let mut ticks = Vec::new();
        for decade in first..=last {
            for multiple in [1.0, 2.0, 5.0] {
                let value = multiple * 10f64.powi(decade);
                if value < self.low * 0.999 || value > self.high * 1.001 {
                    continue;
                }
                let labelled = all_labelled || (multiple == 1.0 && decade.rem_euclid(every) == 0);
                if labelled || decades <= 6.0 {
                    ticks.push(Tick { value, label: labelled.then(|| label(value)) });
                }
            }
        }
        ticks
    }
}

/// The step of 1, 2, 2.5 or 5 times a power of ten that is not below `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let multiple = [1.0, 2.0, 2.5, 5.0].into_iter().find(|m| m * power >= rough * 0.999_999).unwrap_or(10.0);
    multiple * power
}

/// The next number of 1, 2 or 5 times a power of ten, up or down.
fn round_125(value: f64, up: bool) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let multiples = [1.0, 2.0, 5.0, 10.0];
    let found = if up {
        multiples.into_iter().find(|m| m * power >= value * 0.999_999)
    } else {
        multiples.into_iter().rev().find(|m| m * power <= value * 1.000_001)
    };
    found.unwrap_or(1.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<String> {
        scale.ticks(4, None).into_iter().filter_map(|tick| tick.label).collect()
    }

    #[test]
    fn linear_scales_start_at_zero_and_hold_the_most() {
        assert_eq!(labels(&Scale::from_zero(11.0, 4)), ["0", "5", "10", "15"]);
        assert_eq!(labels(&Scale::from_zero(1830.0, 4)), ["0", "500", "1000", "1500", "2000"]);
        assert_eq!(labels(&Scale::counts_from_zero(2.0, 5)), ["0", "1", "2"]);
        assert_eq!(labels(&Scale::counts_from_zero(8.2, 4)), ["0", "5", "10"]);
        assert_eq!(Scale::from_zero(1830.0, 4).share(2000.0), 1.0);
    }

    #[test]
    fn what_is_no_number_has_a_scale_all_the_same() {
        for most in [f64::NAN, f64::INFINITY, 0.0, -3.0] {
            assert_eq!(labels(&Scale::from_zero(most, 2)).len(), 3);
        }
        assert!(Scale::log(f64::NAN, 0.0).share(0.5).is_finite());
    }

    #[test]
    fn logarithmic_scales() {
        let scale = Scale::log(0.013, 4.2);
        assert_eq!((scale.low, scale.high), (0.01, 5.0));
        assert_eq!(labels(&scale), ["0.01", "0.1", "1"]);
        assert!((scale.share(5.0) - 1.0).abs() < 1e-12);
        let with_zero = Scale::log_above_zero(0.1, 10.0);
        assert_eq!(with_zero.share(0.0), ZERO);
        assert_eq!(with_zero.share(0.1), ZERO_BAND);
    }
}
