//! A group of instances: launched, booted, attached, checked, served from, drained, released.

mod balancing;
mod failing;
mod hooks;
mod launching;
mod leaving;
mod measuring;
mod pool;
mod rolling;
mod standby;
mod zones;

use std::collections::BTreeMap;

use windtunnel_traces::random::Generator;
use windtunnel_traces::{Purpose, SimDuration, SimTime, Streams};

use super::Site;
use super::boot::{DrawnStage, Stage};
use super::rules::{GroupRules, RuleLaws};
use crate::agenda::Event;
use crate::controllers::decision::{ActivityId, InstanceId, Notice, Replacement};
use crate::plant::StationSpec;
use crate::scenario::schema::HealthCheck;

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
    /// Equal shares for all instances, rather than for all zones.
    pub cross_zone: bool,
    /// Mean time between crashes.
    pub mean_time_between_crashes: Option<SimDuration>,
    /// How often the provider checks its instances.
    pub provider_check: SimDuration,
    /// Zones.
    pub zones: u32,
    /// What the provider's group lays down.
    pub rules: GroupRules,
    /// How long hooks and starts take.
    pub laws: RuleLaws,
}

/// Where an instance is in its life.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// In the boot stage of this number, or past the last.
    Booting(usize),
    /// Receives traffic.
    InTraffic,
    /// Taken out of service for a while.
    Standby,
    /// Finishes its requests.
    Draining,
    /// Has drained, and waits for the hooks of its way out.
    WaitsToLeave,
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
    /// It is paid for, as long as it is there.
    is_paid: bool,
    activity: Option<ActivityId>,
    configuration: u32,
    stages: Vec<DrawnStage>,
    /// It was started out of the pool: one stage, of the time that a start takes.
    woken: bool,
    /// It is being prepared for the pool.
    for_pool: bool,
    /// It goes into the pool when it is gone from the group.
    to_pool: bool,
    /// The hooks that it still waits for.
    hooks: Vec<OpenHook>,
    /// Never chosen by a scale-in.
    protected: bool,
    /// The provider knows that it is unhealthy, and keeps it.
    unhealthy: bool,
    /// All stages are done and none has failed for good.
    booted: bool,
    attached: bool,
    /// The provider regards it as in service since.
    created: Option<SimTime>,
    slow_start_step: u32,
    /// Its share of traffic, 1 for a full one, while the balancer sends it any.
    share: Option<f64>,
    /// The activity that removes it.
    removed_by: Option<ActivityId>,
    farewell: Farewell,
    /// The one that it replaces.
    replaces: Option<InstanceId>,
    /// Why it does.
    replaces_for: Replacement,
    /// The request that put it into Standby.
    standby: Option<usize>,
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
    /// Who reports, kept for its room.
    roster: Vec<(InstanceId, bool)>,
    /// When the last of those that were not there at the start was created.
    last_created: SimTime,
    removal_stream: Generator,
    configuration: u32,
    zones_down: BTreeMap<u32, u32>,
    boot_factor: f64,
    waiting_launches: Vec<Option<ActivityId>>,
    rolling: Option<Rolling>,
    pool: Pool,
    /// Instances more than wanted, since nothing may be terminated.
    surplus: u32,
    retired_busy: f64,
}

/// A hook that an instance waits for.
#[derive(Copy, Clone, Debug)]
struct OpenHook {
    /// Its place in the rules.
    index: usize,
    /// When its script completes it.
    completes: Option<SimTime>,
    /// When it times out.
    deadline: SimTime,
}

/// Instances that are prepared beside the group.
#[derive(Debug, Default)]
struct Pool {
    prepared: Vec<Prepared>,
    /// How many the controller wants.
    wanted: u32,
    /// When those that have left it were in it.
    past: Vec<(SimTime, SimTime)>,
}

/// One of them. It has no identity of its own: when it is started it becomes a new instance.
#[derive(Copy, Clone, Debug)]
struct Prepared {
    zone: u32,
    configuration: u32,
    since: SimTime,
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
            roster: Vec::new(),
            last_created: SimTime::ZERO,
            removal_stream: streams.stream(Purpose::Removal),
            configuration: 0,
            zones_down: BTreeMap::new(),
            boot_factor: 1.0,
            waiting_launches: Vec::new(),
            rolling: None,
            pool: Pool::default(),
            surplus: 0,
            retired_busy: 0.0,
        }
    }

    /// Puts the first instances in service, warm.
    pub fn start(&mut self, site: &mut Site, count: u32) {
        for number in 0..count {
            let zone = self.zone_to_launch_in().unwrap_or(0);
            let id = self.new_member(site, zone, None, true);
            let member = self.member(id);
            member.attached = true;
            member.booted = true;
            member.created = Some(site.now);
            member.phase = Phase::Booting(usize::MAX);
            let protection = self.config.rules.protection;
            self.member(id).protected = protection.new || number < protection.first;
            site.notices.push(Notice::InService { instance: id, activity: None });
            self.enter_traffic(site, id, false);
        }
        self.fill_pool_at_start(site);
        self.plan_rebalance(site);
    }

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
            Event::FoundUnhealthy(id) => self.leave_traffic(site, id),
            Event::FoundDead(id) => self.found_dead(site, id),
            Event::HookOver(id) => self.look_at_hooks(site, id),
            Event::Inspected(id) => self.inspected(site, id),
            Event::Rebalance => self.rebalance(site),
            Event::LaunchAgain => {
                for activity in std::mem::take(&mut self.waiting_launches) {
                    self.launch_new(site, activity);
                }
            }
            _ => {}
        }
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
                Phase::InTraffic | Phase::Booting(_) | Phase::Standby => true,
                // Dead, and nobody knows.
                Phase::Crashed => member.farewell != Farewell::Silent && member.removed_by.is_none(),
                // About to be taken away, but not yet lost.
                Phase::Draining | Phase::WaitsToLeave | Phase::Stopping => member.farewell == Farewell::Lost,
                Phase::Gone => false,
            };
            known && member.replaces.is_none() && !member.for_pool
        };
        self.alive.iter().filter(counts).count() as u32 + self.waiting_launches.len() as u32
    }
}
