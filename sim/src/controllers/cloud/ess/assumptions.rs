//! `[ess.assumptions]`: choices that Alibaba Cloud does not document, or documents in two ways.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;

use crate::controllers::cloud::choices::{
    BeyondBounds, BilledUntil, CapacityBase, CmsRepeat, Gap, Precedence, StepAtThreshold, WarmupStart,
};
use crate::controllers::cloud::defaults::{five_minutes, one_minute, or_fifteen_seconds, or_one_minute};
use crate::controllers::cloud::words::{AlarmRepeat, PercentRounding};

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
    /// The same for metrics of the agent; 15 s, and in a backtest 0 s, unless given.
    #[serde(serialize_with = "or_fifteen_seconds")]
    pub alarm_delay_agent: Option<SimDuration>,
    /// What a period without data does to an alarm's count of breaches.
    pub missing_data: Gap,
    /// Which of several alarms on one tick executes its rule.
    pub simultaneous_alarms: Precedence,
    /// When a CloudMonitor rule that stays in ALARM executes its scaling rule again.
    pub cms_repeat: CmsRepeat,
    /// How a percentage of the capacity is rounded.
    pub percent_rounding: PercentRounding,
    /// What a percentage is of.
    pub percent_base: CapacityBase,
    /// Into which steps a value falls that equals the threshold.
    pub step_at_threshold: StepAtThreshold,
    /// Between checks of the expected, minimum and maximum capacity.
    pub check_interval: SimDuration,
    /// Whether these checks, and the replacements they begin, wait for an alarm's activity to end.
    pub checks_wait_for_alarms: bool,
    /// The scale-in threshold of target tracking, as a share of the target.
    pub target_tracking_scale_in_ratio: f64,
    /// From when on an instance warms up.
    pub warmup_from: WarmupStart,
    /// Whether instances that warm up for step and target tracking rules report to CloudMonitor.
    pub warming_instances_report: bool,
    /// After executing a rule, how long an alarm task executes none.
    pub trigger_lock: SimDuration,
    /// Which of several scheduled tasks of one minute is executed first.
    pub simultaneous_tasks: Precedence,
    /// For so long after it came into service an instance is not judged by the load balancer's health checks.
    pub load_balancer_health_grace: SimDuration,
    /// Whether a forecast below the group's own minimum leaves that minimum in force.
    pub predictive_keeps_min: bool,
    /// Until when an instance that is removed is paid for.
    pub billed_until: BilledUntil,
    /// Several lifecycle hooks of one transition wait together, not one after the other.
    pub hooks_wait_together: bool,
    /// What becomes of a change of more than the 1000 instances that one activity may have.
    pub beyond_activity_limit: BeyondBounds,
    /// Whether a scheduled task that sets minimum or maximum moves the expected number into them.
    pub bounds_move_expected_number: bool,
}

impl Default for EssAssumptions {
    fn default() -> Self {
        EssAssumptions {
            cooldown_started_by: CooldownStartedBy::Alarm,
            cooldown_after_step_and_target_tracking: false,
            alarm_repeat: AlarmRepeat::Level,
            alarm_delay: None,
            alarm_delay_agent: None,
            missing_data: Gap::BreaksStreak,
            simultaneous_alarms: Precedence::FirstCreated,
            cms_repeat: CmsRepeat::Silence,
            percent_rounding: PercentRounding::Nearest,
            percent_base: CapacityBase::Total,
            step_at_threshold: StepAtThreshold::Operator,
            check_interval: one_minute(),
            checks_wait_for_alarms: true,
            target_tracking_scale_in_ratio: 0.8,
            warmup_from: WarmupStart::InService,
            warming_instances_report: false,
            trigger_lock: one_minute(),
            simultaneous_tasks: Precedence::FirstCreated,
            load_balancer_health_grace: five_minutes(),
            predictive_keeps_min: true,
            billed_until: BilledUntil::Release,
            hooks_wait_together: true,
            beyond_activity_limit: BeyondBounds::Clamp,
            bounds_move_expected_number: false,
        }
    }
}
