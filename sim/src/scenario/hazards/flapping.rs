//! Flapping: an activity moves the metric across the other alarm's threshold, which undoes it.
//!
//! With a metric that is load divided by instances, going from n to n' multiplies it by n/n'. Scale-in from n at a value
//! just below L gives L·n/n'; when that is above the scale-out threshold U, the group goes back. Scale-out from n at a
//! value just above U gives U·n/n'; when that is below L, it goes back too. Both are tried at every n.

use super::numbers::Numbers;
use super::view::{Alarm, Group, Rule};
use super::{Findings, round};
use crate::controllers::decision::Metric;

pub(super) fn check(group: &Group, numbers: &Numbers, findings: &mut Findings<'_>) {
    let outs: Vec<(&Alarm, &Rule)> =
        group.pairs().filter(|(alarm, rule)| alarm.comparison.is_upward() && rule.adds()).collect();
    let ins: Vec<(&Alarm, &Rule)> =
        group.pairs().filter(|(alarm, rule)| !alarm.comparison.is_upward() && rule.removes()).collect();
    for (out_alarm, out_rule) in &outs {
        for (in_alarm, in_rule) in &ins {
            if out_alarm.metric == in_alarm.metric {
                if out_alarm.metric.is_some_and(is_per_instance) {
                    same_metric(group, (out_alarm, out_rule), (in_alarm, in_rule), findings);
                }
            } else {
                different_metrics(group, numbers, out_alarm, in_alarm, findings);
            }
        }
    }
}

/// True when the metric falls as 1/n with n instances.
pub(super) fn is_per_instance(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::CpuUtilization
            | Metric::RequestRatePerInstance
            | Metric::RequestCountPerTarget
            | Metric::InFlightPerInstance
    )
}

fn same_metric(
    group: &Group,
    (out_alarm, out_rule): (&Alarm, &Rule),
    (in_alarm, in_rule): (&Alarm, &Rule),
    findings: &mut Findings<'_>,
) {
    let (high, low) = (out_alarm.threshold, in_alarm.threshold);
    if high <= low {
        findings.add(
            "G02",
            &format!("{}.threshold", in_alarm.path),
            format!(
                "`{}` ({} {}) and `{}` ({} {}) hold at once between {} and {}: one adds, the other removes",
                out_alarm.name,
                out_alarm.comparison,
                round(high),
                in_alarm.name,
                in_alarm.comparison,
                round(low),
                round(high),
                round(low)
            ),
            "the scale-in threshold must lie well below the scale-out threshold",
        );
        return;
    }
    let (min, max) = (f64::from(group.min), f64::from(group.max));
    let mut back_out = Vec::new();
    let mut back_in = Vec::new();
    // The largest value that a scale-in leads to, the smallest that a scale-out leads to.
    let (mut highest, mut lowest) = ((0.0, 0), (f64::INFINITY, 0));
    for n in group.min..=group.max.min(group.min.saturating_add(10_000)) {
        let from = f64::from(n);
        if let Some(to) = in_rule.applied_to(n, false).map(|to| to.max(min).max(1.0)).filter(|to| *to < from) {
            let after = low * from / to;
            if after > highest.0 {
                highest = (after, n);
            }
            if after > high {
                back_out.push(n);
            }
        }
        if let Some(to) = out_rule.applied_to(n, true).map(|to| to.min(max)).filter(|to| *to > from && n > 0) {
            let after = high * from / to;
            if after < lowest.0 {
                lowest = (after, n);
            }
            if after < low {
                back_in.push(n);
            }
        }
    }
    if let Some(sizes) = sizes(&back_out) {
        findings.add(
            "G02",
            &format!("{}.threshold", in_alarm.path),
            format!(
                "flapping: a scale-in at {sizes} instances takes {} from just below {} up to {} (at {} instances), above the \
                 scale-out threshold of {}: the group goes back at once",
                in_alarm.metric_name, round(low), round(highest.0), highest.1, round(high)
            ),
            format!("a scale-in threshold below {}, or removing fewer at once", round(low * high / highest.0)),
        );
    }
    if let Some(sizes) = self::sizes(&back_in) {
        findings.add(
            "G02",
            &format!("{}.threshold", out_alarm.path),
            format!(
                "flapping: a scale-out at {sizes} instances takes {} from just above {} down to {} (at {} instances), below the \
                 scale-in threshold of {}: the new instances leave again",
                out_alarm.metric_name, round(high), round(lowest.0), lowest.1, round(low)
            ),
            format!("a scale-in threshold below {}, or adding fewer at once", round(lowest.0)),
        );
    }
    if back_out.is_empty() && back_in.is_empty() && highest.1 > 0 && lowest.1 > 0 {
        findings.add_as(
            crate::scenario::document::Severity::Note,
            "S27",
            &in_alarm.path,
            format!(
                "no flapping under load in proportion: scale-out leaves {} at {} or more (at {} instances; scale-in is below {}), \
                 scale-in at {} or less (at {} instances; scale-out is above {})",
                out_alarm.metric_name, round(lowest.0), lowest.1, round(low), round(highest.0), highest.1, round(high)
            ),
            "",
        );
    }
}

/// Two metrics that are not coordinated: both conditions can hold at once.
fn different_metrics(
    group: &Group,
    numbers: &Numbers,
    out_alarm: &Alarm,
    in_alarm: &Alarm,
    findings: &mut Findings<'_>,
) {
    let where_both = match both_hold(group, numbers, out_alarm, in_alarm) {
        Overlap::Never => return,
        Overlap::From(n, utilization) => {
            format!("from {n} instances on (CPU is {} % there at the other's threshold)", round(utilization))
        }
        Overlap::Unknown => "nothing keeps both from holding at once".to_string(),
    };
    findings.add(
        "S27",
        &out_alarm.path,
        format!(
            "`{}` ({} {} {}) adds while `{}` ({} {} {}) removes: {where_both}, and then they fight",
            out_alarm.name,
            out_alarm.metric_name,
            out_alarm.comparison,
            round(out_alarm.threshold),
            in_alarm.name,
            in_alarm.metric_name,
            in_alarm.comparison,
            round(in_alarm.threshold)
        ),
        "scale in only on the metric that scales out, or make the one follow from the other",
    );
}

/// Whether two conditions on different metrics can hold at once.
enum Overlap {
    Never,
    /// From this size on, where CPU utilization is so many percent.
    From(u32, f64),
    Unknown,
}

/// Rates of requests imply a CPU utilization: whether that is low enough to scale in is a matter of the size.
fn both_hold(group: &Group, numbers: &Numbers, out_alarm: &Alarm, in_alarm: &Alarm) -> Overlap {
    if in_alarm.metric != Some(Metric::CpuUtilization) {
        return Overlap::Unknown;
    }
    let rate = |n: f64| match out_alarm.metric {
        Some(Metric::RequestRate) => Some(out_alarm.threshold),
        Some(Metric::RequestRatePerInstance) => Some(out_alarm.threshold * n),
        Some(Metric::RequestCountPerTarget) => Some(out_alarm.threshold * n / 60.0),
        _ => None,
    };
    for n in group.min.max(1)..=group.max.min(group.min.saturating_add(10_000)) {
        let Some(rate) = rate(f64::from(n)) else { return Overlap::Unknown };
        let utilization = numbers.utilization(rate, f64::from(n));
        if in_alarm.comparison.breached(utilization, in_alarm.threshold) {
            return Overlap::From(n, utilization);
        }
    }
    Overlap::Never
}

/// "3" or "3 to 5" or "2, 4": which sizes are affected.
fn sizes(of: &[u32]) -> Option<String> {
    let (first, last) = (of.first()?, of.last()?);
    Some(if first == last {
        first.to_string()
    } else if of.len() as u32 == last - first + 1 {
        format!("{first} to {last}")
    } else {
        let some: Vec<String> = of.iter().take(6).map(ToString::to_string).collect();
        some.join(", ")
    })
}
