//! From a launch to the first request: a zone, boot stages, the balancer, health checks, a growing share of traffic.

use windtunnel_traces::random::{exponential, uniform};
use windtunnel_traces::{Purpose, SimDuration};

use super::{Farewell, Instances, LAUNCH_RETRY, Member, Phase, SLOW_START_STEPS};
use crate::agenda::Event;
use crate::controllers::decision::{ActivityId, InstanceId, Notice, Replacement};
use crate::fleet::Site;
use crate::fleet::boot;
use crate::fleet::rules::Transition;
use crate::outcome::InstanceLife;
use crate::outcome::reaction::Phase as Stage;
use crate::plant::StationSpec;
use crate::scenario::schema::AfterFailure;

impl Instances {
    /// Launches instances for an activity; with `reuse`, prepared ones first.
    pub fn launch(&mut self, site: &mut Site, activity: Option<ActivityId>, count: u32, reuse: bool) {
        for _ in 0..count {
            match reuse.then(|| self.take_prepared(site)).flatten() {
                Some(prepared) => self.wake(site, activity, prepared),
                None => {
                    self.launch_new(site, activity);
                }
            }
        }
    }

    /// Launches an instance that did not exist before.
    pub(super) fn launch_new(&mut self, site: &mut Site, activity: Option<ActivityId>) -> Option<InstanceId> {
        let Some(zone) = self.zone_to_launch_in() else {
            if self.waiting_launches.is_empty() {
                site.agenda.at(site.now + LAUNCH_RETRY, Event::LaunchAgain);
            }
            self.waiting_launches.push(activity);
            return None;
        };
        let id = self.new_member(site, zone, activity, false);
        site.ledger.starts += 1;
        self.next_stage(site, id, 0);
        Some(id)
    }

    pub(super) fn new_member(
        &mut self,
        site: &mut Site,
        zone: u32,
        activity: Option<ActivityId>,
        warm: bool,
    ) -> InstanceId {
        let id = InstanceId(self.members.len() as u32);
        let station = StationSpec { warm, ..self.config.station.clone() };
        site.plant.add(id, &station, site.now);
        self.members.push(Member {
            phase: Phase::Booting(0),
            zone,
            launched: site.now,
            is_paid: true,
            activity,
            configuration: self.configuration,
            stages: boot::draw(&self.config.stages, site.streams, id.0),
            woken: false,
            for_pool: false,
            to_pool: false,
            hooks: Vec::new(),
            protected: false,
            unhealthy: false,
            booted: false,
            attached: false,
            created: None,
            slow_start_step: 0,
            share: None,
            removed_by: None,
            farewell: Farewell::AsAsked,
            replaces: None,
            replaces_for: Replacement::Update,
            standby: None,
            busy_at_row: 0.0,
            busy_at_sample: 0.0,
            sent_at_sample: 0,
        });
        self.alive.push(id);
        site.ledger.booting.add(site.now, 1.0);
        site.ledger.billed.add(site.now, 1.0);
        let life = InstanceLife { id: id.0, zone, launched_seconds: site.now.as_secs_f64(), ..InstanceLife::default() };
        site.ledger.launch(life, site.now);
        site.ledger.reached(id.0, Stage::Provisioning, "launch", site.now);
        id
    }

    pub(super) fn member(&mut self, id: InstanceId) -> &mut Member {
        &mut self.members[id.0 as usize]
    }

    pub(super) fn phase(&self, id: InstanceId) -> Phase {
        self.members[id.0 as usize].phase
    }

    /// Begins a stage, or ends the boot after the last.
    pub(super) fn next_stage(&mut self, site: &mut Site, id: InstanceId, stage: usize) {
        let factor = self.boot_factor;
        let created_after = self.created_after(id);
        let member = self.member(id);
        member.phase = Phase::Booting(stage);
        match member.stages.get(stage) {
            Some(drawn) => {
                let lasts = if factor == 1.0 { drawn.lasts } else { drawn.lasts.mul_f64(factor) };
                site.agenda.at(site.now + lasts, Event::StageOver(id));
            }
            None => member.booted = true,
        }
        if stage == created_after {
            self.runs(site, id);
        } else if self.members[id.0 as usize].booted {
            self.boot_is_over(site, id);
        }
    }

    /// The number of stages after which the provider regards the instance as created.
    fn created_after(&self, id: InstanceId) -> usize {
        if self.members[id.0 as usize].woken { 1 } else { self.config.created_after }
    }

    /// The provider regards the machine as created: it goes through the hooks to the balancer, while its boot goes on.
    fn runs(&mut self, site: &mut Site, id: InstanceId) {
        self.open_hooks(site, id, Transition::Launching);
    }

    /// Nothing holds the instance back any longer: it is attached, or is ready for the pool.
    pub(super) fn proceed(&mut self, site: &mut Site, id: InstanceId) {
        if self.members[id.0 as usize].for_pool {
            self.prepared(site, id);
        } else {
            site.agenda.at(site.now + self.config.attach, Event::Attached(id));
        }
    }

    /// The last stage is over: hooks that the boot completes are, and health checks may pass.
    fn boot_is_over(&mut self, site: &mut Site, id: InstanceId) {
        if self.members[id.0 as usize].for_pool && self.members[id.0 as usize].hooks.is_empty() {
            return self.prepared(site, id);
        }
        self.look_at_hooks(site, id);
        self.check_health(site, id);
    }

    pub(super) fn stage_over(&mut self, site: &mut Site, id: InstanceId) {
        let Phase::Booting(stage) = self.phase(id) else { return };
        let woken = self.members[id.0 as usize].woken;
        let (name, then) = match self.config.stages.get(stage) {
            Some(stage) if !woken => (stage.name.clone(), stage.then),
            _ => ("start".to_string(), AfterFailure::Replace),
        };
        site.ledger.reached(id.0, Stage::Boot, name.as_str(), site.now);
        site.ledger.lives[id.0 as usize].stages.push((name, site.now.as_secs_f64()));
        if !self.members[id.0 as usize].stages[stage].fails || then == AfterFailure::Continue {
            return self.next_stage(site, id, stage + 1);
        }
        let member = self.member(id);
        let (activity, created, replaces) = (member.activity, member.created.is_some(), member.replaces.take());
        if replaces.is_some() {
            return self.replacement_failed(site, id, replaces, then);
        }
        match (then, created) {
            // A script that gave up inside leaves the machine running, in the group and without traffic.
            (AfterFailure::GiveUp, true) => self.member(id).phase = Phase::Booting(usize::MAX),
            (_, true) => self.lose(site, id, "boot-failed"),
            // A preparation that has failed is made up for when the pool is next adjusted.
            (AfterFailure::GiveUp, false) => {
                self.end(site, id, "boot-failed");
                if let Some(activity) = activity {
                    site.notices.push(Notice::LaunchFailed { activity });
                }
            }
            (_, false) => {
                let for_pool = self.members[id.0 as usize].for_pool;
                self.end(site, id, "boot-failed");
                if for_pool {
                    self.adjust_pool(site);
                } else {
                    self.launch_new(site, activity);
                }
            }
        }
    }

    pub(super) fn attached(&mut self, site: &mut Site, id: InstanceId) {
        if !matches!(self.phase(id), Phase::Booting(_)) || self.members[id.0 as usize].attached {
            return;
        }
        let now = site.now;
        let protected = self.config.rules.protection.new;
        self.last_created = now;
        let member = self.member(id);
        member.attached = true;
        member.created = Some(now);
        member.protected = protected;
        if member.replaces.is_none() {
            let activity = member.activity;
            site.notices.push(Notice::InService { instance: id, activity });
        }
        self.plan_inspection(site, id);
        self.check_health(site, id);
    }

    /// Once booted and attached, health checks decide when traffic begins: the first at a random phase.
    pub(super) fn check_health(&mut self, site: &mut Site, id: InstanceId) {
        let member = &self.members[id.0 as usize];
        let ready = member.booted && member.attached && matches!(member.phase, Phase::Booting(_));
        if !(ready && self.config.rules.adds_to_balancer) {
            return;
        }
        // What attaching took beyond the boot: both may go on at once.
        site.ledger.reached(id.0, Stage::Attach, "attach", site.now);
        let checks = match &self.config.health {
            None => SimDuration::ZERO,
            Some(health) => {
                let phase = uniform(&mut site.streams.indexed(Purpose::ProbePhase, id.0));
                health.every.mul_f64(phase) + health.every * u64::from(health.healthy.saturating_sub(1))
            }
        };
        site.agenda.at(site.now + checks, Event::Healthy(id));
    }

    pub(super) fn enter_traffic(&mut self, site: &mut Site, id: InstanceId, slowly: bool) {
        if !matches!(self.phase(id), Phase::Booting(_)) {
            return;
        }
        let member = self.member(id);
        (member.phase, member.unhealthy) = (Phase::InTraffic, false);
        site.ledger.booting.add(site.now, -1.0);
        site.ledger.serve(site.now, 1.0);
        let life = &mut site.ledger.lives[id.0 as usize];
        // Who was in service before comes back: a removal was rolled back.
        let comes_first = life.in_service_seconds.is_none();
        if comes_first {
            life.in_service_seconds = Some(site.now.as_secs_f64());
            site.ledger.reached(id.0, Stage::HealthCheck, "health check", site.now);
        }
        if slowly && !self.config.slow_start.is_zero() {
            self.grow_share(site, id);
        } else {
            self.take_traffic(site, id, 1.0);
        }
        if let Some(mean) = self.config.mean_time_between_crashes.filter(|_| comes_first) {
            let life = mean.mul_f64(exponential(&mut site.streams.indexed(Purpose::Crash, id.0)));
            site.agenda.at(site.now.saturating_add(life), Event::Crash(id));
        }
        self.replaced(site, id);
    }

    pub(super) fn grow_share(&mut self, site: &mut Site, id: InstanceId) {
        if self.phase(id) != Phase::InTraffic {
            return;
        }
        let step = self.config.slow_start / u64::from(SLOW_START_STEPS);
        let member = self.member(id);
        member.slow_start_step += 1;
        let share = f64::from(member.slow_start_step) / f64::from(SLOW_START_STEPS);
        if member.slow_start_step < SLOW_START_STEPS {
            site.agenda.at(site.now + step, Event::SlowStart(id));
        }
        self.take_traffic(site, id, share);
    }
}
