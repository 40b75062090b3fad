//! Cooldown: the time after an activity during which the group refuses what its vendor says it refuses.

use windtunnel_traces::{SimDuration, SimTime};

/// The lock of a group. It starts when an activity ends, not when an alarm fires.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cooldown {
    until: SimTime,
}

impl Cooldown {
    /// Begins at the end of an activity. A later end wins over an earlier one.
    pub(crate) fn start(&mut self, now: SimTime, length: SimDuration) {
        self.until = self.until.max(now.saturating_add(length));
    }

    /// True while the lock holds. It is open again at its very end.
    pub(crate) fn holds(&self, now: SimTime) -> bool {
        now < self.until
    }

    /// Ends it: what ESS does when a group is disabled and enabled again.
    pub(crate) fn clear(&mut self) {
        *self = Cooldown::default();
    }

    /// When it opens.
    pub(crate) fn until(&self) -> SimTime {
        self.until
    }
}
