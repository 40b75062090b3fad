//! What decides. Controllers see time, metrics and the fleet's notices, never the plant.

pub mod baseline;
pub mod cloud;
pub mod custom;
pub mod decision;
pub mod hpa;
