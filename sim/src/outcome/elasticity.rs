//! How well supply follows demand: the elasticity metrics of the SPEC research group.
//!
//! Demand is the least number of instances that holds the objective at the offered load; supply is the instances in
//! service. Both are piecewise constant and are integrated from change to change, never sampled. Source: Herbst et al.,
//! "Ready for Rain?" (2016); Bauer et al., "Chameleon" (2019).

use windtunnel_traces::SimTime;

/// The integrals of demand against supply.
#[derive(Clone, Debug, Default)]
pub struct Elasticity {
    demand: f64,
    supply: f64,
    since: SimTime,
    seconds: f64,
    under_share: f64,
    over_share: f64,
    under_instances: f64,
    over_instances: f64,
    demand_changes: f64,
    supply_changes: f64,
    under_seconds: f64,
    over_seconds: f64,
    last_grid: Option<(f64, f64)>,
    unstable_intervals: u64,
    intervals: u64,
}

impl Elasticity {
    /// From now on this many instances are needed.
    #[inline]
    pub fn set_demand(&mut self, now: SimTime, demand: f64) {
        self.integrate(now);
        // What is set at the very start is where it begins, not a change.
        self.demand_changes += if self.seconds > 0.0 { (demand - self.demand).abs() } else { 0.0 };
        self.demand = demand;
    }

    /// From now on this many instances are in service.
    pub fn set_supply(&mut self, now: SimTime, supply: f64) {
        self.integrate(now);
        self.supply_changes += if self.seconds > 0.0 { (supply - self.supply).abs() } else { 0.0 };
        self.supply = supply;
    }

    #[inline]
    fn integrate(&mut self, now: SimTime) {
        if now <= self.since {
            return;
        }
        let elapsed = now.saturating_since(self.since).as_secs_f64();
        self.since = now;
        self.seconds += elapsed;
        let under = (self.demand - self.supply).max(0.0);
        let over = (self.supply - self.demand).max(0.0);
        // Nothing is needed when nothing arrives: accuracy is then measured against one instance.
        if under > 0.0 {
            self.under_share += elapsed * under / self.demand.max(1.0);
            self.under_instances += elapsed * under;
            self.under_seconds += elapsed;
        } else if over > 0.0 {
            self.over_share += elapsed * over / self.demand.max(1.0);
            self.over_instances += elapsed * over;
            self.over_seconds += elapsed;
        }
    }

    /// An interval of the grid on which instability is measured ends.
    #[inline]
    pub fn end_interval(&mut self, now: SimTime) {
        self.integrate(now);
        let grid = (self.supply, self.demand);
        if let Some((supply, demand)) = self.last_grid {
            self.intervals += 1;
            self.unstable_intervals += u64::from(sign(grid.0 - supply) != sign(grid.1 - demand));
        }
        self.last_grid = Some(grid);
    }

    fn percent(&self, seconds: f64) -> f64 {
        if self.seconds > 0.0 { 100.0 * seconds / self.seconds } else { 0.0 }
    }

    /// Theta_U in percent: missing instances over needed ones, as a mean over time.
    pub fn under_provision_accuracy(&self) -> f64 {
        self.percent(self.under_share)
    }

    /// Theta_O in percent: superfluous instances over needed ones.
    pub fn over_provision_accuracy(&self) -> f64 {
        self.percent(self.over_share)
    }

    /// BUNGEE's Theta_U: missing instances, as a mean over time, without relating them to those needed.
    pub fn under_provision_instances(&self) -> f64 {
        self.percent(self.under_instances) / 100.0
    }

    /// BUNGEE's Theta_O: superfluous instances, as a mean over time.
    pub fn over_provision_instances(&self) -> f64 {
        self.percent(self.over_instances) / 100.0
    }

    /// BUNGEE's jitter, per second: how many more instances were added and removed than the demand moved by.
    pub fn jitter_per_second(&self) -> f64 {
        self.percent(self.supply_changes - self.demand_changes) / 100.0
    }

    /// Tau_U in percent: the share of time with too few.
    pub fn under_provision_timeshare(&self) -> f64 {
        self.percent(self.under_seconds)
    }

    /// Tau_O in percent: the share of time with too many.
    pub fn over_provision_timeshare(&self) -> f64 {
        self.percent(self.over_seconds)
    }

    /// Upsilon in percent: intervals in which supply and demand do not move in the same direction.
    pub fn instability(&self) -> f64 {
        if self.intervals == 0 { 0.0 } else { 100.0 * self.unstable_intervals as f64 / self.intervals as f64 }
    }
}

fn sign(change: f64) -> i8 {
    i8::from(change > 0.0) - i8::from(change < 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The unit vector of BUNGEE's `AbstractMetricTest`; the normalised figures are in `elasticity_bungee_vector` of
    /// the reference vectors.
    #[test]
    fn bungees_vector() {
        let demand = [(0, 1.0), (7, 5.0), (16, 3.0), (17, 2.0), (19, 4.0)];
        let supply = [(0, 1.0), (2, 2.0), (3, 1.0), (5, 3.0), (9, 7.0), (11, 6.0), (12, 8.0), (14, 2.0), (20, 2.0)];
        let mut elasticity = Elasticity::default();
        for second in 0..=20u64 {
            let now = SimTime::from_secs(second);
            for &(_, level) in demand.iter().filter(|change| change.0 == second) {
                elasticity.set_demand(now, level);
            }
            for &(_, level) in supply.iter().filter(|change| change.0 == second) {
                elasticity.set_supply(now, level);
            }
            elasticity.end_interval(now);
        }
        assert!((elasticity.under_provision_accuracy() - 14.1667).abs() < 1e-4);
        assert!((elasticity.over_provision_accuracy() - 36.0).abs() < 1e-9);
        assert!((elasticity.under_provision_timeshare() - 30.0).abs() < 1e-9);
        assert!((elasticity.over_provision_timeshare() - 40.0).abs() < 1e-9);
        assert!((elasticity.instability() - 55.0).abs() < 1e-9, "{}", elasticity.instability());
    }
}
