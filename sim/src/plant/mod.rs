//! What is controlled: requests arrive, a balancer picks an instance, the instance serves them on its cores.
//!
//! The plant is advanced in bulk from one control event to the next; between two of them the set of instances and their
//! weights are constant. Several kernels do the work behind one face, [`Plant`]:
//!
//! * [`fcfs`]: first come, first served. A request's whole fate follows from the state at its arrival (the recursion of
//!   Kiefer and Wolfowitz), so arrivals are the only events; in [`fcfs::feedback`] an outcome leads to further ones, by
//!   clients in a closed loop and by retries.
//! * [`sharing`]: processor sharing where instances do not touch each other.
//! * [`events`]: everything else, as a discrete-event simulation: shared dependencies, pods that share a node, clients who
//!   wait for each other, processor sharing with any of these.
//!
//! Another, [`fluid`], knows rates and expected numbers instead of requests: orders of magnitude faster, and wrong where it
//! says so.
//!
//! The kernels of requests give the same outcomes to the nanosecond where several apply; the tests in `agreement` hold them
//! against each other.

#[cfg(test)]
mod agreement;
pub mod balancer;
mod bursts;
pub mod clients;
mod departures;
pub mod drawn;
pub mod events;
pub mod fcfs;
pub mod fluid;
mod heap;
mod jobs;
mod levels;
pub mod requests;
pub mod retries;
pub mod sharing;
mod station;
mod tournament;

use windtunnel_traces::{Cores, SimDuration, SimTime};

use crate::controllers::decision::InstanceId;
use crate::outcome::Objective;
use crate::outcome::recorder::Recorder;
use crate::scenario::schema::Discipline;

pub use balancer::Targets;

/// An instance (or pod) as the plant sees it.
#[derive(Clone, Debug)]
pub struct StationSpec {
    /// Cores that it can use at most.
    pub cores: Cores,
    /// How it shares them.
    pub discipline: Discipline,
    /// Requests in service at once; no limit if absent.
    pub workers: Option<u32>,
    /// Requests waiting for a worker; no limit if absent.
    pub backlog: Option<u32>,
    /// The node whose cores it shares, with its weight there (thousandths of a core requested).
    pub node: Option<(NodeId, u32)>,
    /// True for an instance that has been in service for long: no cold start.
    pub warm: bool,
}

/// A machine on which several pods share cores.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// What an instance has used and holds.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Core time used since its start, in nanoseconds.
    pub busy_core_nanos: f64,
    /// Requests inside it.
    pub inside: u32,
    /// Requests that were sent to it since its start.
    pub sent: u64,
    /// When it took in the first of them.
    pub first_request: Option<SimTime>,
}

/// What a sensor read at an instance when it was noted.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Reading {
    /// When that was.
    pub at: SimTime,
    /// Core time used since its start, in nanoseconds.
    pub busy_core_nanos: f64,
    /// Requests inside it.
    pub inside: u32,
}

/// The face of both kernels. Instances are named by their [`InstanceId`], which are small and dense.
pub trait Plant: Send {
    /// Adds an instance that receives no traffic yet.
    fn add(&mut self, id: InstanceId, spec: &StationSpec, now: SimTime);

    /// Starts sending traffic to an instance, with a weight above zero; or changes the weight.
    fn attach(&mut self, id: InstanceId, weight: f64, now: SimTime);

    /// Stops sending traffic to an instance; what is inside goes on.
    fn detach(&mut self, id: InstanceId);

    /// The instance dies: what is inside fails, and so does what the balancer still sends to it.
    fn kill(&mut self, id: InstanceId, now: SimTime, recorder: &mut Recorder);

    /// An instance that was killed because the balancer cut it off, and whose machine never stopped, can serve again.
    fn revive(&mut self, id: InstanceId, now: SimTime);

    /// Forgets an instance that is detached and empty or dead.
    fn remove(&mut self, id: InstanceId);

    /// Adds a node whose cores pods share.
    fn add_node(&mut self, id: NodeId, cores: Cores);

    /// Waits of requests that are sent from now on take `factor` times as long. (Not waits that begin from now on: the
    /// recursion decides a request's fate at its arrival.)
    fn slow_waits(&mut self, factor: f64);

    /// Serves everything that happens before `until`, and what is due exactly then but for new arrivals. What has come
    /// of it may be in the recorder only after [`record`](Plant::record).
    fn advance(&mut self, until: SimTime, recorder: &mut Recorder);

    /// What an instance has used up to the instant that the plant was advanced to.
    fn usage(&mut self, id: InstanceId) -> Usage;

    /// What a sensor reads at an instance: what it has used, with the noise of the requests' randomness where the plant
    /// knows only expected numbers. The next reading goes on from this one.
    fn measured(&mut self, id: InstanceId) -> Usage {
        self.usage(id)
    }

    /// The core time in nanoseconds that sensors read at all instances that report (`true`) since they read last; what
    /// the others have used is read and forgotten. Nothing where each has to be [`measured`](Plant::measured) by itself.
    fn measured_together(&mut self, instances: &[(InstanceId, bool)]) -> Option<f64> {
        let _ = instances;
        None
    }

    /// Notes at an instant to come what each instance on a node has used by then, for [`noted`](Plant::noted) to tell. Nothing
    /// comes of it, and it says so, where the plant has to be advanced to that instant and [`measured`](Plant::measured).
    fn note(&mut self, node: NodeId, at: SimTime) -> bool {
        let _ = (node, at);
        false
    }

    /// What a sensor read at an instance when what its node's instances use was noted last, and when that was. Each note
    /// is told once.
    fn noted(&mut self, id: InstanceId) -> Option<Reading> {
        let _ = id;
        None
    }

    /// The same at each of the instances that are read together, with the error of their mean: by node, into a buffer.
    fn noted_together(&mut self, by_node: &mut Vec<Option<Reading>>) {
        by_node.clear();
    }

    /// From now on an instance, which was [`noted`](Plant::noted) just now, is read together with others on its node; says whether
    /// that can be: it has to be like them, and what they use from now on the same. The first makes the beginning.
    fn read_together(&mut self, id: InstanceId) -> bool {
        let _ = id;
        false
    }

    /// What a sensor counts of `requests` that have arrived since it counted last.
    fn measured_arrivals(&mut self, requests: u64) -> u64 {
        requests
    }

    /// Requests that have arrived and have no outcome yet, as recorded.
    fn in_flight(&self) -> u64;

    /// The share of requests that met a node with hardly a core left, where the plant knows only expected numbers: what it says of
    /// their queues is rough.
    fn crowded_share(&self) -> f64 {
        0.0
    }

    /// Asks it to judge windows of the objective by itself while it advances, and to end its steps where rows end as well: then
    /// nobody has to stop it there. Says whether it does.
    fn judge_windows(&mut self, objective: Objective, row: SimDuration) -> bool {
        let _ = (objective, row);
        false
    }

    /// Windows with an outcome that it has judged since it was asked last, and those of them that violated the objective.
    fn take_windows(&mut self) -> (u64, u64) {
        (0, 0)
    }

    /// Records what has happened so far and is not recorded yet. Kernels that know each request record it as it happens and
    /// have nothing to do here.
    fn record(&mut self, recorder: &mut Recorder) {
        let _ = recorder;
    }

    /// Records the latencies of all requests that have been counted as served. Kernels that know each request record its
    /// latency with it and have nothing to do here.
    fn write_latencies(&mut self, recorder: &mut Recorder) {
        let _ = recorder;
    }
}

/// How a burst of CPU is stretched while an instance is cold: `1 + (slowdown - 1) exp(-age / settle)`.
#[derive(Copy, Clone, Debug)]
pub struct ColdStart {
    slowdown: f64,
    settle: SimDuration,
}

impl ColdStart {
    /// A cold start by its first slowdown and time constant.
    pub fn new(slowdown: f64, settle: SimDuration) -> Self {
        ColdStart { slowdown, settle }
    }

    /// The factor for a burst that starts `age` nanoseconds after the instance's first traffic.
    fn factor(self, age: u64) -> f64 {
        1.0 + (self.slowdown - 1.0) * libm::exp(-(age as f64) / self.settle.as_nanos() as f64)
    }

    /// The age in nanoseconds past which the stretch is below a millionth and not worth computing.
    fn horizon(self) -> u64 {
        (self.settle.as_nanos() as f64 * libm::log((self.slowdown - 1.0).abs().max(1e-6) * 1e6)).max(0.0) as u64
    }
}

/// When a cold instance started and until when it is regarded as cold.
#[derive(Copy, Clone, Debug, Default)]
struct Coldness {
    since: u64,
    until: u64,
}

impl Coldness {
    /// The instance gets its first traffic: from now on it warms up. One that does already, or was warm, goes on as it is.
    fn begin(&mut self, now: SimTime, cold_start: Option<ColdStart>) {
        if self.until == u64::MAX {
            let now = now.as_nanos();
            *self = Coldness { since: now, until: now + cold_start.map_or(0, ColdStart::horizon) };
        }
    }
}

/// A wait that takes `factor` times as long.
#[inline]
fn stretched_wait(wait: u64, factor: f64) -> u64 {
    if factor == 1.0 { wait } else { (wait as f64 * factor + 0.5) as u64 }
}

/// Core time in nanoseconds of a burst that starts at `start`, stretched while the instance is cold.
#[inline]
fn stretched(cpu: u64, start: u64, coldness: Coldness, cold_start: Option<ColdStart>) -> u64 {
    if start >= coldness.until {
        return cpu;
    }
    match cold_start {
        Some(cold) => (cpu as f64 * cold.factor(start - coldness.since.min(start)) + 0.5) as u64,
        None => cpu,
    }
}
