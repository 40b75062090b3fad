//! What holds for every scenario, checked on small random ones: every controller, every kind of event, every balancer,
//! failing boots, crashes, retries, closed loops. Scenarios are texts, as people write them; a failure prints the text.

mod support;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use support::{figure, run, scenario};
use windtunnel_sim::outcome::Outcome;
use windtunnel_sim::scenario::Scenario;
use windtunnel_sim::scenario::schema::EventKind;

/// Sums of gauges differ from their exact values by rounding only.
const ROUNDING: f64 = 1e-6;

// ---- scenarios

fn text(choices: impl IntoIterator<Item = &'static str>) -> impl Strategy<Value = String> {
    select(choices.into_iter().map(String::from).collect::<Vec<_>>())
}

/// Some of the lines, in their order.
fn some_of(lines: &'static [&'static str]) -> impl Strategy<Value = String> {
    subsequence(lines, 0..=lines.len()).prop_map(|lines| lines.join("\n"))
}

fn trace() -> impl Strategy<Value = String> {
    let rates = (1u32..12, 1u32..30);
    prop_oneof![
        rates.clone().prop_map(|(rate, _)| format!("trace = {{ shape = \"constant\", rate = \"{rate}rps\" }}")),
        rates.prop_map(|(base, more)| {
            let peak = base + more;
            format!("trace = {{ shape = \"step\", base = \"{base}rps\", peak = \"{peak}rps\", at = \"10m\", lasts = \"15m\" }}")
        }),
        text([
            "trace.clients = { batch = 20, pause = \"5s\" }",
            "trace.clients = { users = 15, think = { exponential = { mean = \"3s\" } }, for = \"20m\" }",
        ]),
    ]
}

fn service() -> impl Strategy<Value = String> {
    let cpu = text([
        "cpu = \"100ms\"",
        "cpu = { exponential = { mean = \"200ms\" } }",
        "cpu = { lognormal = { mean = \"150ms\", cv = 2.0 } }",
    ]);
    let others = some_of(&[
        "wait = { exponential = { mean = \"100ms\" } }",
        "timeout = \"1s\"",
        "cancel_on_timeout = true",
        "patience = { exponential = { mean = \"2s\" } }",
        "retry = { attempts = 3, backoff = \"500ms\", budget = \"20%\" }",
        "downstream = { limit = 5, wait = \"50ms\" }",
        "cold_start = { slowdown = 3.0, settle = \"60s\" }",
        "memory = { base = \"500MiB\", per_request = \"5MiB\" }",
    ]);
    (cpu, others).prop_map(|(cpu, others)| format!("[service]\n{cpu}\n{others}"))
}

fn plant() -> impl Strategy<Value = String> {
    let sharing = text(["fcfs", "processor-sharing"]);
    let balancer = text(["round-robin", "random", "least-outstanding", "power-of-two"]);
    let limits = some_of(&["workers = 4", "backlog = 6"]);
    let balancing = some_of(&[
        "attach = \"20s\"",
        "drain = \"30s\"",
        "drain_ends_when_idle = true",
        "health = { every = \"5s\", timeout = \"5s\", healthy = 3, unhealthy = 3 }",
        "slow_start = \"60s\"",
        "price_per_hour = 0.1",
        "price_per_million = 3.0",
    ]);
    let fleet = some_of(&["mean_time_between_crashes = \"30m\"", "stop = \"15s\"", "health_check = \"30s\""]);
    (1u32..4, sharing, limits, balancer, balancing, 1u32..4, fleet).prop_map(
        |(cores, sharing, limits, algorithm, balancing, zones, fleet)| {
            format!(
                "[instance]\ncores = {cores}\nmemory = \"8GiB\"\ndiscipline = \"{sharing}\"\n{limits}\n\
                 price = {{ per_hour = 2.0, billed_per = \"1ns\", minimum = \"0s\" }}\n\
                 [balancer]\nalgorithm = \"{algorithm}\"\n{balancing}\n[fleet]\nzones = {zones}\n{fleet}"
            )
        },
    )
}

fn boot() -> impl Strategy<Value = String> {
    let first = text(["", "\nfails = 0.3", "\nfails = 0.3\nthen = \"give-up\"", "\nfails = 0.9\nthen = \"continue\""]);
    let then = text(["replace", "give-up", "continue"]);
    (first, then, any::<[bool; 2]>()).prop_map(|(first, then, [boots, polls])| {
        let provision =
            format!("[[boot]]\nstage = \"provision\"\ntime = {{ exponential = {{ mean = \"40s\" }} }}{first}\n");
        let poll = format!(
            "[[boot]]\nstage = \"poll\"\ntime = {{ exponential = {{ mean = \"20s\" }} }}\n\
             poll = {{ every = \"10s\", attempts = 5 }}\nfails = 0.1\nthen = \"{then}\"\n"
        );
        format!("{}{}", if boots { provision } else { String::new() }, if polls { poll } else { String::new() })
    })
}

/// Zone 0 exists in every scenario.
const EVENTS: &[&str] = &[
    "kind = \"zone-outage\"\nlasts = \"5m\"",
    "kind = \"zone-outage\"\nlasts = \"12m\"",
    "kind = \"metrics-outage\"\nlasts = \"8m\"",
    "kind = \"rolling-update\"",
    "kind = \"rolling-update\"\ncount = 3",
    "kind = \"spot-interruption\"\ncount = 2\nnotice = \"30s\"",
    "kind = \"boot-slowdown\"\nfactor = 3.0\nlasts = \"10m\"",
    "kind = \"downstream-slowdown\"\nfactor = 4.0\nlasts = \"6m\"",
    "kind = \"set-capacity\"\ndesired = 6",
    "kind = \"set-capacity\"\ndesired = 2",
];

fn events() -> impl Strategy<Value = String> {
    let event = (0u32..3600, text(EVENTS.iter().copied()));
    proptest::collection::vec(event, 0..5).prop_map(|events| {
        events.into_iter().map(|(at, event)| format!("[[event]]\nat = \"{at}s\"\n{event}\n")).collect()
    })
}

/// A cloud's group with one rule out and one in, fast enough to act often within an hour.
fn cloud() -> impl Strategy<Value = String> {
    let providers = select(vec![
        ("ess", "rule", "CpuUtilization"),
        ("aws", "policy", "CPUUtilization"),
        ("tencent", "policy", "CPU_UTILIZATION"),
    ]);
    // A hook of ESS that rolls every removal back: the instance serves again.
    let hook =
        "[[ess.hook]]\nname = \"stay\"\ntransition = \"terminating\"\ntimeout = \"45s\"\nresult = \"rollback\"\n";
    let flags = any::<[bool; 2]>();
    (providers, 1u32..4, 0u32..6, flags, 1u32..4).prop_map(move |((provider, rule, metric), min, more, flags, out)| {
        let [desired, rolls_back] = flags;
        let hook = if rolls_back && provider == "ess" { hook } else { "" };
        let max = min + more;
        let desired = if desired { format!("desired = {}", min + more / 2) } else { String::new() };
        format!(
            "[{provider}]\nmin = {min}\nmax = {max}\n{desired}\n\
             [[{provider}.{rule}]]\nname = \"out\"\nadjust = {{ change = {out} }}\ncooldown = \"60s\"\n\
             [[{provider}.{rule}]]\nname = \"in\"\nadjust = {{ change = -1 }}\ncooldown = \"120s\"\n\
             [[{provider}.alarm]]\nname = \"high\"\nmetric = \"{metric}\"\nstatistic = \"average\"\ncomparison = \">\"\n\
             threshold = 60\nperiod = \"60s\"\ntimes = 1\naction = \"out\"\n\
             [[{provider}.alarm]]\nname = \"low\"\nmetric = \"{metric}\"\nstatistic = \"average\"\ncomparison = \"<\"\n\
             threshold = 30\nperiod = \"60s\"\ntimes = 2\naction = \"in\"\n{hook}"
        )
    })
}

fn hpa() -> impl Strategy<Value = String> {
    let nodes = text(["[nodes]\ncount = 3", "[cluster_autoscaler]\nmin = 1\nmax = 5\nunneeded = \"3m\""]);
    let pods = some_of(&[
        "discipline = \"processor-sharing\"",
        "workers = 4",
        "backlog = 6",
        "image_pull = \"10s\"",
        "start = { exponential = { mean = \"15s\" } }",
        "endpoint_delay = \"1s\"",
        "termination_grace = \"10s\"",
    ]);
    let metric = text([
        "type = \"Resource\"\nresource = { name = \"cpu\", target = { type = \"Utilization\", averageUtilization = 60 } }",
        "type = \"Pods\"\npods = { metric = { name = \"requests_per_second\" }, target = { type = \"AverageValue\", averageValue = \"3\" } }",
    ]);
    (nodes, pods, metric, 1u32..3, 0u32..8).prop_map(|(nodes, pods, metric, min, more)| {
        let max = min + more;
        format!(
            "{nodes}\n[pods]\ncpu = {{ request = \"500m\", limit = \"1\" }}\n\
             memory = {{ request = \"1GiB\", limit = \"2GiB\" }}\n{pods}\n\
             [hpa.spec]\nminReplicas = {min}\nmaxReplicas = {max}\n[[hpa.spec.metrics]]\n{metric}\n"
        )
    })
}

fn scenario_text() -> impl Strategy<Value = String> {
    let controller = prop_oneof![
        1 => (0u32..6).prop_map(|instances| format!("[fixed]\ninstances = {instances}\n")),
        3 => cloud(),
        2 => hpa(),
    ];
    let horizon = text(["5m", "47m", "1h", "90m"]);
    (horizon, trace(), service(), plant(), boot(), events(), controller).prop_map(
        |(horizon, trace, service, plant, boot, events, controller)| {
            format!("horizon = \"{horizon}\"\n{trace}\n{service}\n{plant}\n{boot}{events}{controller}")
        },
    )
}

// ---- what holds

/// A condition that a scenario must meet; says which and by what.
macro_rules! holds {
    ($condition:expr, $($message:tt)+) => {
        let held: bool = $condition;
        if !held {
            return Err(format!($($message)+));
        }
    };
}

fn requests_are_conserved(outcome: &Outcome) -> Result<(), String> {
    let of = |name: &str| figure(outcome, &format!("requests_{name}"));
    let accounted = of("served") + of("timed_out") + of("rejected") + of("failed") + of("in_flight_at_end");
    holds!(of("arrived") == accounted, "{} arrived, {accounted} accounted for", of("arrived"));
    holds!(figure(outcome, "attempts") >= of("arrived") - of("in_flight_at_end"), "fewer attempts than requests");
    Ok(())
}

fn rows_add_up(outcome: &Outcome) -> Result<(), String> {
    let mut end = 0.0;
    for row in &outcome.timeline {
        holds!(row.start_seconds == end && row.end_seconds > end, "a row from {} after {end}", row.start_seconds);
        end = row.end_seconds;
        for (name, level) in [
            ("in service", row.in_service),
            ("booting", row.booting),
            ("draining", row.draining),
            ("billed", row.billed),
            ("nodes", row.nodes),
            ("cost", row.cost),
        ] {
            holds!(level >= -ROUNDING && level.is_finite(), "{level} {name} at {end}");
        }
    }
    holds!((end - outcome.horizon.as_secs_f64()).abs() < ROUNDING, "the last row ends at {end}");
    let arrived: u64 = outcome.timeline.iter().map(|row| row.arrived).sum();
    holds!(arrived as f64 == figure(outcome, "requests_arrived"), "{arrived} arrived in all rows");
    let costs: Vec<f64> = outcome.timeline.iter().map(|row| row.cost).collect();
    let costs = costs.windows(2).all(|pair| pair[0] <= pair[1] + ROUNDING);
    holds!(costs, "cost falls");
    Ok(())
}

/// Pods are measured against their requests, of which they may use more.
fn busy_time_fits_into_the_cores(outcome: &Outcome, limit: f64) -> Result<(), String> {
    for row in &outcome.timeline {
        let highest = row.cpu_utilization.max(row.cpu_utilization_max);
        holds!(highest <= limit + ROUNDING, "utilization {highest} in the row to {}", row.end_seconds);
        holds!(row.cpu_utilization >= -ROUNDING, "utilization {} to {}", row.cpu_utilization, row.end_seconds);
    }
    Ok(())
}

/// With a minimum of zero and units of a nanosecond the bill is the integral of what is billed.
fn cost_is_the_integral(outcome: &Outcome, scenario: &Scenario) -> Result<(), String> {
    let hours = figure(outcome, "instance_hours");
    let integral = figure(outcome, "mean_billed") * outcome.horizon.as_secs_f64() / 3600.0;
    holds!((hours - integral).abs() < ROUNDING, "{hours} hours billed, the integral is {integral}");
    let cost = hours * scenario.file.instance.price.per_hour;
    holds!((figure(outcome, "cost_instances") - cost).abs() < ROUNDING, "{hours} hours do not cost that");
    let balancer = &scenario.file.balancer;
    let of_balancer = outcome.horizon.as_secs_f64() / 3600.0 * balancer.price_per_hour
        + figure(outcome, "attempts") / 1e6 * balancer.price_per_million;
    holds!((figure(outcome, "cost_balancer") - of_balancer).abs() < ROUNDING, "the balancer should cost {of_balancer}");
    let last = outcome.timeline.last().map_or(0.0, |row| row.cost);
    let total = figure(outcome, "cost_total");
    holds!((last - total).abs() < 1e-5, "the last row has cost {last}, the run {total}");
    Ok(())
}

fn lives_are_in_order(outcome: &Outcome) -> Result<(), String> {
    for life in &outcome.instances {
        let stages = life.stages.iter().map(|(_, at)| Some(*at));
        let booting: Vec<f64> = std::iter::once(Some(life.launched_seconds)).chain(stages).flatten().collect();
        let serving = [Some(life.launched_seconds), life.in_service_seconds, life.draining_seconds, life.ended_seconds];
        let serving: Vec<f64> = serving.into_iter().flatten().collect();
        let sorted = |times: &[f64]| times.windows(2).all(|pair| pair[0] <= pair[1]);
        holds!(sorted(&booting) && sorted(&serving), "{life:?}");
        holds!(life.ended_seconds.is_none() || life.ended_by.is_some(), "gone for no reason: {life:?}");
    }
    // Pods are not what is billed: nodes are.
    if outcome.provider.unit() == "instances" {
        let horizon = outcome.horizon.as_secs_f64();
        let existed = |life: &windtunnel_sim::outcome::InstanceLife| {
            life.ended_seconds.unwrap_or(horizon) - life.launched_seconds
        };
        let hours: f64 = outcome.instances.iter().map(|life| existed(&life)).sum::<f64>() / 3600.0;
        let billed = figure(outcome, "instance_hours");
        holds!((hours - billed).abs() < ROUNDING, "instances lived {hours} h, billed {billed} h");
    }
    Ok(())
}

/// The bounds of the group, for the controllers that have them.
fn bounds(scenario: &Scenario) -> Option<(u32, u32)> {
    let file = &scenario.file;
    let ess = file.ess.as_ref().map(|group| (group.min, group.max));
    let aws = file.aws.as_ref().map(|group| (group.min, group.max));
    ess.or(aws).or(file.tencent.as_ref().map(|group| (group.min, group.max)))
}

fn capacity_keeps_its_bounds(outcome: &Outcome, scenario: &Scenario) -> Result<(), String> {
    let Some((min, max)) = bounds(scenario) else { return Ok(()) };
    for row in &outcome.timeline {
        let desired = row.desired;
        holds!((f64::from(min)..=f64::from(max)).contains(&desired), "{desired} desired at {}", row.end_seconds);
    }
    // An update launches before it removes: `count` more, as long as it runs. Two of them may run into each other.
    let updates = scenario.file.event.iter().filter(|event| event.kind == EventKind::RollingUpdate);
    let surge: u32 = updates.map(|event| event.count.unwrap_or(1)).max().unwrap_or(0);
    // "may exceed the maximum by 10 percent or one instance, whichever is greater": EC2 Auto Scaling User Guide, rebalancing.
    let rebalances = scenario.file.aws.is_some() && scenario.file.fleet.zones > 1;
    let surge = surge + if rebalances { (max / 10).max(1) } else { 0 };
    for life in &outcome.instances {
        let at = life.launched_seconds;
        let leaves = |other: &windtunnel_sim::outcome::InstanceLife| {
            other.launched_seconds <= at
                && other.draining_seconds.is_none_or(|draining| draining > at)
                && other.ended_seconds.is_none_or(|ended| ended > at)
        };
        let members = outcome.instances.iter().filter(leaves).count();
        holds!(
            members <= (max + surge) as usize,
            "{members} instances at {at}, the maximum is {max} and {surge} in an update or a rebalancing"
        );
    }
    Ok(())
}

fn figures_are_finite(outcome: &Outcome) -> Result<(), String> {
    for definition in windtunnel_sim::outcome::metric::DEFINITIONS {
        // A figure may have no value, such as the reaction of a run without scale-outs.
        let Some(value) = outcome.metrics.get(definition.name) else {
            holds!(definition.name.starts_with("reaction_"), "{} has no value", definition.name);
            continue;
        };
        holds!(value.is_finite() && value >= 0.0, "{} is {value}", definition.name);
    }
    Ok(())
}

/// The parts of every reaction are neighbours in time and add up to it, and it ends where what it launched first serves.
fn reactions_add_up(outcome: &Outcome) -> Result<(), String> {
    for reaction in &outcome.reactions {
        let mut at = reaction.start;
        for part in &reaction.parts {
            holds!(part.start == at, "{} begins at {}, not at {at}", part.stage, part.start);
            at += part.lasts;
        }
        holds!(reaction.start <= reaction.decided, "decided at {}, before {}", reaction.decided, reaction.start);
        let (Some(first), Some(total)) = (reaction.first_request, reaction.total) else {
            holds!(at == reaction.decided, "what is known ends at {at}, not with the decision at {}", reaction.decided);
            continue;
        };
        holds!(at == first, "the parts end at {at}, the first request comes at {first}");
        let sum = reaction.parts.iter().map(|part| part.lasts).sum();
        holds!(total == sum, "{total} in all, but the parts are {sum}");
        let life = reaction.instance.and_then(|instance| outcome.instances.get(instance as usize));
        let Some(life) = life else { return Err("nobody served the first request".to_owned()) };
        let in_service = life.in_service_seconds.unwrap_or(f64::INFINITY);
        holds!(in_service <= first.as_secs_f64(), "a request at {first}, in service at {in_service}");
        holds!(reaction.decided.as_secs_f64() <= life.launched_seconds, "launched before the decision");
    }
    let phases: Vec<f64> = windtunnel_sim::outcome::reaction::Phase::ALL
        .into_iter()
        .filter_map(|phase| outcome.metrics.get(phase.metric()))
        .collect();
    let median = outcome.metrics.get("reaction_median_seconds");
    holds!(median.is_some() == (phases.len() == 8), "a median without its parts, or parts without it");
    holds!((phases.iter().sum::<f64>() - median.unwrap_or(0.0)).abs() <= ROUNDING, "the median's parts do not add up");
    Ok(())
}

/// Everything that holds, of one scenario.
fn check(text: &str, seed: u64) -> Result<(), String> {
    let scenario = scenario(text);
    let outcome = run(&scenario, seed);
    requests_are_conserved(&outcome)?;
    rows_add_up(&outcome)?;
    let limit = if outcome.provider.unit() == "pods" { 2.0 } else { 1.0 };
    busy_time_fits_into_the_cores(&outcome, limit)?;
    cost_is_the_integral(&outcome, &scenario)?;
    lives_are_in_order(&outcome)?;
    capacity_keeps_its_bounds(&outcome, &scenario)?;
    figures_are_finite(&outcome)?;
    reactions_add_up(&outcome)?;
    let again = run(&scenario, seed);
    let bytes = |outcome: &Outcome| serde_json::to_string(outcome).expect("an outcome is JSON");
    holds!(bytes(&outcome) == bytes(&again), "the same seed gives another result");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_scenario_keeps_the_books(text in scenario_text(), seed in 0u64..1000) {
        if let Err(broken) = check(&text, seed) {
            prop_assert!(false, "{}\nunder seed {} of\n{}", broken, seed, text);
        }
    }
}
