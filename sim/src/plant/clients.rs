//! Closed-loop clients: who sends the next request only after an answer.

use windtunnel_traces::distribution::Sampler;
use windtunnel_traces::random::Generator;

/// A client that was refused does not send again in the same instant: without this, one that does not think would stop
/// time where nobody serves.
pub(super) const AFTER_REFUSAL: u64 = 1_000_000;

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
        thoughts: Thoughts,
        /// No request is sent at or after this.
        until: u64,
    },
    /// Workers that send at every tick of theirs, or when the answer comes that a tick had to wait for.
    Workers {
        /// Since when how many; nobody before the first step.
        steps: Vec<(u64, u32)>,
        /// Between two ticks.
        every: u64,
        /// No request is sent at or after this.
        until: u64,
    },
}

/// Think times, drawn in blocks: one for each request in order of sending, whatever becomes of it.
#[derive(Debug)]
pub struct Thoughts {
    law: Sampler,
    stream: Generator,
    block: Vec<f64>,
    next: usize,
}

/// Think times in a block.
const BLOCK: usize = 256;

impl Thoughts {
    /// Draws from a law by a stream.
    pub fn new(law: Sampler, stream: Generator) -> Self {
        Thoughts { law, stream, block: vec![0.0; BLOCK], next: BLOCK }
    }

    /// The next, in nanoseconds.
    #[inline]
    fn draw(&mut self) -> u64 {
        if self.next == BLOCK {
            self.law.fill(&mut self.stream, &mut self.block);
            self.next = 0;
        }
        let draw = self.block[self.next];
        self.next += 1;
        (draw + 0.5) as u64
    }
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
            Clients::Users { count, thoughts, .. } => {
                (0..*count).map(|_| Sending { at: thoughts.draw(), requests: 1 }).collect()
            }
            // A ticker fires for the first time after its period.
            Clients::Workers { steps, every, .. } => steps
                .iter()
                .filter(|(_, count)| *count > 0)
                .map(|&(at, count)| Sending { at: at.saturating_add(*every), requests: count })
                .collect(),
        }
    }

    /// How long the sender of the next request will think after its outcome.
    #[inline]
    pub(super) fn think(&mut self) -> u64 {
        match self {
            Clients::Users { thoughts, .. } => thoughts.draw(),
            Clients::Batch { .. } | Clients::Workers { .. } => 0,
        }
    }

    /// What follows an outcome at `now` of a request sent at `sent` by somebody who will `think`, when `awaited` other
    /// requests have none yet.
    #[inline]
    pub(super) fn answered(&self, sent: u64, think: u64, now: u64, awaited: u64) -> Option<Sending> {
        match self {
            Clients::Batch { size, pause, .. } => {
                (awaited == 0).then(|| Sending { at: now.saturating_add(*pause), requests: *size })
            }
            Clients::Users { .. } => Some(Sending { at: now.saturating_add(think), requests: 1 }),
            Clients::Workers { steps, every, .. } => next_tick(steps, *every, sent, now),
        }
    }

    /// What follows when a sending is through and `awaited` requests have no outcome yet: a batch that was refused to the
    /// last request while it was sent has been answered.
    pub(super) fn sent(&self, now: u64, awaited: u64) -> Option<Sending> {
        match self {
            Clients::Batch { .. } => self.answered(now, 0, now, awaited),
            Clients::Users { .. } | Clients::Workers { .. } => None,
        }
    }

    /// The instant from which nothing is sent any more.
    pub(super) fn until(&self) -> u64 {
        match self {
            Clients::Batch { until, .. } | Clients::Users { until, .. } | Clients::Workers { until, .. } => *until,
        }
    }
}

/// When a worker sends again whose request was sent at `sent` and answered at `now`. A tick in between has waited for it
/// (one does, further ones are lost: Go's `time.Tick`); nothing follows when its step is over.
fn next_tick(steps: &[(u64, u32)], every: u64, sent: u64, now: u64) -> Option<Sending> {
    let step = steps.iter().rposition(|&(at, _)| at <= sent)?;
    let start = steps[step].0;
    let end = steps.get(step + 1).map_or(u64::MAX, |next| next.0);
    let ticks = |time: u64| (time - start) / every;
    let at = if ticks(now) > ticks(sent) { now } else { start + (ticks(now) + 1) * every };
    (at < end).then_some(Sending { at, requests: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn at(seconds: f64) -> u64 {
        (seconds * 1e9) as u64
    }

    fn next(sent: f64, answered: f64) -> Option<f64> {
        let workers =
            Clients::Workers { steps: vec![(0, 8), (at(10.5), 0), (at(20.5), 3)], every: SECOND, until: u64::MAX };
        workers.answered(at(sent), 0, at(answered), 0).map(|sending| sending.at as f64 / 1e9)
    }

    #[test]
    fn workers_send_at_their_ticks_while_answers_are_fast() {
        let mut workers = Clients::Workers { steps: vec![(0, 8), (at(10.5), 0)], every: SECOND, until: u64::MAX };
        assert_eq!(workers.first(), [Sending { at: SECOND, requests: 8 }]);
        assert_eq!(next(1.0, 1.3), Some(2.0));
        assert_eq!(next(21.5, 21.6), Some(22.5), "ticks count from the step's start");
    }

    #[test]
    fn a_slow_answer_is_followed_at_once_by_the_tick_that_waited() {
        assert_eq!(next(1.0, 4.3), Some(4.3));
        // The tick at 5 s is the first after that; only one had waited.
        assert_eq!(next(4.3, 4.6), Some(5.0));
    }

    #[test]
    fn a_step_that_is_over_sends_nothing() {
        assert_eq!(next(10.0, 10.2), None, "the next tick would be after the step");
        assert_eq!(next(9.0, 12.0), None);
    }
}
