//! Metrics of the whole fleet, which more instances do not lower.

use super::numbers::Numbers;
use super::view::Group;
use super::{Findings, round};
use crate::controllers::decision::Metric;

pub(super) fn check(group: &Group, numbers: &Numbers, findings: &mut Findings<'_>) {
    for (alarm, rule) in group.pairs().filter(|(alarm, rule)| alarm.comparison.is_upward() && rule.adds()) {
        if !alarm.metric.is_some_and(is_total) {
            continue;
        }
        let traffic = match (&numbers.traffic, alarm.metric) {
            (Some(traffic), Some(metric)) => {
                let threshold = match metric {
                    Metric::RequestCount => alarm.threshold / alarm.period.as_secs_f64(),
                    _ => alarm.threshold,
                };
                let above =
                    traffic.steps.iter().filter(|rate| **rate > threshold).count() as f64 / traffic.steps.len() as f64;
                let needed = numbers.units_for(threshold).max(1.0);
                format!(
                    "; this trace is above {} in {} % of its minutes (peak {} requests/s), and {} {}s would do at the threshold",
                    round(alarm.threshold),
                    round(above * 100.0),
                    round(traffic.peak),
                    round(needed),
                    numbers.unit
                )
            }
            _ => String::new(),
        };
        findings.add(
            "S04",
            &format!("{}.metric", alarm.path),
            format!(
                "`{}` is a total of the fleet: instances do not lower it, so `{}` goes on until max = {}{traffic}",
                alarm.metric_name, rule.name, group.max
            ),
            "use a metric per instance: QPSPerInstance, LoadBalancerRealServerAverageQps, RequestCountPerTarget, CPU",
        );
    }
    for (rule, track) in
        group.tracking().filter(|(_, track)| track.metric.is_some_and(|metric| is_total(metric) || is_latency(metric)))
    {
        findings.add(
            "S04",
            &format!("{}.target.metric", rule.path),
            format!(
                "target tracking divides `{}` by its target of {}: it needs a metric that falls in proportion as instances are \
                 added, and this one does not",
                track.metric_name, round(track.value)
            ),
            "track a metric per instance",
        );
    }
}

fn is_total(metric: Metric) -> bool {
    matches!(metric, Metric::RequestRate | Metric::RequestCount | Metric::InFlight)
}

fn is_latency(metric: Metric) -> bool {
    matches!(metric, Metric::LatencyMean | Metric::LatencyP50 | Metric::LatencyP95 | Metric::LatencyP99)
}
