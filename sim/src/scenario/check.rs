//! What is wrong with a scenario beyond its form: impossible combinations, each reported at its place.

use super::document::{Diagnostic, Document, ScenarioError, Severity};
use super::schema::{EventKind, ScenarioFile};
use crate::controllers::cloud::{Problem, Severity as ProblemSeverity};

/// Collects what is wrong.
pub(super) struct Findings<'d> {
    document: &'d Document,
    diagnostics: Vec<Diagnostic>,
}

impl<'d> Findings<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Findings { document, diagnostics: Vec::new() }
    }

    /// Something that cannot be simulated.
    pub(super) fn error(&mut self, path: &str, message: impl Into<String>) {
        self.diagnostics.push(self.document.error_at(path, message));
    }

    /// An error with what to do about it.
    pub(super) fn error_with_help(&mut self, path: &str, message: impl Into<String>, help: impl Into<String>) {
        self.diagnostics.push(self.document.error_at(path, message).with_help(help));
    }

    /// Something that the reader should know.
    pub(super) fn note(&mut self, severity: Severity, path: &str, message: impl Into<String>) {
        self.diagnostics.push(self.document.error_at(path, message).with_severity(severity));
    }

    /// What a provider's rules say.
    pub(super) fn problems(&mut self, problems: Vec<Problem>) {
        for Problem { path, message, severity } in problems {
            match severity {
                ProblemSeverity::Error => self.error(&path, message),
                ProblemSeverity::Warning => self.note(Severity::Warning, &path, message),
                ProblemSeverity::Note => self.note(Severity::Note, &path, message),
            }
        }
    }

    /// Errors, and the rest.
    pub(super) fn split(self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        self.diagnostics.into_iter().partition(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// What has no default, and how it is written.
const REQUIRED: [(&str, &str); 5] = [
    ("trace", "for example [trace] with shape = \"constant\" and rate = \"100rps\", or with file = \"my.csv\""),
    ("service", "for example [service] with cpu = \"20ms\": the core time of a request"),
    ("service.cpu", "for example cpu = \"20ms\", or cpu = { lognormal = { mean = \"20ms\", cv = 1.0 } }"),
    ("instance", "for example [instance] with cores = 8"),
    ("instance.cores", "for example cores = 8"),
];

/// Adds to what is reported missing how it is written.
pub(super) fn with_examples(mut error: ScenarioError) -> ScenarioError {
    for diagnostic in &mut error.diagnostics {
        let example = REQUIRED.iter().find(|(path, _)| diagnostic.path.as_deref() == Some(*path));
        if let (Some((_, help)), None, true) = (example, &diagnostic.help, diagnostic.message.contains("is missing")) {
            diagnostic.help = Some((*help).to_string());
        }
    }
    error
}

/// Checks that need no other table's meaning than numbers.
pub(super) fn check_numbers(file: &ScenarioFile, findings: &mut Findings<'_>) {
    if file.instance.cores.as_millis() == 0 {
        findings.error("instance.cores", "an instance needs a core: `cores` must be above zero");
    }
    if file.horizon.is_some_and(windtunnel_traces::SimDuration::is_zero) {
        findings.error("horizon", "nothing to simulate: `horizon` must be above zero");
    }
    if file.instance.workers == Some(0) {
        findings.error("instance.workers", "an instance without workers serves nothing: `workers` must be above zero");
    }
    if file.service.timeout.is_some_and(windtunnel_traces::SimDuration::is_zero) {
        findings.error("service.timeout", "a timeout of zero fails every request; leave it out for none");
    }
    let price = &file.instance.price;
    if !(price.per_hour.is_finite() && price.per_hour >= 0.0) {
        findings.error("instance.price.per_hour", "a price is a number from zero");
    }
    if price.billed_per.is_zero() {
        findings.error("instance.price.billed_per", "time is billed in units above zero, such as \"1s\"");
    }
    if file.fleet.zones == 0 {
        findings.error("fleet.zones", "there is at least one zone");
    }
    let slo = &file.slo;
    if !(slo.percentile > 0.0 && slo.percentile < 100.0) {
        findings.error("slo.percentile", "a percentile lies between 0 and 100, such as 99");
    }
    if slo.available.as_f64() > 1.0 {
        findings.error("slo.available", "a share is at most one, such as 0.999 or \"99.9%\"");
    }
    if slo.window.is_zero() {
        findings.error("slo.window", "a window needs a length, such as \"1m\"");
    }
    if file.timeline.interval.is_some_and(windtunnel_traces::SimDuration::is_zero) {
        findings.error("timeline.interval", "a row needs a length, such as \"1m\"");
    }
    if file.sensors.every.is_zero() {
        findings.error("sensors.every", "sampling needs an interval, such as \"15s\"");
    }
    if file.sensors.loss.as_f64() > 1.0 {
        findings.error("sensors.loss", "a probability is at most one");
    }
    check_service(file, findings);
    check_boot(file, findings);
    check_health(file, findings);
    check_events(file, findings);
    check_group(file, findings);
}

/// What a scaling group lays down needs what other tables say.
fn check_group(file: &ScenarioFile, findings: &mut Findings<'_>) {
    let Some((provider, group)) = file.cloud() else { return };
    let rules = group.group_rules();
    if rules.health.heeds_balancer && file.balancer.health.is_none() {
        findings.note(
            Severity::Warning,
            provider,
            "the load balancer's health checks shall replace instances, but it makes none: give [balancer.health]",
        );
    }
    if rules.pool.is_some_and(|pool| !pool.running)
        && file.fleet.start_stopped == windtunnel_traces::distribution::Distribution::default()
    {
        findings.note(
            Severity::Warning,
            provider,
            "stopped instances start in no time: give `fleet.start_stopped`, such as \"25s\"",
        );
    }
    if rules.protection.first > group.initial_capacity() {
        let capacity = group.initial_capacity();
        findings.error(
            &format!("{provider}.protected"),
            format!("{} are protected, but the group begins with {capacity}", rules.protection.first),
        );
    }
    let price = file.instance.price.stopped_per_hour;
    if !(price.is_finite() && price >= 0.0) {
        findings.error("instance.price.stopped_per_hour", "a price is a number from zero");
    }
}

fn check_service(file: &ScenarioFile, findings: &mut Findings<'_>) {
    for class in &file.service.class {
        if !(class.weight.is_finite() && class.weight > 0.0) {
            findings.error(&format!("service.class.{}.weight", class.name), "a weight is a number above zero");
        }
    }
    if let Some(retry) = &file.service.retry
        && retry.attempts == 0
    {
        findings.error("service.retry.attempts", "`attempts` counts the first one too: it is at least 1");
    }
    if file.service.downstream.as_ref().is_some_and(|downstream| downstream.limit == 0) {
        findings.error("service.downstream.limit", "a dependency that lets nobody in never answers: at least 1");
    }
    if let Some(cold) = &file.service.cold_start {
        if !(cold.slowdown.is_finite() && cold.slowdown > 0.0) {
            findings.error("service.cold_start.slowdown", "a slowdown is a factor above zero, such as 3.0");
        }
        if cold.settle.is_zero() {
            findings.error("service.cold_start.settle", "the time constant must be above zero");
        }
    }
}

fn check_boot(file: &ScenarioFile, findings: &mut Findings<'_>) {
    for stage in &file.boot {
        let path = format!("boot.{}", stage.stage);
        if stage.fails.as_f64() > 1.0 {
            findings.error(&format!("{path}.fails"), "a probability is at most one");
        }
        if stage.poll.as_ref().is_some_and(|poll| poll.every.is_zero() || poll.attempts == 0) {
            findings.error(&format!("{path}.poll"), "a poll needs `every` and `attempts` above zero");
        }
    }
    if let Some(name) = &file.fleet.created_after
        && !file.boot.iter().any(|stage| &stage.stage == name)
    {
        let names: Vec<&str> = file.boot.iter().map(|stage| stage.stage.as_str()).collect();
        findings.error_with_help(
            "fleet.created_after",
            format!("there is no boot stage `{name}`"),
            format!("the stages are: {}", names.join(", ")),
        );
    }
    // A launch that always fails and is always replaced would never end.
    for stage in &file.boot {
        if stage.fails.as_f64() == 1.0 && stage.then == super::schema::AfterFailure::Replace {
            findings.error_with_help(
                &format!("boot.{}.fails", stage.stage),
                "every launch fails and is replaced by one that fails",
                "use a probability below one, or `then = \"give-up\"`",
            );
        }
    }
}

fn check_health(file: &ScenarioFile, findings: &mut Findings<'_>) {
    if let Some(health) = &file.balancer.health {
        if health.every.is_zero() {
            findings.error("balancer.health.every", "checks need an interval, such as \"2s\"");
        }
        if health.healthy == 0 || health.unhealthy == 0 {
            findings.error("balancer.health", "thresholds count checks: at least 1");
        }
    }
}

fn check_events(file: &ScenarioFile, findings: &mut Findings<'_>) {
    for (number, event) in file.event.iter().enumerate() {
        let path = format!("event.{number}");
        let needs_length = matches!(
            event.kind,
            EventKind::ZoneOutage
                | EventKind::MetricsOutage
                | EventKind::BootSlowdown
                | EventKind::DownstreamSlowdown
                | EventKind::Standby
                | EventKind::GroupDisabled
        );
        if event.kind == EventKind::Standby && file.aws.is_none() && file.ess.is_none() {
            findings.error(&path, "only groups of AWS and ESS know the Standby state");
        }
        if event.kind == EventKind::GroupDisabled && file.ess.is_none() && file.tencent.is_none() {
            findings.error_with_help(
                &path,
                "only groups of ESS and Tencent can be disabled",
                "a group of AWS has processes that can be suspended: aws.suspended = [\"AlarmNotification\"]",
            );
        }
        if needs_length && event.lasts.is_none() {
            findings.error(&path, "this kind of event needs `lasts`, such as \"30m\"");
        }
        let needs_factor = matches!(event.kind, EventKind::BootSlowdown | EventKind::DownstreamSlowdown);
        if needs_factor && !event.factor.is_some_and(|factor| factor.is_finite() && factor > 0.0) {
            findings.error(&path, "this kind of event needs `factor`, a number above zero");
        }
        if event.kind == EventKind::SetCapacity && event.desired.is_none() {
            findings.error(&path, "this kind of event needs `desired`, the new capacity");
        }
        if event.kind == EventKind::ZoneOutage && event.zone.unwrap_or(0) >= file.fleet.zones {
            let zones = file.fleet.zones;
            let word = if zones == 1 { "is one zone" } else { "are several zones" };
            findings.error_with_help(
                &format!("{path}.zone"),
                format!("there is no zone {}", event.zone.unwrap_or(0)),
                format!("there {word} (`fleet.zones` is {zones}), numbered from 0"),
            );
        }
    }
}
