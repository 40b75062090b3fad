//! The named figures of a run: one table gives every name its unit and definition.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

/// A named figure: what it is called, its unit, what it means.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetricDefinition {
    /// The name in JSON, CSV and `--objective`.
    pub name: &'static str,
    /// Its unit: `requests`, `seconds`, `1` for a share, `currency`, `instances`, `hours`, ...
    pub unit: &'static str,
    /// What it means, in one or two sentences.
    pub definition: &'static str,
}

/// Figures of one run, in the order of [`DEFINITIONS`]. A figure may have no value: a run without scale-outs has no
/// reaction to them, and that is not a reaction in no time.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricValues(Vec<Option<f64>>);

impl MetricValues {
    /// Builds the figures by asking for each name in turn.
    pub fn collect<V: Into<Option<f64>>>(mut value_of: impl FnMut(&str) -> V) -> Self {
        MetricValues(DEFINITIONS.iter().map(|metric| value_of(metric.name).into()).collect())
    }

    /// A figure by its name; nothing where it has no value.
    pub fn get(&self, name: &str) -> Option<f64> {
        let index = DEFINITIONS.iter().position(|metric| metric.name == name)?;
        self.0.get(index).copied().flatten()
    }

    /// Every definition with its figure, if it has a value.
    pub fn iter(&self) -> impl Iterator<Item = (&'static MetricDefinition, Option<f64>)> + '_ {
        DEFINITIONS.iter().zip(self.0.iter().copied())
    }
}

impl Serialize for MetricValues {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (metric, value) in self.iter() {
            map.serialize_entry(metric.name, &value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for MetricValues {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = BTreeMap::<String, Option<f64>>::deserialize(deserializer)?;
        Ok(MetricValues::collect(|name| values.get(name).copied().flatten()))
    }
}

/// A figure over replications: its mean and 95 % confidence interval. For one replication all three are equal.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The mean over replications.
    pub mean: f64,
    /// The lower end of the 95 % confidence interval of the mean.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Summary {
    /// Mean and 95 % Student t interval of independent replications.
    pub fn of(samples: &[f64]) -> Summary {
        let n = samples.len() as f64;
        let mean = samples.iter().sum::<f64>() / n;
        if samples.len() < 2 {
            return Summary { mean, low: mean, high: mean };
        }
        let variance = samples.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        let half_width = student_t_975(samples.len() - 1) * libm::sqrt(variance / n);
        Summary { mean, low: mean - half_width, high: mean + half_width }
    }
}

/// The 97.5 % quantile of Student's t distribution.
fn student_t_975(degrees_of_freedom: usize) -> f64 {
    use statrs::distribution::{ContinuousCDF, StudentsT};
    StudentsT::new(0.0, 1.0, degrees_of_freedom as f64).map_or(f64::NAN, |t| t.inverse_cdf(0.975))
}

const fn define(name: &'static str, unit: &'static str, definition: &'static str) -> MetricDefinition {
    MetricDefinition { name, unit, definition }
}

/// Every figure that a run yields, in the order in which they are shown.
pub const DEFINITIONS: &[MetricDefinition] = &[
    define("requests_arrived", "requests", "Requests that arrived. Retries are attempts of the same request."),
    define("requests_served", "requests", "Requests answered before their client gave up."),
    define("requests_timed_out", "requests", "Requests whose client gave up: timeout, or patience in the queue."),
    define("requests_rejected", "requests", "Requests refused because workers and backlog were full."),
    define(
        "requests_failed",
        "requests",
        "Requests that found no healthy instance, or whose instance died under them.",
    ),
    define("requests_in_flight_at_end", "requests", "Requests still inside the system at the end of the run."),
    define("attempts", "attempts", "Attempts that reached the balancer: first tries and retries."),
    define("latency_mean_seconds", "seconds", "Mean time from arrival to answer of served requests."),
    define("latency_p50_seconds", "seconds", "Median of the same; quantiles carry a relative error of at most 0.4 %."),
    define("latency_p95_seconds", "seconds", "95th percentile of the same."),
    define("latency_p99_seconds", "seconds", "99th percentile of the same."),
    define("latency_p999_seconds", "seconds", "99.9th percentile of the same."),
    define("latency_max_seconds", "seconds", "The slowest request that was served."),
    define(
        "slo_violating_request_fraction",
        "1",
        "Requests slower than the objective's latency, timed out, rejected or failed, over all requests with an outcome.",
    ),
    define(
        "slo_violating_window_fraction",
        "1",
        "Windows that miss the objective's percentile or availability, over windows with at least one outcome.",
    ),
    define(
        "apdex",
        "1",
        "(satisfied + tolerating / 2) / all, where satisfied is within the objective's latency and tolerating within four times it.",
    ),
    define("cost_total", "currency", "What the fleet costs over the run: instances (or nodes) and the load balancer."),
    define("cost_instances", "currency", "The part of instances or nodes."),
    define("cost_balancer", "currency", "The part of the load balancer."),
    define(
        "instance_hours",
        "hours",
        "Billed time of instances (for pods: of nodes, or of pods where they are billed), by the provider's rules.",
    ),
    define("mean_in_service", "instances", "Instances (or pods) that receive traffic, as a mean over time."),
    define("peak_in_service", "instances", "The most instances (or pods) that received traffic at once."),
    define("mean_billed", "instances", "Instances (for pods: nodes) that are paid for, as a mean over time."),
    define(
        "cpu_utilization_mean",
        "1",
        "Busy core time over the core time of instances in service (for pods: of requested cores).",
    ),
    define("scale_outs", "activities", "Scaling activities that added capacity."),
    define("scale_ins", "activities", "Scaling activities that removed capacity."),
    define(
        "rejected_actions",
        "activities",
        "Scaling requests that the provider refused: cooldown, running activity, or no change left.",
    ),
    define(
        "flaps",
        "reversals",
        "Reversals of direction: a scale-in within the flap window after a scale-out, or the other way round.",
    ),
    define("instance_starts_per_hour", "1/h", "Instances (or pods) launched per hour."),
    define("instance_stops_per_hour", "1/h", "Instances (or pods) that left per hour."),
    define(
        "under_provision_accuracy",
        "%",
        "Theta_U: 100/T times the integral of max(demand - supply, 0)/demand, supply being instances in service.",
    ),
    define("over_provision_accuracy", "%", "Theta_O: 100/T times the integral of max(supply - demand, 0)/demand."),
    define("under_provision_timeshare", "%", "Tau_U: share of time in which supply is below demand."),
    define("over_provision_timeshare", "%", "Tau_O: share of time in which supply is above demand."),
    define(
        "instability",
        "%",
        "Upsilon: share of timeline intervals in which supply and demand move in different directions.",
    ),
    define(
        "reaction_median_seconds",
        "seconds",
        "Reaction of the median scale-out: from the start of the first breaching sample (or, while it stays breached, from the first request on the capacity asked for before) to the first request on a new instance. No value without one.",
    ),
    define("reaction_worst_seconds", "seconds", "The same of the slowest scale-out."),
    define(
        "reaction_evaluation_seconds",
        "seconds",
        "Of the median scale-out's reaction: the alarm's periods times their number; for an HPA until the next sync.",
    ),
    define(
        "reaction_metric_delay_seconds",
        "seconds",
        "Of the same: until the data can be read and is looked at; for an HPA the metric's window and its scrape.",
    ),
    define(
        "reaction_wait_seconds",
        "seconds",
        "Of the same: a running activity, a lock, a cooldown or the maximum; for an HPA stabilization and limits.",
    ),
    define(
        "reaction_provisioning_seconds",
        "seconds",
        "Of the same: from the decision to the launch, replaced launches included; for a pod until it has a node.",
    ),
    define("reaction_boot_seconds", "seconds", "Of the same: all boot stages; for a pod the image pull and the start."),
    define(
        "reaction_attach_seconds",
        "seconds",
        "Of the same: until the balancer has the instance; for a pod until the endpoints are known.",
    ),
    define("reaction_health_check_seconds", "seconds", "Of the same: health checks; for a pod its readiness probe."),
    define("reaction_first_request_seconds", "seconds", "Of the same: in traffic, until the first request comes."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_quantiles_match_the_tables() {
        // t_quantiles_975 of the reference vectors.
        for (degrees, t) in [(4, 2.776_445_105_197_793_4), (9, 2.262_157_162_798_205), (99, 1.984_216_951_586_417_4)] {
            assert!((student_t_975(degrees) - t).abs() < 1e-8, "{degrees} degrees of freedom");
        }
    }

    #[test]
    fn names_are_unique() {
        for (i, metric) in DEFINITIONS.iter().enumerate() {
            assert!(DEFINITIONS[i + 1..].iter().all(|other| other.name != metric.name), "{}", metric.name);
        }
    }

    #[test]
    fn one_replication_has_no_interval() {
        let summary = Summary::of(&[3.0]);
        assert_eq!((summary.low, summary.mean, summary.high), (3.0, 3.0, 3.0));
    }
}
