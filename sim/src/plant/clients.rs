//! Closed-loop clients: who sends the next request only after an answer.

use windtunnel_traces::distribution::Sampler;
use windtunnel_traces::random::Generator;

/// How clients behave. Times in nanoseconds.
pub enum Clients {
    /// The stress test: all send at once, all answers are awaited, then a pause.
    Batch {
        /// Requests in a batch.
        size: u32,
        /// From the last answer to the next batch.
        pause: u64,
        /// No batch starts at or after this.
        until: u64,
    },
    /// Independent users who think between an answer and the next request.
    Users {
        /// How many.
        count: u32,
        /// How long they think.
        think: Sampler,
        /// The stream of think times.
        stream: Generator,
        /// No request is sent at or after this.
        until: u64,
    },
}

/// What clients do next.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Sending {
    /// When.
    pub(super) at: u64,
    /// How many requests.
    pub(super) requests: u32,
}

impl Clients {
    /// The first requests: the batch, or each user after a first thought.
    pub(super) fn first(&mut self) -> Vec<Sending> {
        match self {
            Clients::Batch { size, .. } => vec![Sending { at: 0, requests: *size }],
            Clients::Users { count, think, stream, .. } => {
                (0..*count).map(|_| Sending { at: (think.sample(stream) + 0.5) as u64, requests: 1 }).collect()
            }
        }
    }

    /// What follows an outcome at `now`, when `awaited` other requests have none yet.
    pub(super) fn answered(&mut self, now: u64, awaited: u64) -> Option<Sending> {
        match self {
            Clients::Batch { size, pause, .. } => {
                (awaited == 0).then(|| Sending { at: now.saturating_add(*pause), requests: *size })
            }
            Clients::Users { think, stream, .. } => {
                Some(Sending { at: now.saturating_add((think.sample(stream) + 0.5) as u64), requests: 1 })
            }
        }
    }

    /// The instant from which nothing is sent any more.
    pub(super) fn until(&self) -> u64 {
        match self {
            Clients::Batch { until, .. } | Clients::Users { until, .. } => *until,
        }
    }
}
