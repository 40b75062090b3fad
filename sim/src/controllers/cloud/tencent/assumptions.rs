//! `[tencent.assumptions]`: choices that Tencent Cloud does not document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;

use crate::controllers::cloud::choices::{BeyondBounds, CooldownStart, Gap, TrackedValue};
use crate::controllers::cloud::defaults::{one_minute, or_one_minute};
use crate::controllers::cloud::words::{AlarmRepeat, PercentRounding};

/// Choices that no document settles (`windtunnel show --assumptions` explains each).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TencentAssumptions {
    /// From the end of a period to its evaluation; 60 s, and in a backtest 0 s, unless given.
    #[serde(serialize_with = "or_one_minute")]
    pub alarm_delay: Option<SimDuration>,
    /// How often an alarm that stays in ALARM invokes its policy.
    pub alarm_repeat: AlarmRepeat,
    /// What a period without data does to an alarm's count of breaches.
    pub missing_data: Gap,
    /// When the cooldown begins.
    pub cooldown_starts: CooldownStart,
    /// Whether the cooldown cancels scheduled actions too.
    pub cooldown_blocks_scheduled: bool,
    /// Whether an activity of target tracking starts the group's default cooldown, and waits for it.
    pub cooldown_of_target_tracking: bool,
    /// What becomes of a policy that asks for more than the maximum or less than the minimum.
    pub beyond_bounds: BeyondBounds,
    /// Between matches of the desired capacity.
    pub check_interval: SimDuration,
    /// How a percentage of the capacity is rounded.
    pub percent_rounding: PercentRounding,
    /// Which value target tracking scales by.
    pub target_tracking_value: TrackedValue,
    /// Whether instances that warm up for target tracking report.
    pub warming_instances_report: bool,
    /// With `concurrent_scale_out`, whether an alarm's scale-out may run beside another too.
    pub concurrent_scale_out_by_alarm: bool,
}

impl Default for TencentAssumptions {
    fn default() -> Self {
        TencentAssumptions {
            alarm_delay: None,
            alarm_repeat: AlarmRepeat::Level,
            missing_data: Gap::BreaksStreak,
            cooldown_starts: CooldownStart::ActivityEnd,
            cooldown_blocks_scheduled: true,
            cooldown_of_target_tracking: false,
            beyond_bounds: BeyondBounds::Clamp,
            check_interval: one_minute(),
            percent_rounding: PercentRounding::NearestAtLeastOne,
            target_tracking_value: TrackedValue::Latest,
            warming_instances_report: false,
            concurrent_scale_out_by_alarm: false,
        }
    }
}
