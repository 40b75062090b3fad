//! The group compares desired with actual capacity, some seconds after either has changed, and closes the gap: launches,
//! replacements, terminations.

use windtunnel_traces::random::below;
use windtunnel_traces::{SimDuration, SimTime};

use super::Aws;
use crate::controllers::cloud::activity::{Activity, Trigger};
use crate::controllers::cloud::aws::config::AwsProcess;
use crate::controllers::cloud::group::Start;
use crate::controllers::cloud::machine::Moment;
use crate::controllers::decision::ActivityKind;

impl Aws {
    pub(super) fn reconcile_soon(&mut self, now: SimTime) {
        let lag = match self.lags.len() {
            0 => SimDuration::ZERO,
            n => self.lags[below(&mut self.generator, n as u32) as usize],
        };
        self.reconcile_at = self.reconcile_at.min(now + lag);
    }

    /// How many lost instances may be replaced now: a tenth of the group at a time unless a maintenance policy says
    /// otherwise, at least one, and the next ones when these are in service and warm. None while another activity is in
    /// progress and the group is short of a tenth of its desired capacity ("Health checks for instances").
    fn may_replace(&self, moment: &Moment<'_>) -> u32 {
        let group = &moment.group;
        let scaling = group.activities.iter().any(|activity| activity.record.kind != ActivityKind::Replace);
        let short = u64::from(group.desired.saturating_sub(group.in_service()));
        if moment.now < self.replaced_until || (scaling && short * 10 >= u64::from(group.desired)) {
            return 0;
        }
        let percent = self.config.maintenance.map_or(10, |maintenance| {
            100u32.saturating_sub(maintenance.min_healthy).max(maintenance.max_healthy.saturating_sub(100))
        });
        let at_once = u32::try_from(u64::from(moment.group.desired) * u64::from(percent) / 100).unwrap_or(u32::MAX);
        let replacing = moment.group.activities.iter().filter(|activity| activity.record.kind == ActivityKind::Replace);
        at_once.max(1).saturating_sub(replacing.map(Activity::remaining).sum())
    }

    /// The group compares desired with actual capacity and closes the gap.
    pub(super) fn reconcile(&mut self, moment: &mut Moment<'_>) {
        self.reconcile_at = SimTime::NEVER;
        let now = moment.now;
        let actual = moment.group.settled();
        let desired = moment.group.desired;
        if desired > actual {
            if now < self.failed_launches.wait_until {
                self.reconcile_at = self.failed_launches.wait_until;
                return;
            }
            if self.failed_launches.suspend(now, self.config.assumptions.suspends_launches_after) {
                return;
            }
        }
        let moved = self.moved.take();
        let moves = moved.is_some();
        let (mut trigger, cooldown) = moved.unwrap_or_default();
        let staying = moment.group.in_service().saturating_sub(moment.group.leaving());
        let adds = desired > actual;
        let missing = desired.saturating_sub(actual);
        self.lost = self.lost.min(missing);
        let replaced = self.lost.min(self.may_replace(moment));
        let count = if adds { missing - (self.lost - replaced) } else { (actual - desired).min(staying) };
        if self.lost > replaced && now < self.replaced_until {
            self.reconcile_at = self.replaced_until;
        }
        let forbidden = if adds { AwsProcess::Launch } else { AwsProcess::Terminate };
        if count == 0 || self.config.suspends(forbidden) || (!adds && self.all_protected) {
            return;
        }
        self.lost -= replaced;
        let replaces = replaced > 0 && !moves;
        if trigger.cause.is_empty() {
            trigger = Trigger::plain(now, "");
        } else {
            trigger.cause += "  ";
        }
        let to = if adds { actual + count } else { actual - count };
        trigger.cause += &if adds {
            format!(
                "At {now} an instance was started in response to a difference between desired and actual capacity, \
                 increasing the capacity from {actual} to {to}."
            )
        } else {
            format!(
                "At {now} an instance was taken out of service in response to a difference between desired and actual \
                 capacity, shrinking the capacity from {actual} to {to}."
            )
        };
        let (verb, direction) =
            if adds { ("Launching", ActivityKind::ScaleOut) } else { ("Terminating", ActivityKind::ScaleIn) };
        let kind = if replaces && adds { ActivityKind::Replace } else { direction };
        let description =
            if count == 1 { format!("{verb} a new EC2 instance") } else { format!("{verb} {count} EC2 instances") };
        let capacity = (actual, to);
        let start = Start { kind, adds, count, capacity, description, cooldown, exclusive: false, reuse: true };
        moment.group.start(now, &trigger, start, moment.out);
    }
}

/// Launches that failed without one that succeeded in between.
#[derive(Clone, Debug, Default)]
pub(super) struct FailedLaunches {
    count: u32,
    /// When the first of them began.
    since: SimTime,
    /// Until when the group launches nothing.
    wait_until: SimTime,
}

impl FailedLaunches {
    /// An activity that launches has ended: one that launched nothing at all makes the group wait, longer each time.
    pub(super) fn take(&mut self, now: SimTime, activity: &Activity, first: SimDuration, most: SimDuration) {
        if activity.done > 0 {
            *self = FailedLaunches::default();
            return;
        }
        if self.count == 0 {
            self.since = activity.record.at;
        }
        // Beyond 2^16 any first wait is longer than the longest.
        let factor = 1_u64 << self.count.min(16);
        self.count += 1;
        self.wait_until =
            now.saturating_add(SimDuration::from_nanos(first.as_nanos().saturating_mul(factor)).min(most));
    }

    /// Whether nothing has been launched for so long that AWS suspends launches ("administrative suspension").
    pub(super) fn suspend(&self, now: SimTime, after: SimDuration) -> bool {
        self.count > 0 && now >= self.since.saturating_add(after)
    }
}
