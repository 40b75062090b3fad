//! The state of a CloudWatch alarm from datapoints some of which may be missing: the documented rules of "Configuring how
//! CloudWatch alarms treat missing data".

use serde::{Deserialize, Serialize};

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

/// The state that the evaluation range calls for, `None` to keep the present one. `range` is ordered oldest first and
/// holds, for each slot, whether the datapoint breaches, or `None` where it is missing. `needed` of the `periods` newest
/// must breach.
pub fn cloudwatch_state(
    range: &[Option<bool>],
    periods: usize,
    needed: usize,
    treat: TreatMissing,
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
        // stayed unanswered for `needed` slots, and never where missing data is ignored.
        TreatMissing::Missing => {
            let oldest = range.iter().position(Option::is_some).unwrap_or(0);
            (range.len() - oldest >= needed).then_some(AlarmState::Alarm)
        }
        TreatMissing::Ignore => None,
    }
}
