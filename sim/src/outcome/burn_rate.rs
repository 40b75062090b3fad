//! How fast an error budget burns, and from which rate on to page somebody: multi-window, multi-burn-rate alerts (Site
//! Reliability Workbook, "Alerting on SLOs").

use windtunnel_traces::SimDuration;

/// Errors over the errors that the objective allows: at 1 the budget lasts exactly as long as the objective's window.
/// Nothing where there were no requests, or the objective allows no errors.
pub fn burn_rate(bad: u64, total: u64, objective: f64) -> Option<f64> {
    let allowed = 1.0 - objective;
    (total > 0 && allowed > 0.0).then(|| bad as f64 / total as f64 / allowed)
}

/// The burn rate that spends a share of the budget of `slo_window` within `alert_window`.
pub fn threshold(budget_share: f64, slo_window: SimDuration, alert_window: SimDuration) -> f64 {
    budget_share * slo_window.as_secs_f64() / alert_window.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burn_rate_of_one_spends_the_budget_in_its_window() {
        assert!((burn_rate(1, 1000, 0.999).unwrap() - 1.0).abs() < 1e-9);
        assert!((burn_rate(144, 10_000, 0.999).unwrap() - 14.4).abs() < 1e-9);
        assert_eq!((burn_rate(0, 0, 0.999), burn_rate(1, 1, 1.0)), (None, None));
    }

    /// The workbook's table for 30 days: 2 % in an hour, 5 % in six, 10 % in three days.
    #[test]
    fn thresholds_are_those_of_the_workbook() {
        let hours = |hours: u64| SimDuration::from_secs(3600 * hours);
        for (share, window, rate) in [(0.02, 1, 14.4), (0.05, 6, 6.0), (0.1, 72, 1.0)] {
            assert!((threshold(share, hours(720), hours(window)) - rate).abs() < 1e-9);
        }
    }
}
