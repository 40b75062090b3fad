//! Which pods count for a metric.

use super::flags::ControllerFlags;
use super::instant::Instant;
use super::observation::{Phase, Pod, ReadyStatus, Sample};

/// What a pod is to a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// Going or gone: out of the calculation.
    Ignored,
    /// Not yet serving: counted as idle on the way up, not at all on the way down.
    Unready,
    /// Serving, but without a sample.
    Missing,
    /// Its sample counts.
    Ready,
}

/// How many pods are in each group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Groups {
    /// Pods whose sample counts.
    pub ready: i64,
    /// Pods that do not serve yet.
    pub unready: i64,
    /// Pods without a sample.
    pub missing: i64,
    /// Failed and terminating pods.
    pub ignored: i64,
}

impl Groups {
    pub(super) fn count(&mut self, group: Group, pods: u32) {
        let counter = match group {
            Group::Ignored => &mut self.ignored,
            Group::Unready => &mut self.unready,
            Group::Missing => &mut self.missing,
            Group::Ready => &mut self.ready,
        };
        *counter += i64::from(pods);
    }
}

/// RC groupPods, for one pod; the first rule that matches wins.
pub(super) fn group_of(
    pod: &Pod,
    sample: Option<&Sample>,
    is_cpu: bool,
    now: Instant,
    flags: &ControllerFlags,
) -> Group {
    if pod.deleting || pod.phase == Phase::Failed {
        return Group::Ignored;
    }
    if pod.phase == Phase::Pending {
        return Group::Unready;
    }
    match sample {
        None => Group::Missing,
        Some(sample) if is_cpu && is_cpu_unready(pod, sample, now, flags) => Group::Unready,
        Some(_) => Group::Ready,
    }
}

/// RC groupPods, the readiness rules that only cpu has: start-up work must not be taken for load.
fn is_cpu_unready(pod: &Pod, sample: &Sample, now: Instant, flags: &ControllerFlags) -> bool {
    let (Some(ready), Some(started)) = (pod.ready, pod.started) else {
        return true;
    };
    let is_false = ready.status == ReadyStatus::False;
    if started.after(flags.cpu_initialization_period) > now {
        // Still starting: wait for Ready, and then for a whole window of samples.
        is_false || sample.at < ready.since.after(sample.window)
    } else {
        // Was never ready: the transition is the one from the start.
        is_false && started.after(flags.initial_readiness_delay) > ready.since
    }
}
