//! What goes wrong: crashes and who notices them, zone outages, interruptions, slow boots.

use windtunnel_traces::random::{below, uniform};
use windtunnel_traces::{Purpose, SimDuration};

use super::{Farewell, Instances, Phase};
use crate::agenda::Event;
use crate::controllers::decision::{InstanceId, Notice};
use crate::fleet::Site;
use crate::scenario::schema::AfterFailure;

impl Instances {
    /// The instance dies; nobody knows yet.
    pub(super) fn crash(&mut self, site: &mut Site, id: InstanceId, why: &str) {
        match self.phase(id) {
            Phase::Gone | Phase::Crashed | Phase::WaitsToLeave | Phase::Stopping => return,
            Phase::Standby => {
                // It dies, and nobody looks.
                site.kill(id);
                self.member(id).unhealthy = true;
                return;
            }
            Phase::InTraffic => site.ledger.serve(site.now, -1.0),
            Phase::Booting(_) => site.ledger.booting.add(site.now, -1.0),
            Phase::Draining => site.ledger.draining.add(site.now, -1.0),
        }
        site.ledger.lives[id.0 as usize].ended_by = Some(why.into());
        site.kill(id);
        self.member(id).phase = Phase::Crashed;
        if let Some(health) = &self.config.health {
            let phase = uniform(&mut site.streams.indexed(Purpose::ProbePhase, id.0));
            let noticed = health.every.mul_f64(phase)
                + health.every * u64::from(health.unhealthy.saturating_sub(1))
                + health.timeout;
            site.agenda.at(site.now + noticed, Event::FoundUnhealthy(id));
        }
        let check = self.config.provider_check;
        let found = if check.is_zero() { site.now } else { site.now.next_multiple(check) };
        site.agenda.at(found, Event::FoundDead(id));
    }

    pub(super) fn found_dead(&mut self, site: &mut Site, id: InstanceId) {
        if self.phase(id) != Phase::Crashed {
            return;
        }
        if self.keeps_unhealthy(id) {
            self.member(id).unhealthy = true;
            return;
        }
        let why = site.ledger.lives[id.0 as usize].ended_by.clone().unwrap_or_else(|| "crash".into());
        let member = self.member(id);
        let (for_pool, to_pool) = (member.for_pool, member.to_pool);
        let (created, activity, removed_by) = (member.created.is_some(), member.activity, member.removed_by);
        let (silent, replaces) = (member.farewell == Farewell::Silent, member.replaces.take());
        self.end(site, id, &why);
        if for_pool || to_pool {
            self.adjust_pool(site);
        }
        if for_pool {
            return;
        }
        if let Some(old) = replaces {
            return self.replace_again(site, old);
        }
        let notice = match (removed_by, created, activity) {
            // The controller was told when another took its place.
            _ if silent => return,
            (Some(activity), ..) => Notice::Terminated { instance: id, activity: Some(activity) },
            (None, false, Some(activity)) => Notice::LaunchFailed { activity },
            // Without an activity nobody waits for the launch, but who keeps the fleet's size has to know.
            (None, true, _) | (None, false, None) => Notice::Lost { instance: id },
        };
        site.notices.push(notice);
    }

    /// Whether the provider leaves an unhealthy instance in the group: one in service, unless it is on its way out.
    fn keeps_unhealthy(&self, id: InstanceId) -> bool {
        let (member, rules) = (&self.members[id.0 as usize], &self.config.rules);
        let shielded = member.protected && rules.protection.from_health_checks;
        let in_service =
            member.created.is_some() && member.removed_by.is_none() && member.farewell == Farewell::AsAsked;
        in_service && (!rules.health.replaces || shielded)
    }

    /// When the provider first asks the balancer about a new instance: after the grace period, and not before the
    /// balancer's checks have had time to fail.
    pub(super) fn plan_inspection(&mut self, site: &mut Site, id: InstanceId) {
        let rules = &self.config.rules;
        let Some(checks) =
            self.config.health.as_ref().filter(|_| rules.health.heeds_balancer && rules.adds_to_balancer)
        else {
            return;
        };
        let failing = checks.every * u64::from(checks.unhealthy) + checks.timeout;
        let first = site.now.saturating_add(rules.health.grace.max(failing));
        let every = self.config.provider_check;
        let looks = first.floor_to(every.max(SimDuration::from_nanos(1)));
        let at = if every.is_zero() || looks == first { first } else { first.next_multiple(every) };
        site.agenda.at(at, Event::Inspected(id));
    }

    /// The balancer's checks have had their time: an instance that has not passed them is unhealthy.
    pub(super) fn inspected(&mut self, site: &mut Site, id: InstanceId) {
        if !matches!(self.phase(id), Phase::Booting(_)) {
            return;
        }
        let shields = self.config.rules.protection.from_health_checks;
        let member = self.member(id);
        if member.protected && shields {
            member.unhealthy = true;
        } else {
            let replaces = self.member(id).replaces.take();
            match replaces {
                Some(_) => self.replacement_failed(site, id, replaces, AfterFailure::Replace),
                None => self.lose(site, id, "unhealthy"),
            }
        }
    }

    /// Leaves the group at once and is told to the controller.
    pub(super) fn lose(&mut self, site: &mut Site, id: InstanceId, why: &str) {
        site.kill(id);
        self.end(site, id, why);
        site.notices.push(Notice::Lost { instance: id });
    }

    /// A zone fails: what is in it dies, and nothing can be launched there.
    pub fn zone_down(&mut self, site: &mut Site, zone: u32) {
        *self.zones_down.entry(zone).or_default() += 1;
        for id in self.alive.clone() {
            if self.members[id.0 as usize].zone == zone {
                self.crash(site, id, "zone-outage");
            }
        }
        self.lose_prepared(site, zone);
    }

    /// A zone works again.
    pub fn zone_up(&mut self, zone: u32) {
        if let Some(outages) = self.zones_down.get_mut(&zone) {
            *outages -= 1;
            if *outages == 0 {
                self.zones_down.remove(&zone);
            }
        }
    }

    /// Boot stages that begin from now on take `factor` times as long as they would undisturbed.
    pub fn slow_boots(&mut self, factor: f64) {
        self.boot_factor = factor;
    }

    /// `count` instances are taken away after a notice, during which they drain.
    pub fn interrupt(&mut self, site: &mut Site, count: u32, notice: SimDuration) {
        for _ in 0..count {
            let candidates: Vec<InstanceId> =
                self.alive.iter().copied().filter(|&id| self.phase(id) == Phase::InTraffic).collect();
            if candidates.is_empty() {
                return;
            }
            let id = candidates[below(&mut self.removal_stream, candidates.len() as u32) as usize];
            self.member(id).farewell = Farewell::Lost;
            site.ledger.lives[id.0 as usize].ended_by = Some("spot-interruption".into());
            self.drain(site, id, notice);
        }
    }
}
