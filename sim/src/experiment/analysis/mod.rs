//! What a sweep says: the frontier and how sure it is, what meets an objective, which parameters matter.

pub mod frontier;
pub mod hypervolume;
pub mod morris_effects;
pub mod report;
pub mod requirement;
pub mod sensitivity;
pub mod tornado;
pub mod variance;

pub use frontier::{dominates, frontier, knee};
pub use report::{Answer, Report};
pub use requirement::{Requirement, Verdict};
