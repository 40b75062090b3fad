//! The `[ess]` table of a scenario: a scaling group, its rules, event-triggered tasks and scheduled tasks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;

use crate::controllers::cloud::defaults::{
    at_least, fifteen, five_minutes, one_day, one_minute, or_one_minute, ten_minutes, three, yes,
};
use crate::controllers::cloud::words::{
    Adjust, AlarmRepeat, Comparison, Names, PercentRounding, RemovalPolicy, StatisticWord, Step,
};

/// An Alibaba Cloud scaling group (ESS) with its CloudMonitor alarms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EssConfig {
    /// Fewest instances (`MinSize`).
    #[serde(alias = "min_size", alias = "MinSize")]
    pub min: u32,
    /// Most instances (`MaxSize`).
    #[serde(alias = "max_size", alias = "MaxSize")]
    pub max: u32,
    /// Expected number of instances (`DesiredCapacity`). Giving it turns the feature of that name on. Without it the
    /// group starts with `min`.
    #[serde(default, alias = "desired_capacity", alias = "DesiredCapacity", skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
    /// Whether ESS restores the expected number of instances; on exactly when `desired` is given. Turn it off to start
    /// with `desired` instances in a group without the feature.
    #[serde(default, alias = "EnableDesiredCapacity", skip_serializing_if = "Option::is_none")]
    pub expected_capacity: Option<bool>,
    /// Which instance leaves first; each policy filters what the one before it left (`RemovalPolicy.N`).
    #[serde(default = "default_removal", alias = "removal_policies", alias = "RemovalPolicies")]
    pub removal: Vec<RemovalPolicy>,
    /// Cooldown of rules that set none (`DefaultCooldown`).
    #[serde(default = "five_minutes", alias = "DefaultCooldown")]
    pub default_cooldown: SimDuration,
    /// Run what the real API would refuse, with a warning.
    #[serde(default)]
    pub lenient: bool,
    /// Scaling rules.
    #[serde(default)]
    pub rule: Vec<EssRule>,
    /// Event-triggered tasks (`CreateAlarm`) and CloudMonitor rules.
    #[serde(default)]
    pub alarm: Vec<EssAlarm>,
    /// Scheduled tasks.
    #[serde(default)]
    pub scheduled: Vec<EssScheduled>,
    /// Choices that no document settles.
    #[serde(default)]
    pub assumptions: EssAssumptions,
}

/// The kind of a scaling rule.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EssRuleType {
    /// One adjustment.
    #[serde(alias = "SimpleScalingRule")]
    Simple,
    /// An adjustment that depends on how far the metric is from the threshold.
    #[serde(alias = "StepScalingRule")]
    Step,
    /// Keeps a metric at a target, with two alarms that ESS manages.
    #[serde(alias = "TargetTrackingScalingRule")]
    TargetTracking,
}

/// A scaling rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EssRule {
    /// Its name, by which alarms refer to it (`ScalingRuleName`).
    #[serde(alias = "ScalingRuleName")]
    pub name: String,
    /// `simple`, `step` or `target-tracking`; by default what its other keys say (`ScalingRuleType`).
    #[serde(default, rename = "type", alias = "ScalingRuleType", skip_serializing_if = "Option::is_none")]
    pub kind: Option<EssRuleType>,
    /// What a simple rule does: `{ change = 2 }`, `{ percent = 20 }` or `{ exact = 8 }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjust: Option<Adjust>,
    /// The least change of a percentage (`MinAdjustmentMagnitude`).
    #[serde(default, alias = "MinAdjustmentMagnitude")]
    pub min_adjustment_magnitude: u32,
    /// Cooldown after an activity of this simple rule; the group's default when absent (`Cooldown`).
    #[serde(default, alias = "Cooldown", skip_serializing_if = "Option::is_none")]
    pub cooldown: Option<SimDuration>,
    /// What a step rule does, by the metric's offset from the threshold (`StepAdjustments`).
    #[serde(default, alias = "StepAdjustments", skip_serializing_if = "Vec::is_empty")]
    pub step: Vec<Step>,
    /// What a target tracking rule tracks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<EssTarget>,
    /// How long a new instance counts as warming up, for step and target tracking rules (`EstimatedInstanceWarmup`).
    #[serde(default = "five_minutes", alias = "EstimatedInstanceWarmup")]
    pub warmup: SimDuration,
}

/// What a target tracking rule tracks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EssTarget {
    /// The metric, per instance (`MetricName`).
    #[serde(alias = "MetricName")]
    pub metric: String,
    /// Where to keep it (`TargetValue`).
    #[serde(alias = "TargetValue")]
    pub value: f64,
    /// Only ever add (`DisableScaleIn`).
    #[serde(default, alias = "DisableScaleIn")]
    pub disable_scale_in: bool,
    /// Periods above the target before instances are added (`ScaleOutEvaluationCount`).
    #[serde(default = "three", alias = "ScaleOutEvaluationCount")]
    pub scale_out_times: u32,
    /// Periods below the scale-in threshold before instances are removed (`ScaleInEvaluationCount`).
    #[serde(default = "fifteen", alias = "ScaleInEvaluationCount")]
    pub scale_in_times: u32,
    /// The period of both alarms (`AlarmOptions.Period`).
    #[serde(default = "one_minute", alias = "Period")]
    pub period: SimDuration,
}

/// Which of Alibaba's two alarm services evaluates an alarm.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EssAlarmKind {
    /// An ESS event-triggered task (`CreateAlarm`): the aggregate over the group.
    #[default]
    EventTriggeredTask,
    /// A CloudMonitor rule (`PutResourceMetricRule`) with a scaling rule as target: every instance by itself.
    CmsRule,
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EssAlarm {
    /// Its name.
    #[serde(alias = "Name")]
    pub name: String,
    /// The service that evaluates it.
    #[serde(default)]
    pub kind: EssAlarmKind,
    /// The metric (`MetricName`): `windtunnel metrics --policy` lists them.
    #[serde(alias = "MetricName")]
    pub metric: String,
    /// How the samples of a period become one value (`Statistics`).
    #[serde(default, alias = "Statistics", alias = "statistics")]
    pub statistic: StatisticWord,
    /// How the value is held against the threshold (`ComparisonOperator`).
    #[serde(default = "at_least", alias = "ComparisonOperator", alias = "comparison_operator")]
    pub comparison: Comparison,
    /// The threshold, in the metric's unit (percent for utilization).
    #[serde(alias = "Threshold")]
    pub threshold: f64,
    /// The length of a period: 15, 60, 120, 300 or 900 s (`Period`).
    #[serde(default = "five_minutes", alias = "Period")]
    pub period: SimDuration,
    /// Consecutive periods that must breach (`EvaluationCount`, `Times`).
    #[serde(default = "three", alias = "EvaluationCount", alias = "evaluation_count", alias = "Times")]
    pub times: u32,
    /// The rule to execute, or up to five (`AlarmActions`).
    #[serde(alias = "AlarmActions", alias = "actions")]
    pub action: Names,
    /// Whether it is evaluated (`Enable`).
    #[serde(default = "yes", alias = "Enable")]
    pub enabled: bool,
    /// Between two notifications about the same instance, for a CloudMonitor rule (`SilenceTime`).
    #[serde(default = "one_day", alias = "SilenceTime")]
    pub silence_time: SimDuration,
}

/// A scheduled task: at a time it executes a rule, or sets minimum, maximum and expected capacity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EssScheduled {
    /// Its name (`ScheduledTaskName`).
    #[serde(alias = "ScheduledTaskName")]
    pub name: String,
    /// When, from the start of the run. One of `at` and `cron`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<SimDuration>,
    /// When, as five cron fields in UTC (`RecurrenceValue`).
    #[serde(default, alias = "RecurrenceValue", skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// The rule to execute (`ScheduledAction`).
    #[serde(default, alias = "ScheduledAction", skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The new minimum (`MinValue`).
    #[serde(default, alias = "MinValue", skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// The new maximum (`MaxValue`).
    #[serde(default, alias = "MaxValue", skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// The new expected capacity (`DesiredCapacity`).
    #[serde(default, alias = "DesiredCapacity", skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
    /// How long a refused task is tried again (`LaunchExpirationTime`).
    #[serde(default = "ten_minutes", alias = "LaunchExpirationTime")]
    pub retry_for: SimDuration,
}

/// Which activities start the cooldown.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CooldownStartedBy {
    /// Those that an alarm triggered.
    Alarm,
    /// Any.
    Any,
}

/// Choices that no document settles (`windtunnel show --assumptions` explains each).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EssAssumptions {
    /// Which activities start the cooldown.
    pub cooldown_started_by: CooldownStartedBy,
    /// Whether step and target tracking activities start the group's default cooldown.
    pub cooldown_after_step_and_target_tracking: bool,
    /// How often an alarm that stays in ALARM executes its rule.
    pub alarm_repeat: AlarmRepeat,
    /// From the end of a period to its evaluation; 60 s, and in a backtest 0 s, unless given.
    #[serde(serialize_with = "or_one_minute")]
    pub alarm_delay: Option<SimDuration>,
    /// How a percentage of the capacity is rounded.
    pub percent_rounding: PercentRounding,
    /// Between checks of the expected, minimum and maximum capacity.
    pub check_interval: SimDuration,
    /// The scale-in threshold of target tracking, as a share of the target.
    pub target_tracking_scale_in_ratio: f64,
    /// After executing a rule, how long an alarm task executes none.
    pub trigger_lock: SimDuration,
}

impl Default for EssAssumptions {
    fn default() -> Self {
        EssAssumptions {
            cooldown_started_by: CooldownStartedBy::Alarm,
            cooldown_after_step_and_target_tracking: false,
            alarm_repeat: AlarmRepeat::Level,
            alarm_delay: None,
            percent_rounding: PercentRounding::Nearest,
            check_interval: one_minute(),
            target_tracking_scale_in_ratio: 0.8,
            trigger_lock: one_minute(),
        }
    }
}

impl EssConfig {
    /// The same group as a backtest evaluates it: what the scenario leaves open about delays is nothing.
    pub fn without_delays(mut self) -> Self {
        self.assumptions.alarm_delay.get_or_insert(SimDuration::ZERO);
        self
    }

    /// True when the "expected number of instances" feature is on.
    pub fn has_expected_capacity(&self) -> bool {
        self.expected_capacity.unwrap_or(self.desired.is_some())
    }

    /// Instances at t = 0.
    pub fn initial_capacity(&self) -> u32 {
        self.desired.unwrap_or(self.min)
    }

    /// The removal policies, for the fleet.
    pub fn removal(&self) -> &[RemovalPolicy] {
        &self.removal
    }
}

impl EssRule {
    /// The kind of the rule, given or implied.
    pub fn resolved_type(&self) -> EssRuleType {
        self.kind.unwrap_or(match (&self.target, self.step.is_empty()) {
            (Some(_), _) => EssRuleType::TargetTracking,
            (None, false) => EssRuleType::Step,
            (None, true) => EssRuleType::Simple,
        })
    }
}

fn default_removal() -> Vec<RemovalPolicy> {
    vec![RemovalPolicy::OldestConfiguration, RemovalPolicy::OldestInstance]
}
