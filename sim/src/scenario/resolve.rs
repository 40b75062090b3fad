//! From a file to a scenario: defaults that depend on other tables, distributions compiled, the trace opened.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use windtunnel_traces::SimDuration;
use windtunnel_traces::clients::ClientsSpec;
use windtunnel_traces::distribution::Distribution;
use windtunnel_traces::distribution::Sampler;
use windtunnel_traces::files::{DiskFiles as DiskTraces, Reopen, TraceFiles};
use windtunnel_traces::spec::TraceSpec;
use windtunnel_traces::trace::Trace;

use super::check::{self, Findings};
use super::document::{Document, ScenarioFiles};
use super::schema::ScenarioFile;
use super::{Laws, Policy, Scenario, cluster, digest, sampler};
use crate::controllers::cloud::lifecycle::LifecycleHook;
use crate::fleet::boot::Stage;
use crate::fleet::rules::RuleLaws;
use crate::plant::requests::ClassDemand;
use crate::sensors::publication::PerSource;

/// The horizon of a shape or a closed loop that names none.
const DAY: SimDuration = SimDuration::from_hours(24);

/// Completes and checks a file. Nothing when the trace or the controller cannot be had; findings say why. The digest is made
/// unless it is `known`.
pub(super) fn resolve(
    mut file: ScenarioFile,
    document: &Document,
    files: &dyn ScenarioFiles,
    known: Option<&str>,
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
    let digest = known.map_or_else(|| digest(&file, &trace, &policy), str::to_string);
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
    let publication = publication_laws(file, &mut compile);
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
    let start_stopped = compile(&file.fleet.start_stopped, "fleet.start_stopped")?;
    let hooks = hook_laws(file, &mut compile)?;
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
        rules: RuleLaws { hooks, start_stopped: Some(start_stopped) },
        publication: given_to_each(&publication)?,
        metric_delay: Some(metric_delay?).filter(|delay| !delay.is_constant_zero()),
        image_pull: given(image_pull)?,
        pod_start: given(pod_start)?,
    })
}

/// How late the provider's monitoring publishes; `None` within where a distribution was refused.
fn publication_laws(
    file: &ScenarioFile,
    compile: &mut dyn FnMut(&Distribution, &str) -> Option<Sampler>,
) -> PerSource<Option<Option<Sampler>>> {
    let Some((provider, group)) = file.cloud() else { return PerSource::default() };
    let Some(delays) = group.publication_delays(file.sensors.every) else { return PerSource::default() };
    delays.map(|law| Some(compile(law, &format!("{provider}.assumptions.publication_delay"))))
}

/// The samplers, unless one of them was refused.
fn given_to_each(laws: &PerSource<Option<Option<Sampler>>>) -> Option<PerSource<Option<Sampler>>> {
    let refused = [&laws.instances, &laws.balancer, &laws.application].into_iter().any(|law| matches!(law, Some(None)));
    (!refused).then(|| laws.map(|law| law.clone().flatten().filter(|delay| !delay.is_constant_zero())))
}

/// The times of the scripts that complete lifecycle hooks, in order of the hooks.
fn hook_laws(
    file: &ScenarioFile,
    compile: &mut dyn FnMut(&Distribution, &str) -> Option<Sampler>,
) -> Option<Vec<Option<Sampler>>> {
    let Some((provider, group)) = file.cloud() else { return Some(Vec::new()) };
    let law = |hook: &LifecycleHook| match &hook.takes {
        Some(takes) => compile(takes, &format!("{provider}.hook.{}.takes", hook.name)).map(Some),
        None => Some(None),
    };
    group.hooks().iter().map(law).collect()
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
    let spec = file.trace.clone();
    let asked_horizon = file.horizon;
    let mut open = || open_once(&spec, asked_horizon, &traces, key, document, findings);
    let opened = match files.shared_traces() {
        Some(shared) => {
            let written = serde_json::to_string(&spec).unwrap_or_default();
            shared.get_or_open(&format!("{written} {asked_horizon:?} {}", traces.disk.base.display()), open)
        }
        None => open(),
    };
    if let Some((_, horizon)) = &opened {
        file.horizon = Some(*horizon);
    }
    opened
}

fn open_once(
    spec: &TraceSpec,
    horizon: Option<SimDuration>,
    traces: &ScenarioTraces<'_>,
    key: &str,
    document: &Document,
    findings: &mut Findings<'_>,
) -> Option<(Trace, SimDuration)> {
    let mut refuse = |error: windtunnel_traces::error::TraceError| {
        let place = if document.is_given(key) { key } else { "trace" };
        findings.error(place, error.to_string());
    };
    let horizon = match horizon {
        Some(horizon) => horizon,
        None => {
            // A first look, at the shortest horizon, tells how long the trace is.
            let length = match spec.resolve(traces, SimDuration::from_nanos(1)) {
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
    match spec.resolve(traces, horizon) {
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
        ("baseline", file.baseline.is_some()),
        ("fixed", file.fixed.is_some()),
    ];
    let names: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    match names.as_slice() {
        [] => {
            findings.error_with_help(
                "",
                "the scenario has no controller",
                "add exactly one of the tables [ess], [aws], [tencent], [hpa], [baseline] or [fixed]",
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
    if let Some((_, group)) = file.cloud() {
        findings.problems(group.validate());
        findings.problems(group.check_balancer(&file.balancer));
    }
    if let Some(config) = &file.ess {
        return Some(Policy::Ess(config.clone()));
    }
    if let Some(config) = &file.aws {
        return Some(Policy::Aws(config.clone()));
    }
    if let Some(config) = &file.tencent {
        return Some(Policy::Tencent(config.clone()));
    }
    if let Some(config) = &file.baseline {
        for (path, message) in config.problems() {
            findings.error(path, message);
        }
        return Some(Policy::Baseline(config.clone()));
    }
    if let Some(fixed) = &file.fixed {
        return Some(Policy::Fixed(fixed.instances));
    }
    let hpa = file.hpa.clone()?;
    cluster::policy(&hpa, file, document, files, findings)
}
