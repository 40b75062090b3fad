//! The `[aws]` table of a scenario: an Auto Scaling group, its policies, CloudWatch alarms and scheduled actions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;

use super::assumptions::AwsAssumptions;
use crate::controllers::cloud::choices::DefaultWarmup;
use crate::controllers::cloud::defaults::{fifteen, five_minutes, is_yes, one, one_minute, three, yes};
use crate::controllers::cloud::lifecycle::{LifecycleHook, aws_hooks};
use crate::controllers::cloud::missing_data::TreatMissing;
use crate::controllers::cloud::unsimulated;
use crate::controllers::cloud::words::{Adjust, Comparison, Names, RemovalPolicy, StatisticWord, Step};

/// An EC2 Auto Scaling group with its CloudWatch alarms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsConfig {
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
    #[serde(
        default = "default_removal",
        alias = "termination_policies",
        alias = "TerminationPolicies",
        deserialize_with = "unsimulated::removal_policies"
    )]
    pub removal: Vec<RemovalPolicy>,
    /// Cooldown of simple policies that set none (`DefaultCooldown`).
    #[serde(default = "five_minutes", alias = "DefaultCooldown")]
    pub default_cooldown: SimDuration,
    /// How long a new instance counts as warming up, for policies that set no warm-up (`DefaultInstanceWarmup`). Unset,
    /// the default cooldown serves.
    #[serde(default, alias = "DefaultInstanceWarmup", skip_serializing_if = "Option::is_none")]
    pub default_instance_warmup: Option<SimDuration>,
    /// Pauses on the way in and out (`LifecycleHookSpecificationList`).
    #[serde(default, deserialize_with = "aws_hooks", skip_serializing_if = "Vec::is_empty")]
    pub hook: Vec<LifecycleHook>,
    /// Processes that are suspended for the whole run (`SuspendedProcesses`).
    #[serde(default, alias = "SuspendedProcesses", skip_serializing_if = "Vec::is_empty")]
    pub suspended: Vec<AwsProcess>,
    /// New instances are protected from scale-in (`NewInstancesProtectedFromScaleIn`).
    #[serde(default, alias = "NewInstancesProtectedFromScaleIn")]
    pub protect_new: bool,
    /// How many of the first instances are protected from scale-in (`ProtectedFromScaleIn`).
    #[serde(default)]
    pub protected: u32,
    /// `ec2`, or `elb` for both (`HealthCheckType`).
    #[serde(default, alias = "HealthCheckType")]
    pub health_check: AwsHealthCheck,
    /// For so long after it came into service an instance is not judged by the load balancer's health checks
    /// (`HealthCheckGracePeriod`; the API's default is 0, the console's 300 s).
    #[serde(default, alias = "HealthCheckGracePeriod")]
    pub health_check_grace: SimDuration,
    /// Instances that are prepared beside the group (`PutWarmPool`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_pool: Option<AwsWarmPool>,
    /// How many instances may be replaced at a time (`InstanceMaintenancePolicy`); a tenth of the group when absent.
    #[serde(default, alias = "InstanceMaintenancePolicy", skip_serializing_if = "Option::is_none")]
    pub maintenance: Option<AwsMaintenance>,
    /// Not simulated (`MaxInstanceLifetime`).
    #[serde(
        default,
        alias = "MaxInstanceLifetime",
        deserialize_with = "unsimulated::instance_lifetime",
        skip_serializing
    )]
    #[schemars(skip)]
    pub max_instance_lifetime: (),
    /// Not simulated (`MixedInstancesPolicy`).
    #[serde(
        default,
        alias = "MixedInstancesPolicy",
        deserialize_with = "unsimulated::several_types",
        skip_serializing
    )]
    #[schemars(skip)]
    pub mixed_instances: (),
    /// Run what the real API would refuse, with a warning.
    #[serde(default)]
    pub lenient: bool,
    /// Scaling policies.
    #[serde(default)]
    pub policy: Vec<AwsPolicy>,
    /// CloudWatch alarms.
    #[serde(default)]
    pub alarm: Vec<AwsAlarm>,
    /// Composite alarms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub composite: Vec<AwsComposite>,
    /// Scheduled actions.
    #[serde(default)]
    pub scheduled: Vec<AwsScheduled>,
    /// Choices that no document settles.
    #[serde(default)]
    pub assumptions: Box<AwsAssumptions>,
}

/// A process of the group that may be suspended.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AwsProcess {
    /// No instance is launched.
    #[serde(alias = "Launch")]
    Launch,
    /// No instance is terminated.
    #[serde(alias = "Terminate")]
    Terminate,
    /// New instances are not added to the load balancer.
    #[serde(alias = "AddToLoadBalancer")]
    AddToLoadBalancer,
    /// Alarms invoke no policy.
    #[serde(alias = "AlarmNotification")]
    AlarmNotification,
    /// Zones are not rebalanced.
    #[serde(rename = "az-rebalance", alias = "AZRebalance")]
    AzRebalance,
    /// Instances are not marked unhealthy.
    #[serde(alias = "HealthCheck")]
    HealthCheck,
    /// Instances are not refreshed: a rolling update is the operator's own, and goes on.
    #[serde(alias = "InstanceRefresh")]
    InstanceRefresh,
    /// Unhealthy instances are not replaced.
    #[serde(alias = "ReplaceUnhealthy")]
    ReplaceUnhealthy,
    /// Scheduled actions do nothing.
    #[serde(alias = "ScheduledActions")]
    ScheduledActions,
}

/// Whose word the group takes for an instance's health.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AwsHealthCheck {
    /// EC2's status checks: is the machine running?
    #[default]
    #[serde(alias = "EC2")]
    Ec2,
    /// The load balancer's as well.
    #[serde(alias = "ELB")]
    Elb,
}

/// Instances that are prepared beside the group, and join it faster than new ones. From stopping to running again takes
/// `fleet.start_stopped`; a stopped one costs `instance.price.stopped_per_hour`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsWarmPool {
    /// Fewest instances in the pool (`MinSize`).
    #[serde(default, alias = "MinSize")]
    pub min: u32,
    /// Pool and group together (`MaxGroupPreparedCapacity`); the group's maximum when absent.
    #[serde(default, alias = "MaxGroupPreparedCapacity", skip_serializing_if = "Option::is_none")]
    pub max_prepared: Option<u32>,
    /// What its instances are (`PoolState`).
    #[serde(default, alias = "PoolState")]
    pub state: AwsPoolState,
    /// A scale-in returns instances to the pool (`InstanceReusePolicy.ReuseOnScaleIn`).
    #[serde(default, alias = "ReuseOnScaleIn")]
    pub reuse_on_scale_in: bool,
}

/// What the instances of a warm pool are.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AwsPoolState {
    /// Stopped: only their disks cost.
    #[default]
    #[serde(alias = "Stopped")]
    Stopped,
    /// Running: they cost as much as those in service, and join at once.
    #[serde(alias = "Running")]
    Running,
    /// Hibernated: as stopped; what resuming takes is `fleet.start_stopped` all the same.
    #[serde(alias = "Hibernated")]
    Hibernated,
}

/// How far a group may shrink or grow while instances are replaced.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsMaintenance {
    /// Percent of the desired capacity that stays healthy, 0 to 100 (`MinHealthyPercentage`).
    #[serde(alias = "MinHealthyPercentage")]
    pub min_healthy: u32,
    /// Percent of the desired capacity that is not exceeded, 100 to 200 (`MaxHealthyPercentage`).
    #[serde(alias = "MaxHealthyPercentage")]
    pub max_healthy: u32,
}

/// The kind of a scaling policy.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AwsPolicyType {
    /// One adjustment, then a cooldown.
    #[serde(alias = "SimpleScaling")]
    Simple,
    /// An adjustment that depends on how far the metric is from the threshold.
    #[serde(alias = "StepScaling")]
    Step,
    /// Keeps a metric at a target, with two alarms that AWS manages.
    #[serde(alias = "TargetTrackingScaling")]
    TargetTracking,
    /// Raises the desired capacity to an hourly forecast.
    #[serde(alias = "PredictiveScaling")]
    Predictive,
}

/// A scaling policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsPolicy {
    /// Its name, by which alarms refer to it (`PolicyName`).
    #[serde(alias = "PolicyName")]
    pub name: String,
    /// `simple`, `step`, `target-tracking` or `predictive`; by default what its other keys say (`PolicyType`).
    #[serde(
        default,
        rename = "type",
        alias = "PolicyType",
        alias = "policy_type",
        skip_serializing_if = "Option::is_none"
    )]
    pub kind: Option<AwsPolicyType>,
    /// What a simple policy does: `{ change = 2 }`, `{ percent = 20 }` or `{ exact = 8 }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjust: Option<Adjust>,
    /// The least change of a percentage (`MinAdjustmentMagnitude`).
    #[serde(default, alias = "MinAdjustmentMagnitude")]
    pub min_adjustment_magnitude: u32,
    /// Cooldown after an activity of this simple policy; the group's default when absent (`Cooldown`).
    #[serde(default, alias = "Cooldown", skip_serializing_if = "Option::is_none")]
    pub cooldown: Option<SimDuration>,
    /// What a step policy does, by the metric's offset from the threshold (`StepAdjustments`).
    #[serde(default, alias = "StepAdjustments", alias = "step_adjustment", skip_serializing_if = "Vec::is_empty")]
    pub step: Vec<Step>,
    /// How a step policy condenses datapoints: average, minimum or maximum (`MetricAggregationType`).
    #[serde(default, alias = "MetricAggregationType")]
    pub metric_aggregation: StatisticWord,
    /// What a target tracking or predictive policy tracks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<AwsTarget>,
    /// How long a new instance counts as warming up for this policy (`EstimatedInstanceWarmup`).
    #[serde(
        default,
        alias = "EstimatedInstanceWarmup",
        alias = "estimated_instance_warmup",
        skip_serializing_if = "Option::is_none"
    )]
    pub warmup: Option<SimDuration>,
    /// How a predictive policy forecasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predictive: Option<AwsPredictive>,
    /// Whether it acts (`Enabled`).
    #[serde(default = "yes", alias = "Enabled")]
    pub enabled: bool,
}

/// What a target tracking policy tracks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsTarget {
    /// The metric, per instance (`PredefinedMetricType` or `MetricName`).
    #[serde(alias = "PredefinedMetricType", alias = "MetricName")]
    pub metric: String,
    /// The statistic of both alarms; `average`, and `sum` for RequestCount, unless given.
    #[serde(default, alias = "Statistic", skip_serializing_if = "Option::is_none")]
    pub statistic: Option<StatisticWord>,
    /// Where to keep it (`TargetValue`).
    #[serde(alias = "TargetValue")]
    pub value: f64,
    /// Only ever add (`DisableScaleIn`).
    #[serde(default, alias = "DisableScaleIn")]
    pub disable_scale_in: bool,
    /// The period of both alarms: 10, 30 or 60 s (`Period`).
    #[serde(default = "one_minute", alias = "Period")]
    pub period: SimDuration,
    /// Periods of the high alarm. AWS manages this; 3 has been observed.
    #[serde(default = "three")]
    pub scale_out_times: u32,
    /// Periods of the low alarm. AWS manages this; 15 has been observed.
    #[serde(default = "fifteen")]
    pub scale_in_times: u32,
}

/// What a predictive policy may do.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PredictiveMode {
    /// Only forecast.
    #[default]
    #[serde(alias = "ForecastOnly")]
    ForecastOnly,
    /// Forecast, and raise the desired capacity.
    #[serde(alias = "ForecastAndScale")]
    ForecastAndScale,
}

/// How a predictive policy forecasts. AWS does not publish its model: this is a seasonal profile of our own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsPredictive {
    /// Forecast only, or scale too (`Mode`).
    #[serde(default, alias = "Mode")]
    pub mode: PredictiveMode,
    /// How long before its hour an instance is launched (`SchedulingBufferTime`).
    #[serde(default = "five_minutes", alias = "SchedulingBufferTime")]
    pub buffer: SimDuration,
    /// How far above `max` a forecast may go, percent of the forecast; absent, `max` is honoured (`MaxCapacityBuffer`).
    #[serde(default, alias = "MaxCapacityBuffer", skip_serializing_if = "Option::is_none")]
    pub max_capacity_buffer: Option<f64>,
}

/// A CloudWatch alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsAlarm {
    /// Its name (`AlarmName`).
    #[serde(alias = "AlarmName", alias = "alarm_name")]
    pub name: String,
    /// The metric (`MetricName`): `windtunnel metrics --policy` lists them.
    #[serde(alias = "MetricName", alias = "metric_name")]
    pub metric: String,
    /// How the samples of a period become one value (`Statistic`, `ExtendedStatistic`).
    #[serde(default, alias = "Statistic", alias = "ExtendedStatistic")]
    pub statistic: StatisticWord,
    /// How the value is held against the threshold (`ComparisonOperator`).
    #[serde(alias = "ComparisonOperator", alias = "comparison_operator")]
    pub comparison: Comparison,
    /// The threshold, in the metric's unit (percent for utilization).
    #[serde(alias = "Threshold")]
    pub threshold: f64,
    /// The length of a period: 10, 20, 30 s or a multiple of 60 s (`Period`).
    #[serde(default = "five_minutes", alias = "Period")]
    pub period: SimDuration,
    /// Datapoints that are looked at (`EvaluationPeriods`).
    #[serde(default = "one", alias = "EvaluationPeriods", alias = "evaluation_periods")]
    pub times: u32,
    /// How many of them must breach; all when absent (`DatapointsToAlarm`).
    #[serde(default, alias = "DatapointsToAlarm", skip_serializing_if = "Option::is_none")]
    pub datapoints_to_alarm: Option<u32>,
    /// What a missing datapoint counts as: `missing`, `ignore`, `breaching`, `not-breaching` (`TreatMissingData`).
    #[serde(default, alias = "TreatMissingData", alias = "treat_missing_data")]
    pub missing: TreatMissing,
    /// The policy to invoke in ALARM, or up to five (`AlarmActions`).
    #[serde(default, alias = "AlarmActions", alias = "alarm_actions", alias = "actions")]
    pub action: Names,
    /// The policy to invoke in OK (`OKActions`).
    #[serde(default, alias = "OKActions", alias = "ok_actions", skip_serializing_if = "Names::is_empty")]
    pub ok_action: Names,
    /// The policy to invoke in INSUFFICIENT_DATA (`InsufficientDataActions`).
    #[serde(
        default,
        alias = "InsufficientDataActions",
        alias = "insufficient_data_actions",
        skip_serializing_if = "Names::is_empty"
    )]
    pub insufficient_data_action: Names,
    /// What becomes of a percentile that rests on too few samples (`EvaluateLowSampleCountPercentile`).
    #[serde(default, alias = "EvaluateLowSampleCountPercentile", alias = "evaluate_low_sample_count_percentiles")]
    pub low_samples: LowSampleCount,
    /// Whether it invokes its actions (`ActionsEnabled`).
    #[serde(default = "yes", alias = "ActionsEnabled")]
    pub enabled: bool,
    /// Whether `export` writes it. `import` says false where the original says more than the simulation knows, such as
    /// metric math: it then stays as it is in the account.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub export: bool,
    /// What the alarm invokes beside policies, such as topics of SNS. Not simulated, exported as it is.
    #[serde(default, skip_serializing_if = "FurtherActions::is_empty")]
    pub further_actions: FurtherActions,
    /// The metric's namespace, for the export, where it is not the usual one (`Namespace`).
    #[serde(default, alias = "Namespace", skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The metric's dimensions, for the export, where they are not the usual ones (`Dimensions`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<BTreeMap<String, String>>,
}

/// What an alarm invokes beside policies, by its state: ARNs, or `ref:NAME` for one that the export asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FurtherActions {
    /// In ALARM (`AlarmActions`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alarm: Vec<String>,
    /// In OK (`OKActions`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ok: Vec<String>,
    /// In INSUFFICIENT_DATA (`InsufficientDataActions`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub insufficient_data: Vec<String>,
}

impl FurtherActions {
    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.alarm.is_empty() && self.ok.is_empty() && self.insufficient_data.is_empty()
    }
}

/// What becomes of a percentile that rests on too few samples to be significant.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LowSampleCount {
    /// It is evaluated like any other.
    #[default]
    Evaluate,
    /// The alarm keeps its state.
    Ignore,
}

/// A composite alarm: a rule over the states of other alarms. It reports; it invokes no policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsComposite {
    /// Its name (`AlarmName`).
    #[serde(alias = "AlarmName", alias = "alarm_name")]
    pub name: String,
    /// The rule (`AlarmRule`): `ALARM(a) AND NOT OK(b)`.
    #[serde(alias = "AlarmRule", alias = "alarm_rule")]
    pub rule: String,
}

/// A scheduled action: sets any of minimum, maximum and desired capacity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsScheduled {
    /// Its name (`ScheduledActionName`).
    #[serde(alias = "ScheduledActionName")]
    pub name: String,
    /// When, from the start of the run. One of `at` and `cron`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<SimDuration>,
    /// When, as five cron fields (`Recurrence`).
    #[serde(default, alias = "Recurrence", skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// The IANA time zone of `cron`; UTC when absent (`TimeZone`).
    #[serde(default, alias = "TimeZone", skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
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

impl AwsConfig {
    /// The same group as a backtest evaluates it: what the scenario leaves open about delays is nothing.
    pub fn without_delays(mut self) -> Self {
        self.assumptions.alarm_phase.get_or_insert(SimDuration::ZERO);
        self.assumptions.evaluation_lag_alb.get_or_insert(SimDuration::ZERO);
        self.assumptions.reconcile_lag.get_or_insert_with(Vec::new);
        self
    }

    /// Instances at t = 0.
    pub fn initial_capacity(&self) -> u32 {
        self.desired.unwrap_or(self.min)
    }

    /// Whether a process is suspended.
    pub fn suspends(&self, process: AwsProcess) -> bool {
        self.suspended.contains(&process)
    }

    /// The warm-up of a policy: its own, else the group's, else the default cooldown.
    pub fn warmup_of(&self, policy: &AwsPolicy) -> SimDuration {
        policy.warmup.or(self.default_instance_warmup).unwrap_or(match self.assumptions.default_warmup {
            DefaultWarmup::DefaultCooldown => self.default_cooldown,
            DefaultWarmup::None => SimDuration::ZERO,
        })
    }
}

impl AwsPolicy {
    /// The kind of the policy, given or implied.
    pub fn resolved_type(&self) -> AwsPolicyType {
        self.kind.unwrap_or(match (&self.predictive, &self.target, self.step.is_empty()) {
            (Some(_), _, _) => AwsPolicyType::Predictive,
            (None, Some(_), _) => AwsPolicyType::TargetTracking,
            (None, None, false) => AwsPolicyType::Step,
            (None, None, true) => AwsPolicyType::Simple,
        })
    }
}

impl Default for AwsPredictive {
    fn default() -> Self {
        AwsPredictive { mode: PredictiveMode::default(), buffer: five_minutes(), max_capacity_buffer: None }
    }
}

fn default_removal() -> Vec<RemovalPolicy> {
    vec![RemovalPolicy::Default]
}
