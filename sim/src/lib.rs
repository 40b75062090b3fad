//! The control loop.

pub mod controllers;
