//! The numbers of a scenario that hazards are judged by: what arrives, what a unit (an instance, or a pod) can serve, how
//! long a new one takes.

use windtunnel_traces::distribution::Sampler;
use windtunnel_traces::trace::{OpenTrace, Trace};
use windtunnel_traces::{Cores, SimDuration, SimTime};

use crate::fleet::boot::Stage;
use crate::outcome::demand::DemandCurve;
use crate::scenario::{Policy, Scenario};

/// Traffic is judged by the minute: what is shorter is a burst, which queues take.
const MINUTE: f64 = 60.0;

/// Longer traces are looked at in coarser steps, so that memory is bounded.
const MOST_STEPS: f64 = 100_000.0;

/// What is known about a scenario without running it.
pub(super) struct Numbers {
    /// "instance" or "pod".
    pub(super) unit: &'static str,
    /// Cores that a unit can use.
    pub(super) cores: f64,
    /// Mean core time of a request, in seconds.
    pub(super) cpu: f64,
    /// Mean time of a request off the core, in seconds.
    pub(super) wait: f64,
    /// Requests per second that a unit can serve at all.
    pub(super) limit_per_unit: f64,
    /// Requests per second that a unit can serve within the objective.
    pub(super) within_objective: f64,
    /// What arrives, when it does not depend on the answers.
    pub(super) traffic: Option<Traffic>,
    /// Mean time from the decision until a new unit serves.
    pub(super) ready: Ready,
}

/// Requests per second.
pub(super) struct Traffic {
    /// Mean over the run.
    pub(super) mean: f64,
    /// The busiest minute.
    pub(super) peak: f64,
    /// When that minute begins.
    pub(super) peak_at: SimTime,
    /// The quietest minute.
    pub(super) trough: f64,
    /// The rates, one per step.
    pub(super) steps: Vec<f64>,
    /// The length of a step in seconds.
    pub(super) step: f64,
}

/// The way of a new unit into service, in seconds (means).
pub(super) struct Ready {
    /// Until the provider regards it as created and attaches it: an activity ends here, a cooldown begins.
    pub(super) joined: f64,
    /// All boot stages.
    pub(super) booted: f64,
    /// Until it receives traffic.
    pub(super) serving: f64,
}

impl Numbers {
    pub(super) fn of(scenario: &Scenario) -> Numbers {
        let file = &scenario.file;
        let is_hpa = matches!(scenario.policy, Policy::Hpa { .. });
        let node = file.instance.cores.as_f64();
        let limit = file.pods.as_ref().filter(|_| is_hpa).and_then(|pods| pods.cpu.limit).map(Cores::as_f64);
        let cores = limit.map_or(node, |limit| limit.min(node));
        let (cpu, wait) = demand(scenario);
        let objective = scenario.objective();
        let curve = DemandCurve::new(cores, cpu, wait, objective.latency_seconds, objective.percentile);
        let limit_per_unit = if cpu > 0.0 { cores / cpu } else { f64::INFINITY };
        let workers = if is_hpa { file.pods.as_ref().and_then(|pods| pods.workers) } else { file.instance.workers };
        let by_workers = workers.filter(|_| cpu + wait > 0.0).map(|workers| f64::from(workers) / (cpu + wait));
        let limit_per_unit = by_workers.map_or(limit_per_unit, |by_workers| by_workers.min(limit_per_unit));
        Numbers {
            unit: if is_hpa { "pod" } else { "instance" },
            cores,
            cpu,
            wait,
            limit_per_unit,
            within_objective: curve.per_instance.min(limit_per_unit),
            traffic: match &scenario.trace {
                Trace::Open(trace) => traffic(trace, scenario.horizon),
                Trace::Closed(_) => None,
            },
            ready: if is_hpa { pod_ready(scenario) } else { instance_ready(scenario) },
        }
    }

    /// Units that a rate needs within the objective.
    pub(super) fn units_for(&self, rate: f64) -> f64 {
        libm::ceil(rate / self.within_objective)
    }

    /// Mean CPU utilization, percent of the unit's cores, of `n` units at a rate.
    pub(super) fn utilization(&self, rate: f64, n: f64) -> f64 {
        (100.0 * rate * self.cpu / (n * self.cores)).min(100.0)
    }
}

/// Mean seconds on and off the core of a request, over its classes.
fn demand(scenario: &Scenario) -> (f64, f64) {
    let classes = &scenario.laws.classes;
    let weights: f64 = classes.iter().map(|class| class.weight).sum();
    let mean = |pick: &dyn Fn(&crate::plant::requests::ClassDemand) -> f64| {
        classes.iter().map(|class| class.weight * pick(class)).sum::<f64>() / weights / 1e9
    };
    let downstream = scenario.laws.downstream.as_ref().map_or(0.0, Sampler::mean_nanos) / 1e9;
    (mean(&|class| class.cpu.mean_nanos()), mean(&|class| class.wait.mean_nanos()) + downstream)
}

fn traffic(trace: &OpenTrace, horizon: SimDuration) -> Option<Traffic> {
    let end = SimTime::ZERO + horizon;
    let seconds = horizon.as_secs_f64();
    let step = MINUTE.max(libm::ceil(seconds / MOST_STEPS));
    let count = libm::ceil(seconds / step) as usize;
    if count == 0 {
        return None;
    }
    let mut requests = vec![0.0; count];
    let width = SimDuration::from_secs_f64(step);
    for piece in trace.rate_segments().until(end) {
        let first = (piece.start.as_secs_f64() / step) as usize;
        for (index, sum) in requests.iter_mut().enumerate().skip(first) {
            let from = SimTime::ZERO + width * index as u64;
            if from >= piece.end {
                break;
            }
            if let Some(part) = piece.within(from, from + width) {
                *sum += part.requests();
            }
        }
    }
    let length = |index: usize| step.min(seconds - index as f64 * step);
    let steps: Vec<f64> = requests.iter().enumerate().map(|(index, sum)| sum / length(index)).collect();
    let (busiest, peak) =
        steps.iter().copied().enumerate().fold((0, 0.0), |best, next| if next.1 > best.1 { next } else { best });
    Some(Traffic {
        mean: requests.iter().sum::<f64>() / seconds,
        peak,
        peak_at: SimTime::ZERO + width * busiest as u64,
        trough: steps.iter().copied().fold(f64::INFINITY, f64::min),
        steps,
        step,
    })
}

/// Mean length of a stage. What is polled for is noticed half a poll late.
fn stage_mean(stage: &Stage) -> f64 {
    let mean = stage.time.mean_nanos() / 1e9;
    match stage.poll {
        Some((every, _)) if mean > 0.0 => mean + every.as_secs_f64() / 2.0,
        _ => mean,
    }
}

fn instance_ready(scenario: &Scenario) -> Ready {
    let stages = &scenario.laws.boot;
    let file = &scenario.file;
    let named = file.fleet.created_after.as_ref();
    let created = named.and_then(|name| stages.iter().position(|stage| &stage.name == name)).unwrap_or(0);
    let until = |last: usize| stages.iter().take(last + 1).map(stage_mean).sum::<f64>();
    let (created, booted) = (until(created), until(stages.len()));
    let joined = created + file.balancer.attach.as_secs_f64();
    // Half an interval until the first check, then one interval for each further.
    let checks = file
        .balancer
        .health
        .as_ref()
        .map_or(0.0, |health| health.every.as_secs_f64() * (f64::from(health.healthy.saturating_sub(1)) + 0.5));
    Ready { joined, booted, serving: joined.max(booted) + checks }
}

fn pod_ready(scenario: &Scenario) -> Ready {
    let laws = &scenario.laws;
    let mean = |law: &Option<Sampler>| law.as_ref().map_or(0.0, Sampler::mean_nanos) / 1e9;
    let booted = mean(&laws.image_pull) + mean(&laws.pod_start);
    let probe = scenario.file.pods.as_ref().map_or(0.0, |pods| {
        let readiness = &pods.readiness;
        let period = readiness.period.as_secs_f64();
        (readiness.initial_delay.as_secs_f64() - booted).max(0.0)
            + period * (f64::from(readiness.success.saturating_sub(1)) + 0.5)
    });
    Ready { joined: booted, booted, serving: booted + probe }
}
