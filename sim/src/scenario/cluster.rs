//! The HPA's part of a scenario: its manifest, the workload beside it, the cluster that the pods run on.

use windtunnel_traces::{Bytes, Cores, SimDuration};

use super::Policy;
use super::check::Findings;
use super::document::{Document, ScenarioFiles, Severity};
use super::schema::{Hpa, Pods, ScenarioFile};
use crate::controllers::hpa::manifest::Manifest;
use crate::controllers::hpa::spec::{Goal, Source};
use crate::controllers::hpa::validation::Origin;
use crate::controllers::hpa::workload::Workload;
use crate::controllers::hpa::{ControllerFlags, DefaultedSpec, FeatureGates, Requests, Resource, Span};

/// The policy of a manifest, or of the keys written inline.
pub(super) fn policy(
    hpa: &Hpa,
    file: &mut ScenarioFile,
    document: &Document,
    files: &dyn ScenarioFiles,
    findings: &mut Findings<'_>,
) -> Option<Policy> {
    let flags = flags(hpa);
    let spec = match (&hpa.manifest, &hpa.spec) {
        (Some(_), Some(_)) => {
            findings.error("hpa.spec", "give either `manifest` or `spec`, not both");
            return None;
        }
        (None, None) => {
            findings.error_with_help(
                "hpa",
                "the HPA has no policy",
                "write `manifest = \"hpa.yaml\"`, or its keys under [hpa.spec]",
            );
            return None;
        }
        (None, Some(spec)) => DefaultedSpec::new(spec.clone(), flags.gates, Origin::Scenario)
            .map_err(|errors| findings.error("hpa.spec", errors.to_string())),
        (Some(name), None) => {
            let path = document.base_dir_of("hpa.manifest").join(name);
            let text = match files.read(&path) {
                Ok(text) => text,
                Err(error) => {
                    findings.error("hpa.manifest", format!("{} cannot be read: {error}", path.display()));
                    return None;
                }
            };
            let manifest = match Manifest::parse(&text) {
                Ok(manifest) => manifest,
                Err(error) => {
                    findings.error("hpa.manifest", format!("{}: {error}", path.display()));
                    return None;
                }
            };
            for note in &manifest.notes {
                findings.note(Severity::Note, "hpa.manifest", note.clone());
            }
            if let (Some(workload), Some(pods)) = (&manifest.workload, &mut file.pods) {
                adopt(workload, pods, findings);
            }
            manifest.policy(flags.gates).map_err(|errors| findings.error("hpa.manifest", errors.to_string()))
        }
    }
    .ok()?;
    check_cluster(file, findings);
    let place = if document.is_given("hpa.manifest") { "hpa.manifest" } else { "hpa.spec" };
    check_metrics(&spec, place, findings);
    check_requests(&spec, file, findings);
    Some(Policy::Hpa { spec: Box::new(spec), flags })
}

/// Takes from the workload beside the HPA what `[pods]` does not say: replicas, requests and limits. The simulated pod
/// has one container, so those of several are added up.
fn adopt(workload: &Workload, pods: &mut Pods, findings: &mut Findings<'_>) {
    let requests: Vec<Requests> = workload.template.containers.iter().map(|container| container.requests).collect();
    let mut taken = Vec::new();
    let replicas = workload.replicas.and_then(|replicas| u32::try_from(replicas).ok());
    if let (None, Some(replicas)) = (pods.replicas, replicas) {
        taken.push(format!("replicas {replicas}"));
        pods.replicas = Some(replicas);
    }
    if let (None, Some(cores)) = (pods.cpu.request, cores(sum(&requests, |of| of.cpu))) {
        taken.push(format!("cpu request {cores}"));
        pods.cpu.request = Some(cores);
    }
    if let (None, Some(cores)) = (pods.cpu.limit, cores(sum(&workload.limits, |of| of.cpu))) {
        taken.push(format!("cpu limit {cores}"));
        pods.cpu.limit = Some(cores);
    }
    if let (None, Some(bytes)) = (pods.memory.request, bytes(sum(&requests, |of| of.memory))) {
        taken.push(format!("memory request {bytes}"));
        pods.memory.request = Some(bytes);
    }
    if let (None, Some(bytes)) = (pods.memory.limit, bytes(sum(&workload.limits, |of| of.memory))) {
        taken.push(format!("memory limit {bytes}"));
        pods.memory.limit = Some(bytes);
    }
    if taken.is_empty() {
        return;
    }
    let Workload { kind, name, .. } = workload;
    let several = match requests.len() {
        0 | 1 => String::new(),
        count => format!("; its {count} containers are simulated as one"),
    };
    let note = format!("{kind} `{name}` gives what [pods] does not say: {}{several}", taken.join(", "));
    findings.note(Severity::Note, "hpa.manifest", note);
}

/// The sum over containers; nothing when one of them does not say, as the HPA refuses such a pod.
fn sum(of: &[Requests], pick: impl Fn(&Requests) -> Option<i64>) -> Option<u64> {
    if of.is_empty() {
        return None;
    }
    of.iter().map(|requests| pick(requests).and_then(|milli| u64::try_from(milli).ok())).sum()
}

fn cores(milli: Option<u64>) -> Option<Cores> {
    Some(Cores::from_millis(u32::try_from(milli?).ok()?))
}

fn bytes(milli: Option<u64>) -> Option<Bytes> {
    Some(Bytes::new(milli? / 1_000))
}

fn flags(hpa: &Hpa) -> ControllerFlags {
    let span = |length: SimDuration| Span::from_seconds(length.as_secs_f64());
    let controller = &hpa.controller;
    ControllerFlags {
        sync_period: span(controller.sync_period),
        tolerance: controller.tolerance,
        downscale_stabilization: span(controller.downscale_stabilization),
        cpu_initialization_period: span(controller.cpu_initialization_period),
        initial_readiness_delay: span(controller.initial_readiness_delay),
        gates: FeatureGates {
            scale_to_zero: controller.scale_to_zero,
            configurable_tolerance: controller.configurable_tolerance,
            ..ControllerFlags::default().gates
        },
    }
}

/// An HPA needs pods, and pods need nodes.
fn check_cluster(file: &ScenarioFile, findings: &mut Findings<'_>) {
    let Some(pods) = &file.pods else {
        findings.error_with_help("hpa", "the HPA has nothing to scale", "add [pods]: what the Deployment runs");
        return;
    };
    match (&file.nodes, &file.cluster_autoscaler) {
        (None, None) => findings.error_with_help(
            "hpa",
            "pods have no nodes to run on",
            "add [nodes] with `count`, or [cluster_autoscaler] with `min` and `max`",
        ),
        (Some(_), Some(_)) => {
            findings.error("nodes", "give either [nodes] or [cluster_autoscaler], not both");
        }
        _ => {}
    }
    if file.nodes.as_ref().is_some_and(|nodes| nodes.count == 0) {
        findings.error("nodes.count", "at least one node is needed");
    }
    if let Some(autoscaler) = &file.cluster_autoscaler {
        if autoscaler.min > autoscaler.max {
            findings.error("cluster_autoscaler.min", "`min` is above `max`");
        }
        if autoscaler.scan.is_zero() {
            findings.error("cluster_autoscaler.scan", "scans need an interval, such as \"10s\"");
        }
    }
    let cores = file.instance.cores;
    let zero = |cores: Option<windtunnel_traces::Cores>| cores.is_some_and(|cores| cores.as_millis() == 0);
    if zero(pods.cpu.limit) {
        findings.error("pods.cpu.limit", "a pod needs CPU: the limit must be above zero");
    }
    if let (Some(request), Some(limit)) = (pods.cpu.request, pods.cpu.limit)
        && request > limit
    {
        findings.error("pods.cpu.request", format!("the request ({request}) is above the limit ({limit})"));
    }
    if pods.cpu.request.is_some_and(|request| request > cores) {
        findings.error("pods.cpu.request", format!("no node has that many cores: `instance.cores` is {cores}"));
    }
    if pods.memory.request.is_some_and(|request| request > file.instance.memory) {
        let message = format!("no node has that much memory: `instance.memory` is {}", file.instance.memory);
        findings.error("pods.memory.request", message);
    }
    if pods.workers == Some(0) {
        findings.error("pods.workers", "a pod without workers serves nothing: `workers` must be above zero");
    }
    if pods.readiness.period.is_zero() {
        findings.error("pods.readiness.period", "probes need a period, such as \"10s\"");
    }
}

/// Metrics that the simulated cluster can answer for.
fn check_metrics(spec: &DefaultedSpec, place: &str, findings: &mut Findings<'_>) {
    let mut containers = spec.containers();
    if let Some(first) = containers.next()
        && let Some(other) = containers.find(|other| *other != first)
    {
        let message = format!("metrics of two containers, `{first}` and `{other}`: a simulated pod has one");
        findings.error_with_help(place, message, "keep the container that serves the requests");
    }
    for name in crate::fleet::pods::unknown_metrics(spec) {
        findings.error_with_help(
            place,
            format!("the simulation has no metric `{name}`"),
            format!("metrics it has: cpu, memory, {}", crate::fleet::pods::CUSTOM_METRICS.join(", ")),
        );
    }
}

/// A utilization is a share of the request: without one the HPA refuses to act, and so does the simulated one.
fn check_requests(spec: &DefaultedSpec, file: &ScenarioFile, findings: &mut Findings<'_>) {
    let Some(pods) = &file.pods else { return };
    let utilization_of = |wanted: Resource| {
        spec.metrics.iter().any(|metric| {
            matches!(
                &metric.source,
                Source::Resource(resource, Goal::Utilization(_)) | Source::ContainerResource(resource, _, Goal::Utilization(_))
                    if *resource == wanted
            )
        })
    };
    let mut missing = |name: &str| {
        findings.note(
            Severity::Warning,
            "pods",
            format!(
                "pods have no {name} request, and the HPA's target is a utilization, a share of it: it refuses to act \
                 on {name} (FailedGetResourceMetric); set pods.{name}.request"
            ),
        );
    };
    if pods.cpu.request.is_none() && utilization_of(Resource::Cpu) {
        missing("cpu");
    }
    if pods.memory.request.is_none() && utilization_of(Resource::Memory) {
        missing("memory");
    }
}
