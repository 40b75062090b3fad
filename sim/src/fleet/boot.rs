//! The boot as a pipeline of named stages, each drawn when the instance is launched.

use windtunnel_traces::distribution::Sampler;
use windtunnel_traces::random::{Generator, uniform};
use windtunnel_traces::{Purpose, SimDuration, Streams};

use crate::scenario::schema::AfterFailure;

/// A stage, ready to be drawn from.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// How long it takes, or what is polled for takes.
    pub time: Sampler,
    /// Checks every so often, so many times.
    pub poll: Option<(SimDuration, u32)>,
    /// The probability of failure.
    pub fails: f64,
    /// What follows a failure.
    pub then: AfterFailure,
}

/// A stage of one boot.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct DrawnStage {
    /// How long it takes.
    pub lasts: SimDuration,
    /// Whether it fails at its end.
    pub fails: bool,
}

/// The stages of the `launch`-th boot: the same in every run under one seed, whenever the launch happens.
pub fn draw(stages: &[Stage], streams: Streams, launch: u32) -> Vec<DrawnStage> {
    let mut generator = streams.indexed(Purpose::Boot, launch);
    stages.iter().map(|stage| draw_stage(stage, &mut generator)).collect()
}

fn draw_stage(stage: &Stage, generator: &mut Generator) -> DrawnStage {
    let needed = SimDuration::from_nanos((stage.time.sample(generator) + 0.5) as u64);
    let unlucky = uniform(generator) < stage.fails;
    match stage.poll {
        None => DrawnStage { lasts: needed, fails: unlucky },
        Some((every, attempts)) => {
            // Checks happen at 0, every, 2 every, ...; after the last there is one more sleep.
            let check = needed.as_nanos().div_ceil(every.as_nanos().max(1));
            if unlucky || check >= u64::from(attempts) {
                DrawnStage { lasts: every * u64::from(attempts), fails: true }
            } else {
                DrawnStage { lasts: every * check, fails: false }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use windtunnel_traces::distribution::Distribution;

    fn stage(seconds: u64, poll: Option<(SimDuration, u32)>, fails: f64) -> Stage {
        let time = Distribution::Constant(SimDuration::from_secs(seconds)).sampler(Path::new(""));
        Stage { name: "s".into(), time: time.expect("a constant"), poll, fails, then: AfterFailure::Replace }
    }

    /// The guide's checker: `for i in 1..30: curl && exit 0; sleep 10`, then `exit 1`.
    #[test]
    fn a_poll_passes_at_the_first_check_after_what_it_waits_for() {
        let poll = Some((SimDuration::from_secs(10), 30));
        for (needs, lasts, fails) in
            [(0, 0, false), (1, 10, false), (10, 10, false), (290, 290, false), (291, 300, true)]
        {
            let drawn = draw(&[stage(needs, poll, 0.0)], Streams::new(1), 0);
            assert_eq!(drawn[0], DrawnStage { lasts: SimDuration::from_secs(lasts), fails }, "needs {needs} s");
        }
    }

    #[test]
    fn boots_are_numbered_not_drawn_in_sequence() {
        let stages = [stage(1, None, 0.5), stage(2, None, 0.5)];
        let fifth = draw(&stages, Streams::new(1), 5);
        draw(&stages, Streams::new(1), 4);
        assert_eq!(draw(&stages, Streams::new(1), 5), fifth);
    }

    #[test]
    fn failures_have_their_probability() {
        let stages = [stage(1, None, 0.2)];
        let failed = (0..10_000).filter(|&launch| draw(&stages, Streams::new(3), launch)[0].fails).count();
        // Four standard errors of a share of 0.2 over 10,000 draws: 160.
        assert!((1_840..2_160).contains(&failed), "{failed} of 10,000");
    }
}
