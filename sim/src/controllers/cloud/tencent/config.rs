//! The `[tencent]` table of a scenario: a scaling group, its policies, alarms and scheduled actions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;

use super::assumptions::TencentAssumptions;
use crate::controllers::cloud::defaults::{at_least, fifteen, five_minutes, one_minute, three, yes};
use crate::controllers::cloud::lifecycle::{LifecycleHook, tencent_hooks};
use crate::controllers::cloud::words::{Adjust, Comparison, Names, RemovalPolicy, StatisticWord};

/// A Tencent Cloud Auto Scaling group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TencentConfig {
    /// Fewest instances (`MinSize`).
    #[serde(alias = "min_size", alias = "MinSize")]
    pub min: u32,
    /// Most instances (`MaxSize`).
    #[serde(alias = "max_size", alias = "MaxSize")]
    pub max: u32,
    /// Instances at the start (`DesiredCapacity`); `min` when absent.
    #[serde(default, alias = "desired_capacity", alias = "DesiredCapacity", skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
    /// Which instance leaves first (`TerminationPolicies`).
    #[serde(default = "default_removal", alias = "termination_policies", alias = "TerminationPolicies")]
    pub removal: Vec<RemovalPolicy>,
    /// Cooldown of the group (`DefaultCooldown`).
    #[serde(default = "five_minutes", alias = "DefaultCooldown")]
    pub default_cooldown: SimDuration,
    /// What follows a failed scale-out (`RetryPolicy`).
    #[serde(default, alias = "RetryPolicy")]
    pub retry: RetryPolicy,
    /// Pauses on the way in and out (`CreateLifecycleHook`); several wait one after the other.
    #[serde(default, deserialize_with = "tencent_hooks", skip_serializing_if = "Vec::is_empty")]
    pub hook: Vec<LifecycleHook>,
    /// Whether dead instances are replaced (`ServiceSettings.ReplaceMonitorUnhealthy`). Without it they stay in the group,
    /// dead, and count.
    #[serde(default, alias = "ReplaceMonitorUnhealthy")]
    pub replace_monitor_unhealthy: bool,
    /// Whether instances that the load balancer finds unhealthy are replaced
    /// (`ServiceSettings.ReplaceLoadBalancerUnhealthy`).
    #[serde(default, alias = "ReplaceLoadBalancerUnhealthy")]
    pub replace_load_balancer_unhealthy: bool,
    /// For so long after it came into service an instance is not judged by the load balancer's health checks
    /// (`LoadBalancerHealthCheckGracePeriod`).
    #[serde(default, alias = "LoadBalancerHealthCheckGracePeriod")]
    pub health_check_grace: SimDuration,
    /// Whether a scale-in takes unhealthy instances first (`ServiceSettings.PriorityScaleInUnhealthy`).
    #[serde(default, alias = "PriorityScaleInUnhealthy")]
    pub priority_scale_in_unhealthy: bool,
    /// Whether a scale-out that no alarm triggered starts stopped instances first (`ServiceSettings.ScalingMode`).
    #[serde(default, alias = "ScalingMode")]
    pub scaling_mode: ScalingMode,
    /// Stopped instances at the start (`StopAutoScalingInstances`). Starting takes `fleet.start_stopped`.
    #[serde(default)]
    pub stopped: u32,
    /// In which zones instances are created (`MultiZoneSubnetPolicy`).
    #[serde(default, alias = "MultiZoneSubnetPolicy")]
    pub multi_zone: MultiZonePolicy,
    /// Whether two scale-outs that match the desired capacity may run side by side
    /// (`ConcurrentScaleOutForDesiredCapacity`).
    #[serde(default, alias = "ConcurrentScaleOutForDesiredCapacity")]
    pub concurrent_scale_out: bool,
    /// Run what the real API would refuse, with a warning.
    #[serde(default)]
    pub lenient: bool,
    /// Scaling policies.
    #[serde(default)]
    pub policy: Vec<TencentPolicy>,
    /// Alarms; one may as well stand inside its policy.
    #[serde(default)]
    pub alarm: Vec<TencentAlarm>,
    /// Scheduled actions.
    #[serde(default)]
    pub scheduled: Vec<TencentScheduled>,
    /// Choices that no document settles.
    #[serde(default)]
    pub assumptions: TencentAssumptions,
}

/// What follows a failed scale-out.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RetryPolicy {
    /// Up to five retries at once.
    #[default]
    #[serde(alias = "IMMEDIATE_RETRY")]
    Immediate,
    /// Ten retries at once, then after 10, 30 and 60 minutes, then daily.
    #[serde(alias = "INCREMENTAL_INTERVALS")]
    IncrementalIntervals,
    /// None until the desired capacity changes.
    #[serde(alias = "NO_RETRY")]
    None,
}

/// How a scale-out gets its instances.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScalingMode {
    /// It creates them.
    #[default]
    #[serde(alias = "CLASSIC_SCALING")]
    Classic,
    /// It starts stopped ones first, and creates what is still missing. Those that an alarm triggers create all.
    #[serde(alias = "WAKE_UP_STOPPED_SCALING")]
    WakeUpStopped,
}

/// In which zones instances are created.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MultiZonePolicy {
    /// In the first that works.
    #[default]
    #[serde(alias = "PRIORITY")]
    Priority,
    /// In the one with the fewest instances.
    #[serde(alias = "EQUALITY")]
    Equality,
}

/// The kind of a scaling policy.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TencentPolicyType {
    /// One adjustment, invoked by an alarm.
    #[serde(alias = "SIMPLE")]
    Simple,
    /// Keeps a metric at a target.
    #[serde(alias = "TARGET_TRACKING")]
    TargetTracking,
}

/// A scaling policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TencentPolicy {
    /// Its name (`ScalingPolicyName`).
    #[serde(alias = "ScalingPolicyName")]
    pub name: String,
    /// `simple` or `target-tracking`; by default what its other keys say (`ScalingPolicyType`).
    #[serde(default, rename = "type", alias = "ScalingPolicyType", skip_serializing_if = "Option::is_none")]
    pub kind: Option<TencentPolicyType>,
    /// What a simple policy does: `{ change = 2 }`, `{ percent = 20 }` or `{ exact = 8 }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjust: Option<Adjust>,
    /// Cooldown after an activity of this simple policy (`Cooldown`, 300 s).
    #[serde(default = "five_minutes", alias = "Cooldown")]
    pub cooldown: SimDuration,
    /// The alarm that invokes it (`MetricAlarm`); its name and action are those of the policy unless given.
    #[serde(default, alias = "MetricAlarm", skip_serializing_if = "Option::is_none")]
    pub alarm: Option<TencentAlarm>,
    /// What a target tracking policy tracks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TencentTarget>,
    /// How long a new instance counts as warming up, for target tracking (`EstimatedInstanceWarmup`).
    #[serde(default = "five_minutes", alias = "EstimatedInstanceWarmup")]
    pub warmup: SimDuration,
}

/// What a target tracking policy tracks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TencentTarget {
    /// The metric (`PredefinedMetricType`).
    #[serde(alias = "PredefinedMetricType")]
    pub metric: String,
    /// Where to keep it (`TargetValue`).
    #[serde(alias = "TargetValue")]
    pub value: f64,
    /// Only ever add (`DisableScaleIn`).
    #[serde(default, alias = "DisableScaleIn")]
    pub disable_scale_in: bool,
    /// Minutes above the target before instances are added.
    #[serde(default = "three")]
    pub scale_out_times: u32,
    /// Minutes below 80 % of the target before instances are removed.
    #[serde(default = "fifteen")]
    pub scale_in_times: u32,
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TencentAlarm {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The metric (`MetricName`).
    #[serde(alias = "MetricName")]
    pub metric: String,
    /// How the samples of a period become one value (`Statistic`).
    #[serde(default, alias = "Statistic")]
    pub statistic: StatisticWord,
    /// How the value is held against the threshold (`ComparisonOperator`).
    #[serde(default = "at_least", alias = "ComparisonOperator")]
    pub comparison: Comparison,
    /// The threshold, percent for utilization (`Threshold`).
    #[serde(alias = "Threshold", alias = "PreciseThreshold")]
    pub threshold: f64,
    /// The length of a period: 60 or 300 s (`Period`).
    #[serde(default = "one_minute", alias = "Period")]
    pub period: SimDuration,
    /// Consecutive periods that must breach, 1 to 10 (`ContinuousTime`).
    #[serde(default = "three", alias = "ContinuousTime")]
    pub times: u32,
    /// The policy to invoke.
    #[serde(default, alias = "actions")]
    pub action: Names,
    /// Whether it is evaluated.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// A scheduled action: sets minimum, maximum and desired capacity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TencentScheduled {
    /// Its name (`ScheduledActionName`).
    #[serde(alias = "ScheduledActionName")]
    pub name: String,
    /// When, from the start of the run. One of `at` and `cron`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<SimDuration>,
    /// When, as five cron fields in UTC+8 (`Recurrence`).
    #[serde(default, alias = "Recurrence", skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// The new minimum (`MinSize`).
    #[serde(default, alias = "MinSize", skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// The new maximum (`MaxSize`).
    #[serde(default, alias = "MaxSize", skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// The new desired capacity (`DesiredCapacity`).
    #[serde(default, alias = "DesiredCapacity", skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
}

impl TencentConfig {
    /// The same group as a backtest evaluates it: what the scenario leaves open about delays is nothing.
    pub fn without_delays(mut self) -> Self {
        self.assumptions.alarm_delay.get_or_insert(SimDuration::ZERO);
        self
    }

    /// Instances at t = 0.
    pub fn initial_capacity(&self) -> u32 {
        self.desired.unwrap_or(self.min)
    }

    /// The longest warm-up of a policy that has one: so long an instance of the group counts as warming up.
    pub(crate) fn longest_warmup(&self) -> SimDuration {
        let tracks = |policy: &&TencentPolicy| policy.resolved_type() == TencentPolicyType::TargetTracking;
        self.policy.iter().filter(tracks).map(|policy| policy.warmup).max().unwrap_or(SimDuration::ZERO)
    }

    /// All alarms, those inside of policies with the name and action that they imply.
    pub fn all_alarms(&self) -> Vec<TencentAlarm> {
        let inner = self.policy.iter().filter_map(|policy| {
            let mut alarm = policy.alarm.clone()?;
            if alarm.name.is_empty() {
                alarm.name.clone_from(&policy.name);
            }
            if alarm.action.iter().next().is_none() {
                alarm.action = Names::One(policy.name.clone());
            }
            Some(alarm)
        });
        inner.chain(self.alarm.iter().cloned()).collect()
    }
}

impl TencentPolicy {
    /// The kind of the policy, given or implied.
    pub fn resolved_type(&self) -> TencentPolicyType {
        let implied = if self.target.is_some() { TencentPolicyType::TargetTracking } else { TencentPolicyType::Simple };
        self.kind.unwrap_or(implied)
    }
}

fn default_removal() -> Vec<RemovalPolicy> {
    vec![RemovalPolicy::OldestInstance]
}
