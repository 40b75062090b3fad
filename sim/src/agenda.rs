//! The agenda of the control plane: events in order of time, ties in a documented order.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

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

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
struct Entry {
    at: SimTime,
    rank: u8,
    sequence: u64,
    event: Event,
}

impl Ord for Entry {
    // Reversed, since the standard heap yields the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.rank, other.sequence).cmp(&(self.at, self.rank, self.sequence))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Events to come.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    entries: BinaryHeap<Entry>,
    sequence: u64,
}

impl Agenda {
    /// Schedules an event; "never" is not scheduled.
    pub fn at(&mut self, at: SimTime, event: Event) {
        if at != SimTime::NEVER {
            self.entries.push(Entry { at, rank: event.rank(), sequence: self.sequence, event });
            self.sequence += 1;
        }
    }

    /// When the next event is.
    #[inline]
    pub fn peek(&self) -> Option<SimTime> {
        self.entries.peek().map(|entry| entry.at)
    }

    /// The next event if it is not after `end`.
    pub fn next_until(&mut self, end: SimTime) -> Option<(SimTime, Event)> {
        if self.entries.peek()?.at > end {
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
}
