//! The agenda of the control plane: events in order of time, ties in a documented order.

use windtunnel_traces::SimTime;

use crate::controllers::decision::InstanceId;
use crate::plant::NodeId;

/// What can happen in the control plane.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A window of the objective ends.
    WindowEnds,
    /// A row of the timeline ends.
    RowEnds,
    /// The monitoring agent samples.
    Sample,
    /// A boot stage of an instance ends.
    StageOver(InstanceId),
    /// The balancer has attached an instance.
    Attached(InstanceId),
    /// An instance has passed its health checks.
    Healthy(InstanceId),
    /// An instance's share of traffic grows.
    SlowStart(InstanceId),
    /// Look whether an instance has drained.
    DrainCheck(InstanceId),
    /// An instance (or pod) has had its time to drain.
    DrainOver(InstanceId),
    /// An instance is stopped and released.
    Released(InstanceId),
    /// A lifecycle hook of an instance may be over.
    HookOver(InstanceId),
    /// The provider asks the balancer whether an instance is healthy.
    Inspected(InstanceId),
    /// The group looks whether its zones are balanced.
    Rebalance,
    /// An instance crashes.
    Crash(InstanceId),
    /// The balancer has noticed that an instance is dead.
    FoundUnhealthy(InstanceId),
    /// The provider has noticed that an instance is dead.
    FoundDead(InstanceId),
    /// The provider tries again to launch what it had no place for.
    LaunchAgain,
    /// An injected event begins, by its place in the scenario.
    Injected(usize),
    /// An injected event ends.
    InjectedEnds(usize),
    /// A pod's image is on its node.
    Pulled(InstanceId),
    /// A pod answers its readiness probe.
    Ready(InstanceId),
    /// The balancer knows that a pod is ready, or going.
    EndpointsChanged(InstanceId),
    /// A node has booted.
    NodeReady(NodeId),
    /// The kubelet of a node takes points of usage.
    Housekeeping(NodeId),
    /// metrics-server reads them.
    Scrape,
    /// The cluster autoscaler looks.
    AutoscalerScan,
    /// The HPA syncs.
    Sync,
    /// The controller wants to look.
    Wake,
}

impl Event {
    /// The order of events at one instant: first what is measured up to now, then what the world does, then who
    /// observes it, then who decides.
    const fn rank(self) -> u8 {
        match self {
            Event::WindowEnds => 0,
            Event::RowEnds => 1,
            Event::Sample => 2,
            Event::Injected(_) | Event::InjectedEnds(_) => 3,
            Event::Housekeeping(_) => 5,
            Event::Scrape => 6,
            Event::AutoscalerScan => 7,
            Event::Sync => 8,
            Event::Wake => 9,
            _ => 4,
        }
    }
}

#[derive(Copy, Clone, Debug)]
struct Entry {
    at: SimTime,
    /// Rank, then the order of scheduling: what ties go by.
    tie: u64,
    event: Event,
}

impl Entry {
    #[inline]
    fn is_before(&self, other: &Entry) -> bool {
        (self.at, self.tie) < (other.at, other.tie)
    }
}

/// Events to come. There are few at a time and most are soon, so they are kept in order, the next one last: it is taken off
/// the end, and a new one is near its place when it is looked for from there.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    entries: Vec<Entry>,
    sequence: u64,
}

/// Events that are looked at one by one before the rest is searched by halves.
const NEAR: usize = 16;

impl Agenda {
    /// Schedules an event; "never" is not scheduled.
    pub fn at(&mut self, at: SimTime, event: Event) {
        if at == SimTime::NEVER {
            return;
        }
        let entry = Entry { at, tie: u64::from(event.rank()) << 56 | self.sequence, event };
        self.sequence += 1;
        let all = self.entries.len();
        let far = all.saturating_sub(NEAR);
        let mut place = all;
        while place > far && !entry.is_before(&self.entries[place - 1]) {
            place -= 1;
        }
        if place == far {
            place = self.entries[..far].partition_point(|other| entry.is_before(other));
        }
        self.entries.push(entry);
        self.entries[place..].rotate_right(1);
    }

    /// When the next event is.
    #[inline]
    pub fn peek(&self) -> Option<SimTime> {
        self.entries.last().map(|entry| entry.at)
    }

    /// The next event if it is not after `end`.
    #[inline]
    pub fn next_until(&mut self, end: SimTime) -> Option<(SimTime, Event)> {
        if self.entries.last()?.at > end {
            return None;
        }
        self.entries.pop().map(|entry| (entry.at, entry.event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_goes_from_measuring_to_deciding() {
        let mut agenda = Agenda::default();
        let now = SimTime::from_secs(60);
        for event in [Event::Wake, Event::Crash(InstanceId(1)), Event::Sample, Event::Attached(InstanceId(0))] {
            agenda.at(now, event);
        }
        agenda.at(SimTime::from_secs(30), Event::Sync);
        let order: Vec<Event> = std::iter::from_fn(|| agenda.next_until(now)).map(|(_, event)| event).collect();
        let (crash, attached) = (Event::Crash(InstanceId(1)), Event::Attached(InstanceId(0)));
        assert_eq!(order, [Event::Sync, Event::Sample, crash, attached, Event::Wake]);
    }

    #[test]
    fn nothing_beyond_the_end_is_taken() {
        let mut agenda = Agenda::default();
        agenda.at(SimTime::from_secs(61), Event::Wake);
        agenda.at(SimTime::NEVER, Event::Wake);
        assert_eq!(agenda.next_until(SimTime::from_secs(60)), None);
    }

    proptest::proptest! {
        #[test]
        fn events_come_in_order_of_time_rank_and_scheduling(times in proptest::collection::vec((0u64..40, 0usize..4), 1..200)) {
            let events = [Event::Wake, Event::LaunchAgain, Event::Sync, Event::Scrape];
            let mut agenda = Agenda::default();
            let mut expected = Vec::new();
            for (order, &(second, which)) in times.iter().enumerate() {
                let (at, event) = (SimTime::from_secs(second), events[which]);
                agenda.at(at, event);
                expected.push((at, event.rank(), order, event));
                // Some are taken in between, as in a run.
                if order % 3 == 2 {
                    expected.sort_by_key(|&(at, rank, order, _)| (at, rank, order));
                    let (at, _, _, event) = expected.remove(0);
                    proptest::prop_assert_eq!(agenda.next_until(SimTime::NEVER), Some((at, event)));
                }
            }
            expected.sort_by_key(|&(at, rank, order, _)| (at, rank, order));
            for (at, _, _, event) in expected {
                proptest::prop_assert_eq!(agenda.next_until(SimTime::NEVER), Some((at, event)));
            }
            proptest::prop_assert_eq!(agenda.next_until(SimTime::NEVER), None);
        }
    }
}
