//! The conditions of the HPA's status, with upstream's reasons.

use std::fmt;

/// Why a condition has its status, spelled as upstream spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // each is upstream's own word
pub enum Reason {
    SucceededGetScale,
    FailedGetScale,
    SucceededRescale,
    FailedUpdateScale,
    ReadyForNewScale,
    ScaleUpStabilized,
    ScaleDownStabilized,
    ValidMetricFound,
    ScalingDisabled,
    InvalidSelector,
    AmbiguousSelector,
    FailedGetResourceMetric,
    FailedGetContainerResourceMetric,
    FailedGetPodsMetric,
    FailedGetObjectMetric,
    FailedGetExternalMetric,
    DesiredWithinRange,
    ScaleUpLimit,
    ScaleDownLimit,
    TooManyReplicas,
    TooFewReplicas,
    ScaledToZero,
    NotScaledToZero,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// One condition: its status and the reason for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Condition {
    /// `True` or `False`; the controller never writes `Unknown`.
    pub status: bool,
    /// The reason.
    pub reason: Reason,
}

impl Condition {
    /// A condition that holds.
    #[must_use]
    pub const fn yes(reason: Reason) -> Self {
        Self { status: true, reason }
    }

    /// A condition that does not hold.
    #[must_use]
    pub const fn no(reason: Reason) -> Self {
        Self { status: false, reason }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = if self.status { "True" } else { "False" };
        write!(f, "{status}/{}", self.reason)
    }
}

/// The four conditions. They persist from sync to sync until rewritten, as in the API object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Conditions {
    /// AbleToScale
    pub able_to_scale: Option<Condition>,
    /// ScalingActive
    pub scaling_active: Option<Condition>,
    /// ScalingLimited
    pub scaling_limited: Option<Condition>,
    /// ScaledToZero
    pub scaled_to_zero: Option<Condition>,
}

impl Conditions {
    /// Whether the controller itself took this workload to zero (H getScaledToZeroConditionStatus).
    pub(super) fn is_scaled_to_zero(&self) -> bool {
        self.scaled_to_zero.is_some_and(|condition| condition.status)
    }
}
