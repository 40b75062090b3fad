//! Closes the books of a run.

use std::io;

use windtunnel_traces::SimTime;

use super::{Control, Fidelity, Group, SimulationError, World};
use crate::controllers::cloud::Severity;
use crate::controllers::decision::Metric;
use crate::controllers::hpa::Resource;
use crate::controllers::hpa::spec::{Goal, Source};
use crate::fleet::instances::Instances;
use crate::outcome::ledger::Ledger;
use crate::outcome::reaction::{self, Extremes, Reaction};
use crate::outcome::recorder::Segment;
use crate::outcome::{
    ActivityEntry, AlarmLevel, CensoredStretch, InstanceLife, MetricValues, Outcome, Spool, Warning, cost,
};
use crate::plant::fluid::scope;
use crate::scenario::Scenario;
use crate::scenario::schema::{self, Price};

pub(super) fn outcome(mut world: World<'_>, seed: u64) -> Result<Outcome, SimulationError> {
    let scenario = world.scenario;
    world.end_row();
    if let Some(fault) = scenario.open_trace().and_then(|trace| trace.fault()) {
        return Err(SimulationError::Trace(fault.to_string()));
    }
    if let Some(error) = world.site.ledger.rows_lost.take().or(world.entries_lost.take()) {
        return Err(SimulationError::Spool(error.to_string()));
    }
    let total = world.site.ledger.total().clone();
    let bill = bill(&mut world);
    let (activities, reactions, instances) =
        logs(&mut world).map_err(|error| SimulationError::Spool(error.to_string()))?;
    let metrics = metrics(&mut world, &total, bill, (&activities, &reactions));
    let mut warnings = warnings(&world, &total);
    if world.options.fidelity == Fidelity::Fluid {
        warnings.extend(scope::warnings(scenario, &metrics, world.site.plant.crowded_share()));
    }
    let thresholds = thresholds(&world);
    let calendar = scenario.open_trace().and_then(windtunnel_traces::OpenTrace::calendar);
    let zone = calendar.as_ref().and_then(|calendar| calendar.start().time_zone().iana_name().map(str::to_string));
    Ok(Outcome {
        name: scenario.name.clone(),
        provider: scenario.provider(),
        fidelity: world.options.fidelity,
        seed,
        digest: scenario.digest.clone(),
        traffic: match world.options.fidelity {
            Fidelity::Requests => scenario.traffic(),
            Fidelity::Fluid => format!("{}, simulated as a fluid", scenario.traffic()),
        },
        horizon: scenario.horizon,
        calendar_start: calendar.map(|calendar| calendar.start().timestamp().as_second()),
        time_zone: zone,
        currency: scenario.file.instance.price.currency.clone(),
        objective: scenario.objective(),
        metrics,
        timeline: std::mem::take(&mut world.site.ledger.rows),
        activities,
        reactions,
        alarms: world.alarms,
        thresholds,
        instances,
        censored: censored(scenario),
        latency: total.latency,
        warnings,
    })
}

/// The activity log, the reaction budgets and the lives of instances.
fn logs(world: &mut World<'_>) -> io::Result<(Spool<ActivityEntry>, Spool<Reaction>, Spool<InstanceLife>)> {
    let reactions = std::mem::take(&mut world.scale_outs).budgets(&mut world.site)?;
    let activities = std::mem::take(&mut world.activities).into_spool()?;
    Ok((activities, reactions, std::mem::take(&mut world.site.ledger.lives).into_spool()?))
}

/// Where the trace shows less than what was asked for.
fn censored(scenario: &Scenario) -> Vec<CensoredStretch> {
    let stretches = scenario.open_trace().map(|trace| trace.censored_until(scenario.end())).unwrap_or_default();
    let seconds = |(from, to, reason): (SimTime, SimTime, String)| CensoredStretch {
        from_seconds: from.as_secs_f64(),
        to_seconds: to.as_secs_f64(),
        reason,
    };
    stretches.into_iter().map(seconds).collect()
}

/// Hours that are billed, and their amount.
fn bill(world: &mut World<'_>) -> (f64, f64) {
    let file = &world.scenario.file;
    let pod_price = file.pods.as_ref().and_then(schema::Pods::price_per_hour);
    let price = &match (&world.group, pod_price) {
        (Group::Pods(_), Some(per_hour)) => Price { per_hour, ..file.instance.price.clone() },
        _ => file.instance.price.clone(),
    };
    let mut hours = 0.0;
    let mut amount = 0.0;
    let mut add = |launched, ended| {
        let (billed, cost) = cost::bill(launched, ended, world.end, price);
        hours += billed.as_secs_f64() / 3600.0;
        amount += cost;
    };
    let mut add_launches = |ledger: &mut Ledger| {
        for number in 0..ledger.launches.len() {
            ledger.launches.with(number, |launch| add(launch.launched, launch.released));
        }
    };
    match &world.group {
        Group::Pods(_) if pod_price.is_some() => add_launches(&mut world.site.ledger),
        Group::Pods(pods) => pods.node_lives().for_each(|(launched, ended)| add(launched, ended)),
        Group::Instances(instances) => {
            add_launches(&mut world.site.ledger);
            amount += pool_cost(instances, world.end, price);
        }
    }
    (hours, amount)
}

/// What prepared instances cost while they wait: as much as others where they run, else their disks.
fn pool_cost(instances: &Instances, end: SimTime, price: &Price) -> f64 {
    let (running, spans) = instances.pool_spans();
    let per_hour = if running { price.per_hour } else { price.stopped_per_hour };
    let hours = |(since, until): (SimTime, Option<SimTime>)| {
        until.unwrap_or(end).saturating_since(since).as_secs_f64() / 3600.0
    };
    spans.map(hours).sum::<f64>() * per_hour
}

fn metrics(
    world: &mut World<'_>,
    total: &Segment,
    (hours, instances_cost): (f64, f64),
    (activities, reactions): (&Spool<ActivityEntry>, &Spool<Reaction>),
) -> MetricValues {
    let end = world.end;
    let seconds = world.scenario.horizon.as_secs_f64();
    let in_flight = world.site.plant.in_flight();
    let (outs, ins, refused) = scalings(world, activities);
    let flaps = flaps(activities, world.scenario.file.slo.flap_window.as_secs_f64());
    let extremes = Extremes::of(reactions);
    let bills_pods = world.scenario.file.pods.as_ref().is_some_and(|pods| pods.price.is_some());
    let bills_nodes = matches!(world.group, Group::Pods(_)) && !bills_pods;
    let ledger = &mut world.site.ledger;
    let balancer_cost = ledger.balancer_cost(world.scenario.horizon, total.attempts as f64);
    let (windows, violating_windows) = ledger.windows();
    let utilization = ledger.mean_utilization(end);
    let mean_in_service = ledger.in_service.integral(end) / seconds;
    let mean_billed = if bills_nodes { ledger.nodes.integral(end) } else { ledger.billed.integral(end) } / seconds;
    let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let decided = total.decided();
    let satisfied = total.served - total.slow;
    let tolerating = total.slow - total.frustrated;
    let elasticity = &ledger.elasticity;
    let value = |name: &str| match name {
        "requests_arrived" => total.arrived as f64,
        "requests_served" => total.served as f64,
        "requests_timed_out" => total.timed_out as f64,
        "requests_rejected" => total.rejected as f64,
        "requests_failed" => total.failed as f64,
        "requests_in_flight_at_end" => in_flight as f64,
        "attempts" => total.attempts as f64,
        "latency_mean_seconds" => total.latency.mean_seconds(),
        "latency_p50_seconds" => total.latency.quantile(0.5),
        "latency_p95_seconds" => total.latency.quantile(0.95),
        "latency_p99_seconds" => total.latency.quantile(0.99),
        "latency_p999_seconds" => total.latency.quantile(0.999),
        "latency_max_seconds" => total.latency.max_seconds(),
        "slo_violating_request_fraction" => share(total.violating(), decided),
        "slo_violating_window_fraction" => share(violating_windows, windows),
        "apdex" => {
            if decided == 0 {
                1.0
            } else {
                (satisfied as f64 + tolerating as f64 / 2.0) / decided as f64
            }
        }
        "cost_total" => instances_cost + balancer_cost,
        "cost_instances" => instances_cost,
        "cost_balancer" => balancer_cost,
        "instance_hours" => hours,
        "mean_in_service" => mean_in_service,
        "peak_in_service" => ledger.in_service.peak(),
        "mean_billed" => mean_billed,
        "cpu_utilization_mean" => utilization,
        "scale_outs" => outs as f64,
        "scale_ins" => ins as f64,
        "rejected_actions" => refused as f64,
        "flaps" => flaps as f64,
        "instance_starts_per_hour" => ledger.starts as f64 / seconds * 3600.0,
        "instance_stops_per_hour" => ledger.stops as f64 / seconds * 3600.0,
        "under_provision_accuracy" => elasticity.under_provision_accuracy(),
        "over_provision_accuracy" => elasticity.over_provision_accuracy(),
        "under_provision_timeshare" => elasticity.under_provision_timeshare(),
        "over_provision_timeshare" => elasticity.over_provision_timeshare(),
        "instability" => elasticity.instability(),
        // A definition without a figure would be a fault of this table; the test of every name finds it.
        _ => f64::NAN,
    };
    MetricValues::collect(|name| {
        if name.starts_with("reaction_") { reaction::figure(extremes.as_ref(), name) } else { Some(value(name)) }
    })
}

/// Scale-outs, scale-ins and refusals.
fn scalings(world: &World<'_>, activities: &Spool<ActivityEntry>) -> (u64, u64, u64) {
    let (mut outs, mut ins, mut refused) = (0, 0, world.refusals_unlisted + world.refusals_counted);
    for entry in activities {
        outs += u64::from(entry.accepted && entry.to > entry.from);
        ins += u64::from(entry.accepted && entry.to < entry.from);
        refused += u64::from(!entry.accepted);
    }
    let held_back = match &world.control {
        Control::Hpa(control) => control.held_back,
        _ => 0,
    };
    (outs, ins, refused + held_back)
}

/// Activities that go the other way than the one before, within `window` seconds of it.
fn flaps(activities: &Spool<ActivityEntry>, window: f64) -> usize {
    let mut last: Option<(f64, bool)> = None;
    let mut flaps = 0;
    for entry in activities.iter().filter(|entry| entry.accepted && entry.to != entry.from) {
        let change = (entry.at_seconds, entry.to > entry.from);
        let turned = last.is_some_and(|last| last.1 != change.1 && change.0 - last.0 <= window);
        flaps += usize::from(turned);
        last = Some(change);
    }
    flaps
}

fn thresholds(world: &World<'_>) -> Vec<AlarmLevel> {
    match &world.control {
        Control::Cloud(controller) => controller
            .alarms()
            .into_iter()
            .map(|alarm| AlarmLevel {
                name: alarm.name,
                metric: format!("{:?}", alarm.metric),
                comparison: alarm.comparison.to_string(),
                threshold: alarm.threshold,
                is_cpu_utilization: alarm.metric == Metric::CpuUtilization,
            })
            .collect(),
        Control::Hpa(control) => control
            .spec()
            .metrics
            .iter()
            .filter_map(|metric| match metric.source {
                Source::Resource(resource, Goal::Utilization(percent))
                | Source::ContainerResource(resource, _, Goal::Utilization(percent)) => Some(AlarmLevel {
                    name: format!("{} target", metric.name),
                    metric: metric.name.clone(),
                    comparison: "target".into(),
                    threshold: f64::from(percent),
                    is_cpu_utilization: resource == Resource::Cpu,
                }),
                _ => None,
            })
            .collect(),
        Control::Fixed(_) => Vec::new(),
    }
}

fn warnings(world: &World<'_>, total: &Segment) -> Vec<Warning> {
    let mut warnings = Vec::new();
    // What a lenient group does against its API is part of the result.
    if let Some(group) = world.scenario.policy.cloud().filter(|group| group.is_lenient()) {
        let found = group.validate().into_iter().chain(group.check_balancer(&world.scenario.file.balancer));
        let refused = found.filter(|problem| problem.severity == Severity::Warning);
        warnings.extend(refused.map(|problem| Warning { message: problem.to_string(), hint: None }));
    }
    let mut warn = |message: String, hint: &str| warnings.push(Warning { message, hint: Some(hint.to_string()) });
    if total.arrived == 0 {
        warn("no request arrived in the whole run".into(), "look at the trace and the horizon");
    }
    let in_flight = world.site.plant.in_flight();
    if total.arrived > 1000 && in_flight as f64 > 0.05 * total.arrived as f64 {
        warn(
            format!("{in_flight} requests were still inside at the end: the queue grew without bound"),
            "set service.timeout and instance.backlog, or add capacity",
        );
    }
    if let Some(trace) = world.scenario.open_trace() {
        let gaps = trace.gaps();
        if gaps.count > 0 {
            warn(
                format!("the recording has {} gaps, {} in all", gaps.count, gaps.total),
                "what fills them is said by trace.gaps",
            );
        }
    }
    if world.refusals_unlisted > 0 {
        warn(
            format!(
                "{} refused activities are counted but not listed, after the first 10,000",
                world.refusals_unlisted
            ),
            "an alarm asks for what the group cannot do again and again: look at its limits",
        );
    }
    if world.end < SimTime::ZERO + world.scenario.file.slo.window {
        warn("the run is shorter than one window of the objective".into(), "simulate longer, or shorten slo.window");
    }
    if let Control::Hpa(control) = &world.control
        && let Some((syncs, why)) = &control.failed
    {
        warn(
            format!("the HPA refused to act at {syncs} syncs: {why}"),
            "the activity log has the time and the numbers; a CPU or memory utilization needs pods.cpu.request or \
                 pods.memory.request, as resources.requests in the Deployment",
        );
    }
    warnings
}
