//! The state of a CloudWatch alarm from datapoints some of which may be missing: the documented rules of "Configuring how
//! CloudWatch alarms treat missing data".

use serde::{Deserialize, Serialize};

use super::choices::{PrematureIgnored, PrematureState, PrematureWithin};
use crate::controllers::decision::AlarmState;

/// What a missing datapoint counts as.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TreatMissing {
    /// With no data at all the alarm goes to INSUFFICIENT_DATA.
    #[default]
    Missing,
    /// The alarm keeps its state.
    Ignore,
    /// As breaching.
    Breaching,
    /// As within the threshold.
    #[serde(alias = "notBreaching")]
    NotBreaching,
}

/// What becomes of the state while every real datapoint breaches but there are too few of them. The documents say when
/// the alarm goes off; these are the answers to what they leave open.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Premature {
    /// Where the oldest real datapoint has to have lain unanswered.
    pub within: PrematureWithin,
    /// The state until then.
    pub otherwise: PrematureState,
    /// The state of an alarm that ignores missing data.
    pub ignored: PrematureIgnored,
}

impl Default for Premature {
    fn default() -> Self {
        Premature { within: PrematureWithin::Range, otherwise: PrematureState::Keep, ignored: PrematureIgnored::Keep }
    }
}

/// The state that the evaluation range calls for, `None` to keep the present one. `range` is ordered oldest first and
/// holds, for each slot, whether the datapoint breaches, or `None` where it is missing. `needed` of the `periods` newest
/// must breach.
pub fn cloudwatch_state(
    range: &[Option<bool>],
    periods: usize,
    needed: usize,
    treat: TreatMissing,
) -> Option<AlarmState> {
    cloudwatch_state_with(range, periods, needed, treat, Premature::default())
}

/// The same, with other answers to what the documents leave open.
pub fn cloudwatch_state_with(
    range: &[Option<bool>],
    periods: usize,
    needed: usize,
    treat: TreatMissing,
    premature: Premature,
) -> Option<AlarmState> {
    let alarm_if = |condition: bool| Some(if condition { AlarmState::Alarm } else { AlarmState::Ok });
    let real: Vec<bool> = range.iter().filter_map(|slot| *slot).collect();
    let breaching = |points: &[bool]| points.iter().filter(|breaches| **breaches).count();

    if real.len() >= periods {
        return alarm_if(breaching(&real[real.len() - periods..]) >= needed);
    }
    if real.is_empty() {
        return match treat {
            TreatMissing::Missing => Some(AlarmState::InsufficientData),
            TreatMissing::Ignore => None,
            TreatMissing::Breaching => Some(AlarmState::Alarm),
            TreatMissing::NotBreaching => Some(AlarmState::Ok),
        };
    }
    let filled = periods - real.len();
    let breaches = breaching(&real);
    match treat {
        TreatMissing::Breaching => alarm_if(breaches + filled >= needed),
        TreatMissing::NotBreaching => alarm_if(breaches >= needed),
        TreatMissing::Missing | TreatMissing::Ignore if breaches >= needed => Some(AlarmState::Alarm),
        TreatMissing::Missing | TreatMissing::Ignore if breaches < real.len() => Some(AlarmState::Ok),
        // Every real datapoint breaches, but there are fewer than needed: the alarm goes off only once the oldest has
        // stayed unanswered for `needed` slots.
        TreatMissing::Missing if premature.goes_off(range, periods, needed) => Some(AlarmState::Alarm),
        TreatMissing::Missing => premature.otherwise(),
        TreatMissing::Ignore => {
            let alarms = premature.ignored == PrematureIgnored::Alarm && premature.goes_off(range, periods, needed);
            alarms.then_some(AlarmState::Alarm)
        }
    }
}

impl Premature {
    /// Whether the oldest real datapoint is at least `needed` slots old.
    fn goes_off(self, range: &[Option<bool>], periods: usize, needed: usize) -> bool {
        let looked_at = match self.within {
            PrematureWithin::Range => range,
            PrematureWithin::Periods => &range[range.len().saturating_sub(periods)..],
        };
        let oldest = looked_at.iter().position(Option::is_some);
        oldest.is_some_and(|oldest| looked_at.len() - oldest >= needed)
    }

    /// The state while it does not go off; nothing to keep the present one.
    fn otherwise(self) -> Option<AlarmState> {
        match self.otherwise {
            PrematureState::Keep => None,
            PrematureState::InsufficientData => Some(AlarmState::InsufficientData),
            PrematureState::Ok => Some(AlarmState::Ok),
        }
    }
}
