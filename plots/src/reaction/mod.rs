//! The reaction budget: where the time goes between the first breaching sample and the first request on new capacity.
//! [`reaction`] shows one run as a waterfall, stage by stage; [`reaction_comparison`] several runs side by side.

mod axis;
mod comparison;
mod waterfall;

use windtunnel_sim::outcome::Reaction;
use windtunnel_sim::outcome::reaction::Phase;
use windtunnel_traces::SimDuration;

use crate::theme::{Color, Theme};

pub use comparison::reaction_comparison;
pub use waterfall::reaction;

/// The colour of a phase, the same in every chart. Charts name the phase as well: colour is not the only way to tell.
fn color(theme: &Theme, phase: Phase) -> Color {
    let place = Phase::ALL.iter().position(|other| *other == phase).unwrap_or(0);
    // Neighbours in time differ in hue and in lightness.
    const ORDER: [usize; 8] = [0, 5, 1, 4, 2, 3, 7, 6];
    theme.categories[ORDER[place]]
}

fn total(reaction: &Reaction) -> f64 {
    reaction.total.map_or(0.0, SimDuration::as_secs_f64)
}
