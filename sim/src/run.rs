//! The loop itself: pops control events in order, advances the plant to each, and lets sensors, fleet and controller
//! act.

mod activity_log;
mod clock;
mod finish;
mod hpa;
mod injected;
mod offered_load;
mod reaction;
mod sampling;
mod setup;

pub use setup::{bounds, demand_curve};

use serde::{Deserialize, Serialize};
use windtunnel_traces::random::Generator;
use windtunnel_traces::{Purpose, SimDuration, SimTime, Streams};

use crate::agenda::Event;
use crate::controllers::decision::{ActivityId, Command, Controller, Decisions, Notice};
use crate::fleet::Site;
use crate::fleet::instances::Instances;
use crate::fleet::pods::Pods;
use crate::outcome::{ActivityEntry, AlarmEntry, Archive, Outcome, Spool};
use crate::plant::drawn::SharedRequests;
use crate::plant::fluid::scope::{NotFluid, obstacle};
use crate::scenario::{Policy, Scenario};
use crate::sensors::MetricStore;

use self::clock::Clock;
use self::offered_load::OfferedLoad;
use self::sampling::{Monitoring, leaves_samples_alone};

/// Why a run came to no end.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// It was cancelled. Nothing of it remains.
    #[error("the run was cancelled")]
    Cancelled,
    /// The fidelity does not know what the scenario asks for.
    #[error("fluid cannot simulate this scenario: {0}")]
    NotFluid(#[from] NotFluid),
    /// The scenario has no fleet that a controller of one's own could drive.
    #[error("a controller of one's own drives a fleet of instances, and this scenario has pods")]
    NotDriven,
    /// The recorded trace could not be read again. The run has to be repeated once the file is whole.
    #[error("the trace changed while it was replayed: {0}")]
    Trace(String),
    /// The temporary files for a long run could not be written.
    #[error("a long run does not fit in memory and cannot be set aside in the folder for temporary files: {0}")]
    Spool(String),
}

/// Whoever watches a run.
pub trait Progress: Sync {
    /// The run has come to `simulated`, and `requests` have arrived since its start.
    fn advanced(&self, simulated: SimTime, requests: u64) {
        let _ = (simulated, requests);
    }

    /// Whether the run should be given up.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
#[derive(Copy, Clone, Debug, Default)]
pub struct Unwatched;

impl Progress for Unwatched {}

/// How exactly to simulate.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fidelity {
    /// Every request exists.
    #[default]
    Requests,
    /// Rates and expected numbers: orders of magnitude faster, with the errors that `docs/fluid.md` lists.
    Fluid,
}

/// Simulates a scenario under a seed, request by request. Equal scenarios and seeds give equal outcomes, on any machine.
///
/// # Errors
/// When it was cancelled, or the trace changed under it.
pub fn simulate(scenario: &Scenario, seed: u64, progress: &dyn Progress) -> Result<Outcome, SimulationError> {
    simulate_with(RunOptions::default(), scenario, seed, progress)
}

/// How to run a scenario, beyond what it says itself.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct RunOptions {
    /// How exactly to simulate.
    pub fidelity: Fidelity,
    /// Whether the rows of the timeline are kept. Without them the figures are the same, and there is nothing to draw;
    /// fluid then counts refused activities without listing them, tells of others no more than when they began and which
    /// capacity they were for, and nothing of alarms.
    pub timeline: bool,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions { fidelity: Fidelity::Requests, timeline: true }
    }
}

impl From<Fidelity> for RunOptions {
    fn from(fidelity: Fidelity) -> Self {
        RunOptions { fidelity, ..RunOptions::default() }
    }
}

/// Simulates a scenario under a seed, at a fidelity.
///
/// # Errors
/// When it was cancelled, the trace changed under it, or the fidelity does not know what the scenario asks for.
pub fn simulate_with(
    options: RunOptions,
    scenario: &Scenario,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Outcome, SimulationError> {
    simulate_sharing(options, scenario, seed, progress, None)
}

/// The same as one of many runs: requests that several of them meet are drawn once, where they fit into memory.
///
/// # Errors
/// As [`simulate_with`].
pub fn simulate_sharing(
    options: RunOptions,
    scenario: &Scenario,
    seed: u64,
    progress: &dyn Progress,
    shared: Option<&SharedRequests>,
) -> Result<Outcome, SimulationError> {
    if options.fidelity == Fidelity::Fluid
        && let Some(obstacle) = obstacle(scenario)
    {
        return Err(obstacle.into());
    }
    carry_on(setup::world(scenario, seed, options, None, shared), seed, progress)
}

/// Simulates a scenario with another controller in the place of its own: the same service, traffic, fleet and boots.
///
/// # Errors
/// As [`simulate_with`], and when the scenario's fleet is of pods.
pub fn simulate_driven(
    options: RunOptions,
    scenario: &Scenario,
    seed: u64,
    controller: Box<dyn Controller>,
    progress: &dyn Progress,
) -> Result<Outcome, SimulationError> {
    if matches!(scenario.policy, Policy::Hpa { .. }) {
        return Err(SimulationError::NotDriven);
    }
    if options.fidelity == Fidelity::Fluid
        && let Some(obstacle) = obstacle(scenario)
    {
        return Err(obstacle.into());
    }
    carry_on(setup::world(scenario, seed, options, Some(controller), None), seed, progress)
}

fn carry_on(mut world: World<'_>, seed: u64, progress: &dyn Progress) -> Result<Outcome, SimulationError> {
    world.start();
    world.run(progress)?;
    finish::outcome(world, seed)
}

/// Who decides, at work.
enum Control {
    Cloud(Box<dyn Controller>),
    Hpa(Box<hpa::HpaControl>),
    Fixed(u32),
}

impl Control {
    /// Whether it is an HPA that looks at nothing but the resource metrics.
    fn reads_resources_alone(&self) -> bool {
        matches!(self, Control::Hpa(control) if control.reads_resources_alone)
    }
}

/// What is scaled.
enum Group {
    Instances(Box<Instances>),
    Pods(Box<Pods>),
}

/// Everything that takes part in a run.
struct World<'s> {
    scenario: &'s Scenario,
    options: RunOptions,
    site: Site,
    group: Group,
    control: Control,
    clock: Clock,
    /// When the row that goes on will end, where nobody looks at rows: they are ended together, before anything happens.
    unseen_row_ends: SimTime,
    /// The instant that the plant was advanced to: now, but in a sync that does not look at it.
    served_until: SimTime,
    metrics: MetricStore,
    monitoring: Monitoring,
    delay_stream: Generator,
    offered: OfferedLoad,
    row: SimDuration,
    end: SimTime,
    activities: Archive<ActivityEntry>,
    /// Refused activities in the log, and those that it has no place for.
    refusals_listed: u64,
    refusals_unlisted: u64,
    /// Refused activities of a run whose log nobody reads.
    refusals_counted: u64,
    /// Where the entry of a running activity is.
    running: Vec<(ActivityId, u64)>,
    alarms: Spool<AlarmEntry>,
    /// Why an entry of a log could not be kept, when it could not.
    entries_lost: Option<std::io::Error>,
    /// What is remembered of scale-outs for their reaction budgets.
    scale_outs: reaction::ScaleOuts,
    /// Injected events that last, by their places in the scenario.
    lasting: Vec<usize>,
}

impl World<'_> {
    // ---- the loop

    fn run(&mut self, progress: &dyn Progress) -> Result<(), SimulationError> {
        let mut events = 0u64;
        while let Some((at, event)) = self.next_event() {
            if event == Event::Sync && self.control.reads_resources_alone() {
                // All that it looks at is what metrics-server has read: the plant can wait.
                self.site.now = at;
            } else {
                self.advance(at);
            }
            self.end_unseen_rows(at);
            self.handle(event);
            self.deliver();
            if !leaves_samples_alone(event) {
                self.schedule_sample();
            }
            events += 1;
            if events.is_multiple_of(64) {
                self.report(progress)?;
            }
        }
        self.advance(self.end);
        self.end_unseen_rows(self.end);
        self.site.plant.record(&mut self.site.recorder);
        self.site.ledger.add_windows(self.site.plant.take_windows());
        self.report(progress)
    }

    /// What happens next, up to the end of the run.
    fn next_event(&mut self) -> Option<(SimTime, Event)> {
        let (at, periodic) = self.clock.first();
        match self.site.agenda.peek() {
            Some(next) if next < at => {
                let event = self.site.agenda.next_until(self.end)?;
                // Who wakes at the end of a sample reads what is there, and acts after it: see `wake`.
                if !(event.1 == Event::Wake && self.ends_a_sample(next)) {
                    self.catch_up(next);
                }
                Some(event)
            }
            _ => (at <= self.end).then_some((at, periodic)),
        }
    }

    fn report(&mut self, progress: &dyn Progress) -> Result<(), SimulationError> {
        progress.advanced(self.site.now, self.arrived_so_far());
        if progress.cancelled() { Err(SimulationError::Cancelled) } else { Ok(()) }
    }

    fn arrived_so_far(&self) -> u64 {
        self.site.ledger.arrived_so_far() + self.site.recorder.segment().arrived
    }

    fn advance(&mut self, to: SimTime) {
        if to > self.served_until {
            self.site.plant.advance(to, &mut self.site.recorder);
            self.served_until = to;
        }
        self.site.now = self.site.now.max(to);
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::WindowEnds => {
                self.absorb();
                self.site.ledger.end_window();
                self.clock.window_ends = self.site.now + self.scenario.file.slo.window;
            }
            Event::RowEnds => {
                self.end_row();
                self.clock.row_ends = self.site.now + self.row;
            }
            Event::Sample => self.sample(),
            Event::Injected(number) => self.inject(number),
            Event::InjectedEnds(number) => self.end_injected(number),
            Event::Sync => self.sync(),
            Event::Wake => self.wake(),
            other => match &mut self.group {
                Group::Instances(instances) => instances.handle(&mut self.site, other),
                Group::Pods(pods) => pods.handle(&mut self.site, other),
            },
        }
    }

    // ---- measuring

    /// Moves what was recorded into the books, and into the latencies of the sample where a policy looks at them.
    fn absorb(&mut self) {
        self.site.plant.record(&mut self.site.recorder);
        if let Some(latency) = &mut self.monitoring.latency {
            self.site.plant.write_latencies(&mut self.site.recorder);
            latency.add(self.site.recorder.segment());
        }
        self.site.ledger.absorb(&mut self.site.recorder);
    }

    fn end_row(&mut self) {
        self.site.plant.record(&mut self.site.recorder);
        if self.options.timeline || self.site.now == self.end {
            self.site.plant.write_latencies(&mut self.site.recorder);
        }
        self.absorb();
        let now = self.site.now;
        let seconds = now.saturating_since(self.site.ledger.row_start()).as_secs_f64().max(1e-9);
        let arrived_in_row = self.site.ledger.arrived_in_row();
        let mut probe = match &mut self.group {
            Group::Instances(instances) => instances.probe(&mut self.site, seconds),
            Group::Pods(pods) => pods.probe(&mut self.site, seconds),
        };
        probe.in_flight = self.site.plant.in_flight();
        match &self.control {
            Control::Cloud(controller) => probe.desired = f64::from(controller.desired()),
            Control::Fixed(count) => probe.desired = f64::from(*count),
            Control::Hpa(_) => {}
        }
        self.site.ledger.end_row(now, probe);
        self.offer_next_row(now, arrived_in_row as f64 / seconds);
    }

    /// Ends the rows up to an instant that nobody looks at: what they count is counted at the end of the run as well.
    #[inline]
    fn end_unseen_rows(&mut self, until: SimTime) {
        while self.unseen_row_ends <= until {
            let at = self.unseen_row_ends;
            if at == self.end {
                self.unseen_row_ends = SimTime::NEVER;
                self.advance(at);
                return self.end_row();
            }
            self.site.ledger.end_unseen_row(at);
            self.offer_next_row(at, 0.0);
            self.unseen_row_ends = at + self.row;
        }
    }

    /// Tells the books the offered load of the row that begins now. Closed-loop clients offer what they `sent` per second in
    /// the last one.
    fn offer_next_row(&mut self, now: SimTime, sent: f64) {
        let next = now.saturating_add(self.row).min(self.end);
        if next > now {
            let rate = self.offered.mean(now, next).unwrap_or(sent);
            self.site.ledger.offer(now, rate);
        }
    }

    // ---- deciding

    fn wake(&mut self) {
        let now = self.site.now;
        self.metrics.set_now(now);
        let Control::Cloud(controller) = &mut self.control else { return };
        if controller.next_wake() > now {
            // An earlier notice has already moved the wake; the agenda holds the new one.
            return;
        }
        let mut decisions = no_decisions(self.options);
        controller.wake(now, &self.metrics, &mut decisions);
        let next = controller.next_wake();
        if !decisions.commands.is_empty() {
            self.catch_up(now);
        }
        self.carry_out(decisions);
        self.site.agenda.at(next.max(now + SimDuration::from_nanos(1)), Event::Wake);
    }

    /// Tells the controller what the fleet has reported, until both are silent.
    #[inline]
    fn deliver(&mut self) {
        if !self.site.notices.is_empty() {
            self.deliver_notices();
        }
    }

    fn deliver_notices(&mut self) {
        while !self.site.notices.is_empty() {
            let notices = std::mem::take(&mut self.site.notices);
            let now = self.site.now;
            for notice in notices {
                if let Notice::InService { instance, activity: Some(activity) } = &notice {
                    self.scale_outs.launched(*activity, instance.0);
                }
                match &mut self.control {
                    Control::Cloud(controller) => {
                        let before = controller.next_wake();
                        let mut decisions = no_decisions(self.options);
                        controller.notice(now, &notice, &mut decisions);
                        let next = controller.next_wake();
                        if next != before {
                            self.site.agenda.at(next.max(now), Event::Wake);
                        }
                        self.carry_out(decisions);
                    }
                    Control::Fixed(count) => {
                        let count = *count;
                        self.hold(count);
                    }
                    Control::Hpa(_) => {}
                }
            }
        }
    }

    /// A fixed fleet makes up for what it has lost.
    fn hold(&mut self, count: u32) {
        if let Group::Instances(instances) = &mut self.group {
            let size = instances.size();
            if size < count {
                instances.launch(&mut self.site, None, count - size, false);
            } else if size > count {
                instances.terminate(&mut self.site, ActivityId(0), size - count);
            }
        }
    }

    fn carry_out(&mut self, decisions: Decisions) {
        for record in decisions.activities {
            self.log(record);
        }
        for refused in decisions.refusals {
            self.refusals_counted += 1;
            if let Some((alarm, since)) = refused.alarm {
                self.scale_outs.refuse(&alarm, since, refused.at, refused.reason);
            }
        }
        let changes = if keeps_log(self.options) { decisions.alarm_changes } else { Vec::new() };
        for change in changes {
            let kept = self.alarms.push(AlarmEntry {
                at_millis: change.at.as_nanos() / 1_000_000,
                alarm: change.alarm,
                from: change.from.to_string(),
                to: change.to.to_string(),
                reason: change.reason,
            });
            if let Err(error) = kept {
                self.entries_lost.get_or_insert(error);
            }
        }
        let Group::Instances(instances) = &mut self.group else { return };
        for command in decisions.commands {
            match command {
                Command::Launch { activity, count, reuse } => {
                    instances.launch(&mut self.site, Some(activity), count, reuse);
                }
                Command::EnterStandby { count, request } => instances.enter_standby(&mut self.site, count, request),
                Command::LeaveStandby { request } => instances.leave_standby(&mut self.site, request),
                Command::Prepare { count } => instances.prepare(&mut self.site, count),
                Command::Terminate { activity, count } => instances.terminate(&mut self.site, activity, count),
            }
        }
        instances.adjust_pool(&mut self.site);
    }

    fn start(&mut self) {
        let scenario = self.scenario;
        let file = &scenario.file;
        let first = match &self.control {
            Control::Cloud(controller) => controller.desired(),
            Control::Fixed(count) => *count,
            Control::Hpa(control) => control.first_replicas(file),
        };
        match &mut self.group {
            Group::Instances(instances) => instances.start(&mut self.site, first),
            Group::Pods(pods) => pods.start(&mut self.site, first),
        }
        let rate =
            self.offered.mean(SimTime::ZERO, SimTime::ZERO.saturating_add(self.row).min(self.end)).unwrap_or(0.0);
        self.site.ledger.offer(SimTime::ZERO, rate);
        self.start_beat();
        let agenda = &mut self.site.agenda;
        for (number, event) in file.event.iter().enumerate() {
            agenda.at(SimTime::ZERO + event.at, Event::Injected(number));
        }
        match &self.control {
            Control::Cloud(controller) => {
                let wake = controller.next_wake();
                agenda.at(wake, Event::Wake);
                self.clock.sample = SimTime::ZERO + file.sensors.every;
            }
            Control::Hpa(control) => {
                let metrics = match &self.group {
                    Group::Pods(pods) => pods.first_scrape(),
                    Group::Instances(_) => SimDuration::ZERO,
                };
                agenda.at(SimTime::ZERO + control.first_sync(metrics), Event::Sync);
            }
            Control::Fixed(_) => {}
        }
        self.deliver();
        self.schedule_sample();
    }
}

impl World<'_> {
    /// Windows and rows begin. Where nobody looks at rows, nor at latencies from one sample to the next, the plant judges the
    /// windows, if it can.
    fn start_beat(&mut self) {
        let row_ends = SimTime::ZERO + self.row;
        let unseen = !keeps_log(self.options) && self.monitoring.latency.is_none();
        if unseen && self.site.plant.judge_windows(self.scenario.objective(), self.row) {
            self.unseen_row_ends = row_ends;
        } else {
            self.clock.row_ends = row_ends;
            self.clock.window_ends = SimTime::ZERO + self.scenario.file.slo.window;
        }
    }
}

/// Whether activities are written down in words, and refused ones at all. A screening asks for figures alone.
fn keeps_log(options: RunOptions) -> bool {
    options.timeline || options.fidelity == Fidelity::Requests
}

/// Nothing decided yet.
fn no_decisions(options: RunOptions) -> Decisions {
    Decisions { without_words: !keeps_log(options), ..Decisions::default() }
}

/// The stream of delays of metrics.
fn delay_stream(streams: Streams) -> Generator {
    streams.stream(Purpose::MetricDelay)
}
