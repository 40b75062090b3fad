//! The life of a pod: created, scheduled, pulled, started, ready, deleted, drained, gone; and what happens to it when
//! its node dies.

use windtunnel_traces::random::below;
use windtunnel_traces::{Purpose, SimDuration, SimTime};

use super::{Phase, Pod, Pods, Ready, Rolling};
use crate::agenda::Event;
use crate::controllers::decision::InstanceId;
use crate::fleet::Site;
use crate::fleet::nodes::{Node, image_ready};
use crate::fleet::victims::{self, PodRank};
use crate::outcome::reaction::Phase as Stage;
use crate::scenario::schema::Readiness;
use crate::sensors::metrics_server::PodUsage;

/// How often a pod that is being deleted is looked at.
const DRAIN_CHECK: SimDuration = SimDuration::from_secs(1);
/// `--node-monitor-grace-period`: a node that says nothing for this long is not ready, its pods leave the endpoints.
const NODE_MONITOR_GRACE: SimDuration = SimDuration::from_secs(40);
/// The default toleration of `node.kubernetes.io/unreachable`: pods are deleted after this.
const UNREACHABLE_TOLERATION: SimDuration = SimDuration::from_secs(300);
/// The age, in seconds, that pods of the start have.
const WARM_AGE: i64 = 86_400;

/// Whole seconds, as API objects carry times.
fn seconds(time: SimTime) -> i64 {
    (time.as_nanos() / 1_000_000_000) as i64
}

/// A node is given back, or dead: it is no longer paid for.
fn end_node(node: &mut Node, site: &mut Site) {
    if node.ended.is_none() {
        node.ended = Some(site.now);
        site.ledger.nodes.add(site.now, -1.0);
    }
}

/// When a pod has passed its readiness probe. The kubelet's probe worker ticks from when it first saw the pod, and skips
/// ticks before the container has run for the initial delay.
fn first_success(probe: &Readiness, scheduled: SimTime, container: SimTime, listening: SimDuration) -> SimTime {
    // A container without a start-up time and without an initial delay is ready at once: nothing is waited for.
    if listening.is_zero() && probe.initial_delay.is_zero() && probe.success <= 1 {
        return container;
    }
    let earliest = container + listening.max(probe.initial_delay);
    let tick = (earliest - scheduled).as_nanos().div_ceil(probe.period.as_nanos());
    scheduled + probe.period * (tick + u64::from(probe.success.saturating_sub(1)))
}

impl Pods {
    /// The ReplicaSet controller: as many pods as wanted.
    pub(super) fn reconcile(&mut self, site: &mut Site) {
        let wanted = self.replicas + self.under_way();
        let existing = self.existing();
        for _ in existing..wanted {
            self.create(site, false);
        }
        if existing > wanted {
            self.delete_some(site, existing - wanted);
        }
    }

    pub(super) fn create(&mut self, site: &mut Site, warm: bool) -> InstanceId {
        let id = InstanceId(self.pods.len() as u32);
        let usage = if warm { PodUsage::warm(site.now) } else { PodUsage::new(site.now) };
        self.pods.push(Pod {
            phase: Phase::Unscheduled,
            node: None,
            created: site.now,
            started: None,
            ready: None,
            scheduled: site.now,
            listens: site.now,
            deleting: None,
            uid: below(&mut site.streams.indexed(Purpose::Removal, id.0), u32::MAX),
            in_traffic: false,
            dead: false,
            usage,
            together: false,
            settled: false,
            busy_at_row: 0.0,
            sent_history: std::collections::VecDeque::new(),
            replaces: None,
        });
        self.alive.push(id);
        self.new_life(site, id);
        site.ledger.booting.add(site.now, 1.0);
        site.ledger.billed.add(site.now, 1.0);
        if !warm {
            site.ledger.starts += 1;
        }
        self.schedule(site, id, warm);
        id
    }

    /// The scheduler: places a pod, if a node has room.
    fn schedule(&mut self, site: &mut Site, id: InstanceId, warm: bool) {
        let Some(node) = self.nodes.place(self.reservation) else { return };
        let placed = &mut self.nodes.nodes[node.0 as usize];
        placed.reserved.cpu += self.reservation.cpu;
        placed.reserved.memory += self.reservation.memory;
        placed.pods += 1;
        let pull = SimDuration::from_nanos(
            (self.config.image_pull.sample(&mut site.streams.indexed(Purpose::Boot, id.0)) + 0.5) as u64,
        );
        let pulled = image_ready(placed, site.now, pull);
        let now = site.now;
        let pod = self.pod(id);
        pod.node = Some(node);
        pod.phase = Phase::Pulling;
        pod.scheduled = now;
        let since = seconds(now) - if warm { WARM_AGE } else { 0 };
        // The kubelet sets startTime, and Ready to False, when it first sees the pod.
        pod.started = Some(since);
        pod.ready = Some(Ready { status: warm, since });
        let node_launched = self.nodes.nodes[node.0 as usize].launched;
        // A node that was launched after the pod was created was launched for the want of room.
        if node_launched > self.pods[id.0 as usize].created {
            site.ledger.reached(id.0, Stage::Provisioning, "cluster autoscaler", node_launched);
            site.ledger.reached(id.0, Stage::Provisioning, "node boot", now);
        } else {
            site.ledger.reached(id.0, Stage::Provisioning, "pod pending", now);
        }
        site.ledger.lives[id.0 as usize].zone = node.0;
        site.ledger.lives[id.0 as usize].stages.push(("scheduled".into(), now.as_secs_f64()));
        if warm {
            self.run(site, id, true);
            self.enter_traffic(site, id);
        } else {
            site.agenda.at(pulled, Event::Pulled(id));
        }
    }

    pub(super) fn schedule_waiting(&mut self, site: &mut Site) {
        for id in self.unscheduled() {
            self.schedule(site, id, false);
        }
    }

    /// The container starts.
    fn run(&mut self, site: &mut Site, id: InstanceId, warm: bool) {
        let Some(node) = self.pods[id.0 as usize].node else { return };
        self.pod(id).phase = Phase::Running;
        let station = self.station(node, warm);
        site.plant.add(id, &station, site.now);
    }

    pub(super) fn pulled(&mut self, site: &mut Site, id: InstanceId) {
        if self.pods[id.0 as usize].phase != Phase::Pulling {
            return;
        }
        self.pod(id).usage = PodUsage::new(site.now);
        self.run(site, id, false);
        site.ledger.lives[id.0 as usize].stages.push(("pulled".into(), site.now.as_secs_f64()));
        // One stream per pod: its first draw was the pull.
        let mut stream = site.streams.indexed(Purpose::Boot, id.0);
        let _ = self.config.image_pull.sample(&mut stream);
        let listening = SimDuration::from_nanos((self.config.start.sample(&mut stream) + 0.5) as u64);
        self.pod(id).listens = site.now + listening;
        site.ledger.reached(id.0, Stage::Boot, "image pull", site.now);
        let ready = first_success(&self.config.pods.readiness, self.pods[id.0 as usize].scheduled, site.now, listening);
        site.agenda.at(ready, Event::Ready(id));
    }

    pub(super) fn ready(&mut self, site: &mut Site, id: InstanceId) {
        let now = site.now;
        let pod = self.pod(id);
        if pod.phase != Phase::Running || pod.deleting.is_some() || pod.dead {
            return;
        }
        pod.ready = Some(Ready { status: true, since: seconds(now) });
        let listens = pod.listens;
        site.ledger.reached(id.0, Stage::Boot, "start", listens);
        site.ledger.reached(id.0, Stage::HealthCheck, "readiness", now);
        site.ledger.lives[id.0 as usize].stages.push(("ready".into(), now.as_secs_f64()));
        site.agenda.at(now + self.config.pods.endpoint_delay, Event::EndpointsChanged(id));
    }

    pub(super) fn endpoints_changed(&mut self, site: &mut Site, id: InstanceId) {
        let pod = &self.pods[id.0 as usize];
        if pod.phase != Phase::Running {
            return;
        }
        let wanted = pod.ready_since().is_some() && pod.deleting.is_none() && !pod.dead;
        if wanted && !pod.in_traffic {
            self.enter_traffic(site, id);
        } else if !wanted && pod.in_traffic {
            self.leave_traffic(site, id);
        }
    }

    fn enter_traffic(&mut self, site: &mut Site, id: InstanceId) {
        self.pod(id).in_traffic = true;
        site.ledger.reached(id.0, Stage::Attach, "endpoints", site.now);
        self.take_traffic(site, id);
        site.ledger.booting.add(site.now, -1.0);
        site.ledger.serve(site.now, 1.0);
        site.ledger.lives[id.0 as usize].in_service_seconds = Some(site.now.as_secs_f64());
        if let Some(old) = self.pod(id).replaces.take() {
            self.delete(site, old, "rolling-update");
            self.roll_on(site);
            // The old one may have gone before, with a scale-down: then there is one too many.
            self.reconcile(site);
        }
    }

    fn leave_traffic(&mut self, site: &mut Site, id: InstanceId) {
        self.pod(id).in_traffic = false;
        self.take_no_traffic(site, id);
        site.ledger.serve(site.now, -1.0);
        site.ledger.draining.add(site.now, 1.0);
        site.ledger.lives[id.0 as usize].draining_seconds = Some(site.now.as_secs_f64());
    }

    // ---- leaving

    fn delete_some(&mut self, site: &mut Site, count: u32) {
        let active: Vec<InstanceId> =
            self.alive.iter().copied().filter(|id| self.pods[id.0 as usize].deleting.is_none()).collect();
        // Those that are to take another's place are the surge of an update, beyond what was asked for.
        let in_surge = |id: &&InstanceId| self.pods[id.0 as usize].replaces.is_some();
        let mut ranks: Vec<PodRank> =
            active.iter().filter(|id| !in_surge(id)).map(|&id| self.rank(id, &active)).collect();
        victims::sort(&mut ranks, site.now);
        for rank in ranks.into_iter().take(count as usize) {
            self.delete(site, rank.id, "scale-in");
        }
    }

    fn rank(&self, id: InstanceId, active: &[InstanceId]) -> PodRank {
        let pod = &self.pods[id.0 as usize];
        let beside = active.iter().filter(|other| self.pods[other.0 as usize].node == pod.node);
        PodRank {
            id,
            assigned: pod.node.is_some(),
            running: pod.phase == Phase::Running,
            ready_since: pod.ready_since(),
            on_its_node: beside.count(),
            created: seconds(pod.created),
            uid: pod.uid,
        }
    }

    /// Sets `deletionTimestamp`: the pod leaves the endpoints and has its grace period to finish. It stays Running, and
    /// Ready, while its server answers probes: metrics of whole objects still count it.
    pub(super) fn delete(&mut self, site: &mut Site, id: InstanceId, why: &str) {
        let now = site.now;
        let pod = self.pod(id);
        if pod.deleting.is_some() || pod.phase == Phase::Gone {
            return;
        }
        pod.deleting = Some(now);
        let (running, dead, replaces) = (pod.phase == Phase::Running, pod.dead, pod.replaces.take());
        site.ledger.lives[id.0 as usize].ended_by = Some(why.into());
        if !running || dead {
            self.gone(site, id, why);
        } else {
            site.agenda.at(now + self.config.pods.endpoint_delay, Event::EndpointsChanged(id));
            site.agenda.at(now + self.config.pods.termination_grace, Event::DrainOver(id));
            site.agenda.at(now + self.config.pods.endpoint_delay + DRAIN_CHECK, Event::DrainCheck(id));
        }
        self.replace_again(site, replaces);
    }

    /// A server that gets SIGTERM goes when its last request is answered.
    pub(super) fn drain_check(&mut self, site: &mut Site, id: InstanceId) {
        let pod = &self.pods[id.0 as usize];
        if pod.phase != Phase::Running || pod.deleting.is_none() {
            return;
        }
        if pod.in_traffic || site.plant.usage(id).inside > 0 {
            site.agenda.at(site.now + DRAIN_CHECK, Event::DrainCheck(id));
        } else {
            self.gone(site, id, "scale-in");
        }
    }

    /// The pod object is removed; its node has room again.
    pub(super) fn gone(&mut self, site: &mut Site, id: InstanceId, why: &str) {
        let pod = &self.pods[id.0 as usize];
        let (phase, node, dead) = (pod.phase, pod.node, pod.dead);
        if phase == Phase::Gone {
            return;
        }
        if pod.in_traffic {
            self.leave_traffic(site, id);
        }
        let was_serving = site.ledger.lives[id.0 as usize].draining_seconds.is_some();
        let gauge = if was_serving { &mut site.ledger.draining } else { &mut site.ledger.booting };
        gauge.add(site.now, -1.0);
        site.ledger.billed.add(site.now, -1.0);
        site.ledger.stops += 1;
        if phase == Phase::Running {
            if !dead {
                site.kill(id);
            }
            self.retired_busy += site.plant.usage(id).busy_core_nanos;
            site.note_first_request(id);
            site.plant.remove(id);
        }
        if let Some(node) = node {
            let node = &mut self.nodes.nodes[node.0 as usize];
            node.reserved.cpu -= self.reservation.cpu;
            node.reserved.memory -= self.reservation.memory;
            node.pods -= 1;
            if node.gone && node.pods == 0 {
                end_node(node, site);
            }
        }
        let replaces = self.pod(id).replaces.take();
        self.pod(id).phase = Phase::Gone;
        self.alive.retain(|&other| other != id);
        let life = &mut site.ledger.lives[id.0 as usize];
        life.ended_seconds = Some(site.now.as_secs_f64());
        life.ended_by.get_or_insert_with(|| why.into());
        site.ledger.gone(id.0, site.now);
        self.schedule_waiting(site);
        self.replace_again(site, replaces);
    }

    // ---- nodes that die

    /// A node dies: its pods serve nothing more, and nobody knows for a while.
    pub(super) fn node_dies(&mut self, site: &mut Site, number: usize, why: &str) {
        let node = &mut self.nodes.nodes[number];
        if node.ended.is_some() {
            return;
        }
        node.gone = true;
        node.ready = false;
        end_node(node, site);
        for id in self.alive.clone() {
            let pod = self.pod(id);
            if pod.node.is_none_or(|node| node.0 as usize != number) || pod.dead {
                continue;
            }
            pod.dead = true;
            let running = pod.phase == Phase::Running;
            site.ledger.lives[id.0 as usize].ended_by = Some(why.into());
            if running {
                site.kill(id);
            }
            site.agenda.at(site.now + NODE_MONITOR_GRACE, Event::FoundUnhealthy(id));
            site.agenda.at(site.now + NODE_MONITOR_GRACE + UNREACHABLE_TOLERATION, Event::FoundDead(id));
        }
    }

    pub(super) fn node_not_ready(&mut self, site: &mut Site, id: InstanceId) {
        if self.pods[id.0 as usize].phase == Phase::Gone {
            return;
        }
        let since = seconds(site.now);
        let pod = self.pod(id);
        if pod.ready_since().is_some() {
            pod.ready = Some(Ready { status: false, since });
        }
        if self.pods[id.0 as usize].in_traffic {
            self.leave_traffic(site, id);
        }
    }

    pub(super) fn evicted(&mut self, site: &mut Site, id: InstanceId) {
        self.gone(site, id, "node-lost");
        self.reconcile(site);
    }

    /// A zone fails: its nodes die.
    pub fn zone_down(&mut self, site: &mut Site, zone: u32) {
        self.roster.disturb();
        let there: Vec<usize> = (0..self.nodes.nodes.len()).filter(|&n| self.nodes.nodes[n].zone == zone).collect();
        let outage = self.zones_down.entry(zone).or_default();
        outage.outages += 1;
        outage.lost += there.iter().filter(|&&number| !self.nodes.nodes[number].gone).count() as u32;
        for number in there {
            self.node_dies(site, number, "zone-outage");
        }
    }

    /// A zone works again: a fixed pool gets as many fresh nodes as the outage has taken.
    pub fn zone_up(&mut self, site: &mut Site, zone: u32) {
        self.roster.disturb();
        let Some(outage) = self.zones_down.get_mut(&zone) else { return };
        outage.outages -= 1;
        if outage.outages > 0 {
            return;
        }
        let lost = outage.lost;
        self.zones_down.remove(&zone);
        if self.config.autoscaler.is_none() {
            for _ in 0..lost {
                let id = self.add_node(site, zone);
                self.nodes.nodes[id.0 as usize].ready = true;
            }
            self.schedule_waiting(site);
        }
    }

    /// `count` nodes are taken away after a notice; their pods are deleted at once and finish within it. A fixed pool
    /// launches others in their place.
    pub fn interrupt(&mut self, site: &mut Site, count: u32) {
        self.roster.disturb();
        for _ in 0..count {
            let ready: Vec<usize> = (0..self.nodes.nodes.len()).filter(|&n| self.nodes.nodes[n].ready).collect();
            if ready.is_empty() {
                return;
            }
            let number = ready[below(&mut self.spot, ready.len() as u32) as usize];
            self.empty_node(site, number, "spot-interruption");
            if self.config.autoscaler.is_none() {
                self.launch_node(site);
            }
        }
        self.reconcile(site);
    }

    /// Cordons a node, deletes its pods and gives it back when the last has gone.
    pub(super) fn empty_node(&mut self, site: &mut Site, number: usize, why: &str) {
        let node = &mut self.nodes.nodes[number];
        node.ready = false;
        node.gone = true;
        if node.pods == 0 {
            end_node(node, site);
        }
        for id in self.alive.clone() {
            if self.pods[id.0 as usize].node.is_some_and(|node| node.0 as usize == number) {
                self.delete(site, id, why);
            }
        }
    }

    // ---- rolling update

    /// Replaces every pod, `at_once` at a time (maxSurge, with maxUnavailable 0).
    pub fn roll(&mut self, site: &mut Site, at_once: u32) {
        self.roster.disturb();
        let left = self.alive.iter().rev().copied().filter(|id| self.pods[id.0 as usize].in_traffic).collect();
        self.rolling = Some(Rolling { left, at_once: at_once.max(1) });
        self.roll_on(site);
    }

    /// Pods that are to take another's place.
    fn under_way(&self) -> u32 {
        self.alive.iter().filter(|id| self.pods[id.0 as usize].replaces.is_some()).count() as u32
    }

    /// The pod that was to replace `old`, if there was one to replace, is no more: another is created for it.
    fn replace_again(&mut self, site: &mut Site, old: Option<InstanceId>) {
        let Some(old) = old else { return };
        if let Some(rolling) = &mut self.rolling {
            rolling.left.push(old);
        }
        self.roll_on(site);
    }

    fn roll_on(&mut self, site: &mut Site) {
        loop {
            let under_way = self.under_way();
            let Some(rolling) = &mut self.rolling else { return };
            if under_way >= rolling.at_once {
                return;
            }
            let Some(old) = rolling.left.pop() else {
                if under_way == 0 {
                    self.rolling = None;
                }
                return;
            };
            if self.pods[old.0 as usize].deleting.is_some() || self.pods[old.0 as usize].phase == Phase::Gone {
                continue;
            }
            let new = self.create(site, false);
            self.pod(new).replaces = Some(old);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(initial_delay: u64, success: u32, container: u64, listening: u64) -> u64 {
        let probe = Readiness {
            initial_delay: SimDuration::from_secs(initial_delay),
            period: SimDuration::from_secs(10),
            success,
        };
        let at = first_success(
            &probe,
            SimTime::from_secs(100),
            SimTime::from_secs(container),
            SimDuration::from_secs(listening),
        );
        at.as_nanos() / 1_000_000_000
    }

    #[test]
    fn probes_tick_from_when_the_kubelet_saw_the_pod() {
        assert_eq!(ready(0, 1, 100, 0), 100, "nothing to wait for");
        assert_eq!(ready(0, 1, 103, 4), 110);
        assert_eq!(ready(0, 1, 106, 4), 110, "just in time");
        assert_eq!(ready(0, 1, 107, 4), 120);
        assert_eq!(ready(0, 3, 103, 4), 130, "three successes in a row");
        assert_eq!(ready(15, 1, 103, 4), 120, "the initial delay counts from the container's start");
    }
}
