//! The baselines as controllers of a whole run: they follow a load up and down, within their bounds, and the same seed
//! gives the same decisions.

mod support;

use support::{figure, run, scenario};

/// Ten minutes at what two instances hold, ten at what eight do, ten at two again.
fn stepped(baseline: &str) -> String {
    format!(
        "horizon = '60m'
        trace = {{ shape = 'step', base = '20rps', peak = '100rps', at = '20m', lasts = '20m' }}
        service.cpu = {{ lognormal = {{ mean = '50ms', cv = 0.5 }} }}
        service.timeout = '5s'
        instance.cores = 1
        slo.latency = '1s'
        [[boot]]
        stage = 'provision'
        time = '60s'
        [baseline]
        min = 1
        max = 20
        desired = 2
        [baseline.{baseline}]
        "
    )
}

#[test]
fn every_baseline_follows_the_load_up_within_its_bounds() {
    for baseline in ["react", "adapt", "hist", "reg", "pid", "seasonal"] {
        let scenario = scenario(&stepped(baseline));
        let outcome = run(&scenario, 1);
        let peak = figure(&outcome, "peak_in_service");
        // 100 requests of 50 ms are five busy cores: fewer cannot serve them.
        assert!((6.0..=20.0).contains(&peak), "{baseline}: {peak} at the peak");
        assert!(figure(&outcome, "scale_outs") >= 1.0, "{baseline}");
        let again = run(&scenario, 1);
        assert_eq!(outcome.metrics, again.metrics, "{baseline}");
    }
}

#[test]
fn react_gives_back_what_it_no_longer_needs() {
    let outcome = run(&scenario(&stepped("react")), 1);
    let last = outcome.timeline.last().unwrap();
    assert!(last.in_service <= 4.0, "{}", last.in_service);
    assert!(outcome.activities.iter().all(|activity| activity.policy.as_deref() == Some("react")));
}
