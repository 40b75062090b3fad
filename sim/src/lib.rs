//! The control loop.

pub mod backtest;
pub mod controllers;
