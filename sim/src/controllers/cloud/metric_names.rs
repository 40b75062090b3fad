//! The vendors' metric names, and what they stand for here.

use crate::controllers::decision::{Metric, Statistic};

/// A cloud whose autoscaling is modelled.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Alibaba Cloud ESS with CloudMonitor.
    Ess,
    /// AWS EC2 Auto Scaling with CloudWatch.
    Aws,
    /// Tencent Cloud AS.
    Tencent,
}

/// A metric that an alarm of a provider may name.
#[derive(Copy, Clone, Debug)]
pub struct MetricName {
    /// The vendor's name.
    pub name: &'static str,
    /// Other spellings that are taken, with a note.
    pub aliases: &'static [&'static str],
    /// What it stands for.
    pub metric: Metric,
    /// Its unit.
    pub unit: &'static str,
    /// What it measures.
    pub description: &'static str,
}

const fn metric(
    name: &'static str,
    aliases: &'static [&'static str],
    metric: Metric,
    unit: &'static str,
    description: &'static str,
) -> MetricName {
    MetricName { name, aliases, metric, unit, description }
}

const ESS: &[MetricName] = &[
    metric("CpuUtilization", &["CPUUtilization"], Metric::CpuUtilization, "%", "CPU, from the hypervisor, each minute"),
    metric("CpuUtilizationAgent", &["cpu_total"], Metric::CpuUtilization, "%", "CPU, from the agent, each 15 s"),
    metric("MemoryUtilization", &["memory_usedutilization"], Metric::MemoryUtilization, "%", "memory, from the agent"),
    metric(
        "LoadBalancerRealServerAverageQps",
        &[],
        Metric::RequestRatePerInstance,
        "1/s",
        "requests per second and server behind an ALB",
    ),
    metric("QPS", &["CustomMetric.QPS"], Metric::RequestRate, "1/s", "custom: requests per second of the whole fleet"),
    metric("QPSPerInstance", &[], Metric::RequestRatePerInstance, "1/s", "custom: requests per second and instance"),
    metric("ConcurrentConnections", &[], Metric::InFlightPerInstance, "1", "connections per instance"),
    metric("TcpConnection", &[], Metric::InFlightPerInstance, "1", "TCP connections per instance, from the agent"),
    metric("ResponseTime", &[], Metric::LatencyMean, "s", "custom: mean response time"),
    metric("InFlight", &[], Metric::InFlight, "1", "custom: requests in flight in the whole fleet"),
];

const AWS: &[MetricName] = &[
    metric(
        "CPUUtilization",
        &["CpuUtilization", "ASGAverageCPUUtilization"],
        Metric::CpuUtilization,
        "%",
        "AWS/EC2: CPU of the group",
    ),
    metric("MemoryUtilization", &["mem_used_percent"], Metric::MemoryUtilization, "%", "CWAgent: memory of the group"),
    metric(
        "RequestCountPerTarget",
        &["ALBRequestCountPerTarget"],
        Metric::RequestCountPerTarget,
        "1/min",
        "AWS/ApplicationELB: requests per target and minute (statistic Sum)",
    ),
    metric(
        "RequestCount",
        &[],
        Metric::RequestCount,
        "1",
        "AWS/ApplicationELB: requests of the whole fleet in the period (statistic Sum)",
    ),
    metric(
        "TargetResponseTime",
        &[],
        Metric::LatencyMean,
        "s",
        "AWS/ApplicationELB: response time; average or p50, p95, p99",
    ),
    metric(
        "HealthyHostCount",
        &[],
        Metric::HealthyHosts,
        "1",
        "AWS/ApplicationELB: targets that pass the health check",
    ),
    metric("QPS", &[], Metric::RequestRate, "1/s", "custom: requests per second of the whole fleet"),
    metric("QPSPerInstance", &[], Metric::RequestRatePerInstance, "1/s", "custom: requests per second and instance"),
    metric("InFlight", &["ActiveConnectionCount"], Metric::InFlight, "1", "requests in flight in the whole fleet"),
    metric("InFlightPerInstance", &[], Metric::InFlightPerInstance, "1", "custom: requests in flight per instance"),
    metric("ErrorRate", &[], Metric::ErrorRate, "%", "custom: failed requests, percent"),
];

const TENCENT: &[MetricName] = &[
    metric("CPU_UTILIZATION", &["ASG_AVG_CPU_UTILIZATION"], Metric::CpuUtilization, "%", "CPU"),
    metric("MEM_UTILIZATION", &[], Metric::MemoryUtilization, "%", "memory"),
    metric("TCP_CURR_ESTAB", &[], Metric::InFlightPerInstance, "1", "established TCP connections per instance"),
];

/// Whether a metric of ESS comes from CloudMonitor's agent, which samples every 15 s.
pub(crate) fn comes_from_agent(name: &str) -> bool {
    const AGENT: [&str; 5] =
        ["CpuUtilizationAgent", "cpu_total", "MemoryUtilization", "memory_usedutilization", "TcpConnection"];
    AGENT.contains(&name)
}

/// Metrics that the providers have and nothing here measures: networks, disks, graphics cards, containers.
fn not_simulated(provider: Provider) -> &'static [&'static str] {
    match provider {
        Provider::Ess => &[
            "ClassicInternetRx",
            "ClassicInternetTx",
            "IntranetTx",
            "IntranetRx",
            "VpcInternetTx",
            "VpcInternetRx",
            "SystemDiskReadBps",
            "SystemDiskWriteBps",
            "SystemDiskReadOps",
            "SystemDiskWriteOps",
            "GpuUtilizationAgent",
            "GpuMemoryFreeUtilizationAgent",
            "GpuMemoryUtilizationAgent",
            "LoadAverage",
            "PackagesNetOut",
            "PackagesNetIn",
            "EciPodCpuUtilization",
            "EciPodMemoryUtilization",
        ],
        Provider::Aws => &["NetworkIn", "NetworkOut", "ASGAverageNetworkIn", "ASGAverageNetworkOut"],
        Provider::Tencent => &[
            "LAN_TRAFFIC_OUT",
            "LAN_TRAFFIC_IN",
            "WAN_TRAFFIC_OUT",
            "WAN_TRAFFIC_IN",
            "ASG_AVG_LAN_TRAFFIC_OUT",
            "ASG_AVG_LAN_TRAFFIC_IN",
            "ASG_AVG_WAN_TRAFFIC_OUT",
            "ASG_AVG_WAN_TRAFFIC_IN",
        ],
    }
}

/// Names that another cloud has and Tencent has not; a lenient scenario may use them there.
const FOREIGN: &[MetricName] = &[
    metric("QPS", &["RequestCount"], Metric::RequestRate, "1/s", "requests per second of the whole fleet"),
    metric("QPSPerInstance", &[], Metric::RequestRatePerInstance, "1/s", "requests per second and instance"),
];

/// The metrics that an alarm of the provider may name.
pub fn metric_names(provider: Provider) -> &'static [MetricName] {
    match provider {
        Provider::Ess => ESS,
        Provider::Aws => AWS,
        Provider::Tencent => TENCENT,
    }
}

/// How a configured name was understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    /// By the vendor's own name.
    Exactly(Metric),
    /// By another spelling; the vendor's own name is given.
    As(Metric, &'static str),
    /// The provider has no such metric, another has.
    Foreign(Metric),
    /// The provider has it, and nothing here measures it.
    NotSimulated,
    /// Nobody has; the nearest name is given.
    Unknown(&'static str),
}

pub(crate) fn look_up(provider: Provider, name: &str) -> Known {
    let names = metric_names(provider);
    if let Some(known) = names.iter().find(|known| known.name == name) {
        return Known::Exactly(known.metric);
    }
    let spelled = |known: &&MetricName| known.aliases.contains(&name) || known.name.eq_ignore_ascii_case(name);
    if let Some(known) = names.iter().find(spelled) {
        return Known::As(known.metric, known.name);
    }
    if let Some(known) = FOREIGN.iter().find(|known| known.name == name || known.aliases.contains(&name)) {
        return Known::Foreign(known.metric);
    }
    if not_simulated(provider).contains(&name) {
        return Known::NotSimulated;
    }
    let distance = |known: &&MetricName| strsim::damerau_levenshtein(known.name, name);
    Known::Unknown(names.iter().min_by_key(distance).map_or("", |known| known.name))
}

/// The metric that a name stands for, in the vendor's or another known spelling.
pub fn metric_of(provider: Provider, name: &str) -> Option<Metric> {
    match look_up(provider, name) {
        Known::Exactly(metric) | Known::As(metric, _) | Known::Foreign(metric) => Some(metric),
        Known::NotSimulated | Known::Unknown(_) => None,
    }
}

/// Percentiles of the response time are metrics of their own for the sensors.
pub(crate) fn resolve_percentile(metric: Metric, statistic: Statistic) -> (Metric, Statistic) {
    match (metric, statistic) {
        (Metric::LatencyMean, Statistic::Percentile(50.0)) => (Metric::LatencyP50, Statistic::Average),
        (Metric::LatencyMean, Statistic::Percentile(95.0)) => (Metric::LatencyP95, Statistic::Average),
        (Metric::LatencyMean, Statistic::Percentile(99.0)) => (Metric::LatencyP99, Statistic::Average),
        other => other,
    }
}
