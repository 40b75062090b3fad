//! Recommendations of the recent past hold a new one back.

use super::instant::{Instant, Span};
use super::outcome::Stabilization;

/// A raw recommendation, as the metrics made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Recommendation {
    replicas: i32,
    at: Instant,
}

/// The stored recommendations of one HPA. In the controller's memory only: a restart forgets them.
#[derive(Debug, Clone, Default)]
pub(super) struct Recommendations {
    stored: Vec<Recommendation>,
}

impl Recommendations {
    /// H recordInitialRecommendation: the first replica count seen is itself a recommendation.
    pub(super) fn start_with(&mut self, current: i32, now: Instant) {
        if self.stored.is_empty() {
            self.store(current, now, None);
        }
    }

    /// H stabilizeRecommendation, without `behavior`: the highest of the window; one exactly as old as the window
    /// still counts.
    pub(super) fn stabilize(&mut self, raw: i32, now: Instant, window: Span) -> Stabilization {
        let cutoff = now.before(window);
        let mut highest = raw;
        let mut outdated = None;
        for (index, recommendation) in self.stored.iter().enumerate() {
            if recommendation.at < cutoff {
                outdated = Some(index);
            } else {
                highest = highest.max(recommendation.replicas);
            }
        }
        self.store(raw, now, outdated);
        Stabilization { up_window: None, down_window: window, lowest: raw, highest, stabilized: highest }
    }

    /// H stabilizeRecommendationWithBehaviors: the current count, moved no further than the lowest of the scale-up
    /// window and the highest of the scale-down window ask for; one exactly as old as a window is out of it.
    pub(super) fn stabilize_both_ways(
        &mut self,
        current: i32,
        raw: i32,
        now: Instant,
        up_window: Span,
        down_window: Span,
    ) -> Stabilization {
        let up_cutoff = now.before(up_window);
        let down_cutoff = now.before(down_window);
        let (mut lowest, mut highest) = (raw, raw);
        let mut outdated = None;
        for (index, recommendation) in self.stored.iter().enumerate() {
            if recommendation.at > up_cutoff {
                lowest = lowest.min(recommendation.replicas);
            }
            if recommendation.at > down_cutoff {
                highest = highest.max(recommendation.replicas);
            }
            if recommendation.at < up_cutoff && recommendation.at < down_cutoff {
                outdated = Some(index);
            }
        }
        self.store(raw, now, outdated);
        Stabilization {
            up_window: Some(up_window),
            down_window,
            lowest,
            highest,
            stabilized: current.max(lowest).min(highest),
        }
    }

    /// Puts a recommendation in the place of the last outdated one, or at the end.
    fn store(&mut self, replicas: i32, at: Instant, outdated: Option<usize>) {
        let recommendation = Recommendation { replicas, at };
        match outdated.and_then(|index| self.stored.get_mut(index)) {
            Some(place) => *place = recommendation,
            None => self.stored.push(recommendation),
        }
    }
}
