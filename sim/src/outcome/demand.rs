//! The demand curve: the least capacity that holds the objective at a load.
//!
//! One instance is taken as an M/M/c queue fed by random splitting; the highest utilization at which it still meets the
//! percentile of the objective gives its capacity. Mean waits off the core are taken off the objective. Round-robin and
//! least-outstanding balancing do a little better than this, service times that vary more do worse: it is a yardstick,
//! the same for every policy.

/// The capacity of one instance and with it the demand at any load.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct DemandCurve {
    /// Requests per second that one instance takes within the objective.
    pub per_instance: f64,
}

/// The utilization taken when no load at all would meet the objective: demand is then what keeps queues finite.
const UTILIZATION_WITHOUT_HOPE: f64 = 0.95;

impl DemandCurve {
    /// The curve for an instance of `cores`, requests of `cpu_seconds` and `wait_seconds` in the mean, and an objective
    /// of `latency_seconds` at `percentile` (percent).
    pub fn new(cores: f64, cpu_seconds: f64, wait_seconds: f64, latency_seconds: f64, percentile: f64) -> Self {
        let servers = libm::floor(cores).max(1.0) as u32;
        let limit = (latency_seconds - wait_seconds) / cpu_seconds;
        let utilization = highest_utilization(servers, limit, 1.0 - percentile / 100.0);
        DemandCurve { per_instance: utilization * cores / cpu_seconds }
    }

    /// Instances needed at a load in requests per second.
    pub fn instances(&self, rate: f64) -> f64 {
        if self.per_instance.is_finite() && self.per_instance > 0.0 {
            libm::ceil(rate / self.per_instance)
        } else {
            0.0
        }
    }
}

/// The highest utilization of an M/M/c queue at which at most a share `tail` of sojourns exceeds `limit` service times.
pub fn highest_utilization(servers: u32, limit: f64, tail: f64) -> f64 {
    if sojourn_tail(servers, 1e-6, limit) > tail {
        return UTILIZATION_WITHOUT_HOPE;
    }
    let (mut low, mut high) = (1e-6, 1.0 - 1e-9);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if sojourn_tail(servers, middle, limit) > tail {
            high = middle;
        } else {
            low = middle;
        }
    }
    low
}

/// The probability that a sojourn in an M/M/c queue exceeds `limit` mean service times.
pub fn sojourn_tail(servers: u32, utilization: f64, limit: f64) -> f64 {
    if limit <= 0.0 {
        return 1.0;
    }
    let c = f64::from(servers);
    let waits = erlang_c(servers, utilization);
    let theta = c * (1.0 - utilization);
    let serve = libm::exp(-limit);
    // At utilization 1 - 1/c the two rates meet and the formula has its limit there.
    if (theta - 1.0).abs() < 1e-9 {
        return (1.0 - waits) * serve + waits * (1.0 + limit) * serve;
    }
    (1.0 - waits) * serve + waits * (theta * serve - libm::exp(-theta * limit)) / (theta - 1.0)
}

/// The probability that a request waits in an M/M/c queue.
pub fn erlang_c(servers: u32, utilization: f64) -> f64 {
    let load = utilization * f64::from(servers);
    let blocked = (1..=servers).fold(1.0, |b, k| load * b / (f64::from(k) + load * b));
    blocked / (1.0 - utilization * (1.0 - blocked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erlang_c_matches_the_reference() {
        // mmc_fcfs of the reference vectors, c = 8.
        for (utilization, waits) in [(0.5, 0.0590440), (0.7, 0.270603), (0.875, 0.635316), (0.95, 0.844169)] {
            assert!((erlang_c(8, utilization) - waits).abs() < 1e-6, "{utilization}");
        }
    }

    #[test]
    fn sojourns_match_the_reference_also_where_the_rates_meet() {
        for (utilization, p99) in [(0.7, 4.78168), (0.875, 6.202668), (0.9, 7.08735)] {
            assert!((sojourn_tail(8, utilization, p99) - 0.01).abs() < 1e-6, "{utilization}");
        }
    }

    #[test]
    fn highest_utilization_matches_the_reference() {
        // mm8_max_rho_for_slo of the reference vectors.
        for (limit, utilization) in [(3.2, 0.7149900112955799), (3.5, 0.7985484341330005), (4.7, 0.89220497286438)] {
            assert!((highest_utilization(8, limit, 0.05) - utilization).abs() < 1e-6, "{limit}");
        }
    }

    #[test]
    fn demand_is_in_whole_instances() {
        let curve = DemandCurve { per_instance: 100.0 };
        assert_eq!(curve.instances(0.0), 0.0);
        assert_eq!(curve.instances(100.0), 1.0);
        assert_eq!(curve.instances(101.0), 2.0);
    }
}
