//! What arrives at a service: rate series, shapes, recordings and closed-loop clients, and the request arrivals that
//! are drawn from them. The crate also holds what every other crate is built on: integer simulated time, quantities
//! with units, and the random streams.

pub mod distribution;
pub mod quantity;
pub mod random;
pub mod time;

pub use distribution::{Distribution, DistributionError, Sampler};
pub use quantity::{Bytes, Cores, Rate, Ratio};
pub use random::{Purpose, Streams};
pub use time::{SimDuration, SimTime};
