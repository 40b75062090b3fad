//! What one sync sees: the scale, the pods and the metrics. Never the plant.

use super::flags::ControllerFlags;
use super::instant::{Instant, Span};
use super::outcome::MetricError;
use super::requests::PodTemplate;

/// Everything one sync reads.
///
/// The buffers belong to the caller and are meant to be refilled, so that a sync allocates nothing.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// `scale.spec.replicas`: what was asked for.
    pub spec_replicas: i32,
    /// `scale.status.replicas`: what exists.
    pub status_replicas: i32,
    /// The pods that match the selector.
    pub pods: &'a [Pod],
    /// The container lists that the pods point to.
    pub templates: &'a [PodTemplate],
    /// What each metric's API answered, in the order of the policy's metrics.
    pub readings: &'a [Reading],
    /// What goes wrong outside the metrics, if anything.
    pub fault: Option<Fault>,
}

/// A fault around the sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The scale subresource cannot be read.
    GetScale,
    /// The scale subresource cannot be written, also after upstream's retries.
    UpdateScale,
    /// The scale carries no selector.
    NoSelector,
    /// Another HPA selects the same pods.
    AmbiguousSelector,
}

/// `status.phase` of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
    Unknown,
}

/// Status of a pod's Ready condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // Kubernetes' own words
pub enum ReadyStatus {
    True,
    False,
    Unknown,
}

/// A pod's Ready condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReadyCondition {
    /// Its status.
    pub status: ReadyStatus,
    /// Its `lastTransitionTime`.
    pub since: Instant,
}

/// One pod, as far as the HPA looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pod {
    /// `status.phase`
    pub phase: Phase,
    /// The Ready condition; `None` while the pod has none.
    pub ready: Option<ReadyCondition>,
    /// `status.startTime`
    pub started: Option<Instant>,
    /// Whether `deletionTimestamp` is set.
    pub deleting: bool,
    /// Index of its containers' requests in [`Observation::templates`].
    pub template: u32,
    /// How many pods it stands for, all alike in everything that the HPA looks at; their samples are given as a sum. One
    /// for a pod by itself.
    pub count: u32,
}

impl Pod {
    /// Whether nothing depends any more on when it started and became ready: it serves, and its start-up is over. All
    /// such pods of one template that have a sample, or all that have none, are alike to the HPA.
    #[must_use]
    pub fn is_settled(&self, now: Instant, flags: &ControllerFlags) -> bool {
        self.phase == Phase::Running
            && !self.deleting
            && self.ready.is_some_and(|ready| ready.status == ReadyStatus::True)
            && self.started.is_some_and(|started| started.after(flags.cpu_initialization_period) <= now)
    }

    /// Running and Ready=True: podutil.IsPodReady with the phase that getReadyPodsCount asks for.
    pub(super) fn is_running_and_ready(&self) -> bool {
        self.phase == Phase::Running && self.ready.is_some_and(|condition| condition.status == ReadyStatus::True)
    }
}

/// A pod's value of one metric, in milli-units; the sum of the values of all that the pod stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sample {
    /// The value: millicores, thousandths of a byte, thousandths of a custom unit.
    pub value: i64,
    /// When it was taken.
    pub at: Instant,
    /// How long it was averaged over, ending at `at`.
    pub window: Span,
}

/// What a metrics API answered for one metric of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// No usable answer.
    Failed(MetricError),
    /// Samples of pods, for Resource, ContainerResource and Pods metrics.
    Pods(PodSamples),
    /// The series, in milli-units: one for Object, any number for External.
    Series(Vec<i64>),
}

/// The samples of one metric, aligned with [`Observation::pods`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PodSamples {
    /// Sample of the pod at the same index, if the answer had one.
    pub of_pods: Vec<Option<Sample>>,
    /// Values of names that are not in the pod list. Plain averages include them.
    pub strays: Vec<i64>,
}
