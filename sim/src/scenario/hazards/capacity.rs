//! Bounds against the traffic: too few at most, no room for a lost zone, an objective that no number of instances meets.

use super::numbers::{Numbers, Traffic};
use super::view::Group;
use super::{Findings, round};
use crate::controllers::cloud::tencent::MultiZonePolicy;
use crate::controllers::decision::Metric;
use crate::controllers::hpa::Resource;
use crate::controllers::hpa::spec::{Goal, Source};
use crate::scenario::{Policy, Scenario};

pub(super) fn check(scenario: &Scenario, numbers: &Numbers, findings: &mut Findings<'_>) {
    objective(scenario, numbers, findings);
    let Some((path, min, max)) = bounds(scenario) else { return };
    if min == max && !matches!(scenario.policy, Policy::Fixed(_)) {
        findings.add(
            "G08",
            &path,
            format!("min = max = {max}: nothing can scale, whatever the rules say"),
            "raise the maximum or lower the minimum; write [fixed] when a fixed number is meant",
        );
    }
    let Some(traffic) = &numbers.traffic else { return };
    peak(&path, max, numbers, traffic, scenario, findings);
    zones(scenario, min, max, numbers, traffic, findings);
}

/// Where the maximum is written, the minimum, the maximum.
fn bounds(scenario: &Scenario) -> Option<(String, u32, u32)> {
    match &scenario.policy {
        Policy::Ess(config) => Some(("ess.max".into(), config.min, config.max)),
        Policy::Aws(config) => Some(("aws.max".into(), config.min, config.max)),
        Policy::Tencent(config) => Some(("tencent.max".into(), config.min, config.max)),
        Policy::Hpa { spec, .. } => {
            let of = |bound: i32| u32::try_from(bound).unwrap_or(0);
            Some(("hpa.spec.maxReplicas".into(), of(spec.min), of(spec.max)))
        }
        Policy::Baseline(config) => Some(("baseline.max".into(), config.min, config.max)),
        Policy::Fixed(instances) => Some(("fixed.instances".into(), *instances, *instances)),
    }
}

/// The service by itself takes longer than the objective.
fn objective(scenario: &Scenario, numbers: &Numbers, findings: &mut Findings<'_>) {
    let latency = scenario.file.slo.latency.as_secs_f64();
    let alone = numbers.cpu + numbers.wait;
    if alone < latency {
        return;
    }
    let path = if findings.document.is_given("slo.latency") { "slo.latency" } else { "slo" };
    findings.add(
        "G15",
        path,
        format!(
            "a request takes {} s in the mean with nobody before it ({} s on the core, {} s waiting): no number of {}s holds an \
             objective of {}",
            round(alone), round(numbers.cpu), round(numbers.wait), numbers.unit, scenario.file.slo.latency
        ),
        "an objective above what one request takes, or a quicker service",
    );
}

fn peak(path: &str, max: u32, numbers: &Numbers, traffic: &Traffic, scenario: &Scenario, findings: &mut Findings<'_>) {
    let within = f64::from(max) * numbers.within_objective;
    if within >= traffic.peak || !within.is_finite() {
        return;
    }
    let outright = f64::from(max) * numbers.limit_per_unit;
    let severity = if outright < traffic.peak { "they cannot even be served" } else { "they are served, but too late" };
    let minutes = traffic.steps.iter().filter(|rate| **rate > within).count() as f64 * traffic.step / 60.0;
    findings.add(
        "G03",
        path,
        format!(
            "at most {max} {}s hold the objective up to {} requests/s, but the trace peaks at {} (at {}) and is above for {} min: \
             {severity}",
            numbers.unit, round(within), round(traffic.peak),
            windtunnel_traces::SimDuration::from_nanos(traffic.peak_at.as_nanos()), round(minutes)
        ),
        format!("a maximum of {} {}s (at {} requests/s each within {})", round(numbers.units_for(traffic.peak)), numbers.unit,
            round(numbers.within_objective), scenario.file.slo.latency),
    );
}

/// One zone takes its share of the instances away; those that remain must carry the peak.
fn zones(scenario: &Scenario, min: u32, max: u32, numbers: &Numbers, traffic: &Traffic, findings: &mut Findings<'_>) {
    let zones = scenario.file.fleet.zones;
    if zones < 2 || matches!(scenario.policy, Policy::Hpa { .. }) {
        return;
    }
    let running = running_at(traffic.peak, scenario, numbers, min, max);
    if let Some((key, spread)) = fills_one_zone(scenario) {
        findings.add(
            "G06",
            "fleet.zones",
            format!(
                "the group fills its zones in order: at the peak of {} requests/s all of about {} instances run in the first of \
                 {zones} zones; when that one fails, none remains",
                round(traffic.peak), round(running)
            ),
            format!("{key} = \"{spread}\", and headroom for a zone"),
        );
        return;
    }
    let lost = libm::ceil(running / f64::from(zones));
    let left = running - lost;
    if left * numbers.limit_per_unit >= traffic.peak {
        return;
    }
    findings.add(
        "G06",
        "fleet.zones",
        format!(
            "at the peak of {} requests/s about {} instances run in {zones} zones; when one fails, {} remain, and they can serve {} \
             requests/s",
            round(traffic.peak), round(running), round(left), round(left * numbers.limit_per_unit)
        ),
        format!(
            "headroom for a zone: {} instances at the peak (a threshold of about {} %), or more zones",
            round(libm::ceil(numbers.units_for(traffic.peak) * f64::from(zones) / f64::from(zones - 1))),
            round(100.0 * f64::from(zones - 1) / f64::from(zones) * numbers.within_objective / numbers.limit_per_unit)
        ),
    );
}

/// How many instances the policy keeps at a rate.
pub(super) fn running_at(rate: f64, scenario: &Scenario, numbers: &Numbers, min: u32, max: u32) -> f64 {
    let needed = match scale_out_utilization(scenario) {
        Some(percent) => libm::ceil(rate * numbers.cpu / (numbers.cores * percent / 100.0)),
        None => numbers.units_for(rate),
    };
    needed.clamp(f64::from(min), f64::from(max.max(min)))
}

/// A policy that launches in the first zone that works: the key that says so, and the word that spreads instead.
pub(super) fn fills_one_zone(scenario: &Scenario) -> Option<(&'static str, &'static str)> {
    match &scenario.policy {
        Policy::Ess(config) if !config.balances_zones() => Some(("ess.multi_az", "balance")),
        Policy::Tencent(config) if config.multi_zone != MultiZonePolicy::Equality => {
            Some(("tencent.multi_zone", "equality"))
        }
        _ => None,
    }
}

/// The utilization that the policy lets instances reach before it adds, percent.
fn scale_out_utilization(scenario: &Scenario) -> Option<f64> {
    if let Policy::Hpa { spec, .. } = &scenario.policy {
        return spec.metrics.iter().find_map(|metric| match &metric.source {
            Source::Resource(Resource::Cpu, Goal::Utilization(percent)) => Some(f64::from(*percent)),
            _ => None,
        });
    }
    let group = Group::of(scenario)?;
    let alarms = group.pairs().filter(|(alarm, rule)| {
        alarm.metric == Some(Metric::CpuUtilization) && alarm.comparison.is_upward() && rule.adds()
    });
    let thresholds = alarms.map(|(alarm, _)| alarm.threshold);
    let targets = group
        .tracking()
        .filter(|(_, track)| track.metric == Some(Metric::CpuUtilization))
        .map(|(_, track)| track.value);
    thresholds.chain(targets).filter(|percent| *percent > 0.0).min_by(f64::total_cmp)
}
