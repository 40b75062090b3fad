//! kube-controller-manager's flags and feature gates, at their v1.36 defaults.

use super::instant::Span;

/// The flags that a decision reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ControllerFlags {
    /// `--horizontal-pod-autoscaler-sync-period`; the caller's timer, a decision does not read it.
    pub sync_period: Span,
    /// `--horizontal-pod-autoscaler-tolerance`
    pub tolerance: f64,
    /// `--horizontal-pod-autoscaler-downscale-stabilization`
    pub downscale_stabilization: Span,
    /// `--horizontal-pod-autoscaler-cpu-initialization-period`
    pub cpu_initialization_period: Span,
    /// `--horizontal-pod-autoscaler-initial-readiness-delay`
    pub initial_readiness_delay: Span,
    /// `--feature-gates`, as far as they concern the HPA.
    pub gates: FeatureGates,
}

impl Default for ControllerFlags {
    fn default() -> Self {
        Self {
            sync_period: Span::from_whole_seconds(15),
            tolerance: 0.1,
            downscale_stabilization: Span::from_whole_seconds(300),
            cpu_initialization_period: Span::from_whole_seconds(300),
            initial_readiness_delay: Span::from_whole_seconds(30),
            gates: FeatureGates::default(),
        }
    }
}

/// The feature gates that concern the HPA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureGates {
    /// `HPAScaleToZero`: alpha and off in 1.36.
    pub scale_to_zero: bool,
    /// `HPAConfigurableTolerance`: beta and on in 1.36.
    pub configurable_tolerance: bool,
    /// `PodLevelResources`: beta and on in 1.36.
    pub pod_level_resources: bool,
}

impl Default for FeatureGates {
    fn default() -> Self {
        Self { scale_to_zero: false, configurable_tolerance: true, pod_level_resources: true }
    }
}
