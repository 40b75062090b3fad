//! A backtest of an HPA as its chart needs it, gathered sync by sync.

use windtunnel_plots::{Backtest, BacktestCapacity, BacktestLevel, BacktestMetric, CapacityKind};
use windtunnel_sim::backtest::Decided;
use windtunnel_sim::controllers::hpa::spec::{Goal, Metric, SeriesGoal, Source};
use windtunnel_sim::controllers::hpa::{MetricOutcome, Resource};
use windtunnel_sim::outcome::ActivityEntry;

/// A Unix time rather than seconds since the start: later than September 2001.
const UNIX_SECONDS: f64 = 1e9;
/// How long the last sync holds where there is no other to tell: kube-controller-manager's default period.
const SYNC_PERIOD: f64 = 15.0;
const BYTES_PER_MIB: f64 = 1_048_576.0;

/// What is known of one metric at one sync.
struct Reading {
    name: String,
    unit: &'static str,
    value: Option<f64>,
    target: Option<f64>,
}

/// One sync.
struct Sync {
    at: f64,
    replicas: i32,
    proposed: Option<i32>,
    desired: i32,
    recorded_desired: Option<i32>,
    scale: Option<i32>,
    cause: String,
    readings: Vec<Reading>,
}

/// The syncs of a scenario, as they come.
#[derive(Default)]
pub(crate) struct HpaChart {
    syncs: Vec<Sync>,
    compared: usize,
    agreeing: usize,
}

impl HpaChart {
    /// Adds a sync.
    pub(crate) fn step(&mut self, decided: &Decided<'_>) {
        let Decided { step, decision, outcome, policy, differences, .. } = decided;
        self.compared += usize::from(step.exp.is_some());
        self.agreeing += usize::from(step.exp.is_some() && differences.is_empty());
        let readings =
            policy.metrics.iter().enumerate().map(|(index, metric)| reading(metric, outcome.metrics.get(index)));
        self.syncs.push(Sync {
            at: step.t,
            replicas: step.spec,
            proposed: decision.raw,
            desired: decision.desired,
            recorded_desired: step.exp.as_ref().map(|expected| expected.desired),
            scale: decision.scale,
            cause: outcome.summary(policy),
            readings: readings.collect(),
        });
    }

    /// True when a sync differs from what was recorded.
    pub(crate) fn differs(&self) -> bool {
        self.agreeing < self.compared
    }

    /// The chart of all of them.
    pub(crate) fn finish(self, title: &str, subtitle: &str) -> Backtest {
        let first = self.syncs.first().map_or(0.0, |sync| sync.at);
        let origin = if first >= UNIX_SECONDS { first.floor() } else { first };
        let spans = spans(&self.syncs, origin);
        let mut figures = vec![("syncs".to_string(), self.syncs.len().to_string())];
        if self.compared > 0 {
            figures.push(("as recorded".to_string(), format!("{} of {}", self.agreeing, self.compared)));
        }
        let counts = |kind, of: fn(&Sync) -> Option<i32>| {
            let steps = self.syncs.iter().zip(&spans).filter_map(|(sync, span)| Some((span.0, f64::from(of(sync)?))));
            BacktestCapacity { kind, steps: changes(steps) }
        };
        let mut capacity = vec![
            counts(CapacityKind::Recorded, |sync| Some(sync.replicas)),
            counts(CapacityKind::Proposed, |sync| sync.proposed),
            counts(CapacityKind::RecordedDesired, |sync| sync.recorded_desired),
            counts(CapacityKind::Desired, |sync| Some(sync.desired)),
        ];
        capacity.retain(|count| !count.steps.is_empty());
        Backtest {
            title: title.to_string(),
            subtitle: format!("backtest, open loop  ·  Kubernetes HPA  ·  {subtitle}"),
            figures,
            calendar_start: (first >= UNIX_SECONDS).then_some(origin as i64),
            time_zone: None,
            end_seconds: spans.last().map_or(0.0, |span| span.1),
            metrics: metrics(&self.syncs, &spans),
            alarms: windtunnel_sim::outcome::Spool::default(),
            activities: self.syncs.iter().zip(&spans).filter_map(|(sync, span)| activity(sync, span.0)).collect(),
            capacity_unit: "pods".to_string(),
            capacity,
        }
    }
}

/// From when to when each sync holds: until the next one.
fn spans(syncs: &[Sync], origin: f64) -> Vec<(f64, f64)> {
    let period = match syncs {
        [.., before, last] if last.at > before.at => last.at - before.at,
        _ => SYNC_PERIOD,
    };
    let next = |index: usize, at: f64| syncs.get(index + 1).map_or(at + period, |next| next.at);
    syncs.iter().enumerate().map(|(index, sync)| (sync.at - origin, next(index, sync.at) - origin)).collect()
}

/// Only where the count changes.
fn changes(steps: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for step in steps {
        if kept.last().is_none_or(|last| last.1 != step.1) {
            kept.push(step);
        }
    }
    kept
}

/// Every metric of the policy; one that an edit of the policy brings begins there.
fn metrics(syncs: &[Sync], spans: &[(f64, f64)]) -> Vec<BacktestMetric> {
    let mut metrics: Vec<BacktestMetric> = Vec::new();
    for (sync, &(from, to)) in syncs.iter().zip(spans) {
        for reading in &sync.readings {
            let is_same = |known: &BacktestMetric| known.name == reading.name && known.unit == reading.unit;
            let place = metrics.iter().position(is_same).unwrap_or_else(|| {
                let (name, unit) = (reading.name.clone(), reading.unit.to_string());
                metrics.push(BacktestMetric { name, unit, ..BacktestMetric::default() });
                metrics.len() - 1
            });
            let metric = &mut metrics[place];
            metric.values.extend(reading.value.filter(|value| value.is_finite()).map(|value| (from, to, value)));
            if let Some(target) = reading.target {
                hold(&mut metric.levels, target, (from, to));
            }
        }
    }
    metrics
}

/// Prolongs a target that stays, or begins another.
fn hold(levels: &mut Vec<BacktestLevel>, target: f64, (from, to): (f64, f64)) {
    if let Some(BacktestLevel { span: Some(span), value, .. }) = levels.last_mut()
        && *value == target
        && span.1 >= from
    {
        span.1 = to;
        return;
    }
    let comparison = "target".to_string();
    levels.push(BacktestLevel { name: String::new(), comparison, value: target, span: Some((from, to)) });
}

/// A metric's value as the status reports it, in the unit of its target.
fn reading(metric: &Metric, outcome: Option<&MetricOutcome>) -> Reading {
    let known = outcome.filter(|outcome| outcome.proposal.is_ok());
    let utilization = || known.and_then(|outcome| outcome.utilization).map(f64::from);
    let average = || known.and_then(|outcome| outcome.average).map(|milli| milli as f64 / 1000.0);
    let whole = || known.and_then(|outcome| outcome.value).map(|milli| milli as f64 / 1000.0);
    let milli = |target: i64| Some(target as f64 / 1000.0);
    let of_resource = |name: String, resource: Resource, goal: Goal| match goal {
        Goal::Utilization(percent) => {
            Reading { name, unit: "% of requests", value: utilization(), target: Some(f64::from(percent)) }
        }
        Goal::Average(target) => {
            let (unit, scale) = match resource {
                Resource::Cpu => ("cores per pod", 1.0),
                Resource::Memory => ("MiB per pod", 1.0 / BYTES_PER_MIB),
                Resource::Other => ("per pod", 1.0),
            };
            let scaled = |value: Option<f64>| value.map(|value| value * scale);
            Reading { name, unit, value: scaled(average()), target: scaled(milli(target)) }
        }
    };
    match &metric.source {
        Source::Resource(resource, goal) => of_resource(metric.name.clone(), *resource, *goal),
        Source::ContainerResource(resource, container, goal) => {
            of_resource(format!("{} of {container}", metric.name), *resource, *goal)
        }
        Source::Pods(target) => {
            Reading { name: metric.name.clone(), unit: "per pod", value: average(), target: milli(*target) }
        }
        Source::Object(goal) | Source::External(goal) => {
            let (unit, value, target) = match goal {
                SeriesGoal::Value(target) => ("in all", whole(), milli(*target)),
                SeriesGoal::PerPod(target) => ("per pod", average(), milli(*target)),
                SeriesGoal::Unset => ("in all", None, None),
            };
            Reading { name: metric.name.clone(), unit, value, target }
        }
    }
}

fn activity(sync: &Sync, at_seconds: f64) -> Option<ActivityEntry> {
    let count = |replicas: i32| u32::try_from(replicas).unwrap_or(0);
    Some(ActivityEntry {
        at_seconds,
        accepted: true,
        from: count(sync.replicas),
        to: count(sync.scale?),
        cause: sync.cause.clone(),
        ..ActivityEntry::default()
    })
}
