//! A group of instances: launched, booted, attached, checked, served from, drained, released.

use std::collections::BTreeMap;

use windtunnel_traces::random::{Generator, below, exponential, uniform};
use windtunnel_traces::{Purpose, SimDuration, SimTime, Streams};

use super::Site;
use super::boot::{self, DrawnStage, Stage};
use super::removal::{self, Candidate, RemovalPolicy};
use crate::agenda::Event;
use crate::controllers::decision::{ActivityId, InstanceId, Notice};
use crate::outcome::InstanceLife;
use crate::outcome::ledger::RowProbe;
use crate::plant::StationSpec;
use crate::scenario::schema::{AfterFailure, HealthCheck};
use crate::sensors::store::InstanceSample;

/// How the provider tries again when it found no zone to launch in.
const LAUNCH_RETRY: SimDuration = SimDuration::from_secs(10);
/// How often a draining instance is looked at when draining ends with its last request.
const DRAIN_CHECK: SimDuration = SimDuration::from_secs(1);
/// Steps in which an instance's share grows during a slow start.
const SLOW_START_STEPS: u32 = 20;

/// Everything about the group that does not change.
#[derive(Clone, Debug)]
pub struct InstancesConfig {
    /// A machine.
    pub station: StationSpec,
    /// Its memory in bytes.
    pub memory: u64,
    /// Memory in use when idle, and for each request inside, in bytes.
    pub memory_use: (u64, u64),
    /// Boot stages.
    pub stages: Vec<Stage>,
    /// The number of stages after which the provider regards an instance as created.
    pub created_after: usize,
    /// Time to attach an instance to the balancer.
    pub attach: SimDuration,
    /// Time to drain.
    pub drain: SimDuration,
    /// Draining ends with the last request.
    pub drain_ends_when_idle: bool,
    /// Time to stop and release.
    pub stop: SimDuration,
    /// The balancer's health checks.
    pub health: Option<HealthCheck>,
    /// Time over which a new instance's share grows.
    pub slow_start: SimDuration,
    /// Mean time between crashes.
    pub mean_time_between_crashes: Option<SimDuration>,
    /// How often the provider checks its instances.
    pub provider_check: SimDuration,
    /// Zones.
    pub zones: u32,
    /// Who goes first.
    pub removal: Vec<RemovalPolicy>,
    /// Whether removal keeps zones in balance before it looks at the policies.
    pub balance_zones: bool,
}

/// Where an instance is in its life.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// In the boot stage of this number, or past the last.
    Booting(usize),
    /// Receives traffic.
    InTraffic,
    /// Finishes its requests.
    Draining,
    /// Is being stopped.
    Stopping,
    /// Dead and not noticed by the provider.
    Crashed,
    /// No more.
    Gone,
}

/// What the controller is told when an instance is released.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Farewell {
    /// That it was removed as asked.
    AsAsked,
    /// That it was lost: nobody asked.
    Lost,
    /// Nothing: it was told before.
    Silent,
}

#[derive(Debug)]
struct Member {
    phase: Phase,
    zone: u32,
    launched: SimTime,
    released: Option<SimTime>,
    activity: Option<ActivityId>,
    configuration: u32,
    stages: Vec<DrawnStage>,
    /// All stages are done and none has failed for good.
    booted: bool,
    attached: bool,
    /// The provider regards it as in service since.
    created: Option<SimTime>,
    slow_start_step: u32,
    /// The activity that removes it.
    removed_by: Option<ActivityId>,
    farewell: Farewell,
    /// The one that it replaces in a rolling update.
    replaces: Option<InstanceId>,
    busy_at_row: f64,
    busy_at_sample: f64,
    sent_at_sample: u64,
}

/// The group.
pub struct Instances {
    config: InstancesConfig,
    members: Vec<Member>,
    /// Members that are not gone, by number: what most loops go over.
    alive: Vec<InstanceId>,
    removal_stream: Generator,
    configuration: u32,
    zones_down: BTreeMap<u32, u32>,
    boot_factor: f64,
    waiting_launches: Vec<Option<ActivityId>>,
    rolling: Option<Rolling>,
    retired_busy: f64,
}

/// A rolling update in progress.
#[derive(Debug)]
struct Rolling {
    /// Those that still have to be replaced, the next one last.
    left: Vec<InstanceId>,
    /// How many are replaced at a time.
    at_once: u32,
}

impl Instances {
    /// An empty group.
    pub fn new(config: InstancesConfig, streams: Streams) -> Self {
        Instances {
            config,
            members: Vec::new(),
            alive: Vec::new(),
            removal_stream: streams.stream(Purpose::Removal),
            configuration: 0,
            zones_down: BTreeMap::new(),
            boot_factor: 1.0,
            waiting_launches: Vec::new(),
            rolling: None,
            retired_busy: 0.0,
        }
    }

    /// Puts the first instances in service, warm.
    pub fn start(&mut self, site: &mut Site, count: u32) {
        for _ in 0..count {
            let zone = self.emptiest_zone().unwrap_or(0);
            let id = self.new_member(site, zone, None, true);
            let member = self.member(id);
            member.attached = true;
            member.booted = true;
            member.created = Some(site.now);
            member.phase = Phase::Booting(usize::MAX);
            site.notices.push(Notice::InService { instance: id, activity: None });
            self.enter_traffic(site, id, false);
        }
    }

    // ---- launching

    /// Launches instances for an activity.
    pub fn launch(&mut self, site: &mut Site, activity: Option<ActivityId>, count: u32) {
        for _ in 0..count {
            self.launch_one(site, activity);
        }
    }

    fn launch_one(&mut self, site: &mut Site, activity: Option<ActivityId>) -> Option<InstanceId> {
        let Some(zone) = self.emptiest_zone() else {
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

    fn new_member(&mut self, site: &mut Site, zone: u32, activity: Option<ActivityId>, warm: bool) -> InstanceId {
        let id = InstanceId(self.members.len() as u32);
        let station = StationSpec { warm, ..self.config.station.clone() };
        site.plant.add(id, &station, site.now);
        self.members.push(Member {
            phase: Phase::Booting(0),
            zone,
            launched: site.now,
            released: None,
            activity,
            configuration: self.configuration,
            stages: boot::draw(&self.config.stages, site.streams, id.0),
            booted: false,
            attached: false,
            created: None,
            slow_start_step: 0,
            removed_by: None,
            farewell: Farewell::AsAsked,
            replaces: None,
            busy_at_row: 0.0,
            busy_at_sample: 0.0,
            sent_at_sample: 0,
        });
        self.alive.push(id);
        site.ledger.booting.add(site.now, 1.0);
        site.ledger.billed.add(site.now, 1.0);
        let life = InstanceLife { id: id.0, zone, launched_seconds: site.now.as_secs_f64(), ..InstanceLife::default() };
        site.ledger.lives.push(life);
        id
    }

    /// The zone with the fewest instances among those that are up.
    fn emptiest_zone(&self) -> Option<u32> {
        (0..self.config.zones.max(1))
            .filter(|zone| !self.zones_down.contains_key(zone))
            .min_by_key(|zone| self.alive.iter().filter(|id| self.members[id.0 as usize].zone == *zone).count())
    }

    fn member(&mut self, id: InstanceId) -> &mut Member {
        &mut self.members[id.0 as usize]
    }

    fn phase(&self, id: InstanceId) -> Phase {
        self.members[id.0 as usize].phase
    }

    /// Begins a stage, or ends the boot after the last.
    fn next_stage(&mut self, site: &mut Site, id: InstanceId, stage: usize) {
        if stage == self.config.created_after {
            site.agenda.at(site.now + self.config.attach, Event::Attached(id));
        }
        let factor = self.boot_factor;
        let member = self.member(id);
        member.phase = Phase::Booting(stage);
        match member.stages.get(stage) {
            Some(drawn) => {
                let lasts = if factor == 1.0 { drawn.lasts } else { drawn.lasts.mul_f64(factor) };
                site.agenda.at(site.now + lasts, Event::StageOver(id));
            }
            None => {
                member.booted = true;
                self.check_health(site, id);
            }
        }
    }

    fn stage_over(&mut self, site: &mut Site, id: InstanceId) {
        let Phase::Booting(stage) = self.phase(id) else { return };
        let name = self.config.stages[stage].name.clone();
        site.ledger.lives[id.0 as usize].stages.push((name, site.now.as_secs_f64()));
        let then = self.config.stages[stage].then;
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
            (AfterFailure::GiveUp, false) => {
                self.end(site, id, "boot-failed");
                if let Some(activity) = activity {
                    site.notices.push(Notice::LaunchFailed { activity });
                }
            }
            (_, false) => {
                self.end(site, id, "boot-failed");
                self.launch_one(site, activity);
            }
        }
    }

    fn attached(&mut self, site: &mut Site, id: InstanceId) {
        if !matches!(self.phase(id), Phase::Booting(_)) || self.members[id.0 as usize].attached {
            return;
        }
        let now = site.now;
        let member = self.member(id);
        member.attached = true;
        member.created = Some(now);
        if member.replaces.is_none() {
            let activity = member.activity;
            site.notices.push(Notice::InService { instance: id, activity });
        }
        self.check_health(site, id);
    }

    /// Once booted and attached, health checks decide when traffic begins: the first at a random phase.
    fn check_health(&mut self, site: &mut Site, id: InstanceId) {
        let member = &self.members[id.0 as usize];
        if !(member.booted && member.attached && matches!(member.phase, Phase::Booting(_))) {
            return;
        }
        let checks = match &self.config.health {
            None => SimDuration::ZERO,
            Some(health) => {
                let phase = uniform(&mut site.streams.indexed(Purpose::ProbePhase, id.0));
                health.every.mul_f64(phase) + health.every * u64::from(health.healthy.saturating_sub(1))
            }
        };
        site.agenda.at(site.now + checks, Event::Healthy(id));
    }

    fn enter_traffic(&mut self, site: &mut Site, id: InstanceId, slowly: bool) {
        if !matches!(self.phase(id), Phase::Booting(_)) {
            return;
        }
        self.member(id).phase = Phase::InTraffic;
        site.ledger.booting.add(site.now, -1.0);
        site.ledger.serve(site.now, 1.0);
        site.ledger.lives[id.0 as usize].in_service_seconds = Some(site.now.as_secs_f64());
        if slowly && !self.config.slow_start.is_zero() {
            self.grow_share(site, id);
        } else {
            site.plant.attach(id, 1.0, site.now);
        }
        if let Some(mean) = self.config.mean_time_between_crashes {
            let life = mean.mul_f64(exponential(&mut site.streams.indexed(Purpose::Crash, id.0)));
            site.agenda.at(site.now.saturating_add(life), Event::Crash(id));
        }
        self.replaced(site, id);
    }

    fn grow_share(&mut self, site: &mut Site, id: InstanceId) {
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
        site.plant.attach(id, share, site.now);
    }

    // ---- leaving

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
    fn pick_victim(&mut self, now: SimTime, in_phase: impl Fn(Phase) -> bool) -> Option<InstanceId> {
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
    fn drain(&mut self, site: &mut Site, id: InstanceId, time: SimDuration) {
        match self.phase(id) {
            Phase::InTraffic => {
                site.plant.detach(id);
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

    fn drain_check(&mut self, site: &mut Site, id: InstanceId) {
        if self.phase(id) != Phase::Draining {
            return;
        }
        if site.plant.usage(id).inside == 0 {
            self.drained(site, id);
        } else {
            site.agenda.at(site.now + DRAIN_CHECK, Event::DrainCheck(id));
        }
    }

    fn drained(&mut self, site: &mut Site, id: InstanceId) {
        if self.phase(id) != Phase::Draining {
            return;
        }
        site.kill(id);
        site.ledger.draining.add(site.now, -1.0);
        self.member(id).phase = Phase::Stopping;
        site.agenda.at(site.now + self.config.stop, Event::Released(id));
    }

    fn released(&mut self, site: &mut Site, id: InstanceId) {
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
    fn end(&mut self, site: &mut Site, id: InstanceId, why: &str) {
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
        site.plant.remove(id);
        site.ledger.billed.add(site.now, -1.0);
        site.ledger.stops += 1;
        let life = &mut site.ledger.lives[id.0 as usize];
        life.ended_seconds = Some(site.now.as_secs_f64());
        life.ended_by = Some(why.into());
    }

    // ---- failing

    /// The instance dies; nobody knows yet.
    fn crash(&mut self, site: &mut Site, id: InstanceId, why: &str) {
        match self.phase(id) {
            Phase::Gone | Phase::Crashed | Phase::Stopping => return,
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

    fn found_dead(&mut self, site: &mut Site, id: InstanceId) {
        if self.phase(id) != Phase::Crashed {
            return;
        }
        let why = site.ledger.lives[id.0 as usize].ended_by.clone().unwrap_or_else(|| "crash".into());
        let member = self.member(id);
        let (created, activity, removed_by) = (member.created.is_some(), member.activity, member.removed_by);
        let (silent, replaces) = (member.farewell == Farewell::Silent, member.replaces.take());
        self.end(site, id, &why);
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

    /// Leaves the group at once and is told to the controller.
    fn lose(&mut self, site: &mut Site, id: InstanceId, why: &str) {
        site.kill(id);
        self.end(site, id, why);
        site.notices.push(Notice::Lost { instance: id });
    }

    // ---- injected events

    /// A zone fails: what is in it dies, and nothing can be launched there.
    pub fn zone_down(&mut self, site: &mut Site, zone: u32) {
        *self.zones_down.entry(zone).or_default() += 1;
        for id in self.alive.clone() {
            if self.members[id.0 as usize].zone == zone {
                self.crash(site, id, "zone-outage");
            }
        }
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

    /// Replaces every instance, `at_once` at a time; each new one is in traffic before the old one drains.
    pub fn roll(&mut self, site: &mut Site, at_once: u32) {
        self.configuration += 1;
        let left = self.alive.iter().rev().copied().filter(|&id| self.phase(id) == Phase::InTraffic).collect();
        self.rolling = Some(Rolling { left, at_once: at_once.max(1) });
        self.roll_on(site);
    }

    /// Launched instances that are to take another's place.
    fn under_way(&self) -> u32 {
        self.alive.iter().filter(|id| self.members[id.0 as usize].replaces.is_some()).count() as u32
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
            if self.phase(old) != Phase::InTraffic {
                continue;
            }
            match self.launch_one(site, None) {
                Some(new) => self.member(new).replaces = Some(old),
                None => {
                    // No zone to launch in: the update stops here, as a careful operator would stop it.
                    self.waiting_launches.pop();
                    self.rolling = None;
                }
            }
        }
    }

    /// A replacement has failed to boot: what follows is as for any launch, but that the controller never knew of it.
    fn replacement_failed(&mut self, site: &mut Site, id: InstanceId, old: Option<InstanceId>, then: AfterFailure) {
        site.kill(id);
        self.end(site, id, "boot-failed");
        match (then, old) {
            (AfterFailure::Replace, Some(old)) => self.replace_again(site, old),
            // The one that it was to replace stays as it is.
            _ => self.roll_on(site),
        }
    }

    /// The instance that was to replace `old` is no more: another is launched for it.
    fn replace_again(&mut self, site: &mut Site, old: InstanceId) {
        if let Some(rolling) = &mut self.rolling {
            rolling.left.push(old);
        }
        self.roll_on(site);
    }

    /// A new instance is in traffic: the one that it replaces goes.
    fn replaced(&mut self, site: &mut Site, new: InstanceId) {
        let Some(old) = self.member(new).replaces.take() else { return };
        let leaves = self.phase(old) == Phase::Gone
            || self.member(old).removed_by.is_some()
            || self.member(old).farewell != Farewell::AsAsked;
        if leaves {
            // The old one has gone its own way, and the controller has been told or will be: nothing is left to replace.
            self.member(new).created = None;
            self.member(new).farewell = Farewell::Silent;
            site.ledger.lives[new.0 as usize].ended_by = Some("rolling-update".into());
            self.drain(site, new, self.config.drain);
        } else {
            // For the controller the capacity has not changed: one in, one out.
            site.notices.push(Notice::Terminated { instance: old, activity: None });
            site.notices.push(Notice::InService { instance: new, activity: None });
            self.member(old).created = None;
            self.member(old).farewell = Farewell::Silent;
            if self.phase(old) == Phase::InTraffic {
                site.ledger.lives[old.0 as usize].ended_by = Some("rolling-update".into());
                self.drain(site, old, self.config.drain);
            }
        }
        self.roll_on(site);
    }

    // ---- events

    /// Handles an event of the agenda that concerns an instance.
    pub fn handle(&mut self, site: &mut Site, event: Event) {
        match event {
            Event::StageOver(id) => self.stage_over(site, id),
            Event::Attached(id) => self.attached(site, id),
            Event::Healthy(id) => self.enter_traffic(site, id, true),
            Event::SlowStart(id) => self.grow_share(site, id),
            Event::DrainCheck(id) => self.drain_check(site, id),
            Event::DrainOver(id) => self.drained(site, id),
            Event::Released(id) => self.released(site, id),
            Event::Crash(id) => self.crash(site, id, "crash"),
            Event::FoundUnhealthy(id) => site.plant.detach(id),
            Event::FoundDead(id) => self.found_dead(site, id),
            Event::LaunchAgain => {
                for activity in std::mem::take(&mut self.waiting_launches) {
                    self.launch_one(site, activity);
                }
            }
            _ => {}
        }
    }

    // ---- what is measured

    /// Samples of the instances that the provider has created at least `report_delay` ago and that do not leave, over
    /// `seconds` since the last sample.
    pub fn samples(&mut self, site: &mut Site, seconds: f64, report_delay: SimDuration) -> Vec<InstanceSample> {
        let mut samples = Vec::with_capacity(self.alive.len());
        let cores = self.config.station.cores.as_f64();
        for &id in &self.alive {
            let usage = site.plant.measured(id);
            let member = &mut self.members[id.0 as usize];
            let busy = usage.busy_core_nanos - member.busy_at_sample;
            let requests = usage.sent - member.sent_at_sample;
            member.busy_at_sample = usage.busy_core_nanos;
            member.sent_at_sample = usage.sent;
            let reports = matches!(member.phase, Phase::InTraffic | Phase::Booting(_))
                && member.created.is_some_and(|created| {
                    // Those of the start have long been reporting.
                    created == SimTime::ZERO || site.now >= created + report_delay
                });
            if reports {
                samples.push(InstanceSample {
                    instance: id,
                    cpu_percent: 100.0 * busy * 1e-9 / (seconds * cores),
                    memory_percent: 100.0 * self.config.memory_share(usage.inside),
                    requests,
                    inside: usage.inside,
                });
            }
        }
        samples
    }

    /// What the ledger asks for at the end of a row of `seconds`.
    pub fn probe(&mut self, site: &mut Site, seconds: f64) -> RowProbe {
        let cores = self.config.station.cores.as_f64();
        let mut probe = RowProbe { busy_core_seconds: self.retired_busy * 1e-9, ..RowProbe::default() };
        let mut in_traffic = 0.0;
        for &id in &self.alive {
            let usage = site.plant.usage(id);
            let member = &mut self.members[id.0 as usize];
            probe.busy_core_seconds += usage.busy_core_nanos * 1e-9;
            let busy = (usage.busy_core_nanos - member.busy_at_row) * 1e-9;
            member.busy_at_row = usage.busy_core_nanos;
            probe.busiest = probe.busiest.max(busy / (seconds * cores));
            if member.phase == Phase::InTraffic {
                in_traffic += 1.0;
                probe.memory += self.config.memory_share(usage.inside);
            }
        }
        if in_traffic > 0.0 {
            probe.memory /= in_traffic;
        }
        probe
    }

    /// Launch and release of every instance, for the bill.
    pub fn spans(&self) -> impl Iterator<Item = (SimTime, Option<SimTime>)> + '_ {
        self.members.iter().map(|member| (member.launched, member.released))
    }

    /// Instances that receive traffic.
    pub fn in_traffic(&self) -> u32 {
        self.alive.iter().filter(|&&id| self.phase(id) == Phase::InTraffic).count() as u32
    }

    /// Instances in the group as the provider counts them: launched or to be launched, and not known to leave. Of those
    /// that take another's place in an update, only the other counts.
    pub fn size(&self) -> u32 {
        let counts = |id: &&InstanceId| {
            let member = &self.members[id.0 as usize];
            let known = match member.phase {
                Phase::InTraffic | Phase::Booting(_) => true,
                // Dead, and nobody knows.
                Phase::Crashed => member.farewell != Farewell::Silent && member.removed_by.is_none(),
                // About to be taken away, but not yet lost.
                Phase::Draining | Phase::Stopping => member.farewell == Farewell::Lost,
                Phase::Gone => false,
            };
            known && member.replaces.is_none()
        };
        self.alive.iter().filter(counts).count() as u32 + self.waiting_launches.len() as u32
    }
}

impl InstancesConfig {
    fn memory_share(&self, inside: u32) -> f64 {
        let (base, per_request) = self.memory_use;
        (base + per_request * u64::from(inside)) as f64 / self.memory.max(1) as f64
    }
}
