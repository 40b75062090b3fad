//! Fluid against requests, over the scenarios of `configs/`: where it must not be trusted, a run has to say so.

use std::path::Path;

use rayon::prelude::*;
use windtunnel_sim::outcome::Outcome;
use windtunnel_sim::plant::fluid::scope::obstacle;
use windtunnel_sim::run::Fidelity;
use windtunnel_sim::scenario::document::EmbeddedFiles;
use windtunnel_sim::scenario::{Document, Loaded, Scenario};

use crate::bench::{Bench, figure};
use crate::error::ValidationError;
use crate::row::{Row, Rule, Section};

/// Largest relative error of cost and of the mean number in service.
const RELATIVE: f64 = 0.01;
/// Largest error of the share of requests that violate the objective: absolute, or relative, whichever is larger.
const SHARE: f64 = 0.005;
const OF_SHARE: f64 = 0.10;

/// The scenarios of `configs/`.
const FILES: EmbeddedFiles = EmbeddedFiles::new(&[
    ("configs/service.toml", include_str!("../../configs/service.toml")),
    ("configs/ess.toml", include_str!("../../configs/ess.toml")),
    ("configs/aws.toml", include_str!("../../configs/aws.toml")),
    ("configs/tencent.toml", include_str!("../../configs/tencent.toml")),
    ("configs/hpa.toml", include_str!("../../configs/hpa.toml")),
    ("configs/stress-test.toml", include_str!("../../configs/stress-test.toml")),
    ("traces/data/demo-day.csv", windtunnel_traces::demo::DEMO_DAY),
    ("configs/pathologies/alarm-latency.toml", include_str!("../../configs/pathologies/alarm-latency.toml")),
    ("configs/pathologies/barrier-load-test.toml", include_str!("../../configs/pathologies/barrier-load-test.toml")),
    ("configs/pathologies/cold-instance-herd.toml", include_str!("../../configs/pathologies/cold-instance-herd.toml")),
    (
        "configs/pathologies/cooldown-shorter-than-boot.toml",
        include_str!("../../configs/pathologies/cooldown-shorter-than-boot.toml"),
    ),
    ("configs/pathologies/flapping.toml", include_str!("../../configs/pathologies/flapping.toml")),
    ("configs/pathologies/fleet-total-alarm.toml", include_str!("../../configs/pathologies/fleet-total-alarm.toml")),
    (
        "configs/pathologies/hot-instance-hidden.toml",
        include_str!("../../configs/pathologies/hot-instance-hidden.toml"),
    ),
    ("configs/pathologies/retry-storm.toml", include_str!("../../configs/pathologies/retry-storm.toml")),
    ("configs/pathologies/slow-scale-in.toml", include_str!("../../configs/pathologies/slow-scale-in.toml")),
    ("configs/pathologies/zone-imbalance.toml", include_str!("../../configs/pathologies/zone-imbalance.toml")),
]);

const GUIDE: [&str; 4] = ["ess", "aws", "tencent", "hpa"];

const OTHERS: [&str; 11] = [
    "stress-test",
    "pathologies/alarm-latency",
    "pathologies/barrier-load-test",
    "pathologies/cold-instance-herd",
    "pathologies/cooldown-shorter-than-boot",
    "pathologies/flapping",
    "pathologies/fleet-total-alarm",
    "pathologies/hot-instance-hidden",
    "pathologies/retry-storm",
    "pathologies/slow-scale-in",
    "pathologies/zone-imbalance",
];

/// What is changed in one of the guide's systems.
const VARIATIONS: [(&str, &str, &[&str]); 12] = [
    ("four instances at most", "ess", &["ess.max=4", "ess.desired=4"]),
    ("four at most, shared cores", "ess", &["ess.max=4", "ess.desired=4", "instance.discipline=\"processor-sharing\""]),
    ("random", "ess", &["balancer.algorithm=\"random\""]),
    ("least-outstanding", "ess", &["balancer.algorithm=\"least-outstanding\""]),
    ("power-of-two", "ess", &["balancer.algorithm=\"power-of-two\""]),
    ("processor-sharing", "ess", &["instance.discipline=\"processor-sharing\""]),
    ("no limits", "ess", &["instance.workers=10000", "instance.backlog=1000000"]),
    ("cancel on timeout", "ess", &["service.timeout=\"1s\"", "service.cancel_on_timeout=true"]),
    ("core time with cv 4", "ess", &["service.cpu={lognormal={mean=\"55ms\",cv=4.0}}"]),
    ("cold start", "ess", &["service.cold_start={slowdown=4.0,settle=\"60s\"}"]),
    ("retries", "ess", &["service.retry={attempts=3,backoff=\"200ms\"}"]),
    ("processor-sharing", "hpa", &["pods.discipline=\"processor-sharing\""]),
];

const EVENING: [&str; 2] = ["horizon=\"6h\"", "trace.window={from=\"17h\",to=\"23h\"}"];
const PEAK: [&str; 2] = ["horizon=\"2h\"", "trace.window={from=\"18h\",to=\"20h\"}"];

/// Every comparison; in the short form one hour of one system.
///
/// # Errors
/// When a run came to no end.
pub fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    if bench.is_short() {
        let sets = ["horizon=\"1h\"", "trace.window={from=\"18h\",to=\"19h\"}"];
        return compare(bench, "ess, one hour", &scenario("ess", &sets)?, 1);
    }
    let mut rows = Vec::new();
    for name in GUIDE {
        rows.extend(compare(bench, name, &scenario(name, &EVENING)?, 3)?);
    }
    for name in OTHERS {
        rows.extend(compare(bench, name, &scenario(name, &[])?, 3)?);
    }
    for (what, base, sets) in VARIATIONS {
        let sets: Vec<&str> = PEAK.iter().chain(sets).copied().collect();
        rows.extend(compare(bench, &format!("{base}, {what}"), &scenario(base, &sets)?, 2)?);
    }
    Ok(rows)
}

fn scenario(name: &str, sets: &[&str]) -> Result<Scenario, ValidationError> {
    let mut document = Document::load(Path::new(&format!("configs/{name}.toml")), &FILES)?;
    for set in sets {
        document.set(set)?;
    }
    Ok(Loaded::from_document(document, &FILES)?.scenario)
}

fn compare(bench: &Bench<'_>, name: &str, scenario: &Scenario, seeds: u64) -> Result<Vec<Row>, ValidationError> {
    let row = |what: &str| Row::compare(Section::Fluid, name, "", what);
    if let Some(obstacle) = obstacle(scenario) {
        return Ok(vec![row("anything").not_run(Rule::Shown, format!("fluid refuses `{}`", obstacle.key))]);
    }
    bench.watch.begins(&format!("fluid against requests, {name}"));
    let run = |fidelity| -> Result<Vec<Outcome>, ValidationError> {
        let seeds = bench.first_seed..bench.first_seed + seeds;
        seeds.into_par_iter().map(|seed| bench.run(scenario, seed, fidelity, false)).collect()
    };
    let (requests, fluid) = (run(Fidelity::Requests)?, run(Fidelity::Fluid)?);
    let warning =
        fluid.iter().flat_map(|outcome| &outcome.warnings).find(|warning| warning.message.starts_with("fluid: "));
    let mean = |name: &str| requests.iter().map(|outcome| figure(outcome, name)).sum::<f64>() / requests.len() as f64;
    let compared = |what: &str, metric: &str, rule: Rule| {
        let reference = mean(metric);
        let samples: Vec<f64> = fluid.iter().map(|outcome| figure(outcome, metric)).collect();
        let mut comparison = row(what).reference(reference);
        let mut rule = rule;
        if let Some(warning) = warning {
            comparison = comparison.note(format!("the run warns: {}", warning.message));
            rule = Rule::Shown;
        }
        comparison.judge(rule, &samples)
    };
    let violating = mean("slo_violating_request_fraction");
    Ok(vec![
        compared("cost", "cost_total", Rule::WithinShare { share: RELATIVE }),
        compared("mean in service", "mean_in_service", Rule::WithinShare { share: RELATIVE }),
        compared(
            "share of violating requests",
            "slo_violating_request_fraction",
            Rule::Within { bound: SHARE.max(OF_SHARE * violating) },
        ),
        compared("latency P99, s", "latency_p99_seconds", Rule::Shown),
    ])
}
