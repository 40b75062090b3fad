//! Retries by clients: how many attempts, how long before the next, and a budget for all clients together.

use windtunnel_traces::distribution::Sampler;
use windtunnel_traces::random::Generator;

/// Retries that a budget starts with, and holds at most.
const BURST: f64 = 10.0;

/// Who tries again, and when.
#[derive(Debug)]
pub struct Retries {
    attempts: u32,
    backoff: Sampler,
    stream: Generator,
    /// Retries earned per request; no limit if absent.
    earned: Option<f64>,
    /// Retries that are left of the budget.
    tokens: f64,
}

impl Retries {
    /// `attempts` of one request, the first included, after waits drawn from `backoff`; each request earns `budget`
    /// retries for all, if there is one.
    pub fn new(attempts: u32, backoff: Sampler, stream: Generator, budget: Option<f64>) -> Self {
        Retries { attempts, backoff, stream, earned: budget, tokens: BURST }
    }

    /// A request arrives.
    #[inline]
    pub(super) fn earn(&mut self) {
        if let Some(earned) = self.earned {
            self.tokens = (self.tokens + earned).min(BURST);
        }
    }

    /// The wait before the attempt after the `attempt`-th, in nanoseconds, if there may be one.
    pub(super) fn after(&mut self, attempt: u32) -> Option<u64> {
        if attempt >= self.attempts {
            return None;
        }
        if self.earned.is_some() {
            if self.tokens < 1.0 {
                return None;
            }
            self.tokens -= 1.0;
        }
        Some((self.backoff.sample(&mut self.stream) + 0.5) as u64)
    }
}
