//! What a controller can know, and how late: sampling, aggregation, publication delay, gaps.

pub mod metrics_server;
pub mod publication;
pub mod store;

pub use store::MetricStore;
