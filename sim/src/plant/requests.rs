//! What requests ask for: arrival times and demands, drawn in blocks by index of the request.
//!
//! Each demand has a stream of its own and takes from it in order of arrival, so the n-th request asks for the same in
//! every run under one seed, whatever the policy does.

use std::sync::Arc;

use rand_distr::Distribution as _;
use rand_distr::weighted::WeightedAliasIndex;
use windtunnel_traces::arrivals::Arrivals;
use windtunnel_traces::distribution::Sampler;
use windtunnel_traces::random::Generator;
use windtunnel_traces::{Purpose, Streams};

use super::drawn::DrawnRequests;

/// Requests drawn ahead: enough to keep the drawing loops tight, few enough to stay in the first-level cache.
pub(super) const BLOCK: usize = 512;

/// Demands of one class of requests.
#[derive(Clone, Debug)]
pub struct ClassDemand {
    /// Its share, relative to the other classes.
    pub weight: f64,
    /// Core time.
    pub cpu: Sampler,
    /// Time off the core.
    pub wait: Sampler,
}

/// Draws what each request asks for.
#[derive(Clone, Debug)]
pub struct Demands {
    classes: Vec<ClassDemand>,
    mix: Option<WeightedAliasIndex<f64>>,
    patience: Option<Sampler>,
    cpu_stream: Generator,
    wait_stream: Generator,
    class_stream: Generator,
    patience_stream: Generator,
    scratch: Vec<f64>,
}

impl Demands {
    /// Demands of one class or a mix of several. Weights must be positive and finite; otherwise every request is of
    /// the first class.
    pub fn new(classes: Vec<ClassDemand>, patience: Option<Sampler>, streams: Streams) -> Self {
        let weights: Vec<f64> = classes.iter().map(|class| class.weight).collect();
        let mix = if classes.len() > 1 { WeightedAliasIndex::new(weights).ok() } else { None };
        Demands {
            classes,
            mix,
            patience,
            cpu_stream: streams.stream(Purpose::ServiceCpu),
            wait_stream: streams.stream(Purpose::ServiceWait),
            class_stream: streams.stream(Purpose::RequestClass),
            patience_stream: streams.stream(Purpose::Patience),
            scratch: vec![0.0; BLOCK],
        }
    }

    /// Mean core time over all classes, in nanoseconds.
    pub fn mean_cpu_nanos(&self) -> f64 {
        let total: f64 = self.classes.iter().map(|class| class.weight).sum();
        self.classes.iter().map(|class| class.weight / total * class.cpu.mean_nanos()).sum()
    }

    /// Mean time off the core over all classes, in nanoseconds.
    pub fn mean_wait_nanos(&self) -> f64 {
        let total: f64 = self.classes.iter().map(|class| class.weight).sum();
        self.classes.iter().map(|class| class.weight / total * class.wait.mean_nanos()).sum()
    }

    /// Whether any request may take time off the core.
    pub(super) fn waits(&self) -> bool {
        self.classes.iter().any(|class| !class.wait.is_constant_zero())
    }

    /// Whether any request may leave the queue.
    pub(super) fn leaves(&self) -> bool {
        self.patience.is_some()
    }

    /// Fills the demands of the next requests. All slices have the same length, at most [`BLOCK`].
    pub(super) fn fill(&mut self, cpu: &mut [u64], wait: &mut [u64], patience: &mut [u64]) {
        match &self.mix {
            None => {
                let draws = &mut self.scratch[..cpu.len()];
                self.classes[0].cpu.fill(&mut self.cpu_stream, draws);
                round(draws, cpu);
                if self.classes[0].wait.is_constant_zero() {
                    wait.fill(0);
                } else {
                    self.classes[0].wait.fill(&mut self.wait_stream, draws);
                    round(draws, wait);
                }
            }
            Some(mix) => {
                for (cpu, wait) in cpu.iter_mut().zip(wait.iter_mut()) {
                    let class = &self.classes[mix.sample(&mut self.class_stream)];
                    *cpu = (class.cpu.sample(&mut self.cpu_stream) + 0.5) as u64;
                    *wait = (class.wait.sample(&mut self.wait_stream) + 0.5) as u64;
                }
            }
        }
        match &self.patience {
            None => patience.fill(u64::MAX),
            Some(sampler) => {
                let draws = &mut self.scratch[..patience.len()];
                sampler.fill(&mut self.patience_stream, draws);
                round(draws, patience);
            }
        }
    }
}

/// To whole nanoseconds. By way of signed numbers, which processors convert to directly; beyond 292 years it saturates.
#[inline]
fn round(draws: &[f64], whole: &mut [u64]) {
    for (whole, draw) in whole.iter_mut().zip(draws) {
        *whole = (draw + 0.5) as i64 as u64;
    }
}

/// One request: when it arrives and what it asks for. Times in nanoseconds.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// When it arrives.
    pub arrival: u64,
    /// Core time.
    pub cpu: u64,
    /// Time off the core.
    pub wait: u64,
    /// How long it queues before it leaves; `u64::MAX` for ever.
    pub patience: u64,
    /// How long its client thinks after the outcome, in a closed loop.
    pub think: u64,
}

impl Request {
    /// An order that depends on no kernel: of arrival, and among those that arrive together of what they ask for.
    pub(super) fn order(&self) -> impl Ord + use<> {
        (self.arrival, self.cpu, self.wait)
    }
}

/// Where requests come from.
enum Origin {
    /// Drawn as they are needed. Without arrivals, clients decide when.
    Fresh { arrivals: Option<Arrivals>, demands: Box<Demands> },
    /// Drawn before; the next one's place.
    Drawn { requests: Arc<DrawnRequests>, place: usize },
}

/// Requests in order of arrival, drawn in blocks.
pub struct RequestStream {
    origin: Origin,
    arrival: [u64; BLOCK],
    cpu: [u64; BLOCK],
    wait: [u64; BLOCK],
    patience: [u64; BLOCK],
    next: usize,
    filled: usize,
}

impl RequestStream {
    /// Requests that arrive by themselves.
    pub fn open(arrivals: Arrivals, demands: Demands) -> Self {
        RequestStream::new(Origin::Fresh { arrivals: Some(arrivals), demands: Box::new(demands) })
    }

    /// Requests whose clients decide when: arrival times are zero and mean nothing.
    pub fn closed(demands: Demands) -> Self {
        RequestStream::new(Origin::Fresh { arrivals: None, demands: Box::new(demands) })
    }

    /// Requests that were drawn before: the same that a stream would draw.
    pub fn drawn(requests: Arc<DrawnRequests>) -> Self {
        RequestStream::new(Origin::Drawn { requests, place: 0 })
    }

    fn new(origin: Origin) -> Self {
        RequestStream {
            origin,
            arrival: [0; BLOCK],
            cpu: [0; BLOCK],
            wait: [0; BLOCK],
            patience: [0; BLOCK],
            next: 0,
            filled: 0,
        }
    }

    /// When the next request arrives; `u64::MAX` when no more will.
    #[inline]
    pub fn next_arrival(&mut self) -> u64 {
        if self.next == self.filled && !self.refill() {
            return u64::MAX;
        }
        self.arrival[self.next]
    }

    /// The next request. Call only when [`RequestStream::next_arrival`] says that there is one.
    #[inline]
    pub fn take(&mut self) -> Request {
        if self.next == self.filled {
            self.refill();
        }
        let i = self.next.min(BLOCK - 1);
        self.next += 1;
        let [arrival, cpu, wait, patience] = [self.arrival[i], self.cpu[i], self.wait[i], self.patience[i]];
        Request { arrival, cpu, wait, patience, think: 0 }
    }

    /// The next requests that arrive before `until`: as many as have been drawn, none when there are no more.
    #[inline]
    pub fn batch(&mut self, until: u64) -> impl ExactSizeIterator<Item = Request> {
        if self.next == self.filled {
            self.refill();
        }
        let first = self.next;
        let arrivals = &self.arrival[first..self.filled];
        // Most blocks end before the next control event, and one look tells.
        let count = match arrivals.last() {
            Some(&last) if last < until => arrivals.len(),
            _ => arrivals.partition_point(|&arrival| arrival < until),
        };
        self.next = first + count;
        let of = first..self.next;
        let times = self.arrival[of.clone()].iter().zip(&self.patience[of.clone()]);
        let demands = self.cpu[of.clone()].iter().zip(&self.wait[of]);
        times.zip(demands).map(|((&arrival, &patience), (&cpu, &wait))| Request {
            arrival,
            cpu,
            wait,
            patience,
            think: 0,
        })
    }

    #[cold]
    fn refill(&mut self) -> bool {
        let count = match &mut self.origin {
            Origin::Fresh { arrivals, demands } => {
                let count = arrivals.as_mut().map_or(BLOCK, |arrivals| arrivals.fill(&mut self.arrival));
                demands.fill(&mut self.cpu[..count], &mut self.wait[..count], &mut self.patience[..count]);
                count
            }
            Origin::Drawn { requests, place } => {
                let block = [&mut self.arrival[..], &mut self.cpu[..], &mut self.wait[..], &mut self.patience[..]];
                let count = requests.copy(*place, block);
                *place += count;
                count
            }
        };
        self.next = 0;
        self.filled = count;
        count > 0
    }
}
