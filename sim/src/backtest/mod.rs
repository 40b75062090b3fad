//! Open loop: recorded observations through a policy. What would it have decided, and why?

pub mod alarms;
pub mod metrics_file;
pub mod open_loop;
pub mod recorded_metrics;
