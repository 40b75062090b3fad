//! From a file to a scenario: defaults that depend on other tables, distributions compiled, the trace opened.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use windtunnel_traces::SimDuration;
use windtunnel_traces::clients::ClientsSpec;
use windtunnel_traces::distribution::Distribution;
use windtunnel_traces::distribution::Sampler;
use windtunnel_traces::files::{DiskFiles as DiskTraces, Reopen, TraceFiles};
use windtunnel_traces::trace::Trace;

use super::check::{self, Findings};
use super::document::{Document, ScenarioFiles, Severity};
use super::schema::{Hpa, ScenarioFile};
use super::{Laws, Policy, Scenario, digest, sampler};
use crate::controllers::hpa::manifest::Manifest;
use crate::controllers::hpa::validation::Origin;
use crate::controllers::hpa::{ControllerFlags, DefaultedSpec, FeatureGates, Span};
use crate::fleet::boot::Stage;
use crate::plant::requests::ClassDemand;

/// The horizon of a shape or a closed loop that names none.
const DAY: SimDuration = SimDuration::from_hours(24);

/// Completes and checks a file. Nothing when the trace or the controller cannot be had; findings say why.
pub(super) fn resolve(
    mut file: ScenarioFile,
    document: &Document,
    files: &dyn ScenarioFiles,
    findings: &mut Findings<'_>,
) -> Option<Scenario> {
    if file.name.is_empty() {
        let stem = Path::new(document.name()).file_stem().and_then(|stem| stem.to_str());
        file.name = stem.unwrap_or("scenario").to_string();
    }
    check::check_numbers(&file, findings);
    let laws = compile_laws(&file, document, findings);
    let trace = open_trace(&mut file, document, files, findings);
    let policy = policy(&mut file, document, files, findings);
    let (laws, (trace, horizon), policy) = (laws?, trace?, policy?);
    let digest = digest(&file, &trace, &policy);
    Some(Scenario { name: file.name.clone(), seed: file.seed, horizon, trace, policy, laws, digest, file })
}

// ---- distributions

fn compile_laws(file: &ScenarioFile, document: &Document, findings: &mut Findings<'_>) -> Option<Laws> {
    let mut compile = |law: &Distribution, path: &str| -> Option<Sampler> {
        match sampler(law, &document.base_dir_of(path)) {
            Ok(sampler) => Some(sampler),
            Err(message) => {
                findings.error(path, message);
                None
            }
        }
    };
    let service = &file.service;
    let cpu = compile(&service.cpu, "service.cpu");
    let wait = compile(&service.wait, "service.wait");
    let mut classes = Vec::new();
    for class in &service.class {
        let path = format!("service.class.{}", class.name);
        let of = |law: &Option<Distribution>,
                  key: &str,
                  default: &Option<Sampler>,
                  compile: &mut dyn FnMut(&Distribution, &str) -> Option<Sampler>| match law {
            Some(law) => compile(law, &format!("{path}.{key}")),
            None => default.clone(),
        };
        let (cpu, wait) = (of(&class.cpu, "cpu", &cpu, &mut compile), of(&class.wait, "wait", &wait, &mut compile));
        if let (Some(cpu), Some(wait)) = (cpu, wait) {
            classes.push(ClassDemand { weight: class.weight, cpu, wait });
        }
    }
    let patience = service.patience.as_ref().map(|law| compile(law, "service.patience"));
    let backoff = service.retry.as_ref().map(|retry| compile(&retry.backoff, "service.retry.backoff"));
    let downstream = service.downstream.as_ref().map(|shared| compile(&shared.wait, "service.downstream.wait"));
    let think = match &file.trace.clients {
        Some(ClientsSpec::Users { think, .. }) => Some(compile(think, "trace.clients.think")),
        _ => None,
    };
    let metric_delay = compile(&file.sensors.delay, "sensors.delay");
    let pods = file.pods.as_ref();
    let image_pull = pods.map(|pods| compile(&pods.image_pull, "pods.image_pull"));
    let pod_start = pods.map(|pods| compile(&pods.start, "pods.start"));
    let mut boot = Vec::new();
    for stage in &file.boot {
        boot.push(Stage {
            name: stage.stage.clone(),
            time: compile(&stage.time, &format!("boot.{}.time", stage.stage))?,
            poll: stage.poll.as_ref().map(|poll| (poll.every, poll.attempts)),
            fails: stage.fails.as_f64(),
            then: stage.then,
        });
    }
    if classes.is_empty() {
        classes.push(ClassDemand { weight: 1.0, cpu: cpu?, wait: wait? });
    }
    // An inner `None` is a distribution that was refused, and has been reported.
    let given = |law: Option<Option<Sampler>>| match law {
        Some(None) => None,
        Some(Some(sampler)) => Some(Some(sampler)),
        None => Some(None),
    };
    Some(Laws {
        classes,
        patience: given(patience)?,
        backoff: given(backoff)?,
        downstream: given(downstream)?,
        think: given(think)?,
        boot,
        metric_delay: Some(metric_delay?).filter(|delay| !delay.is_constant_zero()),
        image_pull: given(image_pull)?,
        pod_start: given(pod_start)?,
    })
}

// ---- the trace

/// Trace files beside the text that names them; texts compiled into the program come from there.
struct ScenarioTraces<'f> {
    files: &'f dyn ScenarioFiles,
    disk: DiskTraces,
}

impl TraceFiles for ScenarioTraces<'_> {
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        match self.files.embedded(&self.disk.base.join(path)) {
            Some(text) => Ok(Box::new(io::Cursor::new(text.as_bytes()))),
            None => self.disk.open(path),
        }
    }

    fn describe(&self, path: &str) -> String {
        self.disk.describe(path)
    }

    fn reopener(&self, path: &str) -> io::Result<Reopen> {
        match self.files.embedded(&self.disk.base.join(path)) {
            Some(text) => {
                Ok(std::sync::Arc::new(move || Ok(Box::new(io::Cursor::new(text.as_bytes())) as Box<dyn Read + Send>)))
            }
            None => self.disk.reopener(path),
        }
    }
}

fn open_trace(
    file: &mut ScenarioFile,
    document: &Document,
    files: &dyn ScenarioFiles,
    findings: &mut Findings<'_>,
) -> Option<(Trace, SimDuration)> {
    let key = if file.trace.arrivals.is_some() { "trace.arrivals" } else { "trace.file" };
    let base: PathBuf = document.base_dir_of(key);
    let traces = ScenarioTraces { files, disk: DiskTraces { base } };
    let mut refuse = |error: windtunnel_traces::error::TraceError| {
        let place = if document.is_given(key) { key } else { "trace" };
        findings.error(place, error.to_string());
    };
    let horizon = match file.horizon {
        Some(horizon) => horizon,
        None => {
            // A first look, at the shortest horizon, tells how long the trace is.
            let length = match file.trace.resolve(&traces, SimDuration::from_nanos(1)) {
                Ok(Trace::Open(trace)) => trace.length(),
                Ok(Trace::Closed(clients)) => clients.lasts(),
                Err(error) => {
                    refuse(error);
                    return None;
                }
            };
            length.unwrap_or(DAY)
        }
    };
    file.horizon = Some(horizon);
    match file.trace.resolve(&traces, horizon) {
        Ok(trace) => Some((trace, horizon)),
        Err(error) => {
            refuse(error);
            None
        }
    }
}

// ---- the controller

fn policy(
    file: &mut ScenarioFile,
    document: &Document,
    files: &dyn ScenarioFiles,
    findings: &mut Findings<'_>,
) -> Option<Policy> {
    let given = [
        ("ess", file.ess.is_some()),
        ("aws", file.aws.is_some()),
        ("tencent", file.tencent.is_some()),
        ("hpa", file.hpa.is_some()),
        ("fixed", file.fixed.is_some()),
    ];
    let names: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    match names.as_slice() {
        [] => {
            findings.error_with_help(
                "",
                "the scenario has no controller",
                "add exactly one of the tables [ess], [aws], [tencent], [hpa] or [fixed]",
            );
            return None;
        }
        [_] => {}
        [first, second, ..] => {
            findings.error_with_help(
                second,
                format!("the scenario has two controllers: [{first}] and [{second}]"),
                "keep exactly one; put the shared tables into a file of their own and name it as `base`",
            );
            return None;
        }
    }
    if let Some(config) = &file.ess {
        findings.problems(config.validate());
        return Some(Policy::Ess(config.clone()));
    }
    if let Some(config) = &file.aws {
        findings.problems(config.validate());
        return Some(Policy::Aws(config.clone()));
    }
    if let Some(config) = &file.tencent {
        findings.problems(config.validate());
        return Some(Policy::Tencent(config.clone()));
    }
    if let Some(fixed) = &file.fixed {
        return Some(Policy::Fixed(fixed.instances));
    }
    let hpa = file.hpa.clone()?;
    hpa_policy(&hpa, file, document, files, findings)
}

fn hpa_policy(
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
            manifest.policy(flags.gates).map_err(|errors| findings.error("hpa.manifest", errors.to_string()))
        }
    }
    .ok()?;
    check_cluster(file, findings);
    check_metrics(&spec, findings);
    Some(Policy::Hpa { spec: Box::new(spec), flags })
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
    if let (Some(request), Some(limit)) = (pods.cpu.request, pods.cpu.limit) {
        if request > limit {
            findings.error("pods.cpu.request", format!("the request ({request}) is above the limit ({limit})"));
        }
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
fn check_metrics(spec: &DefaultedSpec, findings: &mut Findings<'_>) {
    for name in crate::fleet::pods::unknown_metrics(spec) {
        findings.error_with_help(
            "hpa",
            format!("the simulation has no metric `{name}`"),
            format!("metrics it has: cpu, memory, {}", crate::fleet::pods::CUSTOM_METRICS.join(", ")),
        );
    }
}
