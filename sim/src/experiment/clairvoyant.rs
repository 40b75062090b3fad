//! The clairvoyant bound: what a perfect forecaster with the same boot time would hold, and what that would cost.
//!
//! At every instant it has as many instances as the load will need at any time within the next boot: an instance that is
//! needed then has to be launched now. Nothing cheaper meets the demand curve; a policy's regret is what it costs more.

use windtunnel_traces::SimTime;

use crate::run::demand_curve;
use crate::scenario::{Policy, Scenario};

/// The steps in which the load is looked at.
const STEP_SECONDS: u64 = 60;

/// What the clairvoyant pays for.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Clairvoyant {
    /// Billed time.
    pub instance_hours: f64,
    /// What it costs at the price of an instance; without the balancer.
    pub cost: f64,
    /// How long an instance takes from its launch until it serves, in the mean, in seconds.
    pub boot_seconds: f64,
}

/// The bound of a scenario. Nothing for closed-loop clients, whose load depends on the capacity, and for pods, which do
/// not have one boot time.
pub fn clairvoyant(scenario: &Scenario) -> Option<Clairvoyant> {
    let demand = demand_curve(scenario);
    if matches!(scenario.policy, Policy::Hpa { .. }) {
        return None;
    }
    let trace = scenario.open_trace()?;
    let end = scenario.end();
    let mut needs = Vec::new();
    let mut from = SimTime::ZERO;
    while from < end {
        let to = (from + windtunnel_traces::SimDuration::from_secs(STEP_SECONDS)).min(end);
        let seconds = (to - from).as_secs_f64();
        needs.push((demand.instances(trace.expected_requests(from, to) / seconds), seconds));
        from = to;
    }
    let boot_seconds = boot_seconds(scenario);
    let ahead = libm::ceil(boot_seconds / STEP_SECONDS as f64) as usize;
    let hours = held(&needs, ahead) / 3600.0;
    let cost = hours * scenario.file.instance.price.per_hour;
    Some(Clairvoyant { instance_hours: hours, cost, boot_seconds })
}

/// Instance-seconds of holding the greatest need of this step and of the `ahead` steps after it.
fn held(needs: &[(f64, f64)], ahead: usize) -> f64 {
    (0..needs.len())
        .map(|i| {
            let window = &needs[i..(i + ahead + 1).min(needs.len())];
            window.iter().map(|(need, _)| *need).fold(0.0, f64::max) * needs[i].1
        })
        .sum()
}

/// The stages in the mean; a poll finds out half an interval late; then the balancer attaches.
pub(super) fn boot_seconds(scenario: &Scenario) -> f64 {
    let stage = |stage: &crate::fleet::boot::Stage| {
        stage.time.mean_nanos() * 1e-9 + stage.poll.as_ref().map_or(0.0, |(every, _)| every.as_secs_f64() / 2.0)
    };
    let stages: f64 = scenario.laws.boot.iter().map(stage).sum();
    stages + scenario.file.balancer.attach.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacity_is_there_when_it_is_needed_and_not_earlier_than_it_must_be() {
        let needs: Vec<(f64, f64)> = [1.0, 1.0, 1.0, 4.0, 1.0, 1.0].into_iter().map(|need| (need, 60.0)).collect();
        // Two steps of boot: four instances are launched two steps before the peak, and released after it.
        assert_eq!(held(&needs, 2), 60.0 * (1.0 + 4.0 + 4.0 + 4.0 + 1.0 + 1.0));
        assert_eq!(held(&needs, 0), 60.0 * 9.0);
    }
}
