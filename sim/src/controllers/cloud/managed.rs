//! The two alarms that a provider creates and manages for a policy that tracks a target.

use windtunnel_traces::SimDuration;

use super::alarm::{Actions, AlarmSpec, Cadence, Judge, Repeat};
use super::choices::AtThreshold;
use super::words::Comparison;
use crate::controllers::decision::{Metric, Statistic};

/// What a provider tracks, and how its alarms are evaluated.
pub(crate) struct Managed {
    /// The policy, by index.
    pub(crate) policy: usize,
    pub(crate) metric: Metric,
    pub(crate) statistic: Statistic,
    pub(crate) target: f64,
    /// The threshold of the low alarm.
    pub(crate) low: f64,
    pub(crate) period: SimDuration,
    /// Periods of the high and of the low alarm.
    pub(crate) times: (u32, u32),
    pub(crate) scales_in: bool,
    pub(crate) repeat: Repeat,
    /// Whether a value that equals a threshold breaches it.
    pub(crate) at_threshold: AtThreshold,
}

impl Managed {
    /// The alarm above the target and, unless scale-in is disabled, the one below.
    pub(crate) fn alarms(
        &self,
        names: (String, String),
        cadence: impl Fn(u32) -> Cadence,
        judge: impl Fn(u32) -> Judge,
    ) -> Vec<AlarmSpec> {
        let spec = |name: String, comparison: Comparison, threshold: f64, periods: u32| AlarmSpec {
            repeat: self.repeat,
            actions: Actions::in_alarm(vec![self.policy]),
            ..AlarmSpec::new(
                name,
                (self.metric, self.statistic),
                (comparison, threshold),
                (self.period, periods),
                judge(periods),
                cadence(periods),
            )
        };
        let (above, below) = match self.at_threshold {
            AtThreshold::Holds => (Comparison::Greater, Comparison::Less),
            AtThreshold::Breaches => (Comparison::GreaterOrEqual, Comparison::LessOrEqual),
        };
        let mut alarms = vec![spec(names.0, above, self.target, self.times.0)];
        if self.scales_in {
            alarms.push(spec(names.1, below, self.low, self.times.1));
        }
        alarms
    }
}
