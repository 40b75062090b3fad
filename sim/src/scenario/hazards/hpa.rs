//! What an HPA takes without complaint and cannot do.

use super::numbers::Numbers;
use super::{Findings, round};
use crate::controllers::hpa::spec::{Goal, PolicyKind, Rules, Select, Source};
use crate::controllers::hpa::{ControllerFlags, DefaultedSpec, Resource};
use crate::scenario::schema::Pods;
use crate::scenario::{Policy, Scenario};

pub(super) fn check(scenario: &Scenario, numbers: &Numbers, findings: &mut Findings<'_>) {
    let (Policy::Hpa { spec, flags }, Some(pods)) = (&scenario.policy, &scenario.file.pods) else { return };
    missing_requests(spec, pods, findings);
    idle_above_target(spec, pods, scenario, findings);
    dead_band(spec, flags, pods, numbers, findings);
    rate_limits(spec, flags, scenario, numbers, findings);
    directions(spec, findings);
    nodes(spec, pods, scenario, findings);
}

/// The targets that are shares of the request.
fn utilization(spec: &DefaultedSpec) -> impl Iterator<Item = (usize, Resource, i32)> + '_ {
    spec.metrics.iter().enumerate().filter_map(|(index, metric)| match &metric.source {
        Source::Resource(resource, Goal::Utilization(percent))
        | Source::ContainerResource(resource, _, Goal::Utilization(percent)) => Some((index, *resource, *percent)),
        _ => None,
    })
}

fn metric_path(index: usize) -> String {
    format!("hpa.spec.metrics.{index}")
}

fn missing_requests(spec: &DefaultedSpec, pods: &Pods, findings: &mut Findings<'_>) {
    for (_, resource, percent) in utilization(spec) {
        let (name, example, is_missing) = match resource {
            Resource::Cpu => ("cpu", "1000m", pods.cpu.request.is_none()),
            Resource::Memory => ("memory", "2Gi", pods.memory.request.is_none()),
            Resource::Other => continue,
        };
        if is_missing {
            findings.add(
                "H01",
                "pods",
                format!(
                    "pods have no {name} request, and the target is {percent} % of it: the HPA refuses to act on {name} \
                     (FailedGetResourceMetric)"
                ),
                format!("set pods.{name}.request, such as \"{example}\", for every container"),
            );
        }
    }
}

/// What a pod uses without any work is above the target: it never goes down.
fn idle_above_target(spec: &DefaultedSpec, pods: &Pods, scenario: &Scenario, findings: &mut Findings<'_>) {
    let Some(request) = pods.memory.request.map(|request| request.as_u64() as f64).filter(|request| *request > 0.0)
    else {
        return;
    };
    let idle = 100.0 * scenario.file.service.memory.base.as_u64() as f64 / request;
    for (index, resource, percent) in utilization(spec) {
        if resource == Resource::Memory && idle >= f64::from(percent) {
            findings.add(
                "G09",
                &metric_path(index),
                format!(
                    "an idle pod uses {} % of its memory request, and the target is {percent} %: the HPA adds pods until \
                     maxReplicas = {}, and none of them lowers it",
                    round(idle), spec.max
                ),
                format!("a memory request above {} or no target on memory", scenario.file.service.memory.base),
            );
        }
    }
}

/// No scaling while the ratio is within the tolerance of one: the upper edge may lie beyond what a pod can use.
fn dead_band(
    spec: &DefaultedSpec,
    flags: &ControllerFlags,
    pods: &Pods,
    numbers: &Numbers,
    findings: &mut Findings<'_>,
) {
    let up = spec.behavior.as_ref().and_then(|behavior| behavior.up.tolerance).unwrap_or(flags.tolerance);
    for (index, resource, percent) in utilization(spec) {
        if resource != Resource::Cpu {
            continue;
        }
        let Some(request) = pods.cpu.request.map(windtunnel_traces::Cores::as_f64).filter(|request| *request > 0.0)
        else {
            continue;
        };
        let most = 100.0 * numbers.cores / request;
        let edge = f64::from(percent) * (1.0 + up);
        if edge >= most {
            findings.add(
                "H03",
                &metric_path(index),
                format!(
                    "a pod can use at most {} % of its cpu request, and the HPA acts only above {} % (target {percent} %, tolerance \
                     {}): it never scales up",
                    round(most), round(edge), up
                ),
                format!("a target of at most {} %, or a higher limit", round(libm::floor(most / (1.0 + up)) - 1.0)),
            );
            continue;
        }
        let hidden = f64::from(spec.max) * up;
        if hidden >= 1.0 {
            findings.add_as(
                crate::scenario::document::Severity::Note,
                "H03",
                &metric_path(index),
                format!(
                    "within {} % of the target nothing happens: with {} pods, work for {} more goes unanswered, up to {} % of the request",
                    round(up * 100.0), spec.max, round(libm::floor(hidden)), round(edge)
                ),
                "behavior.scaleUp.tolerance (Kubernetes 1.33 and later) makes the band narrower",
            );
        }
    }
}

/// How long the rate limits need from the smallest to the largest size, against how long the objective may be missed.
fn rate_limits(
    spec: &DefaultedSpec,
    flags: &ControllerFlags,
    scenario: &Scenario,
    numbers: &Numbers,
    findings: &mut Findings<'_>,
) {
    if spec.max <= spec.min {
        return;
    }
    let (from, to) = match &numbers.traffic {
        Some(traffic) => {
            let pods = |rate: f64| numbers.units_for(rate).clamp(f64::from(spec.min), f64::from(spec.max));
            (pods(traffic.trough), pods(traffic.peak))
        }
        None => (f64::from(spec.min), f64::from(spec.max)),
    };
    let place =
        if findings.document.is_given("hpa.spec.behavior.scaleUp") { "hpa.spec.behavior.scaleUp" } else { "hpa" };
    let Some(behavior) = &spec.behavior else { return };
    let window = f64::from(behavior.up.window_seconds.unwrap_or(0));
    let Some(climb) = climb(&behavior.up, from, to, flags.sync_period.seconds()) else { return };
    let total = window + climb + flags.sync_period.seconds() + numbers.ready.serving;
    let budget = (1.0 - scenario.file.slo.available.as_f64()) * scenario.horizon.as_secs_f64();
    if total > budget && climb + window > 60.0 {
        findings.add(
            "H05",
            place,
            format!(
                "from {} to {} pods, as this traffic may ask, the rules of scaleUp take {} s ({} s of them stabilization), and {} s \
                 until the last pod serves; the objective allows {} s of failure in {}",
                round(from), round(to), round(climb + window), round(window), round(total), round(budget), scenario.horizon
            ),
            "policies that double (Percent 100) or add more at once, a shorter period, no stabilization on the way up",
        );
    }
}

/// Seconds until the limits let the size reach `to`; nothing when they never do.
fn climb(rules: &Rules, from: f64, to: f64, sync: f64) -> Option<f64> {
    if rules.select == Select::Disabled {
        return None;
    }
    let (mut size, mut time) = (from.max(1.0), 0.0);
    // Each policy may be used up once in its period; the longest of those that count sets the pace.
    for _ in 0..10_000 {
        if size >= to {
            return Some(time);
        }
        let reach = |kind: PolicyKind, value: i32| match kind {
            PolicyKind::Pods => size + f64::from(value),
            PolicyKind::Percent => libm::ceil(size * (1.0 + f64::from(value) / 100.0)),
        };
        let offers =
            rules.policies.iter().map(|policy| (reach(policy.kind, policy.value), f64::from(policy.period_seconds)));
        let best = match rules.select {
            Select::Min => offers.min_by(|a, b| a.0.total_cmp(&b.0)),
            _ => offers.max_by(|a, b| a.0.total_cmp(&b.0)),
        }?;
        if best.0 <= size {
            return None;
        }
        size = best.0;
        if size < to {
            time += best.1.max(sync);
        }
    }
    None
}

fn directions(spec: &DefaultedSpec, findings: &mut Findings<'_>) {
    let Some(behavior) = &spec.behavior else { return };
    if behavior.down.select == Select::Disabled {
        findings.add(
            "G12",
            "hpa.spec.behavior.scaleDown",
            format!("scaleDown is disabled: after the first peak the pods stay, up to maxReplicas = {}", spec.max),
            "selectPolicy Max or Min with a slow policy, such as 10 % per minute",
        );
    }
    if behavior.up.select == Select::Disabled {
        findings.add(
            "G12",
            "hpa.spec.behavior.scaleUp",
            "scaleUp is disabled: the HPA never adds a pod",
            "selectPolicy Max",
        );
    }
    if behavior.down.window_seconds == Some(0) {
        findings.add(
            "H06",
            "hpa.spec.behavior.scaleDown",
            "scaleDown has no stabilization: every dip of one sync removes pods, and the next adds them again",
            "stabilizationWindowSeconds of 300, the default",
        );
    }
}

/// All pods have to find room.
fn nodes(spec: &DefaultedSpec, pods: &Pods, scenario: &Scenario, findings: &mut Findings<'_>) {
    let file = &scenario.file;
    let (place, nodes) = match (&file.nodes, &file.cluster_autoscaler) {
        (Some(nodes), _) => ("nodes.count", nodes.count),
        (None, Some(autoscaler)) => ("cluster_autoscaler.max", autoscaler.max),
        (None, None) => return,
    };
    let per_node = |request: f64, node: f64| if request > 0.0 { libm::floor(node / request) } else { f64::INFINITY };
    let by_cpu = per_node(pods.cpu.request.map_or(0.0, windtunnel_traces::Cores::as_f64), file.instance.cores.as_f64());
    let by_memory = per_node(
        pods.memory.request.map_or(0.0, |memory| memory.as_u64() as f64),
        file.instance.memory.as_u64() as f64,
    );
    let room = by_cpu.min(by_memory) * f64::from(nodes);
    if room < f64::from(spec.max) {
        findings.add(
            "H08",
            place,
            format!(
                "maxReplicas is {}, but {nodes} nodes have room for {} pods by their requests: the rest stays Pending",
                spec.max,
                round(room)
            ),
            format!(
                "{} nodes, smaller requests, or a lower maxReplicas",
                round(libm::ceil(f64::from(spec.max) / by_cpu.min(by_memory).max(1.0)))
            ),
        );
    }
}
