//! What one sync did, with every intermediate number.

use super::conditions::{Conditions, Reason};
use super::groups::Groups;
use super::instant::{Instant, Span};
use super::tolerance::Tolerance;

/// The result of one sync.
#[derive(Debug, Clone, PartialEq)]
pub struct SyncOutcome {
    /// When.
    pub now: Instant,
    /// `scale.spec.replicas` before the sync.
    pub current: i32,
    /// `scale.status.replicas` before the sync.
    pub existing: i32,
    /// The replica count written to the scale subresource, if one was.
    pub scale: Option<i32>,
    /// `status.desiredReplicas` after the sync.
    pub desired: i32,
    /// What the metrics propose, before stabilization, rate limits and bounds; none if the sync did not get so far.
    pub raw: Option<i32>,
    /// Whether the reconcile returned an error. It may have scaled all the same.
    pub err: bool,
    /// The conditions after the sync.
    pub conditions: Conditions,
    /// Which way the sync took.
    pub path: Path,
    /// The metrics in the policy's order; empty unless they were evaluated.
    pub metrics: Vec<MetricOutcome>,
    /// Index of the metric whose proposal won.
    pub chosen: Option<usize>,
    /// How far a ratio may be from one.
    pub tolerance: Tolerance,
    /// What the recommendation window made of `raw`.
    pub stabilization: Option<Stabilization>,
    /// What rate limits and bounds made of that.
    pub limit: Option<Limit>,
}

impl Default for SyncOutcome {
    fn default() -> Self {
        Self {
            now: Instant::default(),
            current: 0,
            existing: 0,
            scale: None,
            desired: 0,
            raw: None,
            err: false,
            conditions: Conditions::default(),
            path: Path::NotSynced,
            metrics: Vec::new(),
            chosen: None,
            tolerance: Tolerance::default(),
            stabilization: None,
            limit: None,
        }
    }
}

/// The branches of H reconcileAutoscaler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// There was no sync yet.
    NotSynced,
    /// The scale could not be read.
    NoScale,
    /// Zero replicas that the controller did not bring about: it stays out.
    Disabled,
    /// Above maxReplicas: straight to it.
    AboveMax,
    /// Below minReplicas: straight to it.
    BelowMin,
    /// The metrics decide.
    Metrics,
    /// The metrics should have decided, but too many failed.
    MetricsFailed,
}

/// What one metric came to.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricOutcome {
    /// The proposed replica count, or why there is none.
    pub proposal: Result<i32, MetricError>,
    /// The pods by group; for metrics of pods.
    pub groups: Groups,
    /// Samples of names outside the pod list.
    pub strays: usize,
    /// Sum of the samples that count, in milli-units; the whole metric for Object and External.
    pub usage: i64,
    /// Sum of their requests, in milli-units; only for a utilization.
    pub request: i64,
    /// `averageUtilization` as reported in the status.
    pub utilization: Option<i32>,
    /// `averageValue` as reported in the status, in milli-units.
    pub average: Option<i64>,
    /// `value` as reported in the status, in milli-units.
    pub value: Option<i64>,
    /// Usage over target.
    pub ratio: f64,
    /// The ratio again, with missing and unready pods filled in, and over how many samples.
    pub rebalanced: Option<(f64, i64)>,
    /// The pods that a ratio of a whole metric is multiplied with.
    pub ready_pods: Option<i64>,
    /// Why the proposal is what it is.
    pub verdict: Verdict,
}

impl MetricOutcome {
    /// Nothing is known yet.
    #[inline]
    pub(super) fn unknown() -> Self {
        MetricOutcome::failed(MetricError::Empty)
    }

    #[inline]
    pub(super) fn failed(error: MetricError) -> Self {
        Self {
            proposal: Err(error),
            groups: Groups::default(),
            strays: 0,
            usage: 0,
            request: 0,
            utilization: None,
            average: None,
            value: None,
            ratio: f64::NAN,
            rebalanced: None,
            ready_pods: None,
            verdict: Verdict::Failed,
        }
    }
}

/// Why a metric proposes what it proposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It could not be evaluated.
    Failed,
    /// The ratio is inside the tolerance.
    WithinTolerance,
    /// The ratio times the pods, rounded up.
    Scaled,
    /// With missing and unready pods filled in, the ratio changed sides: keep.
    DirectionFlipped,
    /// The number of samples would turn the change around: keep.
    CountFlipped,
}

/// Why a metric failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum MetricError {
    /// The metrics API answered with an error.
    #[error("the metrics API failed")]
    ApiFailed,
    /// The metrics API answered with an empty list.
    #[error("no metrics returned from the metrics API")]
    Empty,
    /// A sample lacks the container that the metric names.
    #[error("a pod's sample lacks the container that the metric names")]
    ContainerNotInSample,
    /// A pod lacks the container that the metric names.
    #[error("a pod lacks the container that the metric names")]
    ContainerNotInPod,
    /// The selector matches nothing.
    #[error("no pods returned by selector while calculating replica count")]
    NoPods,
    /// No sample is left after taking out ignored and unready pods.
    #[error("did not receive metrics for targeted pods (pods might be unready)")]
    NoSamples,
    /// A container of a listed pod has no request for the resource.
    #[error("a container of a listed pod has no request (resources.requests) for the resource")]
    MissingRequest,
    /// The requests of the pods with samples sum to nothing.
    #[error("no metrics returned matched known pods")]
    NoRequests,
    /// The target's type names a field that is not set.
    #[error("neither a value target nor an average value target was set")]
    NoTarget,
}

/// What the recommendation window made of a recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stabilization {
    /// How far back scale-up looks; none without `behavior`.
    pub up_window: Option<Span>,
    /// How far back scale-down looks.
    pub down_window: Span,
    /// The lowest recommendation in the scale-up window.
    pub lowest: i32,
    /// The highest recommendation in the scale-down window.
    pub highest: i32,
    /// The recommendation that comes out.
    pub stabilized: i32,
}

/// What rate limits and bounds made of a stabilized recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The replica count that comes out.
    pub result: i32,
    /// Why.
    pub reason: Reason,
    /// The rate limit of the direction of travel, if there is travel.
    pub rate: Option<i32>,
}
