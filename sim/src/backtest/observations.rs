//! The format of a recording: one JSON line is one HPA, each of its steps one sync. Documented in
//! `docs/backtest-hpa.md`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::controllers::hpa::api::HpaSpec;
use crate::controllers::hpa::{Container, ControllerFlags, FeatureGates, Instant, Phase, ReadyStatus, Requests, Span};

/// One recorded HPA.
#[derive(Debug, Clone, Deserialize)]
pub struct Record {
    /// Its name in the output.
    pub id: String,
    /// A word to group the agreement by.
    #[serde(default)]
    pub category: String,
    /// The controller's flags.
    pub controller: Controller,
    /// The containers of every pod that lists none of its own.
    pub containers: Vec<ContainerRecord>,
    /// `spec` of the HPA as its user wrote it.
    pub hpa: HpaSpec,
    /// The syncs, in the order of time.
    pub steps: Vec<Step>,
}

/// The controller's flags; what is absent has upstream's default.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Controller {
    sync_period_s: Option<f64>,
    tolerance: Option<f64>,
    downscale_stabilization_s: Option<f64>,
    cpu_initialization_period_s: Option<f64>,
    initial_readiness_delay_s: Option<f64>,
    #[serde(default)]
    feature_gates: Gates,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Gates {
    #[serde(rename = "HPAScaleToZero")]
    scale_to_zero: Option<bool>,
    #[serde(rename = "HPAConfigurableTolerance")]
    configurable_tolerance: Option<bool>,
    #[serde(rename = "PodLevelResources")]
    pod_level_resources: Option<bool>,
}

impl Controller {
    /// The flags, with upstream's defaults where nothing is recorded.
    #[must_use]
    pub fn flags(&self) -> ControllerFlags {
        let unset = ControllerFlags::default();
        let span = |seconds: Option<f64>, unset: Span| seconds.map_or(unset, Span::from_seconds);
        let gates = &self.feature_gates;
        ControllerFlags {
            sync_period: span(self.sync_period_s, unset.sync_period),
            tolerance: self.tolerance.unwrap_or(unset.tolerance),
            downscale_stabilization: span(self.downscale_stabilization_s, unset.downscale_stabilization),
            cpu_initialization_period: span(self.cpu_initialization_period_s, unset.cpu_initialization_period),
            initial_readiness_delay: span(self.initial_readiness_delay_s, unset.initial_readiness_delay),
            gates: FeatureGates {
                scale_to_zero: gates.scale_to_zero.unwrap_or(unset.gates.scale_to_zero),
                configurable_tolerance: gates.configurable_tolerance.unwrap_or(unset.gates.configurable_tolerance),
                pod_level_resources: gates.pod_level_resources.unwrap_or(unset.gates.pod_level_resources),
            },
        }
    }
}

/// A container: requests in millicores and bytes.
#[derive(Debug, Clone, Deserialize)]
pub struct ContainerRecord {
    /// Its name.
    pub n: String,
    /// Millicores.
    #[serde(default)]
    pub cpu: Option<i64>,
    /// Bytes.
    #[serde(default)]
    pub mem: Option<i64>,
}

impl ContainerRecord {
    pub(super) fn container(&self) -> Container {
        Container { name: self.n.clone(), requests: requests(self.cpu, self.mem) }
    }
}

pub(super) fn requests(millicores: Option<i64>, bytes: Option<i64>) -> Requests {
    Requests { cpu: millicores, memory: bytes.map(|bytes| bytes.saturating_mul(1_000)) }
}

/// One sync.
#[derive(Debug, Clone, Deserialize)]
pub struct Step {
    /// Seconds on the recording's axis.
    pub t: f64,
    /// `scale.spec.replicas` before the sync.
    pub spec: i32,
    /// `scale.status.replicas` before the sync; the same as `spec` when absent.
    #[serde(default)]
    pub status: Option<i32>,
    /// A new policy from this step on.
    #[serde(default)]
    pub hpa: Option<HpaSpec>,
    /// All pods; replaces the list.
    #[serde(default)]
    pub pods: Option<Vec<PodRecord>>,
    /// Names of pods that went.
    #[serde(default)]
    pub pods_rm: Vec<String>,
    /// Pods that came or changed.
    #[serde(default)]
    pub pods_upd: Vec<PodRecord>,
    /// metrics.k8s.io
    #[serde(default)]
    pub res: Option<ResourceList>,
    /// custom.metrics.k8s.io, for pods, by metric.
    #[serde(default)]
    pub custom: BTreeMap<String, CustomList>,
    /// custom.metrics.k8s.io, for one object, by metric.
    #[serde(default)]
    pub object: BTreeMap<String, ObjectValue>,
    /// external.metrics.k8s.io, by metric.
    #[serde(default)]
    pub external: BTreeMap<String, ExternalList>,
    /// What the real controller did.
    #[serde(default)]
    pub exp: Option<Expected>,
}

impl Step {
    /// When the sync runs.
    #[must_use]
    pub fn instant(&self) -> Instant {
        Instant::from_seconds(self.t)
    }
}

/// One pod.
#[derive(Debug, Clone, Deserialize)]
pub struct PodRecord {
    /// Its name.
    pub n: String,
    /// Its phase.
    pub ph: PhaseName,
    /// Status of its Ready condition; none when it has no such condition.
    #[serde(default)]
    pub rd: Option<ReadyName>,
    /// When that last changed.
    #[serde(default)]
    pub rt: Option<f64>,
    /// `status.startTime`
    #[serde(default)]
    pub st: Option<f64>,
    /// Whether it is terminating.
    #[serde(default)]
    pub del: bool,
    /// Its own containers.
    #[serde(default)]
    pub c: Option<Vec<ContainerRecord>>,
    /// Requests of the pod as a whole.
    #[serde(default)]
    pub plr: Option<PodLevel>,
}

/// Requests of a pod as a whole, in millicores and bytes.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct PodLevel {
    #[serde(default)]
    pub(super) cpu: Option<i64>,
    #[serde(default)]
    pub(super) mem: Option<i64>,
}

/// A phase as Kubernetes spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum PhaseName {
    Pending,
    Running,
    Succeeded,
    Failed,
    Unknown,
}

impl From<PhaseName> for Phase {
    fn from(name: PhaseName) -> Self {
        match name {
            PhaseName::Pending => Self::Pending,
            PhaseName::Running => Self::Running,
            PhaseName::Succeeded => Self::Succeeded,
            PhaseName::Failed => Self::Failed,
            PhaseName::Unknown => Self::Unknown,
        }
    }
}

/// A condition's status as Kubernetes spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum ReadyName {
    True,
    False,
    Unknown,
}

impl From<ReadyName> for ReadyStatus {
    fn from(name: ReadyName) -> Self {
        match name {
            ReadyName::True => Self::True,
            ReadyName::False => Self::False,
            ReadyName::Unknown => Self::Unknown,
        }
    }
}

/// What metrics.k8s.io answered.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ResourceList {
    /// The call failed.
    #[serde(default)]
    pub err: Option<serde_json::Value>,
    /// When the samples were taken.
    #[serde(default)]
    pub ts: f64,
    /// How long they are averaged over.
    #[serde(default)]
    pub win: f64,
    /// By pod.
    #[serde(default)]
    pub pods: Option<BTreeMap<String, Option<PodUsage>>>,
}

/// Nanocores and bytes.
pub type Usage = (Option<i64>, Option<i64>);

/// A pod's sample.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum PodUsage {
    /// Of its only container.
    Single(Usage),
    /// With its own time, or of several containers.
    Detailed(DetailedUsage),
}

/// A pod's sample that is not like the others.
#[derive(Debug, Clone, Deserialize)]
pub struct DetailedUsage {
    /// Of its only container.
    #[serde(default)]
    pub v: Option<Usage>,
    /// When it was taken.
    #[serde(default)]
    pub ts: Option<f64>,
    /// How long it is averaged over.
    #[serde(default)]
    pub win: Option<f64>,
    /// By container.
    #[serde(default)]
    pub c: Option<BTreeMap<String, Option<Usage>>>,
}

/// What custom.metrics.k8s.io answered for pods.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct CustomList {
    /// The call failed.
    #[serde(default)]
    pub err: Option<serde_json::Value>,
    /// When the values were taken.
    #[serde(default)]
    pub ts: f64,
    /// How long they are averaged over; 60 s when not reported.
    #[serde(default)]
    pub win: Option<f64>,
    /// Milli-values by pod.
    #[serde(default)]
    pub pods: Option<BTreeMap<String, i64>>,
}

/// What custom.metrics.k8s.io answered for one object.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ObjectValue {
    /// The call failed.
    #[serde(default)]
    pub err: Option<serde_json::Value>,
    /// The milli-value.
    #[serde(default)]
    pub v: Option<i64>,
}

/// What external.metrics.k8s.io answered.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ExternalList {
    /// The call failed.
    #[serde(default)]
    pub err: Option<serde_json::Value>,
    /// The milli-values of its series.
    #[serde(default)]
    pub v: Option<Vec<i64>>,
}

/// What the real controller did in a sync.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Expected {
    /// The count written, if any was.
    pub scale: Option<i32>,
    /// `status.desiredReplicas`
    pub desired: i32,
    /// What the metrics proposed.
    pub raw: Option<i32>,
    /// Whether the reconcile returned an error.
    pub err: bool,
    /// AbleToScale
    pub able: String,
    /// ScalingActive
    pub active: String,
    /// ScalingLimited
    pub limited: String,
    /// ScaledToZero
    pub zero: String,
    /// `status.currentMetrics`
    pub cur: Option<Vec<CurrentMetric>>,
}

/// What the status reports of one metric.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CurrentMetric {
    /// averageUtilization, in percent.
    pub u: Option<i32>,
    /// averageValue, in milli-units.
    pub a: Option<i64>,
    /// value, in milli-units.
    pub v: Option<i64>,
}
