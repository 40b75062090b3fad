//! The control loop: traffic meets a plant, sensors watch it, a controller decides, a fleet carries the decision out,
//! and an outcome remembers. See `ARCHITECTURE.md` for the map.

pub mod agenda;
pub mod backtest;
pub mod controllers;
pub mod experiment;
pub mod fleet;
pub mod outcome;
pub mod plant;
pub mod run;
pub mod scenario;
pub mod sensors;
