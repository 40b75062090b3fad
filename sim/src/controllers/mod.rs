//! What decides: controllers see metrics, never the plant.

pub mod hpa;
