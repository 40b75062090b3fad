//! Fluid against requests, scenario by scenario: what the test holds and the page shows.

#![allow(dead_code, reason = "the test and the example use a part each")]

use windtunnel_sim::experiment::replications::{Silent, replicate_with};
use windtunnel_sim::outcome::Outcome;
use windtunnel_sim::run::{Fidelity, RunOptions};
use windtunnel_sim::scenario::Scenario;

use super::support::{figure, guide};

/// Largest relative error of cost and of the mean number in service.
pub(crate) const RELATIVE: f64 = 0.01;
/// Largest error of the share of requests that violate the objective: absolute, or relative, whichever is larger.
pub(crate) const SHARE: f64 = 0.005;
pub(crate) const OF_SHARE: f64 = 0.10;
/// Seeds that both fidelities are run under; their means are compared.
pub(crate) const SEEDS: [u64; 3] = [7, 8, 9];

/// A scenario that both fidelities simulate.
pub(crate) struct Case {
    /// What to call it.
    pub(crate) name: &'static str,
    /// The guide's system.
    pub(crate) base: &'static str,
    /// What is changed.
    pub(crate) set: &'static [&'static str],
}

/// The scenarios of `configs/` that have an offered rate.
pub(crate) const GUIDE: [Case; 4] = [
    Case { name: "ess", base: "ess", set: &[] },
    Case { name: "aws", base: "aws", set: &[] },
    Case { name: "tencent", base: "tencent", set: &[] },
    Case { name: "hpa", base: "hpa", set: &[] },
];

/// Variations that are harder, or known to be wrong.
pub(crate) const VARIATIONS: [Case; 13] = [
    Case { name: "ess, four instances at most", base: "ess", set: &["ess.max=4", "ess.desired=4"] },
    Case {
        name: "ess, four at most, no limits",
        base: "ess",
        set: &["ess.max=4", "ess.desired=4", "instance.workers=10000", "instance.backlog=1000000"],
    },
    Case {
        name: "ess, four at most, shared cores",
        base: "ess",
        set: &["ess.max=4", "ess.desired=4", "instance.discipline=\"processor-sharing\""],
    },
    Case { name: "ess, random", base: "ess", set: &["balancer.algorithm=\"random\""] },
    Case { name: "ess, least-outstanding", base: "ess", set: &["balancer.algorithm=\"least-outstanding\""] },
    Case { name: "ess, power-of-two", base: "ess", set: &["balancer.algorithm=\"power-of-two\""] },
    Case { name: "ess, processor-sharing", base: "ess", set: &["instance.discipline=\"processor-sharing\""] },
    Case { name: "ess, no limits", base: "ess", set: &["instance.workers=10000", "instance.backlog=1000000"] },
    Case {
        name: "ess, cancel on timeout",
        base: "ess",
        set: &["service.timeout=\"1s\"", "service.cancel_on_timeout=true"],
    },
    Case { name: "ess, core time with cv 4", base: "ess", set: &["service.cpu={lognormal={mean=\"55ms\",cv=4.0}}"] },
    Case { name: "ess, cold start", base: "ess", set: &["service.cold_start={slowdown=4.0,settle=\"60s\"}"] },
    Case { name: "ess, retries", base: "ess", set: &["service.retry={attempts=3,backoff=\"200ms\"}"] },
    Case { name: "hpa, processor-sharing", base: "hpa", set: &["pods.discipline=\"processor-sharing\""] },
];

/// A figure at both fidelities.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) requests: f64,
    pub(crate) fluid: f64,
}

impl Pair {
    fn of(requests: &[Outcome], fluid: &[Outcome], name: &str) -> Pair {
        let mean = |outcomes: &[Outcome]| {
            outcomes.iter().map(|outcome| figure(outcome, name)).sum::<f64>() / outcomes.len().max(1) as f64
        };
        Pair { requests: mean(requests), fluid: mean(fluid) }
    }

    pub(crate) fn relative(self) -> f64 {
        if self.requests == 0.0 { self.fluid.abs() } else { self.fluid / self.requests - 1.0 }
    }
}

/// A scenario at both fidelities.
pub(crate) struct Compared {
    pub(crate) cost: Pair,
    pub(crate) in_service: Pair,
    pub(crate) violating: Pair,
    pub(crate) p99: Pair,
    pub(crate) utilization: Pair,
}

impl Compared {
    /// Whether it keeps the bounds.
    pub(crate) fn is_trusted(&self) -> bool {
        let Pair { requests, fluid } = self.violating;
        self.cost.relative().abs() <= RELATIVE
            && self.in_service.relative().abs() <= RELATIVE
            && (fluid - requests).abs() <= SHARE.max(OF_SHARE * requests)
    }
}

/// Which part of the day.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Day,
    /// The six busiest hours: the evening peak, and down again.
    Evening,
}

impl Part {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Part::Day => "day",
            Part::Evening => "evening",
        }
    }

    const fn assignments(self) -> &'static [&'static str] {
        match self {
            Part::Day => &["horizon=\"24h\""],
            Part::Evening => &["horizon=\"6h\"", "trace.window={from=\"17h\",to=\"23h\"}"],
        }
    }
}

pub(crate) fn scenario_of(case: &Case, part: Part) -> Scenario {
    let mut assignments = part.assignments().to_vec();
    assignments.extend(case.set);
    guide(case.base, &assignments)
}

/// Runs a case at both fidelities under the seeds.
pub(crate) fn compare(case: &Case, part: Part) -> Compared {
    let scenario = scenario_of(case, part);
    let run = |fidelity| {
        let mut outcomes = replicate_with(RunOptions::from(fidelity), &[&scenario], &SEEDS, &Silent)
            .unwrap_or_else(|error| panic!("{error}"));
        outcomes.remove(0)
    };
    let (requests, fluid) = (run(Fidelity::Requests), run(Fidelity::Fluid));
    let pair = |name: &str| Pair::of(&requests, &fluid, name);
    Compared {
        cost: pair("cost_total"),
        in_service: pair("mean_in_service"),
        violating: pair("slo_violating_request_fraction"),
        p99: pair("latency_p99_seconds"),
        utilization: pair("cpu_utilization_mean"),
    }
}
