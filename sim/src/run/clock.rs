//! What comes again at a fixed beat: ends of windows and rows, samples. Three instants need no heap.

use windtunnel_traces::SimTime;

use crate::agenda::Event;

/// When each of them is due next.
#[derive(Copy, Clone, Debug)]
pub(super) struct Clock {
    pub(super) window_ends: SimTime,
    pub(super) row_ends: SimTime,
    pub(super) sample: SimTime,
}

impl Default for Clock {
    fn default() -> Self {
        Clock { window_ends: SimTime::NEVER, row_ends: SimTime::NEVER, sample: SimTime::NEVER }
    }
}

impl Clock {
    /// The first that is due. Ties go in the order of [`Event`]'s ranks, which all come before those of the agenda.
    #[inline]
    pub(super) fn first(&self) -> (SimTime, Event) {
        let mut first = (self.window_ends, Event::WindowEnds);
        if self.row_ends < first.0 {
            first = (self.row_ends, Event::RowEnds);
        }
        if self.sample < first.0 {
            first = (self.sample, Event::Sample);
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_goes_from_window_to_row_to_sample() {
        let (now, later) = (SimTime::from_secs(60), SimTime::from_secs(61));
        let mut clock = Clock { window_ends: now, row_ends: now, sample: now };
        assert_eq!(clock.first(), (now, Event::WindowEnds));
        clock.window_ends = later;
        assert_eq!(clock.first(), (now, Event::RowEnds));
        clock.row_ends = later;
        assert_eq!(clock.first(), (now, Event::Sample));
        clock.sample = SimTime::NEVER;
        assert_eq!(clock.first(), (later, Event::WindowEnds));
    }
}
