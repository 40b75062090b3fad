//! The kinds of station that are measured: a bare loop and the scenario that asks the simulator for the same work.

use super::closed_loop::{THINK, closed_loop, users};
use super::least_outstanding::least_outstanding;
use super::sharing::processor_sharing;
use super::two_choices::{power_of_two, random};
use super::{Bare, CORES, Work, mm8, round_robin};

/// Mean core time, and mean wait where there is one, in seconds.
const MEAN: f64 = 0.04;
/// Share of the cores in use.
const UTILIZATION: f64 = 0.7;

/// A kind of station.
pub(crate) struct Kind {
    /// Its name in reports.
    pub(crate) name: &'static str,
    /// The most that the simulator may take, in times of the bare loop.
    pub(crate) mark: f64,
    /// The bare loop.
    pub(crate) bare: fn(Work) -> Bare,
    instances: usize,
    /// Keys of the scenario beyond the common ones.
    keys: &'static str,
}

/// The draws of the guide's service, with its timeout.
macro_rules! demo {
    ($keys:literal) => {
        concat!(
            "service.cpu = { lognormal = { mean = \"40ms\", cv = 1.0 } }\n",
            "service.wait = { lognormal = { mean = \"40ms\", cv = 0.8 } }\n",
            "service.timeout = \"10s\"\n",
            $keys
        )
    };
}

/// All kinds.
pub(crate) const KINDS: [Kind; 8] = [
    Kind {
        name: "M/M/8",
        mark: 1.6,
        bare: mm8,
        instances: 1,
        keys: "service.cpu = { exponential = { mean = \"40ms\" } }",
    },
    Kind { name: "round-robin", mark: 1.6, bare: round_robin, instances: 10, keys: demo!("") },
    Kind { name: "random", mark: 1.6, bare: random, instances: 10, keys: demo!("balancer.algorithm = \"random\"") },
    Kind {
        name: "power-of-two",
        mark: 1.4,
        bare: power_of_two,
        instances: 10,
        keys: demo!("balancer.algorithm = \"power-of-two\""),
    },
    Kind {
        name: "least-outstanding",
        mark: 1.4,
        bare: least_outstanding,
        instances: 10,
        keys: demo!("balancer.algorithm = \"least-outstanding\""),
    },
    Kind {
        name: "least-outstanding-60",
        mark: 1.4,
        bare: least_outstanding,
        instances: 60,
        keys: demo!("balancer.algorithm = \"least-outstanding\""),
    },
    Kind {
        name: "processor-sharing",
        mark: 1.0,
        bare: processor_sharing,
        instances: 10,
        keys: demo!("instance.discipline = \"processor-sharing\""),
    },
    Kind { name: CLOSED_LOOP, mark: 1.0, bare: closed_loop, instances: 10, keys: demo!("") },
];

/// The kind whose clients wait for their answers.
const CLOSED_LOOP: &str = "closed-loop";

impl Kind {
    /// What the simulator's side of it is called where instructions are counted.
    pub(crate) fn kernel(&self) -> String {
        format!("requests/{}", self.name)
    }

    /// The same for the bare loop.
    pub(crate) fn bare_kernel(&self) -> String {
        format!("bare/{}", self.name)
    }

    /// Requests per second.
    fn rate(&self) -> f64 {
        UTILIZATION * (CORES * self.instances) as f64 / MEAN
    }

    /// The work for the bare loop, about as many requests as the scenario has.
    pub(crate) fn work(&self, requests: u64) -> Work {
        Work { requests, rate: self.rate(), cpu: MEAN, wait: MEAN, instances: self.instances }
    }

    /// The same work as a scenario: timeline, windows, histograms and metrics as in every run. Rows are as long as
    /// gives them the 24,000 requests that a row of a day at 400 requests per second has.
    pub(crate) fn scenario(&self, requests: u64) -> String {
        let rate = self.rate();
        let seconds = (requests as f64 / rate).ceil();
        let row = (24_000.0 / rate).ceil();
        let trace = if self.name == CLOSED_LOOP {
            let users = users(self.work(requests));
            format!("clients = {{ users = {users}, think = {{ exponential = {{ mean = \"{THINK}s\" }} }} }}")
        } else {
            format!("shape = \"constant\", rate = \"{rate}rps\"")
        };
        format!(
            "horizon = \"{seconds}s\"\ntrace = {{ {trace} }}\n\
             instance.cores = {CORES}\nfixed.instances = {}\ntimeline.interval = \"{row}s\"\n{}\n",
            self.instances, self.keys
        )
    }
}
