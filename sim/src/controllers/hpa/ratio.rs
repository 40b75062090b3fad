//! Usage over target.

use super::outcome::MetricError;
use super::spec::Goal;

/// Sums over the samples that count.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    /// Usage, in milli-units. Strays are in it for an average, not for a utilization.
    pub(super) usage: i64,
    /// Requests, in milli-units.
    pub(super) request: i64,
    /// Samples that are in `usage`.
    pub(super) summed: i64,
    /// All samples, also those that a utilization skips.
    pub(super) samples: i64,
}

/// A ratio, and what the status reports with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ratio {
    pub(super) ratio: f64,
    pub(super) utilization: Option<i32>,
    pub(super) average: i64,
}

impl Totals {
    pub(super) fn add(&mut self, usage: i64, request: i64) {
        self.add_pods(usage, request, 1);
    }

    /// So many pods that use this together, each with this request.
    pub(super) fn add_pods(&mut self, usage: i64, request: i64, count: u32) {
        self.usage = self.usage.saturating_add(usage);
        self.request = self.request.saturating_add(request.saturating_mul(i64::from(count)));
        self.summed += i64::from(count);
        self.samples += i64::from(count);
    }

    pub(super) fn ratio(&self, goal: Goal) -> Result<Ratio, MetricError> {
        match goal {
            Goal::Utilization(target) => self.utilization_ratio(target),
            Goal::Average(target) => Ok(self.average_ratio(target)),
        }
    }

    /// UT GetResourceUtilizationRatio: a ratio of sums, in whole percents.
    fn utilization_ratio(&self, target: i32) -> Result<Ratio, MetricError> {
        if self.request == 0 || self.summed == 0 {
            return Err(MetricError::NoRequests);
        }
        let utilization = saturate(self.usage.saturating_mul(100).saturating_div(self.request));
        Ok(Ratio {
            ratio: f64::from(utilization) / f64::from(target),
            utilization: Some(utilization),
            average: self.usage / self.summed,
        })
    }

    /// UT GetMetricUsageRatio: the average in whole milli-units.
    fn average_ratio(&self, target: i64) -> Ratio {
        let average = self.usage / self.summed.max(1);
        Ratio { ratio: average as f64 / target as f64, utilization: None, average }
    }
}

/// To int32. Go wraps here on amd64 in 1.36, later versions saturate, and so do we.
pub(super) fn saturate(value: i64) -> i32 {
    value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// math.Ceil, then to int32, saturating.
pub(super) fn ceil(value: f64) -> i32 {
    value.ceil() as i32
}
