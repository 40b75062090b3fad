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
    /// Of the scale-up window, the lowest, and of the scale-down window, the highest.
    lowest: Extreme,
    highest: Extreme,
}

/// The outermost recommendation of a window, the latest of equals: it stays so until it leaves the window or another goes as
/// far, so that the window has to be read only then.
#[derive(Debug, Clone, Copy, Default)]
struct Extreme {
    outermost: Option<Recommendation>,
    /// The newest of all.
    latest: Instant,
    /// What is known goes for windows that begin here or later: of what came before, some may be forgotten.
    since: Instant,
}

impl Extreme {
    /// The replica count of highest rank of those that came after an instant.
    fn after(&mut self, since: Instant, stored: &[Recommendation], rank: impl Fn(i32) -> i64) -> Option<i32> {
        let is_known = since >= self.since && self.outermost.is_some_and(|known| known.at > since);
        if since >= self.latest {
            self.outermost = None;
        } else if !is_known {
            let in_window = stored.iter().filter(|stored| stored.at > since);
            self.outermost = in_window.max_by_key(|stored| (rank(stored.replicas), stored.at)).copied();
        }
        self.since = since;
        self.outermost.map(|known| known.replicas)
    }

    /// A new one is stored, perhaps in the place of one that came before an instant.
    fn store(&mut self, new: Recommendation, outdated: Option<Instant>, rank: impl Fn(i32) -> i64) {
        if self.outermost.is_none_or(|known| rank(new.replicas) >= rank(known.replicas)) {
            self.outermost = Some(new);
        }
        self.latest = self.latest.max(new.at);
        self.since = self.since.max(outdated.unwrap_or(self.since));
    }
}

fn by_low(replicas: i32) -> i64 {
    -i64::from(replicas)
}

fn by_high(replicas: i32) -> i64 {
    i64::from(replicas)
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
        let before = cutoff.before(Span::from_nanos(1));
        let highest = self.highest.after(before, &self.stored, by_high).map_or(raw, |highest| highest.max(raw));
        self.store(raw, now, Some(cutoff));
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
        let lowest = self.lowest.after(up_cutoff, &self.stored, by_low).map_or(raw, |lowest| lowest.min(raw));
        let highest = self.highest.after(down_cutoff, &self.stored, by_high).map_or(raw, |highest| highest.max(raw));
        self.store(raw, now, Some(up_cutoff.min(down_cutoff)));
        Stabilization {
            up_window: Some(up_window),
            down_window,
            lowest,
            highest,
            stabilized: current.max(lowest).min(highest),
        }
    }

    /// Puts a recommendation in the place of the last that is older than an instant, or at the end.
    fn store(&mut self, replicas: i32, at: Instant, outdated: Option<Instant>) {
        let recommendation = Recommendation { replicas, at };
        self.lowest.store(recommendation, outdated, by_low);
        self.highest.store(recommendation, outdated, by_high);
        let is_outdated = |stored: &Recommendation| outdated.is_some_and(|cutoff| stored.at < cutoff);
        match self.stored.iter_mut().rfind(|stored| is_outdated(stored)) {
            Some(place) => *place = recommendation,
            None => self.stored.push(recommendation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// H stabilizeRecommendationWithBehaviors as it is written upstream: everything stored is read each time.
    fn read_all(
        stored: &mut Vec<Recommendation>,
        (current, raw): (i32, i32),
        now: Instant,
        (up_window, down_window): (Span, Span),
    ) -> i32 {
        let (up_cutoff, down_cutoff) = (now.before(up_window), now.before(down_window));
        let (mut lowest, mut highest, mut outdated) = (raw, raw, None);
        for (index, recommendation) in stored.iter().enumerate() {
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
        let new = Recommendation { replicas: raw, at: now };
        match outdated {
            Some(index) => stored[index] = new,
            None => stored.push(new),
        }
        current.max(lowest).min(highest)
    }

    /// The same for H stabilizeRecommendation.
    fn read_all_downwards(stored: &mut Vec<Recommendation>, raw: i32, now: Instant, window: Span) -> i32 {
        let cutoff = now.before(window);
        let outdated = stored.iter().rposition(|recommendation| recommendation.at < cutoff);
        let in_window = stored.iter().filter(|recommendation| recommendation.at >= cutoff);
        let highest = in_window.map(|recommendation| recommendation.replicas).fold(raw, i32::max);
        let new = Recommendation { replicas: raw, at: now };
        match outdated {
            Some(index) => stored[index] = new,
            None => stored.push(new),
        }
        highest
    }

    proptest::proptest! {
        /// What is remembered of a window is what reading all of it finds, also when the policy is edited on the way.
        #[test]
        fn what_is_remembered_is_what_reading_everything_finds(
            syncs in proptest::collection::vec((0i64..40, 1i32..8, 1i32..8, 0usize..20), 1..120),
            windows in proptest::array::uniform3((0i64..120, 0i64..120)),
        ) {
            let mut remembered = Recommendations::default();
            let mut stored = Vec::new();
            let (mut seconds, mut edit) = (0, 0);
            for (wait, current, raw, chance) in syncs {
                seconds += wait;
                // Now and then another policy: two with behavior, one without.
                edit = if chance < 3 { chance } else { edit };
                let now = Instant::from_nanos(seconds * 1_000_000_000);
                if stored.is_empty() {
                    stored.push(Recommendation { replicas: current, at: now });
                }
                remembered.start_with(current, now);
                let (up, down) = windows[edit];
                let (up, down) = (Span::from_whole_seconds(up), Span::from_whole_seconds(down));
                let (found, expected) = if edit == 2 {
                    let expected = read_all_downwards(&mut stored, raw, now, down);
                    (remembered.stabilize(raw, now, down), expected)
                } else {
                    let expected = read_all(&mut stored, (current, raw), now, (up, down));
                    (remembered.stabilize_both_ways(current, raw, now, up, down), expected)
                };
                proptest::prop_assert_eq!(found.stabilized, expected);
                proptest::prop_assert_eq!(&remembered.stored, &stored);
            }
        }
    }
}
