//! The scenario file as it is written: one struct per table, one documented field per key.
//!
//! Everything has a default but the trace, `service.cpu`, `instance.cores` and one controller. What is absent is *none*:
//! no boot stages means ready at once, no timeout means that clients wait for ever.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::distribution::Distribution;
use windtunnel_traces::spec::TraceSpec;
use windtunnel_traces::{Bytes, Cores, Ratio, SimDuration};

use crate::controllers::baseline::BaselineConfig;
use crate::controllers::cloud::{AwsConfig, EssConfig, TencentConfig};
use crate::controllers::hpa::api::HpaSpec;
use crate::sensors::metrics_server::CpuRate;

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

/// What one request asks of an instance: a burst of CPU, then a wait during which no core is held.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Core time of one request.
    pub cpu: Distribution,
    /// Time after the CPU burst that holds a worker but no core: databases, other services.
    #[serde(default = "no_time")]
    pub wait: Distribution,
    /// Memory of an instance or pod: a base and a part for each request inside.
    #[serde(default)]
    pub memory: Memory,
    /// After this long the client gives up; the request is bad. Default: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<SimDuration>,
    /// True: when its client gives up, a request stops and frees its core. False: it burns on, as most servers do.
    #[serde(default)]
    pub cancel_on_timeout: bool,
    /// How long a request queues for a core before it leaves. Default: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<Distribution>,
    /// What clients do when an attempt fails. Default: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// A dependency that all instances share and that scaling out does not widen, such as a database pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downstream: Option<Downstream>,
    /// Slowness of a freshly started instance or pod: caches and compilers are cold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cold_start: Option<ColdStart>,
    /// Classes of requests with their own demands; `cpu` and `wait` above are then the default of each class.
    #[serde(default, rename = "class", skip_serializing_if = "Vec::is_empty")]
    pub class: Vec<RequestClass>,
}

fn no_time() -> Distribution {
    Distribution::Constant(SimDuration::ZERO)
}

/// Memory of an instance or pod.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Memory {
    /// In use when idle.
    pub base: Bytes,
    /// In use for each request inside.
    pub per_request: Bytes,
}

/// Retries by clients.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Attempts of one request, the first included.
    pub attempts: u32,
    /// Wait before the next attempt.
    #[serde(default = "no_time")]
    pub backoff: Distribution,
    /// Retries may be at most this share of requests (a token bucket that starts full with ten). Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Ratio>,
}

/// A shared dependency.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Downstream {
    /// Requests inside it at once; more queue for it in order of arrival.
    pub limit: u32,
    /// How long a request is inside it. It comes after `service.wait`.
    pub wait: Distribution,
}

/// Slowness after the start: a CPU burst that begins at age `a` takes `1 + (slowdown - 1) * exp(-a / settle)` times as
/// long. The age counts from the first traffic.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColdStart {
    /// How many times as long the first bursts take.
    pub slowdown: f64,
    /// The time constant by which it settles.
    pub settle: SimDuration,
}

/// A class of requests.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestClass {
    /// Its name.
    pub name: String,
    /// Its share of requests, relative to the other classes.
    pub weight: f64,
    /// Core time; default: `service.cpu`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Distribution>,
    /// Time off the core; default: `service.wait`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Distribution>,
}

/// How an instance shares its cores among requests.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Discipline {
    /// First come, first served: a request has one core to itself until its burst is done.
    #[default]
    #[serde(alias = "FCFS")]
    Fcfs,
    /// All requests share the cores equally, none has more than one: what an operating system's scheduler does.
    #[serde(alias = "ps")]
    ProcessorSharing,
}

/// A machine.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// The vendor's name of the type, for labels.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Cores.
    pub cores: Cores,
    /// Memory, for memory utilization. Default: 32GiB.
    #[serde(default = "default_memory")]
    pub memory: Bytes,
    /// How cores are shared among requests.
    #[serde(default)]
    pub discipline: Discipline,
    /// Requests in service at once, waits included. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workers: Option<u32>,
    /// Requests that may wait for a worker; more are refused. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backlog: Option<u32>,
    /// What it costs. Default: one per hour, in units of "instance-hours".
    #[serde(default)]
    pub price: Price,
}

const fn default_memory() -> Bytes {
    Bytes::from_mib(32 * 1024)
}

/// What an instance (or node) costs, from launch to release.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Price {
    /// Price of one hour.
    pub per_hour: f64,
    /// The currency, by its ISO code.
    pub currency: String,
    /// Time is billed in whole units of this.
    pub billed_per: SimDuration,
    /// The least time that is billed.
    pub minimum: SimDuration,
}

impl Default for Price {
    fn default() -> Self {
        Price {
            per_hour: 1.0,
            currency: "instance-hours".into(),
            billed_per: SimDuration::from_secs(1),
            minimum: SimDuration::from_secs(60),
        }
    }
}

/// What follows when a boot stage fails.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AfterFailure {
    /// The instance is released and another launched in its place.
    #[default]
    Replace,
    /// The instance is released; the activity ends with one instance less.
    GiveUp,
    /// The boot goes on, as a script without `set -e` does.
    Continue,
}

/// A stage of the boot.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BootStage {
    /// Its name, shown in the reaction budget.
    #[serde(alias = "name")]
    pub stage: String,
    /// How long it takes. With `poll`: how long what is polled for takes.
    #[serde(default = "no_time")]
    pub time: Distribution,
    /// A loop that checks at once, then every so often, and fails after so many checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Poll>,
    /// The probability that the stage fails.
    #[serde(default)]
    pub fails: Ratio,
    /// What follows a failure.
    #[serde(default)]
    pub then: AfterFailure,
}

/// A loop of checks: the first at once, the others `every` so often.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// Time between checks.
    pub every: SimDuration,
    /// Checks before the stage has failed.
    pub attempts: u32,
}

/// How the balancer picks an instance.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// In turn.
    #[default]
    RoundRobin,
    /// At random.
    Random,
    /// The instance with the fewest requests inside.
    LeastOutstanding,
    /// Two at random, the one with fewer requests inside.
    PowerOfTwo,
}

/// The load balancer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Balancer {
    /// How it picks an instance.
    pub algorithm: Algorithm,
    /// Time from the provider's "attach" until it may send traffic.
    pub attach: SimDuration,
    /// Time that an instance is given to finish its requests before it is stopped.
    pub drain: SimDuration,
    /// True: draining ends as soon as no request is left inside.
    pub drain_ends_when_idle: bool,
    /// Health checks. Default: none, an instance is healthy when it has booted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthCheck>,
    /// A new instance's share of traffic grows linearly over this time. Default: none.
    pub slow_start: SimDuration,
    /// True: all instances get equal shares. False: all zones do, so that an instance's share is that of its zone over the
    /// instances there. Pods know no zones: it is always true for them.
    pub cross_zone: bool,
    /// What the balancer costs per hour.
    pub price_per_hour: f64,
    /// What it costs per million requests.
    pub price_per_million: f64,
}

impl Default for Balancer {
    fn default() -> Self {
        Balancer {
            algorithm: Algorithm::default(),
            attach: SimDuration::ZERO,
            drain: SimDuration::ZERO,
            drain_ends_when_idle: false,
            health: None,
            slow_start: SimDuration::ZERO,
            cross_zone: true,
            price_per_hour: 0.0,
            price_per_million: 0.0,
        }
    }
}

/// Health checks of the balancer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// Time between checks.
    #[serde(alias = "interval")]
    pub every: SimDuration,
    /// A check without an answer fails after this.
    #[serde(default = "default_health_timeout")]
    pub timeout: SimDuration,
    /// Checks in a row that make an instance healthy.
    #[serde(default = "default_threshold")]
    pub healthy: u32,
    /// Failed checks in a row that make it unhealthy.
    #[serde(default = "default_threshold")]
    pub unhealthy: u32,
}

const fn default_health_timeout() -> SimDuration {
    SimDuration::from_secs(5)
}

const fn default_threshold() -> u32 {
    3
}

/// The group of instances.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fleet {
    /// Zones; instances are spread evenly over them.
    pub zones: u32,
    /// The boot stage after which the provider regards an instance as created; the balancer attaches it then. Default:
    /// the first stage, since providers do not wait for what runs inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<String>,
    /// Time to stop and release an instance after it has drained.
    pub stop: SimDuration,
    /// Mean time between crashes of one instance (exponential). Default: instances do not crash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_time_between_crashes: Option<SimDuration>,
    /// How often the provider checks its instances; a dead one is noticed at the next check.
    pub health_check: SimDuration,
}

impl Default for Fleet {
    fn default() -> Self {
        Fleet {
            zones: 1,
            created_after: None,
            stop: SimDuration::ZERO,
            mean_time_between_crashes: None,
            health_check: SimDuration::from_secs(60),
        }
    }
}

/// What requests and windows are judged by.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Slo {
    /// A request slower than this violates.
    pub latency: SimDuration,
    /// A window violates when this percentile of its latencies is slower.
    pub percentile: f64,
    /// A window violates when a smaller share of its requests was served.
    pub available: Ratio,
    /// The length of a window.
    pub window: SimDuration,
    /// Two activities in opposite directions within this time are a flap.
    pub flap_window: SimDuration,
}

impl Default for Slo {
    fn default() -> Self {
        Slo {
            latency: SimDuration::from_millis(500),
            percentile: 99.0,
            available: Ratio::new(0.999).unwrap_or_default(),
            window: SimDuration::from_mins(1),
            flap_window: SimDuration::from_mins(30),
        }
    }
}

/// How metrics come about: sampled, aggregated, published late, sometimes lost.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sensors {
    /// The monitoring agent's sampling interval; 15s, 60s, or what divides 60s. AWS basic monitoring is 300s.
    pub every: SimDuration,
    /// Delay from the end of a sampling interval until its value can be read.
    pub delay: Distribution,
    /// A new instance reports nothing for this long after the provider has created it.
    pub report_delay: SimDuration,
    /// The probability that a sample is lost.
    pub loss: Ratio,
    /// Metrics-server resolution, for the HPA.
    pub metrics_server: SimDuration,
    /// Whose rate of CPU usage metrics-server answers with: between its last two readings (0.5 and later), or the
    /// kubelet's own over ten seconds (0.3 and 0.4).
    pub metrics_server_rate: CpuRate,
    /// The window of `rate()` behind custom metrics, for the HPA.
    pub rate_window: SimDuration,
}

impl Default for Sensors {
    fn default() -> Self {
        Sensors {
            every: SimDuration::from_secs(15),
            delay: no_time(),
            report_delay: SimDuration::from_secs(60),
            loss: Ratio::default(),
            metrics_server: SimDuration::from_secs(15),
            metrics_server_rate: CpuRate::default(),
            rate_window: SimDuration::from_secs(60),
        }
    }
}

/// The rows of the timeline.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Timeline {
    /// The length of a row. Default: chosen so that a run has at most 1440 rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<SimDuration>,
}

/// An injected event.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When, since the start of the run.
    pub at: SimDuration,
    /// What happens.
    pub kind: EventKind,
    /// How long it lasts (outages and slow-downs).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<SimDuration>,
    /// The zone that fails, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<u32>,
    /// How many instances: of a spot interruption, or at once in a rolling update. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// How many times slower (slow-downs).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// The warning before a spot interruption. Default: 120s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<SimDuration>,
    /// The new capacity (set-capacity).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
}

/// What an injected event does.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// All instances of a zone die, and none can be launched there, while it lasts.
    ZoneOutage,
    /// No metric is published while it lasts.
    MetricsOutage,
    /// Every instance is replaced, `count` at a time: the new one is in service before the old one drains.
    RollingUpdate,
    /// `count` instances are taken away after a notice, during which they drain.
    SpotInterruption,
    /// Boot stages take `factor` times as long while it lasts.
    #[serde(alias = "slow-boots")]
    BootSlowdown,
    /// Waits (`service.wait` and `service.downstream`) take `factor` times as long while it lasts.
    #[serde(alias = "slow-downstream")]
    DownstreamSlowdown,
    /// Somebody sets the capacity by hand.
    SetCapacity,
}

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

/// A fixed pool of nodes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nodes {
    /// How many.
    pub count: u32,
}

/// The cluster autoscaler: adds a node when a pod does not fit, removes one that was not needed for a while.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterAutoscaler {
    /// The fewest nodes.
    pub min: u32,
    /// The most nodes.
    pub max: u32,
    /// `--scan-interval`.
    #[serde(default = "default_scan")]
    pub scan: SimDuration,
    /// `--scale-down-unneeded-time`.
    #[serde(default = "default_unneeded")]
    pub unneeded: SimDuration,
    /// `--scale-down-utilization-threshold`: a node with a smaller share of its CPU and memory requested is unneeded
    /// when its pods fit elsewhere.
    #[serde(default = "default_unneeded_share")]
    pub utilization_threshold: Ratio,
}

const fn default_scan() -> SimDuration {
    SimDuration::from_secs(10)
}

const fn default_unneeded() -> SimDuration {
    SimDuration::from_mins(10)
}

fn default_unneeded_share() -> Ratio {
    Ratio::new(0.5).unwrap_or_default()
}

/// The Horizontal Pod Autoscaler: a manifest, or the same keys inline.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hpa {
    /// A manifest file (`autoscaling/v2` or v1), as it is in production.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// The manifest's `spec`, inline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub spec: Option<HpaSpec>,
    /// The flags of kube-controller-manager.
    #[serde(default)]
    pub controller: HpaController,
}

/// Flags of kube-controller-manager, by their names without `--horizontal-pod-autoscaler-`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HpaController {
    /// Time between syncs.
    pub sync_period: SimDuration,
    /// How long a sync takes; it is added to the period.
    pub sync_latency: SimDuration,
    /// No scaling while the ratio is this close to one.
    pub tolerance: f64,
    /// The window of recommendations that holds back a scale-down.
    pub downscale_stabilization: SimDuration,
    /// CPU samples of a pod younger than this are looked at twice.
    pub cpu_initialization_period: SimDuration,
    /// A pod that became unready within this time of its start never was ready.
    pub initial_readiness_delay: SimDuration,
    /// Feature gate HPAScaleToZero.
    pub scale_to_zero: bool,
    /// Feature gate HPAConfigurableTolerance.
    pub configurable_tolerance: bool,
}

impl Default for HpaController {
    fn default() -> Self {
        HpaController {
            sync_period: SimDuration::from_secs(15),
            sync_latency: SimDuration::from_millis(50),
            tolerance: 0.1,
            downscale_stabilization: SimDuration::from_secs(300),
            cpu_initialization_period: SimDuration::from_secs(300),
            initial_readiness_delay: SimDuration::from_secs(30),
            scale_to_zero: false,
            configurable_tolerance: true,
        }
    }
}

/// No autoscaling: the baseline.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// How many instances.
    pub instances: u32,
}
