//! From the choice of a victim to its release: removal policies, draining, stopping.

use std::collections::BTreeMap;

use windtunnel_traces::{SimDuration, SimTime};

use super::{DRAIN_CHECK, Farewell, Instances, Member, Phase, Prepared};
use crate::agenda::Event;
use crate::controllers::decision::{ActivityId, InstanceId, Notice};
use crate::fleet::Site;
use crate::fleet::removal::{self, Candidate};
use crate::fleet::rules::Transition;

impl Instances {
    /// Removes instances for an activity, chosen by the removal policies among those that the provider regards as in
    /// service and that are not protected.
    pub fn terminate(&mut self, site: &mut Site, activity: ActivityId, count: u32) {
        for _ in 0..count {
            match self.victim(site.now) {
                Some(id) => self.remove(site, id, activity),
                None => site.notices.push(Notice::NotRemoved { activity }),
            }
        }
    }

    fn victim(&mut self, now: SimTime) -> Option<InstanceId> {
        let first = self.config.rules.health.unhealthy_go_first;
        let sick = first.then(|| self.pick_victim(now, |_, member| member.unhealthy)).flatten();
        // The provider does not know who is dead or about to be taken away. It is asked for one less and gets it: if
        // nobody stays, one of those goes in its name.
        sick.or_else(|| self.pick_victim(now, |_, member| stays(member))).or_else(|| self.pick_victim(now, |_, _| true))
    }

    fn remove(&mut self, site: &mut Site, id: InstanceId, activity: ActivityId) {
        let member = self.member(id);
        member.removed_by = Some(activity);
        member.farewell = Farewell::AsAsked;
        if member.unhealthy && member.phase == Phase::Crashed {
            // Known to be dead, and kept until now.
            self.end(site, id, "scale-in");
            site.notices.push(Notice::Terminated { instance: id, activity: Some(activity) });
        } else if stays(member) {
            site.ledger.lives[id.0 as usize].ended_by = Some("scale-in".into());
            let to_pool = self.pool_takes(id);
            self.member(id).to_pool = to_pool;
            self.drain(site, id, self.config.drain);
        }
    }

    /// One of those that the provider regards as in service, that nobody has asked to go and that are not protected.
    pub(super) fn pick_victim(
        &mut self,
        now: SimTime,
        suits: impl Fn(InstanceId, &Member) -> bool,
    ) -> Option<InstanceId> {
        let mut zone_sizes: BTreeMap<u32, u32> = BTreeMap::new();
        let mut candidates = Vec::new();
        for &id in &self.alive {
            let member = &self.members[id.0 as usize];
            let known = member.removed_by.is_none() && member.replaces.is_none() && member.phase != Phase::Standby;
            let Some(joined) = member.created.filter(|_| known && suits(id, member)) else { continue };
            // Protected instances count for the balance of zones, but do not go.
            *zone_sizes.entry(member.zone).or_default() += 1;
            if !member.protected {
                candidates.push(Candidate {
                    id,
                    zone: member.zone,
                    joined: joined.as_nanos(),
                    launched: member.launched.as_nanos(),
                    configuration: member.configuration,
                });
            }
        }
        let rules = &self.config.rules;
        let balanced = (rules.balances_removal && self.config.zones > 1).then_some(&zone_sizes);
        removal::pick(&candidates, &rules.removal, balanced, now.as_nanos(), &mut self.removal_stream)
    }

    /// Takes an instance out of traffic and gives it time to finish.
    pub(super) fn drain(&mut self, site: &mut Site, id: InstanceId, time: SimDuration) {
        match self.phase(id) {
            Phase::InTraffic => {
                self.leave_traffic(site, id);
                site.ledger.serve(site.now, -1.0);
            }
            Phase::Booting(_) => site.ledger.booting.add(site.now, -1.0),
            _ => return,
        }
        self.member(id).phase = Phase::Draining;
        if self.config.rules.billed_until_decision && self.member(id).removed_by.is_some() {
            self.member(id).is_paid = false;
            site.ledger.paid_until(id.0, site.now);
            site.ledger.billed.add(site.now, -1.0);
        }
        site.ledger.draining.add(site.now, 1.0);
        site.ledger.lives[id.0 as usize].draining_seconds = Some(site.now.as_secs_f64());
        site.agenda.at(site.now + time, Event::DrainOver(id));
        if self.config.drain_ends_when_idle {
            self.drain_check(site, id);
        }
    }

    pub(super) fn drain_check(&mut self, site: &mut Site, id: InstanceId) {
        if self.phase(id) != Phase::Draining {
            return;
        }
        if site.plant.usage(id).inside == 0 {
            self.drained(site, id);
        } else {
            site.agenda.at(site.now + DRAIN_CHECK, Event::DrainCheck(id));
        }
    }

    pub(super) fn drained(&mut self, site: &mut Site, id: InstanceId) {
        if self.phase(id) != Phase::Draining {
            return;
        }
        site.kill(id);
        site.ledger.draining.add(site.now, -1.0);
        self.member(id).phase = Phase::WaitsToLeave;
        let member = &self.members[id.0 as usize];
        if let (Some(activity), Farewell::AsAsked) = (member.removed_by, member.farewell) {
            site.notices.push(Notice::Deregistered { instance: id, activity });
        }
        if member.farewell == Farewell::Lost {
            // Taken away: no hook holds it.
            return self.stop(site, id);
        }
        self.open_hooks(site, id, Transition::Terminating);
    }

    /// Nothing holds the instance any longer: it is stopped.
    pub(super) fn stop(&mut self, site: &mut Site, id: InstanceId) {
        if self.phase(id) != Phase::WaitsToLeave {
            return;
        }
        let member = self.member(id);
        member.hooks.clear();
        member.phase = Phase::Stopping;
        let forced = self.config.rules.stop_timeout.unwrap_or(SimDuration::MAX);
        site.agenda.at(site.now + self.config.stop.min(forced), Event::Released(id));
    }

    pub(super) fn released(&mut self, site: &mut Site, id: InstanceId) {
        if self.phase(id) != Phase::Stopping {
            return;
        }
        let member = self.member(id);
        let activity = member.removed_by;
        match member.farewell {
            Farewell::AsAsked => site.notices.push(Notice::Terminated { instance: id, activity }),
            Farewell::Lost => site.notices.push(Notice::Lost { instance: id }),
            Farewell::Silent => {}
        }
        let why = site.ledger.lives[id.0 as usize].ended_by.clone().unwrap_or_else(|| "scale-in".into());
        let member = &self.members[id.0 as usize];
        let kept = member.to_pool.then_some(Prepared {
            zone: member.zone,
            configuration: member.configuration,
            since: site.now,
        });
        self.end(site, id, &why);
        match kept.filter(|kept| !self.zones_down.contains_key(&kept.zone)) {
            Some(kept) => self.put_prepared(site, kept),
            None => self.adjust_pool(site),
        }
    }

    /// The instance is no more: it is no longer paid for.
    pub(super) fn end(&mut self, site: &mut Site, id: InstanceId, why: &str) {
        let gauge = match self.phase(id) {
            Phase::Gone => return,
            Phase::Booting(_) => Some(&mut site.ledger.booting),
            Phase::Draining => Some(&mut site.ledger.draining),
            Phase::InTraffic => {
                site.ledger.serve(site.now, -1.0);
                None
            }
            Phase::WaitsToLeave | Phase::Stopping | Phase::Crashed | Phase::Standby => None,
        };
        if let Some(gauge) = gauge {
            gauge.add(site.now, -1.0);
        }
        let member = self.member(id);
        member.phase = Phase::Gone;
        // A long run has many that are gone: nothing is asked about their boots any more.
        (member.stages, member.hooks) = (Vec::new(), Vec::new());
        self.alive.retain(|&other| other != id);
        self.retired_busy += site.plant.usage(id).busy_core_nanos;
        self.leave_traffic(site, id);
        site.note_first_request(id);
        site.plant.remove(id);
        if self.members[id.0 as usize].is_paid {
            site.ledger.billed.add(site.now, -1.0);
        }
        site.ledger.stops += 1;
        let life = &mut site.ledger.lives[id.0 as usize];
        life.ended_seconds = Some(site.now.as_secs_f64());
        life.ended_by = Some(why.into());
        site.ledger.gone(id.0, site.now);
    }
}

/// In the group and alive, or dead and known to be.
fn stays(member: &Member) -> bool {
    matches!(member.phase, Phase::InTraffic | Phase::Booting(_)) || (member.phase == Phase::Crashed && member.unhealthy)
}
