//! A backtest of alarms as its chart needs it.

use std::path::Path;

use windtunnel_plots::{Backtest, BacktestCapacity, BacktestLevel, BacktestMetric, CapacityKind};
use windtunnel_sim::backtest::alarms::{BacktestReport, DecisionReport, StateReport};
use windtunnel_sim::backtest::recorded_metrics::RecordedMetrics;
use windtunnel_sim::controllers::decision::Metric;
use windtunnel_sim::outcome::{ActivityEntry, AlarmEntry};

/// What the chart shows of a replay.
pub(crate) fn chart(report: &BacktestReport, recorded: &RecordedMetrics, scenario: &Path, metrics: &Path) -> Backtest {
    let name = |path: &Path| path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let accepted = report.decisions.iter().filter(|decision| decision.decision == "accepted").count();
    let figure = |name: &str, count: usize| (name.to_string(), count.to_string());
    // The recording's own type of instants is not ours to name.
    let mut origin = None;
    if let Some(start) = recorded.origin() {
        origin = Some(start.as_second());
    }
    Backtest {
        title: name(scenario),
        subtitle: format!("backtest, open loop  ·  recorded values: {}, mean of each period", name(metrics)),
        figures: vec![
            figure("requested", report.decisions.len()),
            figure("accepted", accepted),
            figure("rejected", report.decisions.len() - accepted),
        ],
        calendar_start: origin,
        time_zone: None,
        end_seconds: report.until,
        metrics: watched(report, recorded),
        alarms: lanes(report).collect(),
        activities: report.decisions.iter().map(activity).collect(),
        capacity_unit: "instances".to_string(),
        capacity: vec![BacktestCapacity {
            kind: CapacityKind::Desired,
            steps: report.desired.iter().map(|step| (step.seconds, f64::from(step.desired))).collect(),
        }],
    }
}

/// Every metric that an alarm watches, once, with the thresholds of its alarms.
fn watched(report: &BacktestReport, recorded: &RecordedMetrics) -> Vec<BacktestMetric> {
    let mut metrics: Vec<(Metric, BacktestMetric)> = Vec::new();
    for alarm in &report.alarms {
        let level = BacktestLevel {
            name: alarm.name.clone(),
            comparison: alarm.comparison.to_string(),
            value: alarm.threshold,
            span: None,
        };
        match metrics.iter_mut().find(|(metric, _)| *metric == alarm.watched) {
            Some((_, known)) => known.levels.push(level),
            None => {
                let (name, unit) = words(alarm.watched);
                let averages = recorded.averages(alarm.watched).into_iter().filter(|(.., value)| value.is_finite());
                let values = averages.map(|(from, to, value)| (from.as_secs_f64(), to.as_secs_f64(), value)).collect();
                let metric =
                    BacktestMetric { name: name.to_string(), unit: unit.to_string(), values, levels: vec![level] };
                metrics.push((alarm.watched, metric));
            }
        }
    }
    metrics.into_iter().map(|(_, metric)| metric).collect()
}

/// A metric's name and unit.
const fn words(metric: Metric) -> (&'static str, &'static str) {
    match metric {
        Metric::CpuUtilization => ("CPU utilization", "%"),
        Metric::MemoryUtilization => ("Memory utilization", "%"),
        Metric::RequestRate => ("Request rate", "requests per second"),
        Metric::RequestRatePerInstance => ("Request rate", "requests per second and instance"),
        Metric::RequestCountPerTarget => ("Requests per target", "requests per minute and target"),
        Metric::RequestCount => ("Requests", "in each period"),
        Metric::LatencyMean => ("Latency, mean", "s"),
        Metric::LatencyP50 => ("Latency, p50", "s"),
        Metric::LatencyP95 => ("Latency, p95", "s"),
        Metric::LatencyP99 => ("Latency, p99", "s"),
        Metric::InFlight => ("Requests in flight", "requests"),
        Metric::InFlightPerInstance => ("Requests in flight", "requests per instance"),
        Metric::HealthyHosts => ("Healthy hosts", "instances"),
        Metric::ErrorRate => ("Error rate", "%"),
    }
}

/// The states of every alarm; each begins with what it was at the start.
fn lanes(report: &BacktestReport) -> impl Iterator<Item = AlarmEntry> + '_ {
    let alarms = report.alarms.iter().map(|alarm| (&alarm.name, &alarm.state));
    let composites = report.composites.iter().map(|alarm| (&alarm.name, &alarm.state));
    alarms.chain(composites).flat_map(|(name, states)| {
        let before = states.first().into_iter().chain(states);
        before.zip(states).map(|(before, state)| entry(name, before, state))
    })
}

fn entry(alarm: &str, before: &StateReport, state: &StateReport) -> AlarmEntry {
    AlarmEntry {
        at_millis: (state.seconds * 1000.0).round() as u64,
        alarm: alarm.to_string(),
        from: before.state.clone(),
        to: state.state.clone(),
        reason: state.reason.clone(),
    }
}

fn activity(decision: &DecisionReport) -> ActivityEntry {
    ActivityEntry {
        at_seconds: decision.seconds,
        end_seconds: decision.ended,
        status: decision.status.clone(),
        accepted: decision.decision == "accepted",
        from: decision.from,
        to: decision.to,
        policy: decision.policy.clone(),
        alarm: decision.alarm.clone(),
        cause: decision.cause.clone(),
        explanation: decision.rejected_because.clone().unwrap_or_default(),
        ..ActivityEntry::default()
    }
}
