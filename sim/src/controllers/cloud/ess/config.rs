//! The `[ess]` table of a scenario: a scaling group, its rules, event-triggered tasks and scheduled tasks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;

use super::assumptions::EssAssumptions;
use crate::controllers::cloud::defaults::{
    at_least, fifteen, five_minutes, is_yes, one_day, one_minute, ten_minutes, three, yes,
};
use crate::controllers::cloud::lifecycle::{LifecycleHook, ess_hooks};
use crate::controllers::cloud::schedule::Window;
use crate::controllers::cloud::unsimulated;
use crate::controllers::cloud::words::{Adjust, Comparison, Names, RemovalPolicy, StatisticWord, Step};

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
    #[serde(
        default = "default_removal",
        alias = "removal_policies",
        alias = "RemovalPolicies",
        deserialize_with = "unsimulated::removal_policies"
    )]
    pub removal: Vec<RemovalPolicy>,
    /// Cooldown of rules that set none (`DefaultCooldown`).
    #[serde(default = "five_minutes", alias = "DefaultCooldown")]
    pub default_cooldown: SimDuration,
    /// Pauses on the way in and out (`CreateLifecycleHook`).
    #[serde(default, deserialize_with = "ess_hooks", skip_serializing_if = "Vec::is_empty")]
    pub hook: Vec<LifecycleHook>,
    /// Processes that are suspended for the whole run (`SuspendedProcesses`).
    #[serde(default, alias = "SuspendedProcesses", skip_serializing_if = "Vec::is_empty")]
    pub suspended: Vec<EssProcess>,
    /// How many of the first instances are in the Protected state (`SetInstancesProtection`): neither removed by a
    /// scale-in nor replaced by the health check.
    #[serde(default)]
    pub protected: u32,
    /// Whose word the group takes for an instance's health (`HealthCheckType`).
    #[serde(default, alias = "HealthCheckType")]
    pub health_check: EssHealthCheck,
    /// What a scale-in does with instances: `release`, or `recycle` to stop them and start them first at the next
    /// scale-out (`ScalingPolicy`). Starting takes `fleet.start_stopped`; a stopped one costs
    /// `instance.price.stopped_per_hour`.
    #[serde(default, alias = "ScalingPolicy")]
    pub scaling_policy: EssScalingPolicy,
    /// After so long an instance that does not stop is released all the same, with `scaling_policy = "release"`
    /// (`StopInstanceTimeout`, 30 to 240 s); `fleet.stop` is how long stopping takes.
    #[serde(default, alias = "StopInstanceTimeout", skip_serializing_if = "Option::is_none")]
    pub stop_instance_timeout: Option<SimDuration>,
    /// Not simulated (`MaxInstanceLifetime`).
    #[serde(
        default,
        alias = "MaxInstanceLifetime",
        deserialize_with = "unsimulated::instance_lifetime",
        skip_serializing
    )]
    #[schemars(skip)]
    pub max_instance_lifetime: (),
    /// Not simulated: several instance types, their weights, and spot instances among them.
    #[serde(
        default,
        alias = "LaunchTemplateOverrides",
        alias = "WeightedCapacity",
        alias = "OnDemandBaseCapacity",
        alias = "OnDemandPercentageAboveBaseCapacity",
        alias = "SpotInstancePools",
        deserialize_with = "unsimulated::several_types",
        skip_serializing
    )]
    #[schemars(skip)]
    pub instance_types: (),
    /// Stopped (economical) instances at the start (`StoppedCapacity`).
    #[serde(default)]
    pub stopped: u32,
    /// In which zones instances are created and removed (`MultiAZPolicy`).
    #[serde(default, alias = "MultiAZPolicy")]
    pub multi_az: EssMultiAz,
    /// Whether a `composable` group keeps its zones even (`AzBalance`).
    #[serde(default, alias = "AzBalance")]
    pub az_balance: bool,
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

/// A process of the group that may be suspended.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EssProcess {
    /// No instance is removed.
    #[serde(alias = "ScaleIn")]
    ScaleIn,
    /// No instance is created.
    #[serde(alias = "ScaleOut")]
    ScaleOut,
    /// Instances are not checked.
    #[serde(alias = "HealthCheck")]
    HealthCheck,
    /// Alarms execute no rule.
    #[serde(alias = "AlarmNotification")]
    AlarmNotification,
    /// Scheduled tasks do nothing.
    #[serde(alias = "ScheduledAction")]
    ScheduledAction,
}

/// Whose word the group takes for an instance's health.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EssHealthCheck {
    /// Nobody's.
    #[serde(alias = "NONE")]
    None,
    /// ECS: is the instance running?
    #[default]
    #[serde(alias = "ECS")]
    Ecs,
    /// The load balancer's as well (ALB and NLB; not CLB).
    #[serde(alias = "LOAD_BALANCER")]
    LoadBalancer,
}

/// What a scale-in does with instances.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EssScalingPolicy {
    /// They are released.
    #[default]
    Release,
    /// They are stopped, and started first at the next scale-out.
    Recycle,
    /// They are released by force.
    ForceRelease,
    /// They are stopped by force.
    ForceRecycle,
}

/// In which zones instances are created and removed.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EssMultiAz {
    /// In the first zone that works; removal does not look at zones.
    #[default]
    #[serde(alias = "PRIORITY")]
    Priority,
    /// Evenly; removal takes from the fullest zone first.
    #[serde(alias = "BALANCE")]
    Balance,
    /// Where a core is cheapest. With one instance type at one price all zones are, and the order of zones decides.
    #[serde(alias = "COST_OPTIMIZED")]
    CostOptimized,
    /// Instance types in order of priority or price, evenly over zones where `az_balance` says so. With one instance type
    /// only that matters.
    #[serde(alias = "COMPOSABLE")]
    Composable,
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
    /// Sets the group's minimum and maximum by an hourly forecast.
    #[serde(alias = "PredictiveScalingRule")]
    Predictive,
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
    /// What a target tracking or predictive rule tracks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<EssTarget>,
    /// How a predictive rule forecasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predictive: Option<EssPredictive>,
    /// How long a new instance counts as warming up, for step and target tracking rules (`EstimatedInstanceWarmup`).
    #[serde(default = "five_minutes", alias = "EstimatedInstanceWarmup")]
    pub warmup: SimDuration,
}

/// How a predictive rule forecasts. Alibaba Cloud does not publish its model: this is a seasonal profile of our own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EssPredictive {
    /// Forecast only, or scale too (`PredictiveScalingMode`).
    #[serde(default, alias = "PredictiveScalingMode")]
    pub mode: EssPredictiveMode,
    /// How long before its hour a forecast takes hold, at most an hour (`PredictiveTaskBufferTime`).
    #[serde(default, alias = "PredictiveTaskBufferTime")]
    pub buffer: SimDuration,
    /// The maximum that forecasts are held against; the group's when absent (`InitialMaxSize`).
    #[serde(default, alias = "InitialMaxSize", skip_serializing_if = "Option::is_none")]
    pub initial_max: Option<u32>,
    /// What becomes of a forecast above that maximum (`PredictiveValueBehavior`).
    #[serde(default, alias = "PredictiveValueBehavior")]
    pub value_behavior: PredictiveValueBehavior,
    /// How far above the forecast the maximum is set, percent, with `override-max-with-buffer` (`PredictiveValueBuffer`).
    #[serde(default, alias = "PredictiveValueBuffer")]
    pub value_buffer: f64,
}

/// What a predictive rule may do.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EssPredictiveMode {
    /// Forecast, and set minimum and maximum.
    #[default]
    #[serde(alias = "PredictAndScale")]
    PredictAndScale,
    /// Only forecast.
    #[serde(alias = "PredictOnly")]
    PredictOnly,
}

/// What becomes of a forecast above the maximum.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PredictiveValueBehavior {
    /// The maximum holds.
    #[default]
    #[serde(alias = "MaxOverridePredictiveValue")]
    MaxOverrides,
    /// The forecast becomes the maximum.
    #[serde(alias = "PredictiveValueOverrideMax")]
    OverrideMax,
    /// The forecast and a share of it become the maximum.
    #[serde(alias = "PredictiveValueOverrideMaxWithBuffer")]
    OverrideMaxWithBuffer,
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
    /// Further metrics of a multi-metric task, over the same periods (`Expressions`).
    #[serde(default, alias = "Expressions", skip_serializing_if = "Vec::is_empty")]
    pub expression: Vec<EssExpression>,
    /// How the metrics of a multi-metric task are joined (`ExpressionsLogicOperator`).
    #[serde(default, alias = "ExpressionsLogicOperator")]
    pub logic: ExpressionsLogic,
    /// When the task executes its rules, as a cron expression of six fields from seconds to the day of the week, in UTC+8
    /// unless `TZ=+yy` comes first (`Effective`): `* * 17-18 * * ?`. Always, when absent.
    #[serde(default, alias = "Effective", skip_serializing_if = "Option::is_none")]
    pub effective: Option<String>,
    /// What an instance without data counts as, for a CloudMonitor rule (`NoDataPolicy`).
    #[serde(default, alias = "NoDataPolicy")]
    pub no_data: NoDataPolicy,
    /// The rule to execute, or up to five (`AlarmActions`).
    #[serde(alias = "AlarmActions", alias = "actions")]
    pub action: Names,
    /// Whether it is evaluated (`Enable`).
    #[serde(default = "yes", alias = "Enable")]
    pub enabled: bool,
    /// Between two notifications about the same instance, for a CloudMonitor rule (`SilenceTime`).
    #[serde(default = "one_day", alias = "SilenceTime")]
    pub silence_time: SimDuration,
    /// Whether `export` writes it. `import` says false where the original says more than the simulation knows: it then
    /// stays as it is in the account.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub export: bool,
    /// The id of a CloudMonitor rule, for the export; its name when absent (`RuleId`).
    #[serde(default, alias = "RuleId", skip_serializing_if = "Option::is_none")]
    pub rule_id: Option<String>,
    /// What a CloudMonitor rule watches, as JSON, for the export; all instances when absent (`Resources`).
    #[serde(default, alias = "Resources", skip_serializing_if = "Option::is_none")]
    pub resources: Option<String>,
}

/// A further metric of a multi-metric task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EssExpression {
    /// The metric (`MetricName`).
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
}

/// How the metrics of a multi-metric task are joined.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExpressionsLogic {
    /// All of them breach.
    #[default]
    #[serde(alias = "&&")]
    And,
    /// One of them does.
    #[serde(alias = "||")]
    Or,
}

/// What an instance without data counts as.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoDataPolicy {
    /// Its state stays, and its count of breaches stands still.
    #[default]
    #[serde(alias = "KEEP_LAST_STATE")]
    KeepLastState,
    /// Its count begins anew.
    #[serde(alias = "INSUFFICIENT_DATA")]
    InsufficientData,
    /// It does not breach.
    #[serde(alias = "OK")]
    Ok,
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

impl EssConfig {
    /// The same group as a backtest evaluates it: what the scenario leaves open about delays is nothing.
    pub fn without_delays(mut self) -> Self {
        self.assumptions.alarm_delay.get_or_insert(SimDuration::ZERO);
        self.assumptions.alarm_delay_agent.get_or_insert(SimDuration::ZERO);
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

    /// The longest warm-up of a rule that has one: so long an instance of the group counts as warming up.
    pub(crate) fn longest_warmup(&self) -> SimDuration {
        let warms = |rule: &&EssRule| matches!(rule.resolved_type(), EssRuleType::Step | EssRuleType::TargetTracking);
        self.rule.iter().filter(warms).map(|rule| rule.warmup).max().unwrap_or(SimDuration::ZERO)
    }

    /// Whether instances are spread evenly over zones.
    pub fn balances_zones(&self) -> bool {
        self.multi_az == EssMultiAz::Balance || (self.multi_az == EssMultiAz::Composable && self.az_balance)
    }

    /// Whether a process is suspended.
    pub fn suspends(&self, process: EssProcess) -> bool {
        self.suspended.contains(&process)
    }
}

impl EssAlarm {
    /// When it executes rules, if not always. What cannot be read is refused before.
    pub(crate) fn window(&self) -> Option<Window> {
        self.effective.as_deref()?.parse().ok()
    }
}

impl EssRule {
    /// The kind of the rule, given or implied.
    pub fn resolved_type(&self) -> EssRuleType {
        self.kind.unwrap_or(match (&self.predictive, &self.target, self.step.is_empty()) {
            (Some(_), _, _) => EssRuleType::Predictive,
            (None, Some(_), _) => EssRuleType::TargetTracking,
            (None, None, false) => EssRuleType::Step,
            (None, None, true) => EssRuleType::Simple,
        })
    }
}

fn default_removal() -> Vec<RemovalPolicy> {
    vec![RemovalPolicy::OldestConfiguration, RemovalPolicy::OldestInstance]
}
