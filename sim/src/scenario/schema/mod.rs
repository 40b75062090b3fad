//! The scenario file as it is written: one struct per table, one documented field per key.
//!
//! Everything has a default but the trace, `service.cpu`, `instance.cores` and one controller. What is absent is *none*:
//! no boot stages means ready at once, no timeout means that clients wait for ever.

mod balancer;
mod boot;
mod event;
mod fleet;
mod hpa;
mod instance;
mod nodes;
mod observation;
mod pods;
mod service;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;
use windtunnel_traces::distribution::Distribution;
use windtunnel_traces::spec::TraceSpec;

use crate::controllers::baseline::BaselineConfig;
use crate::controllers::cloud::{AwsConfig, EssConfig, TencentConfig};

pub use balancer::{Algorithm, Balancer, HealthCheck};
pub use boot::{AfterFailure, BootStage, Poll};
pub use event::{Event, EventKind};
pub use fleet::Fleet;
pub use hpa::{Hpa, HpaController};
pub use instance::{Discipline, Instance, Price};
pub use nodes::{ClusterAutoscaler, Nodes};
pub use observation::{Sensors, Slo, Timeline};
pub use pods::{CpuResources, MemoryResources, PodPrice, Pods, Readiness};
pub use service::{ColdStart, Downstream, Memory, RequestClass, Retry, Service};

/// A scenario: one service under one policy on one stream of traffic.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    /// The scenario's name, shown on charts and used for file names. Default: the file's name.
    #[serde(default)]
    pub name: String,
    /// A sentence on what the scenario shows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How long to simulate. Default: as long as a recorded trace lasts, one day for a shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<SimDuration>,
    /// The seed of every random stream.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// What arrives.
    pub trace: TraceSpec,
    /// What one request asks of an instance.
    pub service: Service,
    /// The machine: for the HPA the node that pods are placed on.
    pub instance: Instance,
    /// Boot stages, in order. None: an instance is ready at once.
    #[serde(default, rename = "boot")]
    pub boot: Vec<BootStage>,
    /// The load balancer.
    #[serde(default)]
    pub balancer: Balancer,
    /// The group of instances: zones, crashes, the provider's own health check.
    #[serde(default)]
    pub fleet: Fleet,
    /// What requests and windows are judged by.
    #[serde(default)]
    pub slo: Slo,
    /// How metrics come about, and how late.
    #[serde(default)]
    pub sensors: Sensors,
    /// The rows of the timeline.
    #[serde(default)]
    pub timeline: Timeline,
    /// Injected events: outages, updates, interruptions, slow-downs.
    #[serde(default, rename = "event")]
    pub event: Vec<Event>,
    /// What the Deployment runs, for the HPA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pods: Option<Pods>,
    /// A fixed pool of nodes, for the HPA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Nodes>,
    /// A cluster autoscaler instead of a fixed pool of nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_autoscaler: Option<ClusterAutoscaler>,
    /// Controller: Alibaba Cloud Elastic Scaling Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ess: Option<EssConfig>,
    /// Controller: AWS EC2 Auto Scaling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws: Option<AwsConfig>,
    /// Controller: Tencent Cloud Auto Scaling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tencent: Option<TencentConfig>,
    /// Controller: Kubernetes Horizontal Pod Autoscaler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hpa: Option<Hpa>,
    /// Controller: a baseline of the literature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineConfig>,
    /// No controller: a fixed number of instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Fixed>,
    /// Rates to turn other currencies into one, for comparing costs: `exchange = { to = "CNY", USD = 7.1 }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<std::collections::BTreeMap<String, serde_json::Value>>")]
    pub exchange: Option<std::collections::BTreeMap<String, toml::Value>>,
}

const fn default_seed() -> u64 {
    1
}

/// The distribution of what takes no time.
fn no_time() -> Distribution {
    Distribution::Constant(SimDuration::ZERO)
}

/// No autoscaling: the baseline.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// How many instances.
    pub instances: u32,
}
