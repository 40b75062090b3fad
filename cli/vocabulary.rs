//! What the controllers know and the command line lists: assumptions, and the metrics that a policy may name.

/// A modelling choice that no vendor documents.
pub(crate) struct Assumption {
    /// The key, from the root of the scenario.
    pub(crate) key: &'static str,
    /// The default, as it is written in TOML.
    pub(crate) default: &'static str,
    /// What is not documented.
    pub(crate) question: &'static str,
    /// What the default rests on.
    pub(crate) source: &'static str,
}

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

/// PLACEHOLDER until `controllers::cloud::assumptions` is merged.
pub(crate) fn assumptions() -> Vec<Assumption> {
    vec![Assumption {
        key: "ess.assumptions.alarm_delay",
        default: "\"60s\"",
        question: "How long after the end of a period is the period evaluated?",
        source: "undocumented",
    }]
}

/// PLACEHOLDER until `controllers::cloud::metric_names` is merged.
pub(crate) fn policy_metrics() -> Vec<PolicyMetric> {
    vec![PolicyMetric {
        controller: "ess",
        name: "CpuUtilization",
        unit: "%",
        definition: "CPU, from the hypervisor, each minute",
    }]
}
