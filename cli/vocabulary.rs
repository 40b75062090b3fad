//! What the controllers know and the command line lists: assumptions, and the metrics that a policy may name.

use windtunnel_sim::controllers::cloud::{ASSUMPTIONS, Assumption, Provider, metric_names};
use windtunnel_sim::fleet::pods::CUSTOM_METRICS;

/// A metric that an alarm or a policy may name.
pub(crate) struct PolicyMetric {
    /// The controller's table in a scenario.
    pub(crate) controller: &'static str,
    /// The vendor's name.
    pub(crate) name: &'static str,
    /// Its unit.
    pub(crate) unit: &'static str,
    /// What it measures.
    pub(crate) definition: &'static str,
}

/// Modelling choices that no vendor documents.
pub(crate) fn assumptions() -> &'static [Assumption] {
    ASSUMPTIONS
}

/// Every metric that a policy may name, by controller.
pub(crate) fn policy_metrics() -> Vec<PolicyMetric> {
    let clouds = [("ess", Provider::Ess), ("aws", Provider::Aws), ("tencent", Provider::Tencent)];
    let of_clouds = clouds.into_iter().flat_map(|(controller, provider)| {
        metric_names(provider).iter().map(move |metric| PolicyMetric {
            controller,
            name: metric.name,
            unit: metric.unit,
            definition: metric.description,
        })
    });
    let resources = [
        ("cpu", "%", "Resource: CPU in use over the pods' requests, as metrics-server reports it"),
        ("memory", "%", "Resource: memory in use over the pods' requests"),
    ];
    let custom = CUSTOM_METRICS.into_iter().map(|name| match name {
        "in_flight_requests" | "active_connections" => {
            (name, "requests", "Pods: requests inside a pod; Object, External: inside the fleet")
        }
        _ => {
            (name, "1/s", "Pods: requests per second of a pod over sensors.rate_window; Object, External: of the fleet")
        }
    });
    let of_hpa = resources.into_iter().chain(custom).map(|(name, unit, definition)| PolicyMetric {
        controller: "hpa",
        name,
        unit,
        definition,
    });
    of_clouds.chain(of_hpa).collect()
}
