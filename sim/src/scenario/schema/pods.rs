//! What a Deployment runs: resources, probes and prices of a pod.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::distribution::Distribution;
use windtunnel_traces::{Bytes, Cores, SimDuration};

use super::instance::Discipline;
use super::no_time;

/// What the Deployment runs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pods {
    /// Pods at the start. Default: the HPA's `minReplicas`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// CPU request and limit of a pod.
    #[serde(default)]
    pub cpu: CpuResources,
    /// Memory request and limit of a pod.
    #[serde(default)]
    pub memory: MemoryResources,
    /// Bills pods by what they request, as serverless clusters do, instead of nodes. Default: nodes are billed by
    /// `instance.price`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<PodPrice>,
    /// How a pod shares its CPU among requests.
    #[serde(default)]
    pub discipline: Discipline,
    /// Requests in service at once in a pod. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workers: Option<u32>,
    /// Requests that may wait for a worker. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backlog: Option<u32>,
    /// Pulling the image, for the first pod on a node.
    #[serde(default = "no_time")]
    pub image_pull: Distribution,
    /// From scheduled (and pulled) to the application listening.
    #[serde(default = "no_time")]
    pub start: Distribution,
    /// The readiness probe.
    #[serde(default)]
    pub readiness: Readiness,
    /// Time from a pod's deletion until the balancer stops sending to it.
    #[serde(default)]
    pub endpoint_delay: SimDuration,
    /// `terminationGracePeriodSeconds`: requests still inside after it are lost.
    #[serde(default = "default_grace")]
    pub termination_grace: SimDuration,
}

const fn default_grace() -> SimDuration {
    SimDuration::from_secs(30)
}

/// What a pod costs by its requests, from creation to removal, in the currency, unit and minimum of `instance.price`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodPrice {
    /// Price of one requested core for an hour.
    pub per_core_hour: f64,
    /// Price of one requested GiB for an hour.
    #[serde(default)]
    pub per_gib_hour: f64,
}

impl Pods {
    /// The price of a pod for an hour, when pods are billed by their requests.
    pub fn price_per_hour(&self) -> Option<f64> {
        let price = self.price.as_ref()?;
        let cores = self.cpu.request.map_or(0.0, Cores::as_f64);
        let gib = self.memory.request.map_or(0.0, |memory| memory.as_u64() as f64 / (1u64 << 30) as f64);
        Some(cores * price.per_core_hour + gib * price.per_gib_hour)
    }
}

/// CPU request and limit. Absent: none is declared; without a request the HPA cannot compute utilization.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CpuResources {
    /// What the scheduler reserves, and what utilization is measured against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Cores>,
    /// What the pod is throttled at. Default: the node's cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Cores>,
}

/// Memory request and limit.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MemoryResources {
    /// What the scheduler reserves, and what utilization is measured against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Bytes>,
    /// Above this the kernel would kill the pod; it is reported, not simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Bytes>,
}

/// The readiness probe.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Readiness {
    /// `initialDelaySeconds`.
    pub initial_delay: SimDuration,
    /// `periodSeconds`.
    pub period: SimDuration,
    /// `successThreshold`.
    pub success: u32,
}

impl Default for Readiness {
    fn default() -> Self {
        Readiness { initial_delay: SimDuration::ZERO, period: SimDuration::from_secs(10), success: 1 }
    }
}
