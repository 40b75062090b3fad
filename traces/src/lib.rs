//! What arrives at a service: rate series, shapes, recordings and closed-loop clients, and the request arrivals that
//! are drawn from them. The crate also holds what every other crate is built on: integer simulated time, quantities
//! with units, distributions, and the random streams.

pub mod arrivals;
pub mod calendar;
pub mod calibrate;
pub mod clients;
pub mod demo;
pub mod distribution;
pub mod error;
pub mod files;
pub mod generate;
pub mod import;
pub mod info;
pub mod noise;
mod packed;
pub mod quantity;
pub mod random;
pub mod recording;
pub mod segments;
pub mod shape;
pub mod spec;
pub mod time;
pub mod trace;

pub use arrivals::Arrivals;
pub use calendar::Calendar;
pub use clients::ClientsSpec;
pub use distribution::{Distribution, DistributionError, Sampler};
pub use error::TraceError;
pub use files::{DiskFiles, TraceFiles};
pub use quantity::{Bytes, Cores, Rate, Ratio};
pub use random::{Purpose, Streams};
pub use segments::{RateSegments, Segment};
pub use spec::TraceSpec;
pub use time::{SimDuration, SimTime};
pub use trace::{OpenTrace, Trace};
