//! Where the recorded system was at its limit: then its traffic is less than what was asked for.

use crate::recording::Censored;

/// The share of all cores from which the recorded system counts as saturated, unless another is asked for.
pub(super) const LIMIT: f64 = 0.95;
/// A share beyond this is a percentage.
const LARGEST_SHARE: f64 = 1.5;

/// Measurements of utilization; those at the limit are kept.
#[derive(Clone, Debug)]
pub(super) struct Saturation {
    limit: f64,
    is_percent: bool,
    /// Instants in nanoseconds and values.
    at_limit: Vec<(i64, f64)>,
}

impl Saturation {
    /// `limit` is a share from 0 to 1.
    pub(super) fn new(limit: f64) -> Self {
        Saturation { limit, is_percent: false, at_limit: Vec::new() }
    }

    /// Tells that values are percentages. Otherwise they are, as soon as one is too large for a share.
    pub(super) fn are_percent(&mut self) {
        if !self.is_percent {
            self.is_percent = true;
            let bound = self.bound();
            self.at_limit.retain(|(_, value)| *value >= bound);
        }
    }

    fn bound(&self) -> f64 {
        if self.is_percent { self.limit * 100.0 } else { self.limit }
    }

    /// Adds the utilization in the interval that begins at an instant.
    pub(super) fn add(&mut self, at: i64, value: f64) {
        if !value.is_finite() {
            return;
        }
        if value > LARGEST_SHARE {
            self.are_percent();
        }
        if value >= self.bound() {
            self.at_limit.push((at, value));
        }
    }

    /// The stretches at the limit, when an interval is so long.
    pub(super) fn marks(mut self, step: i64) -> Vec<Censored> {
        self.at_limit.sort_by_key(|sample| sample.0);
        let scale = if self.is_percent { 1.0 } else { 100.0 };
        let mut runs: Vec<(i64, i64, f64)> = Vec::new();
        for (at, value) in &self.at_limit {
            match runs.last_mut() {
                Some(run) if *at <= run.1 => *run = (run.0, at + step, run.2.max(*value)),
                _ => runs.push((*at, at + step, *value)),
            }
        }
        let mark = |(from, to, most): (i64, i64, f64)| Censored {
            from,
            to,
            reason: format!("utilization at its limit, up to {:.0} %", most * scale),
        };
        runs.into_iter().map(mark).collect()
    }
}

/// True for names that recordings give to the utilization of processors.
pub(super) fn is_utilization(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let other = ["mem", "disk", "network", "gpu", "credit", "swap"].iter().any(|word| plain.contains(word));
    let named = plain.contains("utilization") || plain.contains("utilisation");
    let processor = plain.starts_with("cpu") || plain.ends_with("cpu");
    let measure = ["percent", "pct", "usage", "util", "load", "total"].iter().any(|word| plain.contains(word));
    !other && (named || plain == "cpu" || processor && measure || plain.contains("cpuutil"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    fn marks(values: &[f64], limit: f64) -> Vec<(i64, i64, String)> {
        let mut saturation = Saturation::new(limit);
        (0..).zip(values).for_each(|(minute, value)| saturation.add(minute * 60 * S, *value));
        let marks = saturation.marks(60 * S).into_iter();
        marks.map(|mark| (mark.from / (60 * S), mark.to / (60 * S), mark.reason)).collect()
    }

    #[test]
    fn intervals_at_the_limit_are_marked_in_either_unit() {
        let expected = vec![
            (1, 3, "utilization at its limit, up to 99 %".to_string()),
            (4, 5, "utilization at its limit, up to 95 %".to_string()),
        ];
        assert_eq!(marks(&[0.96, 97.0, 99.0, 94.9, 95.0, 20.0], LIMIT), expected, "0.96 was a percentage");
        assert_eq!(marks(&[0.5, 0.97, 0.99, 0.949, 0.95, f64::NAN], LIMIT), expected);
        assert_eq!(marks(&[50.0, 70.0], 0.7).len(), 1);
    }

    #[test]
    fn names_of_utilization_are_known() {
        for name in
            ["cpu", "CPUUtilization", "cpu_utilization", "CPU %usage", "cpu_percent", "utilization", "cpu_total"]
        {
            assert!(is_utilization(name), "{name}");
        }
        for name in ["requests", "memory_utilization", "CPUCreditBalance", "DiskUtilization", "count"] {
            assert!(!is_utilization(name), "{name}");
        }
    }
}
