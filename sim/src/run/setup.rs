//! Puts a world together from a scenario.

use windtunnel_traces::clients::ClientsSpec;
use windtunnel_traces::trace::{OpenTrace, Trace};
use windtunnel_traces::{Cores, Purpose, RateSegments, SimDuration, SimTime, Streams};

use super::clock::Clock;
use super::sampling::Monitoring;
use super::{Control, Fidelity, Group, OfferedLoad, RunOptions, World, delay_stream, hpa, reaction};
use crate::agenda::Agenda;
use crate::controllers::cloud::{Calendar, CloudConfig};
use crate::controllers::custom::Bounds;
use crate::controllers::decision::Controller;
use crate::controllers::hpa::spec::Source;
use crate::fleet::Site;
use crate::fleet::instances::{Instances, InstancesConfig};
use crate::fleet::pods::{Pods, PodsConfig};
use crate::outcome::demand::DemandCurve;
use crate::outcome::ledger::Ledger;
use crate::outcome::recorder::{Recorder, Segment};
use crate::outcome::{Archive, Spool};
use crate::plant::balancer::{Balance, LeastOutstanding, PowerOfTwo, Random, RoundRobin};
use crate::plant::clients::{Clients, Thoughts};
use crate::plant::drawn::{DrawnRequests, SharedRequests};
use crate::plant::events::{EventPlant, Extras, SharedDependency};
use crate::plant::fcfs::feedback::FeedbackPlant;
use crate::plant::fcfs::{FcfsPlant, Rules};
use crate::plant::fluid::{FluidPlant, FluidSpec};
use crate::plant::requests::{Demands, RequestStream};
use crate::plant::retries::Retries;
use crate::plant::sharing::SharingPlant;
use crate::plant::{ColdStart, Plant, StationSpec};
use crate::scenario::schema::{self, Algorithm, Discipline};
use crate::scenario::{Policy, Scenario};
use crate::sensors::MetricStore;
use crate::sensors::store::needs_latency;

/// Rows that a timeline has at most unless its interval is given.
const ROWS: u64 = 1440;
/// Intervals that rows are rounded up to, in seconds.
const NICE_ROWS: [u64; 12] = [1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, 86_400];

/// A world with the scenario's own controller, or with another in its place.
pub(super) fn world<'s>(
    scenario: &'s Scenario,
    seed: u64,
    options: RunOptions,
    controller: Option<Box<dyn Controller>>,
    shared: Option<&SharedRequests>,
) -> World<'s> {
    let streams = Streams::new(seed);
    let demands = Demands::new(scenario.laws.classes.clone(), scenario.laws.patience.clone(), streams);
    let mut ledger = ledger(scenario, &demands);
    ledger.keeps_rows = options.timeline;
    let plant = match options.fidelity {
        Fidelity::Requests => plant(scenario, requests(scenario, demands, seed, shared), streams),
        Fidelity::Fluid => fluid_plant(scenario, streams),
    };
    let control = controller.map_or_else(|| control(scenario, streams, ledger.demand.per_instance), Control::Cloud);
    let site = Site {
        now: SimTime::ZERO,
        plant,
        recorder: Recorder::new(scenario.file.slo.latency.as_nanos()),
        ledger,
        agenda: Agenda::default(),
        streams,
        notices: Vec::new(),
    };
    let group = match &scenario.policy {
        Policy::Hpa { .. } => Group::Pods(Box::new(Pods::new(pods_config(scenario), streams))),
        _ => Group::Instances(Box::new(Instances::new(instances_config(scenario), streams))),
    };
    let watches_latency = match &control {
        Control::Cloud(controller) => controller.metrics().into_iter().any(needs_latency),
        _ => false,
    };
    let monitoring = Monitoring::new(scenario, options, &control, watches_latency.then(Segment::default));
    World {
        scenario,
        options,
        site,
        group,
        control,
        clock: Clock::default(),
        metrics: MetricStore::default(),
        monitoring,
        delay_stream: delay_stream(streams),
        offered: OfferedLoad::new(scenario.open_trace().map(windtunnel_traces::OpenTrace::rate_segments)),
        row: row_length(scenario),
        end: scenario.end(),
        activities: Archive::default(),
        refusals_listed: 0,
        refusals_unlisted: 0,
        refusals_counted: 0,
        served_until: SimTime::ZERO,
        unseen_row_ends: SimTime::NEVER,
        running: Vec::new(),
        alarms: Spool::default(),
        entries_lost: None,
        scale_outs: reaction::ScaleOuts::new(scenario.file.sensors.every),
        lasting: Vec::new(),
    }
}

pub(super) fn row_length(scenario: &Scenario) -> SimDuration {
    scenario.file.timeline.interval.unwrap_or_else(|| {
        let least = scenario.horizon.as_nanos().div_ceil(ROWS).div_ceil(1_000_000_000);
        let days = least.div_ceil(86_400) * 86_400;
        SimDuration::from_secs(NICE_ROWS.into_iter().find(|&nice| nice >= least).unwrap_or(days))
    })
}

/// The cores that an instance or pod serves with, and those that its utilization is measured by.
fn cores(scenario: &Scenario) -> (Cores, Cores) {
    let node_cores = scenario.file.instance.cores;
    match (&scenario.policy, &scenario.file.pods) {
        (Policy::Hpa { .. }, Some(pods)) => {
            let limit = pods.cpu.limit.unwrap_or(node_cores).min(node_cores);
            (limit, pods.cpu.request.unwrap_or(limit))
        }
        _ => (node_cores, node_cores),
    }
}

/// The curve that supply is judged against.
pub fn demand_curve(scenario: &Scenario) -> DemandCurve {
    let demands = Demands::new(scenario.laws.classes.clone(), scenario.laws.patience.clone(), Streams::new(0));
    demand_of(scenario, &demands)
}

fn demand_of(scenario: &Scenario, demands: &Demands) -> DemandCurve {
    let objective = scenario.objective();
    DemandCurve::new(
        cores(scenario).0.as_f64(),
        demands.mean_cpu_nanos() * 1e-9,
        demands.mean_wait_nanos() * 1e-9,
        objective.latency_seconds,
        objective.percentile,
    )
}

fn ledger(scenario: &Scenario, demands: &Demands) -> Ledger {
    let file = &scenario.file;
    let objective = scenario.objective();
    let measured = cores(scenario).1;
    let demand = demand_of(scenario, demands);
    let balancer = (file.balancer.price_per_hour, file.balancer.price_per_million);
    let mut ledger = Ledger::new(objective, demand, measured.as_f64(), file.instance.price.per_hour, balancer);
    if let (Policy::Hpa { .. }, Some(price)) =
        (&scenario.policy, file.pods.as_ref().and_then(schema::Pods::price_per_hour))
    {
        ledger.bill_pods(price);
    }
    ledger
}

// ---- the plant

/// True when an attempt's fate follows from the state at its arrival: the recursion applies.
fn recursion_applies(scenario: &Scenario) -> bool {
    let file = &scenario.file;
    !matches!(scenario.policy, Policy::Hpa { .. })
        && !matches!(scenario.trace, Trace::Closed(ClientsSpec::Batch { .. }))
        && file.instance.discipline == Discipline::Fcfs
        && file.instance.cores.whole().is_some()
        && file.service.downstream.is_none()
}

/// True when outcomes lead to further requests or attempts.
fn outcomes_have_sequels(scenario: &Scenario) -> bool {
    matches!(scenario.trace, Trace::Closed(_)) || scenario.file.service.retry.is_some()
}

/// The requests of a run: drawn by it, or before by another run that meets the same.
fn requests(scenario: &Scenario, demands: Demands, seed: u64, shared: Option<&SharedRequests>) -> RequestStream {
    let Trace::Open(trace) = &scenario.trace else { return RequestStream::closed(demands) };
    let drawn = shared.and_then(|shared| {
        let key = drawn_from(scenario, trace, seed);
        shared.get_or_draw(&key, || {
            // To count recorded requests is to read them: they are drawn, and given up when they are too many.
            let is_known = !trace.is_recorded_requests();
            if is_known && !SharedRequests::fits(trace.expected_requests(SimTime::ZERO, scenario.end())) {
                return None;
            }
            let drawn = DrawnRequests::draw(trace.arrivals(Streams::new(seed)), demands.clone());
            // A recording that changed while it was read is each run's own fault to report.
            drawn.filter(|_| trace.fault().is_none())
        })
    });
    match drawn {
        Some(drawn) => RequestStream::drawn(drawn),
        None => RequestStream::open(trace.arrivals(Streams::new(seed)), demands),
    }
}

/// Everything that requests are drawn from: the trace's content, the horizon, what a request asks for, the seed.
fn drawn_from(scenario: &Scenario, trace: &OpenTrace, seed: u64) -> String {
    let laws = (&scenario.laws.classes, &scenario.laws.patience);
    format!("{} {:?} {seed} {laws:?}", trace.content_digest(), scenario.horizon)
}

/// True when requests share the cores of their instance, and nothing else with requests elsewhere; balancers that look
/// at the instances are told apart by the caller.
fn instances_do_not_touch(scenario: &Scenario) -> bool {
    let file = &scenario.file;
    let cancels = file.service.timeout.is_some() && file.service.cancel_on_timeout;
    !matches!(scenario.policy, Policy::Hpa { .. })
        && matches!(scenario.trace, Trace::Open(_))
        && file.instance.discipline == Discipline::ProcessorSharing
        && file.instance.workers.is_none()
        && file.service.retry.is_none()
        && file.service.downstream.is_none()
        && !cancels
}

fn plant(scenario: &Scenario, requests: RequestStream, streams: Streams) -> Box<dyn Plant> {
    let ties = || streams.stream(Purpose::Balancer);
    match scenario.file.balancer.algorithm {
        Algorithm::RoundRobin => plant_behind(RoundRobin::default(), scenario, requests, streams),
        Algorithm::Random => plant_behind(Random(ties()), scenario, requests, streams),
        Algorithm::LeastOutstanding => plant_behind(LeastOutstanding::default(), scenario, requests, streams),
        Algorithm::PowerOfTwo => plant_behind(PowerOfTwo(ties()), scenario, requests, streams),
    }
}

/// The fastest kernel that knows all that the scenario has.
fn plant_behind<B: Balance + 'static>(
    balance: B,
    scenario: &Scenario,
    requests: RequestStream,
    streams: Streams,
) -> Box<dyn Plant> {
    let rules = rules(scenario);
    let recursion = recursion_applies(scenario);
    if recursion && !outcomes_have_sequels(scenario) {
        return Box::new(FcfsPlant::new(requests, balance, rules));
    }
    if !B::COUNTS_REQUESTS && instances_do_not_touch(scenario) {
        return Box::new(SharingPlant::new(requests, balance, rules));
    }
    let extras = extras(scenario, streams);
    if recursion {
        return Box::new(FeedbackPlant::new(requests, balance, rules, extras.clients, extras.retry));
    }
    Box::new(EventPlant::new(requests, balance, rules, extras))
}

fn rules(scenario: &Scenario) -> Rules {
    let service = &scenario.file.service;
    Rules {
        timeout: service.timeout,
        cancel_on_timeout: service.cancel_on_timeout,
        cold_start: service.cold_start.as_ref().map(|cold| ColdStart::new(cold.slowdown, cold.settle)),
    }
}

fn fluid_plant(scenario: &Scenario, streams: Streams) -> Box<dyn Plant> {
    let (file, laws) = (&scenario.file, &scenario.laws);
    let trace = scenario.open_trace();
    let retry = file.service.retry.as_ref();
    let spec = FluidSpec {
        rate: trace.map_or_else(|| RateSegments::constant(0.0), windtunnel_traces::OpenTrace::rate_segments),
        recorded: trace.is_some_and(windtunnel_traces::OpenTrace::is_recorded_requests),
        classes: laws.classes.clone(),
        rules: rules(scenario),
        algorithm: file.balancer.algorithm,
        objective: file.slo.latency,
        patience: laws.patience.as_ref().map(windtunnel_traces::Sampler::mean_nanos),
        retry: retry.map(|retry| (retry.attempts, retry.budget.map(windtunnel_traces::Ratio::as_f64))),
    };
    Box::new(FluidPlant::new(spec, streams))
}

fn extras(scenario: &Scenario, streams: Streams) -> Extras {
    let (file, laws) = (&scenario.file, &scenario.laws);
    let until = |lasts: &Option<SimDuration>| lasts.unwrap_or(scenario.horizon).as_nanos();
    let clients = match &scenario.trace {
        Trace::Open(_) => None,
        Trace::Closed(ClientsSpec::Batch { batch, pause, for_ }) => {
            Some(Clients::Batch { size: *batch, pause: pause.as_nanos(), until: until(for_) })
        }
        Trace::Closed(ClientsSpec::Workers { workers, every, for_ }) => Some(Clients::Workers {
            steps: workers.iter().map(|(at, count)| (at.as_nanos(), *count)).collect(),
            every: every.as_nanos(),
            until: until(for_),
        }),
        Trace::Closed(ClientsSpec::Users { users, for_, .. }) => laws.think.clone().map(|think| Clients::Users {
            count: *users,
            thoughts: Thoughts::new(think, streams.stream(Purpose::Think)),
            until: until(for_),
        }),
    };
    let retry = file.service.retry.as_ref().zip(laws.backoff.clone()).map(|(retry, backoff)| {
        let budget = retry.budget.map(windtunnel_traces::Ratio::as_f64);
        Retries::new(retry.attempts, backoff, streams.stream(Purpose::Backoff), budget)
    });
    let downstream = file.service.downstream.as_ref().zip(laws.downstream.clone());
    let downstream = downstream.map(|(shared, wait)| SharedDependency {
        limit: shared.limit,
        wait,
        stream: streams.stream(Purpose::Downstream),
    });
    Extras { clients, retry, downstream }
}

// ---- the controller

/// The bounds and the first capacity of the scenario's own policy; nothing for pods. A fixed fleet has one capacity.
pub fn bounds(scenario: &Scenario) -> Option<Bounds> {
    match control(scenario, Streams::new(0), 1.0) {
        Control::Cloud(own) => Some(Bounds { min: own.min(), max: own.max(), desired: own.desired() }),
        Control::Fixed(count) => Some(Bounds { min: count, max: count, desired: count }),
        Control::Hpa(_) => None,
    }
}

/// `worth` is the rate at which one instance just holds the objective: what a baseline counts its need in.
fn control(scenario: &Scenario, streams: Streams, worth: f64) -> Control {
    let calendar = match scenario.open_trace().and_then(windtunnel_traces::OpenTrace::calendar) {
        Some(calendar) => {
            let start = calendar.start();
            Calendar { start: start.timestamp(), zone: start.time_zone().clone() }
        }
        None => Calendar::default(),
    };
    match &scenario.policy {
        Policy::Hpa { spec, flags } => {
            let latency = scenario.file.hpa.as_ref().map_or(SimDuration::ZERO, |hpa| hpa.controller.sync_latency);
            Control::Hpa(Box::new(hpa::HpaControl::new((**spec).clone(), *flags, latency)))
        }
        Policy::Fixed(count) => Control::Fixed(*count),
        Policy::Baseline(config) => match config.controller(worth) {
            Some(controller) => Control::Cloud(controller),
            None => Control::Fixed(config.initial_capacity()),
        },
        Policy::Ess(config) => cloud(config, streams, &calendar),
        Policy::Aws(config) => cloud(config, streams, &calendar),
        Policy::Tencent(config) => cloud(config, streams, &calendar),
    }
}

fn cloud(group: &dyn CloudConfig, streams: Streams, calendar: &Calendar) -> Control {
    match group.controller(streams, calendar) {
        Ok(controller) => Control::Cloud(controller),
        Err(_) => Control::Fixed(group.initial_capacity()),
    }
}

// ---- the fleet

fn instances_config(scenario: &Scenario) -> InstancesConfig {
    let file = &scenario.file;
    let stage = |name: &String| file.boot.iter().position(|stage| &stage.stage == name);
    let created_after = match &file.fleet.created_after {
        Some(name) => stage(name).map_or(0, |index| index + 1),
        None => file.boot.len().min(1),
    };
    InstancesConfig {
        station: StationSpec {
            cores: file.instance.cores,
            discipline: file.instance.discipline,
            workers: file.instance.workers,
            backlog: file.instance.backlog,
            node: None,
            warm: false,
        },
        memory: file.instance.memory.as_u64(),
        memory_use: (file.service.memory.base.as_u64(), file.service.memory.per_request.as_u64()),
        stages: scenario.laws.boot.clone(),
        created_after,
        attach: file.balancer.attach,
        drain: file.balancer.drain,
        drain_ends_when_idle: file.balancer.drain_ends_when_idle,
        stop: file.fleet.stop,
        health: file.balancer.health.clone(),
        slow_start: file.balancer.slow_start,
        cross_zone: file.balancer.cross_zone,
        mean_time_between_crashes: file.fleet.mean_time_between_crashes,
        provider_check: file.fleet.health_check,
        zones: file.fleet.zones,
        rules: scenario.policy.cloud().map(CloudConfig::group_rules).unwrap_or_default(),
        laws: scenario.laws.rules.clone(),
    }
}

fn pods_config(scenario: &Scenario) -> PodsConfig {
    let (file, laws) = (&scenario.file, &scenario.laws);
    let none = || laws.classes[0].wait.scaled(0.0);
    let autoscaler = file.cluster_autoscaler.clone();
    let fixed = file.nodes.as_ref().map_or(0, |nodes| nodes.count);
    PodsConfig {
        // The check of the scenario has made sure that there are pods.
        pods: file.pods.clone().unwrap_or_else(|| unreachable!("an HPA scenario without [pods] is refused")),
        node_cores: file.instance.cores,
        node_memory: file.instance.memory,
        zones: file.fleet.zones,
        cross_zone: file.balancer.cross_zone,
        first_nodes: autoscaler.as_ref().map_or(fixed, |autoscaler| autoscaler.min),
        autoscaler,
        node_boot: laws.boot.clone(),
        image_pull: laws.image_pull.clone().unwrap_or_else(none),
        start: laws.pod_start.clone().unwrap_or_else(none),
        memory_use: (file.service.memory.base.as_u64(), file.service.memory.per_request.as_u64()),
        sensors: file.sensors.clone(),
        container: container(scenario),
        rates_by_pod: reads(scenario, |source| matches!(source, Source::Pods(_))),
        rates_of_fleet: reads(scenario, |source| matches!(source, Source::Object(_) | Source::External(_))),
    }
}

/// Whether the policy looks at a metric of some kind.
fn reads(scenario: &Scenario, kind: impl Fn(&Source) -> bool) -> bool {
    let Policy::Hpa { spec, .. } = &scenario.policy else { return false };
    spec.metrics.iter().any(|metric| kind(&metric.source))
}

/// The name of the pods' container: the one that the policy looks at, if it names one.
fn container(scenario: &Scenario) -> String {
    let Policy::Hpa { spec, .. } = &scenario.policy else { return String::new() };
    spec.containers().next().unwrap_or("app").to_owned()
}
