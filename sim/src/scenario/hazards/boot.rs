//! The beginning and the end of an instance: checks that give up too early, traffic that comes too early, drains that end
//! too early.

use super::numbers::Numbers;
use super::{Findings, round};
use crate::scenario::document::Document;
use crate::scenario::schema::AfterFailure;
use crate::scenario::{Policy, Scenario};

pub(super) fn check(scenario: &Scenario, numbers: &Numbers, document: &Document, findings: &mut Findings<'_>) {
    polls(scenario, findings);
    if matches!(scenario.policy, Policy::Hpa { .. }) {
        termination_grace(scenario, numbers, findings);
        return;
    }
    if matches!(scenario.policy, Policy::Fixed(_)) {
        return;
    }
    early_traffic(scenario, numbers, findings);
    drain(scenario, numbers, document, findings);
}

/// A loop of checks gives up before what it waits for is usually there.
fn polls(scenario: &Scenario, findings: &mut Findings<'_>) {
    for stage in &scenario.laws.boot {
        let Some((every, attempts)) = stage.poll else { continue };
        let patience = every.as_secs_f64() * f64::from(attempts.saturating_sub(1));
        let mean = stage.time.mean_nanos() / 1e9;
        let deviation = mean * stage.time.cv();
        // Two standard deviations: for usual laws, a start in twenty is slower.
        if patience >= mean + 2.0 * deviation {
            continue;
        }
        let then = match stage.then {
            AfterFailure::Replace => "the instance is thrown away and another launched",
            AfterFailure::GiveUp => "the instance is lost to the activity",
            AfterFailure::Continue => "the boot goes on with what is not there yet",
        };
        findings.add(
            "G05",
            &format!("boot.{}.poll", stage.name),
            format!(
                "the checks of `{}` give up after {} s, but what they wait for takes {} s in the mean (standard deviation {} s): \
                 then {then}",
                stage.name, round(patience), round(mean), round(deviation)
            ),
            format!("more attempts: at least {}", round(libm::ceil((mean + 3.0 * deviation) / every.as_secs_f64()) + 1.0)),
        );
    }
}

/// The provider attaches an instance when it is created, not when the application answers.
fn early_traffic(scenario: &Scenario, numbers: &Numbers, findings: &mut Findings<'_>) {
    let gap = numbers.ready.booted - numbers.ready.joined;
    if gap <= 0.0 || scenario.file.balancer.health.is_some() {
        return;
    }
    findings.add(
        "S24",
        "balancer",
        format!(
            "the group attaches an instance {} s before its application is up (it joins after {} s, the boot ends after {} s), and \
             there is no health check of the balancer to hold traffic back",
            round(gap), round(numbers.ready.joined), round(numbers.ready.booted)
        ),
        "a lifecycle hook that lasts as long as the boot, or a health check of the balancer (balancer.health)",
    );
}

/// Requests that take longer than the drain are cut.
fn drain(scenario: &Scenario, numbers: &Numbers, document: &Document, findings: &mut Findings<'_>) {
    let drain = scenario.file.balancer.drain.as_secs_f64();
    let slowest = slowest_answer(scenario, numbers);
    if drain >= slowest {
        return;
    }
    let path = if document.is_given("balancer.drain") { "balancer.drain" } else { "balancer" };
    findings.add(
        "G04",
        path,
        format!(
            "an instance that leaves has {} s to finish, but requests take up to {} s: those inside are cut at each scale-in",
            round(drain), round(slowest)
        ),
        format!("drain = \"{}s\"", round(libm::ceil(slowest))),
    );
}

fn termination_grace(scenario: &Scenario, numbers: &Numbers, findings: &mut Findings<'_>) {
    let Some(pods) = &scenario.file.pods else { return };
    let grace = pods.termination_grace.as_secs_f64();
    let slowest = slowest_answer(scenario, numbers);
    if grace >= slowest {
        return;
    }
    findings.add(
        "G04",
        "pods.termination_grace",
        format!(
            "a pod has {} s to finish, but requests take up to {} s: those inside are lost at each scale-down",
            round(grace),
            round(slowest)
        ),
        format!("termination_grace = \"{}s\"", round(libm::ceil(slowest))),
    );
}

/// How long a request may take: mean and three standard deviations of its demand, at most the client's timeout.
fn slowest_answer(scenario: &Scenario, numbers: &Numbers) -> f64 {
    let spread = |pick: &dyn Fn(&crate::plant::requests::ClassDemand) -> (f64, f64)| {
        scenario.laws.classes.iter().map(pick).map(|(mean, cv)| mean * (1.0 + 3.0 * cv)).fold(0.0, f64::max) / 1e9
    };
    let cpu = spread(&|class| (class.cpu.mean_nanos(), class.cpu.cv()));
    let wait = spread(&|class| (class.wait.mean_nanos(), class.wait.cv()));
    let natural = (cpu + wait).max(numbers.cpu + numbers.wait);
    scenario.file.service.timeout.map_or(natural, |timeout| natural.min(timeout.as_secs_f64()))
}
