//! `[aws.assumptions]`: choices that AWS does not document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;
use windtunnel_traces::distribution::Distribution;

use crate::controllers::cloud::choices::{
    AggregationPoints, AtThreshold, DefaultWarmup, IdleLog, LowSampleDatapoints, PrematureIgnored, PrematureState,
    PrematureWithin, ScaleInWaits, SimpleBase, StepAtThreshold, TrackedValue,
};
use crate::controllers::cloud::defaults::{or_observed_lags, or_three_minutes};
use crate::controllers::cloud::missing_data::Premature;

/// Choices that no document settles (`windtunnel show --assumptions` explains each).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AwsAssumptions {
    /// Slots by which the evaluation range exceeds the evaluation periods.
    pub evaluation_range_extra: u32,
    /// Where a breach that is too early for ALARM has to have lain unanswered.
    pub premature_within: PrematureWithin,
    /// The state while all there is breaches, and it is too early for ALARM.
    pub premature_state: PrematureState,
    /// The state of an alarm that ignores missing data in the same place, once it is no longer too early.
    pub premature_ignored: PrematureIgnored,
    /// The second of the minute at which alarms are evaluated; drawn per alarm when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarm_phase: Option<SimDuration>,
    /// How far behind the present an alarm's newest window ends.
    pub evaluation_lag: SimDuration,
    /// The same for the load balancer's metrics; 180 s, and in a backtest 0 s, unless given.
    #[serde(serialize_with = "or_three_minutes")]
    pub evaluation_lag_alb: Option<SimDuration>,
    /// From the end of a minute until EC2's metrics of it can be read, with detailed monitoring. It comes on top of
    /// `sensors.delay`.
    pub publication_delay_ec2: Distribution,
    /// The same with basic monitoring (`sensors.every = "300s"`).
    pub publication_delay_ec2_basic: Distribution,
    /// The same for metrics of the load balancer.
    pub publication_delay_alb: Distribution,
    /// The same for custom metrics.
    pub publication_delay_custom: Distribution,
    /// Which datapoints a step policy condenses.
    pub metric_aggregation_points: AggregationPoints,
    /// Into which steps a value falls that equals the threshold.
    pub step_at_threshold: StepAtThreshold,
    /// Which value target tracking scales by.
    pub target_tracking_value: TrackedValue,
    /// The threshold of target tracking's low alarm, as a share of the target.
    pub target_tracking_scale_in_ratio: f64,
    /// Whether a value that equals the threshold of one of target tracking's alarms breaches it.
    pub target_tracking_at_threshold: AtThreshold,
    /// The capacity that a simple policy starts from.
    pub simple_scaling_base: SimpleBase,
    /// What a scale-in by step or target tracking waits for.
    pub scale_in_waits_for: ScaleInWaits,
    /// The warm-up where neither policy nor group sets one.
    pub default_warmup: DefaultWarmup,
    /// How often an invocation that does nothing is written down.
    pub idle_invocations: IdleLog,
    /// Whether a simple policy that changes nothing, at a bound, starts its cooldown all the same.
    pub cooldown_without_activity: bool,
    /// From a change of desired capacity to the group's acting on it; drawn from the list. Nothing in a backtest, unless
    /// given.
    #[serde(serialize_with = "or_observed_lags")]
    pub reconcile_lag: Option<Vec<SimDuration>>,
    /// How long the group waits after a launch that failed; twice as long after each further one.
    pub launch_backoff: SimDuration,
    /// The longest of these waits.
    pub launch_backoff_most: SimDuration,
    /// After so long without a launch that succeeded the group launches no more.
    pub suspends_launches_after: SimDuration,
    /// Between looks for lost instances.
    pub health_check_interval: SimDuration,
    /// Between looks whether zones are balanced.
    pub rebalance_interval: SimDuration,
    /// Which datapoints with too few samples keep an alarm's state, where it ignores them.
    pub low_sample_datapoints: LowSampleDatapoints,
    /// Several lifecycle hooks of one transition wait together, not one after the other.
    pub hooks_wait_together: bool,
}

/// Any time between two, each as likely.
fn between(min: u64, max: u64) -> Distribution {
    Distribution::Uniform { min: SimDuration::from_secs(min), max: SimDuration::from_secs(max) }
}

impl Default for AwsAssumptions {
    fn default() -> Self {
        AwsAssumptions {
            evaluation_range_extra: 2,
            premature_within: PrematureWithin::Range,
            premature_state: PrematureState::Keep,
            premature_ignored: PrematureIgnored::Keep,
            alarm_phase: None,
            evaluation_lag: SimDuration::ZERO,
            evaluation_lag_alb: None,
            publication_delay_ec2: between(60, 150),
            publication_delay_ec2_basic: between(60, 300),
            publication_delay_alb: between(60, 180),
            publication_delay_custom: between(0, 15),
            metric_aggregation_points: AggregationPoints::Evaluated,
            step_at_threshold: StepAtThreshold::Operator,
            target_tracking_value: TrackedValue::Latest,
            target_tracking_scale_in_ratio: 0.9,
            target_tracking_at_threshold: AtThreshold::Holds,
            simple_scaling_base: SimpleBase::Current,
            scale_in_waits_for: ScaleInWaits::Warming,
            default_warmup: DefaultWarmup::DefaultCooldown,
            idle_invocations: IdleLog::Once,
            cooldown_without_activity: false,
            reconcile_lag: None,
            launch_backoff: SimDuration::from_secs(30),
            launch_backoff_most: SimDuration::from_mins(10),
            suspends_launches_after: SimDuration::from_hours(24),
            health_check_interval: SimDuration::from_secs(30),
            rebalance_interval: SimDuration::from_mins(1),
            low_sample_datapoints: LowSampleDatapoints::Any,
            hooks_wait_together: true,
        }
    }
}

impl AwsAssumptions {
    /// What becomes of a state for which there is too little data.
    pub(crate) fn premature(&self) -> Premature {
        Premature { within: self.premature_within, otherwise: self.premature_state, ignored: self.premature_ignored }
    }
}
