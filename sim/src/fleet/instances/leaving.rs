//! From the choice of a victim to its release: removal policies, draining, stopping.

use windtunnel_traces::{SimDuration, SimTime};

use super::{DRAIN_CHECK, Farewell, Instances, Phase};
use crate::agenda::Event;
use crate::controllers::decision::{ActivityId, InstanceId, Notice};
use crate::fleet::Site;
use crate::fleet::removal::{self, Candidate};

impl Instances {
    /// Removes instances for an activity, chosen by the removal policies among those that the provider regards as in
    /// service.
    pub fn terminate(&mut self, site: &mut Site, activity: ActivityId, count: u32) {
        for _ in 0..count {
            let staying = |phase: Phase| matches!(phase, Phase::InTraffic | Phase::Booting(_));
            // The provider does not know who is dead or about to be taken away. It is asked for one less and gets it:
            // if nobody stays, one of those goes in its name.
            let pick = self.pick_victim(site.now, staying).or_else(|| self.pick_victim(site.now, |_| true));
            let Some(id) = pick else { return };
            let member = self.member(id);
            member.removed_by = Some(activity);
            member.farewell = Farewell::AsAsked;
            if staying(self.phase(id)) {
                site.ledger.lives[id.0 as usize].ended_by = Some("scale-in".into());
                self.drain(site, id, self.config.drain);
            }
        }
    }

    /// One of those that the provider regards as in service and that nobody has asked to go.
    pub(super) fn pick_victim(&mut self, now: SimTime, in_phase: impl Fn(Phase) -> bool) -> Option<InstanceId> {
        let candidates: Vec<Candidate> = self
            .alive
            .iter()
            .filter_map(|&id| {
                let member = &self.members[id.0 as usize];
                let known = member.removed_by.is_none() && member.replaces.is_none();
                let joined = member.created.filter(|_| known && in_phase(member.phase))?.as_nanos();
                let launched = member.launched.as_nanos();
                Some(Candidate { id, zone: member.zone, joined, launched, configuration: member.configuration })
            })
            .collect();
        let balance_zones = self.config.balance_zones && self.config.zones > 1;
        removal::pick(&candidates, &self.config.removal, balance_zones, now.as_nanos(), &mut self.removal_stream)
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
        self.member(id).phase = Phase::Stopping;
        site.agenda.at(site.now + self.config.stop, Event::Released(id));
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
        self.end(site, id, &why);
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
            Phase::Stopping | Phase::Crashed => None,
        };
        if let Some(gauge) = gauge {
            gauge.add(site.now, -1.0);
        }
        self.member(id).phase = Phase::Gone;
        self.member(id).released = Some(site.now);
        self.alive.retain(|&other| other != id);
        self.retired_busy += site.plant.usage(id).busy_core_nanos;
        self.leave_traffic(site, id);
        site.note_first_request(id);
        site.plant.remove(id);
        site.ledger.billed.add(site.now, -1.0);
        site.ledger.stops += 1;
        let life = &mut site.ledger.lives[id.0 as usize];
        life.ended_seconds = Some(site.now.as_secs_f64());
        life.ended_by = Some(why.into());
    }
}
