//! The Horizontal Pod Autoscaler: its manifest and the flags of its controller.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windtunnel_traces::SimDuration;

use crate::controllers::hpa::api::HpaSpec;

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
    /// The manifest's namespace, for the export.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Metrics of the manifest that are not simulated: exported as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_metrics: Vec<serde_json::Value>,
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
