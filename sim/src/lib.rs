//! The control loop: traffic meets a plant, sensors watch it, a controller decides, a fleet carries the decision out,
//! and an outcome remembers. See `ARCHITECTURE.md` for the map.

pub mod experiment;
pub mod outcome;
pub mod run;
pub mod scenario;
